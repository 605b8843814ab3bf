//! Requests of the NFS client: `/proc/net/rpc/nfs`.

use exporter_kit::{CollectError, CollectorDef, Counter, Samples};

use super::node::counter;
use crate::host::proc_file;
use crate::text::{Fields, fields, lines, number};

const PACKETS: Counter<1> = counter(
    "node_nfs_packets_total",
    "NFS客户端包数",
    "Packets of the NFS client, by the protocol that carries them.",
)
.labels(["protocol"]);
const CONNECTIONS: Counter =
    counter("node_nfs_connections_total", "NFS客户端连接数", "TCP connections of the NFS client.");
const RPCS: Counter =
    counter("node_nfs_rpcs_total", "NFS客户端RPC数", "Remote calls of the NFS client.");
const RETRANSMISSIONS: Counter = counter(
    "node_nfs_rpc_retransmissions_total",
    "NFS客户端重传数",
    "Remote calls sent again, as no answer came.",
);
const REFRESHES: Counter = counter(
    "node_nfs_rpc_authentication_refreshes_total",
    "NFS客户端认证刷新数",
    "How often the NFS client renewed its credentials.",
);
const REQUESTS: Counter<2> = counter(
    "node_nfs_requests_total",
    "NFS客户端请求数",
    "Requests of the NFS client, by version and operation.",
)
.labels(["proto", "method"]);

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "nfs",
    "NFS客户端",
    "Requests of the NFS client.",
    &[&PACKETS, &CONNECTIONS, &RPCS, &RETRANSMISSIONS, &REFRESHES, &REQUESTS],
    |settings| proc_file(settings, "net/rpc/nfs", to_samples),
)
.source("/proc/net/rpc/nfs");

/// Operations of version 2, RFC 1094.
pub(super) const VERSION_2: [&str; 18] = [
    "Null", "GetAttr", "SetAttr", "Root", "Lookup", "ReadLink", "Read", "WrCache", "Write",
    "Create", "Remove", "Rename", "Link", "SymLink", "MkDir", "RmDir", "ReadDir", "FsStat",
];

/// Operations of version 3, RFC 1813.
pub(super) const VERSION_3: [&str; 22] = [
    "Null",
    "GetAttr",
    "SetAttr",
    "Lookup",
    "Access",
    "ReadLink",
    "Read",
    "Write",
    "Create",
    "MkDir",
    "SymLink",
    "MkNod",
    "Remove",
    "RmDir",
    "Rename",
    "Link",
    "ReadDir",
    "ReadDirPlus",
    "FsStat",
    "FsInfo",
    "PathConf",
    "Commit",
];

/// Operations of version 4 in the order of the client, which groups them in its own way.
const VERSION_4: [&str; 59] = [
    "Null",
    "Read",
    "Write",
    "Commit",
    "Open",
    "OpenConfirm",
    "OpenNoattr",
    "OpenDowngrade",
    "Close",
    "Setattr",
    "FsInfo",
    "Renew",
    "SetClientID",
    "SetClientIDConfirm",
    "Lock",
    "Lockt",
    "Locku",
    "Access",
    "Getattr",
    "Lookup",
    "LookupRoot",
    "Remove",
    "Rename",
    "Link",
    "Symlink",
    "Create",
    "Pathconf",
    "StatFs",
    "ReadLink",
    "ReadDir",
    "ServerCaps",
    "DelegReturn",
    "GetACL",
    "SetACL",
    "FsLocations",
    "ReleaseLockowner",
    "Secinfo",
    "FsidPresent",
    "ExchangeID",
    "CreateSession",
    "DestroySession",
    "Sequence",
    "GetLeaseTime",
    "ReclaimComplete",
    "LayoutGet",
    "GetDeviceInfo",
    "LayoutCommit",
    "LayoutReturn",
    "SecinfoNoName",
    "TestStateID",
    "FreeStateID",
    "GetDeviceList",
    "BindConnToSession",
    "DestroyClientID",
    "Seek",
    "Allocate",
    "DeAllocate",
    "LayoutStats",
    "Clone",
];

fn to_samples(text: &[u8], out: &mut Samples) -> Result<(), CollectError> {
    for line in lines(text) {
        let mut numbers = fields(line);
        match numbers.next().unwrap_or_default() {
            "net" => {
                let [_, udp, tcp, connections] = take(numbers);
                set_label(&PACKETS, "udp", udp, out);
                set_label(&PACKETS, "tcp", tcp, out);
                set(&CONNECTIONS, connections, out);
            }
            "rpc" => {
                let [calls, retransmissions, refreshes] = take(numbers);
                set(&RPCS, calls, out);
                set(&RETRANSMISSIONS, retransmissions, out);
                set(&REFRESHES, refreshes, out);
            }
            "proc2" => requests(&REQUESTS, "2", &VERSION_2, numbers, out),
            "proc3" => requests(&REQUESTS, "3", &VERSION_3, numbers, out),
            "proc4" => requests(&REQUESTS, "4", &VERSION_4, numbers, out),
            _ => {}
        }
    }
    if out.is_empty() { Err("nothing in /proc/net/rpc/nfs can be read".into()) } else { Ok(()) }
}

/// The first numbers of a line, as far as they are there and are numbers.
pub(super) fn take<const N: usize>(mut numbers: Fields<'_>) -> [Option<f64>; N] {
    std::array::from_fn(|_| numbers.next().and_then(number).filter(|it| *it >= 0.0))
}

/// Sets a counter to what was read, if anything.
pub(super) fn set(metric: &Counter, value: Option<f64>, out: &mut Samples) {
    if let Some(value) = value {
        out.set(metric, [], value);
    }
}

/// As [`set`], for a counter with a label.
pub(super) fn set_label(metric: &Counter<1>, label: &str, value: Option<f64>, out: &mut Samples) {
    if let Some(value) = value {
        out.set(metric, [label], value);
    }
}

/// Sets the requests of one version from a line that has their number, and then each. Without a
/// name a method is passed over; kernels differ in how many they have.
pub(super) fn requests(
    metric: &Counter<2>,
    version: &str,
    methods: &[&str],
    mut numbers: Fields<'_>,
    out: &mut Samples,
) {
    let Some(methods_here) = numbers.next().and_then(number) else { return };
    for ((at, method), value) in (0_u32..).zip(methods).zip(numbers) {
        if f64::from(at) >= methods_here {
            break;
        }
        if let Some(value) = number(value).filter(|it| *it >= 0.0 && !method.is_empty()) {
            out.set(metric, [version, method], value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_by_their_names() {
        let mut out = Samples::default();
        let text =
            b"net 10 3 x 2\nrpc 90 1\nproc2 2 7 8 9\nproc3 22 1 2\nproc4 99 5 x 6\nnew 1\nrpc 5";
        to_samples(text, &mut out).unwrap();
        assert_eq!(out.check(&DEF), Ok(()));
        let packets = ["udp", "tcp"].map(|protocol| out.value(&PACKETS, [protocol]));
        assert_eq!((packets, out.value(&CONNECTIONS, [])), ([Some(3.0), None], Some(2.0)));
        let calls = [&RPCS, &RETRANSMISSIONS, &REFRESHES].map(|metric| out.value(metric, []));
        assert_eq!(calls, [Some(90.0), Some(1.0), None]);
        for (version, method, value) in [
            ("2", "GetAttr", Some(8.0)),
            ("2", "SetAttr", None),
            ("3", "GetAttr", Some(2.0)),
            ("4", "Null", Some(5.0)),
            ("4", "Read", None),
            ("4", "Write", Some(6.0)),
        ] {
            assert_eq!(out.value(&REQUESTS, [version, method]), value, "{version} {method}");
        }
        assert_eq!(out.len(), 2 + 2 + 2 + 2 + 2);
    }

    #[test]
    fn a_file_with_nothing_to_read_is_an_error() {
        for text in ["", "net\n", "rpc 1 2 3", "x 1\n"] {
            assert!(to_samples(text.as_bytes(), &mut Samples::default()).is_err(), "{text:?}");
        }
    }
}
