//! Metric definitions: each metric is one `const`, and samples can only be made from it.
//! HELP and TYPE lines, `--describe` and package descriptions all come from here.

use std::fmt;
use std::marker::PhantomData;

/// What the values of a metric family mean, as in its `# TYPE` line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A value that can go up and down.
    Gauge,
    /// A value that only goes up, or starts again from zero.
    Counter,
}

impl Kind {
    /// The word of the text format: `gauge` or `counter`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gauge => "gauge",
            Self::Counter => "counter",
        }
    }
}

/// The unit of a metric's values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unit {
    /// No unit: a count, a state, an identifier.
    #[default]
    None,
    /// Percent, 0 to 100.
    Percent,
    /// A ratio, 0 to 1.
    Ratio,
    /// Bytes.
    Bytes,
    /// Seconds.
    Seconds,
    /// Degrees Celsius.
    Celsius,
}

impl Unit {
    /// The unit's plain name as `--describe` prints it; empty for [`Unit::None`].
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Percent => "percent",
            Self::Ratio => "ratio",
            Self::Bytes => "bytes",
            Self::Seconds => "seconds",
            Self::Celsius => "celsius",
        }
    }
}

/// A kind of metric that has one value for each label set.
pub trait Scalar: Copy + Send + Sync + fmt::Debug + 'static {
    /// The kind that definitions of this type have.
    const KIND: Kind;
}

/// Marks a [`Gauge`].
#[derive(Clone, Copy, Debug)]
pub struct GaugeKind;

impl Scalar for GaugeKind {
    const KIND: Kind = Kind::Gauge;
}

/// Marks a [`Counter`].
#[derive(Clone, Copy, Debug)]
pub struct CounterKind;

impl Scalar for CounterKind {
    const KIND: Kind = Kind::Counter;
}

/// The definition of one metric family with `N` labels.
///
/// ```
/// use exporter_kit::{Gauge, Unit};
///
/// const USED: Gauge<1> = Gauge::new("pool_used_bytes", "Bytes in use in the pool.")
///     .labels(["pool"])
///     .unit(Unit::Bytes)
///     .zh("内存池已用");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Definition<K, const N: usize> {
    name: &'static str,
    help: &'static str,
    unit: Unit,
    labels: [&'static str; N],
    zh: &'static str,
    kind: PhantomData<K>,
}

/// The definition of a gauge with `N` labels (none unless said).
pub type Gauge<const N: usize = 0> = Definition<GaugeKind, N>;

/// The definition of a counter with `N` labels (none unless said). Its name ends in `_total`.
pub type Counter<const N: usize = 0> = Definition<CounterKind, N>;

impl<K> Definition<K, 0> {
    /// Defines a metric by its full name and its help text, without labels.
    pub const fn new(name: &'static str, help: &'static str) -> Self {
        Self { name, help, unit: Unit::None, labels: [], zh: "", kind: PhantomData }
    }
}

impl<K, const N: usize> Definition<K, N> {
    /// Gives the metric its label names. Samples then have as many label values.
    pub const fn labels<const M: usize>(self, labels: [&'static str; M]) -> Definition<K, M> {
        let Self { name, help, unit, zh, .. } = self;
        Definition { name, help, unit, labels, zh, kind: PhantomData }
    }

    /// States the unit of the values.
    pub const fn unit(mut self, unit: Unit) -> Self {
        self.unit = unit;
        self
    }

    /// Gives a short Chinese description, at most 15 characters, for BlueKing's packages.
    pub const fn zh(mut self, zh: &'static str) -> Self {
        self.zh = zh;
        self
    }

    /// The metric's full name.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) const fn help(&self) -> &'static str {
        self.help
    }

    pub(crate) const fn label_names(&self) -> &[&'static str; N] {
        &self.labels
    }
}

/// What a definition says, whatever its kind and number of labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Description<'a> {
    /// Full metric name.
    pub name: &'static str,
    /// Text of the `# HELP` line, not escaped.
    pub help: &'static str,
    /// Kind of the metric family.
    pub kind: Kind,
    /// Unit of the values.
    pub unit: Unit,
    /// Label names, in the order in which samples give their values.
    pub labels: &'a [&'static str],
    /// Short Chinese description; empty where there is none.
    pub zh: &'static str,
}

/// Any metric definition, as a list of a collector's metrics holds it.
pub trait Metric: Send + Sync {
    /// What the definition says.
    fn describe(&self) -> Description<'_>;
}

impl<K: Scalar, const N: usize> Metric for Definition<K, N> {
    fn describe(&self) -> Description<'_> {
        let Self { name, help, unit, zh, .. } = *self;
        Description { name, help, kind: K::KIND, unit, labels: &self.labels, zh }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DISK: Gauge<1> =
        Gauge::new("sys_disk_size", "Used.").labels(["mountpoint"]).unit(Unit::Percent).zh("磁盘");
    const ERRORS: Counter = Counter::new("errors_total", "Errors.");

    #[test]
    fn a_definition_describes_itself() {
        let expected = Description {
            name: "sys_disk_size",
            help: "Used.",
            kind: Kind::Gauge,
            unit: Unit::Percent,
            labels: &["mountpoint"],
            zh: "磁盘",
        };
        assert_eq!(DISK.describe(), expected);
    }

    #[test]
    fn kind_follows_the_type_of_the_definition() {
        let kinds = [&DISK as &dyn Metric, &ERRORS].map(|metric| metric.describe().kind.as_str());
        assert_eq!(kinds, ["gauge", "counter"]);
    }
}
