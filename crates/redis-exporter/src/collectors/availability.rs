//! Whether Redis answers, how fast, and what failed: the samples that are on every page.

use std::time::Duration;

use exporter_kit::{
    Counter, Gauge, Histogram, HistogramKind, LiveFamily, Metric, Samples, Summary, Unit,
};

use super::info::NAMES_OF;
use super::replies::Refused;
use crate::client::RedisError;

pub(super) const UP: Gauge = Gauge::new("redis_up", "Whether Redis answered (1) or not (0).")
    .zh("是否可用")
    .compatible_with(NAMES_OF);

pub(super) const LAST_ERROR: Gauge<1> = Gauge::new(
    "redis_exporter_last_scrape_error",
    "Whether something failed in this scrape (1) or not (0); err is connect, tls, timeout, lost, auth, \
     password_file, max_clients, loading, master_down or refused, and empty where nothing failed.",
)
.labels(["err"])
.zh("最近一次采集错误")
.compatible_with(NAMES_OF);

const REFUSED: Gauge<1> = Gauge::new(
    "redis_exporter_refused_commands",
    "Constant 1 for each command that Redis has refused or does not have, and is not asked for now; \
     its metrics are absent.",
)
.labels(["cmd"])
.zh("被拒绝的采集命令");

const PING: Histogram = Histogram::new(
    "redis_exporter_ping_duration_seconds",
    "How long Redis took to answer the exporter's PING, without connecting.",
)
.buckets(&[0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0])
.unit(Unit::Seconds)
.zh("PING耗时");

const CONNECT_TIME: Gauge = Gauge::new(
    "redis_exporter_last_scrape_connect_time_seconds",
    "How long connecting and authenticating took in this scrape.",
)
.unit(Unit::Seconds)
.zh("本次连接耗时")
.compatible_with(NAMES_OF);

const LAST_DURATION: Gauge = Gauge::new(
    "redis_exporter_last_scrape_duration_seconds",
    "How long Redis was asked in this scrape, with connecting.",
)
.unit(Unit::Seconds)
.zh("本次采集耗时")
.compatible_with(NAMES_OF);

const DURATION: Summary = Summary::new(
    "redis_exporter_scrape_duration_seconds",
    "How long Redis was asked in all scrapes together.",
)
.unit(Unit::Seconds)
.zh("累计采集耗时")
.compatible_with(NAMES_OF);

const SCRAPES: Counter =
    Counter::new("redis_exporter_scrapes_total", "Scrapes in which Redis was asked.")
        .zh("采集次数")
        .compatible_with(NAMES_OF);

pub(super) const METRICS: &[&dyn Metric] =
    &[&UP, &LAST_ERROR, &REFUSED, &PING, &CONNECT_TIME, &LAST_DURATION, &DURATION, &SCRAPES];

/// How one scrape went.
#[derive(Debug, Default)]
pub(super) struct Scrape {
    pub(super) is_up: bool,
    pub(super) error: Option<RedisError>,
    pub(super) connecting: Duration,
    /// How long the reply to PING took, if there was one.
    pub(super) ping: Option<Duration>,
    pub(super) total: Duration,
}

/// What is known of all scrapes.
pub(super) struct History {
    pings: LiveFamily<HistogramKind, 0>,
    scrapes: u64,
    seconds: f64,
}

impl History {
    pub(super) fn new() -> Self {
        Self { pings: LiveFamily::new(&PING), scrapes: 0, seconds: 0.0 }
    }

    /// Adds a scrape, and its samples to `out`.
    pub(super) fn record(&mut self, scrape: &Scrape, refused: &Refused, out: &mut Samples) {
        if let Some(took) = scrape.ping {
            self.pings.with([]).observe(took.as_secs_f64());
        }
        let total = scrape.total.as_secs_f64();
        self.scrapes += 1;
        self.seconds += total;
        out.set(&UP, [], if scrape.is_up { 1.0 } else { 0.0 });
        let label = match &scrape.error {
            Some(error) => error.label(),
            None if refused.lacks_samples() => "refused",
            None => "",
        };
        out.set(&LAST_ERROR, [label], if label.is_empty() { 0.0 } else { 1.0 });
        for command in refused.commands() {
            out.set(&REFUSED, [command], 1.0);
        }
        self.pings.write(out);
        out.set(&CONNECT_TIME, [], scrape.connecting.as_secs_f64());
        out.set(&LAST_DURATION, [], total);
        out.set_summary(&DURATION, [], self.scrapes, self.seconds, &[]);
        out.set(&SCRAPES, [], self.scrapes as f64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Refusal;

    #[test]
    fn reason_of_a_failure_is_a_label() {
        let refusal = |text: &str| Some(RedisError::Refused(Refusal::new("INFO", text, "")));
        for (error, label, value) in [
            (None, "", 0.0),
            (refusal("NOPERM no"), "refused", 1.0),
            (refusal("LOADING"), "loading", 1.0),
        ] {
            let mut out = Samples::default();
            let scrape = Scrape { error, is_up: true, ..Scrape::default() };
            History::new().record(&scrape, &Refused::default(), &mut out);
            assert_eq!(out.value(&LAST_ERROR, [label]), Some(value), "{label}");
            assert_eq!(out.value(&UP, []), Some(1.0));
        }
    }
}
