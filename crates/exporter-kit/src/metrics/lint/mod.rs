//! Holds definitions against the field's conventions and BlueKing's limits, for tests.

mod collectors;
mod labels;
mod name;
mod set;
mod texts;

use std::fmt;

use crate::collector::CollectorDef;
use crate::metrics::{Description, Metric};

/// One breach of a rule.
#[derive(Clone, PartialEq, Eq)]
pub struct Finding {
    /// The metric or collector that it is about.
    pub subject: &'static str,
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

/// Checks collectors: their names, flags and Chinese names, and of all their metrics names, units,
/// help, labels, Chinese descriptions, and whether families get into each other's way. `labels` are
/// the Chinese names of labels, as the exporter has them. The test of an exporter is one line:
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
/// Names that were taken from another program, for the sake of its dashboards, are not asked to
/// follow the conventions for new names; their definitions say so by
/// [`compatible_with`](crate::Definition::compatible_with). A percentage is allowed where the
/// definition states [`Unit::Percent`](crate::Unit::Percent).
pub fn lint(collectors: &[CollectorDef], labels: &[(&str, &str)]) -> Vec<Finding> {
    let metrics = collectors.iter().flat_map(CollectorDef::metrics);
    let mut findings = Findings { list: lint_metrics(metrics), ..Findings::default() };
    for (at, def) in collectors.iter().enumerate() {
        findings.about(def.name);
        if collectors[..at].iter().any(|other| other.name == def.name) {
            findings.error("Another collector has this name.");
        }
        collectors::check(def, labels, &mut findings);
    }
    findings.list
}

/// Checks metrics that are on one page.
pub(crate) fn lint_metrics<'a>(metrics: impl IntoIterator<Item = &'a dyn Metric>) -> Vec<Finding> {
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

/// The findings so far, and what the next is about.
#[derive(Default)]
struct Findings {
    subject: &'static str,
    list: Vec<Finding>,
}

impl Findings {
    fn about(&mut self, subject: &'static str) {
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

// As the line that a failing test shows.
impl fmt::Debug for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests;
