//! The fields of `SystemPerformanceInformation` that are about memory, and their metrics.

use exporter_kit::{Counter, Gauge, Metric};

use super::super::definitions::{counter, gauge};
use crate::windows::performance::{self as field, Field};

pub(super) const AVAILABLE: Gauge = gauge(
    "windows_memory_available_bytes",
    "可用内存",
    "Memory that is free, zeroed or on standby.",
);
const POOL_PAGED: Gauge = gauge(
    "windows_memory_pool_paged_bytes",
    "分页池",
    "Memory of the kernel that may be written to disk.",
);
const POOL_NONPAGED: Gauge = gauge(
    "windows_memory_pool_nonpaged_bytes",
    "非分页池",
    "Memory of the kernel that stays in RAM.",
);
const POOL_PAGED_RESIDENT: Gauge = gauge(
    "windows_memory_pool_paged_resident_bytes",
    "驻留分页池",
    "The part of the paged pool that is in RAM.",
);
const CACHE_RESIDENT: Gauge = gauge(
    "windows_memory_system_cache_resident_bytes",
    "驻留系统缓存",
    "The part of the file system cache that is in RAM.",
);
const CODE: Gauge = gauge(
    "windows_memory_system_code_total_bytes",
    "系统代码",
    "Code of the kernel that may be written to disk.",
);
const CODE_RESIDENT: Gauge = gauge(
    "windows_memory_system_code_resident_bytes",
    "驻留系统代码",
    "The part of the kernel's pageable code that is in RAM.",
);
const DRIVER: Gauge = gauge(
    "windows_memory_system_driver_total_bytes",
    "驱动程序内存",
    "Memory of drivers that may be written to disk.",
);
const DRIVER_RESIDENT: Gauge = gauge(
    "windows_memory_system_driver_resident_bytes",
    "驻留驱动内存",
    "The part of the drivers' pageable memory that is in RAM.",
);
pub(super) const FREE_SYSTEM_PTES: Gauge = gauge(
    "windows_memory_free_system_page_table_entries",
    "空闲系统页表项",
    "Page table entries of the kernel that are not in use.",
);

const PAGE_FAULTS: Counter =
    counter("windows_memory_page_faults_total", "缺页次数", "Page faults, with and without disk.");
const WRITE_COPIES: Counter = counter(
    "windows_memory_write_copies_total",
    "写时复制次数",
    "Page faults of writes to a shared page, which was copied.",
);
const TRANSITION_FAULTS: Counter = counter(
    "windows_memory_transition_faults_total",
    "转换缺页次数",
    "Page faults that were served from memory: the page was on standby, modified or shared.",
);
const DEMAND_ZERO: Counter = counter(
    "windows_memory_demand_zero_faults_total",
    "零页缺页次数",
    "Page faults that were served with a zeroed page.",
);
const PAGES_READ: Counter =
    counter("windows_memory_swap_pages_read_total", "换入页数", "Pages read to serve page faults.");
const PAGE_READS: Counter = counter(
    "windows_memory_swap_page_reads_total",
    "换入读次数",
    "Reads from disk to serve page faults, each of one or more pages.",
);
const PAGES_WRITTEN: Counter = counter(
    "windows_memory_swap_pages_written_total",
    "换出页数",
    "Pages written to page files to free memory.",
);
const PAGE_WRITES: Counter = counter(
    "windows_memory_swap_page_writes_total",
    "换出写次数",
    "Writes to page files to free memory, each of one or more pages.",
);
pub(super) const SWAP_OPERATIONS: Counter = counter(
    "windows_memory_swap_page_operations_total",
    "换页数",
    "Pages read to serve page faults or written to free memory.",
);
const PAGED_ALLOCS: Counter = counter(
    "windows_memory_pool_paged_allocs_total",
    "分页池分配次数",
    "Allocations from the paged pool.",
);
const NONPAGED_ALLOCS: Counter = counter(
    "windows_memory_pool_nonpaged_allocs_total",
    "非分页池分配次数",
    "Allocations from the nonpaged pool.",
);

/// Sizes in pages.
pub(super) const SIZES: &[(Gauge, Field)] = &[
    (AVAILABLE, field::AVAILABLE_PAGES),
    (POOL_PAGED, field::PAGED_POOL_PAGES),
    (POOL_NONPAGED, field::NONPAGED_POOL_PAGES),
    (POOL_PAGED_RESIDENT, field::RESIDENT_PAGED_POOL_PAGES),
    (CACHE_RESIDENT, field::RESIDENT_CACHE_PAGES),
    (CODE, field::CODE_PAGES),
    (CODE_RESIDENT, field::RESIDENT_CODE_PAGES),
    (DRIVER, field::DRIVER_PAGES),
    (DRIVER_RESIDENT, field::RESIDENT_DRIVER_PAGES),
];

/// Counters, and whether they are part of [`SWAP_OPERATIONS`].
pub(super) const COUNTERS: &[(Counter, Field, bool)] = &[
    (PAGE_FAULTS, field::PAGE_FAULTS, false),
    (WRITE_COPIES, field::WRITE_COPIES, false),
    (TRANSITION_FAULTS, field::TRANSITION_FAULTS, false),
    (DEMAND_ZERO, field::DEMAND_ZERO_FAULTS, false),
    (PAGES_READ, field::PAGES_READ, true),
    (PAGE_READS, field::PAGE_READS, false),
    (PAGES_WRITTEN, field::PAGES_WRITTEN, true),
    (PAGE_WRITES, field::PAGE_WRITES, false),
    (PAGED_ALLOCS, field::PAGED_POOL_ALLOCS, false),
    (NONPAGED_ALLOCS, field::NONPAGED_POOL_ALLOCS, false),
];

/// Everything above.
pub(super) const METRICS: &[&dyn Metric] = &[
    &AVAILABLE,
    &POOL_PAGED,
    &POOL_NONPAGED,
    &POOL_PAGED_RESIDENT,
    &CACHE_RESIDENT,
    &CODE,
    &CODE_RESIDENT,
    &DRIVER,
    &DRIVER_RESIDENT,
    &FREE_SYSTEM_PTES,
    &PAGE_FAULTS,
    &WRITE_COPIES,
    &TRANSITION_FAULTS,
    &DEMAND_ZERO,
    &PAGES_READ,
    &PAGE_READS,
    &PAGES_WRITTEN,
    &PAGE_WRITES,
    &SWAP_OPERATIONS,
    &PAGED_ALLOCS,
    &NONPAGED_ALLOCS,
];
