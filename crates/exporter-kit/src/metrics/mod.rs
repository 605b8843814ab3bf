//! Metric definitions: each metric is one `const`, and samples can only be made from it.
//! HELP and TYPE lines, `--describe` and package descriptions all come from here.

pub(crate) mod checks;
mod field;
mod kind;
pub(crate) mod lint;
pub(crate) mod live;
mod pattern;
mod unit;

use std::marker::PhantomData;

pub use self::field::{Field, Fields};
pub use self::kind::{
    CounterKind, GaugeKind, HistogramKind, Kind, MetricKind, Scalar, SummaryKind, UntypedKind,
};
pub use self::pattern::{
    AnyPattern, CounterPattern, ExternalFamily, GaugePattern, MetricPattern, PatternDescription,
    UnitRule, UntypedPattern,
};
pub(crate) use self::pattern::{PatternCore, intern, make_name, name_bytes};
pub use self::unit::Unit;
use crate::exposition::WriteBlock;

/// The definition of one metric family with `N` labels.
///
/// ```
/// use exporter_kit::{Gauge, Histogram, Unit};
///
/// const USED: Gauge<1> = Gauge::new("pool_used_bytes", "Bytes in use in the pool.")
///     .labels(["pool"])
///     .unit(Unit::Bytes)
///     .zh("内存池已用");
///
/// const WAIT: Histogram = Histogram::new("pool_wait_seconds", "How long an allocation waited.")
///     .buckets(&[0.001, 0.01, 0.1, 1.0])
///     .unit(Unit::Seconds)
///     .zh("内存池等待时间");
/// ```
///
/// A definition that no page could hold does not compile:
///
/// ```compile_fail
/// const BAD: exporter_kit::Gauge = exporter_kit::Gauge::new("pool-used", "Bytes in use.");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Definition<K, const N: usize> {
    core: Core,
    labels: [&'static str; N],
    kind: PhantomData<K>,
}

/// What all definitions have, whatever their number of labels.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Core {
    pub(crate) name: &'static str,
    pub(crate) help: &'static str,
    pub(crate) kind: Kind,
    pub(crate) unit: Unit,
    pub(crate) bounds: &'static [f64],
    pub(crate) write: WriteBlock,
    zh: &'static str,
    compatible_with: &'static str,
}

impl Core {
    /// A family that is made while the exporter runs.
    pub(crate) fn dynamic(
        name: &'static str,
        help: &'static str,
        kind: Kind,
        unit: Unit,
        write: WriteBlock,
    ) -> Self {
        Self { name, help, kind, unit, bounds: &[], write, zh: "", compatible_with: "" }
    }
}

/// The definition of a gauge with `N` labels (none unless said).
pub type Gauge<const N: usize = 0> = Definition<GaugeKind, N>;

/// The definition of a counter with `N` labels (none unless said). Its name ends in `_total`.
pub type Counter<const N: usize = 0> = Definition<CounterKind, N>;

/// The definition of an untyped metric with `N` labels (none unless said).
pub type Untyped<const N: usize = 0> = Definition<UntypedKind, N>;

/// The definition of a histogram with `N` labels (none unless said).
pub type Histogram<const N: usize = 0> = Definition<HistogramKind, N>;

/// The definition of a summary with `N` labels (none unless said).
pub type Summary<const N: usize = 0> = Definition<SummaryKind, N>;

impl<K: MetricKind> Definition<K, 0> {
    /// Defines a metric by its full name and its help text, without labels.
    ///
    /// # Panics
    ///
    /// The name is not a letter followed by letters, digits and `_`, or there is no help. In a
    /// `const` that is an error of the compiler.
    pub const fn new(name: &'static str, help: &'static str) -> Self {
        checks::metric(name, help);
        let core = Core {
            name,
            help,
            kind: K::KIND,
            unit: Unit::None,
            bounds: K::BOUNDS,
            write: K::WRITER.0,
            zh: "",
            compatible_with: "",
        };
        Self { core, labels: [], kind: PhantomData }
    }
}

impl<K, const N: usize> Definition<K, N> {
    /// Gives the metric its label names. Samples then have as many label values.
    ///
    /// # Panics
    ///
    /// A name is not a letter followed by letters, digits and `_`, is there twice, or is `le` or
    /// `quantile`. In a `const` that is an error of the compiler.
    pub const fn labels<const M: usize>(self, labels: [&'static str; M]) -> Definition<K, M> {
        checks::labels(&labels);
        Definition { core: self.core, labels, kind: PhantomData }
    }

    /// States the unit of the values.
    pub const fn unit(mut self, unit: Unit) -> Self {
        self.core.unit = unit;
        self
    }

    /// Gives a short Chinese description for BlueKing's packages: at most 15 characters, 13 for a
    /// histogram or a summary.
    pub const fn zh(mut self, zh: &'static str) -> Self {
        self.core.zh = zh;
        self
    }

    /// Says whose name this is: one that another program made, kept so that the dashboards and
    /// alerts that people own work. [`lint`](crate::lint()) does not ask such a name to follow the
    /// conventions for new names.
    pub const fn compatible_with(mut self, program: &'static str) -> Self {
        self.core.compatible_with = program;
        self
    }

    /// The metric's full name.
    pub const fn name(&self) -> &'static str {
        self.core.name
    }

    pub(crate) const fn help(&self) -> &'static str {
        self.core.help
    }

    pub(crate) const fn core(&self) -> &Core {
        &self.core
    }

    pub(crate) const fn label_names(&self) -> &[&'static str; N] {
        &self.labels
    }
}

impl<const N: usize> Definition<HistogramKind, N> {
    /// States the upper bounds of the buckets; the last bucket, `+Inf`, comes by itself. Without
    /// this they are 0.005 to 10, which suit the seconds that a network service takes.
    ///
    /// # Panics
    ///
    /// There is none, one is not finite, or they do not ascend. In a `const` that is an error of
    /// the compiler.
    pub const fn buckets(mut self, bounds: &'static [f64]) -> Self {
        checks::buckets(bounds);
        self.core.bounds = bounds;
        self
    }
}

impl<const N: usize> Definition<SummaryKind, N> {
    /// States the quantiles, each from 0 to 1. Without this there are none.
    ///
    /// # Panics
    ///
    /// One is not from 0 to 1, or they do not ascend. In a `const` that is an error of the
    /// compiler.
    pub const fn quantiles(mut self, quantiles: &'static [f64]) -> Self {
        checks::quantiles(quantiles);
        self.core.bounds = quantiles;
        self
    }
}

/// What a definition says, whatever its kind and number of labels.
#[derive(Clone, Copy, Debug, PartialEq)]
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
    /// Upper bounds of a histogram's buckets but the last, or a summary's quantiles; empty for
    /// the other kinds.
    pub bounds: &'static [f64],
    /// Short Chinese description; empty where there is none.
    pub zh: &'static str,
    /// The program that the name was taken from; empty for a name of the exporter's own.
    pub compatible_with: &'static str,
}

/// Any metric definition, as a list of a collector's metrics holds it.
pub trait Metric: Send + Sync {
    /// What the definition says.
    fn describe(&self) -> Description<'_>;
}

impl<K: MetricKind, const N: usize> Metric for Definition<K, N> {
    fn describe(&self) -> Description<'_> {
        let Core { name, help, kind, unit, bounds, zh, compatible_with, .. } = self.core;
        Description { name, help, kind, unit, labels: &self.labels, bounds, zh, compatible_with }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DISK: Gauge<1> =
        Gauge::new("sys_disk_size", "Used.").labels(["mountpoint"]).unit(Unit::Percent).zh("磁盘");
    const ERRORS: Counter = Counter::new("errors_total", "Errors.");
    const WAIT: Histogram<1> = Histogram::new("wait_seconds", "Wait.")
        .buckets(&[0.5, 1.0])
        .labels(["queue"])
        .unit(Unit::Seconds);
    const SIZE: Summary = Summary::new("size_bytes", "Size.").quantiles(&[0.5, 0.99]);

    #[test]
    fn a_definition_describes_itself() {
        let expected = Description {
            name: "sys_disk_size",
            help: "Used.",
            kind: Kind::Gauge,
            unit: Unit::Percent,
            labels: &["mountpoint"],
            bounds: &[],
            zh: "磁盘",
            compatible_with: "",
        };
        assert_eq!(DISK.describe(), expected);
    }

    #[test]
    fn kind_and_bounds_follow_the_definition() {
        let metrics: [&dyn Metric; 4] = [&DISK, &ERRORS, &WAIT, &SIZE];
        let kinds = metrics.map(|metric| metric.describe().kind.as_str());
        assert_eq!(kinds, ["gauge", "counter", "histogram", "summary"]);
        let bounds = metrics.map(|metric| metric.describe().bounds);
        assert_eq!(bounds, [&[][..], &[], &[0.5, 1.0], &[0.5, 0.99]]);
    }

    #[test]
    fn a_histogram_has_the_fields_default_buckets_and_a_summary_no_quantiles() {
        assert_eq!(Histogram::new("a", "A.").describe().bounds.first(), Some(&0.005));
        assert!(Summary::new("a", "A.").describe().bounds.is_empty());
    }
}
