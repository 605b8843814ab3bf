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
    gauge(
        "expired_stale_perc",
        "redis_expired_stale_percentage",
        "过期未删键占比",
        "Estimated share of the keys with a time to live that are over and not yet removed.",
    )
    .unit(Unit::Percent),
    gauge(
        "expired_time_cap_reached_count",
        "redis_expired_time_cap_reached_total",
        "过期扫描超时次数",
        "Searches for keys that are over that ended early because they took long.",
    ),
    gauge(
        "migrate_cached_sockets",
        "redis_migrate_cached_sockets_total",
        "MIGRATE缓存连接数",
        "Connections that are kept for MIGRATE.",
    ),
    gauge(
        "slave_expires_tracked_keys",
        "redis_slave_expires_tracked_keys",
        "副本跟踪的过期键数",
        "Keys that a writable replica has to remove itself.",
    ),
    gauge(
        "active_defrag_hits",
        "redis_defrag_hits",
        "碎片整理移动次数",
        "Values that were moved while memory was defragmented.",
    ),
    gauge(
        "active_defrag_misses",
        "redis_defrag_misses",
        "碎片整理放弃次数",
        "Values that were looked at and not moved while memory was defragmented.",
    ),
    gauge(
        "active_defrag_key_hits",
        "redis_defrag_key_hits",
        "碎片整理的键数",
        "Keys of which something was moved while memory was defragmented.",
    ),
    gauge(
        "active_defrag_key_misses",
        "redis_defrag_key_misses",
        "碎片整理跳过的键数",
        "Keys of which nothing was moved while memory was defragmented.",
    ),
    gauge(
        "tracking_total_keys",
        "redis_tracking_total_keys",
        "被跟踪的键数",
        "Keys that clients have cached and the server remembers.",
    ),
    gauge(
        "tracking_total_items",
        "redis_tracking_total_items",
        "跟踪项总数",
        "Pairs of a cached key and a client that has it.",
    ),
    gauge(
        "tracking_total_prefixes",
        "redis_tracking_total_prefixes",
        "被跟踪的前缀数",
        "Prefixes whose keys clients are told about.",
    ),
    counter(
        "dump_payload_sanitizations",
        "redis_dump_payload_sanitizations",
        "RESTORE深度校验次数",
        "Values of RESTORE that were checked in depth.",
    ),
    counter(
        "io_threaded_reads_processed",
        "redis_io_threaded_reads_processed",
        "IO线程读事件数",
        "Reads from clients that threads did.",
    ),
    counter(
        "io_threaded_writes_processed",
        "redis_io_threaded_writes_processed",
        "IO线程写事件数",
        "Writes to clients that threads did.",
    ),
    gauge(
        "pubsubshard_channels",
        "redis_pubsubshard_channels",
        "分片订阅频道数",
        "Channels of shards that clients are subscribed to; Redis 7.0 and later.",
    ),
    gauge(
        "current_eviction_exceeded_time",
        "redis_current_eviction_exceeded_time_ms",
        "内存当前超限时长",
        "How many milliseconds memory has been over the limit; 0 while it is not.",
    ),
    counter(
        "total_eviction_exceeded_time",
        "redis_eviction_exceeded_time_ms_total",
        "内存超限累计时长",
        "How many milliseconds memory was over the limit; Redis 7.0 and later.",
    ),
    counter(
        "total_net_repl_input_bytes",
        "redis_net_repl_input_bytes_total",
        "复制接收字节数",
        "Bytes read from the network for replication; Redis 7.0 and later.",
    )
    .unit(Unit::Bytes),
    counter(
        "total_net_repl_output_bytes",
        "redis_net_repl_output_bytes_total",
        "复制发送字节数",
        "Bytes written to the network for replication; Redis 7.0 and later.",
    )
    .unit(Unit::Bytes),
    counter(
        "expired_subkeys",
        "redis_expired_subkeys_total",
        "过期的哈希字段数",
        "Fields of hashes removed because their time was over; Redis 7.4 and later.",
    ),
    counter(
        "expire_cycle_cpu_milliseconds",
        "redis_expire_cycle_cpu_time_ms_total",
        "过期扫描CPU时间",
        "How many milliseconds the search for keys that are over has taken.",
    ),
    counter(
        "evicted_scripts",
        "redis_evicted_scripts_total",
        "被淘汰的脚本数",
        "Scripts removed because there were too many; Redis 7.4 and later.",
    ),
    counter(
        "client_query_buffer_limit_disconnections",
        "redis_client_query_buffer_limit_disconnections_total",
        "输入超限断开数",
        "Clients disconnected because their input was over the limit.",
    ),
    counter(
        "client_output_buffer_limit_disconnections",
        "redis_client_output_buffer_limit_disconnections_total",
        "输出超限断开数",
        "Clients disconnected because their output was over the limit.",
    ),
    counter(
        "reply_buffer_shrinks",
        "redis_reply_buffer_shrinks_total",
        "回复缓冲缩小次数",
        "Buffers of replies that were made smaller; Redis 7.0 and later.",
    ),
    counter(
        "reply_buffer_expands",
        "redis_reply_buffer_expands_total",
        "回复缓冲扩大次数",
        "Buffers of replies that were made larger; Redis 7.0 and later.",
    ),
    counter(
        "acl_access_denied_auth",
        "redis_acl_access_denied_auth_total",
        "认证被拒次数",
        "Logins that were refused; Redis 7.2 and later.",
    ),
    counter(
        "acl_access_denied_cmd",
        "redis_acl_access_denied_cmd_total",
        "命令无权限次数",
        "Commands that a user may not run; Redis 7.2 and later.",
    ),
    counter(
        "acl_access_denied_key",
        "redis_acl_access_denied_key_total",
        "键无权限次数",
        "Commands on keys that a user may not use; Redis 7.2 and later.",
    ),
    counter(
        "acl_access_denied_channel",
        "redis_acl_access_denied_channel_total",
        "频道无权限次数",
        "Commands on channels that a user may not use; Redis 7.2 and later.",
    ),
];
