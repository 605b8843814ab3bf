//! The handles of live metrics, one for each kind. Except for the summary they wrap metrics of the
//! `prometheus` crate, and reject values that would corrupt the page.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use prometheus::HistogramOpts;
use prometheus::core::Metric as _;

use super::window::Window;
use crate::metrics::{CounterKind, Definition, GaugeKind, HistogramKind, MetricKind, SummaryKind};
use crate::samples::Samples;

/// Why making a metric of the `prometheus` crate cannot fail.
const CHECKED: &str = "a definition has a valid name, a help text and ascending buckets";

/// A kind of live metric, with the type of its handle.
pub trait LiveKind: MetricKind {
    /// The handle of one series.
    type Live: Clone + Send + Sync + 'static;

    /// A new series.
    #[doc(hidden)]
    fn start<const N: usize>(metric: &Definition<Self, N>) -> Self::Live;

    /// Adds the series to `out`.
    #[doc(hidden)]
    fn expose<const N: usize>(
        live: &Self::Live,
        metric: &Definition<Self, N>,
        labels: [&str; N],
        out: &mut Samples,
    );
}

/// The handle of a live gauge: a value that can increase and decrease. It starts at 0.
#[derive(Clone, Debug)]
pub struct LiveGauge(prometheus::Gauge);

/// The handle of a live counter: a value that only increases. It starts at 0.
#[derive(Clone, Debug)]
pub struct LiveCounter(prometheus::Counter);

/// The handle of a live histogram, which counts observations in the buckets of its definition.
#[derive(Clone, Debug)]
pub struct LiveHistogram(prometheus::Histogram);

/// The handle of a live summary: the count and sum of all observations, and the quantiles of the
/// last ten minutes, each within 1 % of the true value.
///
/// A summary takes a few KiB if the observations of ten minutes are similar, and up to 160 KiB if
/// they span many orders of magnitude.
#[derive(Clone, Debug)]
pub struct LiveSummary(Arc<Mutex<Window>>);

impl LiveGauge {
    /// Sets the value. A value that is not finite is ignored.
    pub fn set(&self, value: f64) {
        if value.is_finite() {
            self.0.set(value);
        }
    }

    /// Adds `change`, which may be negative. A number that is not finite is ignored.
    pub fn add(&self, change: f64) {
        if change.is_finite() {
            self.0.add(change);
        }
    }

    /// Adds 1.
    pub fn inc(&self) {
        self.0.inc();
    }

    /// Subtracts 1.
    pub fn dec(&self) {
        self.0.dec();
    }

    /// The current value.
    pub fn value(&self) -> f64 {
        self.0.get()
    }
}

impl LiveCounter {
    /// Adds 1.
    pub fn inc(&self) {
        self.0.inc();
    }

    /// Adds `increase`. A number that is negative or not finite is ignored.
    ///
    /// # Panics
    ///
    /// In debug builds, if `increase` is negative.
    pub fn inc_by(&self, increase: f64) {
        debug_assert!(increase >= 0.0 || increase.is_nan(), "a counter cannot decrease");
        if increase.is_finite() && increase >= 0.0 {
            self.0.inc_by(increase);
        }
    }

    /// The current value.
    pub fn value(&self) -> f64 {
        self.0.get()
    }
}

impl LiveHistogram {
    /// Counts an observation. A value that is not finite is ignored.
    pub fn observe(&self, value: f64) {
        if value.is_finite() {
            self.0.observe(value);
        }
    }
}

impl LiveSummary {
    /// Counts an observation. A value that is not finite is ignored.
    pub fn observe(&self, value: f64) {
        if value.is_finite() {
            self.with(|window| window.observe(value, Instant::now()));
        }
    }

    fn with<T>(&self, f: impl FnOnce(&mut Window) -> T) -> T {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl LiveKind for GaugeKind {
    type Live = LiveGauge;

    fn start<const N: usize>(metric: &Definition<Self, N>) -> LiveGauge {
        LiveGauge(prometheus::Gauge::new(metric.name(), metric.help()).expect(CHECKED))
    }

    fn expose<const N: usize>(
        live: &LiveGauge,
        metric: &Definition<Self, N>,
        labels: [&str; N],
        out: &mut Samples,
    ) {
        out.set(metric, labels, live.value());
    }
}

impl LiveKind for CounterKind {
    type Live = LiveCounter;

    fn start<const N: usize>(metric: &Definition<Self, N>) -> LiveCounter {
        LiveCounter(prometheus::Counter::new(metric.name(), metric.help()).expect(CHECKED))
    }

    fn expose<const N: usize>(
        live: &LiveCounter,
        metric: &Definition<Self, N>,
        labels: [&str; N],
        out: &mut Samples,
    ) {
        out.set(metric, labels, live.value());
    }
}

impl LiveKind for HistogramKind {
    type Live = LiveHistogram;

    fn start<const N: usize>(metric: &Definition<Self, N>) -> LiveHistogram {
        let bounds = metric.core().bounds.to_vec();
        let options = HistogramOpts::new(metric.name(), metric.help()).buckets(bounds);
        LiveHistogram(prometheus::Histogram::with_opts(options).expect(CHECKED))
    }

    fn expose<const N: usize>(
        live: &LiveHistogram,
        metric: &Definition<Self, N>,
        labels: [&str; N],
        out: &mut Samples,
    ) {
        let snapshot = live.0.metric();
        let snapshot = snapshot.get_histogram();
        let cumulative: Vec<u64> =
            snapshot.get_bucket().iter().map(|bucket| bucket.cumulative_count()).collect();
        let (count, sum) = (snapshot.get_sample_count(), snapshot.get_sample_sum());
        out.set_histogram(metric, labels, count, sum, &cumulative);
    }
}

impl LiveKind for SummaryKind {
    type Live = LiveSummary;

    fn start<const N: usize>(_: &Definition<Self, N>) -> LiveSummary {
        LiveSummary(Arc::new(Mutex::new(Window::new(Instant::now()))))
    }

    fn expose<const N: usize>(
        live: &LiveSummary,
        metric: &Definition<Self, N>,
        labels: [&str; N],
        out: &mut Samples,
    ) {
        let quantiles = metric.core().bounds;
        let (count, sum, values) = live.with(|window| {
            let values = window.quantiles(quantiles, Instant::now());
            (window.count(), window.sum(), values)
        });
        out.set_summary(metric, labels, count, sum, &values);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{Counter, Gauge};

    fn is_handle<T: Clone + Send + Sync + 'static>() {}

    #[test]
    fn handles_can_be_sent_to_threads() {
        is_handle::<LiveGauge>();
        is_handle::<LiveCounter>();
        is_handle::<LiveHistogram>();
        is_handle::<LiveSummary>();
    }

    #[test]
    fn gauges_increase_and_decrease() {
        let gauge = GaugeKind::start(&Gauge::new("g", "G."));
        gauge.set(5.0);
        gauge.inc();
        gauge.dec();
        gauge.dec();
        gauge.add(0.5);
        assert_eq!(gauge.value(), 4.5);
    }

    #[test]
    fn counters_do_not_decrease() {
        let counter = CounterKind::start(&Counter::new("c_total", "C."));
        counter.inc_by(2.0);
        let decrease = std::panic::catch_unwind(|| counter.inc_by(-1.0));
        assert_eq!(decrease.is_err(), cfg!(debug_assertions));
        assert_eq!(counter.value(), 2.0);
    }
}
