//! Traffic of network devices: `/proc/net/dev`.
//!
//! The file has all devices in one read, in the namespace of the observed host, and the kernel
//! merges its columns as the metrics do: drops have those that the device missed, frame errors
//! those of length and checksum. Netlink would tell of the namespace of the exporter, whatever
//! `--path.procfs` says.

mod counters;

use exporter_kit::{
    CollectError, Collector, CollectorDef, Counter, Flag, Gauge, KeptFile, Pattern, Samples,
    ScheduledCollector,
};

use self::counters::{COLUMNS, DETAILS, MERGED, NOHANDLER, SINGLE};
use super::node::gauge;
use crate::addresses;
use crate::files::KeptFiles;
use crate::host::Host;
use crate::text::{Fields, fields, lines, number};
use crate::wanted::Wanted;

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
            file: KeptFile::new(host.proc("net/dev")).short_lines(),
            sysfs: KeptFiles::new(host.sys("class/net")),
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

/// Collects the traffic of devices.
struct NetDev {
    file: KeptFile,
    sysfs: KeptFiles,
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
        sysfs.begin();
        wanted.begin();
        devices(file.read()?, |device, columns| {
            if !wanted.wants(device) {
                return;
            }
            let mut text = |file: &str| {
                path.clear();
                path.extend([device, "/", file]);
                sysfs.text(path)
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

    use super::counters::RECEIVE_BYTES;
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
            sysfs: KeptFiles::new(root.path().join("net")),
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
    fn damaged_file_is_an_error_and_no_devices_is_not() {
        for (text, good) in [("Inter-| Receive\n face |bytes\n", true), ("", false), ("x\n", false)]
        {
            let (result, out) = scrape(text, |_| {});
            assert_eq!((result.is_ok(), out.len()), (good, 0), "{text:?}");
        }
    }
}
