//! UDP datagrams.

#[cfg(windows)]
use exporter_kit::{CollectError, Samples, ScheduledCollector, SettingError, Settings};
use exporter_kit::{CollectorDef, Counter, Untyped};

#[cfg(not(windows))]
use super::definitions::build;
use super::definitions::counter;
use crate::collectors::node;
#[cfg(windows)]
use crate::names::Names;
use crate::names::Page;
use crate::windows::Wide;
use crate::windows::ip::{Family, Udp};

const METRICS: [Counter<1>; 4] = [
    of_family("windows_udp_datagram_received_total", "UDP接收数", "Datagrams received."),
    of_family(
        "windows_udp_datagram_no_port_total",
        "UDP无端口数",
        "Datagrams received for a port without a listener.",
    ),
    of_family(
        "windows_udp_datagram_received_errors_total",
        "UDP接收错误数",
        "Datagrams received that could not be delivered for other reasons.",
    ),
    of_family("windows_udp_datagram_sent_total", "UDP发送数", "Datagrams sent."),
];

const NODE: [[Untyped; 4]; 2] = [
    [
        node::untyped("node_netstat_Udp_InDatagrams", "UDP接收数", "Datagrams received, IPv4."),
        node::untyped(
            "node_netstat_Udp_NoPorts",
            "UDP无端口数",
            "Datagrams to closed ports, IPv4.",
        ),
        node::untyped("node_netstat_Udp_InErrors", "UDP接收错误数", "Datagrams lost, IPv4."),
        node::untyped("node_netstat_Udp_OutDatagrams", "UDP发送数", "Datagrams sent, IPv4."),
    ],
    [
        node::untyped("node_netstat_Udp6_InDatagrams", "UDP6接收数", "Datagrams received, IPv6."),
        node::untyped(
            "node_netstat_Udp6_NoPorts",
            "UDP6无端口数",
            "Datagrams to closed ports, IPv6.",
        ),
        node::untyped("node_netstat_Udp6_InErrors", "UDP6接收错误数", "Datagrams lost, IPv6."),
        node::untyped("node_netstat_Udp6_OutDatagrams", "UDP6发送数", "Datagrams sent, IPv6."),
    ],
];

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "udp",
    "UDP",
    "What UDP has counted, for IPv4 and IPv6.",
    &[
        &METRICS[0],
        &METRICS[1],
        &METRICS[2],
        &METRICS[3],
        &NODE[0][0],
        &NODE[0][1],
        &NODE[0][2],
        &NODE[0][3],
        &NODE[1][0],
        &NODE[1][1],
        &NODE[1][2],
        &NODE[1][3],
    ],
    build,
)
.source("GetUdpStatisticsEx");

#[cfg(windows)]
fn build(settings: &Settings) -> Result<ScheduledCollector, SettingError> {
    use crate::windows::ip;
    let names = Names::new(settings);
    let mut counts = Counts::default();
    let collect = move |out: &mut Samples| {
        // IPv6 may not be installed; without IPv4 something is wrong.
        let udp = [Some(ip::udp(Family::V4)?), ip::udp(Family::V6).ok()];
        to_samples(udp, &mut counts, &mut names.of(out));
        Ok::<(), CollectError>(())
    };
    Ok(ScheduledCollector::on_scrape(collect))
}

/// The counters of both families, continued where they wrap.
type Counts = [[Wide; 4]; 2];

fn to_samples(udp: [Option<Udp>; 2], counts: &mut Counts, out: &mut Page<'_>) {
    for (((family, udp), counts), node) in Family::ALL.into_iter().zip(udp).zip(counts).zip(&NODE) {
        let Some(Udp { received, no_port, errors, sent }) = udp else { continue };
        let fields = [received, no_port, errors, sent];
        for (((metric, node), field), wide) in METRICS.iter().zip(node).zip(fields).zip(counts) {
            let value = wide.at(field);
            out.set(metric, [family.as_str()], value);
            out.set(node, [], value);
        }
    }
}

const fn of_family(name: &'static str, zh: &'static str, help: &'static str) -> Counter<1> {
    counter(name, zh, help).labels(["af"])
}

#[cfg(test)]
mod tests {
    use exporter_kit::Samples;

    use super::*;
    use crate::names::Names;

    #[test]
    fn each_family_has_its_own_series() {
        let udp = |received| Udp { received, no_port: 2, errors: 3, sent: 4 };
        let mut out = Samples::default();
        let both = [Some(udp(1)), Some(udp(9))];
        to_samples(both, &mut Counts::default(), &mut Names::ALL.of(&mut out));
        assert_eq!(METRICS.map(|it| out.value(&it, ["ipv6"]).unwrap()), [9.0, 2.0, 3.0, 4.0]);
        assert_eq!(NODE[0].map(|it| out.value(&it, []).unwrap()), [1.0, 2.0, 3.0, 4.0]);
        assert_eq!(out.check(&DEF), Ok(()));
        let mut out = Samples::default();
        to_samples([Some(udp(1)), None], &mut Counts::default(), &mut Names::ALL.of(&mut out));
        assert_eq!(out.len(), 8);
    }
}
