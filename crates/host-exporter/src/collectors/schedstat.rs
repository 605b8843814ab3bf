//! What the scheduler gave each CPU's tasks: `/proc/schedstat`.

use exporter_kit::{CollectError, CollectorDef, Counter, Samples, Unit};

use super::node::counter;
use crate::host::proc_file;
use crate::text::{fields, lines, number};

const RUNNING: Counter<1> = counter(
    "node_schedstat_running_seconds_total",
    "任务运行时间",
    "Time that tasks have run on the CPU.",
)
.unit(Unit::Seconds)
.labels(["cpu"]);

const WAITING: Counter<1> = counter(
    "node_schedstat_waiting_seconds_total",
    "任务等待CPU时间",
    "Time that tasks have been ready to run and waited for the CPU.",
)
.unit(Unit::Seconds)
.labels(["cpu"]);

const TIMESLICES: Counter<1> = counter(
    "node_schedstat_timeslices_total",
    "CPU时间片数",
    "Time slices that tasks have been given on the CPU.",
)
.labels(["cpu"]);

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "schedstat",
    "调度统计",
    "Time that tasks run on and wait for each CPU.",
    &[&RUNNING, &WAITING, &TIMESLICES],
    |settings| proc_file(settings, "schedstat", to_samples),
)
.source("/proc/schedstat");

/// Six numbers of a CPU that say little come before those of its tasks.
const SKIPPED: usize = 6;

const NANOSECONDS: f64 = 1e9;

fn to_samples(text: &[u8], out: &mut Samples) -> Result<(), CollectError> {
    for line in lines(text) {
        let mut fields = fields(line);
        let Some(cpu) = fields.next().and_then(|name| name.strip_prefix("cpu")) else { continue };
        let mut numbers = fields.skip(SKIPPED).map_while(number);
        let (Some(running), Some(waiting), Some(slices)) =
            (numbers.next(), numbers.next(), numbers.next())
        else {
            continue;
        };
        out.set(&RUNNING, [cpu], running / NANOSECONDS);
        out.set(&WAITING, [cpu], waiting / NANOSECONDS);
        out.set(&TIMESLICES, [cpu], slices);
    }
    if out.is_empty() { Err("no CPU in /proc/schedstat".into()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_three_numbers_of_a_cpu_count() {
        let mut out = Samples::default();
        let text = b"version 15\ntimestamp 1\ncpu0 0 0 3 4 5 6 2500000000 1 12\ndomain0 f 1 2\n\
                     cpu1 1 2 3\ncpu2 0 0 0 0 0 0 1 2 x\n";
        to_samples(text, &mut out).unwrap();
        assert_eq!(out.value(&RUNNING, ["0"]), Some(2.5));
        assert_eq!(out.value(&WAITING, ["0"]), Some(1e-9));
        assert_eq!(out.value(&TIMESLICES, ["0"]), Some(12.0));
        assert_eq!(out.len(), 3);
        assert!(to_samples(b"version 15\n", &mut Samples::default()).is_err());
    }
}
