//! The metrics of bcache.

use exporter_kit::{Counter, Gauge, Metric, Unit};

use super::super::node::{counter, gauge};

const fn of_set(name: &'static str, zh: &'static str, help: &'static str) -> Gauge<1> {
    gauge(name, zh, help).labels(["uuid"])
}

const fn of_backing(name: &'static str, zh: &'static str, help: &'static str) -> Gauge<2> {
    gauge(name, zh, help).labels(["uuid", "backing_device"])
}

const fn of_cache(name: &'static str, zh: &'static str, help: &'static str) -> Gauge<2> {
    gauge(name, zh, help).labels(["uuid", "cache_device"])
}

const fn count(name: &'static str, zh: &'static str, help: &'static str) -> Counter<2> {
    counter(name, zh, help).labels(["uuid", "backing_device"])
}

pub(super) const JOURNAL: Gauge<1> = of_set(
    "node_bcache_active_journal_entries",
    "bcache活跃日志项数",
    "Journal entries that are newer than the index.",
);
pub(super) const KEY_SIZE: Gauge<1> = of_set(
    "node_bcache_average_key_size_sectors",
    "bcache平均键大小",
    "Data of a key of the index, on average, as the kernel writes it: in bytes.",
);
pub(super) const BTREE_SIZE: Gauge<1> = of_set(
    "node_bcache_btree_cache_size_bytes",
    "bcache索引缓存大小",
    "Memory that the index takes.",
)
.unit(Unit::Bytes);
pub(super) const BTREE_NODES: Gauge<1> =
    of_set("node_bcache_btree_nodes", "bcache索引节点数", "Nodes of the index.");
pub(super) const BTREE_READ: Gauge<1> = of_set(
    "node_bcache_btree_read_average_duration_seconds",
    "bcache索引平均读时间",
    "How long reading a node of the index takes on average.",
)
.unit(Unit::Seconds);
pub(super) const AVAILABLE: Gauge<1> = of_set(
    "node_bcache_cache_available_percent",
    "bcache可用缓存比例",
    "How much of the cache holds nothing that has still to be written.",
)
.unit(Unit::Percent);
pub(super) const CONGESTED: Gauge<1> = of_set(
    "node_bcache_congested",
    "bcache拥塞程度",
    "How far the cache is overloaded; 0 if it is not.",
);
pub(super) const ROOT_USAGE: Gauge<1> = of_set(
    "node_bcache_root_usage_percent",
    "bcache根节点使用率",
    "How full the root of the index is; it grows when that is too much.",
)
.unit(Unit::Percent);
pub(super) const TREE_DEPTH: Gauge<1> =
    of_set("node_bcache_tree_depth", "bcache索引深度", "Depth of the index.");
pub(super) const READ_RACES: Counter<1> = counter(
    "node_bcache_cache_read_races_total",
    "bcache读竞争次数",
    "Reads from the cache whose bucket was used again meanwhile.",
)
.labels(["uuid"]);

pub(super) const DIRTY: Gauge<2> = of_backing(
    "node_bcache_dirty_data_bytes",
    "bcache脏数据",
    "Data in the cache that has still to be written to the device.",
)
.unit(Unit::Bytes);
pub(super) const TARGET: Gauge<2> = of_backing(
    "node_bcache_dirty_target_bytes",
    "bcache脏数据目标",
    "How much such data there is to be.",
)
.unit(Unit::Bytes);
pub(super) const RATE: Gauge<2> = of_backing(
    "node_bcache_writeback_rate",
    "bcache回写速率",
    "How fast such data is written, in bytes a second.",
);
pub(super) const CHANGE: Gauge<2> = of_backing(
    "node_bcache_writeback_change",
    "bcache回写速率变化",
    "How much the last change of that rate was.",
);
pub(super) const INTEGRAL: Gauge<2> = of_backing(
    "node_bcache_writeback_rate_integral_term",
    "bcache回写积分项",
    "What the rate owes to how long there was too much such data.",
);
pub(super) const PROPORTIONAL: Gauge<2> = of_backing(
    "node_bcache_writeback_rate_proportional_term",
    "bcache回写比例项",
    "What the rate owes to how much too much such data there is.",
);

pub(super) const BYPASSED: Counter<2> = count(
    "node_bcache_bypassed_bytes_total",
    "bcache绕过字节数",
    "Bytes read and written without the cache.",
)
.unit(Unit::Bytes);
pub(super) const BYPASS_HITS: Counter<2> = count(
    "node_bcache_cache_bypass_hits_total",
    "bcache绕过命中数",
    "Requests that were to go without the cache and found their data there.",
);
pub(super) const BYPASS_MISSES: Counter<2> = count(
    "node_bcache_cache_bypass_misses_total",
    "bcache绕过未命中数",
    "Requests that went without the cache and would not have found their data there.",
);
pub(super) const HITS: Counter<2> =
    count("node_bcache_cache_hits_total", "bcache命中数", "Requests that the cache answered.");
pub(super) const COLLISIONS: Counter<2> = count(
    "node_bcache_cache_miss_collisions_total",
    "bcache未命中冲突数",
    "Data that was written while it was being put into the cache.",
);
pub(super) const MISSES: Counter<2> = count(
    "node_bcache_cache_misses_total",
    "bcache未命中数",
    "Requests that the cache could not answer.",
);
pub(super) const READAHEADS: Counter<2> =
    count("node_bcache_cache_readaheads_total", "bcache预读次数", "Reads ahead of requests.");

pub(super) const IO_ERRORS: Gauge<2> = of_cache(
    "node_bcache_io_errors",
    "bcache缓存盘错误数",
    "Errors of the cache's disk, which become fewer with time.",
);
pub(super) const METADATA: Counter<2> = counter(
    "node_bcache_metadata_written_bytes_total",
    "bcache元数据写入量",
    "Bytes written to the cache's disk that are not data.",
)
.unit(Unit::Bytes)
.labels(["uuid", "cache_device"]);
pub(super) const WRITTEN: Counter<2> = counter(
    "node_bcache_written_bytes_total",
    "bcache数据写入量",
    "Bytes of data written to the cache's disk.",
)
.unit(Unit::Bytes)
.labels(["uuid", "cache_device"]);
pub(super) const UNUSED_PERCENT: Gauge<2> = of_cache(
    "node_bcache_priority_stats_unused_percent",
    "bcache未用缓存比例",
    "How much of the cache holds no data; with --collector.bcache.priorityStats.",
)
.unit(Unit::Percent);
pub(super) const METADATA_PERCENT: Gauge<2> = of_cache(
    "node_bcache_priority_stats_metadata_percent",
    "bcache元数据比例",
    "How much of the cache is metadata; with --collector.bcache.priorityStats.",
)
.unit(Unit::Percent);

pub(super) const ALL: &[&dyn Metric] = &[
    &JOURNAL,
    &KEY_SIZE,
    &BTREE_SIZE,
    &BTREE_NODES,
    &BTREE_READ,
    &AVAILABLE,
    &CONGESTED,
    &ROOT_USAGE,
    &TREE_DEPTH,
    &READ_RACES,
    &DIRTY,
    &TARGET,
    &RATE,
    &CHANGE,
    &INTEGRAL,
    &PROPORTIONAL,
    &BYPASSED,
    &BYPASS_HITS,
    &BYPASS_MISSES,
    &HITS,
    &COLLISIONS,
    &MISSES,
    &READAHEADS,
    &IO_ERRORS,
    &METADATA,
    &WRITTEN,
    &UNUSED_PERCENT,
    &METADATA_PERCENT,
];
