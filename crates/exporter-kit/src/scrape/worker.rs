//! The threads that run collectors.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use super::run::Found;
use super::{Shared, State};
use crate::collector::{CollectError, Collector};
use crate::samples::Samples;
use crate::self_metrics::Outcome;

/// How long the collectors behind a slow one wait before another worker takes them.
pub(super) const PATIENCE: Duration = Duration::from_millis(50);

/// Workers run the collectors' code, which may be deep; untouched stack costs no memory.
pub(super) const WORKER_STACK_BYTES: usize = 1024 * 1024;

/// What the name of a worker thread starts with; its panics are reported by the scrape.
pub(crate) const WORKER_NAME: &str = "collect";

impl Shared {
    /// Sees to it that one more worker looks at the queue. The lock is given up meanwhile: a
    /// worker that is woken under it would only go to sleep again.
    pub(super) fn rouse_worker<'a>(
        self: &'a Arc<Self>,
        mut state: MutexGuard<'a, State>,
    ) -> MutexGuard<'a, State> {
        if !state.has_work() {
            return state;
        }
        state.last_taken = Instant::now();
        let idle = state.idle_workers > 0;
        drop(state);
        if idle {
            self.work.notify_one();
            return self.lock();
        }
        let shared = Arc::clone(self);
        let worker = thread::Builder::new().name(WORKER_NAME.into()).stack_size(WORKER_STACK_BYTES);
        if let Err(error) = worker.spawn(move || shared.work()) {
            // The collectors of this run are late then; the next run tries again.
            log::error!("cannot start a worker thread for the collectors: {error}");
        }
        self.lock()
    }

    /// A worker's life: take a collector, run it, bring it back.
    fn work(&self) {
        let mut state = self.lock();
        loop {
            let Some((run, index)) = state.take_next() else {
                if state.idle_workers > 0 {
                    return;
                }
                state.idle_workers += 1;
                state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
                state.idle_workers -= 1;
                continue;
            };
            let slot = &mut state.slots[index];
            let started = Instant::now();
            slot.started = started;
            let (name, mut failing) = (slot.name, slot.failing);
            let mut samples = std::mem::take(&mut slot.spare);
            let Some(mut collector) = slot.collector.take() else { continue };
            drop(state);

            samples.clear();
            let result = collect(collector.as_mut(), &mut samples);
            let duration = started.elapsed();
            report(name, &result, &mut failing);

            state = self.lock();
            let State { slots, runs, .. } = &mut *state;
            let slot = &mut slots[index];
            slot.collector = Some(collector);
            slot.failing = failing;
            let Some(at) = runs.iter().position(|current| current.number == run) else {
                // Too late: that run was finished without it.
                slot.spare = samples;
                continue;
            };
            let success = result.is_ok();
            if success {
                slot.last_success = Some(SystemTime::now());
            } else {
                slot.errors.inc();
            }
            let outcome = Some(Outcome { success, timeout: false, duration });
            let run = &mut runs[at];
            run.results[index] = Found { samples, outcome };
            run.unfinished -= 1;
            if run.unfinished == 0 {
                self.finish(&mut state, at);
                drop(state);
                self.finished.notify_all();
                state = self.lock();
            }
        }
    }
}

impl State {
    /// Whether a worker would find something to do.
    pub(super) fn has_work(&self) -> bool {
        self.runs.iter().any(|run| run.next(&self.slots).is_some())
    }

    /// The next collector to run, and the run that it is for.
    fn take_next(&mut self) -> Option<(u64, usize)> {
        let Self { runs, slots, .. } = self;
        let (run, at) = runs.iter_mut().find_map(|run| run.next(slots).map(|at| (run, at)))?;
        let index = run.queue.remove(at)?;
        self.last_taken = Instant::now();
        Some((run.number, index))
    }
}

/// Runs one collector. What it leaves of samples is whole: all of them, or none after an error.
pub(crate) fn collect(collector: &mut dyn Collector, samples: &mut Samples) -> Result<(), String> {
    let outcome = catch_unwind(AssertUnwindSafe(|| collector.collect(samples)));
    let result = match outcome {
        Ok(Ok(()) | Err(CollectError::NoData | CollectError::Unsupported)) => Ok(()),
        Ok(Err(CollectError::Failed(error))) => Err(format!("failed: {error}")),
        Err(panic) => Err(format!("panicked: {}", panic_message(panic.as_ref()))),
    };
    samples.arrange();
    // A mistake of the program, which its author's tests and debug builds show.
    let check = |()| match cfg!(debug_assertions) {
        true => samples.check(collector.metrics()).map_err(|error| format!("failed: {error}")),
        false => Ok(()),
    };
    let result = result.and_then(check);
    if result.is_err() {
        samples.clear();
    }
    result
}

/// Logs a change from good to bad or back once; a lasting fault must not fill the log.
pub(crate) fn report(name: &str, result: &Result<(), String>, failing: &mut bool) {
    match result {
        Err(error) if !*failing => log::warn!("collector {name} {error}"),
        Ok(()) if *failing => log::info!("collector {name} works again"),
        _ => {}
    }
    *failing = result.is_err();
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let message = panic.downcast_ref::<&str>().copied();
    message.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}
