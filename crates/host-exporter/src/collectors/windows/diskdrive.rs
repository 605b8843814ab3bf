//! What disks there are, and whether they expect to fail.

#[cfg(windows)]
use exporter_kit::{CollectError, Samples, ScheduledCollector, SettingError, Settings};
use exporter_kit::{CollectorDef, Gauge, Unit};

#[cfg(not(windows))]
use super::definitions::build;
use super::definitions::{gauge, retired};
#[cfg(windows)]
use crate::names::Names;
use crate::names::Page;
use crate::windows::drives::Drive;

const INFO: Gauge<4> = gauge(
    "windows_diskdrive_info",
    "磁盘信息",
    "Constant 1, with the disk's name and model, which is its caption too.",
)
.labels(["device_id", "model", "caption", "name"]);
const SIZE: Gauge<1> = gauge("windows_diskdrive_size", "磁盘容量", "Size of the disk.")
    .unit(Unit::Bytes)
    .labels(["name"]);
const PARTITIONS: Gauge<1> = gauge(
    "windows_diskdrive_partitions",
    "磁盘分区数",
    "Partitions of the disk, without reserved ones.",
)
.labels(["name"]);
const STATUS: Gauge<2> = gauge(
    "windows_diskdrive_status",
    "磁盘状态",
    "Whether the disk has the status (1) or not (0): OK, or Pred fail if it expects to fail.",
)
.labels(["name", "status"]);
const OLD_STATUS: Gauge<2> = retired(
    "windows_disk_drive_status",
    "磁盘状态(旧名)",
    "Whether the disk has the status (1) or not (0); now windows_diskdrive_status.",
)
.labels(["name", "status"]);

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "diskdrive",
    "磁盘型号",
    "Model, size, partitions and status of each disk.",
    &[&INFO, &SIZE, &PARTITIONS, &STATUS, &OLD_STATUS],
    build,
)
.source(
    "IOCTL_STORAGE_QUERY_PROPERTY, IOCTL_DISK_GET_DRIVE_GEOMETRY_EX, \
     IOCTL_DISK_GET_DRIVE_LAYOUT_EX, IOCTL_STORAGE_PREDICT_FAILURE",
)
.off_by_default();

#[cfg(windows)]
fn build(settings: &Settings) -> Result<ScheduledCollector, SettingError> {
    use crate::windows::prober::Prober;
    use crate::windows::{disks, drives};
    let names = Names::new(settings);
    let mut prober = Prober::new(drives::ask);
    let collect = move |out: &mut Samples| {
        let disks = disks::disks().into();
        let answers = prober.ask_all(&disks);
        let mut out = names.of(out);
        for (disk, answer) in disks.iter().zip(&answers) {
            // A disk that does not answer has no series.
            if let Some(drive) = answer {
                to_samples(*disk, drive, &mut out);
            }
        }
        Ok::<(), CollectError>(())
    };
    Ok(ScheduledCollector::on_scrape(collect))
}

/// The statuses that a disk can have here.
const OK: &str = "OK";
const PREDICTED_FAILURE: &str = "Pred fail";

fn to_samples(disk: u32, drive: &Drive, out: &mut Page<'_>) {
    if !drive.has_answered() {
        return;
    }
    let name = &*format!("PHYSICALDRIVE{disk}");
    let model = drive.model.as_deref().unwrap_or_default();
    out.set(&INFO, [name, model, model, name], 1.0);
    out.set_some(&SIZE, [name], drive.size.map(|bytes| bytes as f64));
    out.set_some(&PARTITIONS, [name], drive.partitions);
    // Many disks, such as virtual ones, do not predict anything.
    let will_fail = drive.will_fail == Some(true);
    for (status, is_it) in [(OK, !will_fail), (PREDICTED_FAILURE, will_fail)] {
        for metric in [&STATUS, &OLD_STATUS] {
            out.set(metric, [name, status], u8::from(is_it));
        }
    }
}

#[cfg(test)]
mod tests {
    use exporter_kit::Samples;

    use super::*;
    use crate::names::Names;

    #[test]
    fn a_disk_is_ok_unless_it_expects_to_fail() {
        for (will_fail, ok) in [(None, 1.0), (Some(false), 1.0), (Some(true), 0.0)] {
            let drive = Drive { size: Some(1 << 30), will_fail, ..Drive::default() };
            let mut out = Samples::default();
            to_samples(1, &drive, &mut Names::ALL.of(&mut out));
            assert_eq!(out.check(&DEF), Ok(()));
            assert_eq!(out.value(&SIZE, ["PHYSICALDRIVE1"]), Some(1_073_741_824.0));
            assert_eq!(out.value(&PARTITIONS, ["PHYSICALDRIVE1"]), None);
            for metric in [&STATUS, &OLD_STATUS] {
                assert_eq!(out.value(metric, ["PHYSICALDRIVE1", "OK"]), Some(ok));
                assert_eq!(out.value(metric, ["PHYSICALDRIVE1", "Pred fail"]), Some(1.0 - ok));
            }
        }
    }

    #[test]
    fn a_disk_that_tells_nothing_has_no_series() {
        let mut out = Samples::default();
        to_samples(0, &Drive::default(), &mut Names::ALL.of(&mut out));
        assert_eq!(out.len(), 0);
    }
}
