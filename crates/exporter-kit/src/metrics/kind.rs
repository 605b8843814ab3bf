//! The kinds of metrics, as values ([`Kind`]) and as type parameters of definitions.

use std::fmt;

use prometheus::DEFAULT_BUCKETS;

use self::sealed::Writer;
use crate::exposition::{WriteBlock, compound, write_scalars};

/// The kind of a metric family, as in its `# TYPE` line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A value that can increase and decrease.
    Gauge,
    /// A value that only increases, or restarts from zero.
    Counter,
    /// Observations counted in buckets, with their count and sum.
    Histogram,
    /// The count and sum of observations, with quantiles.
    Summary,
    /// A constant 1 whose labels are what the source says about itself, such as its version. A
    /// gauge in the text format.
    Info,
    /// Which of several states apply: a sample for each state, 1 if it applies and 0 if not. A
    /// gauge in the text format.
    StateSet,
    /// A value for which the source does not specify whether it can decrease. Only for metrics of
    /// other programs; the kind of an exporter's own metrics is known.
    Untyped,
}

impl Kind {
    /// The name in the text format: `gauge` (also for info and stateset), `counter`, `histogram`,
    /// `summary` or `untyped`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gauge | Self::Info | Self::StateSet => "gauge",
            Self::Counter => "counter",
            Self::Histogram => "histogram",
            Self::Summary => "summary",
            Self::Untyped => "untyped",
        }
    }

    /// The suffixes of sample names.
    pub(crate) const fn suffixes(self) -> &'static [&'static str] {
        match self {
            Self::Gauge | Self::Counter | Self::Info | Self::StateSet | Self::Untyped => &[""],
            Self::Histogram => &["_bucket", "_sum", "_count"],
            Self::Summary => &["", "_sum", "_count"],
        }
    }
}

mod sealed {
    /// Writes samples of one kind. Reached only through definitions, so that the binary contains
    /// code only for the kinds in use.
    pub struct Writer(pub(crate) super::WriteBlock);

    /// Restricts the kinds to those of the text format, and holds their properties.
    pub trait Sealed {
        /// Writes samples of the kind.
        const WRITER: Writer;

        /// The default bucket bounds or quantiles.
        const BOUNDS: &'static [f64] = &[];
    }
}

/// The kind of a [`Definition`](crate::Definition), as its type parameter.
pub trait MetricKind: sealed::Sealed + Copy + Send + Sync + fmt::Debug + 'static {
    /// The kind as a value.
    const KIND: Kind;
}

/// A kind with one value for each label set: gauge, counter or untyped.
pub trait Scalar: MetricKind {}

/// Marks a [`Gauge`](crate::Gauge).
#[derive(Clone, Copy, Debug)]
pub struct GaugeKind;

/// Marks a [`Counter`](crate::Counter).
#[derive(Clone, Copy, Debug)]
pub struct CounterKind;

/// Marks a [`Histogram`](crate::Histogram).
#[derive(Clone, Copy, Debug)]
pub struct HistogramKind;

/// Marks a [`Summary`](crate::Summary).
#[derive(Clone, Copy, Debug)]
pub struct SummaryKind;

/// Marks an [`Info`](crate::Info).
#[derive(Clone, Copy, Debug)]
pub struct InfoKind;

/// Marks a [`StateSet`](crate::StateSet).
#[derive(Clone, Copy, Debug)]
pub struct StateSetKind;

/// Marks an [`Untyped`](crate::Untyped).
#[derive(Clone, Copy, Debug)]
pub struct UntypedKind;

impl sealed::Sealed for UntypedKind {
    const WRITER: Writer = Writer(write_scalars);
}

impl MetricKind for UntypedKind {
    const KIND: Kind = Kind::Untyped;
}

impl sealed::Sealed for InfoKind {
    const WRITER: Writer = Writer(write_scalars);
}

impl MetricKind for InfoKind {
    const KIND: Kind = Kind::Info;
}

impl sealed::Sealed for StateSetKind {
    const WRITER: Writer = Writer(write_scalars);
}

impl MetricKind for StateSetKind {
    const KIND: Kind = Kind::StateSet;
}

impl sealed::Sealed for GaugeKind {
    const WRITER: Writer = Writer(write_scalars);
}

impl sealed::Sealed for CounterKind {
    const WRITER: Writer = Writer(write_scalars);
}

impl sealed::Sealed for HistogramKind {
    const WRITER: Writer = Writer(compound::write_histograms);
    const BOUNDS: &'static [f64] = DEFAULT_BUCKETS;
}

impl sealed::Sealed for SummaryKind {
    const WRITER: Writer = Writer(compound::write_summaries);
}

impl MetricKind for GaugeKind {
    const KIND: Kind = Kind::Gauge;
}

impl MetricKind for CounterKind {
    const KIND: Kind = Kind::Counter;
}

impl MetricKind for HistogramKind {
    const KIND: Kind = Kind::Histogram;
}

impl MetricKind for SummaryKind {
    const KIND: Kind = Kind::Summary;
}

impl Scalar for GaugeKind {}
impl Scalar for CounterKind {}
impl Scalar for UntypedKind {}
