//! One scrape: every collector is asked at once, on named worker threads, with a deadline.
//!
//! Overlapping scrapes share one run. Collectors share a worker, since waking a thread costs more
//! than most collectors do; when one is slow another worker takes the rest, and when one is late
//! its worker is left behind with it. A late collector is not asked again until it has answered,
//! so there are never more workers than collectors and one.

mod worker;

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use prometheus::IntCounter;
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
    run: Option<Run>,
    runs: u64,
    idle_workers: usize,
    process: ProcessMetrics,
    own: Samples,
    /// The last page: its memory serves for the next one.
    last: Option<Arc<Page>>,
}

struct Run {
    answer: Arc<Answer>,
    selection: Selection,
    format: Format,
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
                samples: Samples::default(),
                started: Instant::now(),
                outcome: None,
                last_success: None,
                failing: false,
                errors: metrics.errors_of(name),
                background,
            }
        });
        let state = State {
            slots: slots.collect(),
            run: None,
            runs: 0,
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

    /// The page of the run in flight, if it is about the same and in the same
    /// format, or of a new one; after the timeout
    /// at the latest.
    pub(crate) fn scrape(&self, ask: &Ask) -> Arc<Page> {
        let deadline = Instant::now() + ask.timeout;
        let shared = &self.shared;
        let (mut state, answer) = match shared.join(ask, deadline) {
            Ok(joined) => joined,
            Err(page) => return page,
        };
        loop {
            if let Some(page) = answer.page.get() {
                return Arc::clone(page);
            }
            let now = Instant::now();
            if now >= deadline {
                if state.run.as_ref().is_none_or(|run| now < run.deadline) {
                    // Somebody with more time waits on for the rest.
                    return shared.partial(&mut state, ask);
                }
                shared.finish(&mut state);
                shared.finished.notify_all();
                continue;
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

    /// Takes part in the run that `ask` is about. A run about other collectors is waited for first;
    /// if that takes until the deadline, the page of what is there now is the error.
    fn join(
        self: &Arc<Self>,
        ask: &Ask,
        deadline: Instant,
    ) -> Result<(MutexGuard<'_, State>, Arc<Answer>), Arc<Page>> {
        let mut state = self.lock();
        loop {
            match &mut state.run {
                None => {
                    let answer = self.begin(&mut state, ask, deadline);
                    return Ok((self.rouse_worker(state), answer));
                }
                Some(run) if run.selection == ask.selection && run.format == ask.format => {
                    run.deadline = run.deadline.max(deadline);
                    let answer = Arc::clone(&run.answer);
                    return Ok((state, answer));
                }
                Some(_) => {}
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(self.partial(&mut state, ask));
            }
            state = self.wait(state, left);
        }
    }

    /// Starts a run with every selected collector that is not late from an earlier one.
    fn begin(&self, state: &mut State, ask: &Ask, deadline: Instant) -> Arc<Answer> {
        state.runs += 1;
        let answer = Arc::new(Answer { run: state.runs, page: OnceLock::new() });
        let mut queue = VecDeque::with_capacity(state.slots.len());
        for (index, slot) in state.slots.iter_mut().enumerate() {
            slot.samples.clear();
            slot.outcome = None;
            if slot.collector.is_some() && ask.selection.has(index) {
                queue.push_back(index);
            }
        }
        let unfinished = queue.len();
        state.run = Some(Run {
            answer: Arc::clone(&answer),
            selection: ask.selection.clone(),
            format: ask.format,
            queue,
            unfinished,
            last_taken: Instant::now(),
            deadline,
        });
        if unfinished == 0 {
            self.finish(state);
        }
        answer
    }

    /// Ends the run: whoever has not answered is late, and the page is made. All who wait for it
    /// have to be told then.
    fn finish(&self, state: &mut State) {
        let now = Instant::now();
        let Some(run) = state.run.take() else { return };
        for (index, slot) in state.slots.iter_mut().enumerate() {
            let is_asked = run.selection.has(index) && slot.background.is_none();
            if slot.outcome.is_some() || !is_asked {
                continue;
            }
            slot.outcome = Some(slot.late(now));
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
        self.encode(state, &run.selection, run.format, &mut body);
        let page = Arc::new(Page { body });
        state.last = Some(Arc::clone(&page));
        // It is set here alone, once for each run.
        let _ = run.answer.page.set(page);
    }

    /// The page of what is there now.
    fn partial(&self, state: &mut State, ask: &Ask) -> Arc<Page> {
        let mut body = Vec::new();
        self.encode(state, &ask.selection, ask.format, &mut body);
        Arc::new(Page { body })
    }

    fn encode(&self, state: &mut State, selection: &Selection, format: Format, body: &mut Vec<u8>) {
        let now = Instant::now();
        let State { slots, process, own, .. } = state;
        let slots = || {
            let all = slots.iter().enumerate();
            all.filter(|(index, _)| selection.has(*index)).map(|(_, slot)| slot)
        };
        own.clear();
        self.metrics.write_process(self.build, own);
        let mut cached = Vec::new();
        for slot in slots() {
            if let Some(background) = &slot.background {
                let snapshot = background.snapshot();
                let outcome = background.outcome(&snapshot, now);
                let age = snapshot.taken.map(|taken| now.saturating_duration_since(taken));
                self.metrics.write_background(slot.name, outcome, age, &snapshot, own);
                cached.push(snapshot);
            } else {
                let outcome = slot.outcome.unwrap_or_else(|| slot.late(now));
                let errors = slot.errors.get();
                self.metrics.write_outcome(slot.name, outcome, errors, slot.last_success, own);
            }
        }
        process.write(own);
        own.arrange();
        let fresh = slots().map(|slot| &slot.samples);
        let cached = cached.iter().map(|snapshot| &snapshot.samples);
        exposition::encode(fresh.chain(cached).chain([&*own]), format, body);
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
