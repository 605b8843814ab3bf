//! Tables that map keys of a source to metrics.

use super::{Counter, Gauge, Metric, Unit, Untyped};
use crate::samples::Samples;

/// A key of a source, such as a line `key: value` of a file, and its metric.
///
/// ```
/// use exporter_kit::{Field, Fields, Gauge, Samples, Unit};
///
/// const FIELDS: &[Field] = &[
///     Field::gauge("used_kb", Gauge::new("pool_used_bytes", "Bytes in use.").unit(Unit::Bytes))
///         .times(1024.0),
///     Field::gauge("balance", Gauge::new("pool_balance", "Lent minus borrowed.")).signed(),
/// ];
///
/// fn fill(out: &mut Samples) {
///     let mut fields = Fields::of(FIELDS);
///     for (key, value) in [("used_kb", 3.0), ("balance", -1.0), ("colour", 7.0)] {
///         // Keys that are not in the table are ignored.
///         let _known = fields.set(key, value, out);
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Field {
    key: &'static str,
    metric: FieldMetric,
    factor: f64,
    divisor: f64,
    signed: bool,
}

#[derive(Clone, Copy, Debug)]
enum FieldMetric {
    Gauge(Gauge),
    Counter(Counter),
    Untyped(Untyped),
}

impl Field {
    /// A key whose number can increase and decrease.
    pub const fn gauge(key: &'static str, metric: Gauge) -> Self {
        Self::new(key, FieldMetric::Gauge(metric))
    }

    /// A key whose number only increases.
    pub const fn counter(key: &'static str, metric: Counter) -> Self {
        Self::new(key, FieldMetric::Counter(metric))
    }

    /// A key whose number may or may not only increase.
    pub const fn untyped(key: &'static str, metric: Untyped) -> Self {
        Self::new(key, FieldMetric::Untyped(metric))
    }

    const fn new(key: &'static str, metric: FieldMetric) -> Self {
        Self { key, metric, factor: 1.0, divisor: 1.0, signed: false }
    }

    /// Sets the unit of the metric.
    pub const fn unit(mut self, unit: Unit) -> Self {
        self.metric = match self.metric {
            FieldMetric::Gauge(metric) => FieldMetric::Gauge(metric.unit(unit)),
            FieldMetric::Counter(metric) => FieldMetric::Counter(metric.unit(unit)),
            FieldMetric::Untyped(metric) => FieldMetric::Untyped(metric.unit(unit)),
        };
        self
    }

    /// Multiplies the number to convert it to the unit of the metric, for example by 1024 from KiB
    /// to bytes.
    pub const fn times(mut self, factor: f64) -> Self {
        self.factor = factor;
        self
    }

    /// Divides the number to convert it to the unit of the metric, for example by 1e6 from
    /// microseconds to seconds. The quotient is correctly rounded; a product with a fraction would
    /// not be.
    pub const fn divided_by(mut self, divisor: f64) -> Self {
        self.divisor = divisor;
        self
    }

    /// Allows negative numbers. In other fields a negative number means "never" or "unknown" or has
    /// wrapped, so the sample is omitted.
    pub const fn signed(mut self) -> Self {
        self.signed = true;
        self
    }

    /// The key.
    pub const fn key(&self) -> &'static str {
        self.key
    }

    /// The metric's definition.
    pub fn metric(&self) -> &dyn Metric {
        match &self.metric {
            FieldMetric::Gauge(metric) => metric,
            FieldMetric::Counter(metric) => metric,
            FieldMetric::Untyped(metric) => metric,
        }
    }

    /// Sets the sample of the key's number, unless it is negative and the field unsigned.
    pub fn set(&self, number: f64, out: &mut Samples) {
        if number < 0.0 && !self.signed {
            return;
        }
        let value = number * self.factor / self.divisor;
        match &self.metric {
            FieldMetric::Gauge(metric) => out.set(metric, [], value),
            FieldMetric::Counter(metric) => out.set(metric, [], value),
            FieldMetric::Untyped(metric) => out.set(metric, [], value),
        }
    }
}

/// Looks up keys in a table of fields. Keys in the order of the table, which should be that of the
/// source, are found immediately.
#[derive(Clone, Debug)]
pub struct Fields {
    table: &'static [Field],
    next: usize,
}

impl Fields {
    /// The fields of `table`.
    pub const fn of(table: &'static [Field]) -> Self {
        Self { table, next: 0 }
    }

    /// The field of a key.
    pub fn get(&mut self, key: &str) -> Option<&'static Field> {
        let (before, after) = self.table.split_at(self.next);
        let matches = |field: &&Field| field.key == key;
        let found = after.iter().position(|field| matches(&field)).map(|at| self.next + at);
        let found = found.or_else(|| before.iter().position(|field| matches(&field)))?;
        self.next = (found + 1) % self.table.len();
        self.table.get(found)
    }

    /// Sets the sample of a key's number. Returns whether the key is in the table.
    pub fn set(&mut self, key: &str, number: f64, out: &mut Samples) -> bool {
        let field = self.get(key);
        if let Some(field) = field {
            field.set(number, out);
        }
        field.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USED: Gauge = Gauge::new("used_bytes", "Used.");
    const TIME: Counter = Counter::new("time_seconds_total", "Time.");
    const BALANCE: Gauge = Gauge::new("balance", "Balance.");
    const TABLE: &[Field] = &[
        Field::gauge("used", USED).times(1024.0),
        Field::counter("usec", TIME).divided_by(1e6),
        Field::gauge("balance", BALANCE).signed(),
    ];

    #[test]
    fn keys_are_found_in_any_order_and_scaled() {
        let mut out = Samples::default();
        let mut fields = Fields::of(TABLE);
        for (key, number, known) in
            [("balance", -2.0, true), ("usec", 24.0, true), ("x", 1.0, false), ("used", 3.0, true)]
        {
            assert_eq!(fields.set(key, number, &mut out), known, "{key}");
        }
        assert_eq!(out.value(&USED, []), Some(3072.0));
        assert_eq!(out.value(&TIME, []), Some(0.000_024));
        assert_eq!(out.value(&BALANCE, []), Some(-2.0));
    }

    #[test]
    fn negative_numbers_need_a_signed_field() {
        let mut out = Samples::default();
        Fields::of(TABLE).set("used", -1.0, &mut out);
        assert!(out.is_empty() && out.discarded().total() == 0);
    }
}
