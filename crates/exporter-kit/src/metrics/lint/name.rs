//! Rules for the names of metrics.

use super::Findings;
use crate::metrics::checks::is_name;
use crate::metrics::{Description, Kind, Unit};

/// Suffixes of names that are not base units, and the corresponding base units.
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

/// Prefixes used by others: Prometheus itself, BlueKing's agent, client libraries.
const TAKEN_PREFIXES: [&str; 5] = ["scrape_", "bkm_metricbeat_", "process_", "promhttp_", "go_"];

/// The longest name of a sample that BlueKing 5.1 accepts.
const MAX_LENGTH: usize = 50;

pub(super) fn check(metric: &Description<'_>, findings: &mut Findings) {
    if !is_name(metric.name) {
        findings.error("The name is not a letter followed by letters, digits and _.");
        return;
    }
    let longest = metric.kind.suffixes().iter().map(|suffix| suffix.len()).max().unwrap_or(0);
    // The name of another program cannot be shortened; packages for 5.1 omit it.
    if metric.name.len() + longest > MAX_LENGTH && metric.compatible_with.is_empty() {
        let length = metric.name.len() + longest;
        findings.warning(format!(
            "The name of a sample has {length} characters; BlueKing 5.1 accepts {MAX_LENGTH}."
        ));
    }
    if metric.name.starts_with('_') {
        findings.error("BlueKing strips the leading _ from the name.");
    }
    // The other rules apply only to new names.
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
        findings.error("The name has no prefix for its domain, such as queue_.");
    }
    if let Some(prefix) = TAKEN_PREFIXES.iter().find(|prefix| name.starts_with(**prefix)) {
        findings.error(format!("The prefix {prefix} is used by other programs."));
    }
    for label in metric.labels {
        if name.contains(&format!("_by_{label}")) {
            findings.error(format!("The name contains _by_{label}, which repeats the label."));
        }
    }
}

fn kind(metric: &Description<'_>, findings: &mut Findings) {
    let name = metric.name;
    match (metric.kind, name.ends_with("_total")) {
        (Kind::Counter, false) => findings.error("The name of a counter must end in _total."),
        (kind, true) if kind != Kind::Counter => {
            findings.error("Only the name of a counter may end in _total.");
        }
        _ => {}
    }
    for suffix in ["_sum", "_count", "_bucket", "_created"] {
        if name.ends_with(suffix) {
            findings
                .error(format!("The suffix {suffix} is reserved for histograms and summaries."));
        }
    }
    // A gauge too, as exporters without OpenMetrics have them.
    let is_info = matches!(metric.kind, Kind::Gauge | Kind::Info)
        && metric.unit == Unit::None
        && (!metric.labels.is_empty() || metric.more_labels);
    if (name.ends_with("_info") || metric.kind == Kind::Info) && !is_info {
        findings.error(
            "A metric that ends in _info must be an info or gauge with labels and without a unit.",
        );
    }
    if metric.kind == Kind::StateSet {
        states(metric, findings);
    }
    if name.ends_with("_timestamp") {
        findings.error("A timestamp must be in seconds since 1970 and end in _timestamp_seconds.");
    }
    if name.ends_with("_timestamp_seconds") && metric.kind != Kind::Gauge {
        findings.error("A metric that ends in _timestamp_seconds must be a gauge.");
    }
}

fn states(metric: &Description<'_>, findings: &mut Findings) {
    if metric.states.is_empty() {
        findings.error("A stateset needs states.");
    }
    if metric.unit != Unit::None {
        findings.error("A stateset has no unit.");
    }
    if metric.labels.contains(&metric.name) {
        findings.error("The label with the metric's name is that of the state.");
    }
}

fn unit(metric: &Description<'_>, findings: &mut Findings) {
    let name = metric.name.strip_suffix("_total").unwrap_or(metric.name);
    let last = name.rsplit('_').next().unwrap_or(name);
    if metric.unit == Unit::Percent {
        // Explicitly stated: an established metric in percent.
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
            findings.error(format!("The definition lacks its unit, Unit::{named:?}."));
        }
        (stated, _) => {
            findings.error(format!(
                "The values are in {0}, so the name must end in _{0}, before any _total.",
                stated.as_str()
            ));
        }
    }
}
