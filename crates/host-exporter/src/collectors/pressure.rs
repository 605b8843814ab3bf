//! How long tasks lose to a lack of CPU, memory or I/O: `/proc/pressure`.

use std::fs::File;
use std::path::Path;

use exporter_kit::{
    CollectError, CollectorDef, Counter, KeptFile, Samples, ScheduledCollector, Unit,
};
use rustix::io::Errno;

use super::node::counter;
use crate::host::Host;
use crate::text::{fields, lines, number};

const CPU_WAITING: Counter = seconds(
    "node_pressure_cpu_waiting_seconds_total",
    "等待CPU时间",
    "Time in which some tasks waited for a CPU.",
);
const IO_WAITING: Counter = seconds(
    "node_pressure_io_waiting_seconds_total",
    "等待IO时间",
    "Time in which some tasks waited for I/O.",
);
const IO_STALLED: Counter = seconds(
    "node_pressure_io_stalled_seconds_total",
    "IO停滞时间",
    "Time in which all tasks waited for I/O.",
);
const MEMORY_WAITING: Counter = seconds(
    "node_pressure_memory_waiting_seconds_total",
    "等待内存时间",
    "Time in which some tasks waited for memory.",
);
const MEMORY_STALLED: Counter = seconds(
    "node_pressure_memory_stalled_seconds_total",
    "内存停滞时间",
    "Time in which all tasks waited for memory.",
);
const IRQ_STALLED: Counter = seconds(
    "node_pressure_irq_stalled_seconds_total",
    "中断停滞时间",
    "Time in which all tasks waited for interrupts to be handled.",
);

/// A resource, and the metrics of its lines `some` and `full`. All tasks together cannot wait for a
/// CPU, whose `full` is always 0, and interrupts have no `some`.
type Resource = (&'static str, Option<&'static Counter>, Option<&'static Counter>);

const RESOURCES: [Resource; 4] = [
    ("cpu", Some(&CPU_WAITING), None),
    ("io", Some(&IO_WAITING), Some(&IO_STALLED)),
    ("memory", Some(&MEMORY_WAITING), Some(&MEMORY_STALLED)),
    ("irq", None, Some(&IRQ_STALLED)),
];

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "pressure",
    "资源压力",
    "Time lost to a lack of CPU, memory and I/O, and to interrupts.",
    &[&CPU_WAITING, &IO_WAITING, &IO_STALLED, &MEMORY_WAITING, &MEMORY_STALLED, &IRQ_STALLED],
    |settings| {
        let folder = Host::new(settings).proc("pressure");
        let mut files = RESOURCES
            .map(|resource| (resource, KeptFile::new(folder.join(resource.0)).short_lines()));
        let collect = move |out: &mut Samples| {
            for (resource, file) in &mut files {
                match file.read_if_exists() {
                    Ok(text) => to_samples(*resource, text, out)?,
                    // A kernel may have been built without one of them, as all before 6.1 are
                    // without irq.
                    Err(CollectError::NoData) => {}
                    Err(_) if is_disabled(&folder.join(resource.0)) => {}
                    Err(error) => return Err(error),
                }
            }
            if out.is_empty() { Err(CollectError::NoData) } else { Ok(()) }
        };
        Ok(ScheduledCollector::on_scrape(collect))
    },
)
.source("/proc/pressure");

const fn seconds(name: &'static str, zh: &'static str, help: &'static str) -> Counter {
    counter(name, zh, help).unit(Unit::Seconds)
}

/// With `psi=0` the kernel has the files and refuses to open them.
fn is_disabled(path: &Path) -> bool {
    let opened = File::open(path);
    opened.is_err_and(|error| Errno::from_io_error(&error) == Some(Errno::OPNOTSUPP))
}

fn to_samples(resource: Resource, text: &[u8], out: &mut Samples) -> Result<(), CollectError> {
    let (name, some, full) = resource;
    let before = out.len();
    for line in lines(text) {
        let mut fields = fields(line);
        let metric = match fields.next() {
            Some("some") => some,
            Some("full") => full,
            _ => None,
        };
        let total = fields.find_map(|field| field.strip_prefix("total=").and_then(number));
        if let (Some(metric), Some(microseconds)) = (metric, total) {
            out.set(metric, [], microseconds / 1e6);
        }
    }
    if out.len() > before { Ok(()) } else { Err(format!("no total of {name} can be read").into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_are_seconds() {
        let text = b"some avg10=0.00 avg60=0.00 avg300=0.00 total=1500000\n\
                     full avg10=0.00 avg60=0.00 avg300=0.00 total=201120447332\n";
        let mut out = Samples::default();
        for resource in RESOURCES {
            to_samples(resource, text, &mut out).unwrap();
        }
        assert_eq!(out.value(&CPU_WAITING, []), Some(1.5));
        assert_eq!(out.value(&IO_STALLED, []), Some(201_120.447_332));
        assert_eq!(out.value(&IRQ_STALLED, []), Some(201_120.447_332));
        assert_eq!(out.len(), 6);
    }

    #[test]
    fn a_file_without_a_total_is_an_error() {
        for text in [&b""[..], b"some avg10=0.00\n", b"some total=x\n", b"some total=5"] {
            assert!(to_samples(RESOURCES[0], text, &mut Samples::default()).is_err(), "{text:?}");
        }
    }
}
