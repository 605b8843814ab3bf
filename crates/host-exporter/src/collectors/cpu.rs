//! Where the time of each CPU goes, and which CPUs there are: `/proc/stat` and
//! `/sys/devices/system/cpu`.

mod info;

use std::fs;
use std::path::Path;

use exporter_kit::{
    CollectError, Collector, CollectorDef, Counter, Flag, Gauge, KeptFile, Samples,
    ScheduledCollector, Unit,
};

use self::info::Info;
use super::node::{counter, gauge};
use crate::host::Host;
use crate::shared_file::SharedFile;
use crate::text::{fields, lines, number, ranges, with_text};

const SECONDS: Counter<2> =
    counter("node_cpu_seconds_total", "CPU时间", "Time that each CPU has spent in each mode.")
        .unit(Unit::Seconds)
        .labels(["cpu", "mode"]);

const GUEST: Counter<2> = counter(
    "node_cpu_guest_seconds_total",
    "虚拟机占用CPU时间",
    "Time that each CPU has spent in virtual machines, by their priority; it is in the modes user and nice too.",
)
.unit(Unit::Seconds)
.labels(["cpu", "mode"]);

const ONLINE: Gauge<1> =
    gauge("node_cpu_online", "CPU是否在线", "Whether the CPU is online (1) or not (0).")
        .labels(["cpu"]);

const ISOLATED: Gauge<1> = gauge(
    "node_cpu_isolated",
    "隔离的CPU",
    "Constant 1, for each CPU that is kept from the scheduler.",
)
.labels(["cpu"]);

const CORE_THROTTLES: Counter<2> = counter(
    "node_cpu_core_throttles_total",
    "CPU核降频次数",
    "How often the core was slowed down because of its temperature.",
)
.labels(["package", "core"]);

const PACKAGE_THROTTLES: Counter<1> = counter(
    "node_cpu_package_throttles_total",
    "CPU插槽降频次数",
    "How often the package was slowed down because of its temperature.",
)
.labels(["package"]);

const WITH_GUEST: Flag<bool> =
    Flag::switch("collector.cpu.guest", "Expose node_cpu_guest_seconds_total.").on();

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "cpu",
    "CPU",
    "Time of each CPU by mode, CPUs online and isolated, and throttling.",
    &[&SECONDS, &GUEST, &ONLINE, &ISOLATED, &CORE_THROTTLES, &PACKAGE_THROTTLES],
    |settings| {
        let info = Info::new(settings);
        let cpu = Cpu::new(&Host::new(settings), settings.get(&WITH_GUEST), info);
        Ok(ScheduledCollector::on_scrape(cpu))
    },
)
.and(&[info::METRICS])
.flags(&[&WITH_GUEST, info::FLAGS[0], info::FLAGS[1], info::FLAGS[2]])
.source("/proc/stat, /proc/cpuinfo, /sys/devices/system/cpu");

/// The columns of a line of `/proc/stat`, proc_stat(5).
const MODES: [&str; 8] = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"];

/// Those and two more, of guests.
const COLUMNS: usize = MODES.len() + 2;
const IDLE: usize = 3;

/// Ticks per second in which the kernel reports times, whatever its own clock.
const USER_HZ: f64 = 100.0;

/// A counter of idle time that jumps back so far is that of a CPU that was taken out and put back.
const HOTPLUG_TICKS: f64 = 3.0 * USER_HZ;

/// Collects what is known of CPUs.
struct Cpu {
    stat: SharedFile,
    online: SharedFile,
    present: KeptFile,
    isolated: KeptFile,
    with_guest: bool,
    /// Of each CPU the highest numbers seen, by its number.
    last: Vec<(u32, [Option<f64>; COLUMNS])>,
    throttles: Throttles,
    info: Option<Info>,
}

impl Cpu {
    fn new(host: &Host, with_guest: bool, info: Option<Info>) -> Self {
        let file =
            |name: &str| KeptFile::new(host.sys("devices/system/cpu").join(name)).short_lines();
        Self {
            stat: SharedFile::with_short_lines(host.proc("stat")),
            online: SharedFile::with_short_lines(host.sys("devices/system/cpu/online")),
            present: file("present"),
            isolated: file("isolated"),
            with_guest,
            last: Vec::new(),
            throttles: Throttles::default(),
            info,
        }
    }
}

impl Collector for Cpu {
    fn collect(&mut self, out: &mut Samples) -> Result<(), CollectError> {
        self.stat.with(|stat| times(stat, self.with_guest, &mut self.last, out))?;
        // A kernel without sysfs, or one in a container, may not tell.
        if let Ok(present) = self.present.read() {
            // Without the list nothing is known of any.
            let _ = self.online.with(|online| {
                for cpu in ranges(present) {
                    let is_online = ranges(online).any(|online| online == cpu);
                    with_text(cpu, |cpu| out.set(&ONLINE, [cpu], f64::from(u8::from(is_online))));
                }
                Ok(())
            });
        }
        if let Ok(isolated) = self.isolated.read() {
            for cpu in ranges(isolated) {
                with_text(cpu, |cpu| out.set(&ISOLATED, [cpu], 1.0));
            }
        }
        let folder = self.present.path().parent().unwrap_or(Path::new(""));
        self.throttles.collect(folder, self.last.iter().map(|(cpu, _)| *cpu), out);
        if let Some(info) = &mut self.info {
            info.collect(out);
        }
        Ok(())
    }
}

fn times(
    stat: &[u8],
    with_guest: bool,
    last: &mut Vec<(u32, [Option<f64>; COLUMNS])>,
    out: &mut Samples,
) -> Result<(), CollectError> {
    let mut seen = 0;
    for line in lines(stat) {
        let mut columns = fields(line);
        let Some(cpu) = columns.next().and_then(|name| name.strip_prefix("cpu")) else { continue };
        // The line without a number is the sum of the others.
        let Ok(index) = cpu.parse::<u32>() else { continue };
        let mut ticks = [None; COLUMNS];
        for (tick, column) in ticks.iter_mut().zip(columns) {
            // Nothing that the kernel cannot have counted, or it would be held for ever.
            *tick = column.parse::<u64>().ok().map(|ticks| ticks as f64);
        }
        // CPUs come in order, so the list of the last scrape is merged in passing; what it has
        // more are CPUs that were removed.
        let gone = last[seen..].iter().position(|(known, _)| *known >= index);
        last.drain(seen..gone.map_or(last.len(), |gone| seen + gone));
        match last.get_mut(seen) {
            Some((known, held)) if *known == index => hold(held, &ticks),
            _ => last.insert(seen, (index, ticks)),
        }
        let seconds = last[seen].1.map(|ticks| ticks.map(|ticks| ticks / USER_HZ));
        seen += 1;
        for (mode, seconds) in MODES.into_iter().zip(seconds) {
            if let Some(seconds) = seconds {
                out.set(&SECONDS, [cpu, mode], seconds);
            }
        }
        for (mode, seconds) in ["user", "nice"].into_iter().zip(&seconds[MODES.len()..]) {
            if let Some(seconds) = seconds.filter(|_| with_guest) {
                out.set(&GUEST, [cpu, mode], seconds);
            }
        }
    }
    last.truncate(seen);
    if seen == 0 { Err("no CPU in /proc/stat".into()) } else { Ok(()) }
}

/// Takes over the numbers that have grown. Some kernels count idle and I/O time back and forth by a
/// little, which a counter must not show; a CPU that was unplugged begins again.
fn hold(held: &mut [Option<f64>; COLUMNS], now: &[Option<f64>; COLUMNS]) {
    let began_again = matches!((held[IDLE], now[IDLE]),
        (Some(held), Some(now)) if held - now >= HOTPLUG_TICKS);
    if began_again {
        *held = *now;
        return;
    }
    for (held, now) in held.iter_mut().zip(now) {
        if now.is_none() || *now >= *held {
            *held = *now;
        }
    }
}

/// Where the processors count how often they were slowed down. Most machines that are virtual do
/// not, and which CPU belongs where changes only when CPUs come or go.
#[derive(Default)]
struct Throttles {
    /// For which CPUs the rest is known.
    cpus: Vec<u32>,
    /// Package, core, and the file; once for each core.
    cores: Vec<(String, String, KeptFile)>,
    packages: Vec<(String, KeptFile)>,
}

impl Throttles {
    fn collect(
        &mut self,
        folder: &Path,
        cpus: impl Iterator<Item = u32> + Clone,
        out: &mut Samples,
    ) {
        if !self.cpus.iter().copied().eq(cpus.clone()) {
            self.discover(folder, cpus.collect());
        }
        let count = |file: &mut KeptFile| {
            let text = file.read().ok()?;
            lines(text).next().and_then(|line| number(line.trim()))
        };
        for (package, core, file) in &mut self.cores {
            if let Some(count) = count(file) {
                out.set(&CORE_THROTTLES, [package, core], count);
            }
        }
        for (package, file) in &mut self.packages {
            if let Some(count) = count(file) {
                out.set(&PACKAGE_THROTTLES, [package], count);
            }
        }
    }

    fn discover(&mut self, folder: &Path, cpus: Vec<u32>) {
        (self.cores, self.packages) = (Vec::new(), Vec::new());
        for cpu in &cpus {
            let cpu = folder.join(format!("cpu{cpu}"));
            let id = |name: &str| {
                let text = fs::read_to_string(cpu.join("topology").join(name)).ok()?;
                Some(text.trim().to_owned()).filter(|id| !id.is_empty())
            };
            let (Some(package), Some(core)) = (id("physical_package_id"), id("core_id")) else {
                continue;
            };
            let file = |name: &str| cpu.join("thermal_throttle").join(name);
            let (of_core, of_package) =
                (file("core_throttle_count"), file("package_throttle_count"));
            if of_package.is_file() && !self.packages.iter().any(|(known, _)| *known == package) {
                self.packages.push((package.clone(), KeptFile::new(of_package)));
            }
            let known = self.cores.iter().any(|(p, c, _)| (p, c) == (&package, &core));
            if of_core.is_file() && !known {
                self.cores.push((package, core, KeptFile::new(of_core)));
            }
        }
        self.cpus = cpus;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The times of CPU 0 and 2 at several scrapes, by mode.
    fn values(stats: &[&str], cpu: &str, mode: &str) -> Vec<Option<f64>> {
        let (mut last, mut out) = (Vec::new(), Samples::default());
        let mut scrape = |stat: &&str| {
            out = Samples::default();
            times(stat.as_bytes(), true, &mut last, &mut out).unwrap();
            out.value(&SECONDS, [cpu, mode])
        };
        stats.iter().map(&mut scrape).collect()
    }

    #[test]
    fn ticks_become_seconds_by_cpu_and_mode() {
        let stat = b"cpu  9 9 9 9 9 9 9 9 9 9\ncpu0 100 200 300 400 500 600 700 800 900 1000\n\
                     cpu2 1 2 3 4\nintr 1\ncpux 1\ncpu3 5";
        let mut out = Samples::default();
        times(stat, true, &mut Vec::new(), &mut out).unwrap();
        for (at, mode) in MODES.into_iter().enumerate() {
            assert_eq!(out.value(&SECONDS, ["0", mode]), Some(at as f64 + 1.0), "{mode}");
        }
        assert_eq!(out.value(&GUEST, ["0", "user"]), Some(9.0));
        assert_eq!(out.value(&GUEST, ["0", "nice"]), Some(10.0));
        // An old kernel has fewer columns, and a line that is cut off does not count.
        assert_eq!(out.value(&SECONDS, ["2", "idle"]), Some(0.04));
        assert_eq!(out.value(&SECONDS, ["2", "iowait"]), None);
        assert_eq!(out.len(), 8 + 2 + 4);
        let mut out = Samples::default();
        times(stat, false, &mut Vec::new(), &mut out).unwrap();
        assert_eq!(out.value(&GUEST, ["0", "user"]), None);
    }

    #[test]
    fn a_counter_that_goes_back_a_little_is_held() {
        let stats = ["cpu0 1 1 1 5000 90\n", "cpu0 1 1 1 4900 80\n", "cpu0 1 1 1 5100 100\n"];
        assert_eq!(values(&stats, "0", "idle"), [Some(50.0), Some(50.0), Some(51.0)]);
        assert_eq!(values(&stats, "0", "iowait"), [Some(0.9), Some(0.9), Some(1.0)]);
    }

    #[test]
    fn a_cpu_that_comes_back_begins_again() {
        let stats = ["cpu0 900 1 1 5000\n", "cpu0 3 0 0 10\n"];
        assert_eq!(values(&stats, "0", "idle"), [Some(50.0), Some(0.1)]);
        assert_eq!(values(&stats, "0", "user"), [Some(9.0), Some(0.03)]);
        // Gone for a while, without jumping back while it was seen.
        let stats =
            ["cpu0 1 1 1 1\ncpu2 9 1 1 9\n", "cpu0 1 1 1 1\n", "cpu0 1 1 1 1\ncpu2 2 0 0 3\n"];
        assert_eq!(values(&stats, "2", "user"), [Some(0.09), None, Some(0.02)]);
        let stats = ["cpu2 9 1 1 9\n", "cpu0 1 1 1 1\ncpu2 9 1 1 9\n"];
        assert_eq!(values(&stats, "2", "idle"), [Some(0.09), Some(0.09)]);
    }

    #[test]
    fn no_cpu_is_an_error() {
        for stat in ["", "cpu 1 2 3 4\n", "intr 1\n", "cpu0 1 2 3"] {
            let result = times(stat.as_bytes(), true, &mut Vec::new(), &mut Samples::default());
            assert!(result.is_err(), "{stat:?}");
        }
    }
}
