//! Checks of definitions. Nearly all definitions are `const`, for which a violation is a compile
//! error and cannot corrupt a page.

/// The longest help text in bytes. Some scrapers limit lines to 64 KiB, and escapes need space.
const MAX_HELP_BYTES: usize = 16 * 1024;

/// The longest name in bytes, of a metric or of a label.
const MAX_NAME_BYTES: usize = 1024;

/// Whether `name` is valid on a page: a letter or `_`, followed by letters, digits and `_`.
pub(crate) const fn is_name(name: &str) -> bool {
    let bytes = name.as_bytes();
    if bytes.is_empty() || bytes.len() > MAX_NAME_BYTES || bytes[0].is_ascii_digit() {
        return false;
    }
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_alphanumeric() && bytes[at] != b'_' {
            return false;
        }
        at += 1;
    }
    true
}

/// Whether a label of this name would break histograms, summaries or Prometheus itself.
pub(crate) fn is_reserved_label(name: &str) -> bool {
    name == "le" || name == "quantile" || name.starts_with("__")
}

pub(super) const fn metric(name: &str, help: &str) {
    assert!(is_name(name), "a metric name is a letter followed by letters, digits and _");
    assert!(!help.is_empty(), "a metric needs a help text");
    assert!(help.len() <= MAX_HELP_BYTES, "a help text is at most 16 KiB long");
}

pub(super) const fn info(name: &str) {
    let (name, suffix) = (name.as_bytes(), b"_info");
    let is_long = name.len() > suffix.len();
    assert!(
        is_long && is_same(name.split_at(name.len() - suffix.len()).1, suffix),
        "the name of an info ends in _info"
    );
}

pub(super) const fn states(states: &[&str]) {
    assert!(!states.is_empty(), "a stateset needs at least one state");
    let mut at = 0;
    while at < states.len() {
        assert!(!states[at].is_empty(), "a state needs a name");
        let mut before = 0;
        while before < at {
            assert!(!same(states[before], states[at]), "a stateset cannot have a state twice");
            before += 1;
        }
        at += 1;
    }
}

pub(super) const fn labels(labels: &[&str]) {
    let mut at = 0;
    while at < labels.len() {
        assert!(is_name(labels[at]), "a label name is a letter followed by letters, digits and _");
        assert!(
            !same(labels[at], "le") && !same(labels[at], "quantile"),
            "the labels le and quantile are reserved for the kit"
        );
        let mut before = 0;
        while before < at {
            assert!(!same(labels[before], labels[at]), "a metric cannot have a label twice");
            before += 1;
        }
        at += 1;
    }
}

pub(super) const fn buckets(bounds: &[f64]) {
    assert!(!bounds.is_empty(), "a histogram needs at least one bucket besides +Inf");
    ascending(bounds);
}

pub(super) const fn quantiles(quantiles: &[f64]) {
    ascending(quantiles);
    assert!(are_from_0_to(1.0, quantiles), "a quantile is between 0 and 1");
}

pub(super) const fn percentiles(percentiles: &[f64]) {
    ascending(percentiles);
    assert!(are_from_0_to(100.0, percentiles), "a percentile is between 0 and 100");
}

const fn are_from_0_to(most: f64, numbers: &[f64]) -> bool {
    let mut at = 0;
    while at < numbers.len() {
        if numbers[at] < 0.0 || numbers[at] > most {
            return false;
        }
        at += 1;
    }
    true
}

const fn ascending(numbers: &[f64]) {
    let mut at = 0;
    while at < numbers.len() {
        assert!(numbers[at].is_finite(), "bounds are finite; the kit adds the bucket +Inf");
        assert!(
            at == 0 || numbers[at - 1] < numbers[at],
            "bounds are in ascending order without duplicates"
        );
        at += 1;
    }
}

const fn same(a: &str, b: &str) -> bool {
    is_same(a.as_bytes(), b.as_bytes())
}

const fn is_same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut at = 0;
    while at < a.len() {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use crate::{Gauge, Histogram, Summary};

    #[test]
    fn invalid_names_are_rejected() {
        for name in ["a", "_a", "A_9", "node_load1"] {
            Gauge::new(name, "Help.");
        }
        for name in ["", "9a", "a-b", "a:b", "a b", "指标", "a\n", &"a".repeat(2000)] {
            let name: &'static str = String::from(name).leak();
            assert!(catch_unwind(|| Gauge::new(name, "Help.")).is_err(), "{name:?}");
            let labels = catch_unwind(|| Gauge::new("a", "Help.").labels([name]));
            assert!(labels.is_err(), "{name:?}");
        }
    }

    #[test]
    fn help_is_present_and_limited() {
        let long: &'static str = "x".repeat(16 * 1024 + 1).leak();
        Gauge::new("a", &long[1..]);
        for help in ["", long] {
            assert!(catch_unwind(|| Gauge::new("a", help)).is_err());
        }
    }

    #[test]
    fn labels_are_unique_and_not_reserved() {
        Gauge::new("a", "Help.").labels(["a", "b", "lee"]);
        for labels in [["a", "a"], ["le", "a"], ["a", "quantile"]] {
            assert!(catch_unwind(|| Gauge::new("a", "Help.").labels(labels)).is_err());
        }
    }

    #[test]
    fn buckets_and_quantiles_ascend_within_range() {
        let histogram = |bounds| catch_unwind(move || Histogram::new("a", "Help.").buckets(bounds));
        assert!(histogram(&[-1.0, 0.0, 2.5]).is_ok());
        for bounds in [&[][..], &[1.0, 1.0], &[2.0, 1.0], &[1.0, f64::INFINITY], &[f64::NAN]] {
            assert!(histogram(bounds).is_err(), "{bounds:?}");
        }
        let summary = |bounds| catch_unwind(move || Summary::new("a", "Help.").quantiles(bounds));
        assert!(summary(&[]).is_ok() && summary(&[0.0, 0.5, 1.0]).is_ok());
        let percentiles =
            |bounds| catch_unwind(move || Summary::new("a", "Help.").percentiles(bounds));
        assert!(percentiles(&[50.0, 99.9, 100.0]).is_ok());
        assert!(percentiles(&[50.0, 100.5]).is_err() && percentiles(&[-1.0]).is_err());
        for quantiles in [&[0.9, 0.5][..], &[1.5], &[-0.5], &[f64::NAN]] {
            assert!(summary(quantiles).is_err(), "{quantiles:?}");
        }
    }
}
