//! Rules for the metrics of one page: their names must not conflict.

use std::collections::BTreeMap;

use super::Findings;
use crate::metrics::{Description, Kind};

pub(super) fn check(metrics: &[Description<'_>], findings: &mut Findings) {
    // The names that each family uses on a page, in both formats.
    let mut taken: BTreeMap<String, &'static str> = BTreeMap::new();
    for (at, metric) in metrics.iter().enumerate() {
        findings.set_subject(metric.name);
        if metrics[..at].iter().any(|other| other.name == metric.name) {
            findings.error("Another definition has the same name.");
            continue;
        }
        for name in names(metric) {
            if let Some(other) = taken.get(&name) {
                findings.error(format!("The name {name} on the page also belongs to {other}."));
            }
            taken.insert(name, metric.name);
        }
    }
    for metric in metrics {
        findings.set_subject(metric.name);
        for label in metric.labels {
            if taken.contains_key(*label) {
                findings.error(format!(
                    "The label {label} is also the name of a metric, which BlueKing rejects."
                ));
            }
        }
    }
}

fn names(metric: &Description<'_>) -> Vec<String> {
    let samples = metric.kind.suffixes().iter().map(|suffix| format!("{}{suffix}", metric.name));
    let family = match metric.kind {
        Kind::Gauge | Kind::StateSet | Kind::Summary | Kind::Untyped => None,
        // OpenMetrics names the family without the suffix.
        Kind::Counter => metric.name.strip_suffix("_total").map(str::to_owned),
        Kind::Info => metric.name.strip_suffix("_info").map(str::to_owned),
        Kind::Histogram => Some(metric.name.to_owned()),
    };
    samples.chain(family).collect()
}
