//! What devices count, by the columns and files that hold it.

use exporter_kit::{Counter, Metric, Unit};

use super::super::node::counter;

pub(super) const RECEIVE_BYTES: Counter<1> =
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
pub(super) const NOHANDLER: Counter<1> = of_device(
    "node_network_receive_nohandler_total",
    "无处理程序包数",
    "Packets without a receiver on the host, or that came in on an inactive link.",
);

/// The columns of `/proc/net/dev`.
pub(super) static COLUMNS: [Counter<1>; 16] = [
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
pub(super) static DETAILS: [(&str, Counter<1>); 23] = [
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

/// The metrics of the columns.
pub(super) const MERGED: [&dyn Metric; 16] = {
    let mut metrics: [&dyn Metric; 16] = [&COLUMNS[0]; 16];
    let mut at = 0;
    while at < metrics.len() {
        metrics[at] = &COLUMNS[at];
        at += 1;
    }
    metrics
};

/// The metrics of the details that are not among those of the columns.
pub(super) const SINGLE: [&dyn Metric; 17] = [
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
