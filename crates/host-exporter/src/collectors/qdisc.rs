//! Queues of packets that are to be sent, at the root of each device: netlink.

use exporter_kit::{
    CollectError, Collector, CollectorDef, Counter, Flag, Gauge, Pattern, Samples,
    ScheduledCollector, Unit,
};

use super::node::{counter, gauge};
use crate::netlink::{DeviceNames, attributes, dump, long_at, number_at};
use crate::wanted::Wanted;

const BYTES: Counter<2> = counter("node_qdisc_bytes_total", "队列发送字节数", "Bytes sent.")
    .unit(Unit::Bytes)
    .labels(LABELS);
const PACKETS: Counter<2> =
    counter("node_qdisc_packets_total", "队列发送包数", "Packets sent.").labels(LABELS);
const DROPS: Counter<2> =
    counter("node_qdisc_drops_total", "队列丢包数", "Packets dropped.").labels(LABELS);
const REQUEUES: Counter<2> = counter(
    "node_qdisc_requeues_total",
    "重新入队包数",
    "Packets put back because the device did not take them.",
)
.labels(LABELS);
const OVERLIMITS: Counter<2> = counter(
    "node_qdisc_overlimits_total",
    "超限次数",
    "How often packets had to wait because a rate was reached.",
)
.labels(LABELS);
const LENGTH: Gauge<2> =
    gauge("node_qdisc_current_queue_length", "队列长度", "Packets that wait to be sent.")
        .labels(LABELS);
const BACKLOG: Gauge<2> =
    gauge("node_qdisc_backlog", "队列积压字节数", "Bytes that wait to be sent.").labels(LABELS);

const LABELS: [&str; 2] = ["device", "kind"];

const INCLUDE: Flag<Pattern> =
    Flag::pattern("collector.qdisc.device-include", "", "Devices to expose, and no others.");
const EXCLUDE: Flag<Pattern> =
    Flag::pattern("collector.qdisc.device-exclude", "", "Devices to leave out.");

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "qdisc",
    "发送队列",
    "Queues of packets to send, in the exporter's own network namespace.",
    &[&BYTES, &PACKETS, &DROPS, &REQUEUES, &OVERLIMITS, &LENGTH, &BACKLOG],
    |settings| {
        let qdisc = Qdisc { wanted: Wanted::new(settings.filter(&INCLUDE, &EXCLUDE)) };
        Ok(ScheduledCollector::on_scrape(qdisc))
    },
)
.flags(&[&INCLUDE, &EXCLUDE])
.source("netlink RTM_GETQDISC")
.off_by_default();

const GET_QDISCS: u16 = 38;
const HEADER_BYTES: usize = 20;
const ROOT: u32 = u32::MAX;

// Attributes, and those within the statistics.
const KIND: u16 = 1;
const STATISTICS: u16 = 7;
const BASIC: u16 = 1;
const QUEUE: u16 = 3;
/// Packets as a number that does not wrap, on kernels from 5.5 on.
const PACKETS_64: u16 = 8;

/// Collects the queues of devices.
struct Qdisc {
    wanted: Wanted,
}

impl Collector for Qdisc {
    fn collect(&mut self, out: &mut Samples) -> Result<(), CollectError> {
        let names = DeviceNames::new()?;
        self.wanted.begin();
        dump(None, GET_QDISCS, &[0; HEADER_BYTES], |entry| {
            let Some(queue) = Queue::read(entry) else { return };
            let Some(device) = names.of(queue.device) else { return };
            if self.wanted.wants(device.as_str()) {
                queue.set(device.as_str(), out);
            }
        })
    }
}

/// The queue at the root of a device.
#[derive(Debug, Default, PartialEq)]
struct Queue<'a> {
    device: u32,
    kind: &'a str,
    sent: Option<(u64, u64)>,
    /// Length, backlog, drops, requeues and overlimits.
    waiting: Option<[u32; 5]>,
}

impl<'a> Queue<'a> {
    fn read(entry: &'a [u8]) -> Option<Self> {
        let (device, parent) = (number_at(entry, 4)?, number_at(entry, 12)?);
        if parent != ROOT && parent != 0 {
            return None;
        }
        let mut queue = Queue { device, ..Queue::default() };
        let mut packets_64 = None;
        for (attribute, value) in attributes(entry.get(HEADER_BYTES..)?) {
            match attribute {
                KIND => queue.kind = str::from_utf8(value).ok()?.trim_end_matches('\0'),
                STATISTICS => {
                    for (part, value) in attributes(value) {
                        match part {
                            BASIC => {
                                let packets = number_at(value, 8).map(u64::from);
                                queue.sent = long_at(value, 0).zip(packets);
                            }
                            PACKETS_64 => packets_64 = long_at(value, 0),
                            QUEUE => queue.waiting = numbers(value),
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
        }
        if let (Some((_, packets)), Some(all)) = (&mut queue.sent, packets_64) {
            *packets = all;
        }
        (!queue.kind.is_empty()).then_some(queue)
    }

    fn set(&self, device: &str, out: &mut Samples) {
        let labels = [device, self.kind];
        if let Some((bytes, packets)) = self.sent {
            out.set(&BYTES, labels, bytes as f64);
            out.set(&PACKETS, labels, packets as f64);
        }
        if let Some([length, backlog, drops, requeues, overlimits]) = self.waiting {
            out.set(&LENGTH, labels, length.into());
            out.set(&BACKLOG, labels, backlog.into());
            out.set(&DROPS, labels, drops.into());
            out.set(&REQUEUES, labels, requeues.into());
            out.set(&OVERLIMITS, labels, overlimits.into());
        }
    }
}

fn numbers(value: &[u8]) -> Option<[u32; 5]> {
    let mut numbers = [0; 5];
    for (at, number) in numbers.iter_mut().enumerate() {
        *number = number_at(value, 4 * at)?;
    }
    Some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(number: u16, value: &[u8]) -> Vec<u8> {
        let length = (4 + value.len()) as u16;
        let mut bytes = [&length.to_ne_bytes()[..], &number.to_ne_bytes(), value].concat();
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    fn entry(parent: u32, attributes: &[u8]) -> Vec<u8> {
        let numbers = [0, 7, 1, parent, 0].map(u32::to_ne_bytes).concat();
        [&numbers[..], attributes].concat()
    }

    #[test]
    fn the_root_of_a_device_is_read() {
        let basic = [&1_u64.to_ne_bytes()[..], &2_u32.to_ne_bytes()].concat();
        let waiting = [3, 4, 5, 6, 7_u32].map(u32::to_ne_bytes).concat();
        let kind = attribute(KIND, b"fq_codel\0");
        let old = [attribute(BASIC, &basic), attribute(QUEUE, &waiting)].concat();
        let new = [&old[..], &attribute(PACKETS_64, &(1_u64 << 40).to_ne_bytes())].concat();
        let with = |statistics: &[u8]| [&kind[..], &attribute(STATISTICS, statistics)].concat();
        let read = |entry: &[u8]| Queue::read(entry).map(|it| (it.sent, it.waiting));
        let all = Some([3, 4, 5, 6, 7]);
        assert_eq!(read(&entry(ROOT, &with(&old))), Some((Some((1, 2)), all)));
        assert_eq!(read(&entry(0, &with(&new))), Some((Some((1, 1 << 40)), all)));
        assert_eq!(read(&entry(1, &with(&old))), None);
        assert_eq!(read(&entry(ROOT, &kind)), Some((None, None)));
        assert_eq!(read(&entry(ROOT, &[])), None);
        assert_eq!(read(&entry(ROOT, &kind)[..10]), None);
        let entry = entry(ROOT, &with(&old));
        let queue = Queue::read(&entry).unwrap();
        assert_eq!((queue.device, queue.kind), (7, "fq_codel"));
        let mut out = Samples::default();
        queue.set("eth0", &mut out);
        assert_eq!(out.check(&DEF), Ok(()));
        assert_eq!(out.value(&OVERLIMITS, ["eth0", "fq_codel"]), Some(7.0));
        assert_eq!(out.len(), 7);
    }
}
