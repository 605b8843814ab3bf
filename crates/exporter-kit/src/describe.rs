//! The output of `--describe`: everything about an exporter, independent of its settings. Packages,
//! references and dashboards are generated from it.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::collector::{CollectorDef, System};
use crate::metrics::{AnyPattern, Description, Kind, Metric, UnitRule};
use crate::process::ProcessMetrics;
use crate::self_metrics::SelfMetrics;
use crate::settings::{FlagSpec, describe_flags};

/// Incremented when programs that read the previous schema would misread the output.
const SCHEMA: u32 = 1;

/// Chinese names of the labels that the kit itself adds to samples.
const LABELS: [(&str, &str); 8] = [
    ("code", "状态码"),
    ("collector", "采集项"),
    ("le", "分桶上限"),
    ("quantile", "分位数"),
    ("revision", "源码版本"),
    ("rustversion", "Rust版本"),
    ("target", "编译平台"),
    ("version", "程序版本"),
];

/// The parts of an exporter that `--describe` prints.
pub(crate) struct Described<'a> {
    pub(crate) name: &'a str,
    pub(crate) version: &'a str,
    pub(crate) about: &'a str,
    pub(crate) flags: &'a [FlagSpec],
    pub(crate) labels: &'a [(&'a str, &'a str)],
    /// Those of the same name, for different systems, are described as one.
    pub(crate) collectors: &'a [CollectorDef],
}

impl Described<'_> {
    pub(crate) fn to_json(&self, own: &SelfMetrics) -> Value {
        let (mut groups, mut metrics, mut patterns) = (Vec::new(), Vec::new(), Vec::new());
        let (mut collectors, mut known) = (Vec::new(), BTreeSet::new());
        for (at, def) in self.collectors.iter().enumerate() {
            let of_this_name = |other: &&CollectorDef| other.name == def.name;
            if !self.collectors[..at].iter().any(|other| of_this_name(&other)) {
                let all: Vec<_> = self.collectors.iter().filter(of_this_name).collect();
                groups.push(group(def.name, def.zh, all.iter().any(|def| def.enabled)));
                collectors.push(collector(def, &all));
            }
            let new = def.metrics().map(|it| it.describe()).filter(|it| known.insert(it.name));
            metrics.extend(new.map(|it| metric(it, def.name)));
            patterns.extend(def.patterns.iter().map(|it| pattern(*it, def.name)));
        }
        let own_groups: [(&str, &str, &[&dyn Metric]); 4] = [
            ("collectors", "采集项状态", &own.of_collectors()),
            ("exporter_build", "采集程序版本", &own.build_info()),
            ("process", "采集进程", ProcessMetrics::definitions()),
            ("scrapes", "抓取请求", &SelfMetrics::of_requests()),
        ];
        for (name, zh, definitions) in own_groups {
            groups.push(group(name, zh, true));
            metrics.extend(definitions.iter().map(|it| metric(it.describe(), name)));
        }
        let labels: Map<_, _> = LABELS
            .iter()
            .chain(self.labels)
            .map(|(name, zh)| ((*name).to_owned(), Value::from(*zh)))
            .collect();
        json!({
            "schema": SCHEMA,
            "name": self.name,
            "version": self.version,
            "about": self.about,
            "flags": describe_flags(self.flags),
            "labels": labels,
            "groups": groups,
            "collectors": collectors,
            "metrics": metrics,
            "patterns": patterns,
        })
    }
}

fn group(name: &str, zh: &str, enabled: bool) -> Value {
    json!({"name": name, "zh": zh, "enabled": enabled})
}

/// The collector, of which `all` has the definitions for each system.
fn collector(def: &CollectorDef, all: &[&CollectorDef]) -> Value {
    let mut systems: Vec<_> = all.iter().flat_map(|def| def.systems).copied().collect();
    systems.dedup();
    let mut sources: Vec<_> = all.iter().map(|def| def.source).collect();
    sources.dedup();
    json!({
        "name": def.name,
        "zh": def.zh,
        "about": def.about,
        "source": sources.join("; "),
        "systems": systems.into_iter().map(System::as_str).collect::<Vec<_>>(),
        "enabled": all.iter().any(|def| def.enabled),
    })
}

fn metric(metric: Description<'_>, group: &str) -> Value {
    // The label of a stateset that names the state.
    let state = (metric.kind == Kind::StateSet).then_some(metric.name);
    let labels: Vec<_> = metric.labels.iter().copied().chain(state).collect();
    json!({
        "name": metric.name,
        "kind": metric.kind.as_str(),
        "help": metric.help,
        "unit": metric.unit.as_str(),
        "labels": labels,
        "bounds": metric.bounds,
        "compatible_with": metric.compatible_with,
        "zh": metric.zh,
        "group": group,
    })
}

fn pattern(pattern: &dyn AnyPattern, group: &str) -> Value {
    let pattern = pattern.describe();
    let unit = match pattern.unit {
        UnitRule::Fixed(unit) => unit.as_str(),
        UnitRule::BySuffix => "by suffix",
    };
    json!({
        "name": format!("{}*", pattern.prefix),
        "kind": pattern.kind.as_str(),
        "help": pattern.help,
        "unit": unit,
        "labels": pattern.labels,
        "compatible_with": pattern.compatible_with,
        "zh": pattern.zh,
        "group": group,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{Field, Gauge, GaugePattern, Histogram, Unit};
    use crate::settings::{AnyFlag, Flag, all_flags};

    const DEPTH: Gauge<1> = Gauge::new("queue_depth", "Depth.").labels(["queue"]).zh("深度");
    const WAIT: Histogram = Histogram::new("queue_wait_seconds", "Wait.").buckets(&[0.5]);
    const SIZE: Gauge = Gauge::new("queue_size_bytes", "Size.").unit(Unit::Bytes);
    const REST: GaugePattern = GaugePattern::new("queue_x_", "Field {}.").zh("其他");
    const LIMIT: Flag<u64> = Flag::number("collector.queue.limit", "7", "Limit.");
    const QUEUE: CollectorDef =
        CollectorDef::from_fn("queue", "队列", "Jobs.", &[&DEPTH, &WAIT], |_| Ok(()))
            .fields(&[&[Field::gauge("size", SIZE)]])
            .patterns(&[&REST])
            .flags(&[&LIMIT])
            .source("/var/spool")
            .systems(&[System::Linux])
            .off_by_default();

    #[test]
    fn the_whole_exporter_is_described() {
        let own: &[&dyn AnyFlag] = &[&Flag::switch("queue.all", "All.")];
        let json = Described {
            name: "queue_exporter",
            version: "1",
            about: "Queues.",
            flags: &all_flags(":1", own, &[QUEUE]),
            labels: &[("queue", "队列")],
            collectors: &[QUEUE],
        }
        .to_json(&SelfMetrics::new("queue_exporter", "queue_exporter"));
        assert_eq!(json["schema"], 1);
        assert_eq!(
            (&json["labels"]["queue"], &json["labels"]["le"]),
            (&"队列".into(), &"分桶上限".into())
        );
        let collector = json!({
            "name": "queue", "zh": "队列", "about": "Jobs.", "source": "/var/spool",
            "systems": ["linux"], "enabled": false,
        });
        assert_eq!(json["collectors"], json!([collector]));
        assert_eq!(json["groups"][0], json!({"name": "queue", "zh": "队列", "enabled": false}));
        let find = |list: &str, name: &str| {
            let list = json[list].as_array().unwrap();
            list.iter().find(|it| it["name"] == name).unwrap_or(&Value::Null).clone()
        };
        for (name, key, value) in [
            ("queue_depth", "labels", json!(["queue"])),
            ("queue_depth", "group", json!("queue")),
            ("queue_wait_seconds", "bounds", json!([0.5])),
            ("queue_size_bytes", "unit", json!("bytes")),
            ("process_open_fds", "group", json!("process")),
            ("queue_exporter_build_info", "group", json!("exporter_build")),
            ("queue_exporter_scrape_collector_success", "group", json!("collectors")),
            ("promhttp_metric_handler_requests_total", "group", json!("scrapes")),
        ] {
            assert_eq!(find("metrics", name)[key], value, "{name}");
        }
        assert_eq!(find("patterns", "queue_x_*")["zh"], "其他");
        let limit = find("flags", "collector.queue.limit");
        assert_eq!((&limit["type"], &limit["default"]), (&"number".into(), &"7".into()));
        assert_eq!(limit["collector"], "queue");
        let switch = find("flags", "collector.queue");
        assert_eq!((&switch["value"], &switch["default"]), (&Value::Null, &"false".into()));
        assert_eq!(find("flags", "queue.all")["collector"], Value::Null);
        let groups: Vec<_> =
            json["groups"].as_array().unwrap().iter().map(|it| &it["name"]).collect();
        for metric in json["metrics"].as_array().unwrap() {
            assert!(groups.contains(&&metric["group"]), "{metric}");
        }
    }

    #[test]
    fn collectors_of_several_systems_are_one() {
        const ELSEWHERE: CollectorDef =
            CollectorDef::from_fn("queue", "队列", "Jobs.", &[&DEPTH, &WORKERS], |_| Ok(()))
                .source("QueryQueue")
                .systems(&[System::Windows]);
        const WORKERS: Gauge = Gauge::new("queue_workers", "Workers.");
        let json = Described {
            name: "queue_exporter",
            version: "1",
            about: "Queues.",
            flags: &[],
            labels: &[],
            collectors: &[QUEUE, ELSEWHERE],
        }
        .to_json(&SelfMetrics::new("queue_exporter", "queue_exporter"));
        let collector = json!({
            "name": "queue", "zh": "队列", "about": "Jobs.", "source": "/var/spool; QueryQueue",
            "systems": ["linux", "windows"], "enabled": true,
        });
        assert_eq!(json["collectors"], json!([collector]));
        assert_eq!(json["groups"][0]["enabled"], true);
        assert_ne!(json["groups"][1]["name"], "queue");
        let of = |name: &str| {
            let metrics = json["metrics"].as_array().unwrap().iter();
            metrics.filter(|metric| metric["name"] == name).count()
        };
        assert_eq!((of("queue_depth"), of("queue_workers")), (1, 1));
    }
}
