//! The section `Replication`: the replicas of a master, the master of a replica.

use std::collections::{BTreeMap, BTreeSet};

use exporter_kit::{Field, Gauge, Metric, Samples, Unit};

use super::field::{NAMES_OF, gauge};
use crate::info::Info;

const LINK_UP: Gauge<2> = Gauge::new(
    "redis_master_link_up",
    "Whether the replica is connected to its master (1) or not (0).",
)
.labels(["master_host", "master_port"])
.zh("主从连接状态")
.compatible_with(NAMES_OF);

const LAST_IO: Gauge<2> = Gauge::new(
    "redis_master_last_io_seconds_ago",
    "How long ago the replica last heard from its master; -1 while it is not connected.",
)
.labels(["master_host", "master_port"])
.unit(Unit::Seconds)
.zh("距上次主从通信")
.compatible_with(NAMES_OF);

const SYNCING: Gauge<2> = Gauge::new(
    "redis_master_sync_in_progress",
    "Whether the replica is fetching all data from its master (1) or not (0).",
)
.labels(["master_host", "master_port"])
.zh("是否正在全量同步")
.compatible_with(NAMES_OF);

const OWN_OFFSET: Gauge<2> = Gauge::new(
    "redis_slave_repl_offset",
    "How far this replica has come in its master's stream of changes.",
)
.labels(["master_host", "master_port"])
.unit(Unit::Bytes)
.zh("本副本复制偏移量")
.compatible_with(NAMES_OF);

const REPLICA_INFO: Gauge<3> =
    Gauge::new("redis_slave_info", "Constant 1 of a replica, labelled with its master.")
        .labels(["master_host", "master_port", "read_only"])
        .zh("副本信息")
        .compatible_with(NAMES_OF);

const REPLICA_LAG: Gauge<3> = Gauge::new(
    "redis_connected_slave_lag_seconds",
    "How long ago the master last heard from the replica.",
)
.labels(["slave_ip", "slave_port", "slave_state"])
.unit(Unit::Seconds)
.zh("副本延迟")
.compatible_with(NAMES_OF);

const REPLICA_OFFSET: Gauge<3> = Gauge::new(
    "redis_connected_slave_offset_bytes",
    "How far the replica has come in the stream of changes.",
)
.labels(["slave_ip", "slave_port", "slave_state"])
.unit(Unit::Bytes)
.zh("副本复制偏移量")
.compatible_with(NAMES_OF);

pub(super) const METRICS: &[&dyn Metric] =
    &[&LINK_UP, &LAST_IO, &SYNCING, &OWN_OFFSET, &REPLICA_INFO, &REPLICA_LAG, &REPLICA_OFFSET];

pub(super) const FIELDS: &[Field] = &[
    gauge("connected_slaves", "redis_connected_slaves", "副本数", "Replicas that are connected."),
    gauge(
        "master_repl_offset",
        "redis_master_repl_offset",
        "主节点复制偏移量",
        "How far the stream of changes has come.",
    )
    .unit(Unit::Bytes),
    gauge(
        "repl_backlog_active",
        "redis_repl_backlog_is_active",
        "复制积压是否启用",
        "Whether changes are kept for replicas that come back (1) or not (0).",
    ),
    gauge(
        "repl_backlog_size",
        "redis_replication_backlog_bytes",
        "复制积压缓冲大小",
        "Room for changes that are kept.",
    )
    .unit(Unit::Bytes),
    gauge(
        "repl_backlog_histlen",
        "redis_repl_backlog_history_bytes",
        "复制积压数据量",
        "Changes that are kept.",
    )
    .unit(Unit::Bytes),
    gauge(
        "repl_backlog_first_byte_offset",
        "redis_repl_backlog_first_byte_offset",
        "复制积压起始偏移量",
        "Where in the stream of changes the kept ones begin.",
    )
    .unit(Unit::Bytes),
    gauge(
        "second_repl_offset",
        "redis_second_repl_offset",
        "第二复制偏移量",
        "Up to where replicas of the former master are accepted; -1 without one.",
    )
    .signed(),
    gauge(
        "slave_priority",
        "redis_slave_priority",
        "副本优先级",
        "Rank of this replica when a new master is chosen; 0 is never.",
    ),
];

pub(super) fn set(info: &Info<'_>, out: &mut Samples) {
    masters(info, out);
    // Replicas may have one address, behind a gateway: the one that is worst off counts.
    let mut replicas: BTreeMap<_, [Option<f64>; 2]> = BTreeMap::new();
    for (number, replica) in info.lists("slave") {
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            continue;
        }
        let labels = ["ip", "port", "state"].map(|name| replica.text(name).unwrap_or_default());
        let [lag, offset] = replicas.entry(labels).or_default();
        *lag = merge(*lag, replica.number("lag"), f64::max);
        *offset = merge(*offset, replica.number("offset"), f64::min);
    }
    for (labels, [lag, offset]) in replicas {
        for (metric, value) in [(&REPLICA_LAG, lag), (&REPLICA_OFFSET, offset)] {
            if let Some(value) = value {
                out.set(metric, labels, value);
            }
        }
    }
}

/// Sets the links to masters. Where there are several, as in KeyDB, the lines of each follow its
/// host, and all keys but those of the first have a number: `master_1_host`.
fn masters(info: &Info<'_>, out: &mut Samples) {
    let read_only = info.text("slave_read_only").unwrap_or_default();
    let is_replica = info.text("role") == Some("slave");
    let mut master = None;
    let mut seen = BTreeSet::new();
    for (key, value) in info.lines() {
        let field = match key.strip_prefix("master_") {
            Some(rest) => match rest.split_once('_') {
                Some((number, field)) if number.bytes().all(|byte| byte.is_ascii_digit()) => field,
                _ => rest,
            },
            None if key == "slave_repl_offset" => key,
            None => continue,
        };
        match (field, &mut master) {
            ("host", _) => master = Some([value, ""]),
            ("port", Some(master)) => {
                master[1] = value;
                if is_replica && seen.insert((*master, "info")) {
                    out.set(&REPLICA_INFO, [master[0], value, read_only], 1.0);
                }
            }
            (field, Some(master)) => {
                let metric = match field {
                    "link_status" => &LINK_UP,
                    "last_io_seconds_ago" => &LAST_IO,
                    "sync_in_progress" => &SYNCING,
                    "slave_repl_offset" => &OWN_OFFSET,
                    _ => continue,
                };
                if let Some(value) = crate::info::number(value).filter(|value| *value >= -1.0)
                    && seen.insert((*master, field))
                {
                    out.set(metric, *master, value);
                }
            }
            _ => {}
        }
    }
}

fn merge(a: Option<f64>, b: Option<f64>, choose: fn(f64, f64) -> f64) -> Option<f64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(choose(a, b)),
        _ => a.or(b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn master_reports_its_replicas() {
        let text = "connected_slaves:1\r\n\
                    slave0:ip=10.0.0.2,port=6380,state=online,offset=42,lag=1\r\n\
                    slave_priority:100\r\nslavex:ip=1,lag=9\r\n";
        let mut out = Samples::default();
        set(&Info::parse(text), &mut out);
        let labels = ["10.0.0.2", "6380", "online"];
        assert_eq!(out.value(&REPLICA_LAG, labels), Some(1.0));
        assert_eq!(out.value(&REPLICA_OFFSET, labels), Some(42.0));
        assert_eq!(out.len(), 2);
    }

    #[test]
    fn replica_reports_its_master() {
        let text = "role:slave\r\nmaster_host:10.0.0.1\r\nmaster_port:6379\r\n\
                    master_link_status:down\r\nmaster_last_io_seconds_ago:-1\r\n\
                    master_sync_in_progress:1\r\nslave_repl_offset:42\r\n";
        let mut out = Samples::default();
        set(&Info::parse(text), &mut out);
        let master = ["10.0.0.1", "6379"];
        assert_eq!(out.value(&LINK_UP, master), Some(0.0));
        assert_eq!(out.value(&LAST_IO, master), Some(-1.0));
        assert_eq!(out.value(&SYNCING, master), Some(1.0));
        assert_eq!(out.value(&OWN_OFFSET, master), Some(42.0));
    }
    #[test]
    fn replicas_of_one_address_show_the_worst() {
        let text = "slave0:ip=10.0.0.2,port=6379,state=online,offset=42,lag=0\r\n\
                    slave1:ip=10.0.0.2,port=6379,state=online,offset=40,lag=7\r\n\
                    slave2:ip=10.0.0.2,port=6379,state=wait_bgsave,offset=0,lag=9\r\n";
        let mut out = Samples::default();
        set(&Info::parse(text), &mut out);
        let labels = ["10.0.0.2", "6379", "online"];
        assert_eq!(out.value(&REPLICA_LAG, labels), Some(7.0));
        assert_eq!(out.value(&REPLICA_OFFSET, labels), Some(40.0));
        assert_eq!(out.value(&REPLICA_LAG, ["10.0.0.2", "6379", "wait_bgsave"]), Some(9.0));
        assert_eq!(out.discarded().total(), 0);
    }

    #[test]
    fn every_master_is_linked() {
        for keys in [
            ["master_host", "master_port", "master_link_status"],
            ["master_1_host", "master_1_port", "master_1_link_status"],
        ] {
            let [host, port, status] = keys;
            let text = format!(
                "role:slave\r\nmaster_host:a\r\nmaster_port:1\r\nmaster_link_status:up\r\n\
                 slave_repl_offset:10\r\n{host}:b\r\n{port}:2\r\n{status}:down\r\n\
                 slave_repl_offset:20\r\nmaster_repl_offset:7\r\n"
            );
            let mut out = Samples::default();
            set(&Info::parse(&text), &mut out);
            assert_eq!(out.value(&LINK_UP, ["a", "1"]), Some(1.0), "{text}");
            assert_eq!(out.value(&LINK_UP, ["b", "2"]), Some(0.0), "{text}");
            assert_eq!(out.value(&OWN_OFFSET, ["a", "1"]), Some(10.0), "{text}");
            assert_eq!(out.value(&OWN_OFFSET, ["b", "2"]), Some(20.0), "{text}");
            let replica = [["a", "1", ""], ["b", "2", ""]].map(|it| out.value(&REPLICA_INFO, it));
            assert_eq!(replica, [Some(1.0); 2], "{text}");
        }
    }
}
