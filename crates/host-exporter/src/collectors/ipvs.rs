//! The kernel's load balancer: `/proc/net/ip_vs` and `/proc/net/ip_vs_stats`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::{Ipv4Addr, Ipv6Addr};

use exporter_kit::{
    CollectError, Collector, CollectorDef, Counter, Flag, Gauge, KeptFile, Samples,
    ScheduledCollector, Unit,
};

use super::node::{counter, gauge};
use crate::host::Host;
use crate::text::{fields, lines, number};

const CONNECTIONS: Counter =
    counter("node_ipvs_connections_total", "IPVS连接数", "Connections that were balanced.");
const INCOMING_PACKETS: Counter =
    counter("node_ipvs_incoming_packets_total", "IPVS入向包数", "Packets from clients.");
const OUTGOING_PACKETS: Counter =
    counter("node_ipvs_outgoing_packets_total", "IPVS出向包数", "Packets to clients.");
const INCOMING_BYTES: Counter =
    counter("node_ipvs_incoming_bytes_total", "IPVS入向字节数", "Bytes from clients.")
        .unit(Unit::Bytes);
const OUTGOING_BYTES: Counter =
    counter("node_ipvs_outgoing_bytes_total", "IPVS出向字节数", "Bytes to clients.")
        .unit(Unit::Bytes);
const TOTALS: [&Counter; 5] =
    [&CONNECTIONS, &INCOMING_PACKETS, &OUTGOING_PACKETS, &INCOMING_BYTES, &OUTGOING_BYTES];

const ACTIVE: Gauge<6> = gauge(
    "node_ipvs_backend_connections_active",
    "后端活跃连接数",
    "Connections to the server that are open.",
)
.labels(LABELS);
const INACTIVE: Gauge<6> = gauge(
    "node_ipvs_backend_connections_inactive",
    "后端非活跃连接数",
    "Connections to the server that are remembered and not open.",
)
.labels(LABELS);
const WEIGHT: Gauge<6> = gauge(
    "node_ipvs_backend_weight",
    "后端权重",
    "Share of the connections that the server gets; 0 for no new ones.",
)
.labels(LABELS);

const LABELS: [&str; 6] =
    ["local_address", "local_port", "remote_address", "remote_port", "proto", "local_mark"];

const BACKEND_LABELS: Flag<[String]> = Flag::list(
    "collector.ipvs.backend-labels",
    "LABELS",
    "local_address,local_port,remote_address,remote_port,proto,local_mark",
    "Labels that distinguish servers; those that differ only in others are added up.",
)
.commas();

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "ipvs",
    "IPVS",
    "Traffic of the kernel's load balancer, and its servers.",
    &[
        &CONNECTIONS,
        &INCOMING_PACKETS,
        &OUTGOING_PACKETS,
        &INCOMING_BYTES,
        &OUTGOING_BYTES,
        &ACTIVE,
        &INACTIVE,
        &WEIGHT,
    ],
    |settings| {
        let chosen: Vec<&str> = settings.get(&BACKEND_LABELS).iter().map(|it| &**it).collect();
        if let Some(unknown) = chosen.iter().find(|label| !LABELS.contains(label)) {
            return Err(settings.error(&BACKEND_LABELS, format_args!("there is no {unknown:?}")));
        }
        let host = Host::new(settings);
        Ok(ScheduledCollector::on_scrape(Ipvs {
            stats: KeptFile::new(host.proc("net/ip_vs_stats")),
            servers: KeptFile::new(host.proc("net/ip_vs")),
            with: LABELS.map(|label| chosen.contains(&label)),
            service: Service::default(),
            remote: Address::default(),
        }))
    },
)
.flags(&[&BACKEND_LABELS])
.source("/proc/net/ip_vs, /proc/net/ip_vs_stats");

/// Collects what is balanced.
struct Ipvs {
    stats: KeptFile,
    servers: KeptFile,
    /// Which labels are exposed.
    with: [bool; 6],
    service: Service,
    remote: Address,
}

/// What clients connect to.
#[derive(Default)]
struct Service {
    protocol: String,
    local: Address,
    /// The number by which the firewall has marked packets, instead of an address.
    mark: String,
}

#[derive(Default)]
struct Address {
    ip: String,
    port: String,
}

impl Collector for Ipvs {
    fn collect(&mut self, out: &mut Samples) -> Result<(), CollectError> {
        // Without the module there is neither file.
        totals(self.stats.read_if_exists()?, out)?;
        let Self { servers, with, service, remote, .. } = self;
        let text = servers.read_if_exists()?;
        if *with == [true; 6] {
            each_server(text, service, remote, |labels, values| set(labels, values, out));
            return Ok(());
        }
        // A label that is empty is none.
        let mut sums = BTreeMap::<[String; 6], [f64; 3]>::new();
        each_server(text, service, remote, |labels, values| {
            let chosen = |at: usize| if with[at] { labels[at].to_owned() } else { String::new() };
            let sum = sums.entry(std::array::from_fn(chosen)).or_default();
            sum.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
        });
        for (labels, values) in &sums {
            set(labels.each_ref().map(String::as_str), *values, out);
        }
        Ok(())
    }
}

fn set(labels: [&str; 6], [weight, active, inactive]: [f64; 3], out: &mut Samples) {
    out.set(&WEIGHT, labels, weight);
    out.set(&ACTIVE, labels, active);
    out.set(&INACTIVE, labels, inactive);
}

/// Reads the third line, below two of headings: hexadecimal numbers.
fn totals(text: &[u8], out: &mut Samples) -> Result<(), CollectError> {
    let mut numbers = fields(lines(text).nth(2).unwrap_or_default());
    for metric in TOTALS {
        let value = numbers.next().and_then(|it| u64::from_str_radix(it, 16).ok());
        out.set(metric, [], value.ok_or("/proc/net/ip_vs_stats has no totals")? as f64);
    }
    Ok(())
}

/// Calls `each` with every server of every service: its labels, and its weight and connections.
fn each_server(
    text: &[u8],
    service: &mut Service,
    remote: &mut Address,
    mut each: impl FnMut([&str; 6], [f64; 3]),
) {
    let mut is_known = false;
    for line in lines(text) {
        let mut columns = fields(line);
        match (columns.next(), columns.next()) {
            (Some("->"), Some(address)) if is_known => {
                // The way that packets are forwarded stands between.
                let values: [_; 3] =
                    std::array::from_fn(|at| columns.nth(usize::from(at == 0)).and_then(number));
                let [Some(weight), Some(active), Some(inactive)] = values else { continue };
                if !remote.read(address) {
                    continue;
                }
                let Service { protocol, local, mark } = &*service;
                let labels = [&local.ip, &local.port, &remote.ip, &remote.port, protocol, mark];
                each(labels.map(String::as_str), [weight, active, inactive]);
            }
            (Some(protocol @ ("TCP" | "UDP" | "SCTP" | "FWM")), Some(address)) => {
                is_known = service.read(protocol, address);
            }
            // Headings, and services of a kind that is not known, whose servers are not either.
            (Some("->"), _) => {}
            _ => is_known = false,
        }
    }
}

impl Service {
    /// Takes over `TCP C0000264:0050` or `FWM 0000000A`; whether it makes sense.
    fn read(&mut self, protocol: &str, address: &str) -> bool {
        protocol.clone_into(&mut self.protocol);
        self.mark.clear();
        if protocol == "FWM" {
            self.mark.push_str(address);
            self.local.ip.clear();
            "0".clone_into(&mut self.local.port);
            return true;
        }
        self.local.read(address)
    }
}

impl Address {
    /// Takes over `C0000264:0050` or `[2001:0db8:…]:01BB`; whether it makes sense.
    fn read(&mut self, address: &str) -> bool {
        let Some((ip, port)) = address.rsplit_once(':') else { return false };
        let Ok(port) = u16::from_str_radix(port, 16) else { return false };
        self.ip.clear();
        self.port.clear();
        let v6 = ip.strip_prefix('[').and_then(|ip| ip.strip_suffix(']'));
        let written = match v6 {
            Some(ip) => ip.parse::<Ipv6Addr>().ok().map(|ip| write!(self.ip, "{ip}")),
            None => u32::from_str_radix(ip, 16)
                .ok()
                .map(|ip| write!(self.ip, "{}", Ipv4Addr::from_bits(ip))),
        };
        matches!((written, write!(self.port, "{port}")), (Some(Ok(())), Ok(())))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const STATS: &str = "   Total Incoming Outgoing         Incoming         Outgoing\n\
        \x20  Conns  Packets  Packets            Bytes            Bytes\n\
        \x20 16AA370 E33656E5 FFFFFFFB     51D8C8883AB3      AF460C6B45C\n\n";

    const SERVERS: &str = "IP Virtual Server version 1.2.1 (size=4096)\n\
        Prot LocalAddress:Port Scheduler Flags\n  -> RemoteAddress:Port Forward Weight ActiveConn InActConn\n\
        TCP  C0000264:0050 wlc  persistent 360 FFFFFFFF\n\
        \x20 -> C0000215:1F90      Masq    3      17         402\n\
        \x20 -> C0000216:1F90      Masq    2      x          307\n\
        \x20 -> C0000217:1F90      Masq    1      1          2\n\
        ESP  C0000265:0050 wlc\n  -> C0000215:1F90      Masq    3      17         402\n\
        UDP  C00002:x rr\n  -> C0000215:1F90      Masq    3      17         402\n\
        TCP  [2001:0db8:0000:0000:0000:0000:0000:0064]:01BB sh\n\
        \x20 -> [2001:0db8:0000:0000:0000:0000:0000:0021]:01BB      Tunnel  100    9          13\n\
        FWM  0000000A wlc\n  -> C0000230:0000      Local   5      1          2\n\
        \x20 -> C0000231:0000      Local   5      1";

    fn scrape(with: [bool; 6]) -> Samples {
        let root = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            fs::write(root.path().join(name), text).unwrap();
            KeptFile::new(root.path().join(name))
        };
        let mut ipvs = Ipvs {
            stats: file("stats", STATS),
            servers: file("servers", SERVERS),
            with,
            service: Service::default(),
            remote: Address::default(),
        };
        let mut out = Samples::default();
        ipvs.collect(&mut out).unwrap();
        assert_eq!(out.check(&DEF), Ok(()));
        out
    }

    #[test]
    fn totals_and_servers_are_read() {
        let out = scrape([true; 6]);
        let totals = TOTALS.map(|metric| out.value(metric, []));
        let expected =
            [0x16A_A370, 0xE336_56E5, 0xFFFF_FFFB, 0x51D8_C888_3AB3_u64, 0xAF4_60C6_B45C];
        assert_eq!(totals, expected.map(|value| Some(value as f64)));
        for (labels, expected) in [
            (["192.0.2.100", "80", "192.0.2.21", "8080", "TCP", ""], [3.0, 17.0, 402.0]),
            (["192.0.2.100", "80", "192.0.2.23", "8080", "TCP", ""], [1.0, 1.0, 2.0]),
            (["2001:db8::64", "443", "2001:db8::21", "443", "TCP", ""], [100.0, 9.0, 13.0]),
            (["", "0", "192.0.2.48", "0", "FWM", "0000000A"], [5.0, 1.0, 2.0]),
        ] {
            let values = [&WEIGHT, &ACTIVE, &INACTIVE].map(|metric| out.value(metric, labels));
            assert_eq!(values, expected.map(Some), "{labels:?}");
        }
        assert_eq!(out.len(), 5 + 4 * 3);
    }

    #[test]
    fn servers_are_summed_by_the_chosen_labels() {
        let out = scrape([true, false, false, false, true, false]);
        let labels = ["192.0.2.100", "", "", "", "TCP", ""];
        assert_eq!(out.value(&INACTIVE, labels), Some(404.0));
        assert_eq!(out.value(&WEIGHT, ["", "", "", "", "FWM", ""]), Some(5.0));
        assert_eq!(out.len(), 5 + 3 * 3);
    }

    #[test]
    fn totals_that_are_damaged_are_an_error() {
        for text in ["", "a\nb\n1 2 3 4\n", "a\nb\n1 2 3 4 x\n", "a\nb\n1 2 3 4 5"] {
            assert!(totals(text.as_bytes(), &mut Samples::default()).is_err(), "{text:?}");
        }
    }
}
