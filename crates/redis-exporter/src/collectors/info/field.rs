//! A key of `INFO` that is one metric, as data.

use exporter_kit::{Counter, Gauge, Metric, Samples, Unit};

use crate::info::Info;

/// Whose names the metrics have.
pub(super) const NAMES_OF: &str = "redis_exporter";

/// A key and the metric that it becomes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    key: &'static str,
    kind: Kind,
    /// How many of the key's units are one of the metric's.
    parts: f64,
    /// Whether a number below 0 is one, and not the word for "never".
    signed: bool,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Gauge(Gauge),
    Counter(Counter),
}

/// A key whose number can go up and down.
pub(super) const fn gauge(
    key: &'static str,
    name: &'static str,
    zh: &'static str,
    help: &'static str,
) -> Field {
    let gauge = Gauge::new(name, help).zh(zh).compatible_with(NAMES_OF);
    Field { key, kind: Kind::Gauge(gauge), parts: 1.0, signed: false }
}

/// A key whose number only goes up.
pub(super) const fn counter(
    key: &'static str,
    name: &'static str,
    zh: &'static str,
    help: &'static str,
) -> Field {
    let counter = Counter::new(name, help).zh(zh).compatible_with(NAMES_OF);
    Field { key, kind: Kind::Counter(counter), parts: 1.0, signed: false }
}

impl Field {
    /// States the unit of the metric.
    pub(super) const fn unit(mut self, unit: Unit) -> Self {
        self.kind = match self.kind {
            Kind::Gauge(gauge) => Kind::Gauge(gauge.unit(unit)),
            Kind::Counter(counter) => Kind::Counter(counter.unit(unit)),
        };
        self
    }

    /// States how many of the key's units are one of the metric's.
    pub(super) const fn in_parts(mut self, parts: f64) -> Self {
        self.parts = parts;
        self
    }

    /// States that the name is this exporter's own, and so under the rules for names.
    pub(super) const fn own(mut self) -> Self {
        self.kind = match self.kind {
            Kind::Gauge(gauge) => Kind::Gauge(gauge.compatible_with("")),
            Kind::Counter(counter) => Kind::Counter(counter.compatible_with("")),
        };
        self
    }

    /// Lets the number be below 0.
    pub(super) const fn signed(mut self) -> Self {
        self.signed = true;
        self
    }

    #[cfg(test)]
    pub(super) fn key(&self) -> &'static str {
        self.key
    }

    pub(super) fn metric(&'static self) -> &'static dyn Metric {
        match &self.kind {
            Kind::Gauge(gauge) => gauge,
            Kind::Counter(counter) => counter,
        }
    }

    /// Sets the sample, if the key is there with a number that makes sense.
    pub(super) fn set(&self, info: &Info<'_>, out: &mut Samples) {
        let sound = |number: &f64| *number >= 0.0 || self.signed;
        let Some(number) = info.number(self.key).filter(sound) else { return };
        let value = number / self.parts;
        match &self.kind {
            Kind::Gauge(gauge) => out.set(gauge, [], value),
            Kind::Counter(counter) => out.set(counter, [], value),
        }
    }
}
