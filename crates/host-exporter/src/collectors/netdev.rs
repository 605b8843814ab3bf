//! Traffic of network devices: `/proc/net/dev`.
//!
//! The file has all devices in one read, in the namespace of the observed host, and the kernel
//! merges its columns as the metrics under the short names do. Netlink would tell of the namespace
//! of the exporter, whatever `--path.procfs` says.

use std::path::PathBuf;

use exporter_kit::{
    CollectError, Collector, CollectorDef, Counter, Flag, Gauge, KeptFile, Metric, Pattern,
    Samples, ScheduledCollector, Unit,
};

use super::node::{counter, gauge};
use crate::addresses;
use crate::files::Folder;
use crate::host::Host;
use crate::text::{Fields, fields, lines, number};
use crate::wanted::Wanted;

const RECEIVE_BYTES: Counter<1> =
    of_device("node_network_receive_bytes_total", "接收字节数", "Bytes received.")
        .unit(Unit::Bytes);
const RECEIVE_PACKETS: Counter<1> =
    of_device("node_network_receive_packets_total", "接收包数", "Packets received.");
const RECEIVE_COMPRESSED: Counter<1> = of_device(
    "node_network_receive_compressed_total",
    "接收压缩包数",
    "Compressed packets received, as SLIP and PPP have them.",
);
const TRANSMIT_BYTES: Counter<1> =
    of_device("node_network_transmit_bytes_total", "发送字节数", "Bytes sent.").unit(Unit::Bytes);
const TRANSMIT_PACKETS: Counter<1> =
    of_device("node_network_transmit_packets_total", "发送包数", "Packets sent.");
const TRANSMIT_COMPRESSED: Counter<1> = of_device(
    "node_network_transmit_compressed_total",
    "发送压缩包数",
    "Compressed packets sent, as SLIP and PPP have them.",
);
const NOHANDLER: Counter<1> = of_device(
    "node_network_receive_nohandler_total",
    "无处理程序包数",
    "Packets that nobody on the host wanted, or that came in on an inactive link.",
);

/// The columns of `/proc/net/dev`.
static COLUMNS: [Counter<1>; 16] = [
    RECEIVE_BYTES,
    RECEIVE_PACKETS,
    of_device("node_network_receive_errs_total", "接收错误数", "Packets received damaged."),
    of_device(
        "node_network_receive_drop_total",
        "接收丢包数",
        "Packets dropped on their way in, by the host or for lack of room in the device.",
    ),
    of_device(
        "node_network_receive_fifo_total",
        "接收队列溢出数",
        "Overruns of the queue of received packets.",
    ),
    of_device(
        "node_network_receive_frame_total",
        "接收帧错误数",
        "Frames received with a wrong length, checksum or alignment.",
    ),
    RECEIVE_COMPRESSED,
    of_device(
        "node_network_receive_multicast_total",
        "接收组播包数",
        "Multicast packets received.",
    ),
    TRANSMIT_BYTES,
    TRANSMIT_PACKETS,
    of_device("node_network_transmit_errs_total", "发送错误数", "Packets that could not be sent."),
    of_device(
        "node_network_transmit_drop_total",
        "发送丢包数",
        "Packets dropped on their way out.",
    ),
    of_device(
        "node_network_transmit_fifo_total",
        "发送队列溢出数",
        "Overruns of the queue of packets to send.",
    ),
    of_device("node_network_transmit_colls_total", "冲突数", "Collisions on the wire."),
    of_device(
        "node_network_transmit_carrier_total",
        "载波错误数",
        "Packets not sent for want of a carrier, a heartbeat or time.",
    ),
    TRANSMIT_COMPRESSED,
];

/// Files of a device's `statistics` in sysfs, for names that keep apart what the columns merge.
static DETAILS: [(&str, Counter<1>); 23] = [
    ("statistics/rx_bytes", RECEIVE_BYTES),
    ("statistics/rx_packets", RECEIVE_PACKETS),
    (
        "statistics/rx_errors",
        of_device("node_network_receive_errors_total", "接收错误总数", "Packets received damaged."),
    ),
    (
        "statistics/rx_dropped",
        of_device(
            "node_network_receive_dropped_total",
            "主机接收丢包数",
            "Packets received and dropped by the host.",
        ),
    ),
    (
        "statistics/rx_fifo_errors",
        of_device("node_network_receive_fifo_errors_total", "接收FIFO错误数", "Receive overruns."),
    ),
    (
        "statistics/rx_length_errors",
        of_device("node_network_receive_length_errors_total", "长度错误数", "Wrong lengths."),
    ),
    (
        "statistics/rx_over_errors",
        of_device("node_network_receive_over_errors_total", "超长错误数", "Oversized packets."),
    ),
    (
        "statistics/rx_crc_errors",
        of_device("node_network_receive_crc_errors_total", "CRC错误数", "Wrong checksums."),
    ),
    (
        "statistics/rx_frame_errors",
        of_device("node_network_receive_frame_errors_total", "帧对齐错误数", "Misaligned frames."),
    ),
    (
        "statistics/rx_missed_errors",
        of_device(
            "node_network_receive_missed_errors_total",
            "网卡接收丢包数",
            "Packets that the device dropped, having no room.",
        ),
    ),
    ("statistics/rx_compressed", RECEIVE_COMPRESSED),
    (
        "statistics/multicast",
        of_device("node_network_multicast_total", "组播包数", "Multicast received."),
    ),
    ("statistics/tx_bytes", TRANSMIT_BYTES),
    ("statistics/tx_packets", TRANSMIT_PACKETS),
    (
        "statistics/tx_errors",
        of_device("node_network_transmit_errors_total", "发送错误总数", "Packets not sent."),
    ),
    (
        "statistics/tx_dropped",
        of_device("node_network_transmit_dropped_total", "发送丢弃总数", "Packets not taken."),
    ),
    (
        "statistics/tx_fifo_errors",
        of_device("node_network_transmit_fifo_errors_total", "发送FIFO错误数", "Send overruns."),
    ),
    (
        "statistics/collisions",
        of_device("node_network_collisions_total", "链路冲突数", "Collisions."),
    ),
    (
        "statistics/tx_carrier_errors",
        of_device("node_network_transmit_carrier_errors_total", "载波丢失数", "Lost carriers."),
    ),
    (
        "statistics/tx_aborted_errors",
        of_device("node_network_transmit_aborted_errors_total", "发送中止数", "Sending given up."),
    ),
    (
        "statistics/tx_heartbeat_errors",
        of_device(
            "node_network_transmit_heartbeat_errors_total",
            "心跳错误数",
            "Heartbeats that failed to come.",
        ),
    ),
    (
        "statistics/tx_window_errors",
        of_device("node_network_transmit_window_errors_total", "窗口错误数", "Late collisions."),
    ),
    ("statistics/tx_compressed", TRANSMIT_COMPRESSED),
];

const ADDRESS_INFO: Gauge<4> = gauge(
    "node_network_address_info",
    "网卡IP地址",
    "Constant 1, for each IP address of a device of the exporter's own network namespace.",
)
.labels(["device", "address", "netmask", "scope"]);

const INCLUDE: Flag<Pattern> =
    Flag::pattern("collector.netdev.device-include", "", "Devices to expose, and no others.");
const EXCLUDE: Flag<Pattern> =
    Flag::pattern("collector.netdev.device-exclude", "", "Devices to leave out.");
const WITH_ADDRESSES: Flag<bool> =
    Flag::switch("collector.netdev.address-info", "Expose the IP addresses of each device.");
const DETAILED: Flag<bool> = Flag::switch(
    "collector.netdev.enable-detailed-metrics",
    "Expose each counter of sysfs under a name of its own, in place of the merged ones.",
);
const WITH_ALIAS: Flag<bool> = Flag::switch(
    "collector.netdev.label-ifalias",
    "Add the device's alias to its series, as the label ifalias.",
);
const NETLINK: Flag<bool> = Flag::switch(
    "collector.netdev.netlink",
    "Accepted for compatibility; /proc/net/dev is read either way.",
)
.on();

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "netdev",
    "网卡流量",
    "Bytes, packets, errors and drops of network devices.",
    &[&NOHANDLER, &ADDRESS_INFO],
    |settings| {
        let host = Host::new(settings);
        let netdev = NetDev {
            file: KeptFile::new(host.proc("net/dev")),
            sysfs: host.sys("class/net"),
            wanted: Wanted::new(settings.filter(&INCLUDE, &EXCLUDE)),
            detailed: settings.get(&DETAILED),
            with_alias: settings.get(&WITH_ALIAS),
            with_addresses: settings.get(&WITH_ADDRESSES),
            path: String::new(),
        };
        Ok(ScheduledCollector::on_scrape(netdev))
    },
)
.and(&[&MERGED, &SINGLE])
.flags(&[&INCLUDE, &EXCLUDE, &WITH_ADDRESSES, &DETAILED, &WITH_ALIAS, &NETLINK])
.source("/proc/net/dev, /sys/class/net");

const MERGED: [&dyn Metric; 16] = {
    let mut metrics: [&dyn Metric; 16] = [&COLUMNS[0]; 16];
    let mut at = 0;
    while at < metrics.len() {
        metrics[at] = &COLUMNS[at];
        at += 1;
    }
    metrics
};

/// Those of the details that are not among the columns.
const SINGLE: [&dyn Metric; 17] = [
    &DETAILS[2].1,
    &DETAILS[3].1,
    &DETAILS[4].1,
    &DETAILS[5].1,
    &DETAILS[6].1,
    &DETAILS[7].1,
    &DETAILS[8].1,
    &DETAILS[9].1,
    &DETAILS[11].1,
    &DETAILS[14].1,
    &DETAILS[15].1,
    &DETAILS[16].1,
    &DETAILS[17].1,
    &DETAILS[18].1,
    &DETAILS[19].1,
    &DETAILS[20].1,
    &DETAILS[21].1,
];

const fn of_device(name: &'static str, zh: &'static str, help: &'static str) -> Counter<1> {
    counter(name, zh, help).labels(["device"])
}

/// Collects the traffic of devices.
struct NetDev {
    file: KeptFile,
    sysfs: PathBuf,
    wanted: Wanted,
    detailed: bool,
    with_alias: bool,
    with_addresses: bool,
    /// Where the path of a file of a device is put together.
    path: String,
}

impl Collector for NetDev {
    fn collect(&mut self, out: &mut Samples) -> Result<(), CollectError> {
        let Self { file, sysfs, wanted, path, .. } = self;
        let (detailed, with_alias) = (self.detailed, self.with_alias);
        let sysfs = Folder::open(sysfs);
        wanted.begin();
        devices(file.read()?, |device, columns| {
            if !wanted.wants(device) {
                return;
            }
            let mut text = |file: &str| {
                path.clear();
                path.extend([device, "/", file]);
                sysfs.as_ref()?.text(path)
            };
            let alias = if with_alias { text("ifalias") } else { None };
            let alias = alias.as_ref().and_then(|alias| alias.trimmed()).unwrap_or_default();
            let mut set =
                |metric: &Counter<1>, value: Option<f64>| match value.filter(|it| *it >= 0.0) {
                    Some(value) if with_alias => out.set(&aliased(metric), [device, alias], value),
                    Some(value) => out.set(metric, [device], value),
                    None => {}
                };
            if detailed {
                for (file, metric) in &DETAILS {
                    set(metric, text(file).and_then(|text| number(text.trimmed()?)));
                }
            } else {
                columns.zip(&COLUMNS).for_each(|(column, metric)| set(metric, number(column)));
            }
            // The file of all devices does not have it.
            let nohandler = text("statistics/rx_nohandler");
            set(&NOHANDLER, nohandler.and_then(|text| number(text.trimmed()?)));
        })?;
        if self.with_addresses {
            addresses::each(|it| {
                out.set(&ADDRESS_INFO, [it.device, it.address, it.netmask, it.scope], 1.0);
            })?;
        }
        Ok(())
    }
}

/// The definition with the label of the flag.
const fn aliased(metric: &Counter<1>) -> Counter<2> {
    (*metric).labels(["device", "ifalias"])
}

/// Calls `each` with every device of the file and its columns.
fn devices(text: &[u8], mut each: impl FnMut(&str, Fields<'_>)) -> Result<(), CollectError> {
    // Two lines of headings, the first of which an empty network namespace has too.
    let is_it = text.starts_with(b"Inter-|");
    for line in lines(text) {
        // The name may have a colon, as old aliases do, and no blank.
        if let Some((device, columns)) = line.rsplit_once(':') {
            each(device.trim(), fields(columns));
        }
    }
    if is_it { Ok(()) } else { Err("/proc/net/dev has no heading".into()) }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use exporter_kit::Filter;

    use super::*;

    const TEXT: &str = "Inter-|   Receive      |  Transmit\n face |bytes    packets|bytes\n\
        \x20   lo: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n\
        veth1: 1 2\neth0:1:18446744073709550123 x -3 4\nlost 1 2\neth1: 7 7";

    /// One scrape of a machine with `text` and sysfs.
    fn scrape(text: &str, set: impl FnOnce(&mut NetDev)) -> (Result<(), CollectError>, Samples) {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("dev"), text).unwrap();
        let statistics = root.path().join("net/lo/statistics");
        fs::create_dir_all(&statistics).unwrap();
        for (file, value) in [("rx_nohandler", "21\n"), ("rx_missed_errors", "22\n")] {
            fs::write(statistics.join(file), value).unwrap();
        }
        fs::write(root.path().join("net/lo/ifalias"), "to myself\n").unwrap();
        let exclude = Pattern::new("^veth").unwrap();
        let mut netdev = NetDev {
            file: KeptFile::new(root.path().join("dev")),
            sysfs: root.path().join("net"),
            wanted: Wanted::new(Filter::new(None, Some(exclude))),
            detailed: false,
            with_alias: false,
            with_addresses: false,
            path: String::new(),
        };
        set(&mut netdev);
        let mut out = Samples::default();
        (netdev.collect(&mut out), out)
    }

    #[test]
    fn columns_of_wanted_devices_are_read() {
        let (result, mut out) = scrape(TEXT, |_| {});
        assert!(result.is_ok());
        for (at, metric) in COLUMNS.iter().enumerate() {
            assert_eq!(out.value(metric, ["lo"]), Some(at as f64 + 1.0));
        }
        assert_eq!(out.value(&RECEIVE_BYTES, ["eth0:1"]), Some(18_446_744_073_709_550_123.0));
        assert_eq!(out.value(&COLUMNS[3], ["eth0:1"]), Some(4.0));
        assert_eq!(out.value(&NOHANDLER, ["lo"]), Some(21.0));
        assert_eq!(out.len(), 16 + 1 + 2);
        assert_eq!(out.check(&DEF), Ok(()));
    }

    #[test]
    fn details_are_read_from_sysfs() {
        let (_, mut out) = scrape(TEXT, |netdev| netdev.detailed = true);
        assert_eq!(out.value(&DETAILS[9].1, ["lo"]), Some(22.0));
        assert_eq!(out.len(), 2);
        assert_eq!(out.check(&DEF), Ok(()));
    }

    #[test]
    fn the_alias_is_a_label_where_it_is_asked_for() {
        let (_, mut out) = scrape(TEXT, |netdev| netdev.with_alias = true);
        assert_eq!(out.value(&aliased(&COLUMNS[0]), ["lo", "to myself"]), Some(1.0));
        assert_eq!(out.value(&aliased(&COLUMNS[3]), ["eth0:1", ""]), Some(4.0));
        assert_eq!(out.check(&DEF), Ok(()));
    }

    #[test]
    fn a_namespace_without_devices_is_no_error_and_a_damaged_file_is_one() {
        for (text, good) in [("Inter-| Receive\n face |bytes\n", true), ("", false), ("x\n", false)]
        {
            let (result, out) = scrape(text, |_| {});
            assert_eq!((result.is_ok(), out.len()), (good, 0), "{text:?}");
        }
    }
}
