//! Collectors that run in the background at an interval, for sources that are too expensive for a
//! scrape or need two readings. A scrape gets the last good samples and never waits.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use crate::collector::log_limit::LogLimit;
use crate::collector::run::{Failures, Outcome, collect, report, report_discarded, report_notes};
use crate::collector::{Collector, CollectorDef};
use crate::constant_labels::ConstantLabels;
use crate::samples::Samples;

/// A background collector and its latest samples.
pub(crate) struct Background {
    def: CollectorDef,
    interval: Duration,
    labels: ConstantLabels,
    /// HELP text of each metric, which states that the samples are cached.
    help: HashMap<&'static str, &'static str>,
    snapshot: Mutex<Snapshot>,
}

/// The state that a scrape reads.
pub(crate) struct Snapshot {
    /// Samples of the last successful run.
    pub(crate) samples: Samples,
    /// When that run ended.
    pub(crate) taken: Option<Instant>,
    pub(crate) last_success: Option<SystemTime>,
    last: Option<Outcome>,
    running_since: Option<Instant>,
    pub(crate) errors: u64,
    /// Number of discarded samples.
    pub(crate) discarded: u64,
    log_limit: LogLimit,
}

impl Background {
    pub(crate) fn new(def: CollectorDef, interval: Duration, labels: ConstantLabels) -> Self {
        let cached = |metric: crate::Description<'_>| {
            let interval = humantime::format_duration(interval);
            // Leaked once per metric.
            let help: &'static str =
                Box::leak(format!("{} Cached: read every {interval}.", metric.help).into());
            (metric.name, help)
        };
        let snapshot = Snapshot {
            samples: Samples::default(),
            taken: None,
            last_success: None,
            last: None,
            running_since: None,
            errors: 0,
            discarded: 0,
            log_limit: LogLimit::default(),
        };
        let help = def.metrics().map(|metric| cached(metric.describe())).collect();
        Self { def, interval, labels, help, snapshot: Mutex::new(snapshot) }
    }

    /// The HELP text of a metric of this collector.
    fn help(&self, metric: &str) -> Option<&'static str> {
        self.help.get(metric).copied()
    }

    pub(crate) fn snapshot(&self) -> MutexGuard<'_, Snapshot> {
        self.snapshot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs the collector forever, once per interval.
    pub(crate) fn run(&self, collector: &mut dyn Collector) {
        let mut failures = Failures::default();
        let mut samples = Samples::default();
        let mut due = Instant::now();
        loop {
            self.run_once(collector, &mut samples, &mut failures);
            // Missed intervals are skipped.
            due = (due + self.interval).max(Instant::now());
            thread::sleep(due.saturating_duration_since(Instant::now()));
        }
    }

    fn run_once(
        &self,
        collector: &mut dyn Collector,
        samples: &mut Samples,
        failures: &mut Failures,
    ) {
        let started = Instant::now();
        self.snapshot().running_since = Some(started);
        samples.clear();
        samples.set_constant_labels(&self.labels);
        samples.set_deadline(started + self.interval);
        let result = collect(&self.def, collector, samples);
        samples.replace_help(|metric| self.help(metric));
        report(self.def.name, &result, failures.update(&result));
        let discarded = samples.discarded();
        let mut snapshot = self.snapshot();
        let notes = snapshot.log_limit.admit(samples.take_notes(), Instant::now());
        report_notes(self.def.name, &notes);
        if snapshot.discarded == 0 && discarded.total() > 0 {
            report_discarded(self.def.name, discarded);
        }
        snapshot.discarded += discarded.total();
        let success = result.is_ok();
        let duration = started.elapsed();
        snapshot.last = Some(Outcome { success, timeout: false, duration });
        snapshot.running_since = None;
        // A failed run may have samples that say what failed.
        if success || !samples.is_empty() {
            std::mem::swap(&mut snapshot.samples, samples);
            snapshot.taken = Some(Instant::now());
        }
        match success {
            true => snapshot.last_success = Some(SystemTime::now()),
            false => snapshot.errors += 1,
        }
    }

    /// The collector's outcome: that of its last run, or a timeout if the current run takes longer
    /// than the interval.
    pub(crate) fn outcome(&self, snapshot: &Snapshot, now: Instant) -> Option<Outcome> {
        let since = snapshot.running_since.map(|since| now.saturating_duration_since(since));
        match since.filter(|since| *since > self.interval) {
            Some(duration) => Some(Outcome { success: false, timeout: true, duration }),
            None => snapshot.last,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collector::CollectError;
    use crate::metrics::Gauge;

    const TURN: Gauge = Gauge::new("turn", "Which run it was.");

    /// Succeeds in every run but the second.
    struct Turns(u32);

    const TURNS: CollectorDef =
        CollectorDef::from_fn("turns", "轮次", "Turns.", &[&TURN], |_| Ok(()));

    impl Collector for Turns {
        fn collect(&mut self, out: &mut Samples) -> Result<(), CollectError> {
            self.0 += 1;
            out.set(&TURN, [], f64::from(self.0));
            if self.0 == 2 { Err("the second".into()) } else { Ok(()) }
        }
    }

    #[test]
    fn failed_run_keeps_the_last_good_samples() {
        let mut turns = Turns(0);
        let background = Background::new(TURNS, Duration::from_secs(60), ConstantLabels::default());
        assert_eq!(background.outcome(&background.snapshot(), Instant::now()), None);
        let (mut samples, mut failures) = (Samples::default(), Failures::default());
        for (value, success, errors) in [(1.0, true, 0), (1.0, false, 1), (3.0, true, 1)] {
            background.run_once(&mut turns, &mut samples, &mut failures);
            let snapshot = background.snapshot();
            assert_eq!(snapshot.samples.value(&TURN, []), Some(value));
            assert_eq!(snapshot.errors, errors);
            let outcome = background.outcome(&snapshot, Instant::now()).unwrap();
            assert_eq!((outcome.success, outcome.timeout), (success, false));
        }
    }

    #[test]
    fn partial_failure_replaces_the_samples() {
        let background = Background::new(TURNS, Duration::from_secs(60), ConstantLabels::default());
        let (mut samples, mut failures) = (Samples::default(), Failures::default());
        let mut run = 0.0;
        let mut partial = |out: &mut Samples| {
            run += 1.0;
            out.set(&TURN, [], run);
            Err(CollectError::partial("not all of it"))
        };
        for value in [1.0, 2.0] {
            background.run_once(&mut partial, &mut samples, &mut failures);
            let snapshot = background.snapshot();
            assert_eq!(snapshot.samples.value(&TURN, []), Some(value));
            assert!(snapshot.last_success.is_none() && snapshot.taken.is_some());
        }
    }

    #[test]
    fn help_states_the_cache_interval() {
        let background = Background::new(TURNS, Duration::from_secs(90), ConstantLabels::default());
        let expected = "Which run it was. Cached: read every 1m 30s.";
        assert_eq!(background.help("turn"), Some(expected));
    }

    #[test]
    fn run_longer_than_its_interval_times_out() {
        let background = Background::new(TURNS, Duration::from_secs(60), ConstantLabels::default());
        let begun = Instant::now();
        background.snapshot().running_since = Some(begun);
        let snapshot = background.snapshot();
        assert_eq!(background.outcome(&snapshot, begun + Duration::from_secs(60)), None);
        let late = background.outcome(&snapshot, begun + Duration::from_secs(61)).unwrap();
        assert!(late.timeout && !late.success && late.duration == Duration::from_secs(61));
    }
}
