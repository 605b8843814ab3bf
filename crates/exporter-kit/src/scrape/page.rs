//! Builds the page of a run from the collectors' samples and the self-metrics.

use std::io::Write as _;
use std::sync::{Arc, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::run::{CollectorResult, Run};
use super::{Scraper, Selection, Slot, State};
use crate::collector::background::Background;
use crate::collector::run::Failures;
use crate::constant_labels::ConstantLabels;
use crate::exposition::{self, Format, Text};
use crate::order::Order;
use crate::process::ProcessMetrics;
use crate::samples::{Discarded, Samples};
use crate::self_metrics::CollectorStatus;

/// Number of page buffers to keep: pages may still be on their way while the next one is built.
const KEPT_PAGES: usize = 4;

/// The buffer of a larger page is not kept.
const KEPT_BYTES: usize = 256 * 1024;

/// Smaller pages are never compressed: they fit into one or two packets.
const WORTH_COMPRESSING: usize = 1024;

/// A finished page.
#[derive(Debug, Default)]
pub(crate) struct Page {
    text: Text,
    /// The compressed text, if a client of the page accepts gzip.
    compressed: OnceLock<Vec<u8>>,
}

impl Page {
    pub(crate) fn body(&self) -> &[u8] {
        self.text.as_slice()
    }

    /// The gzip-compressed body, if a client of the page accepts gzip and the page is large enough.
    pub(crate) fn compressed(&self) -> Option<&[u8]> {
        self.compressed.get().map(Vec::as_slice)
    }

    /// Compresses the body, unless it is so small that compressing takes longer than sending.
    fn compress(&self) {
        let body = self.body();
        if body.len() >= WORTH_COMPRESSING {
            self.compressed.get_or_init(|| gzip(body));
        }
    }

    fn clear(&mut self) {
        self.text.clear();
        self.compressed.take();
    }
}

fn gzip(body: &[u8]) -> Vec<u8> {
    // Pages are short-lived: better compression would not be worth the time.
    let mut gzip = GzEncoder::new(Vec::with_capacity(body.len() / 4), Compression::fast());
    gzip.write_all(body).and_then(|()| gzip.finish()).expect("writing to memory does not fail")
}

/// The latest pages. Their buffers are reused once they have been sent.
#[derive(Debug, Default)]
struct Pages {
    last: Vec<Arc<Page>>,
}

impl Pages {
    /// Returns a page filled by `write`, which gets an empty buffer.
    fn make(&mut self, write: impl FnOnce(&mut Text)) -> Arc<Page> {
        let free = self.last.iter_mut().position(|page| Arc::get_mut(page).is_some());
        let mut page = free.map(|at| self.last.swap_remove(at)).unwrap_or_default();
        if let Some(page) = Arc::get_mut(&mut page) {
            page.clear();
            write(&mut page.text);
        }
        if page.body().len() > KEPT_BYTES {
            self.last.clear();
        }
        self.last.truncate(KEPT_PAGES - 1);
        self.last.push(Arc::clone(&page));
        page
    }
}

/// Builds pages, with buffers that are reused from one page to the next.
#[derive(Debug, Default)]
pub(super) struct PageBuilder {
    process: ProcessMetrics,
    own: Samples,
    pages: Pages,
    order: Order,
}

/// The contents of a page apart from the samples of a run.
struct PageInput {
    format: Format,
    /// The status of the collectors. That of background collectors is filled in later, together
    /// with their samples.
    status: Vec<(&'static str, CollectorStatus)>,
    cached: Vec<Cached>,
    /// Labels of the target if the page is that of one, and without metrics of the exporter.
    target: Option<ConstantLabels>,
    now: Instant,
}

/// A background collector: its slot, and the index of its status.
struct Cached {
    slot: usize,
    status: usize,
    background: Arc<Background>,
}

impl<W> Scraper<W> {
    /// Ends a run. Collectors that have not returned are late; the waiters get the page.
    pub(super) fn close(&self, number: u64) {
        let mut state = self.lock();
        let Some((input, results)) = state.close_run(number, Instant::now()) else { return };
        drop(state);
        let (page, left_out) = self.builder().build(self, input, &results);
        let mut state = self.lock();
        for (slot, duplicate) in left_out {
            state.slots[slot].count_discarded(Discarded { duplicate, ..Discarded::default() });
        }
        for (slot, result) in state.slots.iter_mut().zip(results) {
            if result.outcome.is_some_and(|outcome| !outcome.timeout) {
                slot.spare = result.samples;
            }
        }
        // Requests may have joined meanwhile; from here on they begin another run.
        let at = state.runs.iter().position(|run| run.number == number);
        let run = at.map(|at| state.runs.remove(at));
        drop(state);
        let Some(Run { waiters, gzip, .. }) = run else { return };
        if gzip {
            page.compress();
        }
        (self.deliver)(waiters, page);
    }

    fn builder(&self) -> MutexGuard<'_, PageBuilder> {
        self.builder.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<W> State<W> {
    /// Determines the outcome of every collector of an open run.
    fn close_run(
        &mut self,
        number: u64,
        now: Instant,
    ) -> Option<(PageInput, Vec<CollectorResult>)> {
        let Self { slots, runs, .. } = self;
        let run = runs.iter_mut().find(|run| run.number == number && !run.is_closing)?;
        run.is_closing = true;
        let mut results = std::mem::take(&mut run.results);
        for (index, (slot, result)) in slots.iter_mut().zip(&mut results).enumerate() {
            slot.count_discarded(result.samples.discarded());
            let takes_part = run.request.selection.has(index, slot) && slot.background.is_none();
            if result.outcome.is_some() || !takes_part {
                continue;
            }
            result.outcome = Some(slot.late(now));
            slot.errors += 1;
            if slot.failures.add(Failures::LATE) {
                let name = slot.log_name();
                log::warn!("collector {name}: is late; the page has no samples from it");
            }
        }
        Some((PageInput::new(slots, run, &results, now), results))
    }
}

impl PageInput {
    fn new<W>(slots: &[Slot], run: &Run<W>, results: &[CollectorResult], now: Instant) -> Self {
        let (format, status) = (run.request.format, Vec::with_capacity(slots.len()));
        let target = match run.request.selection {
            Selection::Target(index) => Some(slots[index].labels.clone()),
            _ => None,
        };
        let mut input = Self { format, status, cached: Vec::new(), target, now };
        let selection = &run.request.selection;
        let selected = slots.iter().enumerate().filter(|(index, slot)| selection.has(*index, slot));
        for (index, slot) in selected {
            if let Some(background) = &slot.background {
                let background = Arc::clone(background);
                input.cached.push(Cached { slot: index, status: input.status.len(), background });
            }
            let status = CollectorStatus {
                outcome: results[index].outcome.or_else(|| Some(slot.late(now))),
                errors: slot.errors,
                discarded: slot.discarded,
                last_success: slot.last_success,
                age: None,
            };
            input.status.push((slot.def.name, status));
        }
        input
    }
}

impl PageBuilder {
    /// Builds a page. Also returns the slots whose samples were left out, with their number.
    fn build<W>(
        &mut self,
        scraper: &Scraper<W>,
        mut input: PageInput,
        results: &[CollectorResult],
    ) -> (Arc<Page>, Vec<(usize, u64)>) {
        let Self { process, own, pages, order } = self;
        own.clear();
        own.set_constant_labels(input.target.as_ref().unwrap_or(&scraper.labels));
        if input.target.is_none() {
            scraper.metrics.write_build(scraper.build, own);
        }
        let cached: Vec<_> = input.cached.iter().map(|it| it.background.snapshot()).collect();
        for (it, snapshot) in input.cached.iter().zip(&cached) {
            let (_, status) = &mut input.status[it.status];
            *status = CollectorStatus {
                outcome: it.background.outcome(snapshot, input.now),
                errors: snapshot.errors,
                discarded: status.discarded + snapshot.discarded,
                last_success: snapshot.last_success,
                age: snapshot.taken.map(|taken| input.now.saturating_duration_since(taken)),
            };
        }
        for (collector, status) in &input.status {
            scraper.metrics.write_collector(collector, status, own);
        }
        if scraper.exporter_metrics && input.target.is_none() {
            scraper.handler().write(own);
            process.write(own);
        }
        own.sort_and_dedup();
        let fresh = results.iter().map(|result| &result.samples);
        let kept = cached.iter().map(|snapshot| &snapshot.samples);
        let mut left_out = Vec::new();
        let page = pages.make(|page| {
            let parts = fresh.chain(kept).chain([&*own]);
            left_out = exposition::encode(parts, input.format, order, page);
        });
        // The parts are those of all slots, followed by those of the background collectors.
        let slot = |part: usize| match part.checked_sub(results.len()) {
            None => Some(part),
            Some(at) => input.cached.get(at).map(|cached| cached.slot),
        };
        let of_slots =
            left_out.into_iter().filter_map(|(part, samples)| Some((slot(part)?, samples)));
        (page, of_slots.collect())
    }
}
