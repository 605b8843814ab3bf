//! Definitions under the names of windows_exporter, and what each collector's build needs.

use exporter_kit::{Counter, Gauge, Pattern, Untyped};
#[cfg(windows)]
use exporter_kit::{Filter, Flag};
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

/// A counter under such a name, which lacks the suffix of counters.
pub(super) const fn retired_untyped(
    name: &'static str,
    zh: &'static str,
    help: &'static str,
) -> Untyped {
    Untyped::new(name, help).zh(zh).compatible_with(WINDOWS_EXPORTER_RETIRED)
}

/// The filter of two flags, whose expressions must match the whole name, as windows_exporter's do.
#[cfg(windows)]
pub(super) fn filter(
    settings: &exporter_kit::Settings,
    include: &Flag<Pattern>,
    exclude: &Flag<Pattern>,
) -> Filter {
    let pattern = |flag: &Flag<Pattern>| settings.get(flag).map(whole);
    Filter::new(pattern(include), pattern(exclude))
}

/// The expression, to match the whole of a name.
pub(super) fn whole(pattern: &Pattern) -> Pattern {
    // A sound expression is still sound in a group.
    Pattern::new(&format!("^(?:{})$", pattern.as_str())).unwrap_or_else(|_| pattern.clone())
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
    fn expressions_match_whole_names() {
        for (expression, name, expected) in [
            ("C:|D:", "D:", true),
            ("C:|D:", "D:\\mount", false),
            ("Harddisk.+", "HarddiskVolume1", true),
            ("Volume", "HarddiskVolume1", false),
        ] {
            let pattern = whole(&Pattern::new(expression).unwrap());
            assert_eq!(pattern.is_match(name), expected, "{expression} {name}");
        }
    }
}
