//! Btrfs file systems: `/sys/fs/btrfs`, and what they say of their devices.

mod devices;

use std::path::{Path, PathBuf};

use exporter_kit::{
    CollectError, Collector, CollectorDef, Counter, Gauge, Samples, ScheduledCollector, Unit,
};

use self::devices::{Devices, ERRORS, SIZE as DEVICE_SIZE, UNUSED};
use super::node::{counter, gauge};
use crate::files::Folder;
use crate::host::Host;
use crate::text::{fields, lines, number};

const INFO: Gauge<2> =
    gauge("node_btrfs_info", "Btrfs信息", "Constant 1, with the label of the file system.")
        .labels(["uuid", "label"]);

const RESERVE: Gauge<1> = gauge(
    "node_btrfs_global_rsv_size_bytes",
    "Btrfs全局预留空间",
    "Space that is kept for metadata, so that files can be deleted when all is full.",
)
.unit(Unit::Bytes)
.labels(["uuid"]);

const RESERVED: Gauge<2> = gauge(
    "node_btrfs_reserved_bytes",
    "Btrfs已预留空间",
    "Space that writes which have begun will use.",
)
.unit(Unit::Bytes)
.labels(["uuid", "block_group_type"]);

const USED: Gauge<3> =
    gauge("node_btrfs_used_bytes", "Btrfs已用空间", "Space that is used, each byte counted once.")
        .unit(Unit::Bytes)
        .labels(["uuid", "block_group_type", "mode"]);

const SIZE: Gauge<3> = gauge(
    "node_btrfs_size_bytes",
    "Btrfs已分配空间",
    "Space in block groups of this type, each byte counted once.",
)
.unit(Unit::Bytes)
.labels(["uuid", "block_group_type", "mode"]);

const RATIO: Gauge<3> = gauge(
    "node_btrfs_allocation_ratio",
    "Btrfs分配比率",
    "How many bytes of devices one byte takes.",
)
.unit(Unit::Ratio)
.labels(["uuid", "block_group_type", "mode"]);

const COMMITS: Counter<1> =
    counter("node_btrfs_commits_total", "Btrfs提交次数", "Transactions committed.")
        .labels(["uuid"]);

const COMMIT_TIME: Counter<1> = counter(
    "node_btrfs_commit_seconds_total",
    "Btrfs提交时间",
    "Time that committing transactions has taken.",
)
.unit(Unit::Seconds)
.labels(["uuid"]);

const LAST_COMMIT: Gauge<1> =
    gauge("node_btrfs_last_commit_seconds", "Btrfs最近提交时长", "How long the last commit took.")
        .unit(Unit::Seconds)
        .labels(["uuid"]);

const MAX_COMMIT: Gauge<1> = gauge(
    "node_btrfs_max_commit_seconds",
    "Btrfs最长提交时长",
    "How long the longest commit took since the file system was mounted.",
)
.unit(Unit::Seconds)
.labels(["uuid"]);

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "btrfs",
    "Btrfs",
    "Space, devices and commits of Btrfs file systems.",
    &[
        &INFO,
        &RESERVE,
        &DEVICE_SIZE,
        &UNUSED,
        &ERRORS,
        &RESERVED,
        &USED,
        &SIZE,
        &RATIO,
        &COMMITS,
        &COMMIT_TIME,
        &LAST_COMMIT,
        &MAX_COMMIT,
    ],
    |settings| {
        let host = Host::new(settings);
        let path = host.sys("fs/btrfs");
        Ok(ScheduledCollector::on_scrape(Btrfs { path, devices: Devices::new(host) }))
    },
)
.source("/sys/fs/btrfs, /proc/1/mountinfo");

struct Btrfs {
    path: PathBuf,
    devices: Devices,
}

impl Collector for Btrfs {
    fn collect(&mut self, out: &mut Samples) -> Result<(), CollectError> {
        let devices = &mut self.devices;
        devices.forget();
        each_system(&self.path, |_, _| devices.ask())?;
        each_system(&self.path, |system, uuid| {
            let count = collect_devices(system, uuid, devices, out);
            collect_system(system, uuid, count, out);
        })
    }
}

fn each_system(path: &Path, mut each: impl FnMut(&Folder, &str)) -> Result<(), CollectError> {
    let systems = Folder::open(path).ok_or(CollectError::NoData)?;
    systems.names(|uuid| {
        let Some(system) = systems.folder(uuid) else { return };
        // The folder `features` of the kernel module is next to the file systems.
        if system.has("allocation") {
            each(&system, uuid);
        }
    });
    Ok(())
}

/// The devices as the file system knows them, or else by sysfs; how many sysfs has.
fn collect_devices(system: &Folder, uuid: &str, asked: &Devices, out: &mut Samples) -> u32 {
    let is_known = asked.to_samples(uuid, out);
    let mut count = 0_u32;
    let Some(folder) = system.folder("devices") else { return count };
    folder.names(|device| {
        count += 1;
        let size = || folder.folder(device)?.number("size");
        // In sectors, which are of 512 bytes for every device.
        if let Some(sectors) = (!is_known).then(size).flatten() {
            out.set(&DEVICE_SIZE, [uuid, device, ""], sectors * 512.0);
        }
    });
    if !is_known && count == 1 {
        // Of several devices it does not say whose numbers are whose.
        folder.names(|device| devices::errors_of_single(system, uuid, device, out));
    }
    count
}

fn collect_system(system: &Folder, uuid: &str, devices: u32, out: &mut Samples) {
    let label = system.text("label");
    let label = label.as_ref().and_then(|label| label.trimmed()).unwrap_or_default();
    out.set(&INFO, [uuid, label], 1.0);
    if let Some(folder) = system.folder("allocation") {
        if let Some(size) = folder.number("global_rsv_size") {
            out.set(&RESERVE, [uuid], size);
        }
        folder.names(|kind| {
            if let Some(group) = folder.folder(kind) {
                collect_group(&group, [uuid, kind], devices, out);
            }
        });
    }
    if let Some(stats) = system.text("commit_stats") {
        commits(stats.bytes(), uuid, out);
    }
}

fn collect_group(group: &Folder, labels: [&str; 2], devices: u32, out: &mut Samples) {
    if let Some(reserved) = group.number("bytes_reserved") {
        out.set(&RESERVED, labels, reserved);
    }
    let [uuid, kind] = labels;
    group.names(|mode| {
        let Some(layout) = group.folder(mode) else { return };
        for (metric, file) in [(&USED, "used_bytes"), (&SIZE, "total_bytes")] {
            if let Some(bytes) = layout.number(file) {
                out.set(metric, [uuid, kind, mode], bytes);
            }
        }
        if let Some(ratio) = ratio(mode, devices) {
            out.set(&RATIO, [uuid, kind, mode], ratio);
        }
    });
}

/// What redundancy of a mode costs; of those with parity it depends on the number of devices.
fn ratio(mode: &str, devices: u32) -> Option<f64> {
    let with_parity = |parity: u32| {
        let data = devices.checked_sub(parity).filter(|data| *data > 0)?;
        Some(f64::from(devices) / f64::from(data))
    };
    match mode {
        "single" | "raid0" => Some(1.0),
        "dup" | "raid1" | "raid10" => Some(2.0),
        "raid1c3" => Some(3.0),
        "raid1c4" => Some(4.0),
        "raid5" => with_parity(1),
        "raid6" => with_parity(2),
        _ => None,
    }
}

fn commits(stats: &[u8], uuid: &str, out: &mut Samples) {
    for line in lines(stats) {
        let mut line = fields(line);
        let (Some(key), Some(value)) = (line.next(), line.next().and_then(number)) else {
            continue;
        };
        match key {
            _ if value < 0.0 => {}
            "commits" => out.set(&COMMITS, [uuid], value),
            "last_commit_ms" => out.set(&LAST_COMMIT, [uuid], value / 1000.0),
            "max_commit_ms" => out.set(&MAX_COMMIT, [uuid], value / 1000.0),
            "total_commit_ms" => out.set(&COMMIT_TIME, [uuid], value / 1000.0),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn space_is_split_by_type_and_mode() {
        let root = tempfile::tempdir().unwrap();
        for (file, text) in [
            ("features/big_metadata", "0\n"),
            ("u/label", "home\n"),
            ("u/allocation/global_rsv_size", "16785408\n"),
            ("u/allocation/data/bytes_reserved", "20480\n"),
            ("u/allocation/data/raid5/used_bytes", "100\n"),
            ("u/allocation/data/raid5/total_bytes", "x\n"),
            ("u/devices/sda/size", "8\n"),
            ("u/devices/sdb/size", "8\n"),
            ("u/devices/sdc/size", "8\n"),
            ("u/devinfo/1/error_stats", "write_errs 9\n"),
            ("single/allocation/global_rsv_size", "x\n"),
            ("single/devices/dm-0/size", "8\n"),
            ("single/devinfo/3/error_stats", "write_errs 0\nread_errs 7\nflush_errs -1\nx 1\n"),
            ("u/commit_stats", "commits 17\nlast_commit_ms 4\nmax_commit_ms\ntotal_commit_ms -1\n"),
        ] {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let mut out = Samples::default();
        let devices = Devices::new(Host::at(root.path()));
        let mut btrfs = Btrfs { path: root.path().to_owned(), devices };
        btrfs.collect(&mut out).unwrap();
        assert_eq!(out.check(&DEF), Ok(()));
        assert_eq!(out.value(&INFO, ["u", "home"]), Some(1.0));
        assert_eq!(out.value(&RESERVE, ["u"]), Some(16_785_408.0));
        assert_eq!(out.value(&RESERVED, ["u", "data"]), Some(20_480.0));
        assert_eq!(out.value(&USED, ["u", "data", "raid5"]), Some(100.0));
        assert_eq!(out.value(&RATIO, ["u", "data", "raid5"]), Some(1.5));
        assert_eq!(out.value(&DEVICE_SIZE, ["u", "sdb", ""]), Some(4096.0));
        assert_eq!(out.value(&COMMITS, ["u"]), Some(17.0));
        assert_eq!(out.value(&LAST_COMMIT, ["u"]), Some(0.004));
        // Which of several devices has the errors is not known.
        assert_eq!(out.value(&ERRORS, ["single", "dm-0", "", "read"]), Some(7.0));
        assert_eq!(out.len(), 10 + 4);
    }

    #[test]
    fn redundancy_has_its_price() {
        let cases = [
            ("single", 1, Some(1.0)),
            ("raid1c4", 9, Some(4.0)),
            ("raid6", 4, Some(2.0)),
            ("raid5", 1, None),
            ("raid6", 0, None),
            ("raid99", 4, None),
        ];
        for (mode, devices, expected) in cases {
            assert_eq!(ratio(mode, devices), expected, "{mode}");
        }
    }
}
