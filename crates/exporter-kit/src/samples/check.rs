//! Checks a collector's samples against its definition, during development and in tests.

#[cfg(debug_assertions)]
use std::collections::BTreeMap;

use super::Samples;
use crate::collector::CollectorDef;

/// Counters by series, with the values of one scrape.
#[cfg(debug_assertions)]
pub(super) type Counters = BTreeMap<Vec<u8>, f64>;

impl Samples {
    /// Checks the samples of a collector against its definition. Debug builds do this at every
    /// scrape; tests of a collector can call it too.
    ///
    /// # Errors
    ///
    /// A sample does not match its definition, belongs to a metric that the collector does not
    /// list, or (in debug builds) belongs to a counter that has decreased since the last call with
    /// the same [source](Samples::source).
    pub fn check(&mut self, def: &CollectorDef) -> Result<(), String> {
        if let Some((name, why)) = self.mismatch {
            return Err(format!("{name}: {why}"));
        }
        for samples in self.samples.chunk_by(|a, b| a.family == b.family) {
            let family = self.families.get(samples[0].family);
            let name = family.name();
            match def.metric(name) {
                None if family.is_dynamic() && def.has_pattern_of(name) => {}
                None => return Err(format!("{name}: the collector's definition does not list it")),
                Some(metric) if !family.is_of(&metric) => {
                    return Err(format!("{name}: the collector lists another definition"));
                }
                Some(_) => {}
            }
        }
        #[cfg(debug_assertions)]
        if !def.counters_may_reset {
            self.check_counters()?;
        }
        Ok(())
    }

    /// Compares every counter, and the count of every histogram and summary, with the last scrape.
    #[cfg(debug_assertions)]
    fn check_counters(&mut self) -> Result<(), String> {
        use crate::metrics::Kind;
        self.sort_and_dedup();
        let mut counters = Counters::new();
        for block in self.blocks() {
            for item in block.items() {
                let value = match block.family.core().kind {
                    Kind::Gauge | Kind::Info | Kind::StateSet | Kind::Untyped => continue,
                    Kind::Counter => item.value,
                    Kind::Histogram | Kind::Summary => item.numbers.last().copied().unwrap_or(0.0),
                };
                // If series are equal, the first one is on the page.
                counters.entry(item.series.to_vec()).or_insert(value);
            }
        }
        let now = (self.source.clone(), counters);
        let (source, before) = std::mem::replace(&mut self.counters, now);
        let (now, counters) = &self.counters;
        if source != *now {
            return Ok(());
        }
        for (series, value) in counters {
            if let Some(before) = before.get(series).filter(|before| *before > value) {
                let series = String::from_utf8_lossy(series);
                return Err(format!("{series}: the counter decreased from {before} to {value}"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{Counter, Gauge, Histogram, Unit};

    const DEPTH: Gauge<1> = Gauge::new("queue_depth", "Depth.").labels(["queue"]);
    const JOBS: Counter<1> = Counter::new("queue_jobs_total", "Jobs.").labels(["queue"]);
    const WAIT: Histogram = Histogram::new("queue_wait_seconds", "Wait.").buckets(&[1.0]);
    const ALL: CollectorDef =
        CollectorDef::from_fn("queue", "队列", "Queues.", &[&DEPTH, &JOBS, &WAIT], |_| Ok(()));

    fn checked(fill: impl FnOnce(&mut Samples)) -> Result<(), String> {
        let mut out = Samples::default();
        fill(&mut out);
        out.check(&ALL)
    }

    #[test]
    fn samples_that_match_pass() {
        let fill = |out: &mut Samples| {
            out.set(&DEPTH, ["a"], -1.0);
            out.set(&JOBS, ["a"], 0.0);
            out.set_histogram(&WAIT, [], 3, -2.0, &[3]);
        };
        assert_eq!(checked(fill), Ok(()));
    }

    #[test]
    fn unlisted_metrics_are_errors() {
        const OTHER: Gauge = Gauge::new("other", "Other.");
        let error = checked(|out| out.set(&OTHER, [], 1.0)).unwrap_err();
        assert_eq!(error, "other: the collector's definition does not list it");
    }

    #[test]
    fn differing_definitions_are_errors() {
        let others = [
            Gauge::new("queue_depth", "Other help.").labels(["queue"]),
            Gauge::new("queue_depth", "Depth.").labels(["line"]),
            Gauge::new("queue_depth", "Depth.").labels(["queue"]).unit(Unit::Bytes),
        ];
        for other in others {
            let error = checked(|out| out.set(&other, ["a"], 1.0)).unwrap_err();
            assert_eq!(error, "queue_depth: the collector lists another definition");
        }
        let counter = Counter::new("queue_depth", "Depth.").labels(["queue"]);
        assert!(checked(|out| out.set(&counter, ["a"], 1.0)).is_err());
    }

    #[test]
    fn mismatching_samples_are_errors() {
        type Fill = fn(&mut Samples);
        let cases: [(Fill, &str); 5] = [
            (|out| out.set(&JOBS, ["a"], -1.0), "queue_jobs_total: a counter cannot be negative"),
            (
                |out| out.set_histogram(&WAIT, [], 2, 0.0, &[1, 2]),
                "queue_wait_seconds: a histogram needs one count for each bound",
            ),
            (
                |out| out.set_histogram(&WAIT, [], 2, 0.0, &[3]),
                "queue_wait_seconds: the counts of a histogram must increase up to its total count",
            ),
            (
                |out| out.set_histogram(&WAIT, [], 2, 0.0, &[]),
                "queue_wait_seconds: a histogram needs one count for each bound",
            ),
            (
                |out| {
                    out.set(&DEPTH, ["a"], 1.0);
                    let other = Gauge::new("queue_depth", "Other help.").labels(["queue"]);
                    out.set(&other, ["b"], 1.0);
                },
                "queue_depth: the definition differs from another of this name",
            ),
        ];
        for (fill, expected) in cases {
            assert_eq!(checked(fill).unwrap_err(), expected);
        }
    }

    #[test]
    #[cfg(debug_assertions)]
    fn a_decreasing_counter_is_reported_once() {
        let mut out = Samples::default();
        let mut scrape = |jobs: f64, count: u64| {
            out.clear();
            out.set(&DEPTH, ["a"], -jobs);
            out.set(&JOBS, ["a"], jobs);
            out.set_histogram(&WAIT, [], count, 0.0, &[0]);
            out.check(&ALL)
        };
        assert_eq!(scrape(5.0, 1), Ok(()));
        assert_eq!(scrape(5.0, 2), Ok(()));
        let jobs = "queue_jobs_total{queue=\"a\"}: the counter decreased from 5 to 4";
        assert_eq!(scrape(4.0, 2), Err(jobs.into()));
        assert_eq!(scrape(4.0, 2), Ok(()));
        let wait = "queue_wait_seconds: the counter decreased from 2 to 1";
        assert_eq!(scrape(4.0, 1), Err(wait.into()));
    }

    #[test]
    #[cfg(debug_assertions)]
    fn another_source_may_have_lower_counters() {
        let mut out = Samples::default();
        let mut scrape = |source: &str, jobs: f64| {
            out.clear();
            out.source(source);
            out.set(&JOBS, ["a"], jobs);
            out.check(&ALL)
        };
        assert_eq!(scrape("first", 5.0), Ok(()));
        assert_eq!(scrape("second", 0.0), Ok(()));
        assert_eq!(scrape("second", 2.0), Ok(()));
        assert!(scrape("second", 1.0).is_err());
    }
}
