//! Definitions under the names of windows_exporter, and what each collector's build needs.

use exporter_kit::{Counter, Gauge};
#[cfg(not(windows))]
use exporter_kit::{ScheduledCollector, SettingError, Settings};

use crate::names::{WINDOWS_EXPORTER, WINDOWS_EXPORTER_RETIRED};

pub(super) const fn gauge(name: &'static str, zh: &'static str, help: &'static str) -> Gauge {
    Gauge::new(name, help).zh(zh).compatible_with(WINDOWS_EXPORTER)
}

pub(super) const fn counter(name: &'static str, zh: &'static str, help: &'static str) -> Counter {
    Counter::new(name, help).zh(zh).compatible_with(WINDOWS_EXPORTER)
}

/// A gauge under a name that windows_exporter has given up.
pub(super) const fn retired(name: &'static str, zh: &'static str, help: &'static str) -> Gauge {
    Gauge::new(name, help).zh(zh).compatible_with(WINDOWS_EXPORTER_RETIRED)
}

/// Stands for the `build` of a collector in tests on other systems.
#[cfg(not(windows))]
pub(super) fn build(_: &Settings) -> Result<ScheduledCollector, SettingError> {
    use exporter_kit::{CollectError, Samples};
    Ok(ScheduledCollector::on_scrape(|_: &mut Samples| Err(CollectError::Unsupported)))
}
