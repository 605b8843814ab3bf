//! The section `Persistence`.

use exporter_kit::{Field, Unit};

use super::field::gauge;

pub(super) const FIELDS: &[Field] = &[
    gauge(
        "loading",
        "redis_loading_dump_file",
        "是否正在加载",
        "Whether a dump file is being loaded (1) or not (0).",
    ),
    gauge(
        "rdb_changes_since_last_save",
        "redis_rdb_changes_since_last_save",
        "未保存的变更数",
        "Changes since the last save.",
    ),
    gauge(
        "rdb_bgsave_in_progress",
        "redis_rdb_bgsave_in_progress",
        "是否正在保存RDB",
        "Whether a save is on its way (1) or not (0).",
    ),
    gauge(
        "rdb_last_save_time",
        "redis_rdb_last_save_timestamp_seconds",
        "RDB最近保存时间",
        "When the data was last saved, in seconds since 1970.",
    )
    .unit(Unit::Seconds),
    gauge(
        "rdb_last_bgsave_status",
        "redis_rdb_last_bgsave_status",
        "RDB最近保存结果",
        "Whether the last save succeeded (1) or not (0).",
    ),
    gauge(
        "rdb_last_bgsave_time_sec",
        "redis_rdb_last_bgsave_duration_sec",
        "RDB最近保存耗时",
        "How long the last save took; -1 before the first.",
    )
    .unit(Unit::Seconds)
    .signed(),
    gauge(
        "rdb_current_bgsave_time_sec",
        "redis_rdb_current_bgsave_duration_sec",
        "RDB当前保存耗时",
        "How long the present save has been taking; -1 without one.",
    )
    .unit(Unit::Seconds)
    .signed(),
    gauge(
        "rdb_last_cow_size",
        "redis_rdb_last_cow_size_bytes",
        "RDB写时复制内存",
        "Memory copied on write during the last save.",
    )
    .unit(Unit::Bytes),
    gauge(
        "aof_enabled",
        "redis_aof_enabled",
        "是否启用AOF",
        "Whether there is an append-only file (1) or not (0).",
    ),
    gauge(
        "aof_rewrite_in_progress",
        "redis_aof_rewrite_in_progress",
        "是否正在重写AOF",
        "Whether the append-only file is being rewritten (1) or not (0).",
    ),
    gauge(
        "aof_rewrite_scheduled",
        "redis_aof_rewrite_scheduled",
        "是否计划重写AOF",
        "Whether a rewrite follows the present save (1) or not (0).",
    ),
    gauge(
        "aof_last_rewrite_time_sec",
        "redis_aof_last_rewrite_duration_sec",
        "AOF最近重写耗时",
        "How long the last rewrite took; -1 before the first.",
    )
    .unit(Unit::Seconds)
    .signed(),
    gauge(
        "aof_current_rewrite_time_sec",
        "redis_aof_current_rewrite_duration_sec",
        "AOF当前重写耗时",
        "How long the present rewrite has been taking; -1 without one.",
    )
    .unit(Unit::Seconds)
    .signed(),
    gauge(
        "aof_last_bgrewrite_status",
        "redis_aof_last_bgrewrite_status",
        "AOF最近重写结果",
        "Whether the last rewrite succeeded (1) or not (0).",
    ),
    gauge(
        "aof_last_write_status",
        "redis_aof_last_write_status",
        "AOF最近写入结果",
        "Whether the last write succeeded (1) or not (0).",
    ),
    gauge(
        "aof_last_cow_size",
        "redis_aof_last_cow_size_bytes",
        "AOF写时复制内存",
        "Memory copied on write during the last rewrite.",
    )
    .unit(Unit::Bytes),
    gauge(
        "aof_current_size",
        "redis_aof_current_size_bytes",
        "AOF文件大小",
        "Size of the append-only file.",
    )
    .unit(Unit::Bytes),
    gauge(
        "aof_base_size",
        "redis_aof_base_size_bytes",
        "AOF基准大小",
        "Size of the append-only file after the last rewrite.",
    )
    .unit(Unit::Bytes),
    gauge(
        "aof_pending_rewrite",
        "redis_aof_pending_rewrite",
        "AOF待重写",
        "Whether a rewrite of the append-only file waits for a save to end (1) or not (0).",
    ),
    gauge(
        "aof_buffer_length",
        "redis_aof_buffer_length",
        "AOF缓冲大小",
        "Size of the buffer of the append-only file.",
    )
    .unit(Unit::Bytes),
    gauge(
        "aof_rewrite_buffer_length",
        "redis_aof_rewrite_buffer_length",
        "AOF重写缓冲大小",
        "Size of the buffer of a rewrite; Redis 6 and earlier.",
    )
    .unit(Unit::Bytes),
    gauge(
        "aof_pending_bio_fsync",
        "redis_aof_pending_bio_fsync",
        "AOF待刷盘任务数",
        "Flushes of the append-only file that wait in the background.",
    ),
    gauge(
        "aof_delayed_fsync",
        "redis_aof_delayed_fsync",
        "AOF延迟刷盘次数",
        "Flushes of the append-only file that came late.",
    ),
    gauge(
        "module_fork_in_progress",
        "redis_module_fork_in_progress",
        "模块子进程是否运行",
        "Whether a module has a child process (1) or not (0).",
    ),
    gauge(
        "module_fork_last_cow_size",
        "redis_module_fork_last_cow_size",
        "模块写时复制内存",
        "Memory copied on write during the last child process of a module.",
    )
    .unit(Unit::Bytes),
    gauge(
        "async_loading",
        "redis_async_loading",
        "是否异步加载",
        "Whether a replica loads new data while it serves old data (1) or not (0); Redis 7.0 and later.",
    ),
    gauge(
        "rdb_saves",
        "redis_rdb_saves_total",
        "RDB保存次数",
        "Saves since the start; Redis 7.0 and later.",
    ),
    gauge(
        "rdb_last_load_keys_expired",
        "redis_rdb_last_load_expired_keys",
        "加载时过期的键数",
        "Keys that were over when the dump file was last loaded; Redis 7.0 and later.",
    ),
    gauge(
        "rdb_last_load_keys_loaded",
        "redis_rdb_last_load_loaded_keys",
        "加载的键数",
        "Keys that came from the dump file when it was last loaded; Redis 7.0 and later.",
    ),
];
