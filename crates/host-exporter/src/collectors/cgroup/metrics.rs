//! The metrics of a cgroup.

use exporter_kit::{Counter, Gauge, Metric, Unit};

const LABEL: [&str; 1] = ["cgroup"];
const IO_LABELS: [&str; 3] = ["cgroup", "device", "operation"];

pub(super) const CPU_USAGE: Counter<1> = seconds(
    "cgroup_cpu_usage_seconds_total",
    "控制组CPU时间",
    "CPU time that the cgroup and those below it have used.",
);
pub(super) const CPU_USER: Counter<1> = seconds(
    "cgroup_cpu_user_seconds_total",
    "控制组用户态CPU时间",
    "CPU time that the cgroup has used outside the kernel.",
);
pub(super) const CPU_SYSTEM: Counter<1> = seconds(
    "cgroup_cpu_system_seconds_total",
    "控制组内核态CPU时间",
    "CPU time that the cgroup has used in the kernel.",
);
pub(super) const CPU_PERIODS: Counter<1> = counter(
    "cgroup_cpu_periods_total",
    "控制组CPU周期数",
    "Periods of the CPU limit in which the cgroup could run.",
);
pub(super) const CPU_THROTTLED_PERIODS: Counter<1> = counter(
    "cgroup_cpu_throttled_periods_total",
    "控制组CPU受限周期数",
    "Periods in which the cgroup reached its CPU limit and had to wait.",
);
pub(super) const CPU_THROTTLED: Counter<1> = seconds(
    "cgroup_cpu_throttled_seconds_total",
    "控制组CPU受限时间",
    "Time that the cgroup has waited at its CPU limit, added up over CPUs.",
);
pub(super) const CPU_LIMIT: Gauge<1> = gauge(
    "cgroup_cpu_limit_cores",
    "控制组CPU上限(核)",
    "CPU time that the cgroup may use in each second; absent without a limit.",
);
pub(super) const CPU_PERIOD: Gauge<1> = gauge(
    "cgroup_cpu_period_seconds",
    "控制组CPU限制周期",
    "Length of the period in which the CPU limit is enforced; absent without a limit.",
)
.unit(Unit::Seconds);
pub(super) const CPU_WEIGHT: Gauge<1> = gauge(
    "cgroup_cpu_weight",
    "控制组CPU权重",
    "Share of CPU time relative to the cgroup's siblings: 100 by default, 0 for an idle one.",
);

pub(super) const MEMORY_CURRENT: Gauge<1> = bytes(
    "cgroup_memory_current_bytes",
    "控制组内存用量",
    "Memory that the cgroup and those below it use, page cache included.",
);
pub(super) const MEMORY_PEAK: Gauge<1> = bytes(
    "cgroup_memory_peak_bytes",
    "控制组内存峰值",
    "The most memory that the cgroup has used since it was created.",
);
pub(super) const MEMORY_HIGH: Gauge<1> = bytes(
    "cgroup_memory_high_bytes",
    "控制组内存软上限",
    "Memory use at which the cgroup is slowed down and reclaimed; absent without a limit.",
);
pub(super) const MEMORY_MAX: Gauge<1> = bytes(
    "cgroup_memory_max_bytes",
    "控制组内存硬上限",
    "Memory use that the cgroup cannot exceed; absent without a limit.",
);
pub(super) const SWAP_CURRENT: Gauge<1> =
    bytes("cgroup_memory_swap_current_bytes", "控制组交换用量", "Swap that the cgroup uses.");
pub(super) const SWAP_MAX: Gauge<1> = bytes(
    "cgroup_memory_swap_max_bytes",
    "控制组交换上限",
    "Swap that the cgroup cannot exceed; absent without a limit.",
);
pub(super) const ANON: Gauge<1> = bytes(
    "cgroup_memory_anon_bytes",
    "控制组匿名内存",
    "Memory of the cgroup that no file is behind, such as heaps and stacks.",
);
pub(super) const FILE: Gauge<1> =
    bytes("cgroup_memory_file_bytes", "控制组页缓存", "Page cache of the cgroup, tmpfs included.");
pub(super) const INACTIVE_FILE: Gauge<1> = bytes(
    "cgroup_memory_inactive_file_bytes",
    "控制组非活跃页缓存",
    "Page cache that is reclaimed first; memory in use without it is the working set.",
);
pub(super) const FILE_DIRTY: Gauge<1> = bytes(
    "cgroup_memory_file_dirty_bytes",
    "控制组脏页",
    "Page cache that has changed and is not yet being written.",
);
pub(super) const FILE_WRITEBACK: Gauge<1> = bytes(
    "cgroup_memory_file_writeback_bytes",
    "控制组回写中页缓存",
    "Page cache that is being written now.",
);
pub(super) const SHMEM: Gauge<1> = bytes(
    "cgroup_memory_shmem_bytes",
    "控制组共享内存",
    "Memory of the cgroup in tmpfs and shared memory segments.",
);
pub(super) const KERNEL: Gauge<1> = bytes(
    "cgroup_memory_kernel_bytes",
    "控制组内核内存",
    "Memory that the kernel uses for the cgroup, slabs and stacks included.",
);
pub(super) const SLAB: Gauge<1> = bytes(
    "cgroup_memory_slab_bytes",
    "控制组slab内存",
    "Memory in objects of the kernel that belong to the cgroup.",
);
pub(super) const SOCK: Gauge<1> = bytes(
    "cgroup_memory_sock_bytes",
    "控制组套接字内存",
    "Memory in the buffers of the cgroup's sockets.",
);
pub(super) const PAGE_FAULTS: Counter<1> = counter(
    "cgroup_memory_page_faults_total",
    "控制组缺页次数",
    "Page faults of the cgroup, with and without I/O.",
);
pub(super) const MAJOR_FAULTS: Counter<1> = counter(
    "cgroup_memory_major_page_faults_total",
    "控制组主缺页次数",
    "Page faults of the cgroup that had to wait for I/O.",
);
pub(super) const REFAULTS: Counter<2> = Counter::new(
    "cgroup_memory_refaults_total",
    "Pages that were needed again soon after they were reclaimed.",
)
.zh("控制组页面重载次数")
.labels(["cgroup", "type"]);
pub(super) const MEMORY_EVENTS: Counter<2> = Counter::new(
    "cgroup_memory_events_total",
    "How often the cgroup or one below it met a limit of its memory, or lost a process to it.",
)
.zh("控制组内存事件数")
.labels(["cgroup", "event"]);

pub(super) const IO_BYTES: Counter<3> =
    Counter::new("cgroup_io_bytes_total", "Bytes that the cgroup has read, written and discarded.")
        .unit(Unit::Bytes)
        .zh("控制组IO字节数")
        .labels(IO_LABELS);
pub(super) const IO_OPERATIONS: Counter<3> = Counter::new(
    "cgroup_io_operations_total",
    "Reads, writes and discards of the cgroup that devices were given.",
)
.zh("控制组IO次数")
.labels(IO_LABELS);

pub(super) const CPU_WAITING: Counter<1> = seconds(
    "cgroup_pressure_cpu_waiting_seconds_total",
    "控制组等待CPU时间",
    "Time in which some tasks of the cgroup waited for a CPU.",
);
pub(super) const CPU_STALLED: Counter<1> = seconds(
    "cgroup_pressure_cpu_stalled_seconds_total",
    "控制组CPU停滞时间",
    "Time in which all tasks of the cgroup waited for a CPU; 0 for the root.",
);
pub(super) const MEMORY_WAITING: Counter<1> = seconds(
    "cgroup_pressure_memory_waiting_seconds_total",
    "控制组等待内存时间",
    "Time in which some tasks of the cgroup waited for memory.",
);
pub(super) const MEMORY_STALLED: Counter<1> = seconds(
    "cgroup_pressure_memory_stalled_seconds_total",
    "控制组内存停滞时间",
    "Time in which all tasks of the cgroup waited for memory.",
);
pub(super) const IO_WAITING: Counter<1> = seconds(
    "cgroup_pressure_io_waiting_seconds_total",
    "控制组等待IO时间",
    "Time in which some tasks of the cgroup waited for I/O.",
);
pub(super) const IO_STALLED: Counter<1> = seconds(
    "cgroup_pressure_io_stalled_seconds_total",
    "控制组IO停滞时间",
    "Time in which all tasks of the cgroup waited for I/O.",
);
pub(super) const IRQ_STALLED: Counter<1> = seconds(
    "cgroup_pressure_irq_stalled_seconds_total",
    "控制组中断停滞时间",
    "Time in which all tasks of the cgroup waited for interrupts to be handled.",
);

pub(super) const PIDS_CURRENT: Gauge<1> = gauge(
    "cgroup_pids_current",
    "控制组任务数",
    "Processes and threads in the cgroup and those below it.",
);
pub(super) const PIDS_MAX: Gauge<1> = gauge(
    "cgroup_pids_max",
    "控制组任务数上限",
    "Processes and threads that the cgroup may have; absent without a limit.",
);
pub(super) const POPULATED: Gauge<1> = gauge(
    "cgroup_populated",
    "控制组是否有进程",
    "Whether the cgroup or one below it has processes (1) or not (0).",
);
pub(super) const FROZEN: Gauge<1> = gauge(
    "cgroup_frozen",
    "控制组是否冻结",
    "Whether all tasks of the cgroup are frozen (1) or not (0).",
);
pub(super) const LIMIT_REACHED: Gauge = Gauge::new(
    "cgroup_limit_reached",
    "Whether there are more cgroups than --collector.cgroup.max lets the exporter read (1) or not (0).",
)
.zh("控制组数超限");

pub(super) const ALL: &[&[&dyn Metric]] = &[
    &[&CPU_USAGE, &CPU_USER, &CPU_SYSTEM, &CPU_PERIODS, &CPU_THROTTLED_PERIODS, &CPU_THROTTLED],
    &[&CPU_LIMIT, &CPU_PERIOD, &CPU_WEIGHT],
    &[&MEMORY_CURRENT, &MEMORY_PEAK, &MEMORY_HIGH, &MEMORY_MAX, &SWAP_CURRENT, &SWAP_MAX],
    &[&ANON, &FILE, &INACTIVE_FILE, &FILE_DIRTY, &FILE_WRITEBACK, &SHMEM, &KERNEL, &SLAB, &SOCK],
    &[&PAGE_FAULTS, &MAJOR_FAULTS, &REFAULTS, &MEMORY_EVENTS, &IO_BYTES, &IO_OPERATIONS],
    &[&CPU_WAITING, &CPU_STALLED, &MEMORY_WAITING, &MEMORY_STALLED],
    &[&IO_WAITING, &IO_STALLED, &IRQ_STALLED],
    &[&PIDS_CURRENT, &PIDS_MAX, &POPULATED, &FROZEN],
];

const fn gauge(name: &'static str, zh: &'static str, help: &'static str) -> Gauge<1> {
    Gauge::new(name, help).zh(zh).labels(LABEL)
}

const fn bytes(name: &'static str, zh: &'static str, help: &'static str) -> Gauge<1> {
    gauge(name, zh, help).unit(Unit::Bytes)
}

const fn counter(name: &'static str, zh: &'static str, help: &'static str) -> Counter<1> {
    Counter::new(name, help).zh(zh).labels(LABEL)
}

const fn seconds(name: &'static str, zh: &'static str, help: &'static str) -> Counter<1> {
    counter(name, zh, help).unit(Unit::Seconds)
}
