//! The default groups of a package, taken from the exporter's definitions. In a table every label
//! applies to every metric, so a group whose metrics differ in their labels becomes several tables
//! with distinct names.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::iter;

use crate::check::is_reserved_table;
use crate::definitions::{Metric, MetricGroup};
use crate::description::{Group, PackageDescription, Sources};
use crate::names::GROUP_TEXT_LIMIT as LIMIT;
use crate::problem::Problems;
use crate::selection::Selected;
use crate::texts::sources as texts;

/// Letters of a label that remain when its table's name is truncated.
const LABEL_LETTERS: usize = 6;

/// A table to generate.
struct Table<'a> {
    group: &'a MetricGroup,
    /// The labels that distinguish it from the main table of its group; `None` for the main table.
    labels: Option<Vec<&'a str>>,
    metrics: Vec<&'a Metric>,
}

/// Assigns the metrics that no group of the description claims to the groups of the definitions.
/// Metrics of a group that is disabled by default are not packaged.
pub(crate) fn default_groups<'a>(
    metrics: &[&'a Metric],
    sources: Sources<'a>,
    problems: &mut Problems,
) -> Vec<Selected<'a>> {
    let Sources { description, definitions } = sources;
    for metric in metrics {
        if definitions.groups.iter().any(|group| group.name == metric.group) {
            continue;
        }
        let message = match &*metric.group {
            "" => texts::metric_without_group(),
            group => texts::metric_of_unknown_group(group),
        };
        let rule = (message, texts::metric_without_group_advice(&description.file));
        problems.add(definitions.place(&format!("{}.group", metric.name)), rule);
    }

    let enabled = definitions.groups.iter().filter(|group| sources.packs(group));
    let tables: Vec<_> = enabled.flat_map(|group| split(group, metrics)).collect();
    for Table { group, .. } in &tables {
        if group.zh.trim().is_empty() {
            let rule = (texts::text_is_empty(), texts::add_one_up_to(LIMIT));
            problems.add(definitions.place(&format!("group {}.zh", group.name)), rule);
        }
    }

    let mut names = UsedNames::new(description.groups.iter().map(|group| &group.name));
    let mut texts = UsedNames::new(description.groups.iter().map(|group| &group.description));
    let mut selection: Vec<_> = tables
        .iter()
        .map(|table| Selected {
            name: String::new(),
            description: String::new(),
            metrics: table.metrics.clone(),
        })
        .collect();
    // Main tables are named first: a split-off table must not take the name of a group.
    for is_main in [true, false] {
        for (selected, table) in selection.iter_mut().zip(&tables) {
            if table.labels.is_none() == is_main {
                selected.name = names.reserve(table.name(description), "_");
                selected.description = texts.reserve(table.text(sources), "");
            }
        }
    }
    selection
}

/// The tables of a group, the one with the most metrics first.
fn split<'a>(group: &'a MetricGroup, metrics: &[&'a Metric]) -> Vec<Table<'a>> {
    let mut tables: Vec<(BTreeSet<&str>, Vec<&'a Metric>)> = Vec::new();
    for metric in metrics.iter().filter(|metric| metric.group == group.name) {
        let labels = metric.dimensions().into_iter().collect();
        match tables.iter_mut().find(|(others, _)| *others == labels) {
            Some((_, metrics)) => metrics.push(metric),
            None => tables.push((labels, vec![metric])),
        }
    }
    tables.sort_by_key(|(labels, metrics)| (Reverse(metrics.len()), labels.len()));
    let main = tables.first().map(|(labels, _)| labels.clone()).unwrap_or_default();
    let table = |(_, metrics): (BTreeSet<&str>, Vec<&'a Metric>)| {
        let all = metrics[0].dimensions();
        let more: Vec<_> = all.iter().copied().filter(|label| !main.contains(label)).collect();
        Table { group, labels: Some(if more.is_empty() { all } else { more }), metrics }
    };
    let mut tables: Vec<_> = tables.into_iter().map(table).collect();
    if let Some(main) = tables.first_mut() {
        main.labels = None;
    }
    tables
}

impl Table<'_> {
    /// Whether these are info metrics: by convention, many labels and the value 1.
    fn is_info(&self) -> bool {
        self.metrics.iter().all(|metric| metric.name.ends_with("_info"))
    }

    /// A candidate name, not necessarily unique.
    fn name(&self, description: &PackageDescription) -> String {
        let stem = identifier(&self.group.name);
        let is_stem = |group: &Group| group.name.eq_ignore_ascii_case(&stem);
        match self.labels.as_deref() {
            // The remainder of a group that the description redefines.
            None if description.groups.iter().any(is_stem) => join(&stem, "other"),
            None if is_reserved_table(&stem) => join(&stem, "metrics"),
            None => truncate(&stem, LIMIT),
            Some([]) => join(&stem, "total"),
            Some(_) if self.is_info() => join(&stem, "info"),
            Some(labels) => {
                let labels: Vec<_> = labels.iter().map(|label| identifier(label)).collect();
                let name = |count| format!("{stem}_{}", labels[..count].join("_"));
                let fitting = (1..=labels.len()).rev().map(name).find(|name| name.len() <= LIMIT);
                fitting.unwrap_or_else(|| join(&stem, &labels[0]))
            }
        }
    }

    /// A candidate Chinese name, not necessarily unique.
    fn text(&self, sources: Sources<'_>) -> String {
        let zh = match self.group.zh.trim() {
            "" => &self.group.name,
            zh => zh,
        };
        match self.labels.as_deref() {
            None if sources.description.groups.iter().any(|group| group.description == zh) => {
                with_qualifier(zh, "其他")
            }
            None => truncate(zh, LIMIT),
            Some([]) => with_qualifier(zh, "汇总"),
            Some(_) if self.is_info() => with_qualifier(zh, "信息"),
            Some(labels) => {
                let label = |&label| sources.label_name(label).unwrap_or(label);
                let labels: Vec<_> = labels.iter().map(label).collect();
                let text = |count| {
                    let more = if count < labels.len() { "等" } else { "" };
                    format!("按{}{more}", labels[..count].join("、"))
                };
                let fits = |text: &String| zh.chars().count() + text.chars().count() + 2 <= LIMIT;
                let fitting = (1..=labels.len()).rev().map(text).find(fits);
                with_qualifier(zh, &fitting.unwrap_or_else(|| text(1)))
            }
        }
    }
}

/// Converts a text to an identifier of lower-case letters, digits and `_` that starts with a
/// letter.
fn identifier(text: &str) -> String {
    let text = text.to_lowercase();
    let text = text.trim_start_matches(|c: char| !c.is_ascii_lowercase());
    let replacement = |c: char| if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { '_' };
    if text.is_empty() { "metrics".to_owned() } else { text.chars().map(replacement).collect() }
}

/// Joins both words into one name, truncated to the limit.
fn join(stem: &str, word: &str) -> String {
    let room = LIMIT - 1 - word.len().min(LABEL_LETTERS);
    truncate(&format!("{}_{word}", truncate(stem, room)), LIMIT)
}

/// A Chinese name with a qualifier in brackets; without it if it does not fit.
fn with_qualifier(zh: &str, text: &str) -> String {
    match LIMIT.saturating_sub(text.chars().count() + 2) {
        0..3 => truncate(zh, LIMIT),
        room => format!("{}（{text}）", truncate(zh, room)),
    }
}

/// Truncates a text to `count` characters.
fn truncate(text: &str, count: usize) -> String {
    text.chars().take(count).collect::<String>().trim_end_matches('_').to_owned()
}

/// Names in use; upper and lower case are equal.
struct UsedNames(BTreeSet<String>);

impl UsedNames {
    fn new<'a>(texts: impl Iterator<Item = &'a String>) -> Self {
        Self(texts.map(|text| text.to_lowercase()).collect())
    }

    /// Reserves a text, with a number appended if it is in use.
    fn reserve(&mut self, text: String, separator: &str) -> String {
        let numbered = (2..).map(|number| {
            let end = format!("{separator}{number}");
            format!("{}{end}", truncate(&text, LIMIT - end.len()))
        });
        let mut candidates = iter::once(text.clone()).chain(numbered);
        let free = candidates.find(|candidate| self.0.insert(candidate.to_lowercase()));
        free.expect("the sequence of numbers is infinite")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definitions::Definitions;

    const DESCRIPTION: &str =
        "plugin_id = 'a'\ncomponent_name = 'a'\ndisplay_name = 'a'\nlisten = ''\n";

    /// The default groups as `name description: metrics`; a metric is `group metric label,…`.
    fn groups(toml: &str, groups: &[(&str, &str)], metrics: &[&str]) -> Vec<String> {
        let description = PackageDescription::parse("f", &format!("{DESCRIPTION}{toml}")).unwrap();
        let groups: Vec<_> = groups
            .iter()
            .map(
                |(name, zh)| serde_json::json!({"name": name, "zh": zh, "enabled": !zh.is_empty()}),
            )
            .collect();
        let metric = |line: &&str| {
            let words: Vec<_> = line.split(' ').collect();
            let kind = if words[1].ends_with("_hist") { "histogram" } else { "gauge" };
            let labels: Vec<_> = words.get(2).iter().flat_map(|list| list.split(',')).collect();
            serde_json::json!({"group": words[0], "name": words[1], "kind": kind, "labels": labels})
        };
        let json = serde_json::json!({
            "schema": 1, "name": "n", "version": "1", "groups": groups,
            "labels": {
                "cpu": "处理器", "mode": "模式", "version": "程序版本", "revision": "源码版本",
                "target": "编译平台", "long": "一二三四五六七八九十一二三四五"
            },
            "metrics": metrics.iter().map(metric).collect::<Vec<_>>(),
        });
        let definitions = Definitions::parse("n", &json.to_string()).unwrap();
        let metrics: Vec<_> = definitions.metrics.iter().collect();
        let mut problems = Problems::default();
        let sources = Sources { description: &description, definitions: &definitions };
        let groups = default_groups(&metrics, sources, &mut problems);
        assert_eq!(problems.into_vec(), []);
        let lines = groups.iter().map(|group| {
            for text in [&group.name, &group.description] {
                assert!(text.chars().count() <= LIMIT, "{text}");
            }
            let metrics: Vec<_> = group.metrics.iter().map(|metric| &*metric.name).collect();
            format!("{} {}: {}", group.name, group.description, metrics.join(" "))
        });
        lines.collect()
    }

    #[test]
    fn groups_are_split_by_labels() {
        let found = groups(
            "",
            &[("cpu", "CPU"), ("off", ""), ("process", "采集进程")],
            &[
                "process builds version,revision,target",
                "process build_info version,revision",
                "cpu cores",
                "cpu seconds cpu,mode",
                "off never",
                "process threads",
                "cpu guest mode,cpu",
                "cpu wait_hist cpu,mode",
                "cpu load cpu",
                "process fds",
            ],
        );
        let expected = [
            "cpu CPU: seconds guest",
            "cpu_total CPU（汇总）: cores",
            "cpu_cpu CPU（按处理器）: load",
            "cpu_le CPU（按分桶上限）: wait_hist",
            "process 采集进程: threads fds",
            "process_info 采集进程（信息）: build_info",
            "process_version 采集进程（按程序版本等）: builds",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn fewer_labels_win_the_plain_name() {
        let found = groups("", &[("a", "甲")], &["a one cpu", "a two"]);
        assert_eq!(found, ["a 甲: two", "a_cpu 甲（按处理器）: one"]);
    }

    #[test]
    fn names_are_truncated_and_numbered() {
        let found = groups(
            "",
            &[
                ("powersupplyclass", "很长很长很长很长很长很长的电源"),
                ("PowerSupplyClass2", "很长很长很长很长很长很长的电源信息"),
                ("9-A.b", "乙a"),
                ("___", "乙A"),
            ],
            &[
                "powersupplyclass one",
                "powersupplyclass two device_error",
                "powersupplyclass three long",
                "powersupplyclass four device_errors",
                "PowerSupplyClass2 five",
                "9-A.b six",
                "___ seven",
            ],
        );
        let expected = [
            "powersupplyclas 很长很长很长很长很长很长的电源: one",
            "powersup_device 很长很长很长很长很长很长的电3: two",
            "powersuppl_long 很长很长很长很长很长很长的电4: three",
            "powersup_devi_2 很长很长很长很长很长很长的电5: four",
            "powersupplycl_2 很长很长很长很长很长很长的电2: five",
            "a_b 乙a: six",
            "metrics 乙A2: seven",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn reserved_words_are_not_table_names() {
        let found = groups("", &[("stats", "统计")], &["stats one", "stats two mode"]);
        let expected = ["stats_metrics 统计: one", "stats_mode 统计（按模式）: two"];
        assert_eq!(found, expected);
    }

    #[test]
    fn split_off_tables_keep_group_names_free() {
        let metrics = ["a one", "a two mode", "a_mode three", "a_mode four"];
        let found = groups("", &[("a", "甲"), ("a_mode", "甲（按模式）")], &metrics);
        let expected =
            ["a 甲: one", "a_mode_2 甲（按模式）2: two", "a_mode 甲（按模式）: three four"];
        assert_eq!(found, expected);
    }

    #[test]
    fn remainder_of_a_redefined_group_is_renamed() {
        let toml = "[[group]]\nname = 'CPU'\ndescription = '处理器'\nmetrics = ['x']\n\
                    [dimensions]\ncpu = '核'";
        let found = groups(toml, &[("cpu", "处理器")], &["cpu one", "cpu two cpu"]);
        assert_eq!(found, ["cpu_other 处理器（其他）: one", "cpu_cpu 处理器（按核）: two"]);
    }
}
