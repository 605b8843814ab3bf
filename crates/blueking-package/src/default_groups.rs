//! The groups that a package has by default: those of the exporter's definitions. In one table every
//! label applies to every metric, so a group whose metrics differ in their labels becomes several
//! tables, under names that tell them apart.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::iter;

use crate::check::is_reserved_table;
use crate::definitions::{Definitions, Metric, MetricGroup};
use crate::description::{Group, PackageDescription};
use crate::names::GROUP_TEXT_LIMIT as LIMIT;
use crate::problem::{Place, Problems};
use crate::selection::Selected;

/// Letters of a label that stay when its table's name is cut.
const LABEL_LETTERS: usize = 6;

/// A table to be.
struct Table<'a> {
    group: &'a MetricGroup,
    /// The labels that tell it from the main table of its group; `None` is that table.
    labels: Option<Vec<&'a str>>,
    metrics: Vec<&'a Metric>,
}

/// Deals metrics that no group of the description claims out to the groups of the definitions.
/// Metrics of a group that is off by default are not packed.
pub(crate) fn default_groups<'a>(
    metrics: &[&'a Metric],
    description: &PackageDescription,
    definitions: &'a Definitions,
    problems: &mut Problems,
) -> Vec<Selected<'a>> {
    for metric in metrics {
        if definitions.groups.iter().any(|group| group.name == metric.group) {
            continue;
        }
        let what = match &*metric.group {
            "" => "names no group".to_owned(),
            group => format!("names the group {group:?}, which the exporter does not define"),
        };
        let rule = format!(
            "The metric {what}; correct the exporter, add the metric to a [[group]] of {}, or to \
             `omit` to leave it out on purpose.",
            description.file
        );
        problems.add(Place::new(definitions.place(), format!("{}.group", metric.name)), rule);
    }

    let enabled = definitions.groups.iter().filter(|group| description.packs(group, definitions));
    let tables: Vec<_> = enabled.flat_map(|group| split(group, metrics)).collect();
    for Table { group, .. } in &tables {
        if group.zh.trim().is_empty() {
            let place = Place::new(definitions.place(), format!("group {}.zh", group.name));
            let rule = format!("The text is empty; write one of at most {LIMIT} characters.");
            problems.add(place, rule);
        }
    }

    let mut names = Taken::new(description.groups.iter().map(|group| &group.name));
    let mut texts = Taken::new(description.groups.iter().map(|group| &group.description));
    let mut selection: Vec<_> = tables
        .iter()
        .map(|table| Selected {
            name: String::new(),
            description: String::new(),
            metrics: table.metrics.clone(),
        })
        .collect();
    // The main tables first: those that are split off take no name of a group away.
    for is_main in [true, false] {
        for (selected, table) in selection.iter_mut().zip(&tables) {
            if table.labels.is_none() == is_main {
                selected.name = names.take(table.name(description), "_");
                selected.description = texts.take(table.text(description, definitions), "");
            }
        }
    }
    selection
}

/// The tables of a group, the one with most metrics first.
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
    /// Whether all of it is in the labels: by custom, such a metric has many and the value 1.
    fn is_info(&self) -> bool {
        self.metrics.iter().all(|metric| metric.name.ends_with("_info"))
    }

    /// A name for it, which may be taken.
    fn name(&self, description: &PackageDescription) -> String {
        let stem = identifier(&self.group.name);
        let is_stem = |group: &Group| group.name.eq_ignore_ascii_case(&stem);
        match self.labels.as_deref() {
            // What a group of a person has left over.
            None if description.groups.iter().any(is_stem) => joined(&stem, "other"),
            None if is_reserved_table(&stem) => joined(&stem, "metrics"),
            None => head(&stem, LIMIT),
            Some([]) => joined(&stem, "total"),
            Some(_) if self.is_info() => joined(&stem, "info"),
            Some(labels) => {
                let labels: Vec<_> = labels.iter().map(|label| identifier(label)).collect();
                let name = |count| format!("{stem}_{}", labels[..count].join("_"));
                let fitting = (1..=labels.len()).rev().map(name).find(|name| name.len() <= LIMIT);
                fitting.unwrap_or_else(|| joined(&stem, &labels[0]))
            }
        }
    }

    /// A Chinese name for it, which may be taken.
    fn text(&self, description: &PackageDescription, definitions: &Definitions) -> String {
        let zh = match self.group.zh.trim() {
            "" => &self.group.name,
            zh => zh,
        };
        match self.labels.as_deref() {
            None if description.groups.iter().any(|group| group.description == zh) => {
                in_brackets(zh, "其他")
            }
            None => head(zh, LIMIT),
            Some([]) => in_brackets(zh, "汇总"),
            Some(_) if self.is_info() => in_brackets(zh, "信息"),
            Some(labels) => {
                let label = |&label| description.label_name(label, definitions).unwrap_or(label);
                let labels: Vec<_> = labels.iter().map(label).collect();
                let text = |count| {
                    let more = if count < labels.len() { "等" } else { "" };
                    format!("按{}{more}", labels[..count].join("、"))
                };
                let fits = |text: &String| zh.chars().count() + text.chars().count() + 2 <= LIMIT;
                let fitting = (1..=labels.len()).rev().map(text).find(fits);
                in_brackets(zh, &fitting.unwrap_or_else(|| text(1)))
            }
        }
    }
}

/// A text as an identifier of lower-case letters, digits and `_` that begins with a letter.
fn identifier(text: &str) -> String {
    let text = text.to_lowercase();
    let text = text.trim_start_matches(|c: char| !c.is_ascii_lowercase());
    let sign = |c: char| if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { '_' };
    if text.is_empty() { "metrics".to_owned() } else { text.chars().map(sign).collect() }
}

/// Both words in one name, cut where they are too long together.
fn joined(stem: &str, word: &str) -> String {
    let room = LIMIT - 1 - word.len().min(LABEL_LETTERS);
    head(&format!("{}_{word}", head(stem, room)), LIMIT)
}

/// A Chinese name with what tells it from others; without it where it takes too much room.
fn in_brackets(zh: &str, text: &str) -> String {
    match LIMIT.saturating_sub(text.chars().count() + 2) {
        0..3 => head(zh, LIMIT),
        room => format!("{}（{text}）", head(zh, room)),
    }
}

/// The first characters of a text.
fn head(text: &str, count: usize) -> String {
    text.chars().take(count).collect::<String>().trim_end_matches('_').to_owned()
}

/// What is taken already; upper and lower case count as the same.
struct Taken(BTreeSet<String>);

impl Taken {
    fn new<'a>(texts: impl Iterator<Item = &'a String>) -> Self {
        Self(texts.map(|text| text.to_lowercase()).collect())
    }

    /// Takes a text, with a number where it is taken already.
    fn take(&mut self, text: String, separator: &str) -> String {
        let numbered = (2..).map(|number| {
            let end = format!("{separator}{number}");
            format!("{}{end}", head(&text, LIMIT - end.len()))
        });
        let mut candidates = iter::once(text.clone()).chain(numbered);
        let free = candidates.find(|candidate| self.0.insert(candidate.to_lowercase()));
        free.expect("numbers do not end before one is free")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let groups = default_groups(&metrics, &description, &definitions, &mut problems);
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
    fn a_group_is_split_by_its_labels() {
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
    fn of_equal_tables_the_one_with_fewer_labels_has_the_plain_name() {
        let found = groups("", &[("a", "甲")], &["a one cpu", "a two"]);
        assert_eq!(found, ["a 甲: two", "a_cpu 甲（按处理器）: one"]);
    }

    #[test]
    fn names_are_cut_and_numbered() {
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
    fn words_of_the_storage_are_no_names() {
        let found = groups("", &[("stats", "统计")], &["stats one", "stats two mode"]);
        let expected = ["stats_metrics 统计: one", "stats_mode 统计（按模式）: two"];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_table_that_is_split_off_takes_no_name_of_a_group() {
        let metrics = ["a one", "a two mode", "a_mode three", "a_mode four"];
        let found = groups("", &[("a", "甲"), ("a_mode", "甲（按模式）")], &metrics);
        let expected =
            ["a 甲: one", "a_mode_2 甲（按模式）2: two", "a_mode 甲（按模式）: three four"];
        assert_eq!(found, expected);
    }

    #[test]
    fn what_is_left_of_a_group_that_a_person_changed_is_told_from_it() {
        let toml = "[[group]]\nname = 'CPU'\ndescription = '处理器'\nmetrics = ['x']\n\
                    [dimensions]\ncpu = '核'";
        let found = groups(toml, &[("cpu", "处理器")], &["cpu one", "cpu two cpu"]);
        assert_eq!(found, ["cpu_other 处理器（其他）: one", "cpu_cpu 处理器（按核）: two"]);
    }
}
