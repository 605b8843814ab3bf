//! A thread for queries that may hang, which is then abandoned to its query: a file server or disk
//! that does not answer blocks it indefinitely.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// In-process antivirus software takes more of it on Windows.
const STACK_BYTES: usize = if cfg!(windows) { 256 * 1024 } else { 64 * 1024 };

/// A query thread; `T` is a target, `A` an answer.
pub(crate) struct QueryThread<T, A> {
    job: Mutex<Job<T, A>>,
    changed: Condvar,
}

struct Job<T, A> {
    targets: Option<Arc<[T]>>,
    queue: VecDeque<u32>,
    /// The index of the running query.
    asked: Option<u32>,
    done: Vec<(u32, A)>,
    /// The thread is abandoned and gets no more work.
    is_left: bool,
    /// The last answer of an abandoned thread, and its time.
    answer: Option<(A, Instant)>,
}

impl<T, A> Job<T, A> {
    fn is_asking(&self) -> bool {
        self.asked.is_some() || !self.queue.is_empty()
    }
}

impl<T: Send + Sync + 'static, A: Clone + Send + 'static> QueryThread<T, A> {
    /// Starts a thread that queries by `ask`.
    ///
    /// # Errors
    ///
    /// The system has no thread left.
    pub(crate) fn start(ask: fn(&T) -> A) -> io::Result<Arc<Self>> {
        let job = Job {
            targets: None,
            queue: VecDeque::new(),
            asked: None,
            done: Vec::new(),
            is_left: false,
            answer: None,
        };
        let started = Arc::new(Self { job: Mutex::new(job), changed: Condvar::new() });
        let own = Arc::clone(&started);
        let thread = thread::Builder::new().name("probe".to_owned()).stack_size(STACK_BYTES);
        thread.spawn(move || own.run(ask))?;
        Ok(started)
    }

    /// Queries the targets at the indices of `queue` until it is empty or nothing was answered for
    /// `wait`. Passes the answers to `done`. Returns the index of the target that hangs, to which
    /// the thread is abandoned; `queue` is then what was not reached.
    pub(crate) fn query(
        &self,
        targets: &Arc<[T]>,
        queue: &mut VecDeque<u32>,
        wait: Duration,
        mut done: impl FnMut(u32, A),
    ) -> Option<u32> {
        let mut job = self.lock();
        job.targets = Some(Arc::clone(targets));
        std::mem::swap(&mut job.queue, queue);
        job.done.clear();
        // Notified with the lock held, the thread would only block on the lock.
        drop(job);
        self.changed.notify_all();
        let mut answered = 0;
        let mut job = loop {
            let job = self.wait(wait);
            if !job.is_asking() || job.done.len() == answered {
                break job;
            }
            answered = job.done.len();
        };
        job.done.drain(..).for_each(|(at, answer)| done(at, answer));
        std::mem::swap(&mut job.queue, queue);
        job.is_left = job.asked.is_some();
        job.asked
    }

    /// Whether an abandoned thread still waits for its answer.
    pub(crate) fn is_asking(&self) -> bool {
        self.lock().is_asking()
    }

    /// The answer of an abandoned thread, if it came within the last `max_age`.
    pub(crate) fn answer(&self, max_age: Duration) -> Option<A> {
        let job = self.lock();
        let fresh = job.answer.as_ref().filter(|(_, since)| since.elapsed() < max_age);
        fresh.map(|(answer, _)| answer.clone())
    }

    /// Waits for the answer of an abandoned thread, at most for `time`.
    pub(crate) fn wait_for_answer(&self, time: Duration) -> Option<A> {
        self.wait(time).answer.as_ref().map(|(answer, _)| answer.clone())
    }

    fn run(&self, ask: fn(&T) -> A) {
        let mut job = self.lock();
        while !job.is_left {
            let Some(at) = job.queue.pop_front() else {
                job.targets = None;
                drop(job);
                self.changed.notify_all();
                job = self.lock();
                if !job.queue.is_empty() || job.is_left {
                    continue;
                }
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
                true => job.answer = Some((answer, Instant::now())),
                false => job.done.push((at, answer)),
            }
        }
        drop(job);
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Job<T, A>> {
        self.job.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until nothing is asked, at most for `time`.
    fn wait(&self, time: Duration) -> MutexGuard<'_, Job<T, A>> {
        let waited = self.changed.wait_timeout_while(self.lock(), time, |job| job.is_asking());
        waited.unwrap_or_else(PoisonError::into_inner).0
    }
}
