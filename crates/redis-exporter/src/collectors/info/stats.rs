//! The section `Stats`.

use exporter_kit::{Field, Unit};

use super::field::{counter, gauge};

pub(super) const FIELDS: &[Field] = &[
    counter(
        "total_connections_received",
        "redis_connections_received_total",
        "累计连接数",
        "Connections accepted.",
    ),
    counter(
        "rejected_connections",
        "redis_rejected_connections_total",
        "被拒绝的连接数",
        "Connections refused because of the limit of clients.",
    ),
    counter(
        "total_commands_processed",
        "redis_commands_processed_total",
        "已处理命令数",
        "Commands processed.",
    ),
    // The first releases of redis_exporter had it, and dashboards still ask for it.
    gauge(
        "instantaneous_ops_per_sec",
        "redis_instantaneous_ops_per_sec",
        "每秒命令数",
        "Commands in a second, of late.",
    ),
    counter(
        "total_net_input_bytes",
        "redis_net_input_bytes_total",
        "网络接收字节数",
        "Bytes read from the network.",
    )
    .unit(Unit::Bytes),
    counter(
        "total_net_output_bytes",
        "redis_net_output_bytes_total",
        "网络发送字节数",
        "Bytes written to the network.",
    )
    .unit(Unit::Bytes),
    counter(
        "expired_keys",
        "redis_expired_keys_total",
        "过期的键数",
        "Keys removed because their time was over.",
    ),
    counter(
        "evicted_keys",
        "redis_evicted_keys_total",
        "被淘汰的键数",
        "Keys removed because memory was full.",
    ),
    counter(
        "evicted_clients",
        "redis_evicted_clients_total",
        "被淘汰的客户端数",
        "Clients disconnected because their memory was over the limit.",
    ),
    counter(
        "keyspace_hits",
        "redis_keyspace_hits_total",
        "键命中次数",
        "Lookups of keys that were there.",
    ),
    counter(
        "keyspace_misses",
        "redis_keyspace_misses_total",
        "键未命中次数",
        "Lookups of keys that were not there.",
    ),
    gauge(
        "pubsub_channels",
        "redis_pubsub_channels",
        "订阅频道数",
        "Channels that clients are subscribed to.",
    ),
    gauge(
        "pubsub_patterns",
        "redis_pubsub_patterns",
        "订阅模式数",
        "Patterns that clients are subscribed to.",
    ),
    gauge(
        "latest_fork_usec",
        "redis_latest_fork_seconds",
        "最近fork耗时",
        "How long the last fork took.",
    )
    .unit(Unit::Seconds)
    .divided_by(1e6),
    gauge(
        "sync_full",
        "redis_replica_resyncs_full",
        "全量同步次数",
        "Full resynchronisations of replicas.",
    ),
    gauge(
        "sync_partial_ok",
        "redis_replica_partial_resync_accepted",
        "部分同步成功次数",
        "Partial resynchronisations that were granted.",
    ),
    gauge(
        "sync_partial_err",
        "redis_replica_partial_resync_denied",
        "部分同步拒绝次数",
        "Partial resynchronisations that were denied.",
    ),
    counter(
        "total_error_replies",
        "redis_total_error_replies",
        "错误回复数",
        "Replies that were errors.",
    ),
    counter(
        "unexpected_error_replies",
        "redis_unexpected_error_replies",
        "意外错误回复数",
        "Replies that were unexpected errors, such as of loading or replication.",
    ),
    counter(
        "total_reads_processed",
        "redis_total_reads_processed",
        "读事件数",
        "Reads from clients.",
    ),
    counter(
        "total_writes_processed",
        "redis_total_writes_processed",
        "写事件数",
        "Writes to clients.",
    ),
];
