//! The four kinds of metric, as values ([`Kind`]) and as the type parameter of a definition.

use std::fmt;

use prometheus::DEFAULT_BUCKETS;

use self::sealed::Writer;
use crate::exposition::{WriteBlock, compound, write_scalars};

/// What the values of a metric family mean, as in its `# TYPE` line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A value that can go up and down.
    Gauge,
    /// A value that only goes up, or starts again from zero.
    Counter,
    /// Observations counted in buckets, with their number and sum.
    Histogram,
    /// The number and sum of observations, with quantiles.
    Summary,
    /// A value of which the source does not say whether it can go down. For names that others have
    /// made; of a metric of one's own the kind is known.
    Untyped,
}

impl Kind {
    /// The word of the text format: `gauge`, `counter`, `histogram`, `summary` or `untyped`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gauge => "gauge",
            Self::Counter => "counter",
            Self::Histogram => "histogram",
            Self::Summary => "summary",
            Self::Untyped => "untyped",
        }
    }

    /// What the names of the samples add to the name of the family.
    pub(crate) const fn suffixes(self) -> &'static [&'static str] {
        match self {
            Self::Gauge | Self::Counter | Self::Untyped => &[""],
            Self::Histogram => &["_bucket", "_sum", "_count"],
            Self::Summary => &["", "_sum", "_count"],
        }
    }
}

mod sealed {
    /// Writes samples of one kind. Known through the definitions, so that an exporter holds the
    /// code of those kinds alone that it has.
    pub struct Writer(pub(crate) super::WriteBlock);

    /// What the kit must know of a kind. The kinds of the text format are all there are.
    pub trait Sealed {
        /// Writes samples of the kind.
        const WRITER: Writer;

        /// The bucket bounds or quantiles of a definition that does not state any.
        const BOUNDS: &'static [f64] = &[];
    }
}

/// The kind of a [`Definition`](crate::Definition), as its type parameter.
pub trait MetricKind: sealed::Sealed + Copy + Send + Sync + fmt::Debug + 'static {
    /// The kind that definitions of this type have.
    const KIND: Kind;
}

/// A kind of metric that has one value for each label set: gauge, counter and untyped.
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

/// Marks an [`Untyped`](crate::Untyped).
#[derive(Clone, Copy, Debug)]
pub struct UntypedKind;

impl sealed::Sealed for UntypedKind {
    const WRITER: Writer = Writer(write_scalars);
}

impl MetricKind for UntypedKind {
    const KIND: Kind = Kind::Untyped;
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
