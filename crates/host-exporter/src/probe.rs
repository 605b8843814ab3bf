//! Asks file systems for their space, on a thread that can be left behind: a server that does not
//! answer holds the one who asks for as long as it likes.

mod ask;

use std::collections::VecDeque;
use std::ffi::{CString, OsStr};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::io::Errno;

use crate::host::Host;
use crate::mounts::Mount;

/// How long the first file system may take before another thread goes on with the rest.
const PATIENCE: Duration = Duration::from_millis(100);

/// How long each after it may take; many hang together, as when a server is gone.
const LITTLE_PATIENCE: Duration = Duration::from_millis(20);

/// The longest time that one scrape waits for answers.
pub(crate) const MAX_WAIT: Duration = Duration::from_millis(500);

/// How many threads may wait for file systems that hang. With as many, nothing more is asked.
const MAX_LATE: usize = 64;

/// What is asked: a path, and the mount that it should lead to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) path: CString,
    /// Its number in the mount table.
    pub(crate) mount: u64,
    pub(crate) device: (u32, u32),
    /// Each subvolume has a device number of its own, which the mount table does not have.
    pub(crate) is_btrfs: bool,
}

impl Target {
    /// What is asked about a mount; `None` where no path can be made of it.
    pub(crate) fn of(mount: &Mount, host: &Host) -> Option<Self> {
        let path = host.root(Path::new(OsStr::from_bytes(&mount.point)));
        Some(Self {
            path: CString::new(path.into_os_string().into_encoded_bytes()).ok()?,
            mount: mount.id,
            device: mount.device,
            is_btrfs: mount.kind == b"btrfs",
        })
    }
}

/// What came of asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It is not to be asked.
    Unwanted,
    /// It is to be asked.
    Wanted,
    Space(Space),
    /// Another file system is at the path.
    Elsewhere,
    Failed(Errno),
    /// There is no answer yet.
    Late,
}

/// The space of a file system, as statvfs(3) has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Space {
    /// Bytes in a block.
    pub(crate) block: u64,
    pub(crate) blocks: u64,
    pub(crate) free: u64,
    pub(crate) available: u64,
    pub(crate) files: u64,
    pub(crate) files_free: u64,
}

impl Space {
    /// The blocks that programs can have. Below 0, in two's complement, the reserve is in use, so
    /// there are none; more than there are blocks is nonsense.
    pub(crate) fn available(&self) -> Option<u64> {
        let available = if self.available > u64::MAX / 2 { 0 } else { self.available };
        (available <= self.blocks).then_some(available)
    }

    /// The blocks that are free, for root too; more than there are is nonsense.
    pub(crate) fn free(&self) -> Option<u64> {
        (self.free <= self.blocks).then_some(self.free)
    }

    /// The files that can still be made; more than there can be is nonsense, or stands for "not
    /// known".
    pub(crate) fn files_free(&self) -> Option<u64> {
        (self.files_free <= self.files).then_some(self.files_free)
    }
}

/// Asks everything that is `Wanted`, and waits for it at most as long as `limit` and [`MAX_WAIT`].
/// What hangs is asked by one thread of the process, once.
pub(crate) fn ask_all(targets: &Arc<[Target]>, limit: Duration, answers: &mut [Answer]) {
    static PROBER: Mutex<Prober> = Mutex::new(Prober::new(ask::ask));
    let mut prober = PROBER.lock().unwrap_or_else(PoisonError::into_inner);
    prober.ask_all(targets, limit.min(MAX_WAIT), answers);
}

/// The threads that ask: one that is kept, and those that wait for what hangs.
struct Prober {
    ask: fn(&Target) -> Answer,
    worker: Option<Arc<Worker>>,
    late: Vec<Late>,
    /// What is still to be asked, by its place among the targets.
    queue: VecDeque<u32>,
}

/// A question without an answer, and the thread that waits for it.
struct Late {
    target: Target,
    worker: Arc<Worker>,
}

impl Prober {
    const fn new(ask: fn(&Target) -> Answer) -> Self {
        Self { ask, worker: None, late: Vec::new(), queue: VecDeque::new() }
    }

    fn ask_all(&mut self, targets: &Arc<[Target]>, limit: Duration, answers: &mut [Answer]) {
        let begun = Instant::now();
        self.late.retain(|late| late.worker.lock().is_asking());
        self.queue.clear();
        for (at, answer) in answers.iter_mut().enumerate().filter(|(_, a)| **a == Answer::Wanted) {
            match self.late.iter().any(|late| late.target == targets[at]) {
                true => *answer = Answer::Late,
                false => self.queue.push_back(at as u32),
            }
        }
        let known = self.late.len();
        let mut places = Vec::new();
        while !self.queue.is_empty() {
            let patience = if places.is_empty() { PATIENCE } else { LITTLE_PATIENCE };
            match self.ask_some(targets, patience.min(limit), answers) {
                Ok(None) => {}
                Ok(Some(at)) => places.push(at as usize),
                Err(error) => return self.give_up(answers, Answer::Failed(error)),
            }
            if self.late.len() >= MAX_LATE {
                self.give_up(answers, Answer::Late);
            }
        }
        for (late, at) in self.late[known..].iter().zip(places) {
            let left = limit.saturating_sub(begun.elapsed());
            let worker = late.worker.wait(left, |job| !job.is_asking());
            if let Some(answer) = worker.answer {
                answers[at] = answer;
            }
        }
    }

    /// Has the worker ask what is in the queue until that is done or something hangs, and takes the
    /// answers. The place of what hangs is returned, and the worker is left behind with it.
    fn ask_some(
        &mut self,
        targets: &Arc<[Target]>,
        patience: Duration,
        answers: &mut [Answer],
    ) -> Result<Option<u32>, Errno> {
        let worker = match self.worker.take() {
            Some(worker) => worker,
            None => Worker::start(self.ask)?,
        };
        let mut job = worker.lock();
        job.targets = Some(Arc::clone(targets));
        std::mem::swap(&mut job.queue, &mut self.queue);
        job.done.clear();
        worker.changed.notify_all();
        drop(job);
        let mut done = 0;
        let mut job = loop {
            let job = worker.wait(patience, |job| !job.is_asking());
            if !job.is_asking() || job.done.len() == done {
                break job;
            }
            done = job.done.len();
        };
        for (at, answer) in job.done.drain(..) {
            answers[at as usize] = answer;
        }
        let hangs = job.asked;
        std::mem::swap(&mut job.queue, &mut self.queue);
        let Some(at) = hangs else {
            drop(job);
            self.worker = Some(worker);
            return Ok(None);
        };
        job.is_left = true;
        drop(job);
        answers[at as usize] = Answer::Late;
        self.late.push(Late { target: targets[at as usize].clone(), worker });
        Ok(Some(at))
    }

    fn give_up(&mut self, answers: &mut [Answer], answer: Answer) {
        for at in self.queue.drain(..) {
            answers[at as usize] = answer;
        }
    }
}

/// A thread that asks.
struct Worker {
    job: Mutex<Job>,
    changed: Condvar,
}

#[derive(Default)]
struct Job {
    targets: Option<Arc<[Target]>>,
    queue: VecDeque<u32>,
    /// What is being asked.
    asked: Option<u32>,
    done: Vec<(u32, Answer)>,
    /// Nobody will give it anything to do again.
    is_left: bool,
    /// The last answer of a worker that was left.
    answer: Option<Answer>,
}

impl Job {
    fn is_asking(&self) -> bool {
        self.asked.is_some() || !self.queue.is_empty()
    }
}

impl Worker {
    fn start(ask: fn(&Target) -> Answer) -> Result<Arc<Self>, Errno> {
        let worker = Arc::new(Self { job: Mutex::default(), changed: Condvar::new() });
        let of_thread = Arc::clone(&worker);
        let thread = thread::Builder::new().name("probe".to_owned()).stack_size(64 * 1024);
        match thread.spawn(move || of_thread.work(ask)) {
            Ok(_) => Ok(worker),
            Err(_) => Err(Errno::AGAIN),
        }
    }

    fn work(&self, ask: fn(&Target) -> Answer) {
        let mut job = self.lock();
        while !job.is_left {
            let Some(at) = job.queue.pop_front() else {
                job.targets = None;
                self.changed.notify_all();
                job = self.changed.wait(job).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let Some(targets) = job.targets.take() else { continue };
            job.asked = Some(at);
            drop(job);
            let answer = ask(&targets[at as usize]);
            job = self.lock();
            job.asked = None;
            job.targets = Some(targets);
            match job.is_left {
                true => job.answer = Some(answer),
                false => job.done.push((at, answer)),
            }
        }
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Job> {
        self.job.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until `is_so`, or for this time.
    fn wait(&self, time: Duration, is_so: impl Fn(&Job) -> bool) -> MutexGuard<'_, Job> {
        let waited = self.changed.wait_timeout_while(self.lock(), time, |job| !is_so(job));
        waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    const SPACE: Answer = Answer::Space(Space {
        block: 1,
        blocks: 2,
        free: 1,
        available: 1,
        files: 0,
        files_free: 0,
    });

    fn targets(paths: &[&str]) -> Arc<[Target]> {
        let target = |path: &&str| Target {
            path: CString::new(*path).unwrap(),
            mount: 1,
            device: (8, 1),
            is_btrfs: false,
        };
        paths.iter().map(target).collect()
    }

    fn ask_all(prober: &mut Prober, targets: &Arc<[Target]>, limit: Duration) -> Vec<Answer> {
        let mut answers = vec![Answer::Wanted; targets.len()];
        prober.ask_all(targets, limit, &mut answers);
        answers
    }

    #[test]
    fn what_hangs_is_asked_once_and_keeps_nothing_else() {
        static ASKED: AtomicU32 = AtomicU32::new(0);
        static HANGS: Mutex<()> = Mutex::new(());
        fn ask(target: &Target) -> Answer {
            if target.path.to_bytes() == b"/hangs" {
                ASKED.fetch_add(1, Ordering::SeqCst);
                drop(HANGS.lock());
            }
            SPACE
        }
        let hangs = HANGS.lock().unwrap();
        let mut prober = Prober::new(ask);
        let targets = targets(&["/a", "/hangs", "/b", "/c"]);
        for _ in 0..1000 {
            let answers = ask_all(&mut prober, &targets, PATIENCE);
            assert_eq!(answers, [SPACE, Answer::Late, SPACE, SPACE]);
        }
        assert_eq!((ASKED.load(Ordering::SeqCst), prober.late.len()), (1, 1));
        // When it has answered, it is asked again.
        drop(hangs);
        let worker = Arc::clone(&prober.late[0].worker);
        drop(worker.wait(Duration::from_secs(60), |job| !job.is_asking()));
        assert_eq!(ask_all(&mut prober, &targets, PATIENCE), [SPACE; 4]);
        assert_eq!((ASKED.load(Ordering::SeqCst), prober.late.len()), (2, 0));
    }

    #[test]
    fn what_is_slow_is_waited_for() {
        fn ask(target: &Target) -> Answer {
            if target.path.to_bytes() == b"/slow" {
                thread::sleep(PATIENCE * 2);
            }
            SPACE
        }
        let mut prober = Prober::new(ask);
        let answers = ask_all(&mut prober, &targets(&["/slow", "/b"]), Duration::from_secs(60));
        assert_eq!(answers, [SPACE; 2]);
    }

    #[test]
    fn threads_that_wait_are_bounded() {
        static HANGS: Mutex<()> = Mutex::new(());
        fn ask(_: &Target) -> Answer {
            drop(HANGS.lock());
            SPACE
        }
        let _hangs = HANGS.lock().unwrap();
        let mut prober = Prober::new(ask);
        let paths: Vec<_> = (0..200).map(|at| format!("/{at}")).collect();
        let targets = targets(&paths.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(ask_all(&mut prober, &targets, Duration::from_millis(2)), [Answer::Late; 200]);
        assert_eq!(prober.late.len(), MAX_LATE);
    }

    #[test]
    fn only_what_is_wanted_is_asked() {
        let mut prober = Prober::new(|_| SPACE);
        let mut answers = [Answer::Unwanted, Answer::Wanted];
        prober.ask_all(&targets(&["/a", "/b"]), PATIENCE, &mut answers);
        assert_eq!(answers, [Answer::Unwanted, SPACE]);
    }

    #[test]
    fn numbers_that_have_wrapped_are_none() {
        let space = |free, available| Space { blocks: 10, free, available, ..Space::default() };
        assert_eq!((space(5, 3).free(), space(5, 3).available()), (Some(5), Some(3)));
        assert_eq!((space(11, 11).free(), space(11, 11).available()), (None, None));
        assert_eq!(space(1, u64::MAX - 2).available(), Some(0));
        assert_eq!(Space { files_free: u64::MAX, ..space(0, 0) }.files_free(), None);
    }
}
