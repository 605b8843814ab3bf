//! What the author of an exporter writes: a [`CollectorDef`], and the [`Collector`] that it makes.

pub(crate) mod background;
mod def;
pub(crate) mod run;

use std::error::Error;
use std::fmt;

pub use self::def::{CollectorDef, ScheduledCollector, System};
use crate::samples::Samples;

/// Reads one subsystem and turns what it read into samples, at every scrape.
///
/// A collector never prints, exits or starts processes. It may block, fail or panic: that costs
/// its own samples of that scrape and nothing else. Closures are collectors.
///
/// ```
/// use exporter_kit::{CollectError, Collector, Gauge, Samples};
///
/// const RUNS: Gauge = Gauge::new("demo_runs", "How often the collector has run.");
///
/// struct Runs(u32);
///
/// impl Collector for Runs {
///     fn collect(&mut self, out: &mut Samples) -> Result<(), CollectError> {
///         self.0 += 1;
///         out.set(&RUNS, [], self.0.into());
///         Ok(())
///     }
/// }
/// ```
pub trait Collector: Send {
    /// Reads the source and puts its samples into `out`, which is empty at the start.
    ///
    /// # Errors
    ///
    /// [`CollectError::NoData`] and [`CollectError::Unsupported`] where there is nothing to read;
    /// anything else is a failure of the scrape of this collector, and its samples are discarded.
    fn collect(&mut self, out: &mut Samples) -> Result<(), CollectError>;
}

impl<F: FnMut(&mut Samples) -> Result<(), CollectError> + Send> Collector for F {
    fn collect(&mut self, out: &mut Samples) -> Result<(), CollectError> {
        self(out)
    }
}

/// Why a collector has no samples.
///
/// Every error converts to [`CollectError::Failed`], so `?` works on all of them.
pub enum CollectError {
    /// The source is there but has nothing to tell. Not a failure.
    NoData,
    /// This system does not have the source. Not a failure.
    Unsupported,
    /// The source could not be read.
    Failed(Box<dyn Error + Send + Sync>),
}

impl CollectError {
    /// A failure with what was being done: `context: cause`.
    pub fn context(context: impl fmt::Display, cause: impl fmt::Display) -> Self {
        Self::Failed(format!("{context}: {cause}").into())
    }
}

impl<E: Into<Box<dyn Error + Send + Sync>>> From<E> for CollectError {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

impl fmt::Display for CollectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoData => f.write_str("no data"),
            Self::Unsupported => f.write_str("not supported on this system"),
            Self::Failed(error) => fmt::Display::fmt(error, f),
        }
    }
}

impl fmt::Debug for CollectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
