//! Checks definitions against Prometheus' naming conventions and BlueKing's limits, in tests.

mod collectors;
pub(crate) mod labels;
mod name;
mod set;
mod texts;

use std::fmt;

use crate::collector::CollectorDef;
use crate::metrics::{Description, Metric};

/// A violation of a rule.
#[derive(Clone, PartialEq, Eq)]
pub struct Finding {
    /// The metric or collector.
    pub subject: &'static str,
    /// The severity.
    pub severity: Severity,
    /// The problem and what to do about it, as a sentence.
    pub message: String,
}

/// The severity of a [`Finding`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Scrapers, queries or Prometheus tools have problems with the definition.
    Error,
    /// BlueKing's packages are affected, or names may collide with those of other programs.
    Warning,
}

/// Checks collectors: their names, flags and Chinese names; and their metrics: names, units, help,
/// labels, Chinese descriptions, and conflicts between families. `labels` are the exporter's
/// Chinese names of labels. The test of an exporter is one line:
///
/// ```
/// # use exporter_kit::{CollectorDef, Gauge};
/// # const DEPTH: Gauge<1> =
/// #     Gauge::new("queue_depth", "Jobs waiting in the queue.").labels(["queue"]).zh("排队任务数");
/// # const QUEUE: CollectorDef =
/// #     CollectorDef::from_fn("queue", "队列", "Jobs in the spool.", &[&DEPTH], |_| Ok(()));
/// assert_eq!(exporter_kit::lint(&[QUEUE], &[("queue", "队列")]), []);
/// ```
///
/// The conventions for new names do not apply to names that come from another program for
/// compatibility, marked by [`compatible_with`](crate::Definition::compatible_with). A percentage
/// is allowed if the definition has [`Unit::Percent`](crate::Unit::Percent).
pub fn lint(collectors: &[CollectorDef], labels: &[(&str, &str)]) -> Vec<Finding> {
    let metrics = collectors.iter().flat_map(CollectorDef::metrics);
    let mut findings = Findings { list: lint_metrics(metrics), ..Findings::default() };
    for (at, def) in collectors.iter().enumerate() {
        findings.set_subject(def.name);
        if collectors[..at].iter().any(|other| other.name == def.name) {
            findings.error("Another collector has the same name.");
        }
        collectors::check(def, labels, &mut findings);
        for pattern in def.patterns.iter().map(|pattern| pattern.describe()) {
            labels::check(pattern.labels, pattern.compatible_with, &mut findings);
        }
    }
    findings.list
}

/// Checks the metrics of one page.
pub(crate) fn lint_metrics<'a>(metrics: impl IntoIterator<Item = &'a dyn Metric>) -> Vec<Finding> {
    let metrics: Vec<Description<'a>> = metrics.into_iter().map(Metric::describe).collect();
    let mut findings = Findings::default();
    for metric in &metrics {
        findings.set_subject(metric.name);
        name::check(metric, &mut findings);
        texts::check(metric, &mut findings);
        labels::check(metric.labels, metric.compatible_with, &mut findings);
    }
    set::check(&metrics, &mut findings);
    findings.list
}

/// The findings so far, and the subject of the next.
#[derive(Default)]
struct Findings {
    subject: &'static str,
    list: Vec<Finding>,
}

impl Findings {
    fn set_subject(&mut self, subject: &'static str) {
        self.subject = subject;
    }

    fn error(&mut self, message: impl Into<String>) {
        self.add(Severity::Error, message.into());
    }

    fn warning(&mut self, message: impl Into<String>) {
        self.add(Severity::Warning, message.into());
    }

    fn add(&mut self, severity: Severity, message: String) {
        self.list.push(Finding { subject: self.subject, severity, message });
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        write!(f, "{}: {severity}: {}", self.subject, self.message)
    }
}

// Failing tests show findings as lines.
impl fmt::Debug for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests;
