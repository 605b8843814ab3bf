//! Disks that cache others: `/sys/fs/bcache`.

use std::path::Path;

use exporter_kit::{
    CollectError, CollectorDef, Counter, Flag, Gauge, Samples, ScheduledCollector, Unit,
};

use super::node::{counter, gauge};
use crate::files::Folder;
use crate::host::Host;
use crate::text::{fields, lines, number};

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

const JOURNAL: Gauge<1> = of_set(
    "node_bcache_active_journal_entries",
    "bcache活跃日志项数",
    "Journal entries that are newer than the index.",
);
const KEY_SIZE: Gauge<1> = of_set(
    "node_bcache_average_key_size_sectors",
    "bcache平均键大小",
    "Data of a key of the index, on average, as the kernel writes it: in bytes.",
);
const BTREE_SIZE: Gauge<1> = of_set(
    "node_bcache_btree_cache_size_bytes",
    "bcache索引缓存大小",
    "Memory that the index takes.",
)
.unit(Unit::Bytes);
const BTREE_NODES: Gauge<1> =
    of_set("node_bcache_btree_nodes", "bcache索引节点数", "Nodes of the index.");
const BTREE_READ: Gauge<1> = of_set(
    "node_bcache_btree_read_average_duration_seconds",
    "bcache索引平均读时间",
    "How long reading a node of the index takes on average.",
)
.unit(Unit::Seconds);
const AVAILABLE: Gauge<1> = of_set(
    "node_bcache_cache_available_percent",
    "bcache可用缓存比例",
    "How much of the cache holds nothing that has still to be written.",
)
.unit(Unit::Percent);
const CONGESTED: Gauge<1> = of_set(
    "node_bcache_congested",
    "bcache拥塞程度",
    "How far the cache is overloaded; 0 if it is not.",
);
const ROOT_USAGE: Gauge<1> = of_set(
    "node_bcache_root_usage_percent",
    "bcache根节点使用率",
    "How full the root of the index is; it grows when that is too much.",
)
.unit(Unit::Percent);
const TREE_DEPTH: Gauge<1> =
    of_set("node_bcache_tree_depth", "bcache索引深度", "Depth of the index.");
const READ_RACES: Counter<1> = counter(
    "node_bcache_cache_read_races_total",
    "bcache读竞争次数",
    "Reads from the cache whose bucket was used again meanwhile.",
)
.labels(["uuid"]);

const DIRTY: Gauge<2> = of_backing(
    "node_bcache_dirty_data_bytes",
    "bcache脏数据",
    "Data in the cache that has still to be written to the device.",
)
.unit(Unit::Bytes);
const TARGET: Gauge<2> = of_backing(
    "node_bcache_dirty_target_bytes",
    "bcache脏数据目标",
    "How much such data there is to be.",
)
.unit(Unit::Bytes);
const RATE: Gauge<2> = of_backing(
    "node_bcache_writeback_rate",
    "bcache回写速率",
    "How fast such data is written, in bytes a second.",
);
const CHANGE: Gauge<2> = of_backing(
    "node_bcache_writeback_change",
    "bcache回写速率变化",
    "How much the last change of that rate was.",
);
const INTEGRAL: Gauge<2> = of_backing(
    "node_bcache_writeback_rate_integral_term",
    "bcache回写积分项",
    "What the rate owes to how long there was too much such data.",
);
const PROPORTIONAL: Gauge<2> = of_backing(
    "node_bcache_writeback_rate_proportional_term",
    "bcache回写比例项",
    "What the rate owes to how much too much such data there is.",
);

const BYPASSED: Counter<2> = count(
    "node_bcache_bypassed_bytes_total",
    "bcache绕过字节数",
    "Bytes read and written without the cache.",
)
.unit(Unit::Bytes);
const BYPASS_HITS: Counter<2> = count(
    "node_bcache_cache_bypass_hits_total",
    "bcache绕过命中数",
    "Requests that were to go without the cache and found their data there.",
);
const BYPASS_MISSES: Counter<2> = count(
    "node_bcache_cache_bypass_misses_total",
    "bcache绕过未命中数",
    "Requests that went without the cache and would not have found their data there.",
);
const HITS: Counter<2> =
    count("node_bcache_cache_hits_total", "bcache命中数", "Requests that the cache answered.");
const COLLISIONS: Counter<2> = count(
    "node_bcache_cache_miss_collisions_total",
    "bcache未命中冲突数",
    "Data that was written while it was being put into the cache.",
);
const MISSES: Counter<2> = count(
    "node_bcache_cache_misses_total",
    "bcache未命中数",
    "Requests that the cache could not answer.",
);
const READAHEADS: Counter<2> =
    count("node_bcache_cache_readaheads_total", "bcache预读次数", "Reads ahead of requests.");

const IO_ERRORS: Gauge<2> = of_cache(
    "node_bcache_io_errors",
    "bcache缓存盘错误数",
    "Errors of the cache's disk, which become fewer with time.",
);
const METADATA: Counter<2> = counter(
    "node_bcache_metadata_written_bytes_total",
    "bcache元数据写入量",
    "Bytes written to the cache's disk that are not data.",
)
.unit(Unit::Bytes)
.labels(["uuid", "cache_device"]);
const WRITTEN: Counter<2> = counter(
    "node_bcache_written_bytes_total",
    "bcache数据写入量",
    "Bytes of data written to the cache's disk.",
)
.unit(Unit::Bytes)
.labels(["uuid", "cache_device"]);
const UNUSED_PERCENT: Gauge<2> = of_cache(
    "node_bcache_priority_stats_unused_percent",
    "bcache未用缓存比例",
    "How much of the cache holds no data; with --collector.bcache.priorityStats.",
)
.unit(Unit::Percent);
const METADATA_PERCENT: Gauge<2> = of_cache(
    "node_bcache_priority_stats_metadata_percent",
    "bcache元数据比例",
    "How much of the cache is metadata; with --collector.bcache.priorityStats.",
)
.unit(Unit::Percent);

const PRIORITY_STATS: Flag<bool> = Flag::switch(
    "collector.bcache.priorityStats",
    "Expose node_bcache_priority_stats_*, for which the kernel sorts all buckets of the cache.",
);

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "bcache",
    "bcache",
    "Hits, dirty data and writes of bcache.",
    &[
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
    ],
    |settings| {
        let path = Host::new(settings).sys("fs/bcache");
        let with_priority = settings.get(&PRIORITY_STATS);
        let collect = move |out: &mut Samples| collect(&path, with_priority, out);
        Ok(ScheduledCollector::on_scrape(collect))
    },
)
.flags(&[&PRIORITY_STATS])
.source("/sys/fs/bcache");

/// What the kernel tells of a set of caches, with how many of a file's units are one of the
/// metric's.
const SET: [(&str, &Gauge<1>, f64); 9] = [
    ("average_key_size", &KEY_SIZE, 1.0),
    ("btree_cache_size", &BTREE_SIZE, 1.0),
    ("cache_available_percent", &AVAILABLE, 1.0),
    ("congested", &CONGESTED, 1.0),
    ("root_usage_percent", &ROOT_USAGE, 1.0),
    ("tree_depth", &TREE_DEPTH, 1.0),
    ("internal/active_journal_entries", &JOURNAL, 1.0),
    ("internal/btree_nodes", &BTREE_NODES, 1.0),
    ("internal/btree_read_average_duration_us", &BTREE_READ, 1e6),
];

const BACKING: [(&str, &Counter<2>); 7] = [
    ("stats_total/bypassed", &BYPASSED),
    ("stats_total/cache_bypass_hits", &BYPASS_HITS),
    ("stats_total/cache_bypass_misses", &BYPASS_MISSES),
    ("stats_total/cache_hits", &HITS),
    ("stats_total/cache_miss_collisions", &COLLISIONS),
    ("stats_total/cache_misses", &MISSES),
    ("stats_total/cache_readaheads", &READAHEADS),
];

fn collect(path: &Path, with_priority: bool, out: &mut Samples) -> Result<(), CollectError> {
    let sets = Folder::open(path).ok_or(CollectError::NoData)?;
    sets.names(|uuid| {
        let Some(set) = sets.folder(uuid) else { return };
        for (file, metric, divisor) in SET {
            if let Some(number) = size_in(&set, file) {
                out.set(metric, [uuid], number / divisor);
            }
        }
        if let Some(races) = size_in(&set, "internal/cache_read_races") {
            out.set(&READ_RACES, [uuid], races);
        }
        set.names(|name| {
            let is_backing = name.starts_with("bdev");
            if !is_backing && !name.starts_with("cache") {
                return;
            }
            let Some(device) = set.folder(name) else { return };
            match is_backing {
                true => collect_backing(&device, [uuid, name], out),
                false => collect_cache(&device, [uuid, name], with_priority, out),
            }
        });
    });
    if out.is_empty() { Err(CollectError::NoData) } else { Ok(()) }
}

fn collect_backing(device: &Folder, labels: [&str; 2], out: &mut Samples) {
    if let Some(dirty) = size_in(device, "dirty_data") {
        out.set(&DIRTY, labels, dirty);
    }
    for (file, metric) in BACKING {
        if let Some(count) = size_in(device, file) {
            out.set(metric, labels, count);
        }
    }
    let Some(text) = device.text("writeback_rate_debug") else { return };
    for line in lines(text.bytes()) {
        let mut line = fields(line);
        let (Some(key), Some(value)) = (line.next(), line.next()) else { continue };
        let metric = match key {
            "rate:" => &RATE,
            "target:" => &TARGET,
            "proportional:" => &PROPORTIONAL,
            "integral:" => &INTEGRAL,
            "change:" => &CHANGE,
            _ => continue,
        };
        if let Some(value) = size(value.strip_suffix("/sec").unwrap_or(value)) {
            out.set(metric, labels, value);
        }
    }
}

fn collect_cache(device: &Folder, labels: [&str; 2], with_priority: bool, out: &mut Samples) {
    if let Some(errors) = size_in(device, "io_errors") {
        out.set(&IO_ERRORS, labels, errors);
    }
    for (file, metric) in [("metadata_written", &METADATA), ("written", &WRITTEN)] {
        if let Some(bytes) = size_in(device, file) {
            out.set(metric, labels, bytes);
        }
    }
    if !with_priority {
        return;
    }
    let Some(text) = device.text("priority_stats") else { return };
    for line in lines(text.bytes()) {
        let mut line = fields(line);
        let (Some(key), Some(value)) = (line.next(), line.next()) else { continue };
        let metric = match key {
            "Unused:" => &UNUSED_PERCENT,
            "Metadata:" => &METADATA_PERCENT,
            _ => continue,
        };
        if let Some(percent) = value.strip_suffix('%').and_then(number) {
            out.set(metric, labels, percent);
        }
    }
}

fn size_in(folder: &Folder, file: &str) -> Option<f64> {
    size(folder.text(file)?.trimmed()?)
}

/// A number as bcache writes it. `2.5G` is 2 GiB and 5 times 100 MiB: the digit behind the point
/// counts hundreds of the next smaller unit.
fn size(text: &str) -> Option<f64> {
    let power = match text.chars().next_back()? {
        '0'..='9' => return number(text),
        unit => "kMGTPEZY".find(unit)? + 1,
    };
    let text = &text[..text.len() - 1];
    let (whole, hundreds) = text.split_once('.').unwrap_or((text, "0"));
    let sign = if whole.starts_with('-') { -1.0 } else { 1.0 };
    let next = 1024_f64.powi(power as i32 - 1);
    Some(number(whole)? * next * 1024.0 + sign * number(hundreds)? * 100.0 * next)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn sizes_are_read_as_the_kernel_writes_them() {
        let cases = [
            ("0", Some(0.0)),
            ("361887", Some(361_887.0)),
            ("512.7k", Some(524_988.0)),
            ("2.0M", Some(2_097_152.0)),
            ("12.2G", Some(13_094_617_088.0)),
            ("-427.5k", Some(-437_748.0)),
            ("-0.5k", Some(-500.0)),
            ("", None),
            ("k", None),
            ("1.xk", None),
            ("5%", None),
        ];
        for (text, expected) in cases {
            assert_eq!(size(text), expected, "{text}");
        }
    }

    #[test]
    fn a_set_has_backing_devices_and_caches() {
        let root = tempfile::tempdir().unwrap();
        for (file, text) in [
            ("u/internal/btree_read_average_duration_us", "1305\n"),
            ("u/bdev0/dirty_data", "damaged\n"),
            ("u/bdev0/stats_total/cache_hits", "289\n"),
            (
                "u/bdev0/writeback_rate_debug",
                "rate:\t\t1.1M/sec\ntarget:\t1.0k\n\nnext io:\t17ms\n",
            ),
            ("u/cache0/written", "1.0k\n"),
            ("u/cache0/priority_stats", "Unused:\t\t98%\nClean: 1%\nMetadata:\t1%\n"),
        ] {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        fs::write(root.path().join("register"), "").unwrap();
        let mut out = Samples::default();
        collect(root.path(), true, &mut out).unwrap();
        assert_eq!(out.value(&BTREE_READ, ["u"]), Some(0.001_305));
        assert_eq!(out.value(&HITS, ["u", "bdev0"]), Some(289.0));
        assert_eq!(out.value(&RATE, ["u", "bdev0"]), Some(1_150_976.0));
        assert_eq!(out.value(&TARGET, ["u", "bdev0"]), Some(1024.0));
        assert_eq!(out.value(&WRITTEN, ["u", "cache0"]), Some(1024.0));
        assert_eq!(out.value(&UNUSED_PERCENT, ["u", "cache0"]), Some(98.0));
        assert_eq!(out.len(), 7);
        let mut out = Samples::default();
        collect(root.path(), false, &mut out).unwrap();
        assert_eq!(out.len(), 5);
    }
}
