//! Assigns metrics to groups. Every metric is in exactly one group, omitted explicitly, or in a
//! group that is disabled by default, so that none is lost or duplicated by accident.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use crate::default_groups::default_groups;
use crate::definitions::{Definitions, Metric};
use crate::description::{PackageDescription, Sources};
use crate::glob;
use crate::problem::Problems;
use crate::texts::sources as texts;

/// A group of a package with its metrics, in the order of the definitions.
pub(crate) struct Selected<'a> {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) metrics: Vec<&'a Metric>,
}

/// Assigns the metrics to the groups of the description first, then to those of the definitions.
/// `is_left_out` selects metrics that this package omits in addition to `omit`. It affects the
/// content of a group but not its name, so that both package formats use the same names. A metric
/// that two groups select goes to the first only, so that each mistake is one problem.
pub(crate) fn select<'a>(
    sources: Sources<'a>,
    is_left_out: impl Fn(&Metric) -> bool,
    problems: &mut Problems,
) -> Vec<Selected<'a>> {
    let Sources { description, definitions } = sources;
    let metrics = distinct(definitions, problems);
    let mut offered = offered(description, metrics, problems);

    let mut claimed: BTreeMap<&str, &str> = BTreeMap::new();
    let mut selection = Vec::new();
    for group in &description.groups {
        let location = || description.location(&format!("group.{}.metrics", group.name));
        if group.metrics.is_empty() {
            let rule = (texts::group_without_metrics(), texts::group_without_metrics_advice());
            problems.add(location(), rule);
        }
        for pattern in &group.metrics {
            if !offered.iter().any(|metric| glob::matches(pattern, &metric.name)) {
                let message = texts::pattern_without_offered_metric(pattern, &definitions.name);
                problems.add(location(), (message, texts::correct_or_remove_it()));
            }
        }

        let mut selected_metrics = Vec::new();
        for metric in offered.iter().filter(|metric| matches_any(&group.metrics, &metric.name)) {
            match claimed.entry(&metric.name) {
                Entry::Vacant(entry) => {
                    entry.insert(&group.name);
                    selected_metrics.push(*metric);
                }
                Entry::Occupied(first) => {
                    let first = first.get();
                    let rule = (
                        texts::metric_in_two_groups(&metric.name, first),
                        texts::metric_in_two_groups_advice(),
                    );
                    problems.add(location(), rule);
                }
            }
        }
        selection.push(Selected {
            name: group.name.clone(),
            description: group.description.clone(),
            metrics: selected_metrics,
        });
    }

    offered.retain(|metric| !claimed.contains_key(&*metric.name));
    selection.extend(default_groups(&offered, sources, problems));
    for selected in &mut selection {
        selected.metrics.retain(|metric| !is_left_out(metric));
    }
    selection.retain(|selected| !selected.metrics.is_empty());
    selection
}

impl<'a> Selected<'a> {
    /// The labels of a group's metrics, in order of first appearance. All metrics must have the
    /// same labels: in a table every dimension applies to every metric.
    pub(crate) fn dimensions(
        &self,
        description: &PackageDescription,
        problems: &mut Problems,
    ) -> Vec<&'a str> {
        let Some((first, others)) = self.metrics.split_first() else {
            return Vec::new();
        };
        let mut dimensions = first.dimensions();
        let expected: BTreeSet<_> = dimensions.iter().copied().collect();
        for other in others {
            let found = other.dimensions();
            if found.iter().copied().collect::<BTreeSet<_>>() != expected {
                let rule = (
                    texts::labels_differ(&other.name, &found, &first.name, &first.dimensions()),
                    texts::labels_differ_advice(),
                );
                let field = format!("group.{}.metrics", self.name);
                problems.add(description.location(&field), rule);
            }
            for label in found {
                if !dimensions.contains(&label) {
                    dimensions.push(label);
                }
            }
        }
        dimensions
    }
}

/// The Chinese name of a label. Reports a problem if there is none.
pub(crate) fn dimension_description(
    label: &str,
    sources: Sources<'_>,
    problems: &mut Problems,
) -> String {
    if let Some(name) = sources.label_name(label) {
        return name.to_owned();
    }
    let rule = (
        texts::label_without_name(label),
        texts::label_without_name_advice(&sources.definitions.name),
    );
    problems.add(sources.description.location(&format!("dimensions.{label}")), rule);
    // Not empty, which would be reported as a second problem.
    "?".to_owned()
}

/// The definitions without duplicate names.
fn distinct<'a>(definitions: &'a Definitions, problems: &mut Problems) -> Vec<&'a Metric> {
    let mut names = BTreeSet::new();
    let mut metrics = Vec::new();
    for metric in &definitions.metrics {
        if names.insert(&metric.name) {
            metrics.push(metric);
        } else {
            let rule = (texts::metric_is_defined_twice(), texts::metric_is_defined_twice_advice());
            problems.add(definitions.place(&metric.name), rule);
        }
    }
    metrics
}

/// The metrics that `omit` does not exclude.
fn offered<'a>(
    description: &PackageDescription,
    mut metrics: Vec<&'a Metric>,
    problems: &mut Problems,
) -> Vec<&'a Metric> {
    for (key, patterns) in [("omit", &description.omit), ("omit_in_51", &description.omit_in_51)] {
        let names: BTreeSet<&str> = metrics.iter().map(|metric| &*metric.name).collect();
        for pattern in patterns {
            let is_name = names.contains(&**pattern);
            if !is_name && !names.iter().any(|name| glob::matches(pattern, name)) {
                let rule = (texts::pattern_without_metric(pattern), texts::correct_or_remove_it());
                problems.add(description.location(key), rule);
            }
        }
    }
    // A draft may omit thousands of names.
    let (patterns, names): (Vec<_>, Vec<_>) =
        description.omit.iter().cloned().partition(|pattern| pattern.contains('*'));
    let names: BTreeSet<&str> = names.iter().map(String::as_str).collect();
    metrics
        .retain(|metric| !names.contains(&*metric.name) && !matches_any(&patterns, &metric.name));
    metrics
}

/// Whether one of the patterns matches the whole name.
pub(crate) fn matches_any(patterns: &[String], name: &str) -> bool {
    patterns.iter().any(|pattern| glob::matches(pattern, name))
}
