//! Metric definitions. Each metric is one `const`, from which all its samples are made. HELP and
//! TYPE lines, `--describe` and package descriptions are derived from it.

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
    CounterKind, GaugeKind, HistogramKind, InfoKind, Kind, MetricKind, Scalar, StateSetKind,
    SummaryKind, UntypedKind,
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
/// An invalid definition does not compile:
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

/// The parts of a definition that do not depend on its number of labels.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Core {
    pub(crate) name: &'static str,
    pub(crate) help: &'static str,
    pub(crate) kind: Kind,
    pub(crate) unit: Unit,
    pub(crate) bounds: &'static [f64],
    pub(crate) states: &'static [&'static str],
    /// Whether samples may have more labels than the definition.
    pub(crate) more_labels: bool,
    pub(crate) write: WriteBlock,
    zh: &'static str,
    compatible_with: &'static str,
}

impl Core {
    /// A family that is created at run time.
    pub(crate) fn dynamic(
        name: &'static str,
        help: &'static str,
        kind: Kind,
        unit: Unit,
        write: WriteBlock,
    ) -> Self {
        Self {
            name,
            help,
            kind,
            unit,
            bounds: &[],
            states: &[],
            more_labels: false,
            write,
            zh: "",
            compatible_with: "",
        }
    }
}

/// The definition of a gauge with `N` labels (default: none).
pub type Gauge<const N: usize = 0> = Definition<GaugeKind, N>;

/// The definition of a counter with `N` labels (default: none). Its name ends in `_total`.
pub type Counter<const N: usize = 0> = Definition<CounterKind, N>;

/// The definition of an untyped metric with `N` labels (default: none).
pub type Untyped<const N: usize = 0> = Definition<UntypedKind, N>;

/// The definition of a histogram with `N` labels (default: none).
pub type Histogram<const N: usize = 0> = Definition<HistogramKind, N>;

/// The definition of a summary with `N` labels (default: none).
pub type Summary<const N: usize = 0> = Definition<SummaryKind, N>;

/// The definition of an info with `N` labels (default: none). Its name ends in `_info`.
///
/// ```
/// use exporter_kit::{Info, Samples};
///
/// const SERVER: Info<1> = Info::new("pool_server_info", "The server's version.").labels(["version"]);
///
/// let mut out = Samples::default();
/// out.set_info(&SERVER, ["7.2"]);
/// ```
pub type Info<const N: usize = 0> = Definition<InfoKind, N>;

/// The definition of a stateset with `N` labels (default: none), to which each sample adds one that
/// is named after the metric and has the name of a state. BlueKing accepts no such label: a package
/// leaves the metric out.
///
/// ```
/// use exporter_kit::{Samples, StateSet};
///
/// const ROLE: StateSet = StateSet::new("pool_role", "The server's role.").states(&["main", "spare"]);
///
/// let mut out = Samples::default();
/// out.set_states(&ROLE, [], &["spare"]); // pool_role{pool_role="main"} 0, …="spare"} 1
/// ```
pub type StateSet<const N: usize = 0> = Definition<StateSetKind, N>;

impl<K: MetricKind> Definition<K, 0> {
    /// Defines a metric by its full name and its help text, without labels.
    ///
    /// # Panics
    ///
    /// The name is not a letter followed by letters, digits and `_`, that of an info does not end
    /// in `_info`, or the help is empty. In a `const` this is a compile error.
    pub const fn new(name: &'static str, help: &'static str) -> Self {
        checks::metric(name, help);
        if matches!(K::KIND, Kind::Info) {
            checks::info(name);
        }
        let core = Core {
            name,
            help,
            kind: K::KIND,
            unit: Unit::None,
            bounds: K::BOUNDS,
            states: &[],
            more_labels: false,
            write: K::WRITER.0,
            zh: "",
            compatible_with: "",
        };
        Self { core, labels: [], kind: PhantomData }
    }
}

impl<K, const N: usize> Definition<K, N> {
    /// Sets the label names. Samples need as many label values.
    ///
    /// # Panics
    ///
    /// A name is not a letter followed by letters, digits and `_`, is repeated, or is `le` or
    /// `quantile`. In a `const` this is a compile error.
    pub const fn labels<const M: usize>(self, labels: [&'static str; M]) -> Definition<K, M> {
        checks::labels(&labels);
        Definition { core: self.core, labels, kind: PhantomData }
    }

    /// Sets the unit of the values.
    pub const fn unit(mut self, unit: Unit) -> Self {
        self.core.unit = unit;
        self
    }

    /// Sets a short Chinese description for BlueKing's packages: at most 15 characters, or 13 for a
    /// histogram or summary.
    pub const fn zh(mut self, zh: &'static str) -> Self {
        self.core.zh = zh;
        self
    }

    /// Declares that the name comes from another program and is kept so that existing dashboards
    /// and alerts work. [`lint`](crate::lint()) does not apply the conventions for new names to it.
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

impl<K: Scalar, const N: usize> Definition<K, N> {
    /// Lets samples have more labels than those of the definition, whose names only the source
    /// knows; see [`Samples::set_with`](crate::Samples::set_with). BlueKing shows only those of the
    /// definition.
    pub const fn more_labels(mut self) -> Self {
        self.core.more_labels = true;
        self
    }
}

impl<const N: usize> Definition<StateSetKind, N> {
    /// Sets the names of the states.
    ///
    /// # Panics
    ///
    /// `states` is empty, or a name is empty or repeated. In a `const` this is a compile error.
    pub const fn states(mut self, states: &'static [&'static str]) -> Self {
        checks::states(states);
        self.core.states = states;
        self
    }
}

impl<const N: usize> Definition<HistogramKind, N> {
    /// Sets the upper bounds of the buckets, without the last bucket `+Inf`. The default bounds,
    /// 0.005 to 10, suit response times of a network service in seconds.
    ///
    /// # Panics
    ///
    /// `bounds` is empty, not ascending, or contains a value that is not finite. In a `const` this
    /// is a compile error.
    pub const fn buckets(mut self, bounds: &'static [f64]) -> Self {
        checks::buckets(bounds);
        self.core.bounds = bounds;
        self
    }
}

impl<const N: usize> Definition<SummaryKind, N> {
    /// Sets the quantiles, each from 0 to 1. The default is none.
    ///
    /// # Panics
    ///
    /// `quantiles` is not ascending, or contains a value outside 0 to 1. In a `const` this is a
    /// compile error.
    pub const fn quantiles(mut self, quantiles: &'static [f64]) -> Self {
        checks::quantiles(quantiles);
        self.core.bounds = quantiles;
        self
    }

    /// Sets quantiles that are named from 0 to 100, as the program does with which the metric is
    /// [compatible](Self::compatible_with). New metrics have [quantiles](Self::quantiles).
    ///
    /// # Panics
    ///
    /// `percentiles` is not ascending, or contains a value outside 0 to 100. In a `const` this is a
    /// compile error.
    pub const fn percentiles(mut self, percentiles: &'static [f64]) -> Self {
        checks::percentiles(percentiles);
        self.core.bounds = percentiles;
        self
    }
}

/// A definition as data, independent of its kind and number of labels.
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
    /// Label names, in the order of the label values of samples.
    pub labels: &'a [&'static str],
    /// Upper bounds of a histogram's buckets without `+Inf`, or a summary's quantiles; empty for
    /// the other kinds.
    pub bounds: &'static [f64],
    /// States of a stateset; empty for the other kinds.
    pub states: &'static [&'static str],
    /// Whether samples may have more labels than these.
    pub more_labels: bool,
    /// Short Chinese description; may be empty.
    pub zh: &'static str,
    /// The program that the name comes from; empty for a name of this exporter.
    pub compatible_with: &'static str,
}

/// Any metric definition, as an element of a collector's list of metrics.
pub trait Metric: Send + Sync {
    /// The definition as data.
    fn describe(&self) -> Description<'_>;
}

impl<K: MetricKind, const N: usize> Metric for Definition<K, N> {
    fn describe(&self) -> Description<'_> {
        let Core {
            name, help, kind, unit, bounds, states, more_labels, zh, compatible_with, ..
        } = self.core;
        Description {
            name,
            help,
            kind,
            unit,
            labels: &self.labels,
            bounds,
            states,
            more_labels,
            zh,
            compatible_with,
        }
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
    fn definitions_describe_themselves() {
        let expected = Description {
            name: "sys_disk_size",
            help: "Used.",
            kind: Kind::Gauge,
            unit: Unit::Percent,
            labels: &["mountpoint"],
            bounds: &[],
            states: &[],
            more_labels: false,
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
    fn histograms_have_default_buckets_summaries_no_quantiles() {
        assert_eq!(Histogram::new("a", "A.").describe().bounds.first(), Some(&0.005));
        assert!(Summary::new("a", "A.").describe().bounds.is_empty());
    }
}
