//! A machine that is large: folders that look like its `/proc` and `/sys`.

#[cfg(unix)]
use std::fmt::Write as _;
#[cfg(unix)]
use std::fs;
#[cfg(unix)]
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::path::Path;

#[cfg(unix)]
use anyhow::Context;
use anyhow::Result;

/// How much a machine has.
#[derive(Clone, Copy)]
pub struct Size {
    /// Mounted file systems beside the root.
    pub file_systems: usize,
    /// Network devices.
    pub devices: usize,
    /// Processors.
    pub cpus: usize,
}

/// What sysfs says of every device.
#[cfg(unix)]
const DEVICE: [(&str, &str); 22] = [
    ("addr_assign_type", "0"),
    ("address", "02:42:ac:11:00:02"),
    ("broadcast", "ff:ff:ff:ff:ff:ff"),
    ("carrier", "1"),
    ("carrier_changes", "2"),
    ("carrier_down_count", "1"),
    ("carrier_up_count", "1"),
    ("dev_id", "0x0"),
    ("dormant", "0"),
    ("duplex", "full"),
    ("flags", "0x1003"),
    ("ifalias", ""),
    ("ifindex", "7"),
    ("iflink", "7"),
    ("link_mode", "0"),
    ("mtu", "1500"),
    ("name_assign_type", "3"),
    ("netdev_group", "0"),
    ("operstate", "up"),
    ("speed", "10000"),
    ("tx_queue_len", "1000"),
    ("type", "1"),
];

/// Makes the machine's files in a folder that is not there yet.
#[cfg(unix)]
pub fn make(root: &Path, size: Size) -> Result<()> {
    let write = |path: &str, text: &str| -> Result<()> {
        let path = root.join(path);
        let folder = path.parent().context("a file is in a folder")?;
        fs::create_dir_all(folder).with_context(|| format!("make {}", folder.display()))?;
        fs::write(&path, text).with_context(|| format!("write {}", path.display()))
    };
    let link = |to: &str, path: &str| {
        symlink(to, root.join(path)).with_context(|| format!("link {path} to {to}"))
    };
    for (file, text) in DEVICE {
        write(&format!("sys/device/{file}"), &format!("{text}\n"))?;
    }
    write("sys/device/statistics/rx_nohandler", "0\n")?;
    write("sys/cpu/thermal_throttle/core_throttle_count", "3\n")?;
    write("sys/cpu/topology/core_id", "1\n")?;
    write("sys/cpu/topology/physical_package_id", "0\n")?;
    fs::create_dir_all(root.join("sys/class/net"))?;
    let mut traffic = "Inter-|   Receive  |  Transmit\n face |bytes packets|bytes\n".to_owned();
    for device in 0..size.devices {
        writeln!(
            traffic,
            "veth{device:05}: {device}1234567 8901 2 3 4 5 6 7 7654321 98 1 2 3 4 5 6"
        )?;
        link("../../device", &format!("sys/class/net/veth{device:05}"))?;
    }
    write("proc/net/dev", &traffic)?;
    let last = size.cpus - 1;
    write("sys/devices/system/cpu/online", &format!("0-{last}\n"))?;
    write("sys/devices/system/cpu/present", &format!("0-{last}\n"))?;
    let (mut stat, mut schedules) = ("cpu 1 2 3 4 5 6 7 8 9 10\n".to_owned(), String::new());
    let mut packets = String::new();
    for cpu in 0..size.cpus {
        writeln!(stat, "cpu{cpu} {cpu}23456 789 12345 67890123 456 0 789 12 3 4")?;
        writeln!(
            schedules,
            "cpu{cpu} 0 0 8071447 98982 8325101 263972 60112044713301 3011204 9011"
        )?;
        writeln!(packets, "5c4ffabc 33 230 0 0 0 0 0 0 25 d7e47 1 {cpu:08x} 0")?;
        link("../../../cpu", &format!("sys/devices/system/cpu/cpu{cpu}"))?;
    }
    stat += "intr 1 2 3\nctxt 4\nbtime 1700000000\nprocesses 5\nprocs_running 1\nprocs_blocked 0\n";
    write("proc/stat", &stat)?;
    write("proc/schedstat", &format!("version 15\ntimestamp 4299011204\n{schedules}"))?;
    write("proc/net/softnet_stat", &packets)?;
    // Every mount is on the file system of the folders, so that statfs works on each.
    let device = fs::metadata(root)?.dev();
    let (major, minor) = (device >> 8 & 0xfff, device & 0xff | device >> 12 & 0xf_ff00);
    let mut mounts = format!("1 0 {major}:{minor} / / rw - ext4 /dev/root rw\n");
    for number in 0..size.file_systems {
        let point = format!("/data/{number:05}");
        fs::create_dir_all(root.join(format!("rootfs{point}")))?;
        let id = 1_000_000_000 + number;
        writeln!(mounts, "{id} 1 {major}:{minor} / {point} rw - ext4 /dev/disk{number:05} rw")?;
    }
    write("proc/1/mountinfo", &mounts)?;
    write("proc/self/mountinfo", &mounts)?;
    write("proc/meminfo", "MemTotal: 1000 kB\nMemFree: 100 kB\nMemAvailable: 500 kB\n")?;
    write("proc/loadavg", "0.10 0.20 0.30 1/234 5678\n")
}

#[cfg(not(unix))]
pub fn make(_: &Path, _: Size) -> Result<()> {
    anyhow::bail!("these files need symbolic links: run this on Linux")
}
