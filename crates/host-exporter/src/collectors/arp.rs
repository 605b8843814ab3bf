//! Neighbours that the host knows by IPv4: `/proc/net/arp`.

use exporter_kit::{
    CollectError, Collector, CollectorDef, Flag, Gauge, KeptFile, Pattern, Samples,
    ScheduledCollector,
};

use super::node::gauge;
use crate::host::Host;
use crate::text::{fields, lines};
use crate::wanted::Wanted;

const ENTRIES: Gauge<1> = gauge(
    "node_arp_entries",
    "ARP表项数",
    "Entries of the ARP table, with those that wait for an answer.",
)
.labels(["device"]);

const INCLUDE: Flag<Pattern> =
    Flag::pattern("collector.arp.device-include", "", "Devices to expose, and no others.");
const EXCLUDE: Flag<Pattern> =
    Flag::pattern("collector.arp.device-exclude", "", "Devices to leave out.");
const NETLINK: Flag<bool> = Flag::switch(
    "collector.arp.netlink",
    "Accepted for compatibility; /proc/net/arp is read either way.",
)
.on();

pub(super) const DEF: CollectorDef =
    CollectorDef::new("arp", "ARP", "Size of the ARP table by device.", &[&ENTRIES], |settings| {
        let arp = Arp {
            file: KeptFile::new(Host::new(settings).proc("net/arp")).short_lines(),
            wanted: Wanted::new(settings.filter(&INCLUDE, &EXCLUDE)),
            counts: Vec::new(),
        };
        Ok(ScheduledCollector::on_scrape(arp))
    })
    .flags(&[&INCLUDE, &EXCLUDE, &NETLINK])
    .source("/proc/net/arp");

/// Counts neighbours.
struct Arp {
    file: KeptFile,
    wanted: Wanted,
    /// By device, in the order in which the devices were first seen.
    counts: Vec<(String, u32)>,
}

impl Collector for Arp {
    fn collect(&mut self, out: &mut Samples) -> Result<(), CollectError> {
        count(self.file.read_if_exists()?, &mut self.counts)?;
        self.wanted.begin();
        for (device, entries) in &self.counts {
            if self.wanted.wants(device) {
                out.set(&ENTRIES, [device], f64::from(*entries));
            }
        }
        Ok(())
    }
}

/// Counts the entries of each device. One that has none any more is forgotten.
fn count(text: &[u8], counts: &mut Vec<(String, u32)>) -> Result<(), CollectError> {
    counts.iter_mut().for_each(|(_, entries)| *entries = 0);
    let mut lines = lines(text);
    // An empty table has its heading.
    if !lines.next().is_some_and(|heading| heading.starts_with("IP address")) {
        return Err("/proc/net/arp has no heading".into());
    }
    let mut last = 0;
    for line in lines {
        let Some(device) = fields(line).nth(5) else { continue };
        // Entries of a device often stand together.
        let is_it = |(known, _): &(String, u32)| known == device;
        if !counts.get(last).is_some_and(is_it) {
            last = counts.iter().position(is_it).unwrap_or(counts.len());
        }
        match counts.get_mut(last) {
            Some((_, entries)) => *entries += 1,
            None => counts.push((device.to_owned(), 1)),
        }
    }
    counts.retain(|(_, entries)| *entries > 0);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADING: &str =
        "IP address       HW type     Flags       HW address            Mask     Device\n";

    #[test]
    fn entries_are_counted_by_device() {
        let mut counts = Vec::new();
        let mut counted = |rows: &str| {
            count(format!("{HEADING}{rows}").as_bytes(), &mut counts).unwrap();
            counts.clone()
        };
        let entry = |device: &str| format!("192.0.2.1 0x1 0x2 02:00:00:00:00:01 * {device}\n");
        let named = |device: &str, entries| (device.to_owned(), entries);
        let rows = ["a", "b", "a", "a"].map(entry).concat() + "192.0.2.9 0x1\n192.0.2.9 0x1 * b";
        assert_eq!(counted(&rows), [named("a", 3), named("b", 1)]);
        assert_eq!(counted(&["c", "b"].map(entry).concat()), [named("b", 1), named("c", 1)]);
        assert_eq!(counted(""), []);
    }

    #[test]
    fn a_file_without_its_heading_is_an_error() {
        for text in ["", "IP address", "192.0.2.1 0x1 0x2 02:00:00:00:00:01 * a\n"] {
            assert!(count(text.as_bytes(), &mut Vec::new()).is_err(), "{text:?}");
        }
    }
}
