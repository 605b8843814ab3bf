//! Write a Prometheus exporter in twenty lines.
//!
//! A metric is a `const` definition. A collector is another ([`CollectorDef`]), which states how
//! its samples are read. An [`Exporter`] serves them, and brings flags, a landing page, `/metrics`,
//! deadlines, self-metrics, and hardening against misbehaving clients and collectors.
//!
//! ```no_run
//! use exporter_kit::{CollectorDef, Exporter, Gauge};
//!
//! const DEPTH: Gauge<1> =
//!     Gauge::new("queue_depth", "Jobs waiting in the queue.").labels(["queue"]).zh("排队任务数");
//!
//! const QUEUE: CollectorDef =
//!     CollectorDef::from_fn("queue", "队列", "Jobs waiting in the spool.", &[&DEPTH], |out| {
//!         let jobs = std::fs::read_dir("/var/spool/queue")?.count();
//!         out.set(&DEPTH, ["default"], jobs as f64);
//!         Ok(())
//!     });
//!
//! fn main() -> std::process::ExitCode {
//!     Exporter::new("queue_exporter", ":9690").collectors(&[QUEUE]).run()
//! }
//! ```
//!
//! Values read during a scrape are set as [`Samples`] of a [`Gauge`], [`Counter`], [`Histogram`] or
//! [`Summary`]; values that the program counts while it works live in a [`Live`] set. A collector's
//! test checks its definitions against Prometheus' naming conventions with [`lint`](lint()).
//!
//! There are three cargo features, none on by default: `web-config` adds `--web.config.file` with
//! basic auth; `tls` adds TLS to it and needs a C compiler; `testing` is for the dev-dependency of
//! an exporter, whose tests start the binary and read its pages.
//!
//! The kit is independent of hosts and data sources. Its only knowledge of BlueKing is a metric's
//! short Chinese description and the reserved labels.

/// The examples of the documents are tests.
#[cfg(all(doctest, feature = "testing"))]
mod documents {
    #[doc = include_str!("../../../docs/kit.md")]
    struct English;

    #[doc = include_str!("../../../docs/zh/kit.md")]
    struct Chinese;
}

mod collector;
mod config;
mod constant_labels;
mod describe;
mod exporter;
mod exposition;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
mod kept_file;
mod listen;
mod logging;
mod metrics;
mod order;
mod process;
mod samples;
mod scrape;
mod self_metrics;
mod setting_file;
mod settings;
mod shutdown;
#[cfg(feature = "testing")]
pub mod testing;
mod web;
mod workers;

pub use collector::{CollectError, Collector, CollectorDef, ScheduledCollector, System};
pub use constant_labels::LabelError;
pub use exporter::Exporter;
pub use kept_file::KeptFile;
pub use metrics::lint::{Finding, Severity, lint};
pub use metrics::live::{
    Live, LiveCounter, LiveFamily, LiveGauge, LiveHistogram, LiveKind, LiveSummary,
};
pub use metrics::{
    AnyPattern, Counter, CounterKind, CounterPattern, Definition, Description, ExternalFamily,
    Field, Fields, Gauge, GaugeKind, GaugePattern, Histogram, HistogramKind, Info, InfoKind, Kind,
    Metric, MetricKind, MetricPattern, PatternDescription, Scalar, StateSet, StateSetKind, Summary,
    SummaryKind, Unit, UnitRule, Untyped, UntypedKind, UntypedPattern,
};
pub use samples::{Discarded, Samples};
pub use setting_file::read_setting_file;
pub use settings::{AnyFlag, Filter, Flag, FlagSpec, FlagType, Pattern, SettingError, Settings};
