//! Packets that CPUs take from the network devices: `/proc/net/softnet_stat`.

use exporter_kit::{
    CollectError, Collector, CollectorDef, Counter, Gauge, KeptFile, Samples, ScheduledCollector,
};

use super::node::{counter, gauge};
use crate::host::Host;
use crate::shared_file::SharedFile;
use crate::text::ranges;
use crate::text::{Fields, fields, lines, with_text};

const PROCESSED: Counter<1> =
    of_cpu("node_softnet_processed_total", "软中断处理包数", "Packets that the CPU has taken.");
const DROPPED: Counter<1> = of_cpu(
    "node_softnet_dropped_total",
    "软中断丢包数",
    "Packets dropped because the CPU's queue was full.",
);
const SQUEEZED: Counter<1> = of_cpu(
    "node_softnet_times_squeezed_total",
    "软中断超额次数",
    "How often the CPU stopped with packets left, for its share of time or packets was used up.",
);
const COLLISION: Counter<1> = of_cpu(
    "node_softnet_cpu_collision_total",
    "发送锁冲突次数",
    "How often another CPU held the lock of a device that was to send.",
);
const RECEIVED_RPS: Counter<1> = of_cpu(
    "node_softnet_received_rps_total",
    "RPS唤醒次数",
    "How often another CPU woke this one to take packets.",
);
const FLOW_LIMIT: Counter<1> = of_cpu(
    "node_softnet_flow_limit_count_total",
    "流限制次数",
    "How often a large flow was held back so that small ones get through.",
);
const BACKLOG: Gauge<1> =
    gauge("node_softnet_backlog_len", "软中断队列长度", "Packets that wait for the CPU.")
        .labels(["cpu"]);

/// Columns, and their metrics.
const COUNTERS: [(usize, &Counter<1>); 6] = [
    (0, &PROCESSED),
    (1, &DROPPED),
    (2, &SQUEEZED),
    (8, &COLLISION),
    (9, &RECEIVED_RPS),
    (10, &FLOW_LIMIT),
];
const BACKLOG_COLUMN: usize = 11;
/// The number of the CPU, on kernels from 5.11 on.
const CPU_COLUMN: usize = 12;
const COLUMNS: usize = 13;

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "softnet",
    "网络软中断",
    "Packets that each CPU has taken and dropped.",
    &[&PROCESSED, &DROPPED, &SQUEEZED, &COLLISION, &RECEIVED_RPS, &FLOW_LIMIT, &BACKLOG],
    |settings| {
        let host = Host::new(settings);
        let softnet = SoftNet {
            file: KeptFile::new(host.proc("net/softnet_stat")).short_lines(),
            online: SharedFile::with_short_lines(host.sys("devices/system/cpu/online")),
        };
        Ok(ScheduledCollector::on_scrape(softnet))
    },
)
.source("/proc/net/softnet_stat, /sys/devices/system/cpu");

const fn of_cpu(name: &'static str, zh: &'static str, help: &'static str) -> Counter<1> {
    counter(name, zh, help).labels(["cpu"])
}

/// Collects what each CPU has taken.
struct SoftNet {
    file: KeptFile,
    /// Which CPUs the lines are of, where they do not say.
    online: SharedFile,
}

impl Collector for SoftNet {
    fn collect(&mut self, out: &mut Samples) -> Result<(), CollectError> {
        let text = self.file.read_if_exists()?;
        let has_numbers = lines(text).next().is_some_and(|line| fields(line).count() > CPU_COLUMN);
        if has_numbers {
            return to_samples(text, &[], out);
        }
        match self.online.with(|online| to_samples(text, online, out)) {
            Err(CollectError::NoData) => to_samples(text, &[], out),
            result => result,
        }
    }
}

fn to_samples(text: &[u8], online: &[u8], out: &mut Samples) -> Result<(), CollectError> {
    // The file has a line for each CPU that is online. If the list does not fit, as in between a
    // CPU has come or gone, counting lines is all that is left.
    let fits = ranges(online).count() == lines(text).count();
    let mut online = ranges(online).filter(|_| fits);
    for (at, line) in (0..).zip(lines(text)) {
        let columns = numbers(fields(line));
        let online = online.next().unwrap_or(at);
        let [Some(_), Some(_), Some(_), ..] = columns else { continue };
        with_text(columns[CPU_COLUMN].unwrap_or(online), |cpu| {
            for (column, metric) in COUNTERS {
                if let Some(value) = columns[column] {
                    out.set(metric, [cpu], value.into());
                }
            }
            if let Some(backlog) = columns[BACKLOG_COLUMN] {
                out.set(&BACKLOG, [cpu], backlog.into());
            }
        });
    }
    if out.is_empty() { Err("no CPU in /proc/net/softnet_stat".into()) } else { Ok(()) }
}

/// The columns that there are, in hexadecimal; old kernels have fewer.
fn numbers(fields: Fields<'_>) -> [Option<u32>; COLUMNS] {
    let mut columns = [None; COLUMNS];
    for (column, field) in columns.iter_mut().zip(fields) {
        *column = u32::from_str_radix(field, 16).ok();
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_hexadecimal_and_by_cpu() {
        let mut out = Samples::default();
        let text = b"5c4ffabc 33 230 0 0 0 0 0 25 d7e47 1 12 00000003\nffffffff x 1\n1 2";
        to_samples(text, b"", &mut out).unwrap();
        assert_eq!(out.check(&DEF), Ok(()));
        let values = COUNTERS.map(|(_, metric)| out.value(metric, ["3"]));
        let expected = [0x5c4f_fabc, 0x33, 0x230, 0x25, 0xd_7e47, 1];
        assert_eq!(values, expected.map(|value: u32| Some(f64::from(value))));
        assert_eq!((out.value(&BACKLOG, ["3"]), out.len()), (Some(18.0), 7));
    }

    #[test]
    fn old_kernels_list_the_cpus_that_are_online() {
        let text = b"1 0 0 0 0 0 0 0 0 0\n2 0 0 0 0 0 0 0 0\n";
        for (online, cpus) in
            [(&b"0,4\n"[..], ["0", "4"]), (b"0-7\n", ["0", "1"]), (b"", ["0", "1"])]
        {
            let mut out = Samples::default();
            to_samples(text, online, &mut out).unwrap();
            assert_eq!(cpus.map(|cpu| out.value(&PROCESSED, [cpu])), [Some(1.0), Some(2.0)]);
            assert_eq!(out.value(&RECEIVED_RPS, [cpus[1]]), None);
            assert_eq!(out.value(&BACKLOG, ["0"]), None);
        }
    }

    #[test]
    fn a_file_without_a_cpu_is_an_error() {
        for text in ["", "1 2\n", "g 1 2\n", "1 2 3"] {
            assert!(to_samples(text.as_bytes(), b"", &mut Samples::default()).is_err(), "{text:?}");
        }
    }
}
