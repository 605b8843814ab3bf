//! Each swap device and file: `/proc/swaps`.

use exporter_kit::{CollectError, CollectorDef, Gauge, Samples, Unit};

use super::node::gauge;
use crate::host::proc_file;
use crate::text::{fields, lines};

const SIZE: Gauge<2> = gauge("node_swap_size_bytes", "交换设备大小", "Size of the swap device.")
    .unit(Unit::Bytes)
    .labels(["device", "swap_type"]);
const USED: Gauge<2> =
    gauge("node_swap_used_bytes", "交换设备已用", "Space of the swap device that is in use.")
        .unit(Unit::Bytes)
        .labels(["device", "swap_type"]);
const PRIORITY: Gauge<2> = gauge(
    "node_swap_priority",
    "交换设备优先级",
    "Priority of the swap device; the highest is used first.",
)
.labels(["device", "swap_type"]);

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "swap",
    "交换空间",
    "Size and use of each swap device.",
    &[&SIZE, &USED, &PRIORITY],
    |settings| proc_file(settings, "swaps", to_samples),
)
.off_by_default()
.source("/proc/swaps");

const KIB: f64 = 1024.0;

/// A host without swap has the header alone.
fn to_samples(text: &[u8], out: &mut Samples) -> Result<(), CollectError> {
    for line in lines(text).skip(1) {
        let mut fields = fields(line);
        let (Some(device), Some(kind)) = (fields.next(), fields.next()) else { continue };
        if let (Ok(size), Ok(used), Ok(priority)) =
            (fields.number(), fields.number(), fields.number())
        {
            out.set(&SIZE, [device, kind], size * KIB);
            out.set(&USED, [device, kind], used * KIB);
            out.set(&PRIORITY, [device, kind], priority);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_device() {
        let mut out = Samples::default();
        let text = b"Filename Type Size Used Priority\n/dev/vdb1  partition\t4194304\t1\t-2\n\
                     /swap\\040file file 8 x 1\n/dev/vdc partition 1\n";
        to_samples(text, &mut out).unwrap();
        let device = ["/dev/vdb1", "partition"];
        assert_eq!(out.value(&SIZE, device), Some(4_294_967_296.0));
        assert_eq!(out.value(&USED, device), Some(1024.0));
        assert_eq!(out.value(&PRIORITY, device), Some(-2.0));
        assert_eq!(out.len(), 3);
        let mut out = Samples::default();
        assert!(to_samples(b"Filename\n", &mut out).is_ok() && out.is_empty());
    }
}
