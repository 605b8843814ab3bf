//! Clocks of CPUs and what sets them: `/sys/devices/system/cpu/cpu*/cpufreq`.
//!
//! `cpuinfo_cur_freq` stays unread: it asks the hardware, for 20 ms a core on some.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use exporter_kit::{
    CollectError, Collector, CollectorDef, Gauge, Samples, ScheduledCollector, Unit,
};

use super::node::gauge;
use crate::files::Folder;
use crate::host::Host;

const fn clock(name: &'static str, zh: &'static str, help: &'static str) -> Gauge<1> {
    gauge(name, zh, help).unit(Unit::Hertz).labels(["cpu"])
}

const AVERAGE: Gauge<1> = clock(
    "node_cpu_frequency_avg_hertz",
    "CPU平均频率",
    "Clock of the CPU on average while it was not idle, as the hardware counts.",
);
const MIN: Gauge<1> =
    clock("node_cpu_frequency_min_hertz", "CPU最低频率", "Lowest clock that the CPU can have.");
const MAX: Gauge<1> =
    clock("node_cpu_frequency_max_hertz", "CPU最高频率", "Highest clock that the CPU can have.");
const SCALING: Gauge<1> = clock(
    "node_cpu_scaling_frequency_hertz",
    "CPU当前频率",
    "Clock of the CPU at present, as the kernel knows it; absent where reading it is slow.",
);
const SCALING_MIN: Gauge<1> = clock(
    "node_cpu_scaling_frequency_min_hertz",
    "CPU频率下限",
    "Lowest clock that the kernel gives the CPU.",
);
const SCALING_MAX: Gauge<1> = clock(
    "node_cpu_scaling_frequency_max_hertz",
    "CPU频率上限",
    "Highest clock that the kernel gives the CPU.",
);

const GOVERNOR: Gauge<2> = gauge(
    "node_cpu_scaling_governor",
    "CPU调频策略",
    "Whether the CPU's clock is set by this governor (1) or by another (0).",
)
.labels(["cpu", "governor"]);

/// Files with a clock in kHz. The first two may ask the hardware.
const CLOCKS: [(&str, &Gauge<1>); 6] = [
    ("scaling_cur_freq", &SCALING),
    ("cpuinfo_avg_freq", &AVERAGE),
    ("cpuinfo_min_freq", &MIN),
    ("cpuinfo_max_freq", &MAX),
    ("scaling_min_freq", &SCALING_MIN),
    ("scaling_max_freq", &SCALING_MAX),
];
const PRESENT: usize = 2;

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "cpufreq",
    "CPU频率",
    "Clocks of CPUs with their limits, and the governors that set them.",
    &[&AVERAGE, &MIN, &MAX, &SCALING, &SCALING_MIN, &SCALING_MAX, &GOVERNOR],
    |settings| {
        let path = Host::new(settings).sys("devices/system/cpu");
        Ok(ScheduledCollector::on_scrape(Cpufreq::new(path)))
    },
)
.source("/sys/devices/system/cpu/cpu*/cpufreq");

struct Cpufreq {
    path: PathBuf,
    /// Of each policy that several CPUs may share, what it says at this scrape; by number.
    policies: Vec<Policy>,
    /// That of a CPU that has its own.
    own: Policy,
    budget: Budget,
    /// Where the path of a CPU's folder is put together.
    folder_of: String,
}

/// What rules the clock of one or several CPUs.
#[derive(Default)]
struct Policy {
    number: u32,
    is_fresh: bool,
    clocks: [Option<f64>; CLOCKS.len()],
    governor: String,
    governors: String,
}

impl Cpufreq {
    fn new(path: PathBuf) -> Self {
        let (own, budget) = (Policy::default(), Budget::default());
        Self { path, policies: Vec::new(), own, budget, folder_of: String::new() }
    }
}

impl Collector for Cpufreq {
    fn collect(&mut self, out: &mut Samples) -> Result<(), CollectError> {
        let Self { path, policies, own, budget, folder_of } = self;
        let folder = Folder::open(path).ok_or(CollectError::NoData)?;
        policies.iter_mut().for_each(|policy| policy.is_fresh = false);
        budget.begin();
        let mut any = false;
        folder.names(|name| {
            let Some(cpu) = name.strip_prefix("cpu").filter(|cpu| is_number(cpu)) else { return };
            folder_of.clear();
            folder_of.extend([name, "/cpufreq"]);
            let link = folder.link(folder_of);
            let target = link.as_ref().and_then(|link| str::from_utf8(link.bytes()).ok());
            // Old kernels have a folder for each CPU instead of links to policies.
            let policy = match target.and_then(policy_number) {
                Some(number) => {
                    let at = policies.binary_search_by_key(&number, |policy| policy.number);
                    let at = at.unwrap_or_else(|at| {
                        policies.insert(at, Policy { number, ..Policy::default() });
                        at
                    });
                    &mut policies[at]
                }
                None => &mut *own,
            };
            if !policy.is_fresh {
                let Some(folder) = folder.folder(folder_of) else { return };
                policy.read(&folder, budget);
                policy.is_fresh = target.is_some();
            }
            policy.set(cpu, out);
            any = true;
        });
        policies.retain(|policy| policy.is_fresh);
        budget.end();
        if any { Ok(()) } else { Err(CollectError::NoData) }
    }
}

impl Policy {
    fn read(&mut self, folder: &Folder, budget: &mut Budget) {
        for (at, (file, _)) in CLOCKS.into_iter().enumerate() {
            self.clocks[at] = match at < PRESENT {
                true => budget.spend(|| folder.number(file)),
                false => folder.number(file),
            };
        }
        for (file, held) in [
            ("scaling_governor", &mut self.governor),
            ("scaling_available_governors", &mut self.governors),
        ] {
            let text = folder.text(file);
            held.clear();
            held.push_str(text.as_ref().and_then(|text| text.trimmed()).unwrap_or_default());
        }
    }

    fn set(&self, cpu: &str, out: &mut Samples) {
        for ((_, metric), khz) in CLOCKS.into_iter().zip(self.clocks) {
            if let Some(khz) = khz {
                out.set(metric, [cpu], khz * 1000.0);
            }
        }
        if self.governor.is_empty() {
            return;
        }
        out.set(&GOVERNOR, [cpu, &self.governor], 1.0);
        let others = self.governors.split_ascii_whitespace();
        for governor in others.filter(|governor| *governor != self.governor) {
            out.set(&GOVERNOR, [cpu, governor], 0.0);
        }
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn policy_number(target: &str) -> Option<u32> {
    target.rsplit('/').next()?.strip_prefix("policy")?.parse().ok()
}

/// How long the present clocks may take to read. Kernels before 5.18 measure each core of some
/// processors for 10 ms, which is too dear for every scrape.
#[derive(Default)]
struct Budget {
    spent: Duration,
    reads: u32,
    /// Consecutive scrapes that were too expensive; one proves nothing on a busy machine.
    dear: u32,
}

impl Budget {
    const SCRAPE: Duration = Duration::from_millis(20);
    const READ: Duration = Duration::from_millis(1);
    const SCRAPES: u32 = 3;

    fn begin(&mut self) {
        (self.spent, self.reads) = (Duration::ZERO, 0);
    }

    /// Whether what was read so far took too long, for one scrape and on average.
    fn is_spent(&self) -> bool {
        self.spent > Self::SCRAPE && self.spent > Self::READ * self.reads
    }

    fn spend(&mut self, read: impl FnOnce() -> Option<f64>) -> Option<f64> {
        if self.dear >= Self::SCRAPES || self.is_spent() {
            return None;
        }
        let begin = Instant::now();
        let number = read();
        self.spent += begin.elapsed();
        self.reads += 1;
        number
    }

    fn end(&mut self) {
        if self.dear < Self::SCRAPES {
            self.dear = if self.is_spent() { self.dear + 1 } else { 0 };
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn cpus_of_one_policy_have_the_same_clock() {
        let root = tempfile::tempdir().unwrap();
        let write = |folder: &str, files: &[(&str, &str)]| {
            fs::create_dir_all(root.path().join(folder)).unwrap();
            for (name, text) in files {
                fs::write(root.path().join(folder).join(name), text).unwrap();
            }
        };
        write("cpufreq/policy0", &[("scaling_cur_freq", "2599999\n"), ("cpuinfo_max_freq", "x\n")]);
        write(
            "cpufreq/policy0",
            &[
                ("scaling_governor", "powersave\n"),
                ("scaling_available_governors", "performance powersave\n"),
                ("cpuinfo_cur_freq", "1\n"),
            ],
        );
        for cpu in ["cpu0", "cpu1"] {
            write(cpu, &[]);
            symlink("../cpufreq/policy0", root.path().join(cpu).join("cpufreq")).unwrap();
        }
        write("cpu12/cpufreq", &[("scaling_min_freq", "800000\n"), ("scaling_governor", "x\n")]);
        write("cpu3", &[("online", "0\n")]);
        let mut cpufreq = Cpufreq::new(root.path().to_owned());
        for _ in 0..2 {
            let mut out = Samples::default();
            cpufreq.collect(&mut out).unwrap();
            for cpu in ["0", "1"] {
                assert_eq!(out.value(&SCALING, [cpu]), Some(2_599_999_000.0));
                assert_eq!(out.value(&GOVERNOR, [cpu, "powersave"]), Some(1.0));
                assert_eq!(out.value(&GOVERNOR, [cpu, "performance"]), Some(0.0));
            }
            assert_eq!(out.value(&SCALING_MIN, ["12"]), Some(8e8));
            assert_eq!(out.value(&GOVERNOR, ["12", "x"]), Some(1.0));
            assert_eq!(out.len(), 8);
        }
        fs::write(root.path().join("cpufreq/policy0/scaling_cur_freq"), "1\n").unwrap();
        let mut out = Samples::default();
        cpufreq.collect(&mut out).unwrap();
        assert_eq!(out.value(&SCALING, ["1"]), Some(1000.0));
    }

    #[test]
    fn clocks_that_are_dear_are_read_no_more() {
        let mut budget = Budget::default();
        for scrape in 0..4 {
            budget.begin();
            let read = |number: f64| {
                std::thread::sleep(Duration::from_millis(21));
                Some(number)
            };
            let expected = if scrape < Budget::SCRAPES { Some(1.0) } else { None };
            assert_eq!(budget.spend(|| read(1.0)), expected, "{scrape}");
            assert_eq!(budget.spend(|| read(2.0)), None, "{scrape}");
            budget.end();
        }
        let mut budget = Budget { dear: 2, ..Budget::default() };
        budget.begin();
        assert_eq!(budget.spend(|| Some(1.0)), Some(1.0));
        budget.end();
        assert_eq!(budget.dear, 0);
    }

    #[test]
    fn a_machine_without_clocks_to_set_has_no_data() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("cpu0")).unwrap();
        let mut cpufreq = Cpufreq::new(root.path().to_owned());
        let result = cpufreq.collect(&mut Samples::default());
        assert!(matches!(result, Err(CollectError::NoData)));
    }
}
