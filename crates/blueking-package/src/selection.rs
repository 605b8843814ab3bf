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

/// Deals the definitions out to the groups. A metric that two groups pick is dealt to the first
/// only, so that each mistake is one problem.
pub(crate) fn select<'a>(
    description: &'a PackageDescription,
    definitions: &'a Definitions,
    problems: &mut Problems,
) -> Vec<Selected<'a>> {
    let metrics = distinct(definitions, problems);
    let offered = leave_out(description, metrics, problems);

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

/// The metrics that `omit` leaves over.
fn leave_out<'a>(
    description: &PackageDescription,
    metrics: Vec<&'a Metric>,
    problems: &mut Problems,
) -> Vec<&'a Metric> {
    for pattern in &description.omit {
        if !metrics.iter().any(|metric| glob::matches(pattern, &metric.name)) {
            let rule = format!("{pattern:?} matches no metric; correct or remove it.");
            problems.add(description.place("omit"), rule);
        }
    }
    metrics.into_iter().filter(|metric| !matches_any(&description.omit, &metric.name)).collect()
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
