//! Disks that are reached by several paths: `/sys/block/dm-*`.

use std::path::Path;

use exporter_kit::{CollectError, CollectorDef, Gauge, Samples, ScheduledCollector, Unit};

use super::node::gauge;
use crate::files::Folder;
use crate::host::Host;

const fn of_device(name: &'static str, zh: &'static str, help: &'static str) -> Gauge<2> {
    gauge(name, zh, help).labels(["device", "sysfs_name"])
}

const ACTIVE: Gauge<2> = of_device(
    "node_dmmultipath_device_active",
    "多路径设备是否可用",
    "Whether the device takes requests (1) or is suspended (0).",
);
const SIZE: Gauge<2> =
    of_device("node_dmmultipath_device_size_bytes", "多路径设备大小", "Size of the device.")
        .unit(Unit::Bytes);
const PATHS: Gauge<2> =
    of_device("node_dmmultipath_device_paths", "多路径设备路径数", "How many paths there are.");
const PATHS_ACTIVE: Gauge<2> = of_device(
    "node_dmmultipath_device_paths_active",
    "多路径设备正常路径数",
    "How many paths work: their disks are running or live.",
);
const PATHS_FAILED: Gauge<2> = of_device(
    "node_dmmultipath_device_paths_failed",
    "多路径设备故障路径数",
    "How many paths do not work.",
);

const INFO: Gauge<3> =
    gauge("node_dmmultipath_device_info", "多路径设备信息", "Constant 1, with the device's UUID.")
        .labels(["device", "sysfs_name", "uuid"]);

const PATH_STATE: Gauge<3> = gauge(
    "node_dmmultipath_path_state",
    "多路径设备路径状态",
    "Constant 1, with the state of the disk that is a path of the device.",
)
.labels(["device", "path", "state"]);

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "dmmultipath",
    "多路径设备",
    "Multipath devices and the states of their paths.",
    &[&ACTIVE, &SIZE, &PATHS, &PATHS_ACTIVE, &PATHS_FAILED, &INFO, &PATH_STATE],
    |settings| {
        let path = Host::new(settings).sys("block");
        Ok(ScheduledCollector::on_scrape(move |out: &mut Samples| collect(&path, out)))
    },
)
.source("/sys/block/dm-*");

fn collect(path: &Path, out: &mut Samples) -> Result<(), CollectError> {
    let block = Folder::open(path).ok_or(CollectError::NoData)?;
    block.names(|sysfs_name| {
        if !sysfs_name.starts_with("dm-") {
            return;
        }
        let Some(device) = block.folder(sysfs_name) else { return };
        let uuid = device.text("dm/uuid");
        let uuid = uuid.as_ref().and_then(|uuid| uuid.trimmed()).unwrap_or_default();
        // LVM and encryption are of this kind too.
        if uuid.starts_with("mpath-") {
            collect_device(&block, &device, [sysfs_name, uuid], out);
        }
    });
    if out.is_empty() { Err(CollectError::NoData) } else { Ok(()) }
}

fn collect_device(
    block: &Folder,
    device: &Folder,
    [sysfs_name, uuid]: [&str; 2],
    out: &mut Samples,
) {
    let name = device.text("dm/name");
    let name = name.as_ref().and_then(|name| name.trimmed()).unwrap_or(sysfs_name);
    let labels = [name, sysfs_name];
    out.set(&INFO, [name, sysfs_name, uuid], 1.0);
    if let Some(suspended) = device.number("dm/suspended") {
        out.set(&ACTIVE, labels, f64::from(u8::from(suspended == 0.0)));
    }
    // In sectors, which are of 512 bytes for every device.
    if let Some(sectors) = device.number("size") {
        out.set(&SIZE, labels, sectors * 512.0);
    }
    let Some(slaves) = device.folder("slaves") else { return };
    let (mut paths, mut active) = (0.0, 0.0);
    slaves.names(|path| {
        let state = block.folder(path).and_then(|path| path.text("device/state"));
        let state = state.as_ref().and_then(|state| state.trimmed()).unwrap_or("unknown");
        out.set(&PATH_STATE, [name, path, state], 1.0);
        paths += 1.0;
        active += f64::from(u8::from(["running", "live"].contains(&state)));
    });
    out.set(&PATHS, labels, paths);
    out.set(&PATHS_ACTIVE, labels, active);
    out.set(&PATHS_FAILED, labels, paths - active);
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn paths_are_counted_by_whether_they_work() {
        let root = tempfile::tempdir().unwrap();
        for (file, text) in [
            ("dm-0/dm/uuid", "LVM-1\n"),
            ("dm-2/dm/uuid", "mpath-3600\n"),
            ("dm-2/dm/name", "mpatha\n"),
            ("dm-2/dm/suspended", "0\n"),
            ("dm-2/size", "8\n"),
            ("dm-2/slaves/sda/x", ""),
            ("dm-2/slaves/sdb/x", ""),
            ("dm-2/slaves/sdc/x", ""),
            ("sda/device/state", "running\n"),
            ("sdb/device/state", "offline\n"),
        ] {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let mut out = Samples::default();
        collect(root.path(), &mut out).unwrap();
        let labels = ["mpatha", "dm-2"];
        assert_eq!(out.value(&INFO, ["mpatha", "dm-2", "mpath-3600"]), Some(1.0));
        assert_eq!(out.value(&ACTIVE, labels), Some(1.0));
        assert_eq!(out.value(&SIZE, labels), Some(4096.0));
        let paths = [&PATHS, &PATHS_ACTIVE, &PATHS_FAILED].map(|metric| out.value(metric, labels));
        assert_eq!(paths, [Some(3.0), Some(1.0), Some(2.0)]);
        assert_eq!(out.value(&PATH_STATE, ["mpatha", "sdb", "offline"]), Some(1.0));
        assert_eq!(out.value(&PATH_STATE, ["mpatha", "sdc", "unknown"]), Some(1.0));
        assert_eq!(out.len(), 9);
        fs::remove_dir_all(root.path().join("dm-2")).unwrap();
        let without = collect(root.path(), &mut Samples::default());
        assert!(matches!(without, Err(CollectError::NoData)));
    }
}
