//! What each process uses of processors, memory and I/O.

mod metrics;

#[cfg(windows)]
use exporter_kit::{CollectError, Samples, ScheduledCollector, SettingError, Settings};
use exporter_kit::{CollectorDef, Flag, Pattern};

use self::metrics as metric;
#[cfg(not(windows))]
use super::definitions::build;
#[cfg(windows)]
use crate::names::Names;
use crate::names::Page;
use crate::windows::processes::Process;
use crate::windows::{PER_SECOND, unix_seconds};

const INCLUDE: Flag<Pattern> =
    Flag::pattern("collector.process.include", "", "Processes to expose, by name, without .exe.")
        .whole()
        .with_exclude();
const EXCLUDE: Flag<Pattern> = Flag::pattern(
    "collector.process.exclude",
    "",
    "Processes to leave out, by name, without .exe.",
)
.whole();
const MAX: Flag<u64> = Flag::number(
    "collector.process.max",
    "500",
    "Most processes to expose, those with the largest working sets; 0 for all.",
);

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "process",
    "进程",
    "CPU time, memory, I/O and handles of each process.",
    metric::ALL,
    build,
)
.flags(&[&INCLUDE, &EXCLUDE, &MAX])
.source("NtQuerySystemInformation")
.off_by_default();

#[cfg(windows)]
fn build(settings: &Settings) -> Result<ScheduledCollector, SettingError> {
    use crate::windows::{nt, processes};
    let names = Names::new(settings);
    let filter = settings.filter(&INCLUDE, &EXCLUDE);
    let max = usize::try_from(settings.get(&MAX)).unwrap_or(usize::MAX);
    let mut buffer = nt::Buffer::default();
    let collect = move |out: &mut Samples| {
        let mut processes = processes::processes(&mut buffer)?;
        choose(&mut processes, |name| filter.wants(name), max);
        let mut out = names.of(out);
        processes.iter().for_each(|process| to_samples(process, &mut out));
        Ok::<(), CollectError>(())
    };
    Ok(ScheduledCollector::on_scrape(collect))
}

/// The modes of I/O, in the order of [`Process::operations`].
const MODES: [&str; 3] = ["read", "write", "other"];

/// Keeps the wanted processes, at most `max` unless that is 0, without the idle process.
fn choose(processes: &mut Vec<Process>, wants: impl Fn(&str) -> bool, max: usize) {
    processes.retain(|process| process.id != 0 && wants(name(process)));
    if max > 0 && processes.len() > max {
        processes.sort_unstable_by_key(|process| std::cmp::Reverse(process.working_set));
        processes.truncate(max);
    }
}

/// The name without the suffix of programs, as performance counters have it.
fn name(process: &Process) -> &str {
    let name = &*process.name;
    let suffix = name.len().checked_sub(4).filter(|at| name.is_char_boundary(*at));
    match suffix {
        Some(at) if name[at..].eq_ignore_ascii_case(".exe") => &name[..at],
        _ => name,
    }
}

fn to_samples(process: &Process, out: &mut Page<'_>) {
    let (name, id) = (name(process), &*process.id.to_string());
    let labels = [name, id];
    let parent = &*process.parent.to_string();
    out.set(&metric::INFO, [name, id, parent, "", "", ""], 1.0);
    out.set_some(&metric::STARTED, labels, unix_seconds(process.started));
    for (mode, time) in [("privileged", process.kernel_time), ("user", process.user_time)] {
        out.set(&metric::CPU_TIME, [name, id, mode], time as f64 / PER_SECOND);
    }
    for ((mode, count), bytes) in MODES.iter().zip(process.operations).zip(process.transferred) {
        out.set(&metric::IO_OPERATIONS, [name, id, mode], count as f64);
        out.set(&metric::IO_BYTES, [name, id, mode], bytes as f64);
    }
    for (pool, bytes) in [("paged", process.paged_pool), ("nonpaged", process.nonpaged_pool)] {
        out.set(&metric::POOL, [name, id, pool], bytes as f64);
    }
    out.set(&metric::PAGE_FAULTS, labels, process.page_faults);
    out.set(&metric::PRIORITY, labels, process.priority);
    out.set(&metric::THREADS, labels, process.threads);
    out.set(&metric::HANDLES, labels, process.handles);
    for (metric, bytes) in [
        (&metric::VIRTUAL, process.virtual_bytes),
        (&metric::PRIVATE, process.private),
        (&metric::PAGE_FILE, process.page_file),
        (&metric::WORKING_SET, process.working_set),
        (&metric::WORKING_SET_PEAK, process.working_set_peak),
        (&metric::WORKING_SET_PRIVATE, process.working_set_private),
    ] {
        out.set(metric, labels, bytes as f64);
    }
}

#[cfg(test)]
mod tests {
    use exporter_kit::Samples;

    use super::*;
    use crate::names::Names;

    fn process(id: u64, name: &str, working_set: u64) -> Process {
        Process { id, name: name.to_owned(), working_set, ..Process::default() }
    }

    #[test]
    fn a_process_is_named_without_its_suffix() {
        for (file, expected) in [
            ("svchost.exe", "svchost"),
            ("A.EXE", "A"),
            (".exe", ""),
            ("System", "System"),
            ("a.com", "a.com"),
            ("中文", "中文"),
            ("文exe", "文exe"),
        ] {
            assert_eq!(name(&process(1, file, 0)), expected);
        }
    }

    #[test]
    fn the_largest_processes_are_kept() {
        let all = [
            process(0, "", 9),
            process(4, "System", 1),
            process(8, "a.exe", 5),
            process(12, "b.exe", 7),
        ];
        let ids = |max, wants: fn(&str) -> bool| {
            let mut processes = all.to_vec();
            choose(&mut processes, wants, max);
            processes.iter().map(|process| process.id).collect::<Vec<_>>()
        };
        assert_eq!(ids(2, |_| true), [12, 8]);
        assert_eq!(ids(0, |_| true), [4, 8, 12]);
        assert_eq!(ids(2, |name| name == "a"), [8]);
    }

    #[test]
    fn a_process_has_all_its_series() {
        let mut out = Samples::default();
        let process = Process {
            user_time: 15_000_000,
            operations: [1, 2, 3],
            nonpaged_pool: 7,
            priority: -1,
            ..process(8, "a.exe", 4096)
        };
        to_samples(&process, &mut Names::ALL.of(&mut out));
        assert_eq!(out.check(&DEF), Ok(()));
        assert_eq!(out.value(&metric::CPU_TIME, ["a", "8", "user"]), Some(1.5));
        assert_eq!(out.value(&metric::IO_OPERATIONS, ["a", "8", "other"]), Some(3.0));
        assert_eq!(out.value(&metric::POOL, ["a", "8", "nonpaged"]), Some(7.0));
        assert_eq!(out.value(&metric::WORKING_SET, ["a", "8"]), Some(4096.0));
        assert_eq!(out.value(&metric::PRIORITY, ["a", "8"]), Some(-1.0));
        // The start is unknown.
        assert_eq!(out.value(&metric::STARTED, ["a", "8"]), None);
    }
}
