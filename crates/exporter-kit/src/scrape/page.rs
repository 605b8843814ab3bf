//! Makes the page of a run: the collectors' samples and what the exporter says of itself.

use std::sync::Arc;
use std::time::Instant;

use super::run::Run;
use super::{Client, Shared, State};
use crate::exposition::{self, Text};
use crate::samples::Dropped;
use crate::self_metrics::Fared;

/// Memory of this many pages is kept: what scrapers are being sent while others ask.
const KEPT_PAGES: usize = 4;

/// A page that is larger has its memory to itself.
const KEPT_BYTES: usize = 256 * 1024;

/// A finished page.
#[derive(Debug, Default)]
pub(crate) struct Page {
    text: Text,
}

impl Page {
    pub(crate) fn body(&self) -> &[u8] {
        self.text.as_slice()
    }
}

/// The last pages. Their memory serves for the next ones once they have been sent.
#[derive(Debug, Default)]
pub(super) struct Pages {
    last: Vec<Arc<Page>>,
}

impl Pages {
    /// A page to write, empty.
    fn take(&mut self) -> Page {
        let free = self.last.iter().position(|page| Arc::strong_count(page) == 1);
        let page = free.and_then(|at| Arc::into_inner(self.last.swap_remove(at)));
        let mut page = page.unwrap_or_default();
        page.text.clear();
        page
    }

    fn keep(&mut self, page: &Arc<Page>) {
        if page.body().len() > KEPT_BYTES {
            self.last.clear();
        }
        self.last.truncate(KEPT_PAGES - 1);
        self.last.push(Arc::clone(page));
    }
}

impl<C: Client> Shared<C> {
    /// Ends a run: whoever has not answered is late, the page is made, and all who wait are told.
    pub(super) fn finish(&self, state: &mut State<C>, number: u64) -> Option<Arc<Page>> {
        let now = Instant::now();
        let at = state.runs.iter().position(|run| run.number == number)?;
        let mut run = state.runs.remove(at);
        for (index, slot) in state.slots.iter_mut().enumerate() {
            let is_asked = run.selection.has(index) && slot.background.is_none();
            if run.results[index].outcome.is_some() || !is_asked {
                continue;
            }
            run.results[index].outcome = Some(slot.late(now));
            slot.errors += 1;
            if !slot.failing {
                slot.failing = true;
                log::warn!("collector {} is late; the page goes without its samples", slot.name);
            }
        }
        for (slot, result) in state.slots.iter_mut().zip(&run.results) {
            slot.count_dropped(result.samples.dropped());
        }
        let mut page = state.pages.take();
        self.encode(state, &run, &mut page.text);
        for (slot, result) in state.slots.iter_mut().zip(run.results) {
            if result.outcome.is_some_and(|outcome| !outcome.timeout) {
                slot.spare = result.samples;
            }
        }
        let page = Arc::new(page);
        state.pages.keep(&page);
        // It is set here alone, once for each run.
        let _ = run.answer.page.set(Arc::clone(&page));
        if let Some(leader) = run.leader {
            leader.client.resume(Arc::clone(&page));
        }
        self.tell(state);
        Some(page)
    }

    /// The page of what a run has so far.
    pub(super) fn partial(&self, state: &mut State<C>, number: u64) -> Option<Arc<Page>> {
        let at = state.runs.iter().position(|run| run.number == number)?;
        let mut page = Page::default();
        let run = state.runs.remove(at);
        self.encode(state, &run, &mut page.text);
        state.runs.insert(at, run);
        Some(Arc::new(page))
    }

    fn encode(&self, state: &mut State<C>, run: &Run<C>, page: &mut Text) {
        let now = Instant::now();
        let State { slots, process, own, .. } = state;
        own.clear();
        self.metrics.write_process(self.build, own);
        let mut cached = Vec::new();
        for (index, slot) in slots.iter().enumerate().filter(|(index, _)| run.selection.has(*index))
        {
            let fared = if let Some(background) = &slot.background {
                let snapshot = background.snapshot();
                let fared = Fared {
                    outcome: background.outcome(&snapshot, now),
                    errors: snapshot.errors,
                    dropped: slot.dropped + snapshot.dropped,
                    last_success: snapshot.last_success,
                    age: snapshot.taken.map(|taken| now.saturating_duration_since(taken)),
                };
                cached.push((index, snapshot));
                fared
            } else {
                Fared {
                    outcome: run.results[index].outcome.or_else(|| Some(slot.late(now))),
                    errors: slot.errors,
                    dropped: slot.dropped,
                    last_success: slot.last_success,
                    age: None,
                }
            };
            self.metrics.write_collector(slot.name, &fared, own);
        }
        process.write(own);
        own.arrange();
        let fresh = run.results.iter().map(|result| &result.samples);
        let kept = cached.iter().map(|(_, snapshot)| &snapshot.samples);
        let left_out = exposition::encode(fresh.chain(kept).chain([&*own]), run.format, page);
        // The parts are those of all slots, and then of those in the background.
        let in_background = cached.iter().map(|(index, _)| *index);
        let of_part: Vec<usize> = (0..slots.len()).chain(in_background).collect();
        drop(cached);
        for (part, duplicate) in left_out {
            if let Some(slot) = of_part.get(part).and_then(|&slot| slots.get_mut(slot)) {
                slot.count_dropped(Dropped { duplicate, ..Dropped::default() });
            }
        }
    }
}
