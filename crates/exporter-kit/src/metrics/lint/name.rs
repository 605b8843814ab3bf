//! Rules for the names of metrics.

use super::Findings;
use crate::metrics::checks::is_name;
use crate::metrics::{Description, Kind, Unit};

/// Ends of names that stand for something else than a base unit, and the base unit.
const OTHER_UNITS: &[(&str, &str)] = &[
    ("ns", "seconds"),
    ("us", "seconds"),
    ("ms", "seconds"),
    ("nanoseconds", "seconds"),
    ("microseconds", "seconds"),
    ("milliseconds", "seconds"),
    ("millis", "seconds"),
    ("sec", "seconds"),
    ("secs", "seconds"),
    ("second", "seconds"),
    ("minutes", "seconds"),
    ("hours", "seconds"),
    ("days", "seconds"),
    ("weeks", "seconds"),
    ("bits", "bytes"),
    ("byte", "bytes"),
    ("kb", "bytes"),
    ("mb", "bytes"),
    ("gb", "bytes"),
    ("tb", "bytes"),
    ("kib", "bytes"),
    ("mib", "bytes"),
    ("gib", "bytes"),
    ("tib", "bytes"),
    ("kilobytes", "bytes"),
    ("megabytes", "bytes"),
    ("gigabytes", "bytes"),
    ("kibibytes", "bytes"),
    ("mebibytes", "bytes"),
    ("gibibytes", "bytes"),
    ("percent", "ratio"),
    ("percentage", "ratio"),
    ("pct", "ratio"),
    ("fahrenheit", "celsius"),
    ("kelvin", "celsius"),
    ("mhz", "hertz"),
    ("ghz", "hertz"),
    ("hz", "hertz"),
    ("millivolts", "volts"),
    ("milliamperes", "amperes"),
    ("milliwatts", "watts"),
    ("kilowatts", "watts"),
];

/// Prefixes of names that others make: Prometheus of a scrape, BlueKing's agent, client libraries.
const TAKEN_PREFIXES: [&str; 5] = ["scrape_", "bkm_metricbeat_", "process_", "promhttp_", "go_"];

/// The longest name of a sample that BlueKing 5.1 takes.
const MAX_LENGTH: usize = 50;

pub(super) fn check(metric: &Description<'_>, findings: &mut Findings) {
    if !is_name(metric.name) {
        findings.error("The name is not a letter followed by letters, digits and _.");
        return;
    }
    let longest = metric.kind.suffixes().iter().map(|suffix| suffix.len()).max().unwrap_or(0);
    // A name that another program has made cannot be shorter; packages for 5.1 leave it out.
    if metric.name.len() + longest > MAX_LENGTH && metric.compatible_with.is_empty() {
        let length = metric.name.len() + longest;
        findings.warning(format!(
            "The name of a sample has {length} characters; BlueKing 5.1 takes {MAX_LENGTH}."
        ));
    }
    if metric.name.starts_with('_') {
        findings.error("BlueKing cuts the leading _ off the name.");
    }
    // The rest are conventions for new names.
    if metric.compatible_with.is_empty() {
        style(metric, findings);
        kind(metric, findings);
        unit(metric, findings);
    }
}

fn style(metric: &Description<'_>, findings: &mut Findings) {
    let name = metric.name;
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        findings.error("The name has capitals; names are snake_case.");
    }
    if name.contains("__") || name.ends_with('_') {
        findings.error("The name has a doubled or trailing _.");
    }
    if !name.contains('_') {
        findings.error("The name does not begin with whose it is, such as queue_ for a queue's.");
    }
    if let Some(prefix) = TAKEN_PREFIXES.iter().find(|prefix| name.starts_with(**prefix)) {
        findings.error(format!("Names that begin with {prefix} are made by others."));
    }
    for label in metric.labels {
        if name.contains(&format!("_by_{label}")) {
            findings.error(format!("The name says _by_{label}, which the label says already."));
        }
    }
}

fn kind(metric: &Description<'_>, findings: &mut Findings) {
    let name = metric.name;
    match (metric.kind, name.ends_with("_total")) {
        (Kind::Counter, false) => findings.error("A counter's name ends in _total."),
        (Kind::Gauge | Kind::Histogram | Kind::Summary | Kind::Untyped, true) => {
            findings.error("Only a counter's name ends in _total.");
        }
        _ => {}
    }
    for suffix in ["_sum", "_count", "_bucket", "_created"] {
        if name.ends_with(suffix) {
            findings.error(format!(
                "The end {suffix} is made by the kit for histograms and summaries, or kept for them."
            ));
        }
    }
    let is_info =
        metric.kind == Kind::Gauge && metric.unit == Unit::None && !metric.labels.is_empty();
    if name.ends_with("_info") && !is_info {
        findings.error("What ends in _info is a gauge without a unit, always 1, that has labels.");
    }
    if name.ends_with("_timestamp") {
        findings.error("A point in time is in seconds since 1970 and ends in _timestamp_seconds.");
    }
    if name.ends_with("_timestamp_seconds") && metric.kind != Kind::Gauge {
        findings.error("What ends in _timestamp_seconds is a gauge.");
    }
}

fn unit(metric: &Description<'_>, findings: &mut Findings) {
    let name = metric.name.strip_suffix("_total").unwrap_or(metric.name);
    let last = name.rsplit('_').next().unwrap_or(name);
    if metric.unit == Unit::Percent {
        // Stated, so it is meant: a ready-made percentage, whose name people know.
        return;
    }
    if let Some((_, base)) = OTHER_UNITS.iter().find(|(other, _)| *other == last) {
        findings.error(format!("The values are in {last}; the base unit is {base}."));
        return;
    }
    let named = Unit::ALL.into_iter().find(|unit| *unit != Unit::None && unit.as_str() == last);
    match (metric.unit, named) {
        (stated, named) if named.unwrap_or_default() == stated => {}
        (Unit::None, Some(named)) => {
            findings.error(format!("The definition does not state its unit, Unit::{named:?}."));
        }
        (stated, _) => {
            findings.error(format!(
                "The values are in {0}, so the name ends in _{0}, before any _total.",
                stated.as_str()
            ));
        }
    }
}
