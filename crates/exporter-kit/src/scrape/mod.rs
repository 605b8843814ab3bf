//! Scrapes: which collectors run for which request, and the pages that result.
//!
//! A request for metrics joins a run of the same collectors that has just begun, or begins a new
//! one. A run is a deadline and one job per collector. Workers run the jobs, and the last one to
//! finish builds the page. At the deadline the page is built from the samples available by then. A
//! late collector does not run again until it has returned, so it never blocks more than one
//! worker.

mod page;
mod run;
mod targets;

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use self::page::PageBuilder;
use self::run::{CollectorResult, Run};
use crate::collector::background::Background;
use crate::collector::log_limit::LogLimit;
use crate::collector::run::{
    COLLECTOR_STACK_BYTES, Change, Failures, Outcome, collect, report, report_discarded,
    report_notes,
};
use crate::collector::{Collector, CollectorDef, ScheduledCollector};
use crate::constant_labels::ConstantLabels;
use crate::exposition::Format;
use crate::samples::{Discarded, Samples};
use crate::self_metrics::{Build, Handler, SelfMetrics};
use crate::workers::{Job, Workers};

pub(crate) use self::page::Page;
use self::targets::Target;
pub(crate) use self::targets::TargetError;

/// Owns the collectors and builds pages for waiters. A waiter is whatever `deliver` needs to know
/// where to send a page.
pub(crate) struct Scraper<W> {
    metrics: SelfMetrics,
    build: Build,
    /// Whether pages have metrics of the exporter's process and requests.
    exporter_metrics: bool,
    /// Labels of every sample.
    labels: ConstantLabels,
    /// Whether it was logged that labels of targets replace one of them.
    replaced: Once,
    /// The collectors' names, by index.
    names: Box<[&'static str]>,
    state: Mutex<State<W>>,
    builder: Mutex<PageBuilder>,
    deliver: Box<Deliver<W>>,
    workers: Arc<Workers>,
    /// Background collectors that are not started yet.
    background: Mutex<Vec<Unstarted>>,
}

/// The settings of pages.
#[derive(Debug)]
pub(crate) struct PageSettings {
    /// Whether pages have metrics of the exporter's process and requests.
    pub(crate) exporter_metrics: bool,
    /// Labels of every sample.
    pub(crate) labels: ConstantLabels,
}

/// Delivers a page to its waiters. Called on a worker.
pub(crate) type Deliver<W> = dyn Fn(Vec<W>, Arc<Page>) + Send + Sync;

/// The part of a scrape that runs on a worker.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ScrapeJob {
    /// Runs one collector of a run.
    Collect { run: u64, collector: usize },
    /// Builds the page of a run, even if some of its collectors have not returned.
    Close { run: u64 },
}

/// A background collector, and the state that receives its samples.
type Unstarted = (Arc<Background>, Box<dyn Collector>);

/// The parameters of a scrape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ScrapeRequest {
    /// Time until the page is due, with the samples available by then.
    pub(crate) timeout: Duration,
    pub(crate) selection: Selection,
    pub(crate) format: Format,
}

/// Which collectors a scrape runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Selection {
    All,
    /// Collector indices, ascending.
    Some(Vec<usize>),
    /// The collector of a target, by its index.
    Target(usize),
}

impl Selection {
    fn has(&self, index: usize, slot: &Slot) -> bool {
        match self {
            Self::All => slot.target.is_none(),
            Self::Some(indices) => indices.contains(&index),
            Self::Target(target) => *target == index,
        }
    }
}

struct State<W> {
    slots: Vec<Slot>,
    /// Runs in flight, oldest first.
    runs: Vec<Run<W>>,
    /// Number of runs begun so far.
    begun: u64,
}

/// A collector and its state.
struct Slot {
    def: CollectorDef,
    /// The target, if a request has named it.
    target: Option<Target>,
    /// Labels of all its samples.
    labels: ConstantLabels,
    /// `None` while a worker runs it.
    collector: Option<Box<dyn Collector>>,
    /// Runs that wait for it while a worker runs it for another run.
    waiting_runs: Vec<u64>,
    /// Buffer for its next samples.
    spare: Samples,
    /// When it was last started.
    started: Instant,
    last_success: Option<SystemTime>,
    failures: Failures,
    log_limit: LogLimit,
    errors: u64,
    /// Number of samples left out of pages.
    discarded: u64,
    /// Replaces all of the above for a background collector.
    background: Option<Arc<Background>>,
}

impl<W> Scraper<W> {
    pub(crate) fn new(
        metrics: SelfMetrics,
        build: Build,
        settings: PageSettings,
        collectors: Vec<(CollectorDef, ScheduledCollector)>,
        workers: Arc<Workers>,
        deliver: Box<Deliver<W>>,
    ) -> Self {
        let PageSettings { exporter_metrics, labels } = settings;
        let mut unstarted = Vec::new();
        let names = collectors.iter().map(|(def, _)| def.name).collect();
        let slots = collectors.into_iter().map(|(def, scheduled)| {
            let ScheduledCollector { collector, interval, labels: own } = scheduled;
            let labels = labels.with(&own);
            let background = |interval| Arc::new(Background::new(def, interval, labels.clone()));
            let background = interval.map(background);
            let collector = match &background {
                Some(background) => {
                    unstarted.push((Arc::clone(background), collector));
                    None
                }
                None => Some(collector),
            };
            Slot { background, ..Slot::new(def, collector, labels) }
        });
        let slots = slots.collect();
        let state = State { slots, runs: Vec::new(), begun: 0 };
        Self {
            metrics,
            build,
            exporter_metrics,
            labels,
            replaced: Once::new(),
            names,
            state: Mutex::new(state),
            builder: Mutex::default(),
            deliver,
            workers,
            background: Mutex::new(unstarted),
        }
    }

    /// Starts the background collectors.
    ///
    /// # Errors
    ///
    /// Returns an error if the system cannot start a thread.
    pub(crate) fn start_background(&self) -> io::Result<()> {
        let mut unstarted = self.background.lock().unwrap_or_else(PoisonError::into_inner);
        for (background, mut collector) in unstarted.drain(..) {
            let thread = thread::Builder::new().name("background".into());
            let thread = thread.stack_size(COLLECTOR_STACK_BYTES);
            thread.spawn(move || background.run(collector.as_mut()))?;
        }
        Ok(())
    }

    /// The request counters.
    pub(crate) fn handler(&self) -> &Handler {
        self.metrics.handler()
    }

    /// The collectors' names, by index.
    pub(crate) fn names(&self) -> &[&'static str] {
        &self.names
    }

    /// Adds `waiter` to a run that [serves](Run::serves) this request, or begins a new one. `gzip`
    /// is whether the waiter accepts a compressed page.
    pub(crate) fn request(&self, request: &ScrapeRequest, waiter: W, gzip: bool) {
        let mut state = self.lock();
        if let Some(run) = state.runs.iter_mut().find(|run| run.serves(request)) {
            run.waiters.push(waiter);
            run.gzip |= gzip;
            return;
        }
        state.begun += 1;
        let run = state.begun;
        let State { slots, runs, .. } = &mut *state;
        let (mut new, collectors) = Run::new(run, request, slots);
        new.waiters.push(waiter);
        new.gzip = gzip;
        runs.push(new);
        drop(state);
        if collectors.is_empty() {
            self.workers.submit([Job::Scrape(ScrapeJob::Close { run })]);
        } else {
            let job = |collector| Job::Scrape(ScrapeJob::Collect { run, collector });
            self.workers.submit(collectors.into_iter().map(job));
        }
    }

    /// Removes a waiter from its run. A run without waiters ends.
    pub(crate) fn abandon(&self, is_abandoned: impl Fn(&W) -> bool) {
        let mut state = self.lock();
        let Some(run) = state.runs.iter_mut().find(|run| run.waiters.iter().any(&is_abandoned))
        else {
            return;
        };
        run.waiters.retain(|waiter| !is_abandoned(waiter));
        if run.waiters.is_empty() && !run.is_closing {
            let number = run.number;
            state.runs.retain(|run| run.number != number);
        }
    }

    /// Submits the jobs that close due runs. Returns when the next run is due.
    pub(crate) fn tick(&self, now: Instant) -> Option<Instant> {
        let mut state = self.lock();
        if state.runs.is_empty() {
            return None;
        }
        let mut due = Vec::new();
        for run in state.runs.iter_mut().filter(|run| !run.is_due && run.deadline <= now) {
            run.is_due = true;
            due.push(run.number);
        }
        let next = state.runs.iter().filter(|run| !run.is_due).map(|run| run.deadline).min();
        drop(state);
        for run in due {
            self.workers.submit_urgent(ScrapeJob::Close { run });
        }
        next
    }

    /// Runs a job. Called on a worker.
    pub(crate) fn perform(&self, job: ScrapeJob) {
        match job {
            ScrapeJob::Collect { run, collector } => self.collect(run, collector),
            ScrapeJob::Close { run } => self.close(run),
        }
    }

    fn collect(&self, number: u64, index: usize) {
        let mut state = self.lock();
        let Some(run) = state.open_run(number) else { return };
        let deadline = run.collector_deadline();
        let State { slots, runs, .. } = &mut *state;
        let slot = &mut slots[index];
        let Some(mut collector) = slot.collector.take() else {
            slot.waiting_runs.retain(|waiting| runs.iter().any(|run| run.number == *waiting));
            slot.waiting_runs.push(number);
            return;
        };
        let started = Instant::now();
        slot.started = started;
        let def = slot.def;
        let labels = slot.labels.clone();
        let mut samples = std::mem::take(&mut slot.spare);
        drop(state);

        samples.clear();
        samples.set_constant_labels(&labels);
        samples.set_deadline(deadline);
        let result = collect(&def, collector.as_mut(), &mut samples);
        let duration = started.elapsed();

        let mut state = self.lock();
        let slot = &mut state.slots[index];
        slot.collector = Some(collector);
        let result = result.map_err(|error| slot.log_text(&error));
        let change = slot.failures.update(&result);
        let notes = samples.take_notes().iter().map(|note| slot.log_text(note)).collect();
        let notes = slot.log_limit.admit(notes, Instant::now());
        let to_log = (change != Change::None || !notes.is_empty()).then(|| slot.log_name());
        let waiting_runs = std::mem::take(&mut slot.waiting_runs);
        let success = result.is_ok();
        let is_complete = match state.open_run(number) {
            // The page has been built without it.
            None => {
                state.slots[index].spare = samples;
                false
            }
            Some(run) => {
                let outcome = Some(Outcome { success, timeout: false, duration });
                run.results[index] = CollectorResult { samples, outcome };
                run.unfinished -= 1;
                let is_complete = run.unfinished == 0;
                let slot = &mut state.slots[index];
                match success {
                    true => slot.last_success = Some(SystemTime::now()),
                    false => slot.errors += 1,
                }
                is_complete
            }
        };
        drop(state);
        if let Some(name) = to_log {
            report(&name, &result, change);
            report_notes(&name, &notes);
        }
        if !waiting_runs.is_empty() {
            let job = |run| Job::Scrape(ScrapeJob::Collect { run, collector: index });
            self.workers.submit(waiting_runs.into_iter().map(job));
        }
        if is_complete {
            self.close(number);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<W>> {
        // No code panics while holding the lock; after a panic the state would still be usable.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<W> State<W> {
    /// The run of this number, unless its page is already being built.
    fn open_run(&mut self, number: u64) -> Option<&mut Run<W>> {
        self.runs.iter_mut().find(|run| run.number == number && !run.is_closing)
    }
}

impl Slot {
    fn new(
        def: CollectorDef,
        collector: Option<Box<dyn Collector>>,
        labels: ConstantLabels,
    ) -> Self {
        Self {
            def,
            target: None,
            labels,
            collector,
            waiting_runs: Vec::new(),
            spare: Samples::default(),
            started: Instant::now(),
            last_success: None,
            failures: Failures::default(),
            log_limit: LogLimit::default(),
            errors: 0,
            discarded: 0,
            background: None,
        }
    }

    fn is_of(&self, target: &str) -> bool {
        self.target.as_ref().is_some_and(|own| own.is(target))
    }

    /// How the log names the collector.
    fn log_name(&self) -> String {
        match &self.target {
            Some(target) => format!("{}, target {target}", self.def.name),
            None => self.def.name.to_owned(),
        }
    }

    /// What the collector says, as the log shows it.
    fn log_text(&self, text: &str) -> String {
        let without_user = |target: &Target| target.without_user(text);
        self.target.as_ref().map_or_else(|| text.to_owned(), without_user)
    }

    fn count_discarded(&mut self, discarded: Discarded) {
        if self.discarded == 0 && discarded.total() > 0 {
            report_discarded(&self.log_name(), discarded);
        }
        self.discarded += discarded.total();
    }

    /// The outcome of a collector that has not returned. It was not started in time, or it is still
    /// running for this run or an earlier one.
    fn late(&self, now: Instant) -> Outcome {
        let is_idle = self.collector.is_some();
        let duration =
            if is_idle { Duration::ZERO } else { now.saturating_duration_since(self.started) };
        Outcome { success: false, timeout: true, duration }
    }
}

#[cfg(test)]
mod tests;
