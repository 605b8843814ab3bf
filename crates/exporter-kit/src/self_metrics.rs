//! The metrics of an exporter about itself: the status of its collectors, its build and its
//! requests.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use prometheus::{IntCounter, IntGauge};

use crate::collector::run::Outcome;
use crate::metrics::{Counter, Description, Gauge, Metric, Unit};
use crate::samples::Samples;

/// The build of the running binary.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Build {
    pub(crate) version: &'static str,
    pub(crate) revision: &'static str,
    pub(crate) rust: &'static str,
    pub(crate) target: &'static str,
}

/// The status of a collector.
#[derive(Debug)]
pub(crate) struct CollectorStatus {
    /// The outcome of the last finished run, or of the current one if it is late.
    pub(crate) outcome: Option<Outcome>,
    pub(crate) errors: u64,
    /// Discarded samples.
    pub(crate) discarded: u64,
    pub(crate) last_success: Option<SystemTime>,
    /// The age of the samples of a background collector.
    pub(crate) age: Option<Duration>,
}

/// The definitions, named after the exporter.
#[derive(Debug)]
pub(crate) struct SelfMetrics {
    /// One under the prefix, and one under the exporter's own name where that differs.
    build_info: Vec<Gauge<4>>,
    success: Gauge<1>,
    duration: Gauge<1>,
    timeout: Gauge<1>,
    last_success: Gauge<1>,
    age: Gauge<1>,
    errors: Counter<1>,
    discarded: Counter<1>,
    /// Success, timeout and duration under other names.
    also: Option<[Gauge<1>; 3]>,
    handler: Handler,
}

const REQUESTS: Counter<1> = Counter::new(
    "promhttp_metric_handler_requests_total",
    "Scrapes that were answered, by status code.",
)
.labels(["code"])
.zh("抓取请求次数")
.compatible_with("client_golang");

const IN_FLIGHT: Gauge =
    Gauge::new("promhttp_metric_handler_requests_in_flight", "Scrapes that are being answered.")
        .zh("处理中的抓取请求数")
        .compatible_with("client_golang");

/// Counts responses to scrapes by status.
#[derive(Debug)]
pub(crate) struct Handler {
    requests: [(u16, &'static str, IntCounter); 4],
    in_flight: IntGauge,
}

/// Counts a scrape as in flight until it is dropped.
pub(crate) struct InFlight(IntGauge);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Handler {
    fn new() -> Self {
        let counter = |code: u16, text: &'static str| {
            let counter = IntCounter::new(REQUESTS.name(), REQUESTS.help());
            (code, text, counter.expect("a definition has a valid name and help"))
        };
        let in_flight = IntGauge::new(IN_FLIGHT.name(), IN_FLIGHT.help());
        Self {
            requests: [
                counter(200, "200"),
                counter(400, "400"),
                counter(500, "500"),
                counter(503, "503"),
            ],
            in_flight: in_flight.expect("a definition has a valid name and help"),
        }
    }

    /// Starts a scrape unless `limit` scrapes are in flight; 0 means no limit.
    pub(crate) fn begin(&self, limit: usize) -> Option<InFlight> {
        self.in_flight.inc();
        let guard = InFlight(self.in_flight.clone());
        let within = limit == 0 || self.in_flight.get() <= i64::try_from(limit).unwrap_or(i64::MAX);
        within.then_some(guard)
    }

    /// How many scrapes have been answered with a page.
    pub(crate) fn served(&self) -> u64 {
        let [(_, _, served), ..] = &self.requests;
        served.get()
    }

    /// Counts a scrape with this response status.
    pub(crate) fn count(&self, status: u16) {
        if let Some((_, _, counter)) = self.requests.iter().find(|(code, _, _)| *code == status) {
            counter.inc();
        }
    }

    pub(crate) fn write(&self, out: &mut Samples) {
        for (_, code, counter) in &self.requests {
            out.set(&REQUESTS, [code], counter.get() as f64);
        }
        out.set(&IN_FLIGHT, [], self.in_flight.get() as f64);
    }
}

impl SelfMetrics {
    /// Definitions of the exporter `exporter` whose names begin with `prefix`; with `node` they are
    /// those of node_exporter. The names are leaked, so this is called once in a process.
    pub(crate) fn new(exporter: &str, prefix: &str) -> Self {
        let name = |rest: &str| -> &'static str { Box::leak(format!("{prefix}_{rest}").into()) };
        let build_info = |name: &str| {
            // node_exporter and windows_exporter, whose prefixes lack `_exporter`, use the longer name.
            let rest =
                if name.ends_with("_exporter") { "build_info" } else { "exporter_build_info" };
            let name: &'static str = Box::leak(format!("{name}_{rest}").into());
            Gauge::new(name, "Constant 1, labelled with the build.")
                .labels(["version", "revision", "rustversion", "target"])
                .zh("版本信息")
        };
        // A page that only has the name of another exporter would be taken for that.
        let own = (exporter != prefix).then(|| build_info(exporter));
        let errors = Counter::new(
            name("scrape_errors_total"),
            "Scrapes in which the collector failed, panicked or was late.",
        )
        .labels(["collector"])
        .zh("采集错误次数");
        Self {
            build_info: [build_info(prefix)].into_iter().chain(own).collect(),
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
            discarded: Counter::new(
                name("scrape_samples_discarded_total"),
                "Samples of the collector that were left out: no finite numbers, too long, too many, twice the same, not as defined.",
            )
            .labels(["collector"])
            .zh("丢弃的样本数"),
            also: None,
            handler: Handler::new(),
        }
    }

    /// Adds copies of success, timeout and duration whose names begin with `prefix`. The names are
    /// leaked, so this is called once in a process.
    pub(crate) fn also_as(mut self, prefix: Option<&str>) -> Self {
        let copy = |prefix: &str, rest: &str, of: &Gauge<1>| {
            let name: &'static str = Box::leak(format!("{prefix}_{rest}").into());
            let Description { help, unit, zh, .. } = of.describe();
            Gauge::new(name, help).labels(["collector"]).unit(unit).zh(zh)
        };
        self.also = prefix.map(|prefix| {
            [
                copy(prefix, "success", &self.success),
                copy(prefix, "timeout", &self.timeout),
                copy(prefix, "duration_seconds", &self.duration),
            ]
        });
        self
    }

    /// The definitions about collectors.
    pub(crate) fn of_collectors(&self) -> Vec<&dyn Metric> {
        let Self { success, duration, timeout, last_success, age, errors, discarded, .. } = self;
        let mut all: Vec<&dyn Metric> =
            vec![success, duration, timeout, last_success, age, errors, discarded];
        all.extend(self.also.iter().flatten().map(|metric| metric as &dyn Metric));
        all
    }

    pub(crate) fn build_info(&self) -> Vec<&dyn Metric> {
        self.build_info.iter().map(|metric| metric as &dyn Metric).collect()
    }

    /// The definitions about requests.
    pub(crate) const fn of_requests() -> [&'static dyn Metric; 2] {
        [&REQUESTS, &IN_FLIGHT]
    }

    pub(crate) fn handler(&self) -> &Handler {
        &self.handler
    }

    pub(crate) fn write_build(&self, build: Build, out: &mut Samples) {
        let labels = [build.version, build.revision, build.rust, build.target];
        for metric in &self.build_info {
            out.set(metric, labels, 1.0);
        }
    }

    pub(crate) fn write_collector(
        &self,
        collector: &str,
        status: &CollectorStatus,
        out: &mut Samples,
    ) {
        // Absent until the first background run has finished.
        if let Some(Outcome { success, timeout, duration }) = status.outcome {
            let [success, timeout] = [success, timeout].map(|it| f64::from(u8::from(it)));
            let values = [success, timeout, duration.as_secs_f64()];
            let metrics = [&self.success, &self.timeout, &self.duration];
            for (metric, value) in metrics.into_iter().zip(values) {
                out.set(metric, [collector], value);
            }
            for (metric, value) in self.also.iter().flatten().zip(values) {
                out.set(metric, [collector], value);
            }
        }
        out.set(&self.errors, [collector], status.errors as f64);
        out.set(&self.discarded, [collector], status.discarded as f64);
        let since_1970 = status.last_success.and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        if let Some(since_1970) = since_1970 {
            out.set(&self.last_success, [collector], since_1970.as_secs_f64());
        }
        if let Some(age) = status.age {
            out.set(&self.age, [collector], age.as_secs_f64());
        }
    }
}
