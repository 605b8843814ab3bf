//! How full the host's disks are.

#[cfg(target_os = "linux")]
mod groups;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(any(target_os = "linux", windows)))]
mod portable;
#[cfg(windows)]
mod windows;

#[cfg(target_os = "linux")]
use linux::Reader;
#[cfg(not(any(target_os = "linux", windows)))]
use portable::Reader;
#[cfg(windows)]
use windows::Reader;

use exporter_kit::{CollectorDef, Gauge, Samples, ScheduledCollector, Unit};

const SIZE: Gauge<1> = Gauge::new(
    "sys_disk_size",
    "Space in use in percent, as df tells it, of each mount point of a real file system.",
)
.labels(["mountpoint"])
.unit(Unit::Percent)
.zh("磁盘使用率");

const INODES: Gauge<1> = Gauge::new(
    "sys_inode_usage",
    "Inodes in use in percent, of each mount point of a file system that has a fixed number of them.",
)
.labels(["mountpoint"])
.unit(Unit::Percent)
.zh("inode使用率");

const UNREADABLE: Gauge<1> = Gauge::new(
    "sys_disk_unreadable",
    "Constant 1, for each disk that cannot be asked for its space, at one of its mount points.",
)
.labels(["mountpoint"])
.zh("磁盘无法读取");

/// The space of one file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Space {
    /// Bytes or blocks that hold data.
    used: u64,
    /// Bytes or blocks that programs can still fill; on Linux without those kept for root.
    available: u64,
    /// Inodes, and those of them that are free, where the file system has a fixed number.
    inodes: Option<[u64; 2]>,
}

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "disk",
    "磁盘使用率",
    "Disk space and inodes in use, ready-made as percentages.",
    &[&SIZE, &INODES, &UNREADABLE],
    |settings| {
        let mut reader = Reader::new(settings);
        let collect = move |out: &mut Samples| {
            reader.read(|mount_point, space| match space {
                Some(space) => to_sample(mount_point, space, out),
                None => out.set(&UNREADABLE, [mount_point], 1.0),
            })
        };
        Ok(ScheduledCollector::on_scrape(collect))
    },
)
.source(if cfg!(windows) {
    "GetDiskFreeSpaceEx"
} else {
    "/proc/self/mountinfo, /sys/dev/block, statx, statfs"
});

fn to_sample(mount_point: &str, space: Space, out: &mut Samples) {
    let Space { used, available, inodes } = space;
    // An empty file system has no share in use; 0 would say that it is free.
    if used > 0 || available > 0 {
        let percent = used as f64 / (used as f64 + available as f64) * 100.0;
        out.set(&SIZE, [mount_point], percent);
    }
    if let Some([all, free]) = inodes.filter(|[all, free]| *all > 0 && free <= all) {
        out.set(&INODES, [mount_point], (all - free) as f64 / all as f64 * 100.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_excludes_reserved_space() {
        let cases = [
            (25, 75, Some(25.0)),
            (0, 10, Some(0.0)),
            (10, 0, Some(100.0)),
            (0, 0, None),
            (u64::MAX, u64::MAX, Some(50.0)),
        ];
        for (used, available, percent) in cases {
            let mut out = Samples::default();
            to_sample("/", Space { used, available, inodes: None }, &mut out);
            assert_eq!(out.value(&SIZE, ["/"]), percent);
        }
    }

    #[test]
    fn inodes_are_there_where_their_number_is_fixed() {
        let cases = [
            (None, None),
            (Some([0, 0]), None),
            (Some([10, 11]), None),
            (Some([200, 50]), Some(75.0)),
        ];
        for (inodes, percent) in cases {
            let mut out = Samples::default();
            to_sample("/", Space { used: 1, available: 1, inodes }, &mut out);
            assert_eq!(out.value(&INODES, ["/"]), percent, "{inodes:?}");
        }
    }
}
