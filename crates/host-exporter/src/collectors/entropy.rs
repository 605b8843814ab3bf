//! The kernel's random numbers: `/proc/sys/kernel/random`.

use exporter_kit::{CollectError, CollectorDef, Gauge, KeptFile, Samples, ScheduledCollector};

use super::node::gauge;
use crate::host::Host;
use crate::text::{fields, lines};

const AVAILABLE: Gauge =
    gauge("node_entropy_available_bits", "可用熵", "Bits of entropy that are available.");
const POOL_SIZE: Gauge = gauge(
    "node_entropy_pool_size_bits",
    "熵池大小",
    "Bits of entropy that the kernel's pool can hold.",
);

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "entropy",
    "熵池",
    "Entropy for random numbers.",
    &[&AVAILABLE, &POOL_SIZE],
    |settings| {
        let host = Host::new(settings);
        let file =
            |name: &str| KeptFile::new(host.proc("sys/kernel/random").join(name)).short_lines();
        let (mut available, mut size) = (file("entropy_avail"), file("poolsize"));
        let collect = move |out: &mut Samples| {
            set(&AVAILABLE, available.read_if_exists()?, out)?;
            set(&POOL_SIZE, size.read_if_exists()?, out)
        };
        Ok(ScheduledCollector::on_scrape(collect))
    },
)
.source("/proc/sys/kernel/random");

fn set(metric: &Gauge, text: &[u8], out: &mut Samples) -> Result<(), CollectError> {
    let bits = fields(lines(text).next().unwrap_or_default()).number()?;
    out.set(metric, [], bits);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_one_number() {
        let mut out = Samples::default();
        set(&AVAILABLE, b"256\n", &mut out).unwrap();
        assert_eq!(out.value(&AVAILABLE, []), Some(256.0));
        for damaged in [&b""[..], b"25", b"x\n"] {
            assert!(set(&POOL_SIZE, damaged, &mut out).is_err(), "{damaged:?}");
        }
    }
}
