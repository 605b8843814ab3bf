//! Makes the page of a run: the collectors' samples and what the exporter says of itself.

use std::sync::{Arc, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

use super::run::{Found, Run};
use super::{Client, Shared, Slot, State};
use crate::collector::background::Background;
use crate::exposition::{self, Format, Text};
use crate::order::Order;
use crate::process::ProcessMetrics;
use crate::samples::{Dropped, Samples};
use crate::self_metrics::Fared;

/// Memory of this many pages is kept: what scrapers are being sent while others ask.
const KEPT_PAGES: usize = 4;

/// A page that is larger has its memory to itself.
const KEPT_BYTES: usize = 256 * 1024;

/// A finished page.
#[derive(Debug, Default)]
pub(crate) struct Page {
    text: Text,
    /// The same, compressed, once somebody has asked for that.
    compressed: OnceLock<Vec<u8>>,
    /// The heads of the responses with it: as it is, and compressed.
    heads: [OnceLock<Vec<u8>>; 2],
}

impl Page {
    pub(crate) fn body(&self) -> &[u8] {
        self.text.as_slice()
    }

    /// The body as `compress` makes it, once for all who get it so.
    pub(crate) fn compressed(&self, compress: impl FnOnce(&[u8]) -> Vec<u8>) -> &[u8] {
        self.compressed.get_or_init(|| compress(self.body()))
    }

    /// The head that most responses with this page have, made by `make` for the first of them.
    pub(crate) fn head(&self, is_compressed: bool, make: impl FnOnce() -> Vec<u8>) -> &[u8] {
        self.heads[usize::from(is_compressed)].get_or_init(make)
    }

    fn clear(&mut self) {
        self.text.clear();
        self.compressed.take();
        self.heads = Default::default();
    }
}

/// The last pages. Their memory serves for the next ones once they have been sent.
#[derive(Debug, Default)]
struct Pages {
    last: Vec<Arc<Page>>,
}

impl Pages {
    /// A page made by `write`, who finds it empty.
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

/// What pages are made with.
#[derive(Debug, Default)]
pub(super) struct Press {
    process: ProcessMetrics,
    own: Samples,
    pages: Pages,
    order: Order,
}

/// What goes onto a page beside the samples of a run.
struct Draft {
    format: Format,
    /// How the collectors have fared; those in the background are still to be asked, at the moment
    /// when their samples are taken.
    fared: Vec<(&'static str, Fared)>,
    cached: Vec<Cached>,
    now: Instant,
}

/// A collector in the background: its slot, and its place among those that have fared.
struct Cached {
    slot: usize,
    fared: usize,
    background: Arc<Background>,
}

impl<C: Client> Shared<C> {
    /// Ends a run: whoever has not answered is late, and the page is made. All who wait have to be
    /// told.
    pub(super) fn finish<'a>(
        &'a self,
        mut state: MutexGuard<'a, State<C>>,
        number: u64,
    ) -> MutexGuard<'a, State<C>> {
        let Some((draft, results)) = state.settle(number, Instant::now()) else { return state };
        // Others can join meanwhile; they get this page.
        drop(state);
        let (page, left_out) = self.press().print(self, draft, &results);
        let mut state = self.lock();
        for (slot, duplicate) in left_out {
            state.slots[slot].count_dropped(Dropped { duplicate, ..Dropped::default() });
        }
        for (slot, result) in state.slots.iter_mut().zip(results) {
            if result.outcome.is_some_and(|outcome| !outcome.timeout) {
                slot.spare = result.samples;
            }
        }
        let Some(at) = state.runs.iter().position(|run| run.number == number) else { return state };
        let run = state.runs.remove(at);
        // It is set here alone, once for each run.
        let _ = run.answer.page.set(Arc::clone(&page));
        if let Some(leader) = run.leader {
            leader.client.resume(page);
        }
        state
    }

    /// The page of what a run has so far.
    pub(super) fn partial(&self, state: &mut State<C>, number: u64) -> Option<Arc<Page>> {
        let run = state.runs.iter().find(|run| run.number == number)?;
        let draft = Draft::new(&state.slots, run, &run.results, Instant::now());
        let (page, left_out) = self.press().print(self, draft, &run.results);
        for (slot, duplicate) in left_out {
            state.slots[slot].count_dropped(Dropped { duplicate, ..Dropped::default() });
        }
        Some(page)
    }

    fn press(&self) -> MutexGuard<'_, Press> {
        self.press.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<C> State<C> {
    /// Closes the books of a run that is not yet being finished.
    fn settle(&mut self, number: u64, now: Instant) -> Option<(Draft, Vec<Found>)> {
        let Self { slots, runs, .. } = self;
        let run = runs.iter_mut().find(|run| run.number == number && !run.is_finishing)?;
        run.is_finishing = true;
        let mut results = std::mem::take(&mut run.results);
        for (index, (slot, result)) in slots.iter_mut().zip(&mut results).enumerate() {
            slot.count_dropped(result.samples.dropped());
            let is_asked = run.selection.has(index) && slot.background.is_none();
            if result.outcome.is_some() || !is_asked {
                continue;
            }
            result.outcome = Some(slot.late(now));
            slot.errors += 1;
            if !slot.failing {
                slot.failing = true;
                log::warn!(
                    "collector {} is late; the page goes without its samples",
                    slot.def.name
                );
            }
        }
        Some((Draft::new(slots, run, &results, now), results))
    }
}

impl Draft {
    fn new<C>(slots: &[Slot], run: &Run<C>, results: &[Found], now: Instant) -> Self {
        let (format, fared) = (run.format, Vec::with_capacity(slots.len()));
        let mut draft = Self { format, fared, cached: Vec::new(), now };
        for (index, slot) in slots.iter().enumerate().filter(|(index, _)| run.selection.has(*index))
        {
            if let Some(background) = &slot.background {
                let background = Arc::clone(background);
                draft.cached.push(Cached { slot: index, fared: draft.fared.len(), background });
            }
            let fared = Fared {
                outcome: results[index].outcome.or_else(|| Some(slot.late(now))),
                errors: slot.errors,
                dropped: slot.dropped,
                last_success: slot.last_success,
                age: None,
            };
            draft.fared.push((slot.def.name, fared));
        }
        draft
    }
}

impl Press {
    /// Makes a page, and says of which slots how many samples were left out of it.
    fn print<C>(
        &mut self,
        shared: &Shared<C>,
        mut draft: Draft,
        results: &[Found],
    ) -> (Arc<Page>, Vec<(usize, u64)>) {
        let Self { process, own, pages, order } = self;
        own.clear();
        shared.metrics.write_process(shared.build, own);
        let cached: Vec<_> = draft.cached.iter().map(|it| it.background.snapshot()).collect();
        for (it, snapshot) in draft.cached.iter().zip(&cached) {
            let (_, fared) = &mut draft.fared[it.fared];
            *fared = Fared {
                outcome: it.background.outcome(snapshot, draft.now),
                errors: snapshot.errors,
                dropped: fared.dropped + snapshot.dropped,
                last_success: snapshot.last_success,
                age: snapshot.taken.map(|taken| draft.now.saturating_duration_since(taken)),
            };
        }
        for (collector, fared) in &draft.fared {
            shared.metrics.write_collector(collector, fared, own);
        }
        process.write(own);
        own.arrange();
        let fresh = results.iter().map(|result| &result.samples);
        let kept = cached.iter().map(|snapshot| &snapshot.samples);
        let mut left_out = Vec::new();
        let page = pages.make(|page| {
            let parts = fresh.chain(kept).chain([&*own]);
            left_out = exposition::encode(parts, draft.format, order, page);
        });
        // The parts are those of all slots, and then of those in the background.
        let slot = |part: usize| match part.checked_sub(results.len()) {
            None => Some(part),
            Some(at) => draft.cached.get(at).map(|cached| cached.slot),
        };
        let of_slots =
            left_out.into_iter().filter_map(|(part, samples)| Some((slot(part)?, samples)));
        (page, of_slots.collect())
    }
}
