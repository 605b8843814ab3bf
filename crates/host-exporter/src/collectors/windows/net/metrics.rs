//! The metrics of network interfaces.

use exporter_kit::{Counter, Gauge, Metric, Unit, Untyped};

use super::super::definitions::{self, counter, gauge, retired_untyped};
use crate::collectors::node;

pub(super) const INFO: Gauge<3> = gauge(
    "windows_net_nic_info",
    "网卡信息",
    "Constant 1, with the interface's name and physical address.",
)
.labels(["nic", "friendly_name", "mac"]);
pub(super) const STATUS: Gauge<2> = gauge(
    "windows_net_nic_operation_status",
    "网卡运行状态",
    "Whether the interface is in the state (1) or not (0).",
)
.labels(["nic", "status"]);
pub(super) const ADDRESS: Gauge<3> = gauge(
    "windows_net_nic_address_info",
    "网卡IP地址",
    "Constant 1, for each IP address that other hosts can reach.",
)
.labels(["nic", "address", "family"]);
pub(super) const BANDWIDTH: Gauge<1> = gauge(
    "windows_net_current_bandwidth_bytes",
    "网卡带宽",
    "Bytes that the interface can send in a second; absent where that is unknown.",
)
.labels(["nic"]);
pub(super) const BANDWIDTH_BITS: Gauge<1> = definitions::retired(
    "windows_net_current_bandwidth",
    "网卡带宽(旧名)",
    "Bits that the interface can send in a second; now windows_net_current_bandwidth_bytes.",
)
.labels(["nic"]);
pub(super) const QUEUE: Gauge<1> = gauge(
    "windows_net_output_queue_length_packets",
    "发送队列长度",
    "Packets that wait to be sent.",
)
.labels(["nic"]);
pub(super) const BYTES: Counter<1> =
    counter("windows_net_bytes_total", "收发字节数", "Bytes received and sent.").labels(["nic"]);
pub(super) const PACKETS: Counter<1> =
    counter("windows_net_packets_total", "收发包数", "Packets received and sent.").labels(["nic"]);
pub(super) const UNKNOWN: Counter<1> = counter(
    "windows_net_packets_received_unknown_total",
    "未知协议包数",
    "Packets received of a protocol that is not in use.",
)
.labels(["nic"]);

pub(super) const NODE_UP: Gauge<1> =
    node::gauge("node_network_up", "网卡是否启用", "Whether the interface is up (1) or not (0).")
        .labels(["device"]);
pub(super) const NODE_MTU: Gauge<1> = node::gauge(
    "node_network_mtu_bytes",
    "MTU",
    "Size of the largest packet that the interface can send.",
)
.unit(Unit::Bytes)
.labels(["device"]);
pub(super) const NODE_SPEED: Gauge<1> = node::gauge(
    "node_network_speed_bytes",
    "网卡速率",
    "Bytes that the interface can send in a second; absent where that is unknown.",
)
.unit(Unit::Bytes)
.labels(["device"]);

/// The metrics of one direction.
pub(super) struct Direction {
    pub(super) bytes: Counter<1>,
    pub(super) packets: Counter<1>,
    pub(super) errors: Counter<1>,
    pub(super) discards: Counter<1>,
    /// Errors and discards under their old names.
    pub(super) retired: [Untyped<1>; 2],
    /// Bytes, packets, errors and discards.
    pub(super) node: [Counter<1>; 4],
}

pub(super) static RECEIVED: Direction = Direction {
    bytes: of_nic("windows_net_bytes_received_total", "接收字节数", "Bytes received."),
    packets: of_nic("windows_net_packets_received_total", "接收包数", "Packets received."),
    errors: of_nic(
        "windows_net_packets_received_errors_total",
        "接收错误数",
        "Packets received that were damaged.",
    ),
    discards: of_nic(
        "windows_net_packets_received_discarded_total",
        "接收丢弃数",
        "Packets received that were dropped though they were sound.",
    ),
    retired: [
        retired_of_nic(
            "windows_net_packets_received_errors",
            "接收错误数(旧名)",
            "Packets received that were damaged; now with _total at the end.",
        ),
        retired_of_nic(
            "windows_net_packets_received_discarded",
            "接收丢弃数(旧名)",
            "Packets received that were dropped; now with _total at the end.",
        ),
    ],
    node: [
        of_device("node_network_receive_bytes_total", "接收字节数", "Bytes received.")
            .unit(Unit::Bytes),
        of_device("node_network_receive_packets_total", "接收包数", "Packets received."),
        of_device(
            "node_network_receive_errs_total",
            "接收错误数",
            "Packets received that were damaged.",
        ),
        of_device(
            "node_network_receive_drop_total",
            "接收丢包数",
            "Packets received that were dropped though they were sound.",
        ),
    ],
};

pub(super) static SENT: Direction = Direction {
    bytes: of_nic("windows_net_bytes_sent_total", "发送字节数", "Bytes sent."),
    packets: of_nic("windows_net_packets_sent_total", "发送包数", "Packets sent."),
    errors: of_nic(
        "windows_net_packets_outbound_errors_total",
        "发送错误数",
        "Packets that could not be sent because of errors.",
    ),
    discards: of_nic(
        "windows_net_packets_outbound_discarded_total",
        "发送丢弃数",
        "Packets that were dropped instead of sent though they were sound.",
    ),
    retired: [
        retired_of_nic(
            "windows_net_packets_outbound_errors",
            "发送错误数(旧名)",
            "Packets that could not be sent; now with _total at the end.",
        ),
        retired_of_nic(
            "windows_net_packets_outbound_discarded",
            "发送丢弃数(旧名)",
            "Packets that were dropped instead of sent; now with _total at the end.",
        ),
    ],
    node: [
        of_device("node_network_transmit_bytes_total", "发送字节数", "Bytes sent.")
            .unit(Unit::Bytes),
        of_device("node_network_transmit_packets_total", "发送包数", "Packets sent."),
        of_device(
            "node_network_transmit_errs_total",
            "发送错误数",
            "Packets that could not be sent because of errors.",
        ),
        of_device(
            "node_network_transmit_drop_total",
            "发送丢包数",
            "Packets that were dropped instead of sent though they were sound.",
        ),
    ],
};

const fn of_nic(name: &'static str, zh: &'static str, help: &'static str) -> Counter<1> {
    counter(name, zh, help).labels(["nic"])
}

const fn retired_of_nic(name: &'static str, zh: &'static str, help: &'static str) -> Untyped<1> {
    retired_untyped(name, zh, help).labels(["nic"])
}

const fn of_device(name: &'static str, zh: &'static str, help: &'static str) -> Counter<1> {
    node::counter(name, zh, help).labels(["device"])
}

/// Everything above.
pub(super) const ALL: &[&dyn Metric] = &[
    &INFO,
    &STATUS,
    &ADDRESS,
    &BANDWIDTH,
    &BANDWIDTH_BITS,
    &QUEUE,
    &BYTES,
    &PACKETS,
    &UNKNOWN,
    &RECEIVED.bytes,
    &RECEIVED.packets,
    &RECEIVED.errors,
    &RECEIVED.discards,
    &RECEIVED.retired[0],
    &RECEIVED.retired[1],
    &RECEIVED.node[0],
    &RECEIVED.node[1],
    &RECEIVED.node[2],
    &RECEIVED.node[3],
    &SENT.bytes,
    &SENT.packets,
    &SENT.errors,
    &SENT.discards,
    &SENT.retired[0],
    &SENT.retired[1],
    &SENT.node[0],
    &SENT.node[1],
    &SENT.node[2],
    &SENT.node[3],
    &NODE_UP,
    &NODE_MTU,
    &NODE_SPEED,
];
