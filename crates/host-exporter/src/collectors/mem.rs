//! How much of the host's memory is in use.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod portable;

#[cfg(target_os = "linux")]
use linux::Reader;
#[cfg(not(target_os = "linux"))]
use portable::Reader;

use exporter_kit::{CollectError, CollectorDef, Gauge, Samples, ScheduledCollector, Unit};

const USAGE: Gauge = Gauge::new(
    "sys_mem_usage",
    "Memory in use in percent: (total - available) / total, with available as the kernel tells it.",
)
.unit(Unit::Percent)
.zh("内存使用率");

/// The host's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Facts {
    /// Usable memory in bytes.
    total: u64,
    /// What programs could get without swapping, in bytes.
    available: u64,
}

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "mem",
    "内存使用率",
    "Memory in use, ready-made as a percentage.",
    &[&USAGE],
    |settings| {
        let mut reader = Reader::new(settings);
        let collect = move |out: &mut Samples| to_samples(reader.read()?, out);
        Ok(ScheduledCollector::on_scrape(collect))
    },
)
.source(if cfg!(windows) { "GlobalMemoryStatusEx" } else { "/proc/meminfo" });

fn to_samples(facts: Facts, out: &mut Samples) -> Result<(), CollectError> {
    if facts.total == 0 {
        return Err("the system reports no memory at all".into());
    }
    // Kernels have been seen to report more available than total.
    let used = facts.total.saturating_sub(facts.available);
    out.set(&USAGE, [], used as f64 / facts.total as f64 * 100.0);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_is_the_share_that_is_not_available() {
        let cases = [(200, 50, 75.0), (4, 4, 0.0), (4, 0, 100.0), (4, 5, 0.0)];
        for (total, available, percent) in cases {
            let mut out = Samples::default();
            to_samples(Facts { total, available }, &mut out).unwrap();
            assert_eq!(out.value(&USAGE, []), Some(percent));
        }
    }

    #[test]
    fn no_memory_is_an_error_and_no_sample() {
        let mut out = Samples::default();
        assert!(to_samples(Facts { total: 0, available: 0 }, &mut out).is_err());
        assert!(out.is_empty());
    }
}
