//! A Redis Sentinel: the masters that it watches, their replicas and the other Sentinels.

use exporter_kit::{Field, Gauge, Metric, Samples};

use super::info::NAMES_OF;
use super::info::field::gauge;
use super::replies::SentinelMaster;
use crate::info::Info;
use crate::resp::Value;

const STATUS: Gauge<3> = Gauge::new(
    "redis_sentinel_master_status",
    "Whether the Sentinel considers the master to be well (1) or not (0).",
)
.labels(["master_name", "master_address", "master_status"])
.zh("主节点状态")
.compatible_with(NAMES_OF);

const REPLICAS: Gauge<2> =
    Gauge::new("redis_sentinel_master_slaves", "Replicas of the master that the Sentinel knows.")
        .labels(["master_name", "master_address"])
        .zh("主节点的副本数")
        .compatible_with(NAMES_OF);

const OK_REPLICAS: Gauge<2> =
    Gauge::new("redis_sentinel_master_ok_slaves", "Replicas of the master that are not down.")
        .labels(["master_name", "master_address"])
        .zh("正常的副本数")
        .compatible_with(NAMES_OF);

const SENTINELS: Gauge<2> = Gauge::new(
    "redis_sentinel_master_sentinels",
    "Sentinels that watch the master, this one included.",
)
.labels(["master_name", "master_address"])
.zh("监视主节点的Sentinel数")
.compatible_with(NAMES_OF);

const OK_SENTINELS: Gauge<2> = Gauge::new(
    "redis_sentinel_master_ok_sentinels",
    "Sentinels that watch the master and are not down, this one included.",
)
.labels(["master_name", "master_address"])
.zh("正常的Sentinel数")
.compatible_with(NAMES_OF);

const QUORUM: Gauge<2> = Gauge::new(
    "redis_sentinel_master_ckquorum_status",
    "Whether enough Sentinels are there to fail over the master (1) or not (0).",
)
.labels(["master_name", "message"])
.zh("Sentinel法定人数状态")
.compatible_with(NAMES_OF);

pub(super) const METRICS: &[&dyn Metric] =
    &[&STATUS, &REPLICAS, &OK_REPLICAS, &SENTINELS, &OK_SENTINELS, &QUORUM];

pub(super) const FIELDS: &[Field] = &[
    gauge(
        "sentinel_masters",
        "redis_sentinel_masters",
        "监视的主节点数",
        "Masters that the Sentinel watches.",
    ),
    gauge(
        "sentinel_tilt",
        "redis_sentinel_tilt",
        "是否处于TILT模式",
        "Whether the Sentinel only observes, as its clock or system is unreliable (1) or not (0).",
    ),
    gauge(
        "sentinel_running_scripts",
        "redis_sentinel_running_scripts",
        "正在运行的脚本数",
        "Scripts of the Sentinel that run.",
    ),
    gauge(
        "sentinel_scripts_queue_length",
        "redis_sentinel_scripts_queue_length",
        "排队的脚本数",
        "Scripts of the Sentinel that run or wait to.",
    ),
    gauge(
        "sentinel_simulate_failure_flags",
        "redis_sentinel_simulate_failure_flags",
        "模拟故障标志",
        "Failures that the Sentinel was told to simulate, as bits; 0 is none.",
    ),
];

pub(super) fn set(masters: &[SentinelMaster], info: &Info<'_>, out: &mut Samples) {
    for field in FIELDS {
        if let Some(number) = info.number(field.key()) {
            field.set(number, out);
        }
    }
    for (number, list) in info.lists("master") {
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            continue;
        }
        let [name, address, status] =
            ["name", "address", "status"].map(|key| list.text(key).unwrap_or_default());
        out.set(&STATUS, [name, address, status], if status == "ok" { 1.0 } else { 0.0 });
        for (metric, key) in [(&REPLICAS, "slaves"), (&SENTINELS, "sentinels")] {
            if let Some(count) = list.number(key) {
                out.set(metric, [name, address], count);
            }
        }
    }
    for SentinelMaster { master, sentinels, replicas, quorum } in masters {
        let pairs = master.pairs();
        let text = |key: &str| pairs.get(key).map(|text| &**text).unwrap_or_default();
        let address = format!("{}:{}", text("ip"), text("port"));
        let labels = [text("name"), &address];
        if let Some(count) = sentinels.as_ref().and_then(well) {
            // The reply is without the Sentinel that is asked.
            out.set(&OK_SENTINELS, labels, (count + 1) as f64);
        }
        if let Some(count) = replicas.as_ref().and_then(well) {
            out.set(&OK_REPLICAS, labels, count as f64);
        }
        if let Some((is_there, words)) = quorum {
            out.set(&QUORUM, [labels[0], words], if *is_there { 1.0 } else { 0.0 });
        }
    }
}

/// How many of the listed instances are not down, in the opinion of one Sentinel or of several.
fn well(list: &Value) -> Option<usize> {
    let Value::Array(instances) = list else { return None };
    let is_well = |instance: &&Value| {
        instance
            .pairs()
            .get("flags")
            .is_some_and(|flags| flags.split(',').all(|flag| flag != "s_down" && flag != "o_down"))
    };
    Some(instances.iter().filter(is_well).count())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instance(pairs: &[&str]) -> Value {
        Value::Array(pairs.iter().map(|text| Value::Bulk((*text).into())).collect())
    }

    #[test]
    fn every_master_is_reported() {
        let text = "sentinel_masters:2\r\nsentinel_tilt:0\r\n\
                    master0:name=a,status=ok,address=10.0.0.1:6379,slaves=2,sentinels=3\r\n\
                    master1:name=b,status=odown,address=10.0.0.2:6379,slaves=0,sentinels=1\r\n";
        let mut out = Samples::default();
        set(&[], &Info::parse(text), &mut out);
        let a = ["a", "10.0.0.1:6379"];
        assert_eq!(out.value(&STATUS, [a[0], a[1], "ok"]), Some(1.0));
        assert_eq!(out.value(&STATUS, ["b", "10.0.0.2:6379", "odown"]), Some(0.0));
        assert_eq!(out.value(&REPLICAS, a), Some(2.0));
        assert_eq!(out.value(&SENTINELS, a), Some(3.0));
        assert!(out.page().contains("\nredis_sentinel_masters 2\n"));
    }

    #[test]
    fn instances_that_are_down_do_not_count() {
        let of = |flags: &[&str]| {
            Some(Value::Array(flags.iter().map(|it| instance(&["flags", it])).collect()))
        };
        let master = instance(&["name", "a", "ip", "::1", "port", "6379"]);
        let sentinels = of(&["sentinel", "s_down,sentinel"]);
        let replicas = of(&["slave", "s_down,slave,disconnected", "slave,o_down"]);
        let mut out = Samples::default();
        let quorum = Some((false, "NOQUORUM 1 usable".to_owned()));
        let masters = [SentinelMaster { master, sentinels, replicas, quorum }];
        set(&masters, &Info::parse(""), &mut out);
        let labels = ["a", "::1:6379"];
        assert_eq!(out.value(&OK_SENTINELS, labels), Some(2.0));
        assert_eq!(out.value(&OK_REPLICAS, labels), Some(1.0));
        assert_eq!(out.value(&QUORUM, ["a", "NOQUORUM 1 usable"]), Some(0.0));
    }
}
