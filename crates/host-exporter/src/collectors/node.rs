//! Definitions under the names that node_exporter has made, so that the dashboards and alerts that
//! people own work.

use exporter_kit::{Counter, Gauge, Untyped};

pub(super) use crate::names::NODE_EXPORTER;

pub(super) const fn gauge(name: &'static str, zh: &'static str, help: &'static str) -> Gauge {
    Gauge::new(name, help).zh(zh).compatible_with(NODE_EXPORTER)
}

pub(super) const fn counter(name: &'static str, zh: &'static str, help: &'static str) -> Counter {
    Counter::new(name, help).zh(zh).compatible_with(NODE_EXPORTER)
}

pub(super) const fn untyped(name: &'static str, zh: &'static str, help: &'static str) -> Untyped {
    Untyped::new(name, help).zh(zh).compatible_with(NODE_EXPORTER)
}
