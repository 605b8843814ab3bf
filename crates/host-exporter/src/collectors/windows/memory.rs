//! How memory is used, and what the memory manager has done.

mod counters;

#[cfg(windows)]
use exporter_kit::{CollectError, Samples, ScheduledCollector, SettingError, Settings};
use exporter_kit::{CollectorDef, Gauge, Unit};

#[cfg(not(windows))]
use super::definitions::build;
use super::definitions::{counter, gauge, retired};
use crate::collectors::node;
#[cfg(windows)]
use crate::names::Names;
use crate::names::Page;
use crate::windows::Wide;
use crate::windows::memory::{Commitment, FileCache, PageLists, Physical};
use crate::windows::performance::Performance;

use self::counters::{COUNTERS, SIZES};

const PHYSICAL_TOTAL: Gauge =
    gauge("windows_memory_physical_total_bytes", "物理内存总量", "Memory that Windows can use.");
const PHYSICAL_FREE: Gauge = gauge(
    "windows_memory_physical_free_bytes",
    "可用物理内存",
    "Memory that programs can have without writing anything to disk.",
);
const ADDRESS_SPACE: Gauge = gauge(
    "windows_memory_process_memory_limit_bytes",
    "进程地址空间上限",
    "Size of the address space of a process.",
);
const COMMITTED: Gauge = gauge(
    "windows_memory_committed_bytes",
    "已提交内存",
    "Memory that is promised to programs, in RAM and page files.",
);
const COMMIT_LIMIT: Gauge = gauge(
    "windows_memory_commit_limit",
    "提交内存上限",
    "Memory in bytes that can be promised to programs before page files must grow.",
);
const CACHE: Gauge = gauge(
    "windows_memory_cache_bytes",
    "系统缓存",
    "Memory in the working set of the file system cache.",
);
const CACHE_PEAK: Gauge = gauge(
    "windows_memory_cache_bytes_peak",
    "系统缓存峰值",
    "The most bytes that the working set of the file system cache has had since boot.",
);
const CACHE_FAULTS: exporter_kit::Counter = counter(
    "windows_memory_cache_faults_total",
    "缓存缺页次数",
    "Page faults in the file system cache.",
);
const REPURPOSED: exporter_kit::Counter = counter(
    "windows_memory_transition_pages_repurposed_total",
    "缓存页挪用数",
    "Standby pages that were taken for another use.",
);
const FREE_LIST: Gauge = gauge(
    "windows_memory_free_and_zero_page_list_bytes",
    "空闲页链表",
    "Memory that holds nothing.",
);
const MODIFIED_LIST: Gauge = gauge(
    "windows_memory_modified_page_list_bytes",
    "已修改页链表",
    "Memory whose content must be written to disk before another use.",
);

const CS_PHYSICAL: Gauge = retired(
    "windows_cs_physical_memory_bytes",
    "物理内存总量(旧名)",
    "Memory that Windows can use; now windows_memory_physical_total_bytes.",
);
const OS_VISIBLE: Gauge = retired(
    "windows_os_visible_memory_bytes",
    "物理内存总量(旧名)",
    "Memory that Windows can use; now windows_memory_physical_total_bytes.",
);
const OS_FREE: Gauge = retired(
    "windows_os_physical_memory_free_bytes",
    "可用物理内存(旧名)",
    "Memory that programs can have; now windows_memory_physical_free_bytes.",
);
const OS_VIRTUAL: Gauge = retired(
    "windows_os_virtual_memory_bytes",
    "提交内存上限(旧名)",
    "Memory that can be promised to programs; now windows_memory_commit_limit.",
);
const OS_VIRTUAL_FREE: Gauge = retired(
    "windows_os_virtual_memory_free_bytes",
    "可提交内存(旧名)",
    "Memory that is not promised yet; now the limit less windows_memory_committed_bytes.",
);

const NODE_TOTAL: Gauge =
    node::gauge("node_memory_MemTotal_bytes", "内存总量", "Memory that Windows can use.")
        .unit(Unit::Bytes);
const NODE_AVAILABLE: Gauge = node::gauge(
    "node_memory_MemAvailable_bytes",
    "可用内存",
    "Memory that programs can have without writing anything to disk.",
)
.unit(Unit::Bytes);
const NODE_FREE: Gauge =
    node::gauge("node_memory_MemFree_bytes", "空闲内存", "Memory that holds nothing.")
        .unit(Unit::Bytes);
const NODE_COMMITTED: Gauge = node::gauge(
    "node_memory_Committed_AS_bytes",
    "已承诺内存",
    "Memory that is promised to programs.",
)
.unit(Unit::Bytes);
const NODE_COMMIT_LIMIT: Gauge = node::gauge(
    "node_memory_CommitLimit_bytes",
    "可承诺内存上限",
    "Memory that can be promised to programs.",
)
.unit(Unit::Bytes);

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "memory",
    "Windows内存",
    "Memory in use, committed and cached, page faults and paging.",
    &[
        &PHYSICAL_TOTAL,
        &PHYSICAL_FREE,
        &ADDRESS_SPACE,
        &COMMITTED,
        &COMMIT_LIMIT,
        &CACHE,
        &CACHE_PEAK,
        &CACHE_FAULTS,
        &REPURPOSED,
        &FREE_LIST,
        &MODIFIED_LIST,
        &CS_PHYSICAL,
        &OS_VISIBLE,
        &OS_FREE,
        &OS_VIRTUAL,
        &OS_VIRTUAL_FREE,
        &NODE_TOTAL,
        &NODE_AVAILABLE,
        &NODE_FREE,
        &NODE_COMMITTED,
        &NODE_COMMIT_LIMIT,
    ],
    build,
)
.and(&[counters::METRICS])
.source("GlobalMemoryStatusEx, GetPerformanceInfo, NtQuerySystemInformation");

#[cfg(windows)]
fn build(settings: &Settings) -> Result<ScheduledCollector, SettingError> {
    use crate::windows::{memory, nt, performance};
    let names = Names::new(settings);
    // For the lists of pages.
    nt::enable_profile_privilege();
    let (mut buffer, mut wide) = (nt::Buffer::default(), Counts::default());
    let collect = move |out: &mut Samples| {
        let mut out = names.of(out);
        let commitment = memory::commitment()?;
        totals(memory::physical()?, commitment, &mut out);
        // The rest is absent where the kernel does not tell it to this user.
        if let Ok(performance) = performance::read(&mut buffer) {
            counts(performance, commitment.page, &mut wide, &mut out);
        }
        if let Ok(cache) = memory::file_cache() {
            file_cache(cache, &mut wide, &mut out);
        }
        if let Ok(lists) = memory::page_lists() {
            page_lists(lists, commitment.page, &mut out);
        }
        Ok::<(), CollectError>(())
    };
    Ok(ScheduledCollector::on_scrape(collect))
}

/// The kernel's counters, continued where they wrap.
#[derive(Default)]
struct Counts {
    performance: [Wide; COUNTERS.len()],
    faults: Wide,
    repurposed: Wide,
}

fn totals(physical: Physical, commitment: Commitment, out: &mut Page<'_>) {
    for (metrics, bytes) in [
        (&[&PHYSICAL_TOTAL, &CS_PHYSICAL, &OS_VISIBLE, &NODE_TOTAL][..], physical.total),
        (&[&PHYSICAL_FREE, &OS_FREE, &NODE_AVAILABLE], physical.available),
        (&[&ADDRESS_SPACE], physical.address_space),
        (&[&COMMITTED, &NODE_COMMITTED], commitment.total),
        (&[&COMMIT_LIMIT, &OS_VIRTUAL, &NODE_COMMIT_LIMIT], commitment.limit),
        (&[&OS_VIRTUAL_FREE], commitment.limit.saturating_sub(commitment.total)),
    ] {
        for metric in metrics {
            out.set(metric, [], bytes as f64);
        }
    }
}

fn counts(performance: Performance<'_>, page: u64, wide: &mut Counts, out: &mut Page<'_>) {
    let mut swapped = 0.0;
    for ((metric, field, is_swap), wide) in COUNTERS.iter().zip(&mut wide.performance) {
        let count = wide.at(performance.get(*field));
        out.set(metric, [], count);
        if *is_swap {
            swapped += count;
        }
    }
    out.set(&counters::SWAP_OPERATIONS, [], swapped);
    for (metric, field) in SIZES {
        out.set(metric, [], u64::from(performance.get(*field)) as f64 * page as f64);
    }
    let entries = performance.get(crate::windows::performance::FREE_SYSTEM_PTES);
    out.set(&counters::FREE_SYSTEM_PTES, [], entries);
}

fn file_cache(cache: FileCache, wide: &mut Counts, out: &mut Page<'_>) {
    out.set(&CACHE, [], cache.size as f64);
    out.set(&CACHE_PEAK, [], cache.peak as f64);
    out.set(&CACHE_FAULTS, [], wide.faults.at(cache.faults));
    out.set(&REPURPOSED, [], wide.repurposed.at(cache.repurposed));
}

fn page_lists(lists: PageLists, page: u64, out: &mut Page<'_>) {
    for metric in [&FREE_LIST, &NODE_FREE] {
        out.set(metric, [], (lists.free * page) as f64);
    }
    out.set(&MODIFIED_LIST, [], (lists.modified * page) as f64);
}

#[cfg(test)]
mod tests {
    use exporter_kit::Samples;

    use super::*;
    use crate::names::Names;
    use crate::windows::{Bytes, performance};

    #[test]
    fn totals_have_all_their_names() {
        let mut out = Samples::default();
        let physical = Physical { total: 100, available: 40, address_space: 1 };
        let commitment = Commitment { total: 70, limit: 90, page: 1, processes: 0, threads: 0 };
        totals(physical, commitment, &mut Names::ALL.of(&mut out));
        for (metric, expected) in [
            (&CS_PHYSICAL, 100.0),
            (&NODE_TOTAL, 100.0),
            (&OS_FREE, 40.0),
            (&NODE_AVAILABLE, 40.0),
            (&COMMITTED, 70.0),
            (&COMMIT_LIMIT, 90.0),
            (&OS_VIRTUAL_FREE, 20.0),
        ] {
            assert_eq!(out.value(metric, []), Some(expected), "{}", metric.name());
        }
    }

    #[test]
    fn pages_become_bytes_and_wrapped_counts_go_on() {
        // Each 32-bit field holds its own offset, then 0.
        let first: Vec<u8> = (0..312_u32).step_by(4).flat_map(u32::to_le_bytes).collect();
        let mut wide = Counts::default();
        let mut read = |answer: &[u8]| {
            let mut out = Samples::default();
            let performance = Performance::new(Bytes(answer)).unwrap();
            counts(performance, 4096, &mut wide, &mut Names::ALL.of(&mut out));
            assert_eq!(out.check(&DEF), Ok(()));
            out
        };
        let out = read(&first);
        assert_eq!(out.value(&counters::AVAILABLE, []), Some(44.0 * 4096.0));
        assert_eq!(out.value(&counters::SWAP_OPERATIONS, []), Some(80.0 + 96.0));
        assert_eq!(out.value(&counters::FREE_SYSTEM_PTES, []), Some(136.0));
        let out = read(&[0; 312]);
        assert_eq!(out.value(&counters::SWAP_OPERATIONS, []), Some(2.0 * 4_294_967_296.0));
        let fields = SIZES.iter().map(|(_, field)| *field);
        let fields: Vec<_> = fields.chain(COUNTERS.iter().map(|(_, field, _)| *field)).collect();
        let twice = fields.iter().enumerate().find(|(at, field)| fields[..*at].contains(field));
        assert_eq!(twice, None);
        assert!(fields.contains(&performance::PAGE_FAULTS));
    }

    #[test]
    fn caches_and_lists_are_bytes() {
        let mut out = Samples::default();
        let mut page = Names::ALL.of(&mut out);
        let cache = FileCache { size: 5, peak: 6, faults: 7, repurposed: 8 };
        file_cache(cache, &mut Counts::default(), &mut page);
        page_lists(PageLists { free: 2, modified: 3 }, 4096, &mut page);
        assert_eq!(out.value(&CACHE_PEAK, []), Some(6.0));
        assert_eq!(out.value(&REPURPOSED, []), Some(8.0));
        assert_eq!(out.value(&NODE_FREE, []), Some(8192.0));
        assert_eq!(out.value(&MODIFIED_LIST, []), Some(12_288.0));
        assert_eq!(out.check(&DEF), Ok(()));
    }
}
