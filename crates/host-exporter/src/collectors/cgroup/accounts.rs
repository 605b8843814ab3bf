//! The files of a cgroup: which there are, and what each says.

use exporter_kit::{Counter, Gauge, Samples};

use super::devices::Devices;
use super::metrics::*;
use crate::text::{fields, lines, number};

/// A file that a cgroup may have.
pub(super) struct File {
    pub(super) name: &'static str,
    /// The controllers with which the kernel makes it, as bits; none for one that is always there.
    controller: u8,
    content: Content,
}

enum Content {
    /// One number; the word `max` stands for none.
    Number(&'static Gauge<1>),
    /// A quota and a period in microseconds.
    CpuLimit,
    /// Lines of a key and its number.
    Keys(&'static [Key]),
    /// Lines of a device and its numbers.
    Io,
    /// The lines `some` and `full`.
    Pressure(Option<&'static Counter<1>>, &'static Counter<1>),
}

struct Key(&'static str, Value);

enum Value {
    Gauge(&'static Gauge<1>),
    Counter(&'static Counter<1>),
    Microseconds(&'static Counter<1>),
    /// A counter with the key's own value of a second label.
    Labelled(&'static Counter<2>, &'static str),
}

use Content::{CpuLimit, Io, Keys, Number, Pressure};
use Value::{Labelled, Microseconds};

const CPU: u8 = 1;
const MEMORY: u8 = 2;
const IO: u8 = 4;
const PIDS: u8 = 8;
const CONTROLLERS: [(&str, u8); 4] = [("cpu", CPU), ("memory", MEMORY), ("io", IO), ("pids", PIDS)];

pub(super) const FILES: [File; 19] = [
    File::new("cgroup.events", 0, Keys(EVENTS)),
    // Without the controller it has the times alone.
    File::new("cpu.stat", 0, Keys(CPU_STAT)),
    File::new("cpu.max", CPU, CpuLimit),
    File::new("cpu.weight", CPU, Number(&CPU_WEIGHT)),
    File::new("cpu.pressure", 0, Pressure(Some(&CPU_WAITING), &CPU_STALLED)),
    File::new("memory.current", MEMORY, Number(&MEMORY_CURRENT)),
    // Since Linux 5.19.
    File::new("memory.peak", MEMORY, Number(&MEMORY_PEAK)),
    File::new("memory.high", MEMORY, Number(&MEMORY_HIGH)),
    File::new("memory.max", MEMORY, Number(&MEMORY_MAX)),
    File::new("memory.swap.current", MEMORY, Number(&SWAP_CURRENT)),
    File::new("memory.swap.max", MEMORY, Number(&SWAP_MAX)),
    File::new("memory.stat", MEMORY, Keys(MEMORY_STAT)),
    File::new("memory.events", MEMORY, Keys(MEMORY_EVENT)),
    File::new("memory.pressure", 0, Pressure(Some(&MEMORY_WAITING), &MEMORY_STALLED)),
    File::new("io.stat", IO, Io),
    File::new("io.pressure", 0, Pressure(Some(&IO_WAITING), &IO_STALLED)),
    // Since Linux 6.1, and where the time of interrupts is accounted for.
    File::new("irq.pressure", 0, Pressure(None, &IRQ_STALLED)),
    File::new("pids.current", PIDS, Number(&PIDS_CURRENT)),
    File::new("pids.max", PIDS, Number(&PIDS_MAX)),
];

const EVENTS: &[Key] =
    &[Key("populated", Value::Gauge(&POPULATED)), Key("frozen", Value::Gauge(&FROZEN))];

const CPU_STAT: &[Key] = &[
    Key("usage_usec", Microseconds(&CPU_USAGE)),
    Key("user_usec", Microseconds(&CPU_USER)),
    Key("system_usec", Microseconds(&CPU_SYSTEM)),
    Key("nr_periods", Value::Counter(&CPU_PERIODS)),
    Key("nr_throttled", Value::Counter(&CPU_THROTTLED_PERIODS)),
    Key("throttled_usec", Microseconds(&CPU_THROTTLED)),
];

const MEMORY_STAT: &[Key] = &[
    Key("anon", Value::Gauge(&ANON)),
    Key("file", Value::Gauge(&FILE)),
    // Since Linux 5.18.
    Key("kernel", Value::Gauge(&KERNEL)),
    Key("sock", Value::Gauge(&SOCK)),
    Key("shmem", Value::Gauge(&SHMEM)),
    Key("file_dirty", Value::Gauge(&FILE_DIRTY)),
    Key("file_writeback", Value::Gauge(&FILE_WRITEBACK)),
    Key("inactive_file", Value::Gauge(&INACTIVE_FILE)),
    Key("slab", Value::Gauge(&SLAB)),
    // Linux before 5.9 counts those of files alone, under this key.
    Key("workingset_refault", Labelled(&REFAULTS, "file")),
    Key("workingset_refault_anon", Labelled(&REFAULTS, "anon")),
    Key("workingset_refault_file", Labelled(&REFAULTS, "file")),
    Key("pgfault", Value::Counter(&PAGE_FAULTS)),
    Key("pgmajfault", Value::Counter(&MAJOR_FAULTS)),
];

const MEMORY_EVENT: &[Key] = &[
    Key("low", Labelled(&MEMORY_EVENTS, "low")),
    Key("high", Labelled(&MEMORY_EVENTS, "high")),
    Key("max", Labelled(&MEMORY_EVENTS, "max")),
    Key("oom", Labelled(&MEMORY_EVENTS, "oom")),
    Key("oom_kill", Labelled(&MEMORY_EVENTS, "oom_kill")),
];

/// The keys of a device in `io.stat`.
const IO_STAT: [(&str, &Counter<3>, &str); 6] = [
    ("rbytes", &IO_BYTES, "read"),
    ("wbytes", &IO_BYTES, "write"),
    ("rios", &IO_OPERATIONS, "read"),
    ("wios", &IO_OPERATIONS, "write"),
    ("dbytes", &IO_BYTES, "discard"),
    ("dios", &IO_OPERATIONS, "discard"),
];

/// The controllers that `cgroup.controllers` names, as bits.
pub(super) fn controllers(text: &[u8]) -> u8 {
    let names = fields(lines(text).next().unwrap_or_default());
    names.fold(0, |bits, name| {
        bits | CONTROLLERS.iter().find(|(known, _)| *known == name).map_or(0, |(_, bit)| *bit)
    })
}

impl File {
    const fn new(name: &'static str, controller: u8, content: Content) -> Self {
        Self { name, controller, content }
    }

    /// Whether a cgroup with these controllers has the file, as far as those decide.
    pub(super) fn is_of(&self, controllers: u8) -> bool {
        self.controller & !controllers == 0
    }

    /// Sets the samples of the cgroup for what its file holds.
    pub(super) fn set(&self, text: &[u8], cgroup: &str, devices: &mut Devices, out: &mut Samples) {
        match &self.content {
            Number(metric) => {
                let word = lines(text).next().unwrap_or_default();
                if let Some(value) = natural(word) {
                    out.set(metric, [cgroup], value);
                }
            }
            CpuLimit => {
                let mut fields = fields(lines(text).next().unwrap_or_default());
                let mut next = || fields.next().and_then(natural);
                if let (Some(quota), Some(period)) = (next(), next().filter(|it| *it > 0.0)) {
                    out.set(&CPU_LIMIT, [cgroup], quota / period);
                    out.set(&CPU_PERIOD, [cgroup], period / 1e6);
                }
            }
            Keys(table) => keys(table, text, cgroup, out),
            Io => io(text, cgroup, devices, out),
            Pressure(some, full) => pressure(*some, full, text, cgroup, out),
        }
    }
}

/// A number of the kernel that is never below 0.
fn natural(word: &str) -> Option<f64> {
    number(word).filter(|number| *number >= 0.0)
}

fn keys(table: &[Key], text: &[u8], cgroup: &str, out: &mut Samples) {
    // The keys of the table are in the order of the file, for most kernels.
    let mut next = 0;
    for line in lines(text) {
        let Some((name, value)) = line.split_once(' ') else { continue };
        let (before, after) = table.split_at(next);
        let Some(at) = after.iter().chain(before).position(|key| key.0 == name) else { continue };
        let Key(_, metric) = &table[(next + at) % table.len()];
        next = (next + at + 1) % table.len();
        let Some(value) = natural(value) else { continue };
        match metric {
            Value::Gauge(metric) => out.set(metric, [cgroup], value),
            Value::Counter(metric) => out.set(metric, [cgroup], value),
            Microseconds(metric) => out.set(metric, [cgroup], value / 1e6),
            Labelled(metric, label) => out.set(metric, [cgroup, label], value),
        }
    }
}

/// `8:0 rbytes=180224 wbytes=0 rios=3 wios=0 dbytes=0 dios=0`
fn io(text: &[u8], cgroup: &str, devices: &mut Devices, out: &mut Samples) {
    for line in lines(text) {
        let mut device = None;
        for field in fields(line) {
            match field.split_once('=') {
                // Kernels before 5.14 may put devices without numbers at the beginning of a line.
                None => device = field.contains(':').then_some(field),
                Some((key, value)) => {
                    let known = IO_STAT.iter().find(|(known, ..)| *known == key);
                    if let (Some((_, metric, operation)), Some(device), Some(value)) =
                        (known, device, natural(value))
                    {
                        out.set(metric, [cgroup, devices.name(device), operation], value);
                    }
                }
            }
        }
    }
}

/// `some avg10=0.00 avg60=0.00 avg300=0.00 total=1500000`
fn pressure(
    some: Option<&Counter<1>>,
    full: &Counter<1>,
    text: &[u8],
    cgroup: &str,
    out: &mut Samples,
) {
    for line in lines(text) {
        let metric = match line.split(' ').next() {
            Some("some") => some,
            Some("full") => Some(full),
            _ => None,
        };
        let total = line.rsplit_once(" total=").and_then(|(_, total)| natural(total));
        if let (Some(metric), Some(microseconds)) = (metric, total) {
            out.set(metric, [cgroup], microseconds / 1e6);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(name: &str, text: &str) -> Vec<String> {
        let mut devices = Devices::new("/nowhere".into());
        let mut out = Samples::default();
        let file = FILES.iter().find(|file| file.name == name).unwrap();
        file.set(text.as_bytes(), "/a", &mut devices, &mut out);
        let page = out.page();
        page.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
    }

    #[test]
    fn a_limit_that_is_max_is_absent() {
        for (name, text, expected) in [
            ("memory.max", "max\n", &[][..]),
            ("memory.max", "536870912\n", &["cgroup_memory_max_bytes{cgroup=\"/a\"} 536870912"]),
            ("memory.max", "5368", &[]),
            ("memory.current", "-1\n", &[]),
            ("pids.max", "max\n", &[]),
            ("cpu.max", "max 100000\n", &[]),
            (
                "cpu.max",
                "150000 100000\n",
                &[
                    "cgroup_cpu_limit_cores{cgroup=\"/a\"} 1.5",
                    "cgroup_cpu_period_seconds{cgroup=\"/a\"} 0.1",
                ],
            ),
            ("cpu.max", "150000\n", &[]),
            ("cpu.max", "150000 0\n", &[]),
        ] {
            assert_eq!(samples(name, text), expected, "{name} {text}");
        }
    }

    #[test]
    fn keys_are_told_apart_and_scaled() {
        let found = samples(
            "cpu.stat",
            "usage_usec 2500000\nuser_usec x\nsystem_usec 500001\ncore_sched.force_idle_usec 0\n\
             nr_periods 7\nnr_throttled 2\nthrottled_usec 1500000\nnr_bursts 0\n",
        );
        let expected = [
            "cgroup_cpu_periods_total{cgroup=\"/a\"} 7",
            "cgroup_cpu_system_seconds_total{cgroup=\"/a\"} 0.500001",
            "cgroup_cpu_throttled_periods_total{cgroup=\"/a\"} 2",
            "cgroup_cpu_throttled_seconds_total{cgroup=\"/a\"} 1.5",
            "cgroup_cpu_usage_seconds_total{cgroup=\"/a\"} 2.5",
        ];
        assert_eq!(found, expected);
        let found = samples("memory.events", "low 0\nhigh 3\nmax 4\noom 2\noom_kill 1\n");
        assert_eq!(found.len(), 5);
        assert_eq!(found[4], "cgroup_memory_events_total{cgroup=\"/a\",event=\"oom_kill\"} 1");
        // As Linux 5.4 has it, and as later ones do.
        let refault = "cgroup_memory_refaults_total{cgroup=\"/a\",type=\"file\"} 9";
        let earlier = "slab 1\nsock 2\npgfault 3\nx 4\nworkingset_refault 9\nanon 5\n";
        assert_eq!(samples("memory.stat", earlier).len(), 5);
        assert!(samples("memory.stat", earlier).contains(&refault.to_owned()));
        let later = "workingset_refault_anon 5\nworkingset_refault_file 9\npgfault 8\n";
        assert_eq!(samples("memory.stat", later).len(), 3);
        assert!(samples("memory.stat", later).contains(&refault.to_owned()));
    }

    #[test]
    fn devices_without_numbers_are_passed_over() {
        let found = samples(
            "io.stat",
            "253:10 253:5 8:0 rbytes=1024 wbytes=x rios=1 wios=2 dbytes=3 dios=4\n8:16 \n\
             rbytes=5 rios=6\n",
        );
        let expected = [
            "cgroup_io_bytes_total{cgroup=\"/a\",device=\"8:0\",operation=\"discard\"} 3",
            "cgroup_io_bytes_total{cgroup=\"/a\",device=\"8:0\",operation=\"read\"} 1024",
            "cgroup_io_operations_total{cgroup=\"/a\",device=\"8:0\",operation=\"discard\"} 4",
            "cgroup_io_operations_total{cgroup=\"/a\",device=\"8:0\",operation=\"read\"} 1",
            "cgroup_io_operations_total{cgroup=\"/a\",device=\"8:0\",operation=\"write\"} 2",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn pressure_is_in_seconds() {
        let text = "some avg10=0.00 avg60=0.00 avg300=0.00 total=1500000\n\
                    full avg10=0.00 avg60=0.00 avg300=0.00 total=250000\n";
        let expected = [
            "cgroup_pressure_io_stalled_seconds_total{cgroup=\"/a\"} 0.25",
            "cgroup_pressure_io_waiting_seconds_total{cgroup=\"/a\"} 1.5",
        ];
        assert_eq!(samples("io.pressure", text), expected);
        assert_eq!(samples("irq.pressure", text).len(), 1);
        assert!(samples("io.pressure", "some total=x\nfull\nsome avg10=0\n").is_empty());
    }

    #[test]
    fn files_come_with_their_controllers() {
        let files = |text: &[u8]| {
            let controllers = controllers(text);
            FILES.iter().filter(|file| file.is_of(controllers)).count()
        };
        assert_eq!((files(b"\n"), files(b"hugetlb misc\n"), files(b"memory")), (6, 6, 6));
        assert_eq!(files(b"cpuset cpu io memory hugetlb pids rdma misc\n"), FILES.len());
        assert_eq!((files(b"pids\n"), files(b"cpu\n"), files(b"cpuset\n")), (8, 8, 6));
    }
}
