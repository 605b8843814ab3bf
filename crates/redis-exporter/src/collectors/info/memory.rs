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
    gauge(
        "allocator_allocated",
        "redis_allocator_allocated_bytes",
        "分配器已分配内存",
        "Memory that the allocator has given to Redis, with what its own sizes round up.",
    )
    .unit(Unit::Bytes),
    gauge(
        "allocator_active",
        "redis_allocator_active_bytes",
        "分配器活跃内存",
        "Memory in pages of the allocator that are in use.",
    )
    .unit(Unit::Bytes),
    gauge(
        "allocator_resident",
        "redis_allocator_resident_bytes",
        "分配器常驻内存",
        "Memory of the allocator that is in RAM.",
    )
    .unit(Unit::Bytes),
    gauge(
        "allocator_frag_ratio",
        "redis_allocator_frag_ratio",
        "分配器碎片率",
        "Active memory of the allocator to its allocated memory.",
    )
    .unit(Unit::Ratio),
    gauge(
        "allocator_frag_bytes",
        "redis_allocator_frag_bytes",
        "分配器碎片大小",
        "Active memory of the allocator beyond its allocated memory.",
    )
    .unit(Unit::Bytes)
    .signed(),
    gauge(
        "allocator_rss_ratio",
        "redis_allocator_rss_ratio",
        "分配器常驻比",
        "Resident memory of the allocator to its active memory.",
    )
    .unit(Unit::Ratio),
    gauge(
        "allocator_rss_bytes",
        "redis_allocator_rss_bytes",
        "分配器可归还内存",
        "Resident memory of the allocator beyond its active memory.",
    )
    .unit(Unit::Bytes)
    .signed(),
    gauge(
        "number_of_cached_scripts",
        "redis_number_of_cached_scripts",
        "缓存的脚本数",
        "Scripts that EVALSHA can call.",
    ),
    gauge(
        "maxmemory_reservation",
        "redis_memory_max_reservation_bytes",
        "预留内存",
        "Memory that is set aside for other uses than data; Azure.",
    )
    .unit(Unit::Bytes),
    gauge(
        "maxfragmentationmemory_reservation",
        "redis_memory_max_fragmentation_reservation_bytes",
        "碎片预留内存",
        "Memory that is set aside for fragmentation; Azure.",
    )
    .unit(Unit::Bytes),
    gauge(
        "maxmemory_desired_reservation",
        "redis_memory_max_reservation_desired_bytes",
        "期望预留内存",
        "Memory that should be set aside for other uses than data; Azure.",
    )
    .unit(Unit::Bytes),
    gauge(
        "maxfragmentationmemory_desired_reservation",
        "redis_memory_max_fragmentation_reservation_desired_bytes",
        "期望碎片预留内存",
        "Memory that should be set aside for fragmentation; Azure.",
    )
    .unit(Unit::Bytes),
    gauge(
        "used_memory_vm_eval",
        "redis_memory_used_vm_eval_bytes",
        "EVAL引擎内存",
        "Memory of the engine that runs scripts; Redis 7.0 and later.",
    )
    .unit(Unit::Bytes),
    gauge(
        "used_memory_scripts_eval",
        "redis_memory_used_scripts_eval_bytes",
        "EVAL脚本内存",
        "Memory of cached scripts; Redis 7.0 and later.",
    )
    .unit(Unit::Bytes),
    gauge(
        "used_memory_vm_functions",
        "redis_memory_used_vm_functions_bytes",
        "函数引擎内存",
        "Memory of the engines that run functions; Redis 7.0 and later.",
    )
    .unit(Unit::Bytes),
    gauge(
        "used_memory_functions",
        "redis_memory_used_functions_bytes",
        "函数内存",
        "Memory of functions; Redis 7.0 and later.",
    )
    .unit(Unit::Bytes),
    gauge(
        "used_memory_vm_total",
        "redis_memory_used_vm_total",
        "脚本引擎总内存",
        "Memory of the engines of scripts and functions; Redis 7.0 and later.",
    )
    .unit(Unit::Bytes),
    gauge(
        "number_of_functions",
        "redis_number_of_functions",
        "函数数",
        "Functions that are loaded; Redis 7.0 and later.",
    ),
    gauge(
        "number_of_libraries",
        "redis_number_of_libraries",
        "函数库数",
        "Libraries of functions that are loaded; Redis 7.0 and later.",
    ),
    gauge(
        "mem_total_replication_buffers",
        "redis_mem_total_replication_buffers_bytes",
        "复制缓冲总内存",
        "Memory of all buffers of replication; Redis 7.0 and later.",
    )
    .unit(Unit::Bytes),
    gauge(
        "mem_overhead_db_hashtable_rehashing",
        "redis_mem_overhead_db_hashtable_rehashing_bytes",
        "哈希表扩容内存",
        "Memory of tables of keys while they are resized; Redis 7.4 and later.",
    )
    .unit(Unit::Bytes),
];
