//! The fields that are exposed by default, with names and descriptions.

use exporter_kit::Field;

use crate::collectors::node;

/// What is exposed unless a flag says otherwise.
pub(super) const FIELDS: &[Field] = &[
    field(
        "Ip_Forwarding",
        "node_netstat_Ip_Forwarding",
        "是否转发IPv4",
        "Whether the host forwards IPv4 packets (1) or not (2).",
    ),
    field(
        "IpExt_InOctets",
        "node_netstat_IpExt_InOctets",
        "IPv4接收字节数",
        "Bytes received by IPv4.",
    ),
    field(
        "IpExt_OutOctets",
        "node_netstat_IpExt_OutOctets",
        "IPv4发送字节数",
        "Bytes sent by IPv4.",
    ),
    field("Ip6_InOctets", "node_netstat_Ip6_InOctets", "IPv6接收字节数", "Bytes received by IPv6."),
    field("Ip6_OutOctets", "node_netstat_Ip6_OutOctets", "IPv6发送字节数", "Bytes sent by IPv6."),
    field("Icmp_InMsgs", "node_netstat_Icmp_InMsgs", "ICMP接收消息数", "ICMP messages received."),
    field(
        "Icmp_InErrors",
        "node_netstat_Icmp_InErrors",
        "ICMP接收错误数",
        "ICMP messages received damaged.",
    ),
    field("Icmp_OutMsgs", "node_netstat_Icmp_OutMsgs", "ICMP发送消息数", "ICMP messages sent."),
    field(
        "Icmp6_InMsgs",
        "node_netstat_Icmp6_InMsgs",
        "ICMPv6接收消息数",
        "ICMPv6 messages received.",
    ),
    field(
        "Icmp6_InErrors",
        "node_netstat_Icmp6_InErrors",
        "ICMPv6接收错误数",
        "ICMPv6 messages received damaged.",
    ),
    field(
        "Icmp6_OutMsgs",
        "node_netstat_Icmp6_OutMsgs",
        "ICMPv6发送消息数",
        "ICMPv6 messages sent.",
    ),
    field(
        "Tcp_ActiveOpens",
        "node_netstat_Tcp_ActiveOpens",
        "TCP主动建连数",
        "Connections that the host began.",
    ),
    field(
        "Tcp_PassiveOpens",
        "node_netstat_Tcp_PassiveOpens",
        "TCP被动建连数",
        "Connections that others began and the host took.",
    ),
    field(
        "Tcp_CurrEstab",
        "node_netstat_Tcp_CurrEstab",
        "TCP当前连接数",
        "Connections that are open.",
    ),
    field(
        "Tcp_InSegs",
        "node_netstat_Tcp_InSegs",
        "TCP接收段数",
        "Segments received, damaged ones too.",
    ),
    field(
        "Tcp_OutSegs",
        "node_netstat_Tcp_OutSegs",
        "TCP发送段数",
        "Segments sent, without those sent again.",
    ),
    field("Tcp_RetransSegs", "node_netstat_Tcp_RetransSegs", "TCP重传段数", "Segments sent again."),
    field("Tcp_InErrs", "node_netstat_Tcp_InErrs", "TCP接收错误数", "Segments received damaged."),
    field(
        "Tcp_OutRsts",
        "node_netstat_Tcp_OutRsts",
        "TCP发送RST数",
        "Segments sent that reset a connection.",
    ),
    field(
        "TcpExt_SyncookiesSent",
        "node_netstat_TcpExt_SyncookiesSent",
        "SYN Cookie发送数",
        "SYN cookies sent, as the queue was full.",
    ),
    field(
        "TcpExt_SyncookiesRecv",
        "node_netstat_TcpExt_SyncookiesRecv",
        "SYN Cookie接收数",
        "SYN cookies that came back and were right.",
    ),
    field(
        "TcpExt_SyncookiesFailed",
        "node_netstat_TcpExt_SyncookiesFailed",
        "SYN Cookie失败数",
        "SYN cookies that came back and were wrong.",
    ),
    field(
        "TcpExt_ListenOverflows",
        "node_netstat_TcpExt_ListenOverflows",
        "监听队列溢出数",
        "Connections lost because a listening queue was full.",
    ),
    field(
        "TcpExt_ListenDrops",
        "node_netstat_TcpExt_ListenDrops",
        "监听丢弃连接数",
        "Connections that a listening socket has dropped.",
    ),
    field(
        "TcpExt_TCPTimeouts",
        "node_netstat_TcpExt_TCPTimeouts",
        "TCP重传超时数",
        "Timers of retransmission that ran out.",
    ),
    field(
        "TcpExt_TCPOFOQueue",
        "node_netstat_TcpExt_TCPOFOQueue",
        "TCP乱序段数",
        "Segments that came out of order and were kept.",
    ),
    field(
        "TcpExt_TCPSynRetrans",
        "node_netstat_TcpExt_TCPSynRetrans",
        "SYN重传数",
        "First segments of connections sent again.",
    ),
    field(
        "TcpExt_TCPRcvQDrop",
        "node_netstat_TcpExt_TCPRcvQDrop",
        "TCP接收队列丢弃数",
        "Segments dropped because a receive queue was full.",
    ),
    field(
        "Udp_InDatagrams",
        "node_netstat_Udp_InDatagrams",
        "UDP接收报文数",
        "Datagrams received.",
    ),
    field(
        "Udp_NoPorts",
        "node_netstat_Udp_NoPorts",
        "UDP无端口报文数",
        "Datagrams for a port without a listener.",
    ),
    field(
        "Udp_InErrors",
        "node_netstat_Udp_InErrors",
        "UDP接收错误数",
        "Datagrams that could not be handed over.",
    ),
    field("Udp_OutDatagrams", "node_netstat_Udp_OutDatagrams", "UDP发送报文数", "Datagrams sent."),
    field(
        "Udp_RcvbufErrors",
        "node_netstat_Udp_RcvbufErrors",
        "UDP接收缓冲溢出数",
        "Datagrams lost because a receive buffer was full.",
    ),
    field(
        "Udp_SndbufErrors",
        "node_netstat_Udp_SndbufErrors",
        "UDP发送缓冲溢出数",
        "Datagrams not sent because a send buffer was full.",
    ),
    field(
        "UdpLite_InErrors",
        "node_netstat_UdpLite_InErrors",
        "UDPLite接收错误数",
        "UDP-Lite datagrams that could not be handed over.",
    ),
    field(
        "Udp6_InDatagrams",
        "node_netstat_Udp6_InDatagrams",
        "UDPv6接收报文数",
        "Datagrams received by IPv6.",
    ),
    field(
        "Udp6_NoPorts",
        "node_netstat_Udp6_NoPorts",
        "UDPv6无端口报文数",
        "Datagrams by IPv6 for a port without a listener.",
    ),
    field(
        "Udp6_InErrors",
        "node_netstat_Udp6_InErrors",
        "UDPv6接收错误数",
        "Datagrams by IPv6 that could not be handed over.",
    ),
    field(
        "Udp6_OutDatagrams",
        "node_netstat_Udp6_OutDatagrams",
        "UDPv6发送报文数",
        "Datagrams sent by IPv6.",
    ),
    field(
        "Udp6_RcvbufErrors",
        "node_netstat_Udp6_RcvbufErrors",
        "UDPv6接收缓冲溢出数",
        "Datagrams by IPv6 lost because a receive buffer was full.",
    ),
    field(
        "Udp6_SndbufErrors",
        "node_netstat_Udp6_SndbufErrors",
        "UDPv6发送缓冲溢出数",
        "Datagrams by IPv6 not sent because a send buffer was full.",
    ),
    field(
        "UdpLite6_InErrors",
        "node_netstat_UdpLite6_InErrors",
        "UDPLite6接收错误数",
        "UDP-Lite datagrams by IPv6 that could not be handed over.",
    ),
];

const fn field(
    key: &'static str,
    name: &'static str,
    zh: &'static str,
    help: &'static str,
) -> Field {
    Field::untyped(key, node::untyped(name, zh, help)).signed()
}
