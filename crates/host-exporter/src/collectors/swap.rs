//! Swap by device: `/proc/swaps`.

use exporter_kit::{CollectError, CollectorDef, Gauge, KeptFile, Samples, Unit};

use super::node::gauge;
use crate::host::{Host, file};
use crate::mounts::unescape;
use crate::text::{fields, lines};

const SIZE: Gauge<2> = gauge("node_swap_size_bytes", "交换设备容量", "Size of the swap device.")
    .unit(Unit::Bytes)
    .labels(["device", "type"]);
const USED: Gauge<2> =
    gauge("node_swap_used_bytes", "交换设备已用", "How much of the swap device is in use.")
        .unit(Unit::Bytes)
        .labels(["device", "type"]);
const PRIORITY: Gauge<2> = gauge(
    "node_swap_priority",
    "交换设备优先级",
    "Which device is filled first: that with the highest number.",
)
.labels(["device", "type"]);

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "swap",
    "交换设备",
    "Size, use and priority of each swap device.",
    &[&SIZE, &USED, &PRIORITY],
    |settings| file(KeptFile::new(Host::new(settings).proc("swaps")), to_samples),
)
.off_by_default()
.source("/proc/swaps");

fn to_samples(swaps: &[u8], out: &mut Samples) -> Result<(), CollectError> {
    // The first line is the heading.
    for line in lines(swaps).skip(1) {
        let mut fields = fields(line);
        let (Some(device), Some(kind)) = (fields.next(), fields.next()) else { continue };
        let (Ok(size), Ok(used), Ok(priority)) =
            (fields.number(), fields.number(), fields.number())
        else {
            continue;
        };
        let device = unescape(device.as_bytes());
        let labels = [&*String::from_utf8_lossy(&device), kind];
        out.set(&SIZE, labels, size * 1024.0);
        out.set(&USED, labels, used * 1024.0);
        out.set(&PRIORITY, labels, priority);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kibibytes_become_bytes() {
        let swaps = b"Filename\t\t\t\tType\t\tSize\tUsed\tPriority\n\
            /dev/dm-1                               partition\t12582908\t374876\t-2\n\
            /srv/swap\\040file                       file\t\t4194304\t0\t100\n\
            /damaged partition 1 x 2\n/short file 1\n/cut file 1 2 3";
        let mut out = Samples::default();
        to_samples(swaps, &mut out).unwrap();
        assert_eq!(out.check(&DEF), Ok(()));
        let disk = ["/dev/dm-1", "partition"];
        assert_eq!(out.value(&SIZE, disk), Some(12_582_908.0 * 1024.0));
        assert_eq!(out.value(&USED, disk), Some(374_876.0 * 1024.0));
        assert_eq!(out.value(&PRIORITY, disk), Some(-2.0));
        assert_eq!(out.value(&PRIORITY, ["/srv/swap file", "file"]), Some(100.0));
        assert_eq!(out.len(), 6);
    }
}
