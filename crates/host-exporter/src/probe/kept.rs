//! Shares the answers of one collector with another of the same scrape.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Answer, Target};

/// Far longer than the time between two collectors of one scrape.
const MAX_AGE: Duration = Duration::from_millis(100);

/// The last answers, until they are taken.
pub(super) struct Kept {
    targets: Option<Arc<[Target]>>,
    answers: Vec<Answer>,
    since: Option<Instant>,
    /// The sorted mount numbers, with their indices into the targets.
    places: Vec<(u64, u32)>,
}

impl Kept {
    pub(super) const fn new() -> Self {
        Self { targets: None, answers: Vec::new(), since: None, places: Vec::new() }
    }

    pub(super) fn keep(&mut self, targets: &Arc<[Target]>, answers: &[Answer]) {
        self.answers.clear();
        self.answers.extend_from_slice(answers);
        self.since = Some(Instant::now());
        if !self.targets.as_ref().is_some_and(|known| Arc::ptr_eq(known, targets)) {
            let places = targets.iter().zip(0..).map(|(target, at)| (target.mount, at));
            self.places.clear();
            self.places.extend(places);
            self.places.sort_unstable();
            self.targets = Some(Arc::clone(targets));
        }
    }

    /// Fills in the wanted answers that are known and forgets all of them: the next scrape queries
    /// again.
    pub(super) fn take(&mut self, targets: &[Target], answers: &mut [Answer]) {
        let is_young = self.since.take().is_some_and(|since| since.elapsed() < MAX_AGE);
        let Some(known) = self.targets.as_ref().filter(|_| is_young) else { return };
        let wanted = targets.iter().zip(answers).filter(|(_, answer)| **answer == Answer::Wanted);
        for (target, answer) in wanted {
            let from = self.places.partition_point(|(mount, _)| *mount < target.mount);
            let same = self.places[from..].iter().take_while(|(mount, _)| *mount == target.mount);
            let mut places = same.map(|&(_, place)| place as usize);
            if let Some(place) = places.find(|&place| known[place] == *target)
                && self.answers[place] != Answer::Unwanted
            {
                *answer = self.answers[place].clone();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::{Question, Space};

    fn target(path: &str, mount: u64) -> Target {
        let path = std::ffi::CString::new(path).unwrap();
        Target {
            path,
            mount,
            device: (8, 1),
            is_btrfs: false,
            question: Question::Space,
            is_in_memory: false,
        }
    }

    #[test]
    fn answers_are_taken_once() {
        let space = Answer::Space(Space { blocks: 7, ..Space::default() });
        let known: Arc<[Target]> =
            [target("/b", 2), target("/a", 1), target("/c", 3), target("/d", 1)].into();
        let wanted = [target("/d", 1), target("/x", 1), target("/c", 3), target("/b", 2)];
        let mut kept = Kept::new();
        let ask = |kept: &mut Kept| {
            let mut answers = [Answer::Wanted, Answer::Wanted, Answer::Wanted, Answer::Unwanted];
            kept.take(&wanted, &mut answers);
            answers
        };
        let nothing = || [Answer::Wanted, Answer::Wanted, Answer::Wanted, Answer::Unwanted];
        assert_eq!(ask(&mut kept), nothing());
        kept.keep(&known, &[space.clone(), Answer::Late, Answer::Unwanted, Answer::Elsewhere]);
        let mut expected = nothing();
        expected[0] = Answer::Elsewhere;
        assert_eq!(ask(&mut kept), expected);
        assert_eq!(ask(&mut kept), nothing());
        kept.keep(&known, &[const { Answer::Late }; 4]);
        kept.since = Instant::now().checked_sub(MAX_AGE);
        assert_eq!(ask(&mut kept), nothing());
    }
}
