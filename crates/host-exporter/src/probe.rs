//! Queries file systems for their space or devices on a thread that can be abandoned: a server that
//! does not answer blocks the thread indefinitely.

mod ask;
mod btrfs;
mod kept;

use std::collections::VecDeque;
use std::ffi::{CString, OsStr};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::io::Errno;

pub(crate) use self::ask::Space;
pub(crate) use self::btrfs::Btrfs;
#[cfg(test)]
pub(crate) use self::btrfs::BtrfsDevice;
use self::kept::Kept;
use crate::host::Host;
use crate::mounts::Mount;
use crate::query_thread::QueryThread;

/// How long the first file system may take before another thread continues with the rest.
const FIRST_WAIT: Duration = Duration::from_millis(100);

/// The same for each later file system: when a server is down, all its mounts hang.
const NEXT_WAIT: Duration = Duration::from_millis(20);

/// The maximum time that one scrape waits for answers.
pub(crate) const MAX_WAIT: Duration = Duration::from_millis(500);

/// The maximum age of an answer that was too late for its own scrape.
const MAX_AGE: Duration = Duration::from_secs(120);

/// The number of hanging mounts from which other mounts of the same device are skipped: all exports
/// of a server that is down hang.
const FEW_LATE: usize = 8;

/// The number of blocked threads from which only disks are queried.
const MAX_LATE: usize = 64;

/// A query: a path, and the mount that it should lead to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) path: CString,
    /// Its number in the mount table.
    pub(crate) mount: u64,
    pub(crate) device: (u32, u32),
    /// Each subvolume has its own device number, which is not in the mount table.
    pub(crate) is_btrfs: bool,
    pub(crate) question: Question,
    /// The file system answers without blocking, so the query needs no thread.
    pub(crate) is_in_memory: bool,
}

/// The information queried from a file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Question {
    Space,
    /// The devices of a Btrfs.
    Devices,
}

impl Target {
    /// The query for a mount; `None` if its path holds a NUL byte.
    pub(crate) fn of(mount: &Mount, host: &Host) -> Option<Self> {
        let path = host.root(Path::new(OsStr::from_bytes(&mount.point)));
        Some(Self {
            path: CString::new(path.into_os_string().into_encoded_bytes()).ok()?,
            mount: mount.id,
            device: mount.device,
            is_btrfs: mount.kind == b"btrfs",
            question: Question::Space,
            is_in_memory: mount.is_in_memory,
        })
    }
}

/// The result of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Not to be queried.
    Unwanted,
    /// To be queried.
    Wanted,
    Space(Space),
    Devices(Arc<Btrfs>),
    /// Another file system is at the path.
    Elsewhere,
    Failed(Errno),
    /// No answer yet.
    Late,
}

fn prober() -> MutexGuard<'static, Prober> {
    static PROBER: Mutex<Prober> = Mutex::new(Prober::new(ask::ask));
    PROBER.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Queries every target whose answer is `Wanted` and waits at most `limit` and [`MAX_WAIT`]. A
/// target that hangs blocks one thread of the process, once.
pub(crate) fn ask_all(targets: &Arc<[Target]>, limit: Duration, answers: &mut [Answer]) {
    prober().ask_all(targets, limit.min(MAX_WAIT), answers);
}

/// As [`ask_all`], and keeps the answers for the other collector of the same scrape; see
/// [`take_kept`].
pub(crate) fn ask_all_and_keep(targets: &Arc<[Target]>, limit: Duration, answers: &mut [Answer]) {
    let mut prober = prober();
    prober.ask_all(targets, limit.min(MAX_WAIT), answers);
    prober.kept.keep(targets, answers);
}

/// Returns the answers just kept by another collector, once.
pub(crate) fn take_kept(targets: &[Target], answers: &mut [Answer]) {
    prober().kept.take(targets, answers);
}

/// The query threads: one that is reused, and those blocked by a hanging target.
struct Prober {
    ask: fn(&Target) -> Answer,
    worker: Option<Arc<Worker>>,
    late: Vec<Late>,
    /// Remaining queries, as indices into the targets.
    queue: VecDeque<u32>,
    kept: Kept,
}

type Worker = QueryThread<Target, Answer>;

/// An unanswered query and the thread that it blocks.
struct Late {
    target: Target,
    worker: Arc<Worker>,
}

impl Prober {
    const fn new(ask: fn(&Target) -> Answer) -> Self {
        Self { ask, worker: None, late: Vec::new(), queue: VecDeque::new(), kept: Kept::new() }
    }

    fn ask_all(&mut self, targets: &Arc<[Target]>, limit: Duration, answers: &mut [Answer]) {
        let begun = Instant::now();
        let mut kept = Vec::new();
        self.late.retain(|late| {
            let fresh = late.worker.answer(MAX_AGE);
            kept.extend(fresh.map(|answer| (late.target.clone(), answer)));
            late.worker.is_asking()
        });
        self.queue.clear();
        for (at, answer) in answers.iter_mut().enumerate().filter(|(_, a)| **a == Answer::Wanted) {
            let target = &targets[at];
            if target.is_in_memory {
                *answer = (self.ask)(target);
            } else if self.may_ask(target) {
                self.queue.push_back(at as u32);
            } else {
                *answer = Answer::Late;
            }
        }
        let known = self.late.len();
        let mut places = Vec::new();
        while !self.queue.is_empty() {
            let wait = if places.is_empty() { FIRST_WAIT } else { NEXT_WAIT };
            match self.ask_some(targets, wait.min(limit), answers) {
                Ok(None) => {}
                Ok(Some(at)) => {
                    places.push(at as usize);
                    self.leave_out(targets, answers);
                }
                Err(error) => {
                    for at in self.queue.drain(..) {
                        answers[at as usize] = Answer::Failed(error);
                    }
                }
            }
        }
        for (late, at) in self.late[known..].iter().zip(places) {
            let left = limit.saturating_sub(begun.elapsed());
            // A target that is always slow reports its answer to the previous scrape.
            let kept = kept.iter().find(|(target, _)| *target == targets[at]);
            let answer = late.worker.wait_for_answer(left);
            if let Some(answer) = answer.or(kept.map(|(_, answer)| answer.clone())) {
                answers[at] = answer;
            }
        }
    }

    /// Runs the queue on the worker until it is empty or a target hangs, and takes the answers.
    /// Returns the index of the hanging target, to which the worker is abandoned.
    fn ask_some(
        &mut self,
        targets: &Arc<[Target]>,
        wait: Duration,
        answers: &mut [Answer],
    ) -> Result<Option<u32>, Errno> {
        let worker = match self.worker.take() {
            Some(worker) => worker,
            None => Worker::start(self.ask).map_err(|_| Errno::AGAIN)?,
        };
        let done = |at: u32, answer| answers[at as usize] = answer;
        let Some(at) = worker.query(targets, &mut self.queue, wait, done) else {
            self.worker = Some(worker);
            return Ok(None);
        };
        answers[at as usize] = Answer::Late;
        self.late.push(Late { target: targets[at as usize].clone(), worker });
        Ok(Some(at))
    }

    /// Removes the targets from the queue that may no longer be queried.
    fn leave_out(&mut self, targets: &Arc<[Target]>, answers: &mut [Answer]) {
        let mut queue = std::mem::take(&mut self.queue);
        queue.retain(|&at| {
            let may_ask = self.may_ask(&targets[at as usize]);
            if !may_ask {
                answers[at as usize] = Answer::Late;
            }
            may_ask
        });
        self.queue = queue;
    }

    fn may_ask(&self, target: &Target) -> bool {
        let hangs = |is_like: fn(&Target, &Target) -> bool| {
            self.late.iter().any(|late| is_like(&late.target, target))
        };
        match self.late.len() {
            0..FEW_LATE => !hangs(|late, target| late == target),
            late if late < MAX_LATE || (target.device.0 != 0 && late < 2 * MAX_LATE) => {
                !hangs(|late, target| late.device == target.device)
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests;
