//! Definitions under the names of windows_exporter, and what each collector's build needs.

use exporter_kit::{Counter, Gauge, Unit, Untyped};
#[cfg(not(windows))]
use exporter_kit::{ScheduledCollector, SettingError, Settings};

use crate::names::{WINDOWS_EXPORTER, WINDOWS_EXPORTER_RETIRED};

pub(super) const fn gauge(name: &'static str, zh: &'static str, help: &'static str) -> Gauge {
    Gauge::new(name, help).unit(unit(name)).zh(zh).compatible_with(WINDOWS_EXPORTER)
}

pub(super) const fn counter(name: &'static str, zh: &'static str, help: &'static str) -> Counter {
    Counter::new(name, help).unit(unit(name)).zh(zh).compatible_with(WINDOWS_EXPORTER)
}

/// The unit at the end of a name.
const fn unit(name: &str) -> Unit {
    const ENDS: [(&str, Unit); 4] = [
        ("_bytes", Unit::Bytes),
        ("_bytes_total", Unit::Bytes),
        ("_seconds", Unit::Seconds),
        ("_seconds_total", Unit::Seconds),
    ];
    let mut at = 0;
    while at < ENDS.len() {
        let (end, unit) = ENDS[at];
        if let Some(rest) = name.len().checked_sub(end.len())
            && is_equal(name.as_bytes().split_at(rest).1, end.as_bytes())
        {
            return unit;
        }
        at += 1;
    }
    Unit::None
}

/// As `==`, which is not yet for constants.
const fn is_equal(one: &[u8], other: &[u8]) -> bool {
    let mut at = 0;
    while at < one.len() && at < other.len() {
        if one[at] != other[at] {
            return false;
        }
        at += 1;
    }
    one.len() == other.len()
}

/// A gauge under a name that windows_exporter has given up.
pub(super) const fn retired(name: &'static str, zh: &'static str, help: &'static str) -> Gauge {
    Gauge::new(name, help).zh(zh).compatible_with(WINDOWS_EXPORTER_RETIRED)
}

/// A counter under such a name, which lacks the suffix of counters.
pub(super) const fn retired_untyped(
    name: &'static str,
    zh: &'static str,
    help: &'static str,
) -> Untyped {
    Untyped::new(name, help).zh(zh).compatible_with(WINDOWS_EXPORTER_RETIRED)
}

/// Stands for the `build` of a collector in tests on other systems.
#[cfg(not(windows))]
pub(super) fn build(_: &Settings) -> Result<ScheduledCollector, SettingError> {
    use exporter_kit::{CollectError, Samples};
    Ok(ScheduledCollector::on_scrape(|_: &mut Samples| Err(CollectError::Unsupported)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_those_of_the_names() {
        for (name, expected) in [
            ("windows_memory_cache_bytes", Unit::Bytes),
            ("windows_net_bytes_total", Unit::Bytes),
            ("windows_logical_disk_idle_seconds_total", Unit::Seconds),
            ("windows_cpu_time_total", Unit::None),
            ("bytes", Unit::None),
        ] {
            assert_eq!(unit(name), expected, "{name}");
        }
    }
}
