//! Compares a page with `metrics.json`, in both directions.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::line::Sample;
use crate::texts::{agent as texts, clauses};
use crate::{plugin, v51};

/// The metrics that a package declares, of either format.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Declared {
    /// The groups, or tables.
    pub groups: Vec<DeclaredGroup>,
    /// Whether a site stores undeclared metrics, without a description.
    pub discovers: bool,
}

/// A group of `metrics.json`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeclaredGroup {
    /// Group name.
    pub name: String,
    /// Names of its metrics, in order.
    pub metrics: Vec<String>,
    /// Names of its dimensions.
    pub dimensions: BTreeSet<String>,
}

impl Declared {
    /// Whether a group has this metric.
    pub fn has(&self, metric: &str) -> bool {
        self.groups.iter().flat_map(|group| &group.metrics).any(|name| name == metric)
    }
}

/// A difference between the page and `metrics.json`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Difference {
    /// A name is both a metric and a dimension: debugging fails.
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
    /// Metrics are on the page but in no group: the package leaves them out, or does not know them.
    Undeclared {
        /// Names of the metrics, sorted.
        metrics: Vec<String>,
        /// Whether a site stores them nevertheless.
        discovered: bool,
    },
    /// Metrics of a group are declared but not on the page.
    Absent {
        /// Name of the group.
        group: String,
        /// Names of the absent metrics, in the order of the group.
        metrics: Vec<String>,
        /// Number of metrics in the group.
        total: usize,
    },
    /// Samples of one metric have different labels: the debug page shows only those of the first.
    Uneven {
        /// Name of the metric.
        metric: String,
    },
}

impl Difference {
    /// Whether it loses data or prevents debugging.
    pub fn is_error(&self) -> bool {
        matches!(self, Self::Clash { .. } | Self::Dimension { .. })
    }

    /// Whether it needs no correction: hosts differ, so a page may lack some metrics of a group,
    /// the available `process_*` metrics depend on the system, and packages leave metrics out.
    pub fn is_expected(&self) -> bool {
        match self {
            Self::Absent { metrics, total, .. } => {
                metrics.len() < *total || are_process_metrics(metrics)
            }
            Self::Undeclared { .. } => true,
            _ => false,
        }
    }

    /// A machine-readable identifier of the kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Clash { .. } => "clash",
            Self::Dimension { .. } => "dimension",
            Self::Undeclared { .. } => "undeclared",
            Self::Absent { .. } => "absent",
            Self::Uneven { .. } => "uneven",
        }
    }

    /// The metric, the group, or the name concerned; empty for undeclared metrics.
    pub fn subject(&self) -> &str {
        match self {
            Self::Clash { name } => name,
            Self::Absent { group, .. } => group,
            Self::Dimension { metric, .. } | Self::Uneven { metric } => metric,
            Self::Undeclared { .. } => "",
        }
    }

    /// The metrics concerned, if there can be several.
    pub fn metrics(&self) -> &[String] {
        match self {
            Self::Absent { metrics, .. } | Self::Undeclared { metrics, .. } => metrics,
            _ => &[],
        }
    }
}

/// Process metrics of the Prometheus client libraries; which of them exist depends on the system.
const PROCESS_METRICS: [&str; 11] = [
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

fn are_process_metrics(metrics: &[String]) -> bool {
    metrics.iter().all(|metric| PROCESS_METRICS.contains(&&**metric))
}

impl From<&[plugin::MetricGroup]> for Declared {
    /// Inactive fields are excluded: a site drops them.
    fn from(groups: &[plugin::MetricGroup]) -> Self {
        let names_of = |group: &plugin::MetricGroup, kind| -> Vec<String> {
            let fields = group.fields.iter().filter(|field| field.monitor_type == kind);
            // The scraped name, if the package stores it under another one.
            let name = |field: &plugin::Field| match &*field.source_name {
                "" => field.name.clone(),
                name => name.to_owned(),
            };
            fields.filter(|field| field.is_active).map(name).collect()
        };
        let groups = groups.iter().map(|group| DeclaredGroup {
            name: group.table_name.clone(),
            metrics: names_of(group, plugin::MonitorType::Metric),
            dimensions: names_of(group, plugin::MonitorType::Dimension).into_iter().collect(),
        });
        Self { groups: groups.collect(), discovers: true }
    }
}

impl From<&[v51::ResultTable]> for Declared {
    fn from(tables: &[v51::ResultTable]) -> Self {
        let names_of = |table: &v51::ResultTable, kind| -> Vec<String> {
            let fields = table.fields.iter().filter(|field| field.monitor_type == kind);
            fields.map(|field| field.name.clone()).collect()
        };
        let groups = tables.iter().map(|table| DeclaredGroup {
            name: table.table_name.clone(),
            metrics: names_of(table, v51::MonitorType::Metric),
            dimensions: names_of(table, v51::MonitorType::Dimension).into_iter().collect(),
        });
        Self { groups: groups.collect(), discovers: false }
    }
}

/// All differences without duplicates, the most severe kind first.
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
    let mut undeclared = Vec::new();
    for (&metric, label_sets) in &metrics {
        if label_sets.len() > 1 {
            differences.insert(Difference::Uneven { metric: metric.to_owned() });
        }
        let Some(group) = group_of.get(metric) else {
            undeclared.push(metric.to_owned());
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
    if !undeclared.is_empty() {
        let discovered = declared.discovers;
        differences.insert(Difference::Undeclared { metrics: undeclared, discovered });
    }
    for group in &declared.groups {
        let is_absent = |metric: &&String| !metrics.contains_key(metric.as_str());
        let absent: Vec<_> = group.metrics.iter().filter(is_absent).cloned().collect();
        if !absent.is_empty() {
            let (group, total) = (group.name.clone(), group.metrics.len());
            differences.insert(Difference::Absent { group, metrics: absent, total });
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

/// The difference and the correction, without [`Difference::metrics()`], which can be many.
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&match self {
            Self::Clash { name } => texts::name_clashes(name),
            Self::Dimension { metric, label, group } => {
                texts::label_is_no_dimension(label, metric, group)
            }
            Self::Undeclared { discovered: true, .. } => texts::metrics_are_discovered(),
            Self::Undeclared { discovered: false, .. } => texts::metrics_are_dropped(),
            Self::Absent { group, metrics, total } => absence(group, metrics, *total),
            Self::Uneven { metric } => texts::labels_vary(metric),
        })
    }
}

fn absence(group: &str, metrics: &[String], total: usize) -> String {
    let count = metrics.len();
    let text = match (count, total) {
        (1, 1) => texts::only_metric_is_absent(group),
        (1, _) => texts::one_metric_is_absent(group, total),
        _ if count == total => texts::all_metrics_are_absent(group, total),
        _ => texts::some_metrics_are_absent(group, count, total),
    };
    if are_process_metrics(metrics) {
        clauses(&text, &texts::absent_by_system())
    } else if count == total {
        clauses(&text, &texts::absent_everywhere())
    } else {
        text
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
        let summary = |difference: &Difference| {
            let parts = [difference.kind(), difference.subject()].map(str::to_owned);
            let parts = [&parts[..], difference.metrics()].concat();
            parts.join(" ").replace("  ", " ")
        };
        differences.iter().map(summary).collect()
    }

    #[test]
    fn differences_are_found_in_both_directions() {
        for (page, expected) in [
            ("a{l=\"1\"} 1\nb 1\nc 1\n", &[][..]),
            ("a 1\nc 1\n", &["absent g b"]),
            ("a 1\nb 1\nc 1\nd 1\ne 1\n", &["undeclared d e"]),
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
    fn undeclared_metrics_need_discovery() {
        let samples = Page::read(b"a 1\nb 1\nc 1\nd 1\n").samples;
        for (discovers, expected) in [(true, "stores them"), (false, "and dropped")] {
            let difference = &compare(&samples, &declared(discovers))[0];
            assert!(difference.to_string().contains(expected), "{difference}");
            assert!(difference.is_expected() && !difference.is_error(), "{difference}");
        }
    }

    #[test]
    fn only_partly_absent_groups_are_expected() {
        let absent = |metrics: &[&str], total| {
            let metrics = metrics.iter().map(|&metric| metric.to_owned()).collect();
            Difference::Absent { group: "g".to_owned(), metrics, total }
        };
        for (difference, is_expected, text) in [
            (absent(&["a"], 3), true, "1 of 3 metrics of the group g is not on the page, and its"),
            (absent(&["a", "b"], 2), false, "none of the 2 metrics of the group g is on the page"),
            (absent(&["a", "b"], 3), true, "2 of 3 metrics of the group g are not on the page"),
            (absent(&["a"], 1), false, "the only metric of the group g is not on the page"),
            (absent(&["a", "b"], 2), false, "like this; omit metrics that no host has"),
            (absent(&["process_threads"], 1), true, "process_* metrics depend on the system"),
            (absent(&["process_threads", "process_size"], 2), false, "no host has"),
        ] {
            assert_eq!(difference.is_expected(), is_expected, "{difference}");
            assert!(difference.to_string().contains(text), "{difference}");
        }
    }
}
