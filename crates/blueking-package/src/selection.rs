//! Which metrics go into which group. Every definition must be in exactly one group or be left
//! out on purpose, so that no metric is lost or doubled by accident.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use crate::definitions::{Definitions, Metric};
use crate::description::{Group, PackageDescription};
use crate::glob;
use crate::problem::{Place, Problems};

/// A group with the metrics that it picked, in the order of the definitions.
pub(crate) struct Selected<'a> {
    pub(crate) group: &'a Group,
    pub(crate) metrics: Vec<&'a Metric>,
}

/// Deals the definitions out to the groups; `also_omit` are patterns that this package leaves out
/// beyond the description's `omit`. A metric that two groups pick is dealt to the first only, so
/// that each mistake is one problem.
pub(crate) fn select<'a>(
    description: &'a PackageDescription,
    also_omit: &[String],
    definitions: &'a Definitions,
    problems: &mut Problems,
) -> Vec<Selected<'a>> {
    let metrics = distinct(definitions, problems);
    let offered = leave_out(description, also_omit, metrics, problems);

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
        selection.push(Selected { group, metrics: picked });
    }

    for metric in offered.iter().filter(|metric| !taken.contains_key(&*metric.name)) {
        let rule = format!(
            "The metric is in no group of {}; add it to one, or to `omit` to leave it out on \
             purpose.",
            description.file
        );
        problems.add(Place::new(definitions.place(), &metric.name), rule);
    }
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
                let field = format!("group.{}.metrics", self.group.name);
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

/// What operators read of a label. Reports one without a description.
pub(crate) fn dimension_description(
    label: &str,
    description: &PackageDescription,
    problems: &mut Problems,
) -> String {
    match (description.dimensions.get(label), label) {
        (Some(text), _) => text.clone(),
        (None, "le") => "分桶上限".to_owned(),
        (None, "quantile") => "分位数".to_owned(),
        (None, _) => {
            let rule = format!(
                "The label {label:?} has no description for operators; add a line for it under \
                 [dimensions], at most 15 characters."
            );
            problems.add(description.place(&format!("dimensions.{label}")), rule);
            // Anything but empty, which would be a second problem for the same gap.
            "?".to_owned()
        }
    }
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

/// The metrics that are not left out.
fn leave_out<'a>(
    description: &PackageDescription,
    also_omit: &[String],
    metrics: Vec<&'a Metric>,
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
    let is_left_out =
        |name: &str| matches_any(&description.omit, name) || matches_any(also_omit, name);
    metrics.into_iter().filter(|metric| !is_left_out(&metric.name)).collect()
}

fn matches_any(patterns: &[String], name: &str) -> bool {
    patterns.iter().any(|pattern| glob::matches(pattern, name))
}

fn matches_nothing(pattern: &str, definitions: &Definitions) -> String {
    format!(
        "{pattern:?} matches no metric of {} that is not omitted; correct or remove it.",
        definitions.name
    )
}
