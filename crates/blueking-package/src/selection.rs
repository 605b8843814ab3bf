//! Assigns metrics to groups. Every metric is in exactly one group, omitted explicitly, or in a
//! group that is disabled by default, so that none is lost or duplicated by accident.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use crate::default_groups::default_groups;
use crate::definitions::{Definitions, Metric};
use crate::description::PackageDescription;
use crate::glob;
use crate::problem::{Location, Problems, Violation};

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
    description: &PackageDescription,
    definitions: &'a Definitions,
    is_left_out: impl Fn(&Metric) -> bool,
    problems: &mut Problems,
) -> Vec<Selected<'a>> {
    let metrics = distinct(definitions, problems);
    let mut offered = offered(description, metrics, problems);

    let mut claimed: BTreeMap<&str, &str> = BTreeMap::new();
    let mut selection = Vec::new();
    for group in &description.groups {
        let location = || description.location(&format!("group.{}.metrics", group.name));
        if group.metrics.is_empty() {
            problems.add(
                location(),
                Violation::new("the list is empty", "list metrics, or remove the group"),
            );
        }
        for pattern in &group.metrics {
            if !offered.iter().any(|metric| glob::matches(pattern, &metric.name)) {
                problems.add(location(), matches_nothing(pattern, definitions));
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
                    let rule = Violation::new(
                        format!("{} is already selected by the group {first:?}", metric.name),
                        "a metric belongs to one group",
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
    selection.extend(default_groups(&offered, description, definitions, problems));
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
                let rule = Violation::new(
                    format!(
                        "{} has the labels {found:?} but {} has {:?}, and every dimension of a table applies to every metric",
                        other.name,
                        first.name,
                        first.dimensions()
                    ),
                    "put them into separate groups",
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
    description: &PackageDescription,
    definitions: &Definitions,
    problems: &mut Problems,
) -> String {
    if let Some(name) = description.label_name(label, definitions) {
        return name.to_owned();
    }
    let rule = Violation::new(
        format!("the label {label:?} has no Chinese name"),
        format!(
            "add one of at most 15 characters to the label dictionary of {}, or to [dimensions] here",
            definitions.name
        ),
    );
    problems.add(description.location(&format!("dimensions.{label}")), rule);
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
            let rule =
                Violation::new("the metric is defined more than once", "remove the duplicate");
            problems.add(Location::new(definitions.location(), &metric.name), rule);
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
        for pattern in patterns {
            if !metrics.iter().any(|metric| glob::matches(pattern, &metric.name)) {
                let rule = Violation::new(
                    format!("{pattern:?} matches no metric"),
                    "correct or remove it",
                );
                problems.add(description.location(key), rule);
            }
        }
    }
    metrics.retain(|metric| !matches_any(&description.omit, &metric.name));
    metrics
}

/// Whether one of the patterns matches the whole name.
pub(crate) fn matches_any(patterns: &[String], name: &str) -> bool {
    patterns.iter().any(|pattern| glob::matches(pattern, name))
}

fn matches_nothing(pattern: &str, definitions: &Definitions) -> Violation {
    Violation::new(
        format!("{pattern:?} matches no metric of {} that is not omitted", definitions.name),
        "correct or remove it",
    )
}
