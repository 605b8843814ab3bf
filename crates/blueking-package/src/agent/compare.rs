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
    /// Names of its metrics, in their order.
    pub metrics: Vec<String>,
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
    /// Metrics of a group are declared and not on the page.
    Absent {
        /// Name of the group.
        group: String,
        /// Names of these metrics, in the group's order.
        metrics: Vec<String>,
        /// How many the group has.
        of: usize,
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

    /// Whether it is no reason to mend anything: hosts differ, so a page may lack some metrics of a
    /// group, and which of the standard `process_*` there are depends on the system.
    pub fn is_expected(&self) -> bool {
        match self {
            Self::Absent { metrics, of, .. } => metrics.len() < *of || are_of_processes(metrics),
            _ => false,
        }
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

    /// The metric, the group, or the name that it is about.
    pub fn subject(&self) -> &str {
        match self {
            Self::Clash { name } => name,
            Self::Absent { group, .. } => group,
            Self::Dimension { metric, .. }
            | Self::Undeclared { metric, .. }
            | Self::Uneven { metric } => metric,
        }
    }

    /// The metrics that it is about, where these are several of a group.
    pub fn metrics(&self) -> &[String] {
        if let Self::Absent { metrics, .. } = self { metrics } else { &[] }
    }
}

/// What Prometheus' own libraries tell of the process of an exporter, each as far as the system
/// has it.
const PROCESS: [&str; 11] = [
    "process_cpu_seconds_total",
    "process_open_fds",
    "process_max_fds",
    "process_virtual_memory_bytes",
    "process_virtual_memory_max_bytes",
    "process_resident_memory_bytes",
    "process_heap_bytes",
    "process_start_time_seconds",
    "process_threads",
    "process_network_receive_bytes_total",
    "process_network_transmit_bytes_total",
];

fn are_of_processes(metrics: &[String]) -> bool {
    metrics.iter().all(|metric| PROCESS.contains(&&**metric))
}

impl From<&[plugin::MetricGroup]> for Declared {
    /// What is declared inactive is left out: a site drops it.
    fn from(groups: &[plugin::MetricGroup]) -> Self {
        let of = |group: &plugin::MetricGroup, kind| -> Vec<String> {
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
            dimensions: of(group, plugin::MonitorType::Dimension).into_iter().collect(),
        });
        Self { groups: groups.collect(), discovers: true }
    }
}

impl From<&[v51::ResultTable]> for Declared {
    fn from(tables: &[v51::ResultTable]) -> Self {
        let of = |table: &v51::ResultTable, kind| -> Vec<String> {
            let fields = table.fields.iter().filter(|field| field.monitor_type == kind);
            fields.map(|field| field.name.clone()).collect()
        };
        let groups = tables.iter().map(|table| DeclaredGroup {
            name: table.table_name.clone(),
            metrics: of(table, v51::MonitorType::Metric),
            dimensions: of(table, v51::MonitorType::Dimension).into_iter().collect(),
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
    let mut group_of: BTreeMap<&str, &DeclaredGroup> = BTreeMap::new();
    for group in &declared.groups {
        for metric in &group.metrics {
            group_of.entry(metric).or_insert(group);
        }
    }
    let mut differences = BTreeSet::new();
    for (&metric, label_sets) in &metrics {
        if label_sets.len() > 1 {
            differences.insert(Difference::Uneven { metric: metric.to_owned() });
        }
        let Some(group) = group_of.get(metric) else {
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
        let is_absent = |metric: &&String| !metrics.contains_key(metric.as_str());
        let absent: Vec<_> = group.metrics.iter().filter(is_absent).cloned().collect();
        if !absent.is_empty() {
            let (group, of) = (group.name.clone(), group.metrics.len());
            differences.insert(Difference::Absent { group, metrics: absent, of });
        }
    }
    let on_page = metrics.values().flatten().flatten().copied();
    let dimensions = declared.groups.iter().flat_map(|group| &group.dimensions);
    let labels: BTreeSet<&str> = dimensions.map(String::as_str).chain(on_page).collect();
    let names = group_of.keys().chain(metrics.keys()).copied();
    let clashes = names.filter(|name| labels.contains(name));
    differences.extend(clashes.map(|name| Difference::Clash { name: name.to_owned() }));
    differences.into_iter().collect()
}

const ON_PURPOSE: &str = "if it was left out on purpose, there is nothing to do";

/// The difference and what to do about it; without [`Difference::metrics()`], which can be many.
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
                 takes it in without a description, others drop it; add it; {ON_PURPOSE}"
            ),
            Self::Undeclared { metric, discovered: false } => write!(
                f,
                "{metric} is on the page and not in metrics.json; it is dropped; add it; \
                 {ON_PURPOSE}"
            ),
            Self::Absent { group, metrics, of } => {
                let count = metrics.len();
                let (which, charts) = match (count, *of) {
                    (1, 1) => {
                        ("the only metric".to_owned(), "is not on the page, and its chart stays")
                    }
                    (1, _) => {
                        (format!("1 of {of} metrics"), "is not on the page, and its chart stays")
                    }
                    (_, of) if count == of => (
                        format!("none of the {of} metrics"),
                        "is on the page, and their charts stay",
                    ),
                    _ => (
                        format!("{count} of {of} metrics"),
                        "are not on the page, and their charts stay",
                    ),
                };
                write!(f, "{which} of the group {group} {charts} empty on a host like this")?;
                if are_of_processes(metrics) {
                    f.write_str("; which of the standard process_* there are depends on the system")
                } else if count == *of {
                    f.write_str("; leave out what no host has")
                } else {
                    Ok(())
                }
            }
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
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        let group = |name: &str, metrics: &[&str], dimensions: &[&str]| DeclaredGroup {
            name: name.to_owned(),
            metrics: names(metrics),
            dimensions: names(dimensions).into_iter().collect(),
        };
        let groups = vec![group("g", &["b", "a"], &["l"]), group("h", &["c"], &[])];
        Declared { groups, discovers }
    }

    fn lines(page: &str) -> Vec<String> {
        let differences = compare(&Page::read(page.as_bytes()).samples, &declared(true));
        let word = |difference: &Difference| {
            let words = [difference.kind(), difference.subject()].map(str::to_owned);
            [&words[..], difference.metrics()].concat().join(" ")
        };
        differences.iter().map(word).collect()
    }

    #[test]
    fn both_ways() {
        for (page, expected) in [
            ("a{l=\"1\"} 1\nb 1\nc 1\n", &[][..]),
            ("a 1\nc 1\n", &["absent g b"]),
            ("a 1\nb 1\nc 1\nd 1\n", &["undeclared d"]),
            ("a{l=\"1\",m=\"2\"} 1\nb 1\nc{l=\"x\"} 1\n", &["dimension a", "dimension c"]),
            ("a 1\na{l=\"1\"} 1\nb 1\nc 1\n", &["uneven a"]),
            ("a 1\nb 1\nc 1\nl 1\n", &["clash l", "undeclared l"]),
            ("a{c=\"1\"} 1\nb 1\nc 1\n", &["clash c", "dimension a"]),
            ("", &["absent g b a", "absent h c"]),
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
            let end = "; add it; if it was left out on purpose, there is nothing to do";
            assert!(text.ends_with(end), "{text}");
        }
    }

    #[test]
    fn what_only_this_host_lacks_is_expected_and_a_group_without_a_sample_is_not() {
        let absent = |metrics: &[&str], of| {
            let metrics = metrics.iter().map(|&metric| metric.to_owned()).collect();
            Difference::Absent { group: "g".to_owned(), metrics, of }
        };
        for (difference, is_expected, text) in [
            (absent(&["a"], 3), true, "1 of 3 metrics of the group g is not on the page, and its"),
            (absent(&["a", "b"], 2), false, "none of the 2 metrics of the group g is on the page"),
            (absent(&["a", "b"], 3), true, "2 of 3 metrics of the group g are not on the page"),
            (absent(&["a"], 1), false, "the only metric of the group g is not on the page"),
            (absent(&["a", "b"], 2), false, "like this; leave out what no host has"),
            (absent(&["process_threads"], 1), true, "process_* there are depends on the system"),
            (absent(&["process_threads", "process_size"], 2), false, "no host has"),
        ] {
            assert_eq!(difference.is_expected(), is_expected, "{difference}");
            assert!(difference.to_string().contains(text), "{difference}");
        }
    }
}
