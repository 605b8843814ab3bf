//! Write a Prometheus exporter in twenty lines.
//!
//! A metric is a `const` definition, a [`Collector`] reads a source and sets samples of its
//! definitions, an [`Exporter`] serves them: flags, landing page, `/metrics`, deadlines, self-metrics
//! and the hardening against clients and collectors that misbehave come with it.
//!
//! ```no_run
//! use exporter_kit::{CollectError, Collector, Exporter, Gauge, Metric, Samples};
//!
//! const DEPTH: Gauge<1> =
//!     Gauge::new("queue_depth", "Jobs waiting in the queue.").labels(["queue"]).zh("排队任务数");
//!
//! struct Queue;
//!
//! impl Collector for Queue {
//!     fn metrics(&self) -> &'static [&'static dyn Metric] {
//!         &[&DEPTH]
//!     }
//!
//!     fn collect(&mut self, out: &mut Samples) -> Result<(), CollectError> {
//!         out.set(&DEPTH, ["default"], std::fs::read_dir("/var/spool/queue")?.count() as f64);
//!         Ok(())
//!     }
//! }
//!
//! fn main() -> std::process::ExitCode {
//!     Exporter::new("queue_exporter", ":9690").collector("queue", Queue).run()
//! }
//! ```
//!
//! What is read at a scrape is set as [`Samples`] of a [`Gauge`], [`Counter`], [`Histogram`] or
//! [`Summary`]; what the program counts itself as it works lives in a [`Live`] set. A collector's
//! test holds its definitions against the field's conventions with [`lint`](lint()).
//!
//! Three cargo features, none on by default: `web-config` brings `--web.config.file` with basic auth,
//! `tls` adds TLS to it, and needs a C compiler; `testing` is for the dev-dependency of an exporter,
//! whose tests start it and look at its pages.
//!
//! The kit knows no host and no source; of BlueKing it knows a metric's short Chinese description
//! and the labels that it reserves.

mod background;
mod cli;
mod collection;
mod collector;
mod config;
mod definition;
mod exporter;
mod exposition;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
mod lint;
mod listen;
mod live;
mod logging;
mod process;
mod samples;
mod scrape;
mod self_metrics;
mod shutdown;
#[cfg(feature = "testing")]
pub mod testing;
mod web;

pub use cli::{Flag, SettingError, Settings};
pub use collector::{CollectError, Collector};
pub use definition::{
    Counter, CounterKind, Definition, Description, Gauge, GaugeKind, Histogram, HistogramKind,
    Kind, Metric, MetricKind, Scalar, Summary, SummaryKind, Unit,
};
pub use exporter::Exporter;
pub use lint::{Finding, Severity, lint, lint_metrics};
pub use live::{Live, LiveCounter, LiveFamily, LiveGauge, LiveHistogram, LiveKind, LiveSummary};
pub use samples::{Dropped, Samples};
