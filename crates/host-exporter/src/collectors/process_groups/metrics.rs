//! The metrics of groups of processes, under the names that process-exporter has made.

use exporter_kit::{Counter, Gauge, Metric, Unit};

/// Whose names these are.
const PROCESS_EXPORTER: &str = "process-exporter";

pub(super) const PROCS: Gauge<1> =
    gauge("namedprocess_namegroup_num_procs", "进程组进程数", "Processes of the group.");
pub(super) const THREADS: Gauge<1> = gauge(
    "namedprocess_namegroup_num_threads",
    "进程组线程数",
    "Threads of all processes of the group.",
);
pub(super) const STATES: Gauge<2> = gauge(
    "namedprocess_namegroup_states",
    "进程组各状态进程数",
    "Processes of the group by state: Waiting is uninterruptible sleep, Other is stopped or idle.",
)
.labels(["groupname", "state"]);
pub(super) const MEMORY: Gauge<2> = gauge(
    "namedprocess_namegroup_memory_bytes",
    "进程组内存",
    "Memory of the group by type. The proportional types divide shared pages among their users.",
)
.labels(["groupname", "memtype"])
.unit(Unit::Bytes);
pub(super) const OPEN_FDS: Gauge<1> = gauge(
    "namedprocess_namegroup_open_filedesc",
    "进程组打开句柄数",
    "File descriptors that the group has open, of the processes that may be looked at.",
);
pub(super) const WORST_FD_RATIO: Gauge<1> = gauge(
    "namedprocess_namegroup_worst_fd_ratio",
    "进程组最高句柄使用率",
    "Open file descriptors divided by their soft limit, of the process nearest to it.",
)
.unit(Unit::Ratio);
pub(super) const OLDEST_START: Gauge<1> = gauge(
    "namedprocess_namegroup_oldest_start_time_seconds",
    "进程组最早启动时间",
    "When the oldest process of the group started, in seconds since 1970.",
)
.unit(Unit::Seconds);
pub(super) const CPU: Counter<2> = counter(
    "namedprocess_namegroup_cpu_seconds_total",
    "进程组CPU时间",
    "CPU time that the group has used since it was first seen.",
)
.labels(["groupname", "mode"])
.unit(Unit::Seconds);
pub(super) const READ: Counter<1> = counter(
    "namedprocess_namegroup_read_bytes_total",
    "进程组读取字节",
    "Bytes that the group has had fetched from storage.",
)
.unit(Unit::Bytes);
pub(super) const WRITTEN: Counter<1> = counter(
    "namedprocess_namegroup_write_bytes_total",
    "进程组写入字节",
    "Bytes that the group has had sent to storage.",
)
.unit(Unit::Bytes);
pub(super) const MINOR_FAULTS: Counter<1> = counter(
    "namedprocess_namegroup_minor_page_faults_total",
    "进程组次缺页",
    "Page faults of the group that needed no storage.",
);
pub(super) const MAJOR_FAULTS: Counter<1> = counter(
    "namedprocess_namegroup_major_page_faults_total",
    "进程组主缺页",
    "Page faults of the group that waited for storage.",
);
pub(super) const SWITCHES: Counter<2> = counter(
    "namedprocess_namegroup_context_switches_total",
    "进程组上下文切换",
    "Context switches of the main threads of the group's processes.",
)
.labels(["groupname", "ctxswitchtype"]);
pub(super) const ERRORS: Counter = plain(
    "namedprocess_scrape_errors",
    "进程组采集失败次数",
    "Scrapes in which the list of processes could not be read.",
);
pub(super) const READ_ERRORS: Counter = plain(
    "namedprocess_scrape_procread_errors",
    "进程读取失败次数",
    "Processes that were left out: damaged, or beyond the number that is kept; once a scrape each.",
);
pub(super) const PARTIAL_ERRORS: Counter = plain(
    "namedprocess_scrape_partial_errors",
    "进程部分读取失败",
    "Processes without I/O or file descriptors, mostly for want of rights; once a scrape each.",
);

pub(super) const ALL: &[&dyn Metric] = &[
    &PROCS,
    &THREADS,
    &STATES,
    &MEMORY,
    &OPEN_FDS,
    &WORST_FD_RATIO,
    &OLDEST_START,
    &CPU,
    &READ,
    &WRITTEN,
    &MINOR_FAULTS,
    &MAJOR_FAULTS,
    &SWITCHES,
    &ERRORS,
    &READ_ERRORS,
    &PARTIAL_ERRORS,
];

const fn gauge(name: &'static str, zh: &'static str, help: &'static str) -> Gauge<1> {
    Gauge::new(name, help).zh(zh).compatible_with(PROCESS_EXPORTER).labels(["groupname"])
}

const fn counter(name: &'static str, zh: &'static str, help: &'static str) -> Counter<1> {
    plain(name, zh, help).labels(["groupname"])
}

const fn plain(name: &'static str, zh: &'static str, help: &'static str) -> Counter {
    Counter::new(name, help).zh(zh).compatible_with(PROCESS_EXPORTER)
}
