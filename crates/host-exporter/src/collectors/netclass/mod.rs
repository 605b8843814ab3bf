//! What kind of network devices there are and how they are set: `/sys/class/net`.

mod device;
mod known;

use std::path::PathBuf;

use exporter_kit::{
    CollectError, Collector, CollectorDef, Counter, Filter, Flag, Gauge, Pattern, Samples,
    ScheduledCollector, Unit,
};

use self::known::Known;
use super::node::{counter, gauge};
use crate::files::Folder;
use crate::host::Host;
use crate::wanted::Wanted;

const UP: Gauge<1> = of_device(
    "node_network_up",
    "网卡是否启用",
    "Whether the device works (1): its operational state is up.",
);
const INFO: Gauge<7> = gauge(
    "node_network_info",
    "网卡信息",
    "Constant 1, with what is text about the device as labels.",
)
.labels(["device", "address", "broadcast", "duplex", "operstate", "adminstate", "ifalias"]);
const ADDRESS_ASSIGN_TYPE: Gauge<1> = of_device(
    "node_network_address_assign_type",
    "MAC地址来源",
    "Where the hardware address is from: 0 the device, 1 random, 2 another device, 3 set.",
);
const CARRIER: Gauge<1> = of_device(
    "node_network_carrier",
    "链路是否连通",
    "Whether there is a physical link (1); absent while the device is off.",
);
const CARRIER_CHANGES: Counter<1> = counter(
    "node_network_carrier_changes_total",
    "链路状态变化次数",
    "How often the link came or went.",
)
.labels(["device"]);
const CARRIER_UP: Counter<1> =
    counter("node_network_carrier_up_changes_total", "链路连通次数", "How often the link came.")
        .labels(["device"]);
const CARRIER_DOWN: Counter<1> =
    counter("node_network_carrier_down_changes_total", "链路断开次数", "How often the link went.")
        .labels(["device"]);
const DEVICE_ID: Gauge<1> = of_device(
    "node_network_device_id",
    "设备ID",
    "Tells devices apart that share a hardware address.",
);
const DORMANT: Gauge<1> = of_device(
    "node_network_dormant",
    "链路是否休眠",
    "Whether the device waits for something outside, such as authentication (1).",
);
const FLAGS: Gauge<1> =
    of_device("node_network_flags", "网卡标志位", "Flags of the device, as bits.");
const IFACE_ID: Gauge<1> = of_device("node_network_iface_id", "网卡编号", "Number of the device.");
const IFACE_LINK: Gauge<1> = of_device(
    "node_network_iface_link",
    "下层网卡编号",
    "Number of the device below this one, or of this one where there is none.",
);
const IFACE_LINK_MODE: Gauge<1> = of_device(
    "node_network_iface_link_mode",
    "链路模式",
    "How the link comes up: 0 by itself, 1 by way of dormant.",
);
const MTU: Gauge<1> =
    of_device("node_network_mtu_bytes", "MTU", "Largest packet that the device sends.")
        .unit(Unit::Bytes);
const NAME_ASSIGN_TYPE: Gauge<1> = of_device(
    "node_network_name_assign_type",
    "网卡名来源",
    "Where the name is from: 1 a count, 2 predictable by the kernel, 3 a user, 4 renamed.",
);
const NET_DEV_GROUP: Gauge<1> =
    of_device("node_network_net_dev_group", "网卡组", "Group that the device is in.");
const SPEED: Gauge<1> = of_device(
    "node_network_speed_bytes",
    "网卡速率",
    "Bytes in a second that the link can carry; below 0 where the device does not know.",
)
.unit(Unit::Bytes);
const TX_QUEUE_LENGTH: Gauge<1> = of_device(
    "node_network_transmit_queue_length",
    "发送队列长度",
    "Packets that can wait to be sent.",
);
const PROTOCOL_TYPE: Gauge<1> = of_device(
    "node_network_protocol_type",
    "链路协议类型",
    "Hardware type of the link, such as 1 for Ethernet and 772 for loopback.",
);

/// Files that hold one number, and its metric.
const GAUGES: [(&str, &Gauge<1>); 12] = [
    ("addr_assign_type", &ADDRESS_ASSIGN_TYPE),
    ("carrier", &CARRIER),
    ("dev_id", &DEVICE_ID),
    ("dormant", &DORMANT),
    ("ifindex", &IFACE_ID),
    ("iflink", &IFACE_LINK),
    ("link_mode", &IFACE_LINK_MODE),
    ("mtu", &MTU),
    ("name_assign_type", &NAME_ASSIGN_TYPE),
    ("netdev_group", &NET_DEV_GROUP),
    ("tx_queue_len", &TX_QUEUE_LENGTH),
    ("type", &PROTOCOL_TYPE),
];
const COUNTERS: [(&str, &Counter<1>); 3] = [
    ("carrier_changes", &CARRIER_CHANGES),
    ("carrier_up_count", &CARRIER_UP),
    ("carrier_down_count", &CARRIER_DOWN),
];

const IGNORED: Flag<Pattern> =
    Flag::pattern("collector.netclass.ignored-devices", "^$", "Devices to leave out.");
const IGNORE_INVALID_SPEED: Flag<bool> = Flag::switch(
    "collector.netclass.ignore-invalid-speed",
    "Leave out the speed of devices that do not know it.",
);
const NETLINK: Flag<bool> = Flag::switch(
    "collector.netclass.netlink",
    "Accepted for compatibility; sysfs is read either way.",
);

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "netclass",
    "网卡属性",
    "State and settings of network devices.",
    &[
        &UP,
        &INFO,
        &ADDRESS_ASSIGN_TYPE,
        &CARRIER,
        &CARRIER_CHANGES,
        &CARRIER_UP,
        &CARRIER_DOWN,
        &DEVICE_ID,
        &DORMANT,
        &FLAGS,
        &IFACE_ID,
        &IFACE_LINK,
        &IFACE_LINK_MODE,
        &MTU,
        &NAME_ASSIGN_TYPE,
        &NET_DEV_GROUP,
        &SPEED,
        &TX_QUEUE_LENGTH,
        &PROTOCOL_TYPE,
    ],
    |settings| {
        let netclass = NetClass {
            path: Host::new(settings).sys("class/net"),
            wanted: Wanted::new(Filter::new(None, settings.get(&IGNORED).cloned())),
            known: Known::default(),
            ignore_invalid_speed: settings.get(&IGNORE_INVALID_SPEED),
        };
        Ok(ScheduledCollector::on_scrape(netclass))
    },
)
.flags(&[&IGNORED, &IGNORE_INVALID_SPEED, &NETLINK])
.source("/sys/class/net");

const fn of_device(name: &'static str, zh: &'static str, help: &'static str) -> Gauge<1> {
    gauge(name, zh, help).labels(["device"])
}

/// Collects the state of devices.
struct NetClass {
    path: PathBuf,
    wanted: Wanted,
    known: Known,
    ignore_invalid_speed: bool,
}

impl Collector for NetClass {
    fn collect(&mut self, out: &mut Samples) -> Result<(), CollectError> {
        let Some(folder) = Folder::open(&self.path) else { return Err(CollectError::NoData) };
        let Self { wanted, known, ignore_invalid_speed, .. } = self;
        wanted.begin();
        known.begin();
        folder.names(|name| {
            // Apart from devices, the folder has files about them, such as bonding_masters.
            if wanted.wants(name)
                && let Some(device) = known.device(&folder, name)
            {
                device.to_samples(name, *ignore_invalid_speed, out);
            }
        });
        known.end();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn collected(files: &[(&str, &str)], ignore_invalid_speed: bool) -> Samples {
        let root = tempfile::tempdir().unwrap();
        for (file, text) in files {
            let file = root.path().join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        let ignored = Pattern::new("^veth").unwrap();
        let mut netclass = NetClass {
            path: root.path().to_owned(),
            wanted: Wanted::new(Filter::new(None, Some(ignored))),
            known: Known::default(),
            ignore_invalid_speed,
        };
        let mut out = Samples::default();
        netclass.collect(&mut out).unwrap();
        assert_eq!(out.check(&DEF), Ok(()));
        out
    }

    const DEVICE: &[(&str, &str)] = &[
        ("eth0/address", "02:00:00:00:00:01\n"),
        ("eth0/operstate", "up\n"),
        ("eth0/ifalias", "to rack 7\n"),
        ("eth0/flags", "0x1003\n"),
        ("eth0/dev_id", "0x1f\n"),
        ("eth0/mtu", "1500\n"),
        ("eth0/carrier", "\n"),
        ("eth0/carrier_changes", "-1\n"),
        ("eth0/speed", "10000\n"),
        ("veth1/operstate", "up\n"),
        ("lo/speed", "-1\n"),
        ("lo/flags", "0x8\n"),
        ("bonding_masters", "bond0\n"),
    ];

    #[test]
    fn files_become_numbers_and_labels() {
        let out = collected(DEVICE, false);
        let info = ["eth0", "02:00:00:00:00:01", "", "", "up", "up", "to rack 7"];
        assert_eq!(out.value(&INFO, info), Some(1.0));
        assert_eq!(out.value(&INFO, ["lo", "", "", "", "", "down", ""]), Some(1.0));
        for (metric, device, value) in [
            (&UP, "eth0", Some(1.0)),
            (&UP, "lo", None),
            (&FLAGS, "eth0", Some(4099.0)),
            (&DEVICE_ID, "eth0", Some(31.0)),
            (&MTU, "eth0", Some(1500.0)),
            (&CARRIER, "eth0", None),
            (&SPEED, "eth0", Some(1.25e9)),
            (&SPEED, "lo", Some(-125_000.0)),
        ] {
            assert_eq!(out.value(metric, [device]), value, "{} {device}", metric.name());
        }
        assert_eq!(out.len(), 9);
    }

    #[test]
    fn a_speed_that_is_not_known_can_be_left_out() {
        let out = collected(DEVICE, true);
        assert_eq!(out.value(&SPEED, ["lo"]), None);
        assert_eq!(out.value(&SPEED, ["eth0"]), Some(1.25e9));
    }
}
