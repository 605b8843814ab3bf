//! The sums of groups. Counters keep what processes had used that have ended.

use exporter_kit::Samples;

use super::metrics::{
    CPU, MAJOR_FAULTS, MEMORY, MINOR_FAULTS, OLDEST_START, OPEN_FDS, PROCS, READ, STATES, SWITCHES,
    THREADS, WORST_FD_RATIO, WRITTEN,
};
use super::read::Stat;

/// How many counters a process has.
pub(super) const COUNTERS: usize = 8;
/// User and system ticks, minor and major faults, voluntary and other switches, bytes read and
/// written; `None` where it cannot be read.
pub(super) type Counts = [Option<u64>; COUNTERS];

/// What is known of a process at this moment alone.
pub(super) struct Sizes {
    state: u8,
    threads: u64,
    start: u64,
    virtual_bytes: u64,
    resident_pages: u64,
    pub(super) swapped: u64,
    pub(super) proportional: Option<u64>,
    pub(super) proportional_swap: Option<u64>,
    pub(super) fds: Option<usize>,
    pub(super) fd_limit: Option<f64>,
}

pub(super) struct Groups {
    groups: Vec<Group>,
    most: usize,
    round: u64,
    pub(super) smaps: bool,
    pub(super) ticks: u64,
    page: u64,
}

#[derive(Default)]
struct Group {
    name: String,
    /// As [`Counts`]; `None` while it could be read of no process.
    totals: Counts,
    now: Now,
    /// When there was a process in it.
    last_round: u64,
}

/// What the processes of this scrape have.
#[derive(Clone, Copy, Default)]
struct Now {
    processes: u64,
    threads: u64,
    states: [u64; 5],
    virtual_bytes: u64,
    resident: u64,
    swapped: u64,
    proportional: Option<u64>,
    proportional_swap: Option<u64>,
    fds: Option<usize>,
    worst_ratio: f64,
    oldest_start: Option<u64>,
}

const STATE_NAMES: [&str; 5] = ["Running", "Sleeping", "Waiting", "Zombie", "Other"];
/// The group of what would be too many groups.
const OTHER: &str = "other";

impl Groups {
    pub(super) fn new(most: usize) -> Self {
        let ticks = rustix::param::clock_ticks_per_second();
        let page = rustix::param::page_size() as u64;
        Self { groups: Vec::new(), most, round: 0, smaps: false, ticks, page }
    }

    /// Begins a scrape.
    pub(super) fn begin(&mut self) {
        self.round += 1;
        for group in &mut self.groups {
            group.now = Now::default();
        }
    }

    /// The group of this name. Where there are too many, the one that has been without a process
    /// for longest gives its place; else it is the group `other`.
    pub(super) fn named(&mut self, name: &str) -> usize {
        let found = |groups: &[Group], name| groups.iter().position(|group| group.name == name);
        if let Some(at) = found(&self.groups, name) {
            self.groups[at].last_round = self.round;
            return at;
        }
        let new = |name: &str, round| Group {
            name: name.to_owned(),
            last_round: round,
            ..Group::default()
        };
        if self.groups.len() < self.most || name == OTHER {
            self.groups.push(new(name, self.round));
            return self.groups.len() - 1;
        }
        // Groups of the last scrape may have processes that this one has not come to yet.
        let (round, places) = (self.round, self.groups.iter_mut());
        let empty = places.filter(|group| group.last_round + 1 < round && group.name != OTHER);
        match empty.min_by_key(|group| group.last_round) {
            Some(group) => {
                *group = new(name, round);
                found(&self.groups, name).unwrap_or(0)
            }
            None => self.named(OTHER),
        }
    }

    /// Adds a process to a group: its counters since `before`, and its sizes.
    pub(super) fn add(&mut self, group: usize, counts: &Counts, before: &Counts, sizes: &Sizes) {
        let Some(group) = self.groups.get_mut(group) else { return };
        group.last_round = self.round;
        for ((total, now), before) in group.totals.iter_mut().zip(counts).zip(before) {
            if let Some(now) = now {
                // Unknown before, it can only count from now on.
                let since = now.saturating_sub(before.unwrap_or(*now));
                *total = Some(total.unwrap_or(0).saturating_add(since));
            }
        }
        let sum = |a: &mut Option<u64>, b: Option<u64>| {
            if let Some(b) = b {
                *a = Some(a.unwrap_or(0) + b);
            }
        };
        let now = &mut group.now;
        now.processes += 1;
        now.threads += sizes.threads;
        now.states[state_place(sizes.state)] += 1;
        now.virtual_bytes += sizes.virtual_bytes;
        now.resident += sizes.resident_pages * self.page;
        now.swapped += sizes.swapped;
        sum(&mut now.proportional, sizes.proportional);
        sum(&mut now.proportional_swap, sizes.proportional_swap);
        if let Some(fds) = sizes.fds {
            now.fds = Some(now.fds.unwrap_or(0) + fds);
            if let Some(limit) = sizes.fd_limit.filter(|limit| *limit > 0.0) {
                now.worst_ratio = now.worst_ratio.max(fds as f64 / limit);
            }
        }
        now.oldest_start = Some(now.oldest_start.map_or(sizes.start, |old| old.min(sizes.start)));
    }

    pub(super) fn to_samples(&self, boot_time: Option<f64>, out: &mut Samples) {
        for Group { name, totals, now, .. } in &self.groups {
            let name = name.as_str();
            let ticks = self.ticks as f64;
            let [user, system, minor, major, voluntary, forced, read, written] =
                totals.map(|total| total.map(|total| total as f64));
            for (mode, total) in [("user", user), ("system", system)] {
                out.set(&CPU, [name, mode], total.unwrap_or(0.0) / ticks);
            }
            for (kind, total) in [("voluntary", voluntary), ("nonvoluntary", forced)] {
                if let Some(total) = total {
                    out.set(&SWITCHES, [name, kind], total);
                }
            }
            let counters = [
                (&MINOR_FAULTS, minor),
                (&MAJOR_FAULTS, major),
                (&READ, read),
                (&WRITTEN, written),
            ];
            for (metric, total) in counters {
                if let Some(total) = total {
                    out.set(metric, [name], total);
                }
            }
            out.set(&PROCS, [name], now.processes as f64);
            out.set(&THREADS, [name], now.threads as f64);
            for (state, count) in STATE_NAMES.into_iter().zip(now.states) {
                out.set(&STATES, [name, state], count as f64);
            }
            // Without a process it is known to be nothing.
            let empty = (self.smaps && now.processes == 0).then_some(0);
            let types = [
                ("resident", Some(now.resident)),
                ("virtual", Some(now.virtual_bytes)),
                ("swapped", Some(now.swapped)),
                ("proportionalResident", now.proportional.or(empty)),
                ("proportionalSwapped", now.proportional_swap.or(empty)),
            ];
            for (kind, bytes) in types {
                if let Some(bytes) = bytes {
                    out.set(&MEMORY, [name, kind], bytes as f64);
                }
            }
            // A group without processes has no file open; one whose files are hidden may have.
            if now.fds.is_some() || now.processes == 0 {
                out.set(&OPEN_FDS, [name], now.fds.unwrap_or(0) as f64);
                out.set(&WORST_FD_RATIO, [name], now.worst_ratio);
            }
            if let (Some(boot_time), Some(start)) = (boot_time, now.oldest_start) {
                out.set(&OLDEST_START, [name], (boot_time + start as f64 / ticks).floor());
            }
        }
    }
}

impl Sizes {
    pub(super) fn of(stat: &Stat<'_>) -> Self {
        Self {
            state: stat.state,
            threads: stat.threads,
            start: stat.start,
            virtual_bytes: stat.virtual_bytes,
            resident_pages: stat.resident_pages,
            swapped: 0,
            proportional: None,
            proportional_swap: None,
            fds: None,
            fd_limit: None,
        }
    }
}

fn state_place(state: u8) -> usize {
    match state {
        b'R' => 0,
        b'S' => 1,
        b'D' => 2,
        b'Z' => 3,
        _ => 4,
    }
}
