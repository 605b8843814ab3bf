//! How fragmented free memory is: `/proc/buddyinfo`.

use exporter_kit::{CollectError, CollectorDef, Gauge, Samples};

use super::node::gauge;
use crate::host::proc_file;
use crate::text::{fields, lines, number, with_text};

const BLOCKS: Gauge<3> = gauge(
    "node_buddyinfo_blocks",
    "空闲内存块数",
    "Free blocks of memory, by size: 0 is one page, and each further one twice as large.",
)
.labels(["node", "zone", "size"]);

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "buddyinfo",
    "内存碎片",
    "Free blocks of memory by size.",
    &[&BLOCKS],
    |settings| proc_file(settings, "buddyinfo", to_samples),
)
.off_by_default()
.source("/proc/buddyinfo");

fn to_samples(text: &[u8], out: &mut Samples) -> Result<(), CollectError> {
    for line in lines(text) {
        let Some((node, rest)) = line.strip_prefix("Node ").and_then(|line| line.split_once(','))
        else {
            continue;
        };
        let mut fields = fields(rest);
        let (Some("zone"), Some(zone)) = (fields.next(), fields.next()) else { continue };
        for (size, blocks) in (0_u32..).zip(fields) {
            if let Some(blocks) = number(blocks) {
                with_text(size, |size| out.set(&BLOCKS, [node, zone, size], blocks));
            }
        }
    }
    if out.is_empty() { Err("no zone in /proc/buddyinfo".into()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_has_a_number_for_each_size() {
        let mut out = Samples::default();
        to_samples(b"Node 0, zone      DMA      1      x      3\nNode 1 zone\n", &mut out).unwrap();
        assert_eq!(out.value(&BLOCKS, ["0", "DMA", "0"]), Some(1.0));
        assert_eq!(out.value(&BLOCKS, ["0", "DMA", "2"]), Some(3.0));
        assert_eq!(out.len(), 2);
        assert!(to_samples(b"Node 0\n", &mut Samples::default()).is_err());
    }
}
