//! A run of the collectors that a scrape is about.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Answer, Ask, Selection, Slot};
use crate::collector::run::Outcome;
use crate::exposition::Format;
use crate::samples::Samples;

/// A run this young is shared by whoever comes, however little time they have.
const YOUNG: Duration = Duration::from_secs(1);

/// A run in flight.
pub(super) struct Run<C> {
    pub(super) number: u64,
    pub(super) answer: Arc<Answer>,
    pub(super) selection: Selection,
    pub(super) format: Format,
    begun: Instant,
    pub(super) deadline: Instant,
    /// Those who are still to be asked.
    pub(super) queue: VecDeque<usize>,
    pub(super) unfinished: usize,
    /// Whose thread runs the collectors at present.
    pub(super) leader: Option<Leader<C>>,
    /// Its page is being made; nothing else can be done for it.
    pub(super) is_finishing: bool,
    /// Of every slot, whether it takes part or not.
    pub(super) results: Vec<Found>,
}

/// A client whose own thread is in a collector. From here another thread can go on with the client
/// when that takes too long.
pub(super) struct Leader<C> {
    /// Tells leaders of one run apart.
    pub(super) number: u64,
    pub(super) client: Box<C>,
    pub(super) deadline: Instant,
    pub(super) since: Instant,
}

/// What came of a collector in one run.
#[derive(Default)]
pub(super) struct Found {
    pub(super) samples: Samples,
    pub(super) outcome: Option<Outcome>,
}

impl<C> Run<C> {
    /// A run with every collector that `ask` is about. One that has been busy for as long as the
    /// scrape would wait for it is late already.
    pub(super) fn new(ask: &Ask, deadline: Instant, answer: Arc<Answer>, slots: &[Slot]) -> Self {
        let begun = Instant::now();
        let has_time = |slot: &Slot| {
            let busy = begun.saturating_duration_since(slot.started);
            slot.collector.is_some() || busy < ask.timeout - ask.timeout / 10
        };
        let takes_part = |(index, slot): &(usize, &Slot)| {
            ask.selection.has(*index) && slot.background.is_none() && has_time(slot)
        };
        let queue: VecDeque<_> =
            slots.iter().enumerate().filter(takes_part).map(|(index, _)| index).collect();
        Self {
            number: answer.run,
            answer,
            selection: ask.selection.clone(),
            format: ask.format,
            begun,
            deadline,
            unfinished: queue.len(),
            queue,
            leader: None,
            is_finishing: false,
            results: slots.iter().map(|_| Found::default()).collect(),
        }
    }

    /// Whether the page of this run is an answer to `ask`, too. It is not when the run has been
    /// held up for so long that what it found at first is no news any more.
    pub(super) fn serves(&self, ask: &Ask) -> bool {
        self.selection == ask.selection
            && self.format == ask.format
            && self.begun.elapsed() <= YOUNG.max(ask.timeout / 2)
    }

    /// Where in the queue the next one is that no thread has at present.
    pub(super) fn next(&self, slots: &[Slot]) -> Option<usize> {
        if self.is_finishing {
            return None;
        }
        self.queue.iter().position(|&index| slots[index].collector.is_some())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::OnceLock;

    use super::*;

    #[test]
    fn a_run_is_shared_while_its_samples_are_fresh() {
        let seconds = Duration::from_secs_f64;
        let ask = |timeout: f64| Ask {
            timeout: seconds(timeout),
            selection: Selection::All,
            format: Format::Text,
        };
        let cases = [
            (0.0, 0.0, true),
            (0.5, 0.0, true),
            (2.0, 0.0, false),
            (2.0, 10.0, true),
            (6.0, 10.0, false),
        ];
        for (age, timeout, shared) in cases {
            let answer = Arc::new(Answer { run: 1, page: OnceLock::new() });
            let mut run = Run::<()>::new(&ask(60.0), Instant::now() + seconds(60.0), answer, &[]);
            run.begun -= seconds(age);
            assert_eq!(run.serves(&ask(timeout)), shared, "{age} s old, {timeout} s to wait");
            let other = Ask { format: Format::OpenMetrics, ..ask(timeout) };
            assert!(!run.serves(&other));
        }
    }
}
