//! What an exporter says of itself on every page: how its collectors fared, and its build.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use prometheus::{IntCounter, IntCounterVec, IntGauge, Opts};

use crate::background::Snapshot;
use crate::definition::{Counter, Gauge, Metric, Unit};
use crate::samples::Samples;

/// What is known of the build of the running binary.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Build {
    pub(crate) version: &'static str,
    pub(crate) revision: &'static str,
    pub(crate) rust: &'static str,
    pub(crate) target: &'static str,
}

/// How one collector fared in one run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) success: bool,
    pub(crate) timeout: bool,
    pub(crate) duration: Duration,
}

/// The definitions, named after the exporter.
#[derive(Debug)]
pub(crate) struct SelfMetrics {
    build_info: Gauge<4>,
    success: Gauge<1>,
    duration: Gauge<1>,
    timeout: Gauge<1>,
    last_success: Gauge<1>,
    age: Gauge<1>,
    errors: Counter<1>,
    live_errors: IntCounterVec,
    handler: Handler,
}

const REQUESTS: Counter<1> = Counter::new(
    "promhttp_metric_handler_requests_total",
    "Scrapes that were answered, by status code.",
)
.labels(["code"])
.zh("抓取请求次数");

const IN_FLIGHT: Gauge =
    Gauge::new("promhttp_metric_handler_requests_in_flight", "Scrapes that are being answered.")
        .zh("处理中的抓取请求数");

/// Counts what scrapes are answered with.
#[derive(Debug)]
pub(crate) struct Handler {
    requests: [(u16, &'static str, IntCounter); 3],
    in_flight: IntGauge,
}

/// A scrape that is being answered; no longer when dropped.
pub(crate) struct InFlight<'a>(&'a IntGauge);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Handler {
    fn new() -> Self {
        let counter = |code: u16, text: &'static str| {
            let counter = IntCounter::new(REQUESTS.name(), REQUESTS.help());
            (code, text, counter.expect("name and help of a definition are good"))
        };
        let in_flight = IntGauge::new(IN_FLIGHT.name(), IN_FLIGHT.help());
        Self {
            requests: [counter(200, "200"), counter(400, "400"), counter(503, "503")],
            in_flight: in_flight.expect("name and help of a definition are good"),
        }
    }

    /// Begins to answer a scrape, unless `limit` are being answered; 0 is no limit.
    pub(crate) fn begin(&self, limit: usize) -> Option<InFlight<'_>> {
        self.in_flight.inc();
        let guard = InFlight(&self.in_flight);
        let within = limit == 0 || self.in_flight.get() <= i64::try_from(limit).unwrap_or(i64::MAX);
        within.then_some(guard)
    }

    /// Counts a scrape that is answered with this status.
    pub(crate) fn count(&self, status: u16) {
        if let Some((_, _, counter)) = self.requests.iter().find(|(code, _, _)| *code == status) {
            counter.inc();
        }
    }

    fn write(&self, out: &mut Samples) {
        for (_, code, counter) in &self.requests {
            out.set(&REQUESTS, [code], counter.get() as f64);
        }
        out.set(&IN_FLIGHT, [], self.in_flight.get() as f64);
    }
}

impl SelfMetrics {
    /// Definitions whose names start with `exporter`. Called once in a process: the names are
    /// made at run time and live as long as it does.
    pub(crate) fn new(exporter: &str) -> Self {
        let name = |rest: &str| -> &'static str { Box::leak(format!("{exporter}_{rest}").into()) };
        let errors = Counter::new(
            name("scrape_errors_total"),
            "Scrapes in which the collector failed, panicked or was late.",
        )
        .labels(["collector"])
        .zh("采集错误次数");
        let live_errors =
            IntCounterVec::new(Opts::new(errors.name(), errors.help()), &["collector"])
                .expect("the exporter's name makes a metric name, which Exporter::new asks for");
        Self {
            build_info: Gauge::new(name("build_info"), "Constant 1, labelled with the build.")
                .labels(["version", "revision", "rustversion", "target"])
                .zh("版本信息"),
            success: Gauge::new(
                name("scrape_collector_success"),
                "Whether the collector's last run succeeded (1) or not (0).",
            )
            .labels(["collector"])
            .zh("采集是否成功"),
            duration: Gauge::new(
                name("scrape_collector_duration_seconds"),
                "How long the collector's last run took, or has been taking so far.",
            )
            .labels(["collector"])
            .unit(Unit::Seconds)
            .zh("采集耗时"),
            timeout: Gauge::new(
                name("scrape_collector_timeout"),
                "Whether the collector was late, so that the page has no samples of it (1) or not (0).",
            )
            .labels(["collector"])
            .zh("采集是否超时"),
            last_success: Gauge::new(
                name("scrape_collector_last_success_timestamp_seconds"),
                "When the collector last succeeded, in seconds since 1970.",
            )
            .labels(["collector"])
            .unit(Unit::Seconds)
            .zh("最近成功时间"),
            age: Gauge::new(
                name("scrape_collector_age_seconds"),
                "How old the samples are of a collector that runs in the background.",
            )
            .labels(["collector"])
            .unit(Unit::Seconds)
            .zh("缓存数据的年龄"),
            errors,
            live_errors,
            handler: Handler::new(),
        }
    }

    /// All definitions, for `--describe`.
    pub(crate) fn definitions(&self) -> [&dyn Metric; 9] {
        let Self { build_info, success, duration, timeout, last_success, age, errors, .. } = self;
        let last = last_success;
        [build_info, success, duration, timeout, last, age, errors, &REQUESTS, &IN_FLIGHT]
    }

    pub(crate) fn handler(&self) -> &Handler {
        &self.handler
    }

    /// The live counter of one collector's errors; it is on the page from the start, with 0.
    pub(crate) fn errors_of(&self, collector: &str) -> IntCounter {
        self.live_errors.with_label_values(&[collector])
    }

    pub(crate) fn write_process(&self, build: Build, out: &mut Samples) {
        let labels = [build.version, build.revision, build.rust, build.target];
        out.set(&self.build_info, labels, 1.0);
        self.handler.write(out);
    }

    pub(crate) fn write_outcome(
        &self,
        collector: &str,
        outcome: Outcome,
        errors: u64,
        last_success: Option<SystemTime>,
        out: &mut Samples,
    ) {
        out.set(&self.success, [collector], f64::from(u8::from(outcome.success)));
        out.set(&self.timeout, [collector], f64::from(u8::from(outcome.timeout)));
        out.set(&self.duration, [collector], outcome.duration.as_secs_f64());
        out.set(&self.errors, [collector], errors as f64);
        if let Some(since_1970) = last_success.and_then(|at| at.duration_since(UNIX_EPOCH).ok()) {
            out.set(&self.last_success, [collector], since_1970.as_secs_f64());
        }
    }

    /// Before the first run has ended there is nothing to say but the errors.
    pub(crate) fn write_background(
        &self,
        collector: &str,
        outcome: Option<Outcome>,
        age: Option<Duration>,
        snapshot: &Snapshot,
        out: &mut Samples,
    ) {
        match outcome {
            Some(outcome) => {
                self.write_outcome(collector, outcome, snapshot.errors, snapshot.last_success, out);
            }
            None => out.set(&self.errors, [collector], snapshot.errors as f64),
        }
        if let Some(age) = age {
            out.set(&self.age, [collector], age.as_secs_f64());
        }
    }
}
