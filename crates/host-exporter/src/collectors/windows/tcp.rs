//! TCP connections and segments.

#[cfg(windows)]
use exporter_kit::{CollectError, Samples, ScheduledCollector, SettingError, Settings};
use exporter_kit::{CollectorDef, Counter, Gauge, Untyped};

#[cfg(not(windows))]
use super::definitions::build;
use super::definitions::{counter, gauge};
use crate::collectors::node;
#[cfg(windows)]
use crate::names::Names;
use crate::names::Page;
use crate::windows::Wide;
use crate::windows::ip::{Family, STATES, Tcp};

const FAILURES: Counter<1> = counter(
    "windows_tcp_connection_failures_total",
    "TCP连接失败次数",
    "Connections that could not be established.",
)
.labels(["af"]);
const ACTIVE: Counter<1> = counter(
    "windows_tcp_connections_active_total",
    "TCP主动连接次数",
    "Connections that this host has opened.",
)
.labels(["af"]);
const PASSIVE: Counter<1> = counter(
    "windows_tcp_connections_passive_total",
    "TCP被动连接次数",
    "Connections that other hosts have opened.",
)
.labels(["af"]);
const RESET: Counter<1> = counter(
    "windows_tcp_connections_reset_total",
    "TCP连接重置次数",
    "Established connections that were reset.",
)
.labels(["af"]);
const ESTABLISHED: Gauge<1> = gauge(
    "windows_tcp_connections_established",
    "TCP已建立连接数",
    "Connections that are established, or closed by the other side only.",
)
.labels(["af"]);
const SEGMENTS: Counter<1> =
    counter("windows_tcp_segments_total", "TCP收发段数", "Segments received and sent.")
        .labels(["af"]);
const RECEIVED: Counter<1> =
    counter("windows_tcp_segments_received_total", "TCP接收段数", "Segments received.")
        .labels(["af"]);
const SENT: Counter<1> =
    counter("windows_tcp_segments_sent_total", "TCP发送段数", "Segments sent.").labels(["af"]);
const RETRANSMITTED: Counter<1> =
    counter("windows_tcp_segments_retransmitted_total", "TCP重传段数", "Segments sent again.")
        .labels(["af"]);
const STATE_COUNT: Gauge<2> = gauge(
    "windows_tcp_connections_state_count",
    "TCP连接状态数",
    "Connections and listening sockets in each state.",
)
.labels(["af", "state"]);

const NODE_STATES: Gauge<1> = node::gauge(
    "node_tcp_connection_states",
    "TCP连接状态数",
    "Connections and listening sockets in each state.",
)
.labels(["state"]);
/// Of IPv4 and IPv6 together, as on Linux.
const NODE: [Untyped; 8] = [
    node::untyped("node_netstat_Tcp_ActiveOpens", "TCP主动打开数", "Connections opened."),
    node::untyped("node_netstat_Tcp_PassiveOpens", "TCP被动打开数", "Connections accepted."),
    node::untyped("node_netstat_Tcp_CurrEstab", "TCP当前连接数", "Connections now."),
    node::untyped("node_netstat_Tcp_InSegs", "TCP接收段数", "Segments received."),
    node::untyped("node_netstat_Tcp_OutSegs", "TCP发送段数", "Segments sent."),
    node::untyped("node_netstat_Tcp_RetransSegs", "TCP重传段数", "Segments sent again."),
    node::untyped("node_netstat_Tcp_InErrs", "TCP接收错误数", "Segments received damaged."),
    node::untyped("node_netstat_Tcp_OutRsts", "TCP发送RST数", "Resets sent."),
];

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "tcp",
    "TCP",
    "TCP connections by state, and what TCP has counted, for IPv4 and IPv6.",
    &[
        &FAILURES,
        &ACTIVE,
        &PASSIVE,
        &RESET,
        &ESTABLISHED,
        &SEGMENTS,
        &RECEIVED,
        &SENT,
        &RETRANSMITTED,
        &STATE_COUNT,
        &NODE_STATES,
        &NODE[0],
        &NODE[1],
        &NODE[2],
        &NODE[3],
        &NODE[4],
        &NODE[5],
        &NODE[6],
        &NODE[7],
    ],
    build,
)
.source("GetTcpStatisticsEx, GetExtendedTcpTable");

/// The names of the states in both exporters, from 1.
const NAMES: [(&str, &str); STATES] = [
    ("CLOSED", "close"),
    ("LISTENING", "listen"),
    ("SYN_SENT", "syn_sent"),
    ("SYN_RECEIVED", "syn_recv"),
    ("ESTABLISHED", "established"),
    ("FIN_WAIT1", "fin_wait1"),
    ("FIN_WAIT2", "fin_wait2"),
    ("CLOSE_WAIT", "close_wait"),
    ("CLOSING", "closing"),
    ("LAST_ACK", "last_ack"),
    ("TIME_WAIT", "time_wait"),
    ("DELETE_TCB", "close"),
];

#[cfg(windows)]
fn build(settings: &Settings) -> Result<ScheduledCollector, SettingError> {
    use crate::windows::ip;
    let names = Names::new(settings);
    let (mut buffer, mut counts) = (Vec::new(), Counts::default());
    let collect = move |out: &mut Samples| {
        let mut out = names.of(out);
        // IPv6 may not be installed; without IPv4 something is wrong.
        let tcp = [Some(ip::tcp(Family::V4)?), ip::tcp(Family::V6).ok()];
        statistics(tcp, &mut counts, &mut out);
        let states = Family::ALL.map(|family| ip::tcp_states(family, &mut buffer).ok());
        connections(states, &mut out);
        Ok::<(), CollectError>(())
    };
    Ok(ScheduledCollector::on_scrape(collect))
}

/// The counters of both families, continued where they wrap.
type Counts = [[Wide; 9]; 2];

fn statistics(tcp: [Option<Tcp>; 2], counts: &mut Counts, out: &mut Page<'_>) {
    let mut sums = [0.0; 9];
    for ((family, tcp), counts) in Family::ALL.into_iter().zip(tcp).zip(counts) {
        let (Some(tcp), af) = (tcp, family.as_str()) else { continue };
        let fields = [
            tcp.active_opens,
            tcp.passive_opens,
            tcp.segments_received,
            tcp.segments_sent,
            tcp.retransmitted,
            tcp.errors,
            tcp.resets_sent,
            tcp.failures,
            tcp.resets,
        ];
        let mut values = [0.0; 9];
        for (((value, sum), field), wide) in
            values.iter_mut().zip(&mut sums).zip(fields).zip(counts)
        {
            *value = wide.at(field);
            *sum += *value;
        }
        let [active, passive, received, sent, retransmitted, _, _, failures, resets] = values;
        for (metric, value) in [
            (&ACTIVE, active),
            (&PASSIVE, passive),
            (&RECEIVED, received),
            (&SENT, sent),
            (&SEGMENTS, received + sent),
            (&RETRANSMITTED, retransmitted),
            (&FAILURES, failures),
            (&RESET, resets),
        ] {
            out.set(metric, [af], value);
        }
        out.set(&ESTABLISHED, [af], tcp.established);
    }
    let established = tcp.iter().flatten().map(|tcp| f64::from(tcp.established)).sum::<f64>();
    let [active, passive, received, sent, retransmitted, errors, resets_sent, ..] = sums;
    let values = [active, passive, established, received, sent, retransmitted, errors, resets_sent];
    for (metric, value) in NODE.iter().zip(values) {
        out.set(metric, [], value);
    }
}

fn connections(states: [Option<[u32; STATES]>; 2], out: &mut Page<'_>) {
    let mut sums = [0; STATES];
    for (family, counts) in Family::ALL.into_iter().zip(states) {
        let Some(counts) = counts else { continue };
        for (((name, _), count), sum) in NAMES.iter().zip(counts).zip(&mut sums) {
            out.set(&STATE_COUNT, [family.as_str(), name], count);
            *sum += count;
        }
    }
    // The last state is of connections that are as good as closed.
    sums[0] += sums[STATES - 1];
    if states.iter().any(Option::is_some) {
        for ((_, name), sum) in NAMES[..STATES - 1].iter().zip(sums) {
            out.set(&NODE_STATES, [name], sum);
        }
    }
}

#[cfg(test)]
mod tests {
    use exporter_kit::Samples;

    use super::*;
    use crate::names::Names;

    #[test]
    fn node_names_are_of_both_families() {
        let tcp = Tcp {
            active_opens: 1,
            established: 3,
            segments_received: 10,
            segments_sent: 20,
            resets_sent: 4,
            failures: 5,
            ..Tcp::default()
        };
        for (v6, times) in [(Some(tcp), 2.0), (None, 1.0)] {
            let mut out = Samples::default();
            statistics([Some(tcp), v6], &mut Counts::default(), &mut Names::ALL.of(&mut out));
            let node = NODE.map(|metric| out.value(&metric, []).unwrap() / times);
            assert_eq!(node, [1.0, 0.0, 3.0, 10.0, 20.0, 0.0, 0.0, 4.0]);
            assert_eq!(out.value(&SEGMENTS, ["ipv4"]), Some(30.0));
            assert_eq!(out.value(&FAILURES, ["ipv6"]), v6.map(|_| 5.0));
            assert_eq!(out.check(&DEF), Ok(()));
        }
    }

    #[test]
    fn connections_are_counted_by_state() {
        let mut v4 = [0; STATES];
        v4[1] = 2;
        v4[11] = 1;
        let mut v6 = [0; STATES];
        v6[1] = 3;
        let mut out = Samples::default();
        connections([Some(v4), Some(v6)], &mut Names::ALL.of(&mut out));
        assert_eq!(out.value(&STATE_COUNT, ["ipv6", "LISTENING"]), Some(3.0));
        assert_eq!(out.value(&NODE_STATES, ["listen"]), Some(5.0));
        assert_eq!(out.value(&NODE_STATES, ["close"]), Some(1.0));
        assert_eq!(out.check(&DEF), Ok(()));
        let mut out = Samples::default();
        connections([None, None], &mut Names::ALL.of(&mut out));
        assert!(out.is_empty());
    }
}
