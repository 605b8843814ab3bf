//! Queries disks and volumes on a thread that is abandoned where one does not answer: a dead disk or
//! a server that is gone costs its own series only.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::query_thread::QueryThread;

/// How long the first query may take before another thread continues with the rest.
const FIRST_WAIT: Duration = Duration::from_millis(100);

/// The same for each later query: when a controller is dead, all its disks hang.
const NEXT_WAIT: Duration = Duration::from_millis(20);

/// The maximum time that one scrape waits for answers.
const MAX_WAIT: Duration = Duration::from_millis(800);

/// The maximum age of an answer that was too late for its own scrape.
const MAX_AGE: Duration = Duration::from_secs(120);

/// The maximum number of blocked threads.
const MAX_LATE: usize = 32;

/// The query threads of a collector.
pub(crate) struct Prober<T, A> {
    ask: fn(&T) -> A,
    /// See [`FIRST_WAIT`] and [`NEXT_WAIT`].
    waits: [Duration; 2],
    thread: Option<Arc<QueryThread<T, A>>>,
    /// Targets that have not answered, and the threads that they block.
    late: Vec<(T, Arc<QueryThread<T, A>>)>,
}

impl<T, A> Prober<T, A>
where
    T: Clone + PartialEq + Send + Sync + 'static,
    A: Clone + Send + 'static,
{
    /// `ask` may block for ever.
    pub(crate) const fn new(ask: fn(&T) -> A) -> Self {
        Self { ask, waits: [FIRST_WAIT, NEXT_WAIT], thread: None, late: Vec::new() }
    }

    /// The answers of the targets; `None` for those that have not answered in time. A target that
    /// hangs blocks one thread of the process, once.
    pub(crate) fn ask_all(&mut self, targets: &Arc<[T]>) -> Vec<Option<A>> {
        let begun = Instant::now();
        let mut answers: Vec<Option<A>> = targets.iter().map(|_| None).collect();
        // A target that is always slow reports its answer to the next scrape.
        let mut kept = Vec::new();
        self.late.retain(|(target, thread)| {
            kept.extend(thread.answer(MAX_AGE).map(|answer| (target.clone(), answer)));
            thread.is_asking()
        });
        let is_late = |target: &T| self.late.iter().any(|(late, _)| late == target);
        let mut queue: VecDeque<u32> =
            (0..).zip(targets.iter()).filter(|(_, it)| !is_late(it)).map(|(at, _)| at).collect();
        let known = self.late.len();
        let mut hanging = Vec::new();
        while !queue.is_empty() && self.late.len() < MAX_LATE {
            let Some(thread) = self.thread.take().or_else(|| QueryThread::start(self.ask).ok())
            else {
                break;
            };
            let done = |at: u32, answer| answers[at as usize] = Some(answer);
            let wait = self.waits[usize::from(!hanging.is_empty())];
            match thread.query(targets, &mut queue, wait, done) {
                None => self.thread = Some(thread),
                Some(at) => {
                    hanging.push(at as usize);
                    self.late.push((targets[at as usize].clone(), thread));
                }
            }
        }
        for ((_, thread), at) in self.late[known..].iter().zip(hanging) {
            let left = MAX_WAIT.saturating_sub(begun.elapsed());
            answers[at] = thread.wait_for_answer(left);
        }
        for (answer, target) in answers.iter_mut().zip(targets.iter()) {
            if answer.is_none() {
                let mut kept = kept.iter().filter(|(slow, _)| slow == target);
                *answer = kept.next().map(|(_, answer)| answer.clone());
            }
        }
        answers
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    /// Longer than a busy machine keeps a thread waiting; only the first round takes as long.
    const LONG: Duration = Duration::from_millis(500);

    #[test]
    fn a_dead_disk_is_asked_once_and_blocks_no_other() {
        static ASKED: AtomicU32 = AtomicU32::new(0);
        static HANGS: Mutex<()> = Mutex::new(());
        fn ask(target: &u32) -> u32 {
            if *target == 2 {
                ASKED.fetch_add(1, Ordering::SeqCst);
                drop(HANGS.lock());
            }
            target * 10
        }
        let hangs = HANGS.lock().unwrap();
        let mut prober = Prober { waits: [LONG; 2], ..Prober::new(ask) };
        let targets: Arc<[u32]> = [1, 2, 3].into();
        for _ in 0..20 {
            let answers = prober.ask_all(&targets);
            assert_eq!(answers, [Some(10), None, Some(30)]);
        }
        assert_eq!(ASKED.load(Ordering::SeqCst), 1);
        // The late answer serves the next scrape.
        drop(hangs);
        let thread = Arc::clone(&prober.late[0].1);
        assert_eq!(thread.wait_for_answer(Duration::from_secs(60)), Some(20));
        let _hangs = HANGS.lock().unwrap();
        let answers = prober.ask_all(&targets);
        assert_eq!(answers, [Some(10), Some(20), Some(30)]);
    }

    #[test]
    fn several_dead_disks_do_not_hide_the_others() {
        static HANGS: Mutex<()> = Mutex::new(());
        let _hangs = HANGS.lock().unwrap();
        let mut prober = Prober::new(|target: &u32| {
            if target.is_multiple_of(2) {
                drop(HANGS.lock());
            }
        });
        let targets: Arc<[u32]> = (0..20).collect();
        let answers = prober.ask_all(&targets);
        let answered: Vec<_> =
            targets.iter().zip(answers).filter(|(_, it)| it.is_some()).map(|(at, _)| *at).collect();
        assert_eq!(answered, [1, 3, 5, 7, 9, 11, 13, 15, 17, 19]);
    }

    #[test]
    fn blocked_threads_are_bounded() {
        static HANGS: Mutex<()> = Mutex::new(());
        let _hangs = HANGS.lock().unwrap();
        let mut prober = Prober::new(|_: &u32| drop(HANGS.lock()));
        prober.waits = [Duration::from_millis(1); 2];
        let targets: Arc<[u32]> = (0..100).collect();
        for _ in 0..3 {
            assert_eq!(prober.ask_all(&targets), [None; 100]);
            assert!((1..=MAX_LATE).contains(&prober.late.len()));
        }
    }
}
