//! Requests to the kernel's NFS server: `/proc/net/rpc/nfsd`.

use exporter_kit::{CollectError, CollectorDef, Counter, Gauge, Samples, Unit};

use super::nfs::{VERSION_2, VERSION_3, requests, set, set_label, take};
use super::node::{counter, gauge};
use crate::host::proc_file;
use crate::text::{fields, lines, number};

const HITS: Counter = counter(
    "node_nfsd_reply_cache_hits_total",
    "应答缓存命中数",
    "Requests that came again and were answered from the cache of replies.",
);
const MISSES: Counter = counter(
    "node_nfsd_reply_cache_misses_total",
    "应答缓存未命中数",
    "Requests whose reply must be cached and was not there.",
);
const NOCACHE: Counter = counter(
    "node_nfsd_reply_cache_nocache_total",
    "无需缓存应答数",
    "Requests that can be done twice, so that their reply needs no cache.",
);
const STALE: Counter = counter(
    "node_nfsd_file_handles_stale_total",
    "失效文件句柄数",
    "Requests for files that were gone.",
);
const READ: Counter =
    counter("node_nfsd_disk_bytes_read_total", "NFS读取字节数", "Bytes that clients have read.")
        .unit(Unit::Bytes);
const WRITTEN: Counter = counter(
    "node_nfsd_disk_bytes_written_total",
    "NFS写入字节数",
    "Bytes that clients have written.",
)
.unit(Unit::Bytes);
const THREADS: Gauge =
    gauge("node_nfsd_server_threads", "NFS服务线程数", "Threads of the NFS server.");
const READ_AHEAD: Gauge = gauge(
    "node_nfsd_read_ahead_cache_size_blocks",
    "预读缓存大小",
    "Size of the cache for reading ahead, on kernels that have one.",
);
const NOT_FOUND: Counter = counter(
    "node_nfsd_read_ahead_cache_not_found_total",
    "预读缓存未命中数",
    "Files that were not in the cache for reading ahead.",
);
const PACKETS: Counter<1> = counter(
    "node_nfsd_packets_total",
    "NFS服务端包数",
    "Packets of the NFS server, by the protocol that carries them.",
)
.labels(["proto"]);
const CONNECTIONS: Counter =
    counter("node_nfsd_connections_total", "NFS服务端连接数", "TCP connections of clients.");
const RPCS: Counter =
    counter("node_nfsd_server_rpcs_total", "NFS服务端RPC数", "Remote calls of clients.");
const ERRORS: Counter<1> = counter(
    "node_nfsd_rpc_errors_total",
    "NFS服务端RPC错误数",
    "Remote calls refused for their form, their credentials or their client.",
)
.labels(["error"]);
const REQUESTS: Counter<2> = counter(
    "node_nfsd_requests_total",
    "NFS服务端请求数",
    "Requests of clients, by version and operation.",
)
.labels(["proto", "method"]);

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "nfsd",
    "NFS服务端",
    "Requests to the kernel's NFS server.",
    &[
        &HITS,
        &MISSES,
        &NOCACHE,
        &STALE,
        &READ,
        &WRITTEN,
        &THREADS,
        &READ_AHEAD,
        &NOT_FOUND,
        &PACKETS,
        &CONNECTIONS,
        &RPCS,
        &ERRORS,
        &REQUESTS,
    ],
    |settings| proc_file(settings, "net/rpc/nfsd", to_samples),
)
.source("/proc/net/rpc/nfsd");

/// Operations of version 4.0 by their numbers in RFC 7530; the first three are none.
const VERSION_4: [&str; 40] = [
    "",
    "",
    "",
    "Access",
    "Close",
    "Commit",
    "Create",
    "DelegPurge",
    "DelegReturn",
    "GetAttr",
    "GetFH",
    "Link",
    "Lock",
    "Lockt",
    "Locku",
    "Lookup",
    "LookupRoot",
    "Nverify",
    "Open",
    "OpenAttr",
    "OpenConfirm",
    "OpenDgrd",
    "PutFH",
    "PutPubFH",
    "PutRootFH",
    "Read",
    "ReadDir",
    "ReadLink",
    "Remove",
    "Rename",
    "Renew",
    "RestoreFH",
    "SaveFH",
    "SecInfo",
    "SetAttr",
    "SetClientID",
    "SetClientIDConfirm",
    "Verify",
    "Write",
    "RelLockOwner",
];

/// The last number of `ra`, behind the size and ten parts of the cache.
const NOT_FOUND_COLUMN: usize = 11;

fn to_samples(text: &[u8], out: &mut Samples) -> Result<(), CollectError> {
    for line in lines(text) {
        let mut numbers = fields(line);
        match numbers.next().unwrap_or_default() {
            "rc" => {
                let [hits, misses, nocache] = take(numbers);
                set(&HITS, hits, out);
                set(&MISSES, misses, out);
                set(&NOCACHE, nocache, out);
            }
            "fh" => {
                let [stale] = take(numbers);
                set(&STALE, stale, out);
            }
            "io" => {
                let [read, written] = take(numbers);
                set(&READ, read, out);
                set(&WRITTEN, written, out);
            }
            "th" => set_gauge(&THREADS, numbers.next(), out),
            "ra" => {
                let [not_found] = take({
                    let mut behind = numbers.clone();
                    behind.by_ref().take(NOT_FOUND_COLUMN).for_each(drop);
                    behind
                });
                set_gauge(&READ_AHEAD, numbers.next(), out);
                set(&NOT_FOUND, not_found, out);
            }
            "net" => {
                let [_, udp, tcp, connections] = take(numbers);
                set_label(&PACKETS, "udp", udp, out);
                set_label(&PACKETS, "tcp", tcp, out);
                set(&CONNECTIONS, connections, out);
            }
            "rpc" => {
                // The second is the sum of the rest.
                let [calls, _, form, credentials, client] = take(numbers);
                set(&RPCS, calls, out);
                set_label(&ERRORS, "fmt", form, out);
                set_label(&ERRORS, "auth", credentials, out);
                set_label(&ERRORS, "cInt", client, out);
            }
            "proc2" => requests(&REQUESTS, "2", &without_null(VERSION_2), numbers, out),
            "proc3" => requests(&REQUESTS, "3", &without_null(VERSION_3), numbers, out),
            "proc4ops" => requests(&REQUESTS, "4", &VERSION_4, numbers, out),
            "wdeleg_getattr" => {
                let [value] = take(numbers);
                if let Some(value) = value {
                    out.set(&REQUESTS, ["4", "WdelegGetattr"], value);
                }
            }
            _ => {}
        }
    }
    if out.is_empty() { Err("nothing in /proc/net/rpc/nfsd can be read".into()) } else { Ok(()) }
}

fn set_gauge(metric: &Gauge, value: Option<&str>, out: &mut Samples) {
    if let Some(value) = value.and_then(number) {
        out.set(metric, [], value);
    }
}

/// Calls that do nothing do not count as requests.
fn without_null<const N: usize>(mut methods: [&str; N]) -> [&str; N] {
    methods[0] = "";
    methods
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_by_their_names() {
        let mut out = Samples::default();
        let text = b"rc 1 2 3\nfh 4 0 0 0 0\nio 5 6\nth 8 0 0.0 0.0\nra 32 1 1 1 1 1 1 1 1 1 1 9\n\
            net 10 11 12 13\nrpc 14 6 3 2 1\nproc2 18 1 20\nproc3 2 1 21 22\nproc4 2 1 1\n\
            proc4ops 40 0 0 0 30 x 31\nwdeleg_getattr 16\nio 7";
        to_samples(text, &mut out).unwrap();
        assert_eq!(out.check(&DEF), Ok(()));
        let counters = [
            (&HITS, 1.0),
            (&MISSES, 2.0),
            (&NOCACHE, 3.0),
            (&STALE, 4.0),
            (&READ, 5.0),
            (&WRITTEN, 6.0),
            (&NOT_FOUND, 9.0),
            (&CONNECTIONS, 13.0),
            (&RPCS, 14.0),
        ];
        for (metric, value) in counters {
            assert_eq!(out.value(metric, []), Some(value), "{}", metric.name());
        }
        let gauges = [&THREADS, &READ_AHEAD].map(|metric| out.value(metric, []));
        assert_eq!(gauges, [Some(8.0), Some(32.0)]);
        let packets = ["udp", "tcp"].map(|protocol| out.value(&PACKETS, [protocol]));
        assert_eq!(packets, [Some(11.0), Some(12.0)]);
        let errors = ["fmt", "auth", "cInt"].map(|error| out.value(&ERRORS, [error]));
        assert_eq!(errors, [Some(3.0), Some(2.0), Some(1.0)]);
        let requests = [
            ["2", "GetAttr"],
            ["3", "GetAttr"],
            ["4", "Access"],
            ["4", "Commit"],
            ["4", "WdelegGetattr"],
        ];
        let requests = requests.map(|labels| out.value(&REQUESTS, labels));
        assert_eq!(requests, [20.0, 21.0, 30.0, 31.0, 16.0].map(Some));
        assert_eq!(out.len(), 9 + 2 + 2 + 3 + 5);
    }

    #[test]
    fn operations_have_the_numbers_of_the_protocol() {
        let position = |method: &str| VERSION_4.iter().position(|it| *it == method);
        let methods = ["Access", "Lookup", "Read", "SetClientID", "Verify", "RelLockOwner"];
        assert_eq!(methods.map(position), [3, 15, 25, 35, 37, 39].map(Some));
    }
}
