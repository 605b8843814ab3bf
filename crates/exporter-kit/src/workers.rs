//! Threads that run everything that may block or take long, so that the event loop never does.
//!
//! One worker normally runs all jobs in sequence, which is cheapest. When a job gets stuck,
//! [`Workers::tick`] starts another worker for the jobs queued behind it. A worker that finds the
//! queue empty exits if another worker is already idle, so there is one more worker than there are
//! stuck jobs.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::collector::run::COLLECTOR_STACK_BYTES;
use crate::scrape::ScrapeJob;

/// A job that holds up the queue for this long counts as stuck.
const SLOW_AFTER: Duration = Duration::from_millis(50);

/// A unit of work for a worker.
pub(crate) enum Job {
    /// A part of a scrape. It is slow only if its collector is.
    Scrape(ScrapeJob),
    /// A task that is known to take long, such as checking a password.
    Task(Box<dyn FnOnce() + Send>),
}

/// The job queue and its worker threads.
pub(crate) struct Workers {
    queue: Mutex<Queue>,
    is_filled: Condvar,
}

/// Runs the scrape jobs.
pub(crate) type Perform = dyn Fn(ScrapeJob) + Send + Sync;

struct Queue {
    jobs: VecDeque<Job>,
    /// Number of workers waiting for a job.
    idle: usize,
    /// When the job taken last starts to count as stuck.
    slow_from: Instant,
    /// The last attempt to start a thread failed.
    lacks_threads: bool,
    /// `None` until [`Workers::start`]; jobs stay queued until then.
    perform: Option<Arc<Perform>>,
}

impl Workers {
    pub(crate) fn new() -> Arc<Self> {
        let queue = Queue {
            jobs: VecDeque::new(),
            idle: 0,
            slow_from: Instant::now(),
            lacks_threads: false,
            perform: None,
        };
        Arc::new(Self { queue: Mutex::new(queue), is_filled: Condvar::new() })
    }

    /// Starts the first worker.
    ///
    /// # Errors
    ///
    /// Returns an error if the system cannot start a thread.
    pub(crate) fn start(self: &Arc<Self>, perform: Arc<Perform>) -> io::Result<()> {
        self.lock().perform = Some(perform);
        self.add_worker()
    }

    /// Appends jobs to the queue.
    pub(crate) fn submit(&self, jobs: impl IntoIterator<Item = Job>) {
        let mut queue = self.lock();
        queue.jobs.extend(jobs);
        self.wake_one(queue);
    }

    /// Runs a job ahead of all others, on an idle worker or on a new one. If no thread can be
    /// started, runs it on the calling thread.
    pub(crate) fn submit_urgent(self: &Arc<Self>, job: ScrapeJob) {
        let mut queue = self.lock();
        if queue.idle == 0 {
            drop(queue);
            if !self.add_worker_or_log() {
                let perform = self.lock().perform.clone();
                return perform.into_iter().for_each(|perform| perform(job));
            }
            queue = self.lock();
        }
        queue.jobs.push_front(Job::Scrape(job));
        self.wake_one(queue);
    }

    /// Wakes a worker if one is idle.
    fn wake_one(&self, queue: MutexGuard<'_, Queue>) {
        let is_idle = queue.idle > 0;
        // A worker woken while the lock is held would only block on it. Notifying is a system call
        // even if no thread is waiting.
        drop(queue);
        if is_idle {
            self.is_filled.notify_one();
        }
    }

    /// Starts another worker if jobs are queued behind a stuck one. Returns when to call this
    /// again, if that may become necessary.
    pub(crate) fn tick(self: &Arc<Self>, now: Instant) -> Option<Instant> {
        let mut queue = self.lock();
        if queue.jobs.is_empty() {
            return None;
        }
        if queue.idle > 0 {
            // The idle worker has been woken, and may get stuck in its first job.
            return Some(now + SLOW_AFTER);
        }
        if now < queue.slow_from {
            return Some(queue.slow_from);
        }
        // The new worker gets the same time to take a job. If no thread can be started, the next
        // attempt follows after that time.
        queue.slow_from = now + SLOW_AFTER;
        drop(queue);
        self.add_worker_or_log();
        Some(now + SLOW_AFTER)
    }

    /// Starts another worker and returns whether that succeeded. Logs only the first of consecutive
    /// failures.
    fn add_worker_or_log(self: &Arc<Self>) -> bool {
        let error = self.add_worker().err();
        let had_error = std::mem::replace(&mut self.lock().lacks_threads, error.is_some());
        match error {
            None => return true,
            Some(error) if !had_error => log::error!("cannot start another worker thread: {error}"),
            Some(_) => {}
        }
        false
    }

    fn add_worker(self: &Arc<Self>) -> io::Result<()> {
        let workers = Arc::clone(self);
        let thread = thread::Builder::new().name("worker".into()).stack_size(COLLECTOR_STACK_BYTES);
        thread.spawn(move || workers.work()).map(drop)
    }

    /// Runs jobs until the queue is empty while another worker is idle.
    fn work(&self) {
        let mut queue = self.lock();
        let Some(perform) = queue.perform.clone() else { return };
        loop {
            if let Some(job) = queue.jobs.pop_front() {
                queue.slow_from = match job {
                    Job::Scrape(_) => Instant::now() + SLOW_AFTER,
                    Job::Task(_) => Instant::now(),
                };
                drop(queue);
                match job {
                    Job::Scrape(job) => perform(job),
                    Job::Task(task) => task(),
                }
                queue = self.lock();
            } else if queue.idle > 0 {
                return;
            } else {
                queue.idle += 1;
                queue = self.is_filled.wait(queue).unwrap_or_else(PoisonError::into_inner);
                queue.idle -= 1;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        // No code panics while holding the lock; after a panic the queue would still be usable.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Sender, channel};
    use std::thread::ThreadId;

    use super::*;

    fn started() -> Arc<Workers> {
        let workers = Workers::new();
        workers.start(Arc::new(|_| {})).unwrap();
        workers
    }

    fn task(task: impl FnOnce() + Send + 'static) -> Job {
        Job::Task(Box::new(task))
    }

    /// A job that sends the ID of the worker running it.
    fn report(to: &Sender<ThreadId>) -> Job {
        let to = to.clone();
        task(move || {
            let _ = to.send(thread::current().id());
        })
    }

    /// Blocks a worker until the returned sender is dropped.
    fn block(workers: &Workers) -> Sender<()> {
        let (begun, is_begun) = channel();
        let (end, is_ended) = channel();
        workers.submit([task(move || {
            begun.send(()).unwrap();
            let _ = is_ended.recv();
        })]);
        is_begun.recv().unwrap();
        end
    }

    fn wait_for_idle(workers: &Workers) {
        while workers.lock().idle == 0 {
            thread::yield_now();
        }
    }

    #[test]
    fn one_worker_runs_all_jobs() {
        let workers = started();
        let (sender, receiver) = channel();
        workers.submit((0..10).map(|_| report(&sender)));
        drop(sender);
        let mut threads: Vec<_> = receiver.iter().collect();
        assert_eq!(threads.len(), 10);
        threads.dedup();
        assert_eq!(threads.len(), 1);
    }

    #[test]
    fn stuck_job_gets_another_worker_started() {
        let workers = started();
        let _end = block(&workers);
        assert_eq!(workers.tick(Instant::now()), None, "no job is queued");
        let (sender, receiver) = channel();
        workers.submit([report(&sender)]);
        assert!(workers.tick(Instant::now()).is_some());
        receiver.recv().unwrap();
        let due = Instant::now() + SLOW_AFTER;
        workers.lock().slow_from = due;
        wait_for_idle(&workers);
        let _second = block(&workers);
        workers.lock().slow_from = due;
        workers.submit([report(&sender)]);
        assert_eq!(workers.tick(due - SLOW_AFTER), Some(due), "the job may still finish in time");
        assert_eq!(Arc::strong_count(&workers), 3, "no further worker was started");
    }

    #[test]
    fn urgent_job_bypasses_a_stuck_one() {
        let (sender, receiver) = channel();
        let workers = Workers::new();
        let perform = move |job| {
            let _ = sender.send(job);
        };
        workers.start(Arc::new(perform)).unwrap();
        let _end = block(&workers);
        workers.submit_urgent(ScrapeJob::Close { run: 7 });
        assert!(matches!(receiver.recv().unwrap(), ScrapeJob::Close { run: 7 }));
    }

    #[test]
    fn surplus_worker_exits() {
        let workers = started();
        let end = block(&workers);
        let (sender, receiver) = channel();
        workers.submit([report(&sender)]);
        workers.tick(Instant::now());
        let second = receiver.recv().unwrap();
        wait_for_idle(&workers);
        // Each worker holds one reference, and the test holds one.
        assert_eq!(Arc::strong_count(&workers), 3);
        drop(end);
        while Arc::strong_count(&workers) > 2 {
            thread::yield_now();
        }
        workers.submit([report(&sender)]);
        assert_eq!(receiver.recv().unwrap(), second);
    }
}
