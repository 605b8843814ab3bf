//! The section `Memory`.

use exporter_kit::{Field, Gauge, Unit};

use super::field::gauge;

pub(super) const FIELDS: &[Field] = &[
    gauge("used_memory", "redis_memory_used_bytes", "已用内存", "Memory that Redis has allocated.")
        .unit(Unit::Bytes),
    gauge(
        "used_memory_rss",
        "redis_memory_used_rss_bytes",
        "常驻内存",
        "Memory of Redis that is in RAM.",
    )
    .unit(Unit::Bytes),
    gauge(
        "used_memory_peak",
        "redis_memory_used_peak_bytes",
        "内存使用峰值",
        "Most memory that Redis has had allocated.",
    )
    .unit(Unit::Bytes),
    gauge(
        "used_memory_overhead",
        "redis_memory_used_overhead_bytes",
        "内部开销内存",
        "Memory for what is not data: buffers, tables.",
    )
    .unit(Unit::Bytes),
    gauge(
        "used_memory_startup",
        "redis_memory_used_startup_bytes",
        "启动时内存",
        "Memory that Redis had when it had started.",
    )
    .unit(Unit::Bytes),
    gauge(
        "used_memory_dataset",
        "redis_memory_used_dataset_bytes",
        "数据内存",
        "Memory for the data.",
    )
    .unit(Unit::Bytes),
    gauge("used_memory_lua", "redis_memory_used_lua_bytes", "Lua内存", "Memory of the Lua engine.")
        .unit(Unit::Bytes),
    gauge(
        "used_memory_scripts",
        "redis_memory_used_scripts_bytes",
        "脚本缓存内存",
        "Memory of cached scripts and functions.",
    )
    .unit(Unit::Bytes),
    gauge(
        "maxmemory",
        "redis_memory_max_bytes",
        "内存上限",
        "Limit of the memory for data; 0 is none.",
    )
    .unit(Unit::Bytes),
    gauge(
        "mem_fragmentation_ratio",
        "redis_mem_fragmentation_ratio",
        "内存碎片率",
        "Memory in RAM to memory allocated.",
    )
    .unit(Unit::Ratio),
    gauge(
        "mem_fragmentation_bytes",
        "redis_mem_fragmentation_bytes",
        "内存碎片大小",
        "Memory in RAM beyond memory allocated.",
    )
    .unit(Unit::Bytes)
    .signed(),
    gauge(
        "mem_clients_slaves",
        "redis_mem_clients_slaves",
        "副本缓冲内存",
        "Memory of the buffers of replicas.",
    )
    .unit(Unit::Bytes),
    gauge(
        "mem_clients_normal",
        "redis_mem_clients_normal",
        "客户端缓冲内存",
        "Memory of the buffers of clients.",
    )
    .unit(Unit::Bytes),
    Field::gauge(
        "mem_aof_buffer",
        Gauge::new("redis_mem_aof_buffer_bytes", "Memory of the buffers of the append-only file.")
            .zh("AOF缓冲内存"),
    )
    .unit(Unit::Bytes),
    gauge(
        "mem_not_counted_for_evict",
        "redis_mem_not_counted_for_eviction_bytes",
        "不计入淘汰的内存",
        "Memory that does not count towards the limit.",
    )
    .unit(Unit::Bytes),
    gauge(
        "active_defrag_running",
        "redis_active_defrag_running",
        "内存整理状态",
        "Whether memory is being defragmented; the CPU effort in percent where it is.",
    ),
    gauge(
        "lazyfree_pending_objects",
        "redis_lazyfree_pending_objects",
        "待释放对象数",
        "Objects that wait to be freed in the background.",
    ),
];
