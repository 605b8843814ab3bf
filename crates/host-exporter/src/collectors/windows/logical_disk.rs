//! Space, state and I/O of volumes.

use std::collections::BTreeMap;

#[cfg(windows)]
use exporter_kit::{CollectError, Samples, ScheduledCollector, SettingError, Settings};
use exporter_kit::{CollectorDef, Flag, Gauge, Metric, Pattern, Unit};

#[cfg(not(windows))]
use super::definitions::build;
use super::definitions::{counter, gauge};
use super::io::{self, Io, seconds};
use crate::collectors::node;
#[cfg(windows)]
use crate::names::Names;
use crate::names::Page;
use crate::windows::volumes::{Answer, Answers, Kind, Volume};

const INFO: Gauge<6> = gauge(
    "windows_logical_disk_info",
    "卷信息",
    "Constant 1, with what is known of the volume as labels.",
)
.labels(["disk", "type", "volume", "volume_name", "filesystem", "serial_number"]);
const SIZE: Gauge<1> =
    gauge("windows_logical_disk_size_bytes", "卷容量", "Size of the volume.").labels(["volume"]);
const FREE: Gauge<1> = gauge(
    "windows_logical_disk_free_bytes",
    "卷空闲空间",
    "Space of the volume that holds no data.",
)
.labels(["volume"]);
const READONLY: Gauge<1> = gauge(
    "windows_logical_disk_readonly",
    "卷是否只读",
    "Whether the volume is read-only (1) or not (0).",
)
.labels(["volume"]);
const READ_QUEUE: Gauge<1> = gauge(
    "windows_logical_disk_avg_read_requests_queued",
    "平均读队列累计",
    "Time in seconds that reads took; its rate is the average number of reads in the queue.",
)
.labels(["volume"]);
const WRITE_QUEUE: Gauge<1> = gauge(
    "windows_logical_disk_avg_write_requests_queued",
    "平均写队列累计",
    "Time in seconds that writes took; its rate is the average number of writes in the queue.",
)
.labels(["volume"]);

static IO: Io = io::io!("logical_disk", "volume");
static IO_LIST: [&dyn Metric; 12] = IO.list();
static IO_METRICS: [&[&dyn Metric]; 1] = [&IO_LIST];

const NODE_LABELS: [&str; 4] = ["device", "mountpoint", "fstype", "device_error"];
const NODE_SIZE: Gauge<4> =
    node::gauge("node_filesystem_size_bytes", "文件系统容量", "Size of the file system.")
        .unit(Unit::Bytes)
        .labels(NODE_LABELS);
const NODE_FREE: Gauge<4> =
    node::gauge("node_filesystem_free_bytes", "文件系统空闲空间", "Space that holds no data.")
        .unit(Unit::Bytes)
        .labels(NODE_LABELS);
const NODE_AVAIL: Gauge<4> = node::gauge(
    "node_filesystem_avail_bytes",
    "文件系统可用空间",
    "Space that the exporter's user can fill; less than the free space under a quota.",
)
.unit(Unit::Bytes)
.labels(NODE_LABELS);
const NODE_READONLY: Gauge<4> = node::gauge(
    "node_filesystem_readonly",
    "文件系统是否只读",
    "Whether the file system is read-only (1) or not (0).",
)
.labels(NODE_LABELS);
const NODE_DEVICE_ERROR: Gauge<4> = node::gauge(
    "node_filesystem_device_error",
    "文件系统读取失败",
    "Whether the file system could not be asked for its space (1), or could (0).",
)
.labels(NODE_LABELS);

const INCLUDE: Flag<Pattern> = Flag::pattern(
    "collector.logical_disk.volume-include",
    "",
    "Volumes to expose, by the label volume.",
)
.whole()
.with_exclude();
const EXCLUDE: Flag<Pattern> = Flag::pattern(
    "collector.logical_disk.volume-exclude",
    "",
    "Volumes to leave out, by the label volume.",
)
.whole();

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "logical_disk",
    "逻辑卷",
    "Space, state and I/O of volumes, without CD-ROMs and drives without a medium.",
    &[
        &INFO,
        &SIZE,
        &FREE,
        &READONLY,
        &READ_QUEUE,
        &WRITE_QUEUE,
        &NODE_SIZE,
        &NODE_FREE,
        &NODE_AVAIL,
        &NODE_READONLY,
        &NODE_DEVICE_ERROR,
    ],
    build,
)
.and(&IO_METRICS)
.flags(&[&INCLUDE, &EXCLUDE])
.source("FindFirstVolume, GetVolumeInformation, GetDiskFreeSpaceEx, IOCTL_DISK_PERFORMANCE");

#[cfg(windows)]
fn build(settings: &Settings) -> Result<ScheduledCollector, SettingError> {
    use crate::windows::volumes;
    let names = Names::new(settings);
    let filter = settings.filter(&INCLUDE, &EXCLUDE);
    let mut known = Known::new();
    let collect = move |out: &mut Samples| {
        let mut answers = volumes::answers();
        answers.retain(|(volume, _)| filter.wants(&volume.name));
        to_samples(&answers, &mut known, &mut names.of(out));
        Ok::<(), CollectError>(())
    };
    Ok(ScheduledCollector::on_scrape(collect))
}

/// By the name of each volume its I/O counters, and the file system that it last told of.
type Known = BTreeMap<String, (io::Counts, String)>;

fn to_samples(answers: &Answers, known: &mut Known, out: &mut Page<'_>) {
    for (Volume { name, .. }, answer) in answers {
        let Some(answer) = answer else {
            let file_system = known.get(name).map_or("", |(_, file_system)| file_system);
            let labels = [name, name, file_system, "mountpoint timeout"];
            out.set(&NODE_DEVICE_ERROR, labels, 1.0);
            continue;
        };
        let is_present =
            answer.information.is_some() || answer.space.is_some() || answer.performance.is_some();
        // A CD is always full.
        if answer.kind == Kind::Cdrom || !is_present {
            continue;
        }
        state(name, answer, out);
        // A volume that is not mounted has no file system that programs could use.
        if name.contains(':') {
            node_state(name, answer, out);
        }
        let (counts, file_system) = known.entry(name.clone()).or_default();
        if let Some(information) = &answer.information {
            file_system.clone_from(&information.file_system);
        }
        if let Some(performance) = &answer.performance {
            IO.set(name, performance, counts, out);
            out.set(&READ_QUEUE, [name], seconds(performance.read_time));
            out.set(&WRITE_QUEUE, [name], seconds(performance.write_time));
        }
    }
}

fn state(name: &str, answer: &Answer, out: &mut Page<'_>) {
    let disks: Vec<_> = answer.disks.iter().map(u32::to_string).collect();
    let (disks, kind) = (disks.join(";"), answer.kind.as_str());
    let info = answer.information.as_ref();
    let (label, file_system) = info.map_or(("", ""), |info| (&*info.label, &*info.file_system));
    let serial = info.map_or(String::new(), |info| format!("{:X}", info.serial));
    out.set(&INFO, [&disks, kind, name, label, file_system, &serial], 1.0);
    out.set_some(&READONLY, [name], info.map(|info| u8::from(info.is_read_only)));
    if let Some(space) = answer.space {
        out.set(&SIZE, [name], space.size as f64);
        out.set(&FREE, [name], space.free as f64);
    }
}

fn node_state(name: &str, answer: &Answer, out: &mut Page<'_>) {
    let info = answer.information.as_ref();
    let file_system = info.map_or("", |info| &*info.file_system);
    let labels = |error| [name, name, file_system, error];
    let Some(space) = answer.space else {
        out.set(&NODE_DEVICE_ERROR, labels("no answer"), 1.0);
        return;
    };
    let labels = labels("");
    out.set(&NODE_DEVICE_ERROR, labels, 0.0);
    out.set(&NODE_SIZE, labels, space.size as f64);
    out.set(&NODE_FREE, labels, space.free as f64);
    out.set(&NODE_AVAIL, labels, space.available as f64);
    out.set_some(&NODE_READONLY, labels, info.map(|info| u8::from(info.is_read_only)));
}

#[cfg(test)]
mod tests {
    use exporter_kit::Samples;

    use super::*;
    use crate::names::Names;
    use crate::windows::disks::Performance;
    use crate::windows::volumes::{Information, Space};

    fn samples(name: &str, answer: Option<Answer>) -> Samples {
        samples_with(&mut Known::new(), name, answer)
    }

    fn samples_with(known: &mut Known, name: &str, answer: Option<Answer>) -> Samples {
        let volume = Volume { name: name.to_owned(), root: String::new(), device: String::new() };
        let mut out = Samples::default();
        to_samples(&vec![(volume, answer)], known, &mut Names::ALL.of(&mut out));
        assert_eq!(out.check(&DEF), Ok(()));
        out
    }

    fn answer() -> Answer {
        let performance = Performance {
            bytes_read: 7,
            read_time: 30_000_000,
            write_time: 20_000_000,
            reads: 4,
            ..Performance::default()
        };
        Answer {
            kind: Kind::Fixed,
            information: Some(Information {
                label: "系统".to_owned(),
                file_system: "NTFS".to_owned(),
                serial: 0xab_12cd,
                is_read_only: false,
            }),
            space: Some(Space { size: 100, free: 40, available: 30 }),
            performance: Some(performance),
            disks: vec![0, 2],
        }
    }

    #[test]
    fn a_volume_has_space_state_and_io() {
        let out = samples("C:", Some(answer()));
        let info = ["0;2", "fixed", "C:", "系统", "NTFS", "AB12CD"];
        assert_eq!(out.value(&INFO, info), Some(1.0));
        assert_eq!(out.value(&FREE, ["C:"]), Some(40.0));
        assert_eq!(out.value(&IO.reads, ["C:"]), Some(4.0));
        assert_eq!(out.value(&IO.latency, ["C:"]), Some(5.0));
        assert_eq!(out.value(&READ_QUEUE, ["C:"]), Some(3.0));
        assert_eq!(out.value(&NODE_AVAIL, ["C:", "C:", "NTFS", ""]), Some(30.0));
        assert_eq!(out.value(&NODE_DEVICE_ERROR, ["C:", "C:", "NTFS", ""]), Some(0.0));
    }

    #[test]
    fn a_volume_that_hangs_is_an_error_of_its_own() {
        let out = samples("X:", None);
        let labels = ["X:", "X:", "", "mountpoint timeout"];
        assert_eq!((out.value(&NODE_DEVICE_ERROR, labels), out.len()), (Some(1.0), 1));
        // Once it has answered, its file system is known.
        let mut known = Known::new();
        samples_with(&mut known, "X:", Some(answer()));
        let out = samples_with(&mut known, "X:", None);
        let labels = ["X:", "X:", "NTFS", "mountpoint timeout"];
        assert_eq!((out.value(&NODE_DEVICE_ERROR, labels), out.len()), (Some(1.0), 1));
    }

    #[test]
    fn empty_drives_and_cds_are_left_out() {
        let empty = Answer { kind: Kind::Removable, ..Answer::default() };
        assert!(samples("E:", Some(empty)).is_empty());
        assert!(samples("D:", Some(Answer { kind: Kind::Cdrom, ..answer() })).is_empty());
    }

    #[test]
    fn unmounted_volumes_have_no_node_names() {
        let mut out = samples("HarddiskVolume1", Some(answer()));
        assert_eq!(out.value(&SIZE, ["HarddiskVolume1"]), Some(100.0));
        assert!(!out.page().contains("node_filesystem"));
        let no_space = Answer { space: None, ..answer() };
        let out = samples("C:", Some(no_space));
        assert_eq!(out.value(&NODE_DEVICE_ERROR, ["C:", "C:", "NTFS", "no answer"]), Some(1.0));
    }
}
