//! A run of the collectors that a scrape selects.

use std::time::{Duration, Instant};

use super::{ScrapeRequest, Slot};
use crate::collector::run::Outcome;
use crate::samples::Samples;

/// Requests share a run that is no older than this, or than half of their timeout if that is less:
/// the first samples of a run are as old as the run.
const MAX_SHARED_AGE: Duration = Duration::from_secs(1);

/// How long before the page is due a collector should return, for its samples to be on the page.
const MAX_MARGIN: Duration = Duration::from_millis(250);

/// A run in flight.
pub(super) struct Run<W> {
    pub(super) number: u64,
    pub(super) request: ScrapeRequest,
    begun: Instant,
    pub(super) deadline: Instant,
    /// Number of collectors that have not returned.
    pub(super) unfinished: usize,
    pub(super) waiters: Vec<W>,
    /// Whether any of the waiters accepts a compressed page.
    pub(super) gzip: bool,
    /// The deadline has passed, and a worker will build the page.
    pub(super) is_due: bool,
    /// The page is being built; no more samples can be added.
    pub(super) is_closing: bool,
    /// One result per slot, including slots that take no part in the run.
    pub(super) results: Vec<CollectorResult>,
}

/// What a collector returned in one run.
#[derive(Default)]
pub(super) struct CollectorResult {
    pub(super) samples: Samples,
    pub(super) outcome: Option<Outcome>,
}

impl<W> Run<W> {
    /// A run of every collector that `request` selects, except those that have already been running
    /// for about as long as the scrape would wait: they are late from the start. Also returns the
    /// indices of the collectors to run.
    pub(super) fn new(number: u64, request: &ScrapeRequest, slots: &[Slot]) -> (Self, Vec<usize>) {
        let begun = Instant::now();
        let has_time = |slot: &Slot| {
            let busy = begun.saturating_duration_since(slot.started);
            slot.collector.is_some() || busy < request.timeout - request.timeout / 10
        };
        let takes_part = |(index, slot): &(usize, &Slot)| {
            request.selection.has(*index, slot) && slot.background.is_none() && has_time(slot)
        };
        let collectors: Vec<_> =
            slots.iter().enumerate().filter(takes_part).map(|(index, _)| index).collect();
        let run = Self {
            number,
            request: request.clone(),
            begun,
            deadline: begun + request.timeout,
            unfinished: collectors.len(),
            waiters: Vec::new(),
            gzip: false,
            is_due: false,
            is_closing: false,
            results: slots.iter().map(|_| CollectorResult::default()).collect(),
        };
        (run, collectors)
    }

    /// When a collector should return: before the run is due, by a tenth of its timeout, at most
    /// [`MAX_MARGIN`].
    pub(super) fn collector_deadline(&self) -> Instant {
        self.deadline - (self.request.timeout / 10).min(MAX_MARGIN)
    }

    /// Whether `request` can share this run: it selects the same collectors and format, has the
    /// same timeout, and the run is young enough.
    pub(super) fn serves(&self, request: &ScrapeRequest) -> bool {
        self.request == *request && self.begun.elapsed() <= MAX_SHARED_AGE.min(request.timeout / 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exposition::Format;
    use crate::scrape::Selection;

    #[test]
    fn run_is_shared_while_young() {
        let request = |timeout: f64| ScrapeRequest {
            timeout: Duration::from_secs_f64(timeout),
            selection: Selection::All,
            format: Format::Text,
        };
        for (age, timeout, shared) in
            [(0.0, 10.0, true), (0.5, 10.0, true), (1.1, 10.0, false), (0.3, 0.5, false)]
        {
            let (mut run, _) = Run::<()>::new(1, &request(timeout), &[]);
            run.begun -= Duration::from_secs_f64(age);
            assert_eq!(run.serves(&request(timeout)), shared, "{age} s old, {timeout} s to wait");
            assert!(!run.serves(&request(timeout * 2.0)));
            assert!(
                !run.serves(&ScrapeRequest { format: Format::OpenMetrics, ..request(timeout) })
            );
            let selection = Selection::Some(vec![1]);
            assert!(!run.serves(&ScrapeRequest { selection, ..request(timeout) }));
        }
    }
}
