//! Bytes that wait in UDP sockets: `/proc/net/udp` and `/proc/net/udp6`.

use exporter_kit::{CollectError, CollectorDef, Gauge, KeptFile, Samples, ScheduledCollector};

use super::node::gauge;
use crate::host::Host;
use crate::text::{fields, lines};

const QUEUES: Gauge<2> = gauge(
    "node_udp_queues",
    "UDP队列字节数",
    "Bytes that wait in the queues of all UDP sockets, to be sent or to be read.",
)
.labels(["queue", "ip"]);

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "udp_queues",
    "UDP队列",
    "Bytes that wait in UDP sockets.",
    &[&QUEUES],
    |settings| {
        let host = Host::new(settings);
        let mut files = [("v4", "net/udp"), ("v6", "net/udp6")]
            .map(|(ip, path)| (ip, KeptFile::new(host.proc(path)).short_lines()));
        let collect = move |out: &mut Samples| {
            for (ip, file) in &mut files {
                match file.read_if_exists() {
                    Ok(text) => to_samples(text, ip, out)?,
                    Err(CollectError::NoData) => {}
                    Err(error) => return Err(error),
                }
            }
            if out.is_empty() { Err(CollectError::NoData) } else { Ok(()) }
        };
        Ok(ScheduledCollector::on_scrape(collect))
    },
)
.source("/proc/net/udp, /proc/net/udp6");

fn to_samples(text: &[u8], ip: &str, out: &mut Samples) -> Result<(), CollectError> {
    let mut lines = lines(text);
    // Without sockets there is the heading alone.
    if !lines.next().is_some_and(|heading| heading.contains("local_address")) {
        return Err("/proc/net/udp has no heading".into());
    }
    let (mut sent, mut received) = (0, 0);
    for line in lines {
        let queues = fields(line).nth(4).and_then(|queues| queues.split_once(':'));
        let Some((tx, rx)) = queues else { continue };
        let bytes = |text| u64::from_str_radix(text, 16);
        if let (Ok(tx), Ok(rx)) = (bytes(tx), bytes(rx)) {
            sent += tx & 0xffff_ffff;
            received += rx & 0xffff_ffff;
        }
    }
    out.set(&QUEUES, ["tx", ip], sent as f64);
    out.set(&QUEUES, ["rx", ip], received as f64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADING: &str = "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when\n";

    #[test]
    fn the_queues_of_all_sockets_are_added() {
        let text = format!(
            "{HEADING}  1: 0100007F:0143 00000000:0000 07 00000015:000003C0 00:0\n\
               2: 0:0 0:0 07 00000001:FFFFFFFF 00:0\n  3: 0:0 0:0 07 x:1 0\n  4: 0:0 0:0\n\
               5: 0:0 0:0 07 00000001:00000001"
        );
        let mut out = Samples::default();
        to_samples(text.as_bytes(), "v4", &mut out).unwrap();
        assert_eq!(out.value(&QUEUES, ["tx", "v4"]), Some(22.0));
        assert_eq!(out.value(&QUEUES, ["rx", "v4"]), Some(4_294_968_255.0));
        to_samples(HEADING.as_bytes(), "v6", &mut out).unwrap();
        assert_eq!(out.value(&QUEUES, ["rx", "v6"]), Some(0.0));
        for damaged in ["", "  1: 0:0 0:0 07 00000015:000003C0\n"] {
            assert!(to_samples(damaged.as_bytes(), "v4", &mut out).is_err());
        }
    }
}
