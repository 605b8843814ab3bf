//! How much of the host's memory is in use.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(any(target_os = "linux", windows)))]
mod portable;
#[cfg(windows)]
mod windows;

#[cfg(target_os = "linux")]
use linux::Reader;
#[cfg(not(any(target_os = "linux", windows)))]
use portable::Reader;
#[cfg(windows)]
use windows::Reader;

use exporter_kit::{CollectError, CollectorDef, Gauge, Samples, ScheduledCollector, Unit};

const USAGE: Gauge = Gauge::new(
    "sys_mem_usage",
    "Memory in use in percent: (total - available) / total, with available as the kernel tells it.",
)
.unit(Unit::Percent)
.zh("内存使用率");

const SWAP: Gauge = Gauge::new(
    "sys_swap_usage",
    "Swap space in use in percent; absent where there is none, and on Windows.",
)
.unit(Unit::Percent)
.zh("交换空间使用率");

/// The host's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Facts {
    /// Usable memory in bytes.
    total: u64,
    /// What programs could get without swapping, in bytes.
    available: u64,
    /// Swap space, and the part of it that is free, in bytes.
    swap: Option<[u64; 2]>,
}

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "mem",
    "内存使用率",
    "Memory and swap in use, ready-made as percentages.",
    &[&USAGE, &SWAP],
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
    // Some kernels and containers do; a share of it would be made up.
    if facts.available > facts.total {
        return Err("the system reports more memory available than there is".into());
    }
    let used = facts.total - facts.available;
    out.set(&USAGE, [], used as f64 / facts.total as f64 * 100.0);
    if let Some([total, free]) = facts.swap.filter(|[total, free]| *total > 0 && free <= total) {
        out.set(&SWAP, [], (total - free) as f64 / total as f64 * 100.0);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_is_the_share_that_is_not_available() {
        let cases = [(200, 50, 75.0), (4, 4, 0.0), (4, 0, 100.0)];
        for (total, available, percent) in cases {
            let mut out = Samples::default();
            to_samples(Facts { total, available, swap: None }, &mut out).unwrap();
            assert_eq!(out.value(&USAGE, []), Some(percent));
        }
    }

    #[test]
    fn what_cannot_be_is_an_error_and_no_sample() {
        for (total, available) in [(0, 0), (4, 5)] {
            let mut out = Samples::default();
            assert!(to_samples(Facts { total, available, swap: None }, &mut out).is_err());
            assert!(out.is_empty());
        }
    }

    #[test]
    fn swap_is_there_where_there_is_some() {
        for (swap, percent) in
            [(None, None), (Some([0, 0]), None), (Some([4, 5]), None), (Some([4, 1]), Some(75.0))]
        {
            let mut out = Samples::default();
            to_samples(Facts { total: 4, available: 1, swap }, &mut out).unwrap();
            assert_eq!(out.value(&SWAP, []), percent, "{swap:?}");
        }
    }
}
