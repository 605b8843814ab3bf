//! Counts of the whole kernel: the lines of `/proc/stat` that are not about one CPU.

use exporter_kit::{
    CollectError, CollectorDef, Counter, Field, Fields, Flag, Samples, ScheduledCollector, Unit,
};

use super::node::{counter, gauge};
use crate::host::Host;
use crate::shared_file::SharedFile;
use crate::text::{fields, lines, number};

/// In the order of the file.
const NUMBERS: &[Field] = &[
    Field::counter(
        "intr",
        counter("node_intr_total", "中断次数", "Interrupts serviced since boot."),
    ),
    Field::counter(
        "ctxt",
        counter(
            "node_context_switches_total",
            "上下文切换次数",
            "How often a CPU went from one task to another.",
        ),
    ),
    Field::gauge(
        "btime",
        gauge("node_boot_time_seconds", "系统启动时间", "When the system booted, since 1970.")
            .unit(Unit::Seconds),
    ),
    Field::counter(
        "processes",
        counter("node_forks_total", "创建进程数", "Processes and threads created since boot."),
    ),
    Field::gauge(
        "procs_running",
        gauge("node_procs_running", "可运行任务数", "Tasks that run or wait for a CPU."),
    ),
    Field::gauge(
        "procs_blocked",
        gauge("node_procs_blocked", "阻塞任务数", "Tasks that wait for I/O to complete."),
    ),
];

const SOFTIRQS: Counter<1> =
    counter("node_softirqs_total", "软中断次数", "Soft interrupts handled, by vector.")
        .labels(["vector"]);

/// The columns of the line `softirq`, after their sum.
const VECTORS: [&str; 10] = [
    "hi",
    "timer",
    "net_tx",
    "net_rx",
    "block",
    "block_iopoll",
    "tasklet",
    "sched",
    "hrtimer",
    "rcu",
];

const WITH_SOFTIRQ: Flag<bool> =
    Flag::switch("collector.stat.softirq", "Expose node_softirqs_total.");

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "stat",
    "内核统计",
    "Interrupts, context switches, forks, boot time, and tasks that run or are blocked.",
    &[&SOFTIRQS],
    |settings| {
        let mut stat = SharedFile::with_short_lines(Host::new(settings).proc("stat"));
        let with_softirq = settings.get(&WITH_SOFTIRQ);
        let collect =
            move |out: &mut Samples| stat.with(|text| to_samples(text, with_softirq, out));
        Ok(ScheduledCollector::on_scrape(collect))
    },
)
.fields(&[NUMBERS])
.flags(&[&WITH_SOFTIRQ])
.source("/proc/stat");

fn to_samples(text: &[u8], with_softirq: bool, out: &mut Samples) -> Result<(), CollectError> {
    let mut table = Fields::of(NUMBERS);
    for line in lines(text).filter(|line| !line.starts_with("cpu")) {
        let mut fields = fields(line);
        let (Some(key), Some(value)) = (fields.next(), fields.next().and_then(number)) else {
            continue;
        };
        if key == "softirq" && with_softirq {
            for (vector, count) in VECTORS.into_iter().zip(fields) {
                if let Some(count) = number(count).filter(|count| *count >= 0.0) {
                    out.set(&SOFTIRQS, [vector], count);
                }
            }
        } else {
            let _other = table.set(key, value, out);
        }
    }
    if out.is_empty() { Err("no field of /proc/stat can be read".into()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAT: &[u8] =
        b"cpu  1 2\ncpu0 1 2\nintr 2034 9 0\nctxt 70\nbtime 1700000000\nprocesses 5\n\
        procs_running 2\nprocs_blocked x\nsoftirq 60 1 2 3 4 5 6 7 8 9 10\n";

    #[test]
    fn each_line_is_a_metric() {
        let mut out = Samples::default();
        to_samples(STAT, true, &mut out).unwrap();
        let page = out.page();
        let samples: Vec<_> = page.lines().filter(|line| !line.starts_with('#')).collect();
        assert!(samples.contains(&"node_intr_total 2034"), "{page}");
        assert!(samples.contains(&"node_boot_time_seconds 1700000000"), "{page}");
        assert!(!page.contains("procs_blocked"), "{page}");
        assert_eq!(out.value(&SOFTIRQS, ["hi"]), Some(1.0));
        assert_eq!(out.value(&SOFTIRQS, ["rcu"]), Some(10.0));
        assert_eq!(samples.len(), 5 + 10);
        assert_eq!(out.check(&DEF), Ok(()));
    }

    #[test]
    fn soft_interrupts_come_on_request() {
        let mut out = Samples::default();
        to_samples(STAT, false, &mut out).unwrap();
        assert_eq!(out.value(&SOFTIRQS, ["hi"]), None);
        for damaged in [&b""[..], b"cpu 1\n", b"ctxt 7", b"ctxt\nbtime x\n"] {
            assert!(to_samples(damaged, true, &mut Samples::default()).is_err(), "{damaged:?}");
        }
    }
}
