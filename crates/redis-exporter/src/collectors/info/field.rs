//! Constructors for `INFO` keys that map to one metric each, named as in redis_exporter.

use exporter_kit::{Counter, Field, Gauge};

/// The exporter that the metric names are compatible with.
pub(crate) const NAMES_OF: &str = "redis_exporter";

/// A key whose value can go up and down.
pub(crate) const fn gauge(
    key: &'static str,
    name: &'static str,
    zh: &'static str,
    help: &'static str,
) -> Field {
    Field::gauge(key, Gauge::new(name, help).zh(zh).compatible_with(NAMES_OF))
}

/// A key whose value only goes up.
pub(crate) const fn counter(
    key: &'static str,
    name: &'static str,
    zh: &'static str,
    help: &'static str,
) -> Field {
    Field::counter(key, Counter::new(name, help).zh(zh).compatible_with(NAMES_OF))
}
