//! Keys of `INFO` that are one metric each, under the names of the well-known redis_exporter.

use exporter_kit::{Counter, Field, Gauge};

/// Whose names the metrics have.
pub(super) const NAMES_OF: &str = "redis_exporter";

/// A key whose number can go up and down.
pub(super) const fn gauge(
    key: &'static str,
    name: &'static str,
    zh: &'static str,
    help: &'static str,
) -> Field {
    Field::gauge(key, Gauge::new(name, help).zh(zh).compatible_with(NAMES_OF))
}

/// A key whose number only goes up.
pub(super) const fn counter(
    key: &'static str,
    name: &'static str,
    zh: &'static str,
    help: &'static str,
) -> Field {
    Field::counter(key, Counter::new(name, help).zh(zh).compatible_with(NAMES_OF))
}
