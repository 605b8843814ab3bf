//! Whether Redis answers, and how fast: one PING at every scrape, on a connection of its own.

use std::time::Instant;

use exporter_kit::{CollectError, Collector, Gauge, Histogram, Metric, Samples, Unit};

use crate::client::{RedisError, Target};

const UP: Gauge = Gauge::new("redis_up", "Whether Redis answered (1) or not (0).")
    .zh("是否可用")
    .compatible_with("redis_exporter");

const LAST_ERROR: Gauge<1> = Gauge::new(
    "redis_exporter_last_scrape_error",
    "Whether asking Redis failed (1) or not (0); err is connect, timeout, lost, auth or \
     password_file, and empty where nothing failed.",
)
.labels(["err"])
.zh("最近一次采集错误")
.compatible_with("redis_exporter");

const PING: Histogram = Histogram::new(
    "redis_exporter_ping_duration_seconds",
    "How long Redis took to answer the exporter's PING, without connecting.",
)
.buckets(&[0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0])
.unit(Unit::Seconds)
.zh("PING耗时");

const PING_BOUNDS: usize = 11;

/// Asks for an answer, of whatever content.
pub(super) struct Up {
    target: Target,
    pings: Pings,
}

/// The answers so far.
#[derive(Debug, Default, PartialEq)]
struct Pings {
    count: u64,
    sum: f64,
    /// For each bound, how many were at most as long.
    cumulative: [u64; PING_BOUNDS],
}

impl Pings {
    fn observe(&mut self, seconds: f64) {
        self.count += 1;
        self.sum += seconds;
        for (count, bound) in self.cumulative.iter_mut().zip(PING.describe().bounds) {
            *count += u64::from(seconds <= *bound);
        }
    }
}

impl Up {
    pub(super) fn new(target: Target) -> Self {
        Self { target, pings: Pings::default() }
    }

    /// How many seconds a PING takes.
    fn ping(&self) -> Result<f64, RedisError> {
        let mut connection = self.target.connect()?;
        let begun = Instant::now();
        match connection.ask("PING", &["PING"]) {
            // One that loads its data, is busy with a script or lets this user do nothing is up.
            Ok(_) | Err(RedisError::Refused(..)) => {}
            Err(error) => return Err(error),
        }
        Ok(begun.elapsed().as_secs_f64())
    }
}

impl Collector for Up {
    fn metrics(&self) -> &'static [&'static dyn Metric] {
        &[&UP, &LAST_ERROR, &PING]
    }

    // A Redis that is down is no failure of this collector: it is what it is there to tell. The
    // reason is logged by the collector `info`, which does fail.
    fn collect(&mut self, out: &mut Samples) -> Result<(), CollectError> {
        let answer = self.ping();
        if let Ok(seconds) = answer {
            self.pings.observe(seconds);
        }
        to_samples(answer.err().map(|error| error.word()), &self.pings, out);
        Ok(())
    }
}

fn to_samples(error: Option<&'static str>, pings: &Pings, out: &mut Samples) {
    out.set(&UP, [], if error.is_none() { 1.0 } else { 0.0 });
    out.set(&LAST_ERROR, [error.unwrap_or("")], if error.is_none() { 0.0 } else { 1.0 });
    out.set_histogram(&PING, [], pings.count, pings.sum, &pings.cumulative);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bound_counts_what_is_at_most_as_long() {
        let mut pings = Pings::default();
        for seconds in [0.0001, 0.0004, 2.0] {
            pings.observe(seconds);
        }
        let mut out = Samples::default();
        to_samples(None, &pings, &mut out);
        let page = out.page();
        for line in [
            "redis_exporter_ping_duration_seconds_bucket{le=\"0.0001\"} 1",
            "redis_exporter_ping_duration_seconds_bucket{le=\"0.0005\"} 2",
            "redis_exporter_ping_duration_seconds_bucket{le=\"1\"} 2",
            "redis_exporter_ping_duration_seconds_bucket{le=\"+Inf\"} 3",
            "redis_up 1",
            "redis_exporter_last_scrape_error{err=\"\"} 0",
        ] {
            assert!(page.lines().any(|found| found == line), "no {line} in {page}");
        }
    }

    #[test]
    fn a_failure_is_told_by_its_word() {
        let mut out = Samples::default();
        to_samples(Some("auth"), &Pings::default(), &mut out);
        assert_eq!(out.value(&UP, []), Some(0.0));
        assert_eq!(out.value(&LAST_ERROR, ["auth"]), Some(1.0));
    }
}
