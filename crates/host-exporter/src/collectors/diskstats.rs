//! What block devices have read and written, and what they are: `/proc/diskstats`, sysfs and the
//! data of udev.

mod devices;
mod udev;

use exporter_kit::{
    CollectError, Collector, CollectorDef, Counter, Flag, Gauge, KeptFile, Pattern, Samples,
    ScheduledCollector, Settings, Unit,
};

use self::devices::{Device, Devices};
use self::udev::Udev;
use super::node::{counter, gauge};
use crate::host::Host;
use crate::text::{fields, lines, number};

const READS: Counter<1> =
    requests("node_disk_reads_completed_total", "读完成次数", "Reads that were completed.");
const READS_MERGED: Counter<1> = requests(
    "node_disk_reads_merged_total",
    "读合并次数",
    "Reads that became one with a neighbour before they were given to the device.",
);
const READ_BYTES: Counter<1> =
    requests("node_disk_read_bytes_total", "读字节数", "Bytes that were read.").unit(Unit::Bytes);
const READ_TIME: Counter<1> = seconds(
    "node_disk_read_time_seconds_total",
    "读耗时",
    "Time that reads took, each from its request to its end.",
);
const WRITES: Counter<1> =
    requests("node_disk_writes_completed_total", "写完成次数", "Writes that were completed.");
const WRITES_MERGED: Counter<1> = requests(
    "node_disk_writes_merged_total",
    "写合并次数",
    "Writes that became one with a neighbour before they were given to the device.",
);
const WRITTEN_BYTES: Counter<1> =
    requests("node_disk_written_bytes_total", "写字节数", "Bytes that were written.")
        .unit(Unit::Bytes);
const WRITE_TIME: Counter<1> = seconds(
    "node_disk_write_time_seconds_total",
    "写耗时",
    "Time that writes took, each from its request to its end.",
);
const IO_NOW: Gauge<1> = gauge(
    "node_disk_io_now",
    "进行中的IO数",
    "Requests that the device has been given and not yet completed.",
)
.labels(["device"]);
const IO_TIME: Counter<1> = seconds(
    "node_disk_io_time_seconds_total",
    "IO繁忙时间",
    "Time in which the device had at least one request.",
);
const IO_TIME_WEIGHTED: Counter<1> = seconds(
    "node_disk_io_time_weighted_seconds_total",
    "加权IO时间",
    "Time in which the device had requests, times how many it had.",
);
const DISCARDS: Counter<1> =
    requests("node_disk_discards_completed_total", "丢弃完成次数", "Discards that were completed.");
const DISCARDS_MERGED: Counter<1> = requests(
    "node_disk_discards_merged_total",
    "丢弃合并次数",
    "Discards that became one with a neighbour before they were given to the device.",
);
const DISCARDED_SECTORS: Counter<1> = requests(
    "node_disk_discarded_sectors_total",
    "丢弃扇区数",
    "Sectors of 512 bytes that were discarded.",
);
const DISCARD_TIME: Counter<1> =
    seconds("node_disk_discard_time_seconds_total", "丢弃耗时", "Time that discards took.");
const FLUSHES: Counter<1> = requests(
    "node_disk_flush_requests_total",
    "刷盘次数",
    "Flushes of the device's cache that were completed.",
);
const FLUSH_TIME: Counter<1> =
    seconds("node_disk_flush_requests_time_seconds_total", "刷盘耗时", "Time that flushes took.");

const INFO: Gauge<9> = gauge(
    "node_disk_info",
    "磁盘信息",
    "Constant 1, with what the kernel and udev know of the device.",
)
.labels(["device", "major", "minor", "path", "wwn", "model", "serial", "revision", "rotational"]);
const FILESYSTEM_INFO: Gauge<5> = gauge(
    "node_disk_filesystem_info",
    "磁盘文件系统",
    "Constant 1, with the file system or other content that udev has found on the device.",
)
.labels(["device", "type", "usage", "uuid", "version"]);
const MAPPER_INFO: Gauge<6> = gauge(
    "node_disk_device_mapper_info",
    "DM设备信息",
    "Constant 1, with the names of a device of the device mapper.",
)
.labels(["device", "name", "uuid", "vg_name", "lv_name", "lv_layer"]);
const ATA_WRITE_CACHE: Gauge<1> = gauge(
    "node_disk_ata_write_cache",
    "ATA盘有写缓存",
    "Whether the ATA disk has a cache for writes (1) or not (0).",
)
.labels(["device"]);
const ATA_WRITE_CACHE_ENABLED: Gauge<1> = gauge(
    "node_disk_ata_write_cache_enabled",
    "ATA盘写缓存启用",
    "Whether the ATA disk's cache for writes is on (1) or off (0).",
)
.labels(["device"]);
const ATA_ROTATION_RATE: Gauge<1> = gauge(
    "node_disk_ata_rotation_rate_rpm",
    "ATA盘转速",
    "Rotations of the ATA disk in a minute; 0 for one without moving parts.",
)
.labels(["device"]);

const INCLUDE: Flag<Pattern> = Flag::pattern(
    "collector.diskstats.device-include",
    "",
    "Devices to expose; not with device-exclude.",
);
const EXCLUDE: Flag<Pattern> = Flag::pattern(
    "collector.diskstats.device-exclude",
    r"^(z?ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+$",
    "Devices to leave out; partitions and memory by default.",
);

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "diskstats",
    "磁盘IO",
    "Reads, writes, discards and flushes of block devices, and what the devices are.",
    &[&READS, &READS_MERGED, &READ_BYTES, &READ_TIME, &WRITES, &WRITES_MERGED, &WRITTEN_BYTES],
    |settings| Ok(ScheduledCollector::on_scrape(Diskstats::new(settings))),
)
.and(&[
    &[&WRITE_TIME, &IO_NOW, &IO_TIME, &IO_TIME_WEIGHTED],
    &[&DISCARDS, &DISCARDS_MERGED, &DISCARDED_SECTORS, &DISCARD_TIME, &FLUSHES, &FLUSH_TIME],
    &[&INFO, &FILESYSTEM_INFO, &MAPPER_INFO],
    &[&ATA_WRITE_CACHE, &ATA_WRITE_CACHE_ENABLED, &ATA_ROTATION_RATE],
])
.flags(&[&INCLUDE, &EXCLUDE])
.source("/proc/diskstats, /sys/block, /run/udev/data");

/// A column of `/proc/diskstats` and the metric that it is.
#[derive(Clone, Copy)]
enum Column {
    Count(&'static Counter<1>),
    /// In sectors of 512 bytes, whatever those of the device.
    Sectors(&'static Counter<1>),
    Milliseconds(&'static Counter<1>),
    Now(&'static Gauge<1>),
}

/// The columns behind the name. Linux has 11 of them, since 4.18 discards, since 5.5 flushes.
const COLUMNS: [Column; 17] = [
    Column::Count(&READS),
    Column::Count(&READS_MERGED),
    Column::Sectors(&READ_BYTES),
    Column::Milliseconds(&READ_TIME),
    Column::Count(&WRITES),
    Column::Count(&WRITES_MERGED),
    Column::Sectors(&WRITTEN_BYTES),
    Column::Milliseconds(&WRITE_TIME),
    Column::Now(&IO_NOW),
    Column::Milliseconds(&IO_TIME),
    Column::Milliseconds(&IO_TIME_WEIGHTED),
    Column::Count(&DISCARDS),
    Column::Count(&DISCARDS_MERGED),
    Column::Count(&DISCARDED_SECTORS),
    Column::Milliseconds(&DISCARD_TIME),
    Column::Count(&FLUSHES),
    Column::Milliseconds(&FLUSH_TIME),
];

/// The columns of a partition before Linux 2.6.25.
const OLD_COLUMNS: [Column; 4] = [COLUMNS[0], COLUMNS[2], COLUMNS[4], COLUMNS[6]];

/// Collects what is known of block devices.
struct Diskstats {
    stats: KeptFile,
    devices: Devices,
}

impl Diskstats {
    fn new(settings: &Settings) -> Self {
        let host = Host::new(settings);
        let filter = settings.filter(&INCLUDE, &EXCLUDE);
        Self {
            stats: KeptFile::new(host.proc("diskstats")).short_lines(),
            devices: Devices::new(host, filter),
        }
    }
}

impl Collector for Diskstats {
    fn collect(&mut self, out: &mut Samples) -> Result<(), CollectError> {
        to_samples(self.stats.read_if_exists()?, &mut self.devices, out)
    }
}

fn to_samples(stats: &[u8], devices: &mut Devices, out: &mut Samples) -> Result<(), CollectError> {
    let mut readable = stats.is_empty();
    devices.begin();
    for line in lines(stats) {
        let Some(Line { major, minor, name, numbers, count }) = Line::parse(line) else { continue };
        readable = true;
        let Some(device) = devices.look_up(major, minor, name) else { continue };
        let columns = if count == OLD_COLUMNS.len() { &OLD_COLUMNS[..] } else { &COLUMNS[..] };
        for (column, number) in columns.iter().zip(&numbers[..count]) {
            match column {
                Column::Count(metric) => out.set(metric, [name], *number),
                Column::Sectors(metric) => out.set(metric, [name], number * 512.0),
                Column::Milliseconds(metric) => out.set(metric, [name], number / 1000.0),
                Column::Now(metric) => out.set(metric, [name], *number),
            }
        }
        describe(name, major, minor, device, out);
    }
    devices.end();
    if readable { Ok(()) } else { Err("no device in /proc/diskstats can be read".into()) }
}

fn describe(name: &str, major: &str, minor: &str, device: &Device, out: &mut Samples) {
    let Device { rotational, udev, .. } = device;
    let Udev { path, wwn, model, revision, file_system, mapper, ata, .. } = udev;
    let rotational = if *rotational { "1" } else { "0" };
    let serial = udev.serial();
    out.set(&INFO, [name, major, minor, path, wwn, model, serial, revision, rotational], 1.0);
    let [kind, usage, uuid, version] = file_system;
    if !kind.is_empty() {
        out.set(&FILESYSTEM_INFO, [name, kind, usage, uuid, version], 1.0);
    }
    let [mapped, uuid, group, volume, layer] = mapper;
    if !mapped.is_empty() {
        out.set(&MAPPER_INFO, [name, mapped, uuid, group, volume, layer], 1.0);
    }
    let metrics = [&ATA_WRITE_CACHE, &ATA_WRITE_CACHE_ENABLED, &ATA_ROTATION_RATE];
    for (metric, value) in metrics.into_iter().zip(ata) {
        if let Some(value) = value {
            out.set(metric, [name], *value);
        }
    }
}

/// `8 1 sda1 …`, with a number for each column that the kernel has.
struct Line<'a> {
    major: &'a str,
    minor: &'a str,
    name: &'a str,
    numbers: [f64; COLUMNS.len()],
    count: usize,
}

impl<'a> Line<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let mut fields = fields(line);
        let digits = |text: &&str| text.bytes().all(|byte| byte.is_ascii_digit());
        let (major, minor) = (fields.next().filter(digits)?, fields.next().filter(digits)?);
        let name = fields.next()?;
        let (mut numbers, mut count) = ([0.0; COLUMNS.len()], 0);
        for (slot, field) in numbers.iter_mut().zip(fields) {
            *slot = number(field).filter(|number| *number >= 0.0)?;
            count += 1;
        }
        (count > 0).then_some(Self { major, minor, name, numbers, count })
    }
}

const fn requests(name: &'static str, zh: &'static str, help: &'static str) -> Counter<1> {
    counter(name, zh, help).labels(["device"])
}

const fn seconds(name: &'static str, zh: &'static str, help: &'static str) -> Counter<1> {
    requests(name, zh, help).unit(Unit::Seconds)
}

#[cfg(test)]
mod tests;
