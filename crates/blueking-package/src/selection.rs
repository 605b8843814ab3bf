//! Which metrics go into which group. Every metric is in one group, left out on purpose, or of a
//! group that is off by default, so that none is lost or doubled by accident.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use crate::default_groups::default_groups;
use crate::definitions::{Definitions, Metric};
use crate::description::PackageDescription;
use crate::glob;
use crate::problem::{Place, Problems};

/// A group of a package with its metrics, in the order of the definitions.
pub(crate) struct Selected<'a> {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) metrics: Vec<&'a Metric>,
}

/// Deals the definitions out to the groups: first to those of the description, then to those of the
/// definitions. `is_left_out` tells what this package leaves out beyond `omit`: it decides which
/// metrics a group has and not what the group is called, so that both generations have the same
/// names. A metric that two groups pick is dealt to the first only, so that each mistake is one
/// problem.
pub(crate) fn select<'a>(
    description: &PackageDescription,
    definitions: &'a Definitions,
    is_left_out: impl Fn(&Metric) -> bool,
    problems: &mut Problems,
) -> Vec<Selected<'a>> {
    let metrics = distinct(definitions, problems);
    let mut offered = offered(description, metrics, problems);

    let mut taken: BTreeMap<&str, &str> = BTreeMap::new();
    let mut selection = Vec::new();
    for group in &description.groups {
        let place = || description.place(&format!("group.{}.metrics", group.name));
        if group.metrics.is_empty() {
            problems.add(place(), "The list is empty; name metrics, or remove the group.");
        }
        for pattern in &group.metrics {
            if !offered.iter().any(|metric| glob::matches(pattern, &metric.name)) {
                problems.add(place(), matches_nothing(pattern, definitions));
            }
        }

        let mut picked = Vec::new();
        for metric in offered.iter().filter(|metric| matches_any(&group.metrics, &metric.name)) {
            match taken.entry(&metric.name) {
                Entry::Vacant(entry) => {
                    entry.insert(&group.name);
                    picked.push(*metric);
                }
                Entry::Occupied(first) => {
                    let first = first.get();
                    let rule = format!(
                        "{} is picked by the group {first:?} already; a metric belongs to one \
                         group.",
                        metric.name
                    );
                    problems.add(place(), rule);
                }
            }
        }
        selection.push(Selected {
            name: group.name.clone(),
            description: group.description.clone(),
            metrics: picked,
        });
    }

    offered.retain(|metric| !taken.contains_key(&*metric.name));
    selection.extend(default_groups(&offered, description, definitions, problems));
    for selected in &mut selection {
        selected.metrics.retain(|metric| !is_left_out(metric));
    }
    selection.retain(|selected| !selected.metrics.is_empty());
    selection
}

impl<'a> Selected<'a> {
    /// The labels of a group's metrics, in the order of the first that has them. All metrics must
    /// have the same ones: in a table every dimension applies to every metric.
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
                let rule = format!(
                    "{} has the labels {found:?} but {} has {:?}, and in one table every dimension \
                     applies to every metric; put them into separate groups.",
                    other.name,
                    first.name,
                    first.dimensions()
                );
                let field = format!("group.{}.metrics", self.name);
                problems.add(description.place(&field), rule);
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

/// What operators read of a label. Reports one without a name.
pub(crate) fn dimension_description(
    label: &str,
    description: &PackageDescription,
    definitions: &Definitions,
    problems: &mut Problems,
) -> String {
    if let Some(name) = description.label_name(label, definitions) {
        return name.to_owned();
    }
    let rule = format!(
        "The label {label:?} has no Chinese name; add it to the label dictionary of {}, or to \
         [dimensions] here, in at most 15 characters.",
        definitions.name
    );
    problems.add(description.place(&format!("dimensions.{label}")), rule);
    // Anything but empty, which would be a second problem for the same gap.
    "?".to_owned()
}

/// The definitions without those that repeat a name.
fn distinct<'a>(definitions: &'a Definitions, problems: &mut Problems) -> Vec<&'a Metric> {
    let mut names = BTreeSet::new();
    let mut metrics = Vec::new();
    for metric in &definitions.metrics {
        if names.insert(&metric.name) {
            metrics.push(metric);
        } else {
            let rule = "The metric is defined more than once; define it once.";
            problems.add(Place::new(definitions.place(), &metric.name), rule);
        }
    }
    metrics
}

/// The metrics that `omit` does not leave out.
fn offered<'a>(
    description: &PackageDescription,
    mut metrics: Vec<&'a Metric>,
    problems: &mut Problems,
) -> Vec<&'a Metric> {
    for (key, patterns) in [("omit", &description.omit), ("omit_in_51", &description.omit_in_51)] {
        for pattern in patterns {
            if !metrics.iter().any(|metric| glob::matches(pattern, &metric.name)) {
                let rule = format!("{pattern:?} matches no metric; correct or remove it.");
                problems.add(description.place(key), rule);
            }
        }
    }
    metrics.retain(|metric| !matches_any(&description.omit, &metric.name));
    metrics
}

/// Whether one of the patterns matches the whole of a name.
pub(crate) fn matches_any(patterns: &[String], name: &str) -> bool {
    patterns.iter().any(|pattern| glob::matches(pattern, name))
}

fn matches_nothing(pattern: &str, definitions: &Definitions) -> String {
    format!(
        "{pattern:?} matches no metric of {} that is not omitted; correct or remove it.",
        definitions.name
    )
}
