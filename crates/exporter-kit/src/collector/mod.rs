//! Collectors: the [`Collector`] trait, and the [`CollectorDef`] that builds one.

pub(crate) mod background;
mod def;
pub(crate) mod log_limit;
pub(crate) mod run;

use std::error::Error;
use std::fmt;

pub use self::def::{CollectorDef, ScheduledCollector, System};
use crate::samples::Samples;

/// Reads one subsystem and turns it into samples, at every scrape.
///
/// A collector never prints, exits or starts processes. It may block, fail or panic, which affects
/// only its own samples of that scrape. Closures are collectors.
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
    /// Reads the source and adds its samples to `out`, which starts empty.
    ///
    /// # Errors
    ///
    /// [`CollectError::NoData`] or [`CollectError::Unsupported`] if there is nothing to read. Any
    /// other error makes this run of the collector fail, and its samples are discarded unless the
    /// error is [`CollectError::Partial`].
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
    /// The source exists but has no data. Not a failure.
    NoData,
    /// This system does not have the source. Not a failure.
    Unsupported,
    /// The source could not be read.
    Failed(Box<dyn Error + Send + Sync>),
    /// The source could not be read, or not all of it. The samples that the collector has set stay
    /// on the page, such as one that says what failed.
    Partial(Box<dyn Error + Send + Sync>),
}

impl CollectError {
    /// A failure that keeps the samples set so far.
    ///
    /// ```
    /// use exporter_kit::{CollectError, Gauge, Samples};
    ///
    /// const UP: Gauge = Gauge::new("demo_up", "Whether the server answered (1) or not (0).");
    ///
    /// fn collect(out: &mut Samples) -> Result<(), CollectError> {
    ///     let answer = std::fs::read_to_string("/run/demo");
    ///     out.set(&UP, [], if answer.is_ok() { 1.0 } else { 0.0 });
    ///     answer.map(drop).map_err(CollectError::partial)
    /// }
    /// ```
    pub fn partial(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Partial(error.into())
    }

    /// A failure with its context: `context: cause`.
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
            Self::Failed(error) | Self::Partial(error) => fmt::Display::fmt(error, f),
        }
    }
}

impl fmt::Debug for CollectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
