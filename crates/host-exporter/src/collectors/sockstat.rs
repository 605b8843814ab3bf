//! Sockets in use: `/proc/net/sockstat` and `/proc/net/sockstat6`.

use exporter_kit::{
    CollectError, CollectorDef, Field, Fields, GaugePattern, KeptFile, Samples, ScheduledCollector,
    Unit,
};

use super::node::{self, NODE_EXPORTER};
use crate::host::Host;
use crate::text::{fields, lines, number};

/// In the order of the files.
const FIELDS: &[Field] = &[
    field(
        "sockets_used",
        "node_sockstat_sockets_used",
        "打开套接字数",
        "Sockets of every kind that are open.",
    ),
    field(
        "TCP_inuse",
        "node_sockstat_TCP_inuse",
        "TCP使用套接字数",
        "TCP sockets in use, those in TIME_WAIT aside.",
    ),
    field(
        "TCP_orphan",
        "node_sockstat_TCP_orphan",
        "TCP孤儿套接字数",
        "TCP sockets that no program holds any more.",
    ),
    field("TCP_tw", "node_sockstat_TCP_tw", "TIME_WAIT连接数", "TCP connections in TIME_WAIT."),
    field(
        "TCP_alloc",
        "node_sockstat_TCP_alloc",
        "TCP已分配套接字数",
        "TCP sockets that have memory, in whatever state.",
    ),
    field("TCP_mem", "node_sockstat_TCP_mem", "TCP内存页数", "Pages of memory that TCP holds."),
    field("TCP_mem_bytes", "node_sockstat_TCP_mem_bytes", "TCP内存", "Memory that TCP holds.")
        .unit(Unit::Bytes),
    field("UDP_inuse", "node_sockstat_UDP_inuse", "UDP使用套接字数", "UDP sockets in use."),
    field("UDP_mem", "node_sockstat_UDP_mem", "UDP内存页数", "Pages of memory that UDP holds."),
    field("UDP_mem_bytes", "node_sockstat_UDP_mem_bytes", "UDP内存", "Memory that UDP holds.")
        .unit(Unit::Bytes),
    field(
        "UDPLITE_inuse",
        "node_sockstat_UDPLITE_inuse",
        "UDPLite套接字数",
        "UDP-Lite sockets in use.",
    ),
    field("RAW_inuse", "node_sockstat_RAW_inuse", "RAW使用套接字数", "Raw sockets in use."),
    field(
        "FRAG_inuse",
        "node_sockstat_FRAG_inuse",
        "IP分片重组数",
        "Packets being put together from fragments.",
    ),
    field(
        "FRAG_memory",
        "node_sockstat_FRAG_memory",
        "IP分片内存",
        "Bytes of fragments that wait for the rest.",
    ),
    field(
        "TCP6_inuse",
        "node_sockstat_TCP6_inuse",
        "TCPv6使用套接字数",
        "TCP sockets in use by IPv6, those in TIME_WAIT aside.",
    ),
    field(
        "UDP6_inuse",
        "node_sockstat_UDP6_inuse",
        "UDPv6使用套接字数",
        "UDP sockets in use by IPv6.",
    ),
    field(
        "UDPLITE6_inuse",
        "node_sockstat_UDPLITE6_inuse",
        "UDPLitev6套接字数",
        "UDP-Lite sockets in use by IPv6.",
    ),
    field(
        "RAW6_inuse",
        "node_sockstat_RAW6_inuse",
        "RAWv6使用套接字数",
        "Raw sockets in use by IPv6.",
    ),
    field(
        "FRAG6_inuse",
        "node_sockstat_FRAG6_inuse",
        "IPv6分片重组数",
        "Packets being put together from fragments by IPv6.",
    ),
    field(
        "FRAG6_memory",
        "node_sockstat_FRAG6_memory",
        "IPv6分片内存",
        "Bytes of fragments by IPv6 that wait for the rest.",
    ),
];

/// What other kernels have.
const OTHERS: GaugePattern =
    GaugePattern::new("node_sockstat_", "Field {} of the kernel's statistics of sockets.")
        .zh("其他套接字指标")
        .compatible_with(NODE_EXPORTER);

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "sockstat",
    "套接字",
    "Sockets in use and their memory, by protocol.",
    &[],
    |settings| {
        let host = Host::new(settings);
        let mut files = ["net/sockstat", "net/sockstat6"]
            .map(|path| KeptFile::new(host.proc(path)).short_lines());
        let page_bytes = rustix::param::page_size() as f64;
        let mut name = String::new();
        let collect = move |out: &mut Samples| {
            for file in &mut files {
                // A kernel may be without IPv6, or IPv4.
                match file.read_if_exists() {
                    Ok(text) => to_samples(text, page_bytes, &mut name, out),
                    Err(CollectError::NoData) => {}
                    Err(error) => return Err(error),
                }
            }
            if out.is_empty() { Err(CollectError::NoData) } else { Ok(()) }
        };
        Ok(ScheduledCollector::on_scrape(collect))
    },
)
.fields(&[FIELDS])
.patterns(&[&OTHERS])
.source("/proc/net/sockstat, /proc/net/sockstat6");

const fn field(
    key: &'static str,
    name: &'static str,
    zh: &'static str,
    help: &'static str,
) -> Field {
    Field::gauge(key, node::gauge(name, zh, help)).signed()
}

/// Reads lines of `TCP: inuse 1 mem 2`; `name` is where a field's whole name is put together.
fn to_samples(text: &[u8], page_bytes: f64, name: &mut String, out: &mut Samples) {
    let mut table = Fields::of(FIELDS);
    for line in lines(text) {
        let Some((protocol, pairs)) = line.split_once(':') else { continue };
        let mut pairs = fields(pairs);
        while let (Some(key), Some(value)) = (pairs.next(), pairs.next()) {
            let Some(value) = number(value) else { continue };
            name.clear();
            name.extend([protocol, "_", key]);
            if !table.set(name, value, out) {
                out.set_field(&OTHERS, &[name], [], value);
            }
            if key == "mem" {
                name.push_str("_bytes");
                table.set(name, value * page_bytes, out);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_of_protocols_become_fields_and_pages_bytes() {
        let mut out = Samples::default();
        let text = b"sockets: used 1204\nTCP: inuse 212 orphan x mem 3\nFRAG6: inuse 0 memory\n\
            SMC: inuse 9\nTCP6 inuse 4\nUDP: inuse 1";
        to_samples(text, 4096.0, &mut String::new(), &mut out);
        assert_eq!(out.check(&DEF), Ok(()));
        let page = out.page();
        let samples: Vec<_> = page.lines().filter(|line| !line.starts_with('#')).collect();
        let expected = [
            "node_sockstat_FRAG6_inuse 0",
            "node_sockstat_SMC_inuse 9",
            "node_sockstat_TCP_inuse 212",
            "node_sockstat_TCP_mem 3",
            "node_sockstat_TCP_mem_bytes 12288",
            "node_sockstat_sockets_used 1204",
        ];
        assert_eq!(samples, expected);
    }
}
