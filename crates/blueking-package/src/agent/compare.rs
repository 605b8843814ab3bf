//! What a page has and what `metrics.json` says, compared both ways.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::line::Sample;
use crate::{plugin, v51};

/// What a package declares, of either generation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Declared {
    /// The groups, or tables.
    pub groups: Vec<DeclaredGroup>,
    /// Whether a site takes in what is not declared, under names without a description.
    pub discovers: bool,
}

/// A group of `metrics.json`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeclaredGroup {
    /// Its name.
    pub name: String,
    /// Names of its metrics.
    pub metrics: BTreeSet<String>,
    /// Names of its dimensions.
    pub dimensions: BTreeSet<String>,
}

/// One way in which the page and `metrics.json` differ.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Difference {
    /// A name is a metric and a dimension: debugging fails.
    Clash {
        /// The name.
        name: String,
    },
    /// A metric has a label that its group does not declare.
    Dimension {
        /// Name of the metric.
        metric: String,
        /// Name of the label.
        label: String,
        /// Name of the group.
        group: String,
    },
    /// A metric is on the page and in no group.
    Undeclared {
        /// Name of the metric.
        metric: String,
        /// Whether a site takes it in nevertheless.
        discovered: bool,
    },
    /// A metric is declared and not on the page.
    Absent {
        /// Name of the metric.
        metric: String,
        /// Name of the group.
        group: String,
    },
    /// Samples of one metric have different labels: the debug page sees those of the first alone.
    Uneven {
        /// Name of the metric.
        metric: String,
    },
}

impl Difference {
    /// Whether data is lost by it, or the plugin cannot be debugged.
    pub fn is_error(&self) -> bool {
        matches!(self, Self::Clash { .. } | Self::Dimension { .. })
    }

    /// Which kind it is, in one word.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Clash { .. } => "clash",
            Self::Dimension { .. } => "dimension",
            Self::Undeclared { .. } => "undeclared",
            Self::Absent { .. } => "absent",
            Self::Uneven { .. } => "uneven",
        }
    }

    /// The metric, or the name, that it is about.
    pub fn subject(&self) -> &str {
        match self {
            Self::Clash { name } => name,
            Self::Dimension { metric, .. }
            | Self::Undeclared { metric, .. }
            | Self::Absent { metric, .. }
            | Self::Uneven { metric } => metric,
        }
    }
}

impl From<&[plugin::MetricGroup]> for Declared {
    /// What is declared inactive is left out: a site drops it.
    fn from(groups: &[plugin::MetricGroup]) -> Self {
        let of = |group: &plugin::MetricGroup, kind| {
            let fields = group.fields.iter().filter(|field| field.monitor_type == kind);
            // What is scraped, where a package stores it under another name.
            let name = |field: &plugin::Field| match &*field.source_name {
                "" => field.name.clone(),
                name => name.to_owned(),
            };
            fields.filter(|field| field.is_active).map(name).collect()
        };
        let groups = groups.iter().map(|group| DeclaredGroup {
            name: group.table_name.clone(),
            metrics: of(group, plugin::MonitorType::Metric),
            dimensions: of(group, plugin::MonitorType::Dimension),
        });
        Self { groups: groups.collect(), discovers: true }
    }
}

impl From<&[v51::ResultTable]> for Declared {
    fn from(tables: &[v51::ResultTable]) -> Self {
        let of = |table: &v51::ResultTable, kind| {
            let fields = table.fields.iter().filter(|field| field.monitor_type == kind);
            fields.map(|field| field.name.clone()).collect()
        };
        let groups = tables.iter().map(|table| DeclaredGroup {
            name: table.table_name.clone(),
            metrics: of(table, v51::MonitorType::Metric),
            dimensions: of(table, v51::MonitorType::Dimension),
        });
        Self { groups: groups.collect(), discovers: false }
    }
}

/// All differences, the worst kind first, each once.
pub fn compare(samples: &[Sample], declared: &Declared) -> Vec<Difference> {
    let mut metrics: BTreeMap<&str, Vec<BTreeSet<&str>>> = BTreeMap::new();
    for sample in samples {
        let labels: BTreeSet<_> = sample.labels.keys().map(String::as_str).collect();
        let seen = metrics.entry(&sample.name).or_default();
        if !seen.contains(&labels) {
            seen.push(labels);
        }
    }
    let mut differences = BTreeSet::new();
    for (&metric, label_sets) in &metrics {
        if label_sets.len() > 1 {
            differences.insert(Difference::Uneven { metric: metric.to_owned() });
        }
        let Some(group) = declared.groups.iter().find(|group| group.metrics.contains(metric))
        else {
            let discovered = declared.discovers;
            differences.insert(Difference::Undeclared { metric: metric.to_owned(), discovered });
            continue;
        };
        let labels = label_sets.iter().flatten();
        differences.extend(labels.filter(|label| !group.dimensions.contains(**label)).map(
            |label| Difference::Dimension {
                metric: metric.to_owned(),
                label: (*label).to_owned(),
                group: group.name.clone(),
            },
        ));
    }
    for group in &declared.groups {
        let absent = group.metrics.iter().filter(|metric| !metrics.contains_key(metric.as_str()));
        differences.extend(absent.map(|metric| Difference::Absent {
            metric: metric.clone(),
            group: group.name.clone(),
        }));
    }
    let in_groups = |of: fn(&DeclaredGroup) -> &BTreeSet<String>| {
        declared.groups.iter().flat_map(of).map(String::as_str)
    };
    let on_page = metrics.values().flatten().flatten().copied();
    let labels: BTreeSet<&str> = in_groups(|group| &group.dimensions).chain(on_page).collect();
    let names = in_groups(|group| &group.metrics).chain(metrics.keys().copied());
    let clashes = names.filter(|name| labels.contains(name));
    differences.extend(clashes.map(|name| Difference::Clash { name: name.to_owned() }));
    differences.into_iter().collect()
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Clash { name } => write!(
                f,
                "{name} is a metric and a label; debugging ends with 3310001 指标维度存在重名; \
                 rename one"
            ),
            Self::Dimension { metric, label, group } => write!(
                f,
                "the label {label} of {metric} is no dimension of the group {group}; add it to \
                 metrics.json"
            ),
            Self::Undeclared { metric, discovered: true } => write!(
                f,
                "{metric} is on the page and not in metrics.json; a site that discovers metrics \
                 takes it in without a description, others drop it; add it"
            ),
            Self::Undeclared { metric, discovered: false } => {
                write!(f, "{metric} is on the page and not in metrics.json; it is dropped; add it")
            }
            Self::Absent { metric, group } => write!(
                f,
                "{metric} of the group {group} is in metrics.json and not on the page; its chart \
                 stays empty on a host like this; leave it out if no host has it"
            ),
            Self::Uneven { metric } => write!(
                f,
                "samples of {metric} have different labels; the debug page may miss some; give all \
                 the same"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Page;
    use super::*;

    fn declared(discovers: bool) -> Declared {
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        let group = |name: &str, metrics: &[&str], dimensions: &[&str]| DeclaredGroup {
            name: name.to_owned(),
            metrics: names(metrics),
            dimensions: names(dimensions),
        };
        let groups = vec![group("g", &["a", "b"], &["l"]), group("h", &["c"], &[])];
        Declared { groups, discovers }
    }

    fn lines(page: &str) -> Vec<String> {
        let differences = compare(&Page::read(page.as_bytes()).samples, &declared(true));
        let word =
            |difference: &Difference| format!("{} {}", difference.kind(), difference.subject());
        differences.iter().map(word).collect()
    }

    #[test]
    fn both_ways() {
        for (page, expected) in [
            ("a{l=\"1\"} 1\nb 1\nc 1\n", &[][..]),
            ("a 1\nc 1\n", &["absent b"]),
            ("a 1\nb 1\nc 1\nd 1\n", &["undeclared d"]),
            ("a{l=\"1\",m=\"2\"} 1\nb 1\nc{l=\"x\"} 1\n", &["dimension a", "dimension c"]),
            ("a 1\na{l=\"1\"} 1\nb 1\nc 1\n", &["uneven a"]),
            ("a 1\nb 1\nc 1\nl 1\n", &["clash l", "undeclared l"]),
            ("a{c=\"1\"} 1\nb 1\nc 1\n", &["clash c", "dimension a"]),
            ("", &["absent a", "absent b", "absent c"]),
        ] {
            assert_eq!(lines(page), expected, "{page}");
        }
    }

    #[test]
    fn what_is_not_declared_is_lost_where_nothing_is_discovered() {
        let samples = Page::read(b"a 1\nb 1\nc 1\nd 1\n").samples;
        for (discovers, expected) in [(true, "takes it in"), (false, "it is dropped")] {
            let text = compare(&samples, &declared(discovers))[0].to_string();
            assert!(text.contains(expected), "{text}");
        }
    }
}
