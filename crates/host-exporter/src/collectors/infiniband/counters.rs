//! The counters of a port, by the files that hold them.

use exporter_kit::{Counter, Metric, Unit};

use super::super::node::counter;

/// A file below a port's folder, its metric, and how many of the metric's units are one of its own.
pub(super) type PortCounter = (&'static str, Counter<2>, f64);

/// Counters that every adapter has, those of old drivers, and those of RoCE.
pub(super) static COUNTERS: [PortCounter; 59] = [
    words(
        "counters/port_rcv_data",
        "node_infiniband_port_data_received_bytes_total",
        "端口接收字节数",
        "Bytes received on all links.",
    ),
    words(
        "counters/port_xmit_data",
        "node_infiniband_port_data_transmitted_bytes_total",
        "端口发送字节数",
        "Bytes sent on all links.",
    ),
    count(
        "counters/port_rcv_packets",
        "node_infiniband_port_packets_received_total",
        "端口接收包数",
        "Packets received, damaged ones too.",
    ),
    count(
        "counters/port_xmit_packets",
        "node_infiniband_port_packets_transmitted_total",
        "端口发送包数",
        "Packets sent, damaged ones too.",
    ),
    count(
        "counters/port_rcv_errors",
        "node_infiniband_port_errors_received_total",
        "端口接收错误数",
        "Packets received damaged.",
    ),
    count(
        "counters/port_rcv_discards",
        "node_infiniband_port_discards_received_total",
        "端口接收丢弃数",
        "Packets received and dropped, the port being down or congested.",
    ),
    count(
        "counters/port_xmit_discards",
        "node_infiniband_port_discards_transmitted_total",
        "端口发送丢弃数",
        "Packets not sent, the port being down or congested.",
    ),
    count(
        "counters/port_rcv_constraint_errors",
        "node_infiniband_port_constraint_errors_received_total",
        "接收约束错误数",
        "Packets received that a rule of the port forbids.",
    ),
    count(
        "counters/port_xmit_constraint_errors",
        "node_infiniband_port_constraint_errors_transmitted_total",
        "发送约束错误数",
        "Packets not sent because a rule of the port forbids them.",
    ),
    count(
        "counters/port_rcv_remote_physical_errors",
        "node_infiniband_port_receive_remote_physical_errors_total",
        "远端物理错误数",
        "Packets that came marked as bad by the sender.",
    ),
    count(
        "counters/port_rcv_switch_relay_errors",
        "node_infiniband_port_receive_switch_relay_errors_total",
        "交换转发错误数",
        "Packets that the switch could not pass on.",
    ),
    count(
        "counters/port_xmit_wait",
        "node_infiniband_port_transmit_wait_total",
        "端口发送等待数",
        "Ticks in which there was something to send and nothing could be sent.",
    ),
    count(
        "counters/unicast_rcv_packets",
        "node_infiniband_unicast_packets_received_total",
        "单播接收包数",
        "Unicast packets received, damaged ones too.",
    ),
    count(
        "counters/unicast_xmit_packets",
        "node_infiniband_unicast_packets_transmitted_total",
        "单播发送包数",
        "Unicast packets sent, damaged ones too.",
    ),
    count(
        "counters/multicast_rcv_packets",
        "node_infiniband_multicast_packets_received_total",
        "组播接收包数",
        "Multicast packets received, damaged ones too.",
    ),
    count(
        "counters/multicast_xmit_packets",
        "node_infiniband_multicast_packets_transmitted_total",
        "组播发送包数",
        "Multicast packets sent, damaged ones too.",
    ),
    count(
        "counters/link_downed",
        "node_infiniband_link_downed_total",
        "链路断开次数",
        "How often the link failed and went down.",
    ),
    count(
        "counters/link_error_recovery",
        "node_infiniband_link_error_recovery_total",
        "链路恢复次数",
        "How often the link recovered from an error.",
    ),
    count(
        "counters/local_link_integrity_errors",
        "node_infiniband_local_link_integrity_errors_total",
        "链路完整性错误数",
        "How often local errors of the link passed their limit.",
    ),
    count(
        "counters/excessive_buffer_overrun_errors",
        "node_infiniband_excessive_buffer_overrun_errors_total",
        "缓冲溢出错误数",
        "How often the receive buffer overran for too long.",
    ),
    count(
        "counters/symbol_error",
        "node_infiniband_symbol_error_total",
        "符号错误数",
        "Small errors on the lanes of the link.",
    ),
    count(
        "counters/VL15_dropped",
        "node_infiniband_vl15_dropped_total",
        "管理报文丢弃数",
        "Management packets dropped for lack of room.",
    ),
    count(
        "counters_ext/port_multicast_rcv_packets",
        "node_infiniband_legacy_multicast_packets_received_total",
        "组播接收包数(旧)",
        "Multicast packets received, as old drivers count.",
    ),
    count(
        "counters_ext/port_multicast_xmit_packets",
        "node_infiniband_legacy_multicast_packets_transmitted_total",
        "组播发送包数(旧)",
        "Multicast packets sent, as old drivers count.",
    ),
    count(
        "counters_ext/port_unicast_rcv_packets",
        "node_infiniband_legacy_unicast_packets_received_total",
        "单播接收包数(旧)",
        "Unicast packets received, as old drivers count.",
    ),
    count(
        "counters_ext/port_unicast_xmit_packets",
        "node_infiniband_legacy_unicast_packets_transmitted_total",
        "单播发送包数(旧)",
        "Unicast packets sent, as old drivers count.",
    ),
    words(
        "counters_ext/port_rcv_data_64",
        "node_infiniband_legacy_data_received_bytes_total",
        "端口接收字节数(旧)",
        "Bytes received, as old drivers count.",
    ),
    words(
        "counters_ext/port_xmit_data_64",
        "node_infiniband_legacy_data_transmitted_bytes_total",
        "端口发送字节数(旧)",
        "Bytes sent, as old drivers count.",
    ),
    count(
        "counters_ext/port_rcv_packets_64",
        "node_infiniband_legacy_packets_received_total",
        "端口接收包数(旧)",
        "Packets received, as old drivers count.",
    ),
    count(
        "counters_ext/port_xmit_packets_64",
        "node_infiniband_legacy_packets_transmitted_total",
        "端口发送包数(旧)",
        "Packets sent, as old drivers count.",
    ),
    count(
        "hw_counters/duplicate_request",
        "node_infiniband_duplicate_requests_packets_total",
        "重复请求包数",
        "Requests that came a second time.",
    ),
    count(
        "hw_counters/implied_nak_seq_err",
        "node_infiniband_implied_nak_seq_errors_total",
        "隐含NAK错误数",
        "Acknowledgements beyond the one that was due.",
    ),
    count(
        "hw_counters/local_ack_timeout_err",
        "node_infiniband_local_ack_timeout_errors_total",
        "本地ACK超时数",
        "Acknowledgements that did not come in time.",
    ),
    count(
        "hw_counters/np_cnp_sent",
        "node_infiniband_np_cnp_packets_sent_total",
        "CNP发送包数",
        "Congestion notices sent to a sender.",
    ),
    count(
        "hw_counters/np_ecn_marked_roce_packets",
        "node_infiniband_np_ecn_marked_roce_packets_received_total",
        "ECN标记包数",
        "RoCE packets that came marked by a congested switch.",
    ),
    count(
        "hw_counters/out_of_buffer",
        "node_infiniband_out_of_buffer_drops_total",
        "无接收缓冲丢包数",
        "Packets dropped because no receive request was posted.",
    ),
    count(
        "hw_counters/out_of_sequence",
        "node_infiniband_out_of_sequence_packets_received_total",
        "乱序包数",
        "Packets that came out of order.",
    ),
    count(
        "hw_counters/packet_seq_err",
        "node_infiniband_packet_sequence_errors_total",
        "包序错误数",
        "Notices of a receiver that a packet was missing.",
    ),
    count(
        "hw_counters/req_cqe_error",
        "node_infiniband_req_cqes_errors_total",
        "请求方CQE错误数",
        "Requests that ended in an error.",
    ),
    count(
        "hw_counters/req_cqe_flush_error",
        "node_infiniband_req_cqes_flush_errors_total",
        "请求方CQE冲刷数",
        "Requests that were given up with their queue.",
    ),
    count(
        "hw_counters/req_remote_access_errors",
        "node_infiniband_req_remote_access_errors_total",
        "请求方访问错误数",
        "Requests whose access the other side refused.",
    ),
    count(
        "hw_counters/req_remote_invalid_request",
        "node_infiniband_req_remote_invalid_request_errors_total",
        "无效请求数",
        "Requests that the other side found invalid.",
    ),
    count(
        "hw_counters/resp_cqe_error",
        "node_infiniband_resp_cqes_errors_total",
        "响应方CQE错误数",
        "Responses that ended in an error.",
    ),
    count(
        "hw_counters/resp_cqe_flush_error",
        "node_infiniband_resp_cqes_flush_errors_total",
        "响应方CQE冲刷数",
        "Responses that were given up with their queue.",
    ),
    count(
        "hw_counters/resp_local_length_error",
        "node_infiniband_resp_local_length_errors_total",
        "响应方长度错误数",
        "Requests received with a wrong length.",
    ),
    count(
        "hw_counters/resp_remote_access_errors",
        "node_infiniband_resp_remote_access_errors_total",
        "响应方访问错误数",
        "Requests received whose access was refused.",
    ),
    count(
        "hw_counters/rnr_nak_retry_err",
        "node_infiniband_rnr_nak_retry_packets_received_total",
        "RNR NAK包数",
        "Notices of a receiver that it was not ready.",
    ),
    count(
        "hw_counters/roce_adp_retrans",
        "node_infiniband_roce_adp_retransmits_total",
        "自适应重传数",
        "Adaptive retransmissions.",
    ),
    count(
        "hw_counters/roce_adp_retrans_to",
        "node_infiniband_roce_adp_retransmits_timeout_total",
        "自适应重传超时数",
        "Timeouts of adaptive retransmission.",
    ),
    count(
        "hw_counters/roce_slow_restart",
        "node_infiniband_roce_slow_restart_used_total",
        "慢重启使用次数",
        "How often a slow restart was used.",
    ),
    count(
        "hw_counters/roce_slow_restart_cnps",
        "node_infiniband_roce_slow_restart_cnps_total",
        "慢重启CNP包数",
        "Congestion notices that slow restarts have made.",
    ),
    count(
        "hw_counters/roce_slow_restart_trans",
        "node_infiniband_roce_slow_restart_total",
        "进入慢重启次数",
        "How often a slow restart began.",
    ),
    count(
        "hw_counters/rp_cnp_handled",
        "node_infiniband_rp_cnp_packets_handled_total",
        "CNP处理包数",
        "Congestion notices upon which the adapter sent less.",
    ),
    count(
        "hw_counters/rp_cnp_ignored",
        "node_infiniband_rp_cnp_ignored_packets_received_total",
        "CNP忽略包数",
        "Congestion notices that the adapter ignored.",
    ),
    count(
        "hw_counters/rx_atomic_requests",
        "node_infiniband_rx_atomic_requests_total",
        "原子操作请求数",
        "Atomic operations that others asked for.",
    ),
    count(
        "hw_counters/rx_dct_connect",
        "node_infiniband_rx_dct_connect_requests_total",
        "DCT连接请求数",
        "Dynamic connections that others asked for.",
    ),
    count(
        "hw_counters/rx_read_requests",
        "node_infiniband_rx_read_requests_total",
        "读请求数",
        "Reads that others asked for.",
    ),
    count(
        "hw_counters/rx_write_requests",
        "node_infiniband_rx_write_requests_total",
        "写请求数",
        "Writes that others asked for.",
    ),
    count(
        "hw_counters/rx_icrc_encapsulated",
        "node_infiniband_rx_icrc_encapsulated_errors_total",
        "ICRC错误数",
        "RoCE packets with a wrong checksum.",
    ),
];

/// Their metrics.
pub(super) const METRICS: [&dyn Metric; COUNTERS.len()] = {
    let mut metrics: [&dyn Metric; COUNTERS.len()] = [&COUNTERS[0].1; COUNTERS.len()];
    let mut at = 0;
    while at < metrics.len() {
        metrics[at] = &COUNTERS[at].1;
        at += 1;
    }
    metrics
};

const fn count(
    file: &'static str,
    name: &'static str,
    zh: &'static str,
    help: &'static str,
) -> PortCounter {
    (file, counter(name, zh, help).labels(["device", "port"]), 1.0)
}

/// Ports count data in words of four bytes.
const fn words(
    file: &'static str,
    name: &'static str,
    zh: &'static str,
    help: &'static str,
) -> PortCounter {
    let (file, metric, _) = count(file, name, zh, help);
    (file, metric.unit(Unit::Bytes), 4.0)
}
