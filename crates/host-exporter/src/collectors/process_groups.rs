//! Groups of processes, as process-exporter has them: what processes of the same kind use together,
//! those that have ended included.

mod groups;
mod identity;
mod metrics;
mod read;
mod rules;

use std::collections::HashMap;
use std::fmt::Write as _;

use exporter_kit::{CollectError, Collector, CollectorDef, Flag, Samples, ScheduledCollector};

use self::groups::{COUNTERS, Counts, Groups, Sizes};
use self::metrics::{ERRORS, PARTIAL_ERRORS, READ_ERRORS};
use self::read::{Stat, fd_limit, number_of, stat};
use self::rules::Rule;
use crate::files::{Folder, Text};
use crate::host::Host;

const GROUP: Flag<[String]> = Flag::list(
    "collector.process_groups.group",
    "NAME=FIELD:REGEX",
    "{comm}=cmdline:.+",
    "Group of processes; the first that matches wins. Fields: comm, exe (path), cmdline, user, unit \
     (of systemd); several conditions are joined by ' and '. NAME may hold {comm}, {exe}, {user}, \
     {unit} or {cmdline}.",
);
const MAX_GROUPS: Flag<u64> = Flag::number(
    "collector.process_groups.max-groups",
    "200",
    "Groups to expose; processes of further ones count in the group other.",
)
.positive();
const CHILDREN: Flag<bool> = Flag::switch(
    "collector.process_groups.children",
    "Count a process that no group matches in the group of its nearest ancestor that has one.",
)
.on();
const SMAPS: Flag<bool> = Flag::switch(
    "collector.process_groups.smaps",
    "Expose the proportional types of memory, which takes the kernel a walk through all of it.",
);

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "process_groups",
    "进程组",
    "CPU, memory, I/O and files of groups of processes, under process-exporter's names.",
    metrics::ALL,
    |settings| {
        let rules = settings.get(&GROUP).iter().map(|rule| {
            Rule::new(rule).map_err(|what| settings.error(&GROUP, format_args!("{rule}: {what}")))
        });
        let max_groups = usize::try_from(settings.get(&MAX_GROUPS)).unwrap_or(usize::MAX);
        let mut collector =
            ProcessGroups::new(Host::new(settings), rules.collect::<Result<_, _>>()?, max_groups);
        collector.children = settings.get(&CHILDREN);
        collector.groups.smaps = settings.get(&SMAPS);
        Ok(ScheduledCollector::on_scrape(collector))
    },
)
.flags(&[&GROUP, &MAX_GROUPS, &CHILDREN, &SMAPS])
.off_by_default()
.source("/proc/*/stat, status, io, fd, limits, smaps_rollup");

/// Bounds the memory that this takes, at some ten megabytes.
const MAX_PROCESSES: usize = 65_536;
/// Counting descriptors ends here on kernels that do not know their number.
const MAX_FDS: usize = 1 << 20;
/// Limits seldom change, so they are read once per this number of scrapes.
const LIMIT_ROUNDS: u32 = 16;
/// Ancestors that are asked for their group.
const MAX_DEPTH: usize = 64;

struct ProcessGroups {
    host: Host,
    rules: Vec<Rule>,
    children: bool,
    groups: Groups,
    known: HashMap<u32, Process>,
    /// Processes of this scrape that no rule matches and whose ancestors have not been asked.
    unmatched: Vec<u32>,
    round: u32,
    /// When the first scrape was and when the host started, both in seconds, as far as known.
    first_look: Option<f64>,
    boot_time: Option<f64>,
    errors: u64,
    read_errors: u64,
    partial_errors: u64,
    /// Holds the names of files while they are read.
    name: String,
}

/// A process as it was last seen.
struct Process {
    /// With the number this names a process for all time.
    start: u64,
    comm: [u8; 16],
    parent: u32,
    group: Member,
    counts: Counts,
    fd_limit: Option<f64>,
    round: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Member {
    Of(usize),
    OfAncestors,
    Ignored,
}

impl Collector for ProcessGroups {
    fn collect(&mut self, out: &mut Samples) -> Result<(), CollectError> {
        let Some(procfs) = Folder::open(&self.host.proc("")) else {
            self.errors += 1;
            return Err("procfs cannot be opened".into());
        };
        self.round = self.round.wrapping_add(1);
        if self.round == 1 {
            let first_number = |text: &str| text.split_ascii_whitespace().next()?.parse().ok();
            self.first_look = procfs.text("uptime").and_then(|text| first_number(text.trimmed()?));
            let stat = std::fs::read_to_string(self.host.proc("stat")).unwrap_or_default();
            self.boot_time =
                stat.lines().find_map(|line| first_number(line.strip_prefix("btime ")?));
        }
        self.groups.begin();
        let mut users = None;
        procfs.names(|pid| {
            let Ok(pid) = pid.parse() else { return };
            // Processes end while they are read.
            let Some(text) = self.text(&procfs, pid, "stat") else { return };
            let Some(stat) = stat(text.bytes()) else {
                self.read_errors += 1;
                return;
            };
            self.see(&procfs, pid, &stat, &mut users);
        });
        let mut unmatched = std::mem::take(&mut self.unmatched);
        for pid in unmatched.drain(..) {
            let group = self.group_of_ancestors(pid);
            if let Some(process) = self.known.get_mut(&pid) {
                process.group = group;
            }
            if matches!(group, Member::Of(_))
                && let Some(text) = self.text(&procfs, pid, "stat")
                && let Some(stat) = stat(text.bytes())
            {
                self.measure(&procfs, pid, &stat);
            }
        }
        self.unmatched = unmatched;
        let round = self.round;
        self.known.retain(|_, process| process.round == round);
        if self.known.is_empty() {
            self.errors += 1;
            return Err("no process can be read".into());
        }
        self.groups.to_samples(self.boot_time, out);
        for (metric, errors) in [
            (&ERRORS, self.errors),
            (&READ_ERRORS, self.read_errors),
            (&PARTIAL_ERRORS, self.partial_errors),
        ] {
            out.set(metric, [], errors as f64);
        }
        Ok(())
    }
}

impl ProcessGroups {
    fn new(host: Host, rules: Vec<Rule>, max_groups: usize) -> Self {
        Self {
            host,
            rules,
            children: true,
            groups: Groups::new(max_groups),
            known: HashMap::new(),
            unmatched: Vec::new(),
            round: 0,
            first_look: None,
            boot_time: None,
            errors: 0,
            read_errors: 0,
            partial_errors: 0,
            name: String::new(),
        }
    }

    /// A file of a process.
    fn text(&mut self, procfs: &Folder, pid: u32, file: &str) -> Option<Text> {
        procfs.text(self.named(pid, file))
    }

    fn named(&mut self, pid: u32, file: &str) -> &str {
        self.name.clear();
        let _ = write!(self.name, "{pid}/{file}");
        &self.name
    }

    /// Finds the group of a process that is new or has another name, and adds what it uses to its group.
    fn see(&mut self, procfs: &Folder, pid: u32, stat: &Stat<'_>, users: &mut Option<String>) {
        let round = self.round;
        let comm = short(stat.comm);
        let (mut counts, mut fd_limit) = (Counts::default(), None);
        if let Some(known) = self.known.get_mut(&pid)
            && known.start == stat.start
        {
            // One that was found between fork and exec had the name of its parent. Those without
            // memory of their own, threads of the kernel and zombies, have no better group.
            if known.comm == comm || stat.virtual_bytes == 0 {
                known.round = round;
                known.parent = stat.parent;
                return self.measure(procfs, pid, stat);
            }
            (counts, fd_limit) = (known.counts, known.fd_limit);
        }
        if self.known.len() >= MAX_PROCESSES && !self.known.contains_key(&pid) {
            self.read_errors += 1;
            return;
        }
        let group = match self.match_rules(procfs, pid, stat, users) {
            Some(name) => Member::Of(self.groups.named(&name)),
            None if self.children => {
                self.unmatched.push(pid);
                Member::OfAncestors
            }
            None => Member::Ignored,
        };
        let process = Process {
            start: stat.start,
            comm,
            parent: stat.parent,
            group,
            counts,
            fd_limit,
            round,
        };
        self.known.insert(pid, process);
        self.measure(procfs, pid, stat);
    }

    /// The group of the nearest ancestor that has one.
    fn group_of_ancestors(&self, pid: u32) -> Member {
        let mut at = pid;
        for _ in 0..MAX_DEPTH {
            let Some(process) = self.known.get(&at) else { break };
            match process.group {
                Member::OfAncestors => at = process.parent,
                group => return group,
            }
        }
        Member::Ignored
    }

    /// Adds what a process uses to its group.
    fn measure(&mut self, procfs: &Folder, pid: u32, stat: &Stat<'_>) {
        let Some(process) = self.known.get(&pid) else { return };
        let Member::Of(group) = process.group else { return };
        let (last, mut limit) = (process.counts, process.fd_limit);
        let mut counts = Counts::default();
        counts[..4].copy_from_slice(
            &[stat.user_ticks, stat.system_ticks, stat.minor_faults, stat.major_faults].map(Some),
        );
        let mut sizes = Sizes::of(stat);
        if let Some(status) = self.text(procfs, pid, "status") {
            counts[4] = number_of(status.bytes(), "voluntary_ctxt_switches");
            counts[5] = number_of(status.bytes(), "nonvoluntary_ctxt_switches");
            sizes.swapped = number_of(status.bytes(), "VmSwap").unwrap_or(0) * 1024;
        }
        let io = self.text(procfs, pid, "io");
        counts[6] = io.as_ref().and_then(|io| number_of(io.bytes(), "read_bytes"));
        counts[7] = io.as_ref().and_then(|io| number_of(io.bytes(), "write_bytes"));
        sizes.fds = procfs.count(self.named(pid, "fd"), MAX_FDS);
        if counts[6].is_none() || sizes.fds.is_none() {
            self.partial_errors += 1;
        }
        if limit.is_none() || (pid ^ self.round).is_multiple_of(LIMIT_ROUNDS) {
            let limits = self.text(procfs, pid, "limits");
            limit = limits.and_then(|limits| fd_limit(limits.bytes())).or(limit);
        }
        sizes.fd_limit = limit;
        if self.groups.smaps
            && let Some(rollup) = self.text(procfs, pid, "smaps_rollup")
        {
            sizes.proportional = number_of(rollup.bytes(), "Pss").map(|kib| kib * 1024);
            sizes.proportional_swap = number_of(rollup.bytes(), "SwapPss").map(|kib| kib * 1024);
        }
        // What a process did before the first scrape is not known of those that have ended either.
        let ticks = f64::from(u32::try_from(self.groups.ticks).unwrap_or(100));
        let began_since = self.first_look.is_some_and(|first| stat.start as f64 / ticks > first);
        let before = match last[0].is_none() {
            true if began_since => [Some(0); COUNTERS],
            true => counts,
            false => last,
        };
        self.groups.add(group, &counts, &before, &sizes);
        if let Some(process) = self.known.get_mut(&pid) {
            // A file that cannot be read for once takes nothing back.
            for (kept, now) in process.counts.iter_mut().zip(counts) {
                *kept = now.or(*kept);
            }
            process.fd_limit = limit;
        }
    }
}

/// The name as the kernel keeps it: it has at most 15 bytes, but for its own threads.
fn short(comm: &[u8]) -> [u8; 16] {
    let mut short = [0; 16];
    short.iter_mut().zip(comm).for_each(|(to, from)| *to = *from);
    short
}

#[cfg(test)]
mod tests;
