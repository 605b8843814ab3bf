//! Counts of the whole kernel, boot time, processes and threads.

#[cfg(windows)]
use exporter_kit::{CollectError, Samples, ScheduledCollector, SettingError, Settings};
use exporter_kit::{CollectorDef, Counter, Gauge, Unit};

#[cfg(not(windows))]
use super::definitions::build;
use super::definitions::{counter, gauge, retired};
use crate::collectors::node;
#[cfg(windows)]
use crate::names::Names;
use crate::names::Page;
use crate::windows::Wide;
use crate::windows::processes::Runnable;

const CONTEXT_SWITCHES: Counter = counter(
    "windows_system_context_switches_total",
    "上下文切换次数",
    "How often a processor went from one thread to another.",
);
const SYSTEM_CALLS: Counter = counter(
    "windows_system_system_calls_total",
    "系统调用次数",
    "Calls of the kernel's functions.",
);
const EXCEPTIONS: Counter = counter(
    "windows_system_exception_dispatches_total",
    "异常分派次数",
    "Exceptions that were dispatched.",
);
const BOOT_TIME: Gauge = gauge(
    "windows_system_boot_time_timestamp",
    "系统启动时间",
    "When the system booted, in seconds since 1970.",
);
const PROCESSES: Gauge = gauge("windows_system_processes", "进程数", "Processes that exist.");
/// Windows has no limit, for which windows_exporter has the largest number of 32 bits.
const NO_LIMIT: u32 = u32::MAX;
const PROCESSES_LIMIT: Gauge = gauge(
    "windows_system_processes_limit",
    "进程数上限",
    "Constant 4294967295, as Windows limits processes by memory only.",
);
const THREADS: Gauge = gauge("windows_system_threads", "线程数", "Threads that exist.");

const QUEUE: Gauge = gauge(
    "windows_system_processor_queue_length",
    "处理器队列长度",
    "Threads that wait for a processor.",
);

const BOOT_TIME_SECONDS: Gauge = retired(
    "windows_system_boot_time_timestamp_seconds",
    "系统启动时间(旧名)",
    "When the system booted, since 1970; now windows_system_boot_time_timestamp.",
);
const UP_TIME: Gauge = retired(
    "windows_system_system_up_time",
    "系统启动时间(旧名)",
    "When the system booted, since 1970; now windows_system_boot_time_timestamp.",
);
const OS_PROCESSES: Gauge = retired(
    "windows_os_processes",
    "进程数(旧名)",
    "Processes that exist; now windows_system_processes.",
);

const NODE_CONTEXT_SWITCHES: Counter = node::counter(
    "node_context_switches_total",
    "上下文切换次数",
    "How often a CPU went from one thread to another.",
);
const NODE_BOOT_TIME: Gauge =
    node::gauge("node_boot_time_seconds", "系统启动时间", "When the system booted, since 1970.")
        .unit(Unit::Seconds);
const NODE_PIDS: Gauge = node::gauge("node_processes_pids", "进程数", "Processes that exist.");
const NODE_THREADS: Gauge = node::gauge("node_processes_threads", "线程数", "Threads that exist.");

const NODE_RUNNING: Gauge =
    node::gauge("node_procs_running", "可运行任务数", "Threads that run or wait for a processor.");

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "system",
    "系统",
    "Context switches, system calls, exceptions, boot time, processes and threads.",
    &[
        &CONTEXT_SWITCHES,
        &SYSTEM_CALLS,
        &EXCEPTIONS,
        &BOOT_TIME,
        &PROCESSES,
        &PROCESSES_LIMIT,
        &THREADS,
        &QUEUE,
        &BOOT_TIME_SECONDS,
        &UP_TIME,
        &OS_PROCESSES,
        &NODE_CONTEXT_SWITCHES,
        &NODE_BOOT_TIME,
        &NODE_PIDS,
        &NODE_THREADS,
        &NODE_RUNNING,
    ],
    build,
)
.source("NtQuerySystemInformation, GetPerformanceInfo");

/// What the kernel tells; `None` for what it does not.
#[derive(Clone, Copy, Debug, Default)]
struct Facts {
    context_switches: Option<u32>,
    system_calls: Option<u32>,
    exceptions: Option<u32>,
    boot_time: Option<f64>,
    processes: u32,
    threads: u32,
    runnable: Option<Runnable>,
}

/// The counters, continued where they wrap.
#[derive(Default)]
struct Counts {
    context_switches: Wide,
    system_calls: Wide,
    exceptions: Wide,
}

#[cfg(windows)]
fn build(settings: &Settings) -> Result<ScheduledCollector, SettingError> {
    use crate::windows::{memory, nt, performance, processes, system};
    let names = Names::new(settings);
    let (mut buffer, mut counts) = (nt::Buffer::default(), Counts::default());
    let collect = move |out: &mut Samples| {
        let commitment = memory::commitment()?;
        let runnable = processes::runnable(&mut buffer).ok().flatten();
        let performance = performance::read(&mut buffer).ok();
        let get = |field| performance.as_ref().map(|performance| performance.get(field));
        let facts = Facts {
            context_switches: get(performance::CONTEXT_SWITCHES),
            system_calls: get(performance::SYSTEM_CALLS),
            exceptions: system::exceptions().ok(),
            boot_time: system::boot_time().ok(),
            processes: commitment.processes,
            threads: commitment.threads,
            runnable,
        };
        to_samples(facts, &mut counts, &mut names.of(out));
        Ok::<(), CollectError>(())
    };
    Ok(ScheduledCollector::on_scrape(collect))
}

fn to_samples(facts: Facts, counts: &mut Counts, out: &mut Page<'_>) {
    let switches = facts.context_switches.map(|count| counts.context_switches.at(count));
    out.set_some(&CONTEXT_SWITCHES, [], switches);
    out.set_some(&NODE_CONTEXT_SWITCHES, [], switches);
    let calls = facts.system_calls.map(|count| counts.system_calls.at(count));
    out.set_some(&SYSTEM_CALLS, [], calls);
    let exceptions = facts.exceptions.map(|count| counts.exceptions.at(count));
    out.set_some(&EXCEPTIONS, [], exceptions);
    for metric in [&BOOT_TIME, &BOOT_TIME_SECONDS, &UP_TIME, &NODE_BOOT_TIME] {
        out.set_some(metric, [], facts.boot_time);
    }
    for metric in [&PROCESSES, &OS_PROCESSES, &NODE_PIDS] {
        out.set(metric, [], facts.processes);
    }
    out.set(&PROCESSES_LIMIT, [], NO_LIMIT);
    for metric in [&THREADS, &NODE_THREADS] {
        out.set(metric, [], facts.threads);
    }
    if let Some(Runnable { running, ready }) = facts.runnable {
        out.set(&QUEUE, [], ready);
        out.set(&NODE_RUNNING, [], running + ready);
    }
}

#[cfg(test)]
mod tests {
    use exporter_kit::Samples;

    use super::*;
    use crate::names::Names;

    #[test]
    fn unknown_counts_are_absent() {
        let mut out = Samples::default();
        let runnable = Some(Runnable { running: 2, ready: 3 });
        let facts = Facts { context_switches: Some(7), processes: 3, runnable, ..Facts::default() };
        to_samples(facts, &mut Counts::default(), &mut Names::ALL.of(&mut out));
        assert_eq!(out.value(&NODE_CONTEXT_SWITCHES, []), Some(7.0));
        assert_eq!(out.value(&OS_PROCESSES, []), Some(3.0));
        assert_eq!((out.value(&QUEUE, []), out.value(&NODE_RUNNING, [])), (Some(3.0), Some(5.0)));
        assert_eq!((out.value(&SYSTEM_CALLS, []), out.value(&BOOT_TIME, [])), (None, None));
        assert_eq!(out.check(&DEF), Ok(()));
    }
}
