//! Units of metrics, from the suffixes that Prometheus recommends. Only sure units are given: a
//! unit that a monitoring page converts wrongly is worse than none.

/// Units by the last word of a name.
const UNITS: [(&str, &str); 12] = [
    ("percent", "percent"),
    ("percentage", "percent"),
    ("ratio", "ratio"),
    ("bytes", "bytes"),
    ("seconds", "seconds"),
    ("celsius", "celsius"),
    ("hertz", "hertz"),
    ("volts", "volts"),
    ("amps", "amperes"),
    ("amperes", "amperes"),
    ("watts", "watts"),
    ("joules", "joules"),
];

/// Words that may follow the unit in a name.
const AGGREGATES: [&str; 13] = [
    "total",
    "sum",
    "max",
    "min",
    "avg",
    "used",
    "free",
    "committed",
    "init",
    "received",
    "sent",
    "in",
    "out",
];

/// Phrases of a help text that say that a value is a point in time, not a duration.
const POINTS_IN_TIME: [&str; 5] = ["unix", "epoch", "timestamp", "1970", "start time"];

/// The unit of a metric's values as `--describe` names units, or an empty text: percent, ratio,
/// bytes, seconds, celsius, hertz, volts, amperes, watts or joules.
///
/// A point in time has no unit, nor has a count of the observations of a histogram or summary.
/// Scaled units such as milliseconds and kilobytes have no name here and give an empty text.
///
/// ```
/// use bkpack::init::metrics::unit::unit;
///
/// assert_eq!(unit("node_cpu_seconds_total", ""), "seconds");
/// assert_eq!(unit("backup_last_success_timestamp_seconds", ""), "");
/// ```
pub fn unit(name: &str, help: &str) -> &'static str {
    let mut words: Vec<_> = name.split('_').collect();
    while words.len() > 1 && words.last().is_some_and(|last| AGGREGATES.contains(last)) {
        words.pop();
    }
    let Some((last, rest)) = words.split_last() else { return "" };
    let Some((_, unit)) = UNITS.iter().find(|(word, _)| word == last) else { return "" };
    if *unit == "seconds" && is_point_in_time(rest, help) {
        return "";
    }
    // Some exporters call a value from 0 to 100 a ratio.
    if *unit == "ratio" && help.to_ascii_lowercase().contains("percent") {
        return "percent";
    }
    unit
}

fn is_point_in_time(words: &[&str], help: &str) -> bool {
    let help = help.to_ascii_lowercase();
    words.last() == Some(&"timestamp") || POINTS_IN_TIME.iter().any(|text| help.contains(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_follow_the_suffix() {
        for (name, unit_name) in [
            ("x_seconds", "seconds"),
            ("x_seconds_total", "seconds"),
            ("x_seconds_sum", "seconds"),
            ("x_bytes", "bytes"),
            ("x_bytes_total", "bytes"),
            ("jvm_memory_bytes_used", "bytes"),
            ("haproxy_frontend_bytes_in_total", "bytes"),
            ("x_ratio", "ratio"),
            ("x_percent", "percent"),
            ("x_celsius", "celsius"),
            ("x_hertz", "hertz"),
            ("x_volts", "volts"),
            ("x_amps", "amperes"),
            ("x_watts", "watts"),
            ("x_joules_total", "joules"),
            ("x_info", ""),
            ("x_seconds_bucket", ""),
            ("x_seconds_count", ""),
            ("x_seconds_created", ""),
            ("x_timestamp_seconds", ""),
            ("x_milliseconds", ""),
            ("x_kilobytes_total", ""),
            ("x_time_ms", ""),
            ("x_total", ""),
            ("", ""),
        ] {
            assert_eq!(unit(name, ""), unit_name, "{name}");
        }
    }

    #[test]
    fn help_tells_points_in_time_and_percentages() {
        let start = "Start of the process, in seconds since the epoch.";
        assert_eq!(unit("process_start_time_seconds", start), "");
        assert_eq!(unit("x_wait_seconds", "Time spent waiting."), "seconds");
        assert_eq!(unit("x_hit_ratio", "Hits, in percent of all reads."), "percent");
    }

    #[test]
    fn every_unit_is_known_to_the_package_library() {
        for (word, unit) in UNITS {
            assert!(blueking_package::Unit::from_name(unit).is_some(), "{word}");
        }
    }
}
