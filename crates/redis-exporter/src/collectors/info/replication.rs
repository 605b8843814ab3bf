//! The section `Replication`: the replicas of a master, the master of a replica.

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
    "How long ago the replica last heard from its master.",
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
    &[&LINK_UP, &LAST_IO, &SYNCING, &OWN_OFFSET, &REPLICA_LAG, &REPLICA_OFFSET];

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
];

pub(super) fn set(info: &Info<'_>, out: &mut Samples) {
    if let Some(host) = info.text("master_host") {
        let master = [host, info.text("master_port").unwrap_or_default()];
        for (metric, key) in [
            (&LINK_UP, "master_link_status"),
            (&LAST_IO, "master_last_io_seconds_ago"),
            (&SYNCING, "master_sync_in_progress"),
            (&OWN_OFFSET, "slave_repl_offset"),
        ] {
            // It is -1 while there is no connection.
            if let Some(value) = info.number(key).filter(|value| *value >= 0.0) {
                out.set(metric, master, value);
            }
        }
    }
    for (number, replica) in info.lists("slave") {
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            continue;
        }
        let labels = ["ip", "port", "state"].map(|name| replica.text(name).unwrap_or_default());
        for (metric, name) in [(&REPLICA_LAG, "lag"), (&REPLICA_OFFSET, "offset")] {
            if let Some(value) = replica.number(name) {
                out.set(metric, labels, value);
            }
        }
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
        assert_eq!(out.value(&LAST_IO, master), None);
        assert_eq!(out.value(&SYNCING, master), Some(1.0));
        assert_eq!(out.value(&OWN_OFFSET, master), Some(42.0));
    }
}
