//! The tables of `bkpack init` with the names of this project's exporters: generated, so that a
//! package drafted from a community exporter's page names its metrics as this project does.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{list, text};

const DIRECTORY: &str = "crates/bkpack/src/init/metrics/glossary";

/// The exporters whose metrics have a table, and its name. An earlier one wins where two exporters
/// expose the same metric or label.
const TABLES: [(&str, &str); 2] = [("host_exporter", "node"), ("redis_exporter", "redis")];

/// Path, from the root of the workspace, and content of each table.
pub(super) fn tables(exporters: &[Value]) -> Vec<(String, String)> {
    let mut tables = Vec::new();
    let mut labels = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for (exporter, table) in TABLES {
        let Some(exporter) = exporters.iter().find(|found| text(found, "name") == exporter) else {
            continue;
        };
        tables.push((table, render(&metrics(exporter, &mut seen))));
        for (label, zh) in exporter["labels"].as_object().into_iter().flatten() {
            labels.entry(label.clone()).or_insert_with(|| zh.as_str().unwrap_or_default().into());
        }
    }
    tables.push(("own_labels", render(&labels)));
    tables.into_iter().map(|(name, text)| (format!("{DIRECTORY}/{name}.tsv"), text)).collect()
}

/// The Chinese names of an exporter's metrics. A pattern becomes a rule whose names show what `*`
/// stands for; `*` alone would match any metric.
fn metrics(exporter: &Value, seen: &mut BTreeSet<String>) -> BTreeMap<String, String> {
    let named = list(exporter, "metrics").map(|metric| (metric, ""));
    let patterns = list(exporter, "patterns").map(|pattern| (pattern, "{}"));
    let mut names = BTreeMap::new();
    for (metric, rest) in named.chain(patterns) {
        let (name, zh) = (text(metric, "name"), text(metric, "zh"));
        if name != "*" && !zh.is_empty() && seen.insert(name.to_owned()) {
            names.insert(name.to_owned(), format!("{zh}{rest}"));
        }
    }
    names
}

fn render(names: &BTreeMap<String, String>) -> String {
    names.iter().map(|(name, zh)| format!("{name}\t{zh}\n")).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_first_exporter_names_shared_metrics() {
        let redis = json!({
            "name": "redis_exporter",
            "labels": {"version": "程序版本", "db": "数据库"},
            "metrics": [{"name": "redis_up", "zh": "是否可用"}, {"name": "process_threads", "zh": "线程"}],
        });
        let host = json!({
            "name": "host_exporter",
            "labels": {"version": "版本"},
            "metrics": [{"name": "process_threads", "zh": "进程线程数"}, {"name": "a", "zh": ""}],
            "patterns": [{"name": "node_memory_*", "zh": "其他内存指标"}, {"name": "*", "zh": "文件"}],
        });
        let found = tables(&[redis, host]);
        let expected = [
            ("node", "node_memory_*\t其他内存指标{}\nprocess_threads\t进程线程数\n"),
            ("redis", "redis_up\t是否可用\n"),
            ("own_labels", "db\t数据库\nversion\t版本\n"),
        ];
        let expected =
            expected.map(|(name, text)| (format!("{DIRECTORY}/{name}.tsv"), text.into()));
        assert_eq!(found, expected);
    }
}
