//! Holds definitions against the field's conventions and BlueKing's limits, for tests.

mod labels;
mod name;
mod set;
mod texts;

use std::fmt;

use crate::collector::Collector;
use crate::definition::{Description, Metric};

/// One breach of a rule.
#[derive(Clone, PartialEq, Eq)]
pub struct Finding {
    /// The metric that it is about.
    pub metric: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// What is wrong and what to do about it, as a sentence.
    pub message: String,
}

/// How much a [`Finding`] matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Scrapers, queries or the field's tools will stumble over it.
    Error,
    /// BlueKing's packages are worse for it, or names may clash with those of others.
    Warning,
}

/// Checks all that a collector lists: names, units, help, labels, Chinese descriptions, and
/// whether families get into each other's way. A collector's test is one line:
///
/// ```
/// # use exporter_kit::{CollectError, Collector, Gauge, Metric, Samples};
/// # const DEPTH: Gauge<1> =
/// #     Gauge::new("queue_depth", "Jobs waiting in the queue.").labels(["queue"]).zh("排队任务数");
/// # struct Queue;
/// # impl Collector for Queue {
/// #     fn metrics(&self) -> &'static [&'static dyn Metric] {
/// #         &[&DEPTH]
/// #     }
/// #     fn collect(&mut self, out: &mut Samples) -> Result<(), CollectError> {
/// #         Ok(())
/// #     }
/// # }
/// assert_eq!(exporter_kit::lint(&Queue), []);
/// ```
///
/// Names that were taken from another program, for the sake of its dashboards, are not asked to
/// follow the conventions for new names; their definitions say so by
/// [`compatible_with`](crate::Definition::compatible_with). A percentage is allowed where the
/// definition states [`Unit::Percent`](crate::Unit::Percent).
pub fn lint(collector: &dyn Collector) -> Vec<Finding> {
    lint_metrics(collector.metrics().iter().copied())
}

/// Checks the metrics of several collectors together; see [`lint`].
///
/// ```
/// use exporter_kit::{Gauge, Metric, lint_metrics};
///
/// const LATENCY: Gauge = Gauge::new("queue_latency_ms", "How long jobs wait.").zh("排队时间");
///
/// let findings = lint_metrics([&LATENCY as &dyn Metric]);
/// assert_eq!(findings[0].metric, "queue_latency_ms");
/// assert!(findings[0].message.contains("seconds"));
/// ```
pub fn lint_metrics<'a>(metrics: impl IntoIterator<Item = &'a dyn Metric>) -> Vec<Finding> {
    let metrics: Vec<Description<'a>> = metrics.into_iter().map(Metric::describe).collect();
    let mut findings = Findings::default();
    for metric in &metrics {
        findings.about(metric.name);
        name::check(metric, &mut findings);
        texts::check(metric, &mut findings);
        labels::check(metric, &mut findings);
    }
    set::check(&metrics, &mut findings);
    findings.list
}

/// The findings so far, and the metric that the next is about.
#[derive(Default)]
struct Findings {
    metric: &'static str,
    list: Vec<Finding>,
}

impl Findings {
    fn about(&mut self, metric: &'static str) {
        self.metric = metric;
    }

    fn error(&mut self, message: impl Into<String>) {
        self.add(Severity::Error, message.into());
    }

    fn warning(&mut self, message: impl Into<String>) {
        self.add(Severity::Warning, message.into());
    }

    fn add(&mut self, severity: Severity, message: String) {
        self.list.push(Finding { metric: self.metric, severity, message });
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        write!(f, "{}: {severity}: {}", self.metric, self.message)
    }
}

// As the line that a failing test shows.
impl fmt::Debug for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests;
