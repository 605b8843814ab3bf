//! The zones of memory in detail: `/proc/zoneinfo`.

use exporter_kit::{
    CollectError, CollectorDef, Counter, Gauge, GaugePattern, KeptFile, Metric, Samples,
};

use super::node::{self, NODE_EXPORTER};
use crate::host::{Host, file};
use crate::text::{fields, lines, number, with_text};

/// By the key of a line, sorted.
const GAUGES: [(&str, Gauge<2>); 26] = [
    (
        "high",
        gauge(
            "node_zoneinfo_high_pages",
            "高水位页",
            "Watermark of free pages above which kswapd sleeps.",
        ),
    ),
    (
        "low",
        gauge(
            "node_zoneinfo_low_pages",
            "低水位页",
            "Watermark of free pages below which kswapd wakes up.",
        ),
    ),
    (
        "managed",
        gauge("node_zoneinfo_managed_pages", "受管页", "Pages that the page allocator manages."),
    ),
    (
        "min",
        gauge(
            "node_zoneinfo_min_pages",
            "最低水位页",
            "Watermark of free pages below which programs reclaim memory themselves.",
        ),
    ),
    (
        "nr_active_anon",
        gauge("node_zoneinfo_nr_active_anon_pages", "活跃匿名页", "Anonymous pages used lately."),
    ),
    (
        "nr_active_file",
        gauge("node_zoneinfo_nr_active_file_pages", "活跃文件页", "Pages of files used lately."),
    ),
    (
        "nr_anon_pages",
        gauge("node_zoneinfo_nr_anon_pages", "匿名页", "Anonymous pages that are mapped."),
    ),
    (
        "nr_anon_transparent_hugepages",
        gauge(
            "node_zoneinfo_nr_anon_transparent_hugepages",
            "匿名透明大页数",
            "Transparent huge pages of programs.",
        ),
    ),
    (
        "nr_dirty",
        gauge("node_zoneinfo_nr_dirty_pages", "脏页", "Pages that wait to be written to disk."),
    ),
    (
        "nr_file_pages",
        gauge("node_zoneinfo_nr_file_pages", "文件页", "Pages of the cache of files."),
    ),
    ("nr_free_pages", gauge("node_zoneinfo_nr_free_pages", "空闲页", "Free pages.")),
    (
        "nr_inactive_anon",
        gauge(
            "node_zoneinfo_nr_inactive_anon_pages",
            "不活跃匿名页",
            "Anonymous pages not used lately.",
        ),
    ),
    (
        "nr_inactive_file",
        gauge(
            "node_zoneinfo_nr_inactive_file_pages",
            "不活跃文件页",
            "Pages of files not used lately.",
        ),
    ),
    (
        "nr_isolated_anon",
        gauge(
            "node_zoneinfo_nr_isolated_anon_pages",
            "隔离匿名页",
            "Anonymous pages taken off their list for reclaim.",
        ),
    ),
    (
        "nr_isolated_file",
        gauge(
            "node_zoneinfo_nr_isolated_file_pages",
            "隔离文件页",
            "Pages of files taken off their list for reclaim.",
        ),
    ),
    (
        "nr_kernel_stack",
        gauge(
            "node_zoneinfo_nr_kernel_stacks",
            "内核栈",
            "Stacks of the kernel, in KiB on recent kernels.",
        ),
    ),
    (
        "nr_mapped",
        gauge(
            "node_zoneinfo_nr_mapped_pages",
            "映射页",
            "Pages of files that programs have mapped.",
        ),
    ),
    (
        "nr_mlock_stack",
        gauge(
            "node_zoneinfo_nr_mlock_stack_pages",
            "锁定栈页",
            "Locked pages that were moved off their list.",
        ),
    ),
    (
        "nr_shmem",
        gauge("node_zoneinfo_nr_shmem_pages", "共享内存页", "Pages of shared memory and tmpfs."),
    ),
    (
        "nr_slab_reclaimable",
        gauge(
            "node_zoneinfo_nr_slab_reclaimable_pages",
            "可回收slab页",
            "Pages of slabs that can be reclaimed.",
        ),
    ),
    (
        "nr_slab_unreclaimable",
        gauge(
            "node_zoneinfo_nr_slab_unreclaimable_pages",
            "不可回收slab页",
            "Pages of slabs that cannot be reclaimed.",
        ),
    ),
    (
        "nr_unevictable",
        gauge(
            "node_zoneinfo_nr_unevictable_pages",
            "不可回收页",
            "Pages that must stay in memory.",
        ),
    ),
    (
        "nr_writeback",
        gauge("node_zoneinfo_nr_writeback_pages", "回写页", "Pages being written to disk."),
    ),
    ("present", gauge("node_zoneinfo_present_pages", "实存页", "Pages of the zone that exist.")),
    (
        "scanned",
        gauge(
            "node_zoneinfo_scanned_pages",
            "扫描页",
            "Pages scanned since memory was last reclaimed.",
        ),
    ),
    (
        "spanned",
        gauge(
            "node_zoneinfo_spanned_pages",
            "跨越页",
            "Pages that the zone spans, with its holes.",
        ),
    ),
];

/// By the key of a line, sorted.
const COUNTERS: [(&str, Counter<2>); 8] = [
    (
        "nr_dirtied",
        counter("node_zoneinfo_nr_dirtied_total", "弄脏页数", "Pages that have become dirty."),
    ),
    (
        "nr_written",
        counter(
            "node_zoneinfo_nr_written_total",
            "写出页数",
            "Pages that have been written to disk.",
        ),
    ),
    (
        "numa_foreign",
        counter(
            "node_zoneinfo_numa_foreign_total",
            "NUMA外部分配",
            "Pages meant for this node and allocated on another.",
        ),
    ),
    (
        "numa_hit",
        counter(
            "node_zoneinfo_numa_hit_total",
            "NUMA命中",
            "Pages allocated on the node that they were meant for.",
        ),
    ),
    (
        "numa_interleave",
        counter(
            "node_zoneinfo_numa_interleave_total",
            "NUMA交错分配",
            "Pages allocated here by interleaving.",
        ),
    ),
    (
        "numa_local",
        counter(
            "node_zoneinfo_numa_local_total",
            "NUMA本地分配",
            "Pages allocated by programs on this node.",
        ),
    ),
    (
        "numa_miss",
        counter(
            "node_zoneinfo_numa_miss_total",
            "NUMA未命中",
            "Pages meant for another node and allocated here.",
        ),
    ),
    (
        "numa_other",
        counter(
            "node_zoneinfo_numa_other_total",
            "NUMA跨节点分配",
            "Pages allocated by programs on other nodes.",
        ),
    ),
];

const PROTECTION: GaugePattern<2> = GaugePattern::new(
    "node_zoneinfo_protection_",
    "Pages kept from allocations that could use the zone with the number {} too.",
)
.labels(["node", "zone"])
.zh("内存区保护页")
.compatible_with(NODE_EXPORTER);

/// [`GAUGES`] without their keys.
const GAUGE_METRICS: [&dyn Metric; GAUGES.len()] = {
    let mut metrics: [&dyn Metric; GAUGES.len()] = [&GAUGES[0].1; GAUGES.len()];
    let mut at = 0;
    while at < GAUGES.len() {
        metrics[at] = &GAUGES[at].1;
        at += 1;
    }
    metrics
};

/// [`COUNTERS`] without their keys.
const COUNTER_METRICS: [&dyn Metric; COUNTERS.len()] = {
    let mut metrics: [&dyn Metric; COUNTERS.len()] = [&COUNTERS[0].1; COUNTERS.len()];
    let mut at = 0;
    while at < COUNTERS.len() {
        metrics[at] = &COUNTERS[at].1;
        at += 1;
    }
    metrics
};

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "zoneinfo",
    "内存区",
    "Pages of each zone of memory.",
    &GAUGE_METRICS,
    |settings| file(KeptFile::new(Host::new(settings).proc("zoneinfo")), to_samples),
)
.and(&[&COUNTER_METRICS])
.patterns(&[&PROTECTION])
.off_by_default()
.source("/proc/zoneinfo");

const fn gauge(name: &'static str, zh: &'static str, help: &'static str) -> Gauge<2> {
    node::gauge(name, zh, help).labels(["node", "zone"])
}

const fn counter(name: &'static str, zh: &'static str, help: &'static str) -> Counter<2> {
    node::counter(name, zh, help).labels(["node", "zone"])
}

fn to_samples(text: &[u8], out: &mut Samples) -> Result<(), CollectError> {
    let mut zone = None;
    for line in lines(text) {
        if let Some(header) = line.strip_prefix("Node ") {
            zone = header.split_once(", zone").map(|(node, zone)| [node, zone.trim()]);
            continue;
        }
        let (Some(zone), Some((key, rest))) = (zone, line.trim_start().split_once(' ')) else {
            continue;
        };
        if key == "protection:" {
            protection(zone, rest, out);
        } else if let Some(value) = fields(rest).next().and_then(number) {
            if let Ok(at) = GAUGES.binary_search_by_key(&key, |(key, _)| key) {
                out.set(&GAUGES[at].1, zone, value);
            } else if let Ok(at) = COUNTERS.binary_search_by_key(&key, |(key, _)| key) {
                out.set(&COUNTERS[at].1, zone, value);
            }
        }
    }
    if out.is_empty() { Err("no zone in /proc/zoneinfo".into()) } else { Ok(()) }
}

/// A list such as `(0, 1907, 7857)`.
fn protection(zone: [&str; 2], list: &str, out: &mut Samples) {
    let list = list.trim().trim_start_matches('(').trim_end_matches(')');
    for (at, pages) in (0_u32..).zip(list.split(',')) {
        if let Some(pages) = number(pages.trim()) {
            with_text(at, |at| out.set_field(&PROTECTION, &[at], zone, pages));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_sorted() {
        assert!(GAUGES.is_sorted_by_key(|(key, _)| *key));
        assert!(COUNTERS.is_sorted_by_key(|(key, _)| *key));
    }

    #[test]
    fn lines_belong_to_the_zone_above_them() {
        let text = b"nr_dirty 9\nNode 0, zone      DMA\n  per-node stats\n      nr_dirty     4\n  pages free     3\n        min      2\n\
            \x20       high     7\n        protection: (0, 5)\n    pagesets\n              high:  8\n    numa_hit 6\n\
            Node 1, zone   Normal\n        min      x\n        low      1\n";
        let mut out = Samples::default();
        to_samples(text, &mut out).unwrap();
        let page = out.page();
        let samples: Vec<_> = page.lines().filter(|line| !line.starts_with('#')).collect();
        let expected = [
            "node_zoneinfo_high_pages{node=\"0\",zone=\"DMA\"} 7",
            "node_zoneinfo_low_pages{node=\"1\",zone=\"Normal\"} 1",
            "node_zoneinfo_min_pages{node=\"0\",zone=\"DMA\"} 2",
            "node_zoneinfo_nr_dirty_pages{node=\"0\",zone=\"DMA\"} 4",
            "node_zoneinfo_numa_hit_total{node=\"0\",zone=\"DMA\"} 6",
            "node_zoneinfo_protection_0{node=\"0\",zone=\"DMA\"} 0",
            "node_zoneinfo_protection_1{node=\"0\",zone=\"DMA\"} 5",
        ];
        assert_eq!(samples, expected);
        assert_eq!(out.check(&DEF), Ok(()));
        assert!(to_samples(b"Node 0\nmin 1\n", &mut Samples::default()).is_err());
    }
}
