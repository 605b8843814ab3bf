//! Threads that run what may block or take long, so that the event loop never does.
//!
//! One worker takes the jobs one after another, which costs the least. Where it gets stuck in one of
//! them, [`Workers::tick`] starts another for those behind; a worker that finds nothing to do while
//! another one is idle ends. So there are as many workers as there are stuck jobs, and one.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::scrape::ScrapeJob;

/// A job that keeps the queue waiting for this long counts as stuck.
const SLOW_AFTER: Duration = Duration::from_millis(50);

/// Jobs run collectors' code, which may be deep; untouched stack costs no memory.
pub(crate) const STACK_BYTES: usize = 1024 * 1024;

/// What a worker does.
pub(crate) enum Job {
    /// A part of a scrape. It takes long only where a collector does.
    Scrape(ScrapeJob),
    /// Anything that is known to take long, such as checking a password.
    Task(Box<dyn FnOnce() + Send>),
}

/// The queue of jobs and the threads that take them.
pub(crate) struct Workers {
    queue: Mutex<Queue>,
    is_filled: Condvar,
}

/// What does the parts of scrapes.
pub(crate) type Perform = dyn Fn(ScrapeJob) + Send + Sync;

struct Queue {
    jobs: VecDeque<Job>,
    /// Workers that wait for a job.
    idle: usize,
    /// From then on the worker that last took a job counts as stuck in it.
    slow_from: Instant,
    /// No thread could be started when one was last needed.
    lacks_threads: bool,
    /// `None` before the start: jobs wait until then.
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
    /// The system refuses to start a thread.
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

    /// Does a job before all others: on an idle worker, else on another one. Where no thread can be
    /// started the caller does it.
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
        // A worker that is woken under the lock would only wait for it; and to wake is a system
        // call even where no thread waits.
        drop(queue);
        if is_idle {
            self.is_filled.notify_one();
        }
    }

    /// Starts another worker where jobs wait behind a stuck one. Returns when to look again, if
    /// that may become necessary.
    pub(crate) fn tick(self: &Arc<Self>, now: Instant) -> Option<Instant> {
        let mut queue = self.lock();
        if queue.jobs.is_empty() {
            return None;
        }
        if queue.idle > 0 {
            // It has been woken, and may get stuck in the first job.
            return Some(now + SLOW_AFTER);
        }
        if now < queue.slow_from {
            return Some(queue.slow_from);
        }
        // The new worker has as long to take a job as it has for the job itself. Where no thread
        // can be had it is tried again after that time.
        queue.slow_from = now + SLOW_AFTER;
        drop(queue);
        self.add_worker_or_log();
        Some(now + SLOW_AFTER)
    }

    /// Starts another worker; whether it could. That it cannot is logged once, as long as it lasts.
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
        let thread = thread::Builder::new().name("worker".into()).stack_size(STACK_BYTES);
        thread.spawn(move || workers.work()).map(drop)
    }

    /// Takes jobs until another worker is idle, too.
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
        // Nothing panics while it holds the lock; if it did, the queue would still be usable.
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

    /// A job that reports its worker.
    fn report(to: &Sender<ThreadId>) -> Job {
        let to = to.clone();
        task(move || {
            let _ = to.send(thread::current().id());
        })
    }

    /// Blocks a worker until the result is dropped.
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
    fn one_worker_takes_all_jobs() {
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
    fn jobs_behind_a_stuck_one_get_another_worker() {
        let workers = started();
        let _end = block(&workers);
        assert_eq!(workers.tick(Instant::now()), None, "no job waits");
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
        assert_eq!(workers.tick(due - SLOW_AFTER), Some(due), "it may return in time");
        assert_eq!(Arc::strong_count(&workers), 3, "no other worker has been started");
    }

    #[test]
    fn an_urgent_job_does_not_wait_behind_a_stuck_one() {
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
    fn a_worker_that_is_not_needed_ends() {
        let workers = started();
        let end = block(&workers);
        let (sender, receiver) = channel();
        workers.submit([report(&sender)]);
        workers.tick(Instant::now());
        let second = receiver.recv().unwrap();
        wait_for_idle(&workers);
        // Each worker holds one reference, and this test another.
        assert_eq!(Arc::strong_count(&workers), 3);
        drop(end);
        while Arc::strong_count(&workers) > 2 {
            thread::yield_now();
        }
        workers.submit([report(&sender)]);
        assert_eq!(receiver.recv().unwrap(), second);
    }
}
