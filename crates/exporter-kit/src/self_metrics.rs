//! What an exporter says of itself on every page: how its collectors fared, and its build.

use std::time::Duration;

use prometheus::{IntCounter, IntCounterVec, Opts};

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
    errors: Counter<1>,
    live_errors: IntCounterVec,
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
            errors,
            live_errors,
        }
    }

    /// All definitions, for `--describe`.
    pub(crate) fn definitions(&self) -> [&dyn Metric; 5] {
        [&self.build_info, &self.success, &self.duration, &self.timeout, &self.errors]
    }

    /// The live counter of one collector's errors; it is on the page from the start, with 0.
    pub(crate) fn errors_of(&self, collector: &str) -> IntCounter {
        self.live_errors.with_label_values(&[collector])
    }

    pub(crate) fn write_build(&self, build: Build, out: &mut Samples) {
        let labels = [build.version, build.revision, build.rust, build.target];
        out.set(&self.build_info, labels, 1.0);
    }

    pub(crate) fn write_outcome(
        &self,
        collector: &str,
        outcome: Outcome,
        errors: &IntCounter,
        out: &mut Samples,
    ) {
        out.set(&self.success, [collector], f64::from(u8::from(outcome.success)));
        out.set(&self.timeout, [collector], f64::from(u8::from(outcome.timeout)));
        out.set(&self.duration, [collector], outcome.duration.as_secs_f64());
        out.set(&self.errors, [collector], errors.get() as f64);
    }
}
