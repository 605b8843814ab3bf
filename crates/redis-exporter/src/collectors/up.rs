//! Whether Redis answers, and how fast: one PING at every scrape, on its own connection.

use std::time::Instant;

use exporter_kit::{
    CollectError, Collector, CollectorDef, Gauge, Histogram, HistogramKind, LiveFamily, Samples,
    ScheduledCollector, Unit,
};

use super::target;

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

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "up",
    "可用性",
    "Whether Redis answers, and how fast.",
    &[&UP, &LAST_ERROR, &PING],
    |settings| Ok(ScheduledCollector::on_scrape(Up::new(target(settings)?))),
)
.source("PING");

/// Checks that Redis replies, whatever the reply.
struct Up {
    target: Target,
    pings: LiveFamily<HistogramKind, 0>,
}

impl Up {
    fn new(target: Target) -> Self {
        Self { target, pings: LiveFamily::new(&PING) }
    }

    /// Returns the duration of a PING in seconds.
    fn ping(&self) -> Result<f64, RedisError> {
        let mut connection = self.target.connect()?;
        let begun = Instant::now();
        match connection.call("PING", &["PING"]) {
            // Redis is up even while it loads data, runs a script or denies this user the command.
            Ok(_) | Err(RedisError::Refused(..)) => {}
            Err(error) => return Err(error),
        }
        Ok(begun.elapsed().as_secs_f64())
    }
}

impl Collector for Up {
    // A Redis that is down is not a failure of this collector, which reports it. The collector
    // `info` does fail, and its failure is logged.
    fn collect(&mut self, out: &mut Samples) -> Result<(), CollectError> {
        let answer = self.ping();
        if let Ok(seconds) = answer {
            self.pings.with([]).observe(seconds);
        }
        to_samples(answer.err().map(|error| error.label()), out);
        self.pings.write(out);
        Ok(())
    }
}

fn to_samples(error: Option<&'static str>, out: &mut Samples) {
    out.set(&UP, [], if error.is_none() { 1.0 } else { 0.0 });
    out.set(&LAST_ERROR, [error.unwrap_or("")], if error.is_none() { 0.0 } else { 1.0 });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn success_has_an_empty_label() {
        let mut out = Samples::default();
        to_samples(None, &mut out);
        assert_eq!(out.value(&UP, []), Some(1.0));
        assert_eq!(out.value(&LAST_ERROR, [""]), Some(0.0));
    }

    #[test]
    fn failure_sets_its_label() {
        let mut out = Samples::default();
        to_samples(Some("auth"), &mut out);
        assert_eq!(out.value(&UP, []), Some(0.0));
        assert_eq!(out.value(&LAST_ERROR, ["auth"]), Some(1.0));
    }
}
