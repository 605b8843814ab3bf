//! The metrics of processes.

use exporter_kit::{Counter, Gauge, Metric};

use super::super::definitions::{counter, gauge};

const LABELS: [&str; 2] = ["process", "process_id"];

pub(super) const INFO: Gauge<6> = gauge(
    "windows_process_info",
    "进程信息",
    "Constant 1, with the process that has created it; the other labels are empty.",
)
.labels(["process", "process_id", "creating_process_id", "process_group_id", "owner", "cmdline"]);
pub(super) const STARTED: Gauge<2> = gauge(
    "windows_process_start_time_seconds_timestamp",
    "进程启动时间",
    "When the process started, in seconds since 1970.",
)
.labels(LABELS);
pub(super) const CPU_TIME: Counter<3> = counter(
    "windows_process_cpu_time_total",
    "进程CPU时间",
    "Time in seconds that the process has spent in each mode.",
)
.labels(["process", "process_id", "mode"]);
pub(super) const IO_BYTES: Counter<3> = counter(
    "windows_process_io_bytes_total",
    "进程IO字节数",
    "Bytes of the I/O of the process, with files, network and devices.",
)
.labels(["process", "process_id", "mode"]);
pub(super) const IO_OPERATIONS: Counter<3> = counter(
    "windows_process_io_operations_total",
    "进程IO次数",
    "I/O operations of the process, with files, network and devices.",
)
.labels(["process", "process_id", "mode"]);
pub(super) const PAGE_FAULTS: Counter<2> = counter(
    "windows_process_page_faults_total",
    "进程缺页次数",
    "Page faults of the process, with and without disk; starts again at 2^32.",
)
.labels(LABELS);
pub(super) const POOL: Gauge<3> = gauge(
    "windows_process_pool_bytes",
    "进程内核池",
    "Memory of the kernel that is charged to the process.",
)
.labels(["process", "process_id", "pool"]);
pub(super) const PRIORITY: Gauge<2> = gauge(
    "windows_process_priority_base",
    "进程基本优先级",
    "Priority that the threads of the process start from.",
)
.labels(LABELS);
pub(super) const THREADS: Gauge<2> =
    gauge("windows_process_threads", "进程线程数", "Threads of the process.").labels(LABELS);
pub(super) const HANDLES: Gauge<2> =
    gauge("windows_process_handles", "进程句柄数", "Handles that the process has open.")
        .labels(LABELS);
pub(super) const VIRTUAL: Gauge<2> = gauge(
    "windows_process_virtual_bytes",
    "进程虚拟内存",
    "Address space that the process has in use.",
)
.labels(LABELS);
pub(super) const PRIVATE: Gauge<2> = gauge(
    "windows_process_private_bytes",
    "进程专用内存",
    "Memory that is promised to the process alone.",
)
.labels(LABELS);
pub(super) const PAGE_FILE: Gauge<2> = gauge(
    "windows_process_page_file_bytes",
    "进程页面文件用量",
    "Memory of the process that counts against the commit limit.",
)
.labels(LABELS);
pub(super) const WORKING_SET: Gauge<2> = gauge(
    "windows_process_working_set_bytes",
    "进程工作集",
    "Memory of the process that is in RAM, with what it shares.",
)
.labels(LABELS);
pub(super) const WORKING_SET_PEAK: Gauge<2> = gauge(
    "windows_process_working_set_peak_bytes",
    "进程工作集峰值",
    "The largest working set that the process has had.",
)
.labels(LABELS);
pub(super) const WORKING_SET_PRIVATE: Gauge<2> = gauge(
    "windows_process_working_set_private_bytes",
    "进程专用工作集",
    "Memory of the process that is in RAM and that no other process can share.",
)
.labels(LABELS);

/// Everything above.
pub(super) const ALL: &[&dyn Metric] = &[
    &INFO,
    &STARTED,
    &CPU_TIME,
    &IO_BYTES,
    &IO_OPERATIONS,
    &PAGE_FAULTS,
    &POOL,
    &PRIORITY,
    &THREADS,
    &HANDLES,
    &VIRTUAL,
    &PRIVATE,
    &PAGE_FILE,
    &WORKING_SET,
    &WORKING_SET_PEAK,
    &WORKING_SET_PRIVATE,
];
