//! TCP sockets by state, as the kernel reports them over netlink. `/proc/net/tcp` has them too, at many
//! times the cost.

use exporter_kit::{CollectError, CollectorDef, Gauge, Samples};
use rustix::net::netlink::SOCK_DIAG;

use super::node::gauge;
use crate::netlink::{dump, number_at};

const STATES: Gauge<1> = gauge(
    "node_tcp_connection_states",
    "TCP连接状态数",
    "Sockets of the exporter's own network namespace by state, and bytes in their queues.",
)
.labels(["state"]);

pub(super) const DEF: CollectorDef = CollectorDef::from_fn(
    "tcpstat",
    "TCP连接状态",
    "TCP sockets by state.",
    &[&STATES],
    |out| {
        let mut counts = Counts::default();
        ask(IPV4, &mut counts)?;
        ask(IPV6, &mut counts)?;
        counts.set(out);
        Ok(())
    },
)
.source("netlink SOCK_DIAG")
.off_by_default();

/// The names of states by the kernel's numbers, from 1 on.
const NAMES: [&str; 11] = [
    "established",
    "syn_sent",
    "syn_recv",
    "fin_wait1",
    "fin_wait2",
    "time_wait",
    "close",
    "close_wait",
    "last_ack",
    "listen",
    "closing",
];
const LISTEN: u8 = 10;

const IPV4: u8 = 2;
const IPV6: u8 = 10;
const TCP: u8 = 6;
const ALL_STATES: u32 = 0xfff;
const BY_FAMILY: u16 = 20;

/// Family, state, and 50 bytes of timers and addresses stand before the queues.
const REQUEST_BYTES: usize = 56;
const RECEIVE_QUEUE: usize = 56;
const SEND_QUEUE: usize = 60;

fn ask(family: u8, counts: &mut Counts) -> Result<(), CollectError> {
    let mut request = [0; REQUEST_BYTES];
    (request[0], request[1]) = (family, TCP);
    request[4..8].copy_from_slice(&ALL_STATES.to_ne_bytes());
    dump(Some(SOCK_DIAG), BY_FAMILY, &request, |entry| counts.add(entry))
}

#[derive(Debug, Default, PartialEq)]
struct Counts {
    sockets: [u64; NAMES.len()],
    received: u64,
    sent: u64,
}

impl Counts {
    fn add(&mut self, entry: &[u8]) {
        let state = entry.get(1).copied().unwrap_or_default();
        let queues = (number_at(entry, RECEIVE_QUEUE), number_at(entry, SEND_QUEUE));
        let (Some(received), Some(sent)) = queues else { return };
        let Some(sockets) = self.sockets.get_mut(usize::from(state.wrapping_sub(1))) else {
            return;
        };
        *sockets += 1;
        // A listening socket has connections in the place of bytes, and how many it can have.
        if state != LISTEN {
            self.received += u64::from(received);
            self.sent += u64::from(sent);
        }
    }

    fn set(&self, out: &mut Samples) {
        for (name, sockets) in NAMES.iter().zip(self.sockets) {
            out.set(&STATES, [name], sockets as f64);
        }
        out.set(&STATES, ["rx_queued_bytes"], self.received as f64);
        out.set(&STATES, ["tx_queued_bytes"], self.sent as f64);
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn sockets_are_counted_by_state() {
        let entry = |state: u8, received: u32, sent: u32| {
            let mut entry = [0; 72];
            entry[1] = state;
            entry[RECEIVE_QUEUE..SEND_QUEUE].copy_from_slice(&received.to_ne_bytes());
            entry[SEND_QUEUE..64].copy_from_slice(&sent.to_ne_bytes());
            entry
        };
        let mut counts = Counts::default();
        for (state, received, sent) in [(1, 5, 7), (1, 1, 0), (10, 3, 4096), (11, 0, 1)] {
            counts.add(&entry(state, received, sent));
        }
        counts.add(&entry(0, 1, 1));
        counts.add(&entry(12, 1, 1));
        counts.add(&entry(1, 1, 1)[..60]);
        let mut out = Samples::default();
        counts.set(&mut out);
        for (state, value) in [
            ("established", 2.0),
            ("listen", 1.0),
            ("closing", 1.0),
            ("time_wait", 0.0),
            ("rx_queued_bytes", 6.0),
            ("tx_queued_bytes", 8.0),
        ] {
            assert_eq!(out.value(&STATES, [state]), Some(value), "{state}");
        }
        assert_eq!(out.len(), 13);
    }

    #[test]
    fn the_kernel_tells_of_a_socket() {
        let _listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut counts = Counts::default();
        // A sandbox may have no netlink.
        if ask(IPV4, &mut counts).is_ok() {
            assert!(counts.sockets[usize::from(LISTEN) - 1] > 0);
        }
    }
}
