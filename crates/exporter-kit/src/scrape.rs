//! One scrape: every collector is asked at once, on named worker threads, with a deadline.
//!
//! Overlapping scrapes of the same share one run; others run side by side, so that none waits for
//! what it has not asked for. Collectors share a worker, since waking a thread costs more than most
//! collectors do; when one is slow another worker takes the rest, and when one is late its worker is
//! left behind with it. A late collector is not asked again until it has answered, so there are
//! never more workers than collectors and one.

mod run;
mod worker;

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use prometheus::IntCounter;
use run::Run;
use worker::{PATIENCE, WORKER_STACK_BYTES};
pub(crate) use worker::{WORKER_NAME, collect, report};

use crate::background::Background;
use crate::collector::Collector;
use crate::exposition::{self, Format};
use crate::process::ProcessMetrics;
use crate::samples::Samples;
use crate::self_metrics::{Build, Handler, Outcome, SelfMetrics};

/// Owns the collectors and answers scrapes.
pub(crate) struct Scraper {
    shared: Arc<Shared>,
    /// Not yet started.
    in_background: Mutex<Vec<Waiting>>,
}

/// A collector that is going to run in the background, and where its samples go.
type Waiting = (Arc<Background>, Box<dyn Collector>);

/// What a scrape asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ask {
    /// The page is due after this time, with what is there by then.
    pub(crate) timeout: Duration,
    pub(crate) selection: Selection,
    pub(crate) format: Format,
}

/// Which collectors a scrape is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Selection {
    All,
    /// By their index, ascending.
    Some(Vec<usize>),
}

impl Selection {
    fn has(&self, index: usize) -> bool {
        match self {
            Self::All => true,
            Self::Some(indices) => indices.contains(&index),
        }
    }
}

/// A finished page.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) body: Vec<u8>,
}

/// Where the page of a run appears, for all who share the run.
#[derive(Debug)]
struct Answer {
    run: u64,
    page: OnceLock<Arc<Page>>,
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
    /// Those in flight, the oldest first.
    runs: Vec<Run>,
    /// How many there have been.
    begun: u64,
    /// When a worker has last taken a collector, or was sent for.
    last_taken: Instant,
    idle_workers: usize,
    process: ProcessMetrics,
    own: Samples,
    /// The last page: its memory serves for the next one.
    last: Option<Arc<Page>>,
}

/// A collector.
struct Slot {
    name: &'static str,
    /// `None` while a worker has it.
    collector: Option<Box<dyn Collector>>,
    /// Memory for its next samples.
    spare: Samples,
    /// When a worker has last taken it.
    started: Instant,
    last_success: Option<SystemTime>,
    failing: bool,
    errors: IntCounter,
    /// Instead of all that, for a collector that runs in the background.
    background: Option<Arc<Background>>,
}

/// A collector, and when it is run.
pub(crate) struct Source {
    pub(crate) name: &'static str,
    pub(crate) collector: Box<dyn Collector>,
    /// On an interval; else at every scrape.
    pub(crate) interval: Option<Duration>,
}

impl Scraper {
    pub(crate) fn new(metrics: SelfMetrics, build: Build, sources: Vec<Source>) -> Self {
        let mut in_background = Vec::new();
        let slots = sources.into_iter().map(|Source { name, collector, interval }| {
            let background = interval
                .map(|interval| Arc::new(Background::new(name, collector.as_ref(), interval)));
            let collector = match &background {
                Some(background) => {
                    in_background.push((Arc::clone(background), collector));
                    None
                }
                None => Some(collector),
            };
            Slot {
                name,
                collector,
                spare: Samples::default(),
                started: Instant::now(),
                last_success: None,
                failing: false,
                errors: metrics.errors_of(name),
                background,
            }
        });
        let state = State {
            slots: slots.collect(),
            runs: Vec::new(),
            begun: 0,
            last_taken: Instant::now(),
            idle_workers: 0,
            process: ProcessMetrics::default(),
            own: Samples::default(),
            last: None,
        };
        let state = Mutex::new(state);
        let (work, finished) = (Condvar::new(), Condvar::new());
        let shared = Arc::new(Shared { metrics, build, state, work, finished });
        Self { shared, in_background: Mutex::new(in_background) }
    }

    /// Starts the collectors that run in the background.
    ///
    /// # Errors
    ///
    /// The system refuses to start a thread.
    pub(crate) fn start(&self) -> io::Result<()> {
        let mut waiting = self.in_background.lock().unwrap_or_else(PoisonError::into_inner);
        for (background, mut collector) in waiting.drain(..) {
            let thread = thread::Builder::new().name(WORKER_NAME.into());
            let thread = thread.stack_size(WORKER_STACK_BYTES);
            thread.spawn(move || background.run(collector.as_mut()))?;
        }
        Ok(())
    }

    /// What counts the scrapes.
    pub(crate) fn handler(&self) -> &Handler {
        self.shared.metrics.handler()
    }

    /// The collectors' names, in the order of their indices.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.shared.lock().slots.iter().map(|slot| slot.name).collect()
    }

    /// The page of a run in flight, if it is about the same and in the same format, or of a new
    /// one; after the timeout at the latest.
    pub(crate) fn scrape(&self, ask: &Ask) -> Arc<Page> {
        let deadline = Instant::now() + ask.timeout;
        let shared = &self.shared;
        let (mut state, answer) = shared.join(ask, deadline);
        loop {
            if let Some(page) = answer.page.get() {
                return Arc::clone(page);
            }
            let now = Instant::now();
            if now >= deadline
                && let Some(at) = state.runs.iter().position(|run| run.number == answer.run)
            {
                if now < state.runs[at].deadline {
                    // Somebody with more time waits on for the rest.
                    return shared.partial(&mut state, at);
                }
                shared.finish(&mut state, at);
                shared.finished.notify_all();
                continue;
            }
            let mut wake = deadline;
            if state.has_work() {
                let stalled = state.last_taken + PATIENCE;
                if now >= stalled {
                    state = shared.rouse_worker(state);
                    continue;
                }
                wake = wake.min(stalled);
            }
            state = shared.wait(state, wake.saturating_duration_since(now));
        }
    }

    /// The kit's own definitions and those of all collectors.
    pub(crate) fn describe(&self, mut each: impl FnMut(crate::Description<'_>)) {
        let own = self.shared.metrics.definitions();
        for metric in own.iter().chain(ProcessMetrics::definitions()) {
            each(metric.describe());
        }
        for slot in &self.shared.lock().slots {
            if let Some(background) = &slot.background {
                for metric in background.metrics() {
                    let metric = metric.describe();
                    let help = background.help(metric.name).unwrap_or(metric.help);
                    each(crate::Description { help, ..metric });
                }
            }
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

    /// Waits until a run is finished, for at most `time`.
    fn wait<'a>(&self, state: MutexGuard<'a, State>, time: Duration) -> MutexGuard<'a, State> {
        self.finished.wait_timeout(state, time).unwrap_or_else(PoisonError::into_inner).0
    }

    /// Takes part in a run of what `ask` is about, or starts one.
    fn join(
        self: &Arc<Self>,
        ask: &Ask,
        deadline: Instant,
    ) -> (MutexGuard<'_, State>, Arc<Answer>) {
        let mut state = self.lock();
        if let Some(run) = state.runs.iter_mut().find(|run| run.serves(ask)) {
            run.deadline = run.deadline.max(deadline);
            let answer = Arc::clone(&run.answer);
            return (state, answer);
        }
        let answer = self.begin(&mut state, ask, deadline);
        (self.rouse_worker(state), answer)
    }

    fn begin(&self, state: &mut State, ask: &Ask, deadline: Instant) -> Arc<Answer> {
        state.begun += 1;
        let answer = Arc::new(Answer { run: state.begun, page: OnceLock::new() });
        let run = Run::new(ask, deadline, Arc::clone(&answer), &state.slots);
        let is_finished = run.unfinished == 0;
        state.runs.push(run);
        if is_finished {
            self.finish(state, state.runs.len() - 1);
        }
        answer
    }

    /// Ends a run: whoever has not answered is late, and the page is made. All who wait for it
    /// have to be told then.
    fn finish(&self, state: &mut State, at: usize) {
        let now = Instant::now();
        let mut run = state.runs.remove(at);
        for (index, slot) in state.slots.iter_mut().enumerate() {
            let is_asked = run.selection.has(index) && slot.background.is_none();
            if run.results[index].outcome.is_some() || !is_asked {
                continue;
            }
            run.results[index].outcome = Some(slot.late(now));
            slot.errors.inc();
            if !slot.failing {
                slot.failing = true;
                log::warn!("collector {} is late; the page goes without its samples", slot.name);
            }
        }
        // Unless somebody is still sending it.
        let last = state.last.take().and_then(Arc::into_inner);
        let mut body = last.map_or_else(Vec::new, |last| last.body);
        body.clear();
        self.encode(state, &run, &mut body);
        for (slot, result) in state.slots.iter_mut().zip(run.results) {
            if result.outcome.is_some_and(|outcome| !outcome.timeout) {
                slot.spare = result.samples;
            }
        }
        let page = Arc::new(Page { body });
        state.last = Some(Arc::clone(&page));
        // It is set here alone, once for each run.
        let _ = run.answer.page.set(page);
    }

    /// The page of what a run has so far.
    fn partial(&self, state: &mut State, at: usize) -> Arc<Page> {
        let mut body = Vec::new();
        let run = state.runs.remove(at);
        self.encode(state, &run, &mut body);
        state.runs.insert(at, run);
        Arc::new(Page { body })
    }

    fn encode(&self, state: &mut State, run: &Run, body: &mut Vec<u8>) {
        let now = Instant::now();
        let State { slots, process, own, .. } = state;
        own.clear();
        self.metrics.write_process(self.build, own);
        let mut cached = Vec::new();
        for (index, slot) in slots.iter().enumerate().filter(|(index, _)| run.selection.has(*index))
        {
            if let Some(background) = &slot.background {
                let snapshot = background.snapshot();
                let outcome = background.outcome(&snapshot, now);
                let age = snapshot.taken.map(|taken| now.saturating_duration_since(taken));
                self.metrics.write_background(slot.name, outcome, age, &snapshot, own);
                cached.push(snapshot);
            } else {
                let outcome = run.results[index].outcome.unwrap_or_else(|| slot.late(now));
                let errors = slot.errors.get();
                self.metrics.write_outcome(slot.name, outcome, errors, slot.last_success, own);
            }
        }
        process.write(own);
        own.arrange();
        let fresh = run.results.iter().map(|result| &result.samples);
        let cached = cached.iter().map(|snapshot| &snapshot.samples);
        exposition::encode(fresh.chain(cached).chain([&*own]), run.format, body);
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

#[cfg(test)]
mod tests;
