//! One scrape: every collector is asked at once, on named worker threads, with a deadline.
//!
//! Overlapping scrapes share one run. Collectors share a worker, since waking a thread costs more
//! than most collectors do; when one is slow another worker takes the rest, and when one is late
//! its worker is left behind with it. A late collector is not asked again until it has answered,
//! so there are never more workers than collectors and one.

use std::any::Any;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use prometheus::IntCounter;

use crate::collector::{CollectError, Collector};
use crate::exposition::{self, Format};
use crate::samples::Samples;
use crate::self_metrics::{Build, Outcome, SelfMetrics};

/// How long the collectors behind a slow one wait before another worker takes them.
const PATIENCE: Duration = Duration::from_millis(50);

/// Workers run the collectors' code, which may be deep; untouched stack costs no memory.
const WORKER_STACK_BYTES: usize = 1024 * 1024;

/// What the name of a worker thread starts with; its panics are reported by the scrape.
pub(crate) const WORKER_NAME: &str = "collect";

/// Owns the collectors and answers scrapes.
pub(crate) struct Scraper {
    shared: Arc<Shared>,
}

/// A finished page.
#[derive(Debug)]
pub(crate) struct Page {
    run: u64,
    pub(crate) body: Vec<u8>,
}

struct Shared {
    metrics: SelfMetrics,
    build: Build,
    state: Mutex<State>,
    /// There may be something to collect.
    work: Condvar,
    /// A run is finished.
    finished: Condvar,
}

struct State {
    slots: Vec<Slot>,
    run: Option<Run>,
    runs: u64,
    idle_workers: usize,
    own: Samples,
    page: Arc<Page>,
}

struct Run {
    id: u64,
    queue: VecDeque<usize>,
    unfinished: usize,
    last_taken: Instant,
    deadline: Instant,
}

/// A collector and what came of it in the present run.
struct Slot {
    name: &'static str,
    /// `None` while a worker has it.
    collector: Option<Box<dyn Collector>>,
    samples: Samples,
    started: Instant,
    outcome: Option<Outcome>,
    failing: bool,
    errors: IntCounter,
}

impl Scraper {
    pub(crate) fn new(
        metrics: SelfMetrics,
        build: Build,
        collectors: Vec<(&'static str, Box<dyn Collector>)>,
    ) -> Self {
        let slots = collectors.into_iter().map(|(name, collector)| Slot {
            name,
            collector: Some(collector),
            samples: Samples::default(),
            started: Instant::now(),
            outcome: None,
            failing: false,
            errors: metrics.errors_of(name),
        });
        let state = State {
            slots: slots.collect(),
            run: None,
            runs: 0,
            idle_workers: 0,
            own: Samples::default(),
            page: Arc::new(Page { run: 0, body: Vec::new() }),
        };
        let state = Mutex::new(state);
        let (work, finished) = (Condvar::new(), Condvar::new());
        Self { shared: Arc::new(Shared { metrics, build, state, work, finished }) }
    }

    /// The page of the run in flight, or of a new one, after `timeout` at the latest.
    pub(crate) fn scrape(&self, timeout: Duration) -> Arc<Page> {
        let deadline = Instant::now() + timeout;
        let shared = &self.shared;
        let mut state = shared.lock();
        let run = if let Some(run) = &mut state.run {
            run.deadline = run.deadline.max(deadline);
            run.id
        } else {
            let run = shared.begin(&mut state, deadline);
            state = shared.rouse_worker(state);
            run
        };
        loop {
            // A later page than the one that was asked for is as good.
            if state.page.run >= run {
                return Arc::clone(&state.page);
            }
            let now = Instant::now();
            if now >= deadline {
                if state.run.as_ref().is_some_and(|run| now >= run.deadline) {
                    shared.finish(&mut state);
                    shared.finished.notify_all();
                    return Arc::clone(&state.page);
                }
                // Somebody with more time waits on for the rest.
                let mut body = Vec::new();
                shared.encode(&mut state, &mut body);
                return Arc::new(Page { run, body });
            }
            let mut wake = deadline;
            if let Some(current) = &state.run
                && !current.queue.is_empty()
            {
                let stalled = current.last_taken + PATIENCE;
                if now >= stalled {
                    state = shared.rouse_worker(state);
                    continue;
                }
                wake = wake.min(stalled);
            }
            let wait = wake.saturating_duration_since(now);
            state =
                shared.finished.wait_timeout(state, wait).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// The kit's own definitions and those of all collectors.
    pub(crate) fn describe(&self, mut each: impl FnMut(crate::Description<'_>)) {
        for metric in self.shared.metrics.definitions() {
            each(metric.describe());
        }
        for slot in &self.shared.lock().slots {
            let metrics = slot.collector.as_ref().map_or(&[][..], |collector| collector.metrics());
            metrics.iter().for_each(|metric| each(metric.describe()));
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it holds the lock; if it did, the state would still be usable.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a run with every collector that is not late from an earlier one.
    fn begin(&self, state: &mut State, deadline: Instant) -> u64 {
        state.runs += 1;
        let id = state.runs;
        let mut queue = VecDeque::with_capacity(state.slots.len());
        for (index, slot) in state.slots.iter_mut().enumerate() {
            slot.samples.clear();
            slot.outcome = None;
            if slot.collector.is_some() {
                queue.push_back(index);
            }
        }
        let unfinished = queue.len();
        state.run = Some(Run { id, queue, unfinished, last_taken: Instant::now(), deadline });
        if unfinished == 0 {
            self.finish(state);
        }
        id
    }

    /// Sees to it that one more worker looks at the queue. The lock is given up meanwhile: a
    /// worker that is woken under it would only go to sleep again.
    fn rouse_worker<'a>(
        self: &'a Arc<Self>,
        mut state: MutexGuard<'a, State>,
    ) -> MutexGuard<'a, State> {
        let Some(run) = state.run.as_mut().filter(|run| !run.queue.is_empty()) else {
            return state;
        };
        run.last_taken = Instant::now();
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
            let mut samples = std::mem::take(&mut slot.samples);
            let Some(mut collector) = slot.collector.take() else { continue };
            drop(state);

            let result = collect(collector.as_mut(), &mut samples);
            let duration = started.elapsed();
            report(name, &result, &mut failing);

            state = self.lock();
            let slot = &mut state.slots[index];
            slot.collector = Some(collector);
            slot.failing = failing;
            if state.run.as_ref().is_none_or(|current| current.id != run) {
                // Too late: that run was finished without it.
                continue;
            }
            let slot = &mut state.slots[index];
            slot.samples = samples;
            let success = result.is_ok();
            slot.outcome = Some(Outcome { success, timeout: false, duration });
            if !success {
                slot.errors.inc();
            }
            let unfinished = state.run.as_mut().map_or(0, |current| {
                current.unfinished -= 1;
                current.unfinished
            });
            if unfinished == 0 {
                self.finish(&mut state);
                drop(state);
                self.finished.notify_all();
                state = self.lock();
            }
        }
    }

    /// Ends the run: whoever has not answered is late, and the page is made. All who wait for it
    /// have to be told then.
    fn finish(&self, state: &mut State) {
        let now = Instant::now();
        let Some(run) = state.run.take() else { return };
        for slot in &mut state.slots {
            if slot.outcome.is_some() {
                continue;
            }
            slot.outcome = Some(slot.late(now));
            slot.errors.inc();
            if !slot.failing {
                slot.failing = true;
                log::warn!("collector {} is late; the page goes without its samples", slot.name);
            }
        }
        // Nobody can get the last page any more; if nobody is still sending it, its memory serves
        // for the new one.
        let mut body = match Arc::get_mut(&mut state.page) {
            Some(last) => std::mem::take(&mut last.body),
            None => Vec::with_capacity(state.page.body.len()),
        };
        body.clear();
        self.encode(state, &mut body);
        state.page = Arc::new(Page { run: run.id, body });
    }

    /// Appends the page of what is there now to `body`.
    fn encode(&self, state: &mut State, body: &mut Vec<u8>) {
        let now = Instant::now();
        let State { slots, own, .. } = state;
        own.clear();
        self.metrics.write_build(self.build, own);
        for slot in slots.iter() {
            let outcome = slot.outcome.unwrap_or_else(|| slot.late(now));
            self.metrics.write_outcome(slot.name, outcome, &slot.errors, own);
        }
        own.arrange();
        let parts = slots.iter().map(|slot| &slot.samples).chain([&*own]);
        exposition::encode(parts, Format::Text, body);
    }
}

impl Slot {
    /// The outcome of a collector that has not answered: it was not begun in time, or it was
    /// begun in this run or an earlier one and is not back yet.
    fn late(&self, now: Instant) -> Outcome {
        let waiting = self.collector.is_some();
        let duration =
            if waiting { Duration::ZERO } else { now.saturating_duration_since(self.started) };
        Outcome { success: false, timeout: true, duration }
    }
}

impl State {
    fn take_next(&mut self) -> Option<(u64, usize)> {
        let run = self.run.as_mut()?;
        let index = run.queue.pop_front()?;
        run.last_taken = Instant::now();
        Some((run.id, index))
    }
}

/// Runs one collector. What it leaves of samples is whole: all of them, or none after an error.
fn collect(collector: &mut dyn Collector, samples: &mut Samples) -> Result<(), String> {
    let outcome = catch_unwind(AssertUnwindSafe(|| collector.collect(samples)));
    let result = match outcome {
        Ok(Ok(()) | Err(CollectError::NoData | CollectError::Unsupported)) => Ok(()),
        Ok(Err(CollectError::Failed(error))) => Err(format!("failed: {error}")),
        Err(panic) => Err(format!("panicked: {}", panic_message(panic.as_ref()))),
    };
    if result.is_err() {
        samples.clear();
    }
    samples.arrange();
    result
}

/// Logs a change from good to bad or back once; a lasting fault must not fill the log.
fn report(name: &str, result: &Result<(), String>, failing: &mut bool) {
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

#[cfg(test)]
mod tests;
