//! I/O of disks, and what they are.

mod busy;

use std::collections::BTreeMap;

#[cfg(windows)]
use exporter_kit::{CollectError, Samples, ScheduledCollector, SettingError, Settings};
use exporter_kit::{CollectorDef, Counter, Flag, Gauge, Metric, Pattern, Unit};

use self::busy::Busy;
#[cfg(not(windows))]
use super::definitions::build;
use super::definitions::{counter, gauge};
use super::io::{self, Io, seconds};
use crate::collectors::node;
#[cfg(windows)]
use crate::names::Names;
use crate::names::Page;
use crate::windows::disks::{Answer, Performance};

static IO: Io = io::io!("physical_disk", "disk");
static IO_LIST: [&dyn Metric; 12] = IO.list();
static IO_METRICS: [&[&dyn Metric]; 1] = [&IO_LIST];

const READS: Counter<1> =
    of_device("node_disk_reads_completed_total", "读完成次数", "Reads that were completed.");
const READ_BYTES: Counter<1> =
    of_device("node_disk_read_bytes_total", "读字节数", "Bytes that were read.").unit(Unit::Bytes);
const READ_TIME: Counter<1> = of_device(
    "node_disk_read_time_seconds_total",
    "读耗时",
    "Time that reads took, each from its request to its end.",
)
.unit(Unit::Seconds);
const WRITES: Counter<1> =
    of_device("node_disk_writes_completed_total", "写完成次数", "Writes that were completed.");
const WRITTEN_BYTES: Counter<1> =
    of_device("node_disk_written_bytes_total", "写字节数", "Bytes that were written.")
        .unit(Unit::Bytes);
const WRITE_TIME: Counter<1> = of_device(
    "node_disk_write_time_seconds_total",
    "写耗时",
    "Time that writes took, each from its request to its end.",
)
.unit(Unit::Seconds);
const IO_NOW: Gauge<1> = node::gauge(
    "node_disk_io_now",
    "进行中的IO数",
    "Requests that the device has been given and not yet completed.",
)
.labels(["device"]);
const IO_TIME: Counter<1> = of_device(
    "node_disk_io_time_seconds_total",
    "IO繁忙时间",
    "Time in which the device had at least one request, since the exporter started.",
)
.unit(Unit::Seconds);
const IO_TIME_WEIGHTED: Counter<1> = of_device(
    "node_disk_io_time_weighted_seconds_total",
    "加权IO时间",
    "Time that reads and writes took; its rate is how many the device had on average.",
)
.unit(Unit::Seconds);
const INFO: Gauge<9> = node::gauge(
    "node_disk_info",
    "磁盘信息",
    "Constant 1, with what the disk tells of itself; the empty labels are for other systems.",
)
.labels(["device", "major", "minor", "path", "wwn", "model", "serial", "revision", "rotational"]);

const INCLUDE: Flag<Pattern> = Flag::pattern(
    "collector.physical_disk.disk-include",
    "",
    "Disks to expose, by the label disk, a number.",
)
.whole()
.with_exclude();
const EXCLUDE: Flag<Pattern> = Flag::pattern(
    "collector.physical_disk.disk-exclude",
    "",
    "Disks to leave out, by the label disk, a number.",
)
.whole();

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "physical_disk",
    "物理磁盘",
    "I/O of disks, and what they are.",
    &[
        &READS,
        &READ_BYTES,
        &READ_TIME,
        &WRITES,
        &WRITTEN_BYTES,
        &WRITE_TIME,
        &IO_NOW,
        &IO_TIME,
        &IO_TIME_WEIGHTED,
        &INFO,
    ],
    build,
)
.and(&IO_METRICS)
.flags(&[&INCLUDE, &EXCLUDE])
.source("IOCTL_DISK_PERFORMANCE, IOCTL_STORAGE_QUERY_PROPERTY");

#[cfg(windows)]
fn build(settings: &Settings) -> Result<ScheduledCollector, SettingError> {
    use crate::windows::disks;
    use crate::windows::prober::Prober;
    let names = Names::new(settings);
    let filter = settings.filter(&INCLUDE, &EXCLUDE);
    let (mut prober, mut counts) = (Prober::new(disks::ask), Counts::new());
    let collect = move |out: &mut Samples| {
        let mut disks = disks::disks();
        disks.retain(|disk| filter.wants(&disk.to_string()));
        let disks = disks.into();
        let answers = prober.ask_all(&disks);
        let mut out = names.of(out);
        for (disk, answer) in disks.iter().zip(&answers) {
            // A disk that does not answer has no series.
            if let Some(answer) = answer {
                to_samples(*disk, answer, &mut counts, &mut out);
            }
        }
        Ok::<(), CollectError>(())
    };
    Ok(ScheduledCollector::on_scrape(collect))
}

/// The counters of each disk, by its number.
type Counts = BTreeMap<u32, (io::Counts, Busy)>;

fn to_samples(number: u32, answer: &Answer, counts: &mut Counts, out: &mut Page<'_>) {
    let (disk, device) = (&*number.to_string(), &*format!("PhysicalDrive{number}"));
    if let Some(it) = &answer.performance {
        let (counts, busy) = counts.entry(number).or_default();
        let [reads, writes] = IO.set(disk, it, counts, out);
        let Performance { bytes_read, bytes_written, .. } = *it;
        let (read, write) = (seconds(it.read_time), seconds(it.write_time));
        out.set(&IO_NOW, [device], it.queue);
        for (metric, value) in [
            (&READS, reads),
            (&READ_BYTES, bytes_read as f64),
            (&READ_TIME, read),
            (&WRITES, writes),
            (&WRITTEN_BYTES, bytes_written as f64),
            (&WRITE_TIME, write),
            (&IO_TIME, seconds(busy.at(it.time, it.idle_time))),
            (&IO_TIME_WEIGHTED, read + write),
        ] {
            out.set(metric, [device], value);
        }
    }
    if let Some(it) = &answer.description {
        let rotational = match answer.is_rotational {
            None => "",
            Some(false) => "0",
            Some(true) => "1",
        };
        let labels = [device, "", "", "", "", &it.model, &it.serial, &it.revision, rotational];
        out.set(&INFO, labels, 1.0);
    }
}

const fn of_device(name: &'static str, zh: &'static str, help: &'static str) -> Counter<1> {
    node::counter(name, zh, help).labels(["device"])
}

#[cfg(test)]
mod tests {
    use exporter_kit::Samples;

    use super::*;
    use crate::names::Names;
    use crate::windows::disks::Description;

    #[test]
    fn a_disk_has_both_names() {
        let performance = |time, idle_time| Performance {
            bytes_written: 4096,
            read_time: 20_000_000,
            write_time: 10_000_000,
            writes: 2,
            queue: 1,
            time,
            idle_time,
            ..Performance::default()
        };
        let description = Description { model: "VBOX".to_owned(), ..Description::default() };
        let mut answer = Answer {
            performance: Some(performance(100, 0)),
            description: Some(description),
            is_rotational: Some(false),
        };
        let mut counts = Counts::new();
        let mut out = Samples::default();
        to_samples(1, &answer, &mut counts, &mut Names::ALL.of(&mut out));
        assert_eq!(out.value(&IO_TIME, ["PhysicalDrive1"]), Some(0.0));
        answer.performance = Some(performance(50_000_100, 30_000_000));
        let mut out = Samples::default();
        to_samples(1, &answer, &mut counts, &mut Names::ALL.of(&mut out));
        assert_eq!(out.check(&DEF), Ok(()));
        for (metric, expected) in
            [(&WRITTEN_BYTES, 4096.0), (&WRITES, 2.0), (&IO_TIME, 2.0), (&IO_TIME_WEIGHTED, 3.0)]
        {
            assert_eq!(out.value(metric, ["PhysicalDrive1"]), Some(expected), "{}", metric.name());
        }
        assert_eq!(out.value(&IO.idle_seconds, ["1"]), Some(3.0));
        let info = ["PhysicalDrive1", "", "", "", "", "VBOX", "", "", "0"];
        assert_eq!(out.value(&INFO, info), Some(1.0));
    }

    #[test]
    fn disks_without_counters_are_described() {
        let answer = Answer { description: Some(Description::default()), ..Answer::default() };
        let mut out = Samples::default();
        to_samples(0, &answer, &mut Counts::new(), &mut Names::ALL.of(&mut out));
        assert_eq!(out.len(), 1);
    }
}
