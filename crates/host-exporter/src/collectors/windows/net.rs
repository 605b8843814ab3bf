//! Traffic, state and addresses of network interfaces.

mod metrics;

use std::net::IpAddr;

#[cfg(windows)]
use exporter_kit::{CollectError, Samples, ScheduledCollector, SettingError, Settings};
use exporter_kit::{CollectorDef, Flag, Pattern};

use self::metrics::{self as metric, Direction};
#[cfg(not(windows))]
use super::definitions::build;
#[cfg(windows)]
use crate::names::Names;
use crate::names::Page;
use crate::windows::interfaces::{Address, Interface};

const INCLUDE: Flag<Pattern> =
    Flag::pattern("collector.net.nic-include", "", "Interfaces to expose, by the label nic.")
        .whole()
        .with_exclude();
const EXCLUDE: Flag<Pattern> =
    Flag::pattern("collector.net.nic-exclude", "", "Interfaces to leave out, by the label nic.")
        .whole();

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "net",
    "网卡",
    "Traffic, state and addresses of network interfaces, without loopback.",
    metric::ALL,
    build,
)
.flags(&[&INCLUDE, &EXCLUDE])
.source("GetIfTable2, GetUnicastIpAddressTable");

#[cfg(windows)]
fn build(settings: &Settings) -> Result<ScheduledCollector, SettingError> {
    use crate::windows::interfaces;
    let names = Names::new(settings);
    let filter = settings.filter(&INCLUDE, &EXCLUDE);
    let collect = move |out: &mut Samples| {
        let mut interfaces = interfaces::interfaces()?;
        interfaces.retain(|interface| filter.wants(&nic(&interface.description)));
        // Traffic is worth having without addresses.
        let addresses = interfaces::addresses().unwrap_or_default();
        to_samples(&interfaces, &addresses, &mut names.of(out));
        Ok::<(), CollectError>(())
    };
    Ok(ScheduledCollector::on_scrape(collect))
}

/// The values of `IF_OPER_STATUS`, from 1.
const STATES: [&str; 7] =
    ["up", "down", "testing", "unknown", "dormant", "not present", "lower layer down"];

const UP: u32 = 1;

fn to_samples(interfaces: &[Interface], addresses: &[Address], out: &mut Page<'_>) {
    for interface in interfaces {
        let nic = &*nic(&interface.description);
        traffic(interface, nic, out);
        state(interface, nic, out);
        let is_up = interface.status == UP;
        let own = |address: &&Address| is_up && address.interface == interface.index;
        for Address { address, .. } in addresses.iter().filter(own) {
            if is_global(*address) {
                let family = if address.is_ipv4() { "ipv4" } else { "ipv6" };
                out.set(&metric::ADDRESS, [nic, &address.to_string(), family], 1.0);
            }
        }
    }
}

fn traffic(interface: &Interface, nic: &str, out: &mut Page<'_>) {
    let Interface { received, sent, alias, .. } = interface;
    for (traffic, Direction { bytes, packets, errors, discards, retired, node }) in
        [(received, &metric::RECEIVED), (sent, &metric::SENT)]
    {
        let values =
            [traffic.bytes, traffic.packets, traffic.errors, traffic.discards].map(|it| it as f64);
        for (metric, value) in [bytes, packets, errors, discards].into_iter().zip(values) {
            out.set(metric, [nic], value);
        }
        for (metric, value) in retired.iter().zip(&values[2..]) {
            out.set(metric, [nic], *value);
        }
        for (metric, value) in node.iter().zip(values) {
            out.set(metric, [alias], value);
        }
    }
    out.set(&metric::BYTES, [nic], received.bytes as f64 + sent.bytes as f64);
    out.set(&metric::PACKETS, [nic], received.packets as f64 + sent.packets as f64);
    out.set(&metric::UNKNOWN, [nic], interface.unknown_protocols as f64);
    out.set(&metric::QUEUE, [nic], interface.queue as f64);
}

fn state(interface: &Interface, nic: &str, out: &mut Page<'_>) {
    let Interface { alias, status, .. } = interface;
    let mac: Vec<_> = interface.physical_address.iter().map(|byte| format!("{byte:02X}")).collect();
    out.set(&metric::INFO, [nic, alias, &mac.join(":")], 1.0);
    for (state, number) in STATES.iter().zip(UP..) {
        out.set(&metric::STATUS, [nic, state], u8::from(*status == number));
    }
    out.set(&metric::NODE_UP, [alias], u8::from(*status == UP));
    out.set(&metric::NODE_MTU, [alias], interface.mtu);
    let speed = interface.speed.map(|bits| bits as f64);
    out.set_some(&metric::BANDWIDTH_BITS, [nic], speed);
    let speed = speed.map(|bits| bits / 8.0);
    out.set_some(&metric::BANDWIDTH, [nic], speed);
    out.set_some(&metric::NODE_SPEED, [alias], speed);
}

/// The description in the form in which performance counters name interfaces.
fn nic(description: &str) -> String {
    let form = |character| match character {
        '(' => '[',
        ')' => ']',
        '#' | '/' | '\\' => '_',
        other => other,
    };
    description.chars().map(form).collect()
}

/// Whether other hosts can reach the address.
fn is_global(address: IpAddr) -> bool {
    let is_link_local = match address {
        IpAddr::V4(address) => address.is_link_local() || address.is_broadcast(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    };
    !is_link_local && !address.is_loopback() && !address.is_unspecified() && !address.is_multicast()
}

#[cfg(test)]
mod tests {
    use exporter_kit::Samples;

    use super::*;
    use crate::names::Names;
    use crate::windows::interfaces::Traffic;

    const NIC: &str = "Intel[R] 82574L Gigabit _2";

    fn interface(status: u32, speed: Option<u64>) -> Interface {
        Interface {
            index: 7,
            alias: "Ethernet 2".to_owned(),
            description: "Intel(R) 82574L Gigabit #2".to_owned(),
            physical_address: vec![0, 0x15, 0xab],
            mtu: 1500,
            status,
            speed,
            received: Traffic { bytes: 100, packets: 10, errors: 2, discards: 3 },
            sent: Traffic { bytes: 50, packets: 5, errors: 4, discards: 6 },
            unknown_protocols: 1,
            queue: 0,
        }
    }

    fn samples(interface: Interface) -> Samples {
        let addresses = ["10.1.2.3", "169.254.1.1", "fe80::1", "2001:db8::1"];
        let addresses = addresses.map(|it| Address { interface: 7, address: it.parse().unwrap() });
        let mut out = Samples::default();
        to_samples(&[interface], &addresses, &mut Names::ALL.of(&mut out));
        assert_eq!(out.check(&DEF), Ok(()));
        out
    }

    #[test]
    fn traffic_has_both_names() {
        let out = samples(interface(1, Some(1_000_000_000)));
        for (metric, expected) in [
            (metric::RECEIVED.errors, 2.0),
            (metric::SENT.discards, 6.0),
            (metric::BYTES, 150.0),
            (metric::PACKETS, 15.0),
        ] {
            assert_eq!(out.value(&metric, [NIC]), Some(expected), "{}", metric.name());
        }
        let node = metric::SENT.node.map(|metric| out.value(&metric, ["Ethernet 2"]).unwrap());
        assert_eq!(node, [50.0, 5.0, 4.0, 6.0]);
        let retired = metric::SENT.retired.map(|metric| out.value(&metric, [NIC]).unwrap());
        assert_eq!(retired, [4.0, 6.0]);
        assert_eq!(out.value(&metric::BANDWIDTH, [NIC]), Some(125_000_000.0));
        assert_eq!(out.value(&metric::BANDWIDTH_BITS, [NIC]), Some(1e9));
        assert_eq!(out.value(&metric::INFO, [NIC, "Ethernet 2", "00:15:AB"]), Some(1.0));
    }

    #[test]
    fn addresses_are_those_of_interfaces_that_are_up() {
        let out = samples(interface(1, None));
        assert_eq!(out.value(&metric::ADDRESS, [NIC, "10.1.2.3", "ipv4"]), Some(1.0));
        assert_eq!(out.value(&metric::ADDRESS, [NIC, "2001:db8::1", "ipv6"]), Some(1.0));
        assert_eq!(out.value(&metric::ADDRESS, [NIC, "fe80::1", "ipv6"]), None);
        assert_eq!(out.value(&metric::ADDRESS, [NIC, "169.254.1.1", "ipv4"]), None);
        assert_eq!(out.value(&metric::BANDWIDTH, [NIC]), None);
        let out = samples(interface(7, None));
        assert_eq!(out.value(&metric::ADDRESS, [NIC, "10.1.2.3", "ipv4"]), None);
        assert_eq!(out.value(&metric::STATUS, [NIC, "lower layer down"]), Some(1.0));
        assert_eq!(out.value(&metric::STATUS, [NIC, "up"]), Some(0.0));
        assert_eq!(out.value(&metric::NODE_UP, ["Ethernet 2"]), Some(0.0));
    }
}
