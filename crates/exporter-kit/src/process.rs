//! Metrics of the exporter's own process, under the names that the Prometheus client libraries
//! share. A value that is unavailable or unlimited is absent.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(windows)]
mod windows;

#[cfg(target_os = "linux")]
use linux::Reader;
#[cfg(windows)]
use windows::Reader;

use crate::metrics::{Counter, Definition, Gauge, Metric, Scalar, Unit};
use crate::samples::Samples;

const CPU_SECONDS: Counter =
    Counter::new("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.")
        .unit(Unit::Seconds)
        .zh("进程CPU时间")
        .compatible_with("client_golang");

const OPEN_FDS: Gauge = Gauge::new(
    "process_open_fds",
    "Number of open file descriptors; on Windows, of handles of every kind.",
)
.zh("进程打开文件数")
.compatible_with("client_golang");

const MAX_FDS: Gauge = Gauge::new(
    "process_max_fds",
    "Maximum number of open file descriptors; on Windows, of handles of every kind.",
)
.zh("进程打开文件上限")
.compatible_with("client_golang");

const VIRTUAL_MEMORY: Gauge = Gauge::new(
    "process_virtual_memory_bytes",
    "Virtual memory size in bytes; on Windows, what of it is committed and private.",
)
.unit(Unit::Bytes)
.zh("进程虚拟内存")
.compatible_with("client_golang");

const VIRTUAL_MEMORY_MAX: Gauge = Gauge::new(
    "process_virtual_memory_max_bytes",
    "Maximum amount of virtual memory available in bytes; absent where it is unlimited.",
)
.unit(Unit::Bytes)
.zh("进程虚拟内存上限")
.compatible_with("client_golang");

const RESIDENT_MEMORY: Gauge =
    Gauge::new("process_resident_memory_bytes", "Resident memory size in bytes.")
        .unit(Unit::Bytes)
        .zh("进程常驻内存")
        .compatible_with("client_golang");

const START_TIME: Gauge = Gauge::new(
    "process_start_time_seconds",
    "Start time of the process since unix epoch in seconds.",
)
.unit(Unit::Seconds)
.zh("进程启动时间")
.compatible_with("client_golang");

const THREADS: Gauge = Gauge::new("process_threads", "Number of OS threads in the process.")
    .zh("进程线程数")
    .compatible_with("client_golang");

/// The state of the process at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct ProcessStats {
    cpu_seconds: Option<f64>,
    open_fds: Option<u64>,
    max_fds: Option<u64>,
    virtual_memory_bytes: Option<u64>,
    virtual_memory_max_bytes: Option<u64>,
    resident_memory_bytes: Option<u64>,
    /// Since the Unix epoch.
    start_time_seconds: Option<f64>,
    threads: Option<u64>,
}

/// The `process_*` metrics of this process.
#[derive(Debug, Default)]
pub(crate) struct ProcessMetrics {
    reader: Reader,
}

impl ProcessMetrics {
    /// All definitions, whether or not this system has values for them.
    pub(crate) fn definitions() -> &'static [&'static dyn Metric] {
        &[
            &CPU_SECONDS,
            &OPEN_FDS,
            &MAX_FDS,
            &VIRTUAL_MEMORY,
            &VIRTUAL_MEMORY_MAX,
            &RESIDENT_MEMORY,
            &START_TIME,
            &THREADS,
        ]
    }

    /// Reads the current state of the process. Never blocks; after the first call, needs neither
    /// allocations nor file descriptors.
    pub(crate) fn write(&mut self, out: &mut Samples) {
        let stats = self.reader.read();
        let count = |value: Option<u64>| value.map(|value| value as f64);
        put(out, &CPU_SECONDS, stats.cpu_seconds);
        put(out, &OPEN_FDS, count(stats.open_fds));
        put(out, &MAX_FDS, count(stats.max_fds));
        put(out, &VIRTUAL_MEMORY, count(stats.virtual_memory_bytes));
        put(out, &VIRTUAL_MEMORY_MAX, count(stats.virtual_memory_max_bytes));
        put(out, &RESIDENT_MEMORY, count(stats.resident_memory_bytes));
        put(out, &START_TIME, stats.start_time_seconds);
        put(out, &THREADS, count(stats.threads));
    }
}

fn put<K: Scalar>(out: &mut Samples, metric: &Definition<K, 0>, value: Option<f64>) {
    if let Some(value) = value {
        out.set(metric, [], value);
    }
}

/// Reads nothing on other systems.
#[cfg(not(any(target_os = "linux", windows)))]
#[derive(Debug, Default)]
struct Reader;

#[cfg(not(any(target_os = "linux", windows)))]
impl Reader {
    fn read(&mut self) -> ProcessStats {
        ProcessStats::default()
    }
}

#[cfg(test)]
mod tests;
