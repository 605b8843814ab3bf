//! How many processes and threads there are, and in which states: `/proc/<pid>/stat`. It costs a
//! file for each thread of the host.

use std::fmt::Write as _;
use std::path::PathBuf;

use exporter_kit::{CollectError, Collector, CollectorDef, Gauge, Samples, ScheduledCollector};

use super::node::gauge;
use crate::files::Folder;
use crate::host::Host;
use crate::text::{fields, number};

const THREADS: Gauge = gauge("node_processes_threads", "线程数", "Threads of all processes.");
const MAX_THREADS: Gauge =
    gauge("node_processes_max_threads", "最大线程数", "Threads that the kernel allows.");
const STATE: Gauge<1> =
    gauge("node_processes_state", "各状态进程数", "Processes by state, as ps shows it.")
        .labels(["state"]);
const THREADS_STATE: Gauge<1> =
    gauge("node_processes_threads_state", "各状态线程数", "Threads by state, as ps shows it.")
        .labels(["thread_state"]);
const PIDS: Gauge = gauge("node_processes_pids", "进程数", "Processes.");
const MAX_PROCESSES: Gauge =
    gauge("node_processes_max_processes", "最大PID", "PIDs that the kernel allows.");

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "processes",
    "进程统计",
    "Processes and threads by state, and their limits.",
    &[&THREADS, &MAX_THREADS, &STATE, &THREADS_STATE, &PIDS, &MAX_PROCESSES],
    |settings| {
        let procfs = Host::new(settings).proc("");
        Ok(ScheduledCollector::on_scrape(Processes { procfs, name: String::new() }))
    },
)
.off_by_default()
.source("/proc/*/stat, /proc/*/task/*/stat, /proc/sys/kernel");

struct Processes {
    procfs: PathBuf,
    /// Holds the names of files while they are read.
    name: String,
}

/// How many there are in each state, which is a letter.
type States = [u32; 128];

impl Collector for Processes {
    fn collect(&mut self, out: &mut Samples) -> Result<(), CollectError> {
        let procfs = Folder::open(&self.procfs).ok_or("procfs cannot be opened")?;
        let (mut states, mut thread_states) = ([0; 128], [0; 128]);
        let (mut pids, mut threads) = (0_u32, 0.0);
        procfs.names(|pid| {
            if !is_id(pid) {
                return;
            }
            // Processes end while they are read.
            let Some((state, count)) = self.stat(&procfs, pid) else { return };
            pids += 1;
            threads += count;
            add(&mut states, state);
            add(&mut thread_states, state);
            // Most processes have one thread, the one that was just read.
            if count > 1.0 {
                self.threads(&procfs, pid, &mut thread_states);
            }
        });
        if pids == 0 {
            return Err("no process can be read".into());
        }
        out.set(&PIDS, [], f64::from(pids));
        out.set(&THREADS, [], threads);
        set(&STATE, &states, out);
        set(&THREADS_STATE, &thread_states, out);
        for (metric, file) in
            [(&MAX_THREADS, "sys/kernel/threads-max"), (&MAX_PROCESSES, "sys/kernel/pid_max")]
        {
            if let Some(limit) = procfs.number(file) {
                out.set(metric, [], limit);
            }
        }
        Ok(())
    }
}

impl Processes {
    /// Adds the states of the threads of a process, but for its first.
    fn threads(&mut self, procfs: &Folder, pid: &str, states: &mut States) {
        self.name.clear();
        let _ = write!(self.name, "{pid}/task");
        let Some(tasks) = procfs.folder(&self.name) else { return };
        tasks.names(|thread| {
            if thread != pid
                && is_id(thread)
                && let Some((state, _)) = self.stat(&tasks, thread)
            {
                add(states, state);
            }
        });
    }

    /// The state and the number of threads of what has this number in the folder.
    fn stat(&mut self, folder: &Folder, id: &str) -> Option<(u8, f64)> {
        self.name.clear();
        let _ = write!(self.name, "{id}/stat");
        stat(folder.text(&self.name)?.bytes())
    }
}

/// Only `.`-free digits are numbers of processes; other names of procfs begin with letters.
fn is_id(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_digit())
}

/// The state and the number of threads. The name before them is in parentheses, may hold any byte,
/// and ends with the last of these.
fn stat(text: &[u8]) -> Option<(u8, f64)> {
    let name_end = text.iter().rposition(|&byte| byte == b')')?;
    let mut fields = fields(str::from_utf8(&text[name_end + 1..]).ok()?);
    let state = *fields.next()?.as_bytes().first()?;
    let mut rest = fields.skip(16);
    let threads = number(rest.next()?)?;
    Some((state, threads))
}

fn add(states: &mut States, state: u8) {
    if let Some(count) = states.get_mut(usize::from(state)) {
        *count += 1;
    }
}

fn set(metric: &Gauge<1>, states: &States, out: &mut Samples) {
    for (state, count) in (0_u8..).zip(states).filter(|(_, count)| **count > 0) {
        out.set(metric, [char::from(state).encode_utf8(&mut [0; 4])], f64::from(*count));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn state_and_threads_follow_the_name() {
        let rest = "S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 42 18";
        let cases = [("(a)", Some((b'S', 42.0))), ("(a) R (b)", Some((b'S', 42.0))), ("a", None)];
        for (name, expected) in cases {
            assert_eq!(stat(format!("7 {name} {rest}\n").as_bytes()), expected, "{name}");
        }
        assert_eq!(stat(b"7 (\xff) R 1 2"), None);
    }

    #[test]
    fn processes_and_threads_are_counted_by_state() {
        let temporary = tempfile::tempdir().unwrap();
        let write = |path: &str, state: &str, threads: u32| {
            let folder = temporary.path().join(path);
            std::fs::create_dir_all(&folder).unwrap();
            let text =
                format!("1 (x) {state} 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 {threads} 0\n");
            std::fs::write(folder.join("stat"), text).unwrap();
        };
        write("1", "S", 1);
        write("20", "S", 3);
        for (thread, state) in [("20", "S"), ("21", "R"), ("22", "D")] {
            write(&format!("20/task/{thread}"), state, 3);
        }
        write("sys", "R", 1);
        std::fs::create_dir(temporary.path().join("3")).unwrap();
        let procfs = temporary.path().to_owned();
        let mut out = Samples::default();
        Processes { procfs, name: String::new() }.collect(&mut out).unwrap();
        assert_eq!((out.value(&PIDS, []), out.value(&THREADS, [])), (Some(2.0), Some(4.0)));
        assert_eq!(out.value(&STATE, ["S"]), Some(2.0));
        assert_eq!(out.value(&STATE, ["R"]), None);
        let states = ["S", "R", "D"].map(|state| out.value(&THREADS_STATE, [state]));
        assert_eq!(states, [Some(2.0), Some(1.0), Some(1.0)]);
        assert_eq!(out.value(&MAX_THREADS, []), None);
    }
}
