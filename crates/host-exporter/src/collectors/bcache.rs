//! Disks that cache others: `/sys/fs/bcache`.

mod metrics;

use std::path::Path;

use exporter_kit::{CollectError, CollectorDef, Counter, Flag, Gauge, Samples, ScheduledCollector};

use self::metrics::{
    AVAILABLE, BTREE_NODES, BTREE_READ, BTREE_SIZE, BYPASS_HITS, BYPASS_MISSES, BYPASSED, CHANGE,
    COLLISIONS, CONGESTED, DIRTY, HITS, INTEGRAL, IO_ERRORS, JOURNAL, KEY_SIZE, METADATA,
    METADATA_PERCENT, MISSES, PROPORTIONAL, RATE, READ_RACES, READAHEADS, ROOT_USAGE, TARGET,
    TREE_DEPTH, UNUSED_PERCENT, WRITTEN,
};
use crate::files::Folder;
use crate::host::Host;
use crate::text::{fields, lines, number};

const PRIORITY_STATS: Flag<bool> = Flag::switch(
    "collector.bcache.priorityStats",
    "Expose node_bcache_priority_stats_*, for which the kernel sorts all buckets of the cache.",
);

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "bcache",
    "bcache",
    "Hits, dirty data and writes of bcache.",
    metrics::ALL,
    |settings| {
        let path = Host::new(settings).sys("fs/bcache");
        let with_priority = settings.get(&PRIORITY_STATS);
        let collect = move |out: &mut Samples| collect(&path, with_priority, out);
        Ok(ScheduledCollector::on_scrape(collect))
    },
)
.flags(&[&PRIORITY_STATS])
.source("/sys/fs/bcache");

/// The files of a set of caches, with how many of a file's units are one of the
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
