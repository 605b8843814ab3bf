//! The load average: `/proc/loadavg`.

use exporter_kit::{CollectError, CollectorDef, Gauge, Samples};

use super::node::gauge;
use crate::host::shared_proc_file;
use crate::text::{fields, lines};

const LOAD1: Gauge = gauge("node_load1", "1分钟平均负载", "Load average over 1 minute.");
const LOAD5: Gauge = gauge("node_load5", "5分钟平均负载", "Load average over 5 minutes.");
const LOAD15: Gauge = gauge("node_load15", "15分钟平均负载", "Load average over 15 minutes.");
const LOADS: [&Gauge; 3] = [&LOAD1, &LOAD5, &LOAD15];

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "loadavg",
    "系统负载",
    "Load averages.",
    &[&LOAD1, &LOAD5, &LOAD15],
    |settings| shared_proc_file(settings, "loadavg", to_samples),
)
.source("/proc/loadavg");

fn to_samples(text: &[u8], out: &mut Samples) -> Result<(), CollectError> {
    let mut fields = fields(lines(text).next().unwrap_or_default());
    for load in LOADS {
        out.set(load, [], fields.number()?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_numbers_are_read_as_they_are_written() {
        let mut out = Samples::default();
        to_samples(b"0.20 0.18 0.12 1/80 11206\n", &mut out).unwrap();
        assert_eq!(LOADS.map(|load| out.value(load, [])), [Some(0.2), Some(0.18), Some(0.12)]);
        for damaged in [&b""[..], b"0.20 0.18 0.12", b"0.20\n", b"a b c\n", b"0.2 0.1 inf\n"] {
            assert!(to_samples(damaged, &mut out).is_err(), "{damaged:?}");
        }
    }
}
