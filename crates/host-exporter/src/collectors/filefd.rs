//! Open files of the whole system: `/proc/sys/fs/file-nr`.

use exporter_kit::{CollectError, CollectorDef, Gauge, Samples};

use super::node::gauge;
use crate::host::proc_file;
use crate::text::{fields, lines};

const ALLOCATED: Gauge =
    gauge("node_filefd_allocated", "已分配文件句柄", "File handles that the kernel has allocated.");
const MAXIMUM: Gauge = gauge(
    "node_filefd_maximum",
    "最大文件句柄数",
    "File handles that the kernel allocates at most.",
);

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "filefd",
    "文件句柄",
    "File handles, in use and at most.",
    &[&ALLOCATED, &MAXIMUM],
    |settings| proc_file(settings, "sys/fs/file-nr", to_samples),
)
.source("/proc/sys/fs/file-nr");

fn to_samples(text: &[u8], out: &mut Samples) -> Result<(), CollectError> {
    let mut fields = fields(lines(text).next().unwrap_or_default());
    let (allocated, _free, maximum) = (fields.number()?, fields.number()?, fields.number()?);
    out.set(&ALLOCATED, [], allocated);
    out.set(&MAXIMUM, [], maximum);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_and_third_number_count() {
        let mut out = Samples::default();
        to_samples(b"1024\t0\t1631329\n", &mut out).unwrap();
        assert_eq!(out.value(&ALLOCATED, []), Some(1024.0));
        assert_eq!(out.value(&MAXIMUM, []), Some(1_631_329.0));
        for damaged in [&b""[..], b"1024\t0\n", b"1024\t0\tx\n", b"1024\t0\t16"] {
            assert!(to_samples(damaged, &mut out).is_err(), "{damaged:?}");
        }
    }
}
