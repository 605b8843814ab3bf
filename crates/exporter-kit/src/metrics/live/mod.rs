//! Live metrics: the program updates them while it works, and every scrape exposes them.

mod kinds;
mod window;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use self::kinds::{LiveCounter, LiveGauge, LiveHistogram, LiveKind, LiveSummary};
use crate::collector::{CollectError, Collector};
use crate::metrics::{Definition, Metric};
use crate::samples::Samples;

/// The most series of one live metric, which bounds memory if label values are unbounded, such as
/// user names.
const MAX_SERIES: usize = 10_000;

/// A set of live metrics, which the program updates and the exporter exposes.
///
/// The program adds metrics, passes the set to the exporter, and keeps the handles, which are cheap
/// to clone and can be sent to other threads. A collector with live metrics of its own uses a
/// [`LiveFamily`].
///
/// ```no_run
/// use exporter_kit::{Counter, Exporter, Histogram, Live};
///
/// const JOBS: Counter<1> = Counter::new("queue_jobs_total", "Jobs done.").labels(["queue"]);
/// const WAIT: Histogram =
///     Histogram::new("queue_wait_seconds", "How long jobs waited.").buckets(&[0.1, 1.0, 10.0]);
///
/// fn main() -> std::process::ExitCode {
///     let mut live = Live::new();
///     let jobs = live.add(&JOBS);
///     let done = jobs.with(["default"]); // on the page from now on, with 0
///     let wait = live.add(&WAIT).with([]);
///     let worker = move || {
///         wait.observe(0.25);
///         done.inc();
///     };
///     let _worker = std::thread::Builder::new().spawn(worker);
///     Exporter::new("queue_exporter", ":9690").live("queue", "队列", "Jobs.", live).run()
/// }
/// ```
#[derive(Default)]
pub struct Live {
    metrics: Vec<&'static dyn Metric>,
    families: Vec<Box<dyn Expose>>,
}

/// One live metric: its series by label values. A clone is another handle of the same metric.
///
/// ```
/// use exporter_kit::{CollectError, Collector, Histogram, LiveFamily, LiveHistogram, Samples};
///
/// const PING: Histogram = Histogram::new("pool_ping_seconds", "How long a ping took.");
///
/// struct Ping(LiveFamily<exporter_kit::HistogramKind, 0>);
///
/// impl Collector for Ping {
///     fn collect(&mut self, out: &mut Samples) -> Result<(), CollectError> {
///         self.0.with([]).observe(0.002);
///         self.0.write(out);
///         Ok(())
///     }
/// }
///
/// let mut out = Samples::default();
/// Ping(LiveFamily::new(&PING)).collect(&mut out).unwrap();
/// assert!(out.page().contains("pool_ping_seconds_count 1"));
/// ```
#[derive(Clone)]
pub struct LiveFamily<K: LiveKind, const N: usize> {
    shared: Arc<Shared<K, N>>,
}

struct Shared<K: LiveKind, const N: usize> {
    metric: &'static Definition<K, N>,
    series: Mutex<Series<K::Live, N>>,
    /// How many series were rejected since the last scrape.
    rejected: AtomicU64,
}

/// Handles, sorted by label values.
type Series<T, const N: usize> = Vec<([Box<str>; N], T)>;

/// Any live metric, independent of its kind and number of labels.
trait Expose: Send {
    fn expose(&self, out: &mut Samples);
}

impl Live {
    /// An empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a metric. Without labels, its single series exists immediately. With labels, a series
    /// is created by the first [`LiveFamily::with`], which should be called at startup for every
    /// series that is known in advance.
    pub fn add<K: LiveKind, const N: usize>(
        &mut self,
        metric: &'static Definition<K, N>,
    ) -> LiveFamily<K, N> {
        let family = LiveFamily::new(metric);
        self.metrics.push(metric);
        self.families.push(Box::new(family.clone()));
        family
    }

    /// The definitions, leaked for the life of the process.
    pub(crate) fn leak_metrics(&self) -> &'static [&'static dyn Metric] {
        Box::leak(self.metrics.clone().into_boxed_slice())
    }
}

impl Collector for Live {
    fn collect(&mut self, out: &mut Samples) -> Result<(), CollectError> {
        self.families.iter().for_each(|family| family.expose(out));
        Ok(())
    }
}

impl<K: LiveKind, const N: usize> LiveFamily<K, N> {
    /// A live metric outside a [`Live`] set. Without labels, its single series exists immediately.
    pub fn new(metric: &'static Definition<K, N>) -> Self {
        let shared =
            Arc::new(Shared { metric, series: Mutex::default(), rejected: AtomicU64::new(0) });
        let family = Self { shared };
        if N == 0 {
            family.with([""; N]);
        }
        family
    }

    /// Adds all series to `out`.
    pub fn write(&self, out: &mut Samples) {
        for (labels, live) in self.shared.lock().iter() {
            K::expose(live, self.shared.metric, labels.each_ref().map(|value| &**value), out);
        }
        out.reject(self.shared.rejected.swap(0, Ordering::Relaxed));
    }

    /// The series with these label values, created if necessary.
    ///
    /// The lookup takes a lock; keep the handle if it is used often. Beyond 10,000 series the
    /// handle works, but the series is not exposed and is counted as discarded.
    pub fn with(&self, labels: [&str; N]) -> K::Live {
        let mut series = self.shared.lock();
        match find(&series, &labels) {
            Ok(found) => series[found].1.clone(),
            Err(place) => {
                let live = K::start(self.shared.metric);
                if series.len() < MAX_SERIES {
                    series.insert(place, (labels.map(Box::from), live.clone()));
                } else {
                    self.shared.rejected.fetch_add(1, Ordering::Relaxed);
                }
                live
            }
        }
    }

    /// Removes the series with these label values, for example when the object that it describes is
    /// gone. Its handles remain valid but are no longer exposed.
    pub fn remove(&self, labels: [&str; N]) {
        let mut series = self.shared.lock();
        if let Ok(found) = find(&series, &labels) {
            series.remove(found);
        }
    }
}

impl<K: LiveKind, const N: usize> Shared<K, N> {
    fn lock(&self) -> MutexGuard<'_, Series<K::Live, N>> {
        // No code panics while it holds the lock; even then the series would be consistent.
        self.series.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: LiveKind, const N: usize> Expose for LiveFamily<K, N> {
    fn expose(&self, out: &mut Samples) {
        self.write(out);
    }
}

/// The index of the series, or where to insert it. The vectors of the `prometheus` crate identify a
/// series by a hash of its concatenated label values, which confuses `ab`, `c` with `a`, `bc`.
fn find<T, const N: usize>(series: &Series<T, N>, labels: &[&str; N]) -> Result<usize, usize> {
    series.binary_search_by(|(known, _)| {
        known.iter().map(|value| &**value).cmp(labels.iter().copied())
    })
}

impl fmt::Debug for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.metrics.iter().map(|metric| metric.describe().name)).finish()
    }
}

impl<K: LiveKind, const N: usize> fmt::Debug for LiveFamily<K, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let series = self.shared.lock();
        let labels = series.iter().map(|(labels, _)| labels);
        write!(f, "{} ", self.shared.metric.name())?;
        f.debug_list().entries(labels).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{Counter, Gauge, Histogram, Summary};

    const BUSY: Gauge = Gauge::new("busy", "Busy.");
    const JOBS: Counter<2> = Counter::new("jobs_total", "Jobs.").labels(["a", "b"]);
    const WAIT: Histogram<1> =
        Histogram::new("wait_seconds", "Wait.").buckets(&[0.5, 1.0]).labels(["queue"]);
    const SIZE: Summary = Summary::new("size_bytes", "Size.").quantiles(&[0.5]);

    fn collected(live: &mut Live) -> Samples {
        let mut out = Samples::default();
        live.collect(&mut out).unwrap();
        let def = crate::CollectorDef::from_fn("l", "活", "L.", live.leak_metrics(), |_| Ok(()));
        out.check(&def).unwrap();
        out
    }

    fn page(live: &mut Live) -> String {
        let page = collected(live).page();
        page.lines().filter(|line| !line.starts_with('#')).map(|line| format!("{line}\n")).collect()
    }

    #[test]
    fn all_kinds_are_exposed_from_the_start() {
        let mut live = Live::new();
        live.add(&BUSY);
        live.add(&JOBS).with(["x", "y"]);
        live.add(&WAIT).with(["z"]);
        live.add(&SIZE);
        let expected = r#"busy 0
jobs_total{a="x",b="y"} 0
size_bytes_sum 0
size_bytes_count 0
wait_seconds_bucket{queue="z",le="0.5"} 0
wait_seconds_bucket{queue="z",le="1.0"} 0
wait_seconds_bucket{queue="z",le="+Inf"} 0
wait_seconds_sum{queue="z"} 0
wait_seconds_count{queue="z"} 0
"#;
        assert_eq!(page(&mut live), expected);
        let names: Vec<_> = live.metrics.iter().map(|metric| metric.describe().name).collect();
        assert_eq!(names, ["busy", "jobs_total", "wait_seconds", "size_bytes"]);
    }

    #[test]
    fn values_of_handles_are_exposed() {
        let mut live = Live::new();
        let busy = live.add(&BUSY).with([]);
        let jobs = live.add(&JOBS).with(["x", "y"]);
        let wait = live.add(&WAIT).with(["z"]);
        let size = live.add(&SIZE).with([]);
        let (handle, observer) = (jobs.clone(), wait.clone());
        std::thread::scope(|scope| {
            scope.spawn(move || {
                handle.inc();
                [0.25, 0.5, 0.75, 2.0].iter().for_each(|&value| observer.observe(value));
            });
            scope.spawn(|| jobs.inc_by(1.5));
        });
        busy.set(5.0);
        busy.add(-7.5);
        [10.0, 10.0, 10.0].iter().for_each(|&value| size.observe(value));
        let page = page(&mut live);
        let (median, rest) = page.split_once("size_bytes{quantile=\"0.5\"} ").unwrap();
        let (value, rest) = rest.split_once('\n').unwrap();
        assert!((value.parse::<f64>().unwrap() - 10.0).abs() <= 0.1, "{value}");
        let expected = r#"busy -2.5
jobs_total{a="x",b="y"} 2.5
size_bytes_sum 30
size_bytes_count 3
wait_seconds_bucket{queue="z",le="0.5"} 2
wait_seconds_bucket{queue="z",le="1.0"} 3
wait_seconds_bucket{queue="z",le="+Inf"} 4
wait_seconds_sum{queue="z"} 3.5
wait_seconds_count{queue="z"} 4
"#;
        assert_eq!(format!("{median}{rest}"), expected);
    }

    #[test]
    fn series_differ_by_each_label_value() {
        let mut live = Live::new();
        let jobs = live.add(&JOBS);
        jobs.with(["ab", "c"]).inc();
        jobs.with(["a", "bc"]).inc_by(2.0);
        jobs.with(["ab", "c"]).inc();
        jobs.with(["gone", ""]).inc();
        jobs.remove(["gone", ""]);
        jobs.remove(["never", "there"]);
        let expected = "jobs_total{a=\"a\",b=\"bc\"} 2\njobs_total{a=\"ab\",b=\"c\"} 2\n";
        assert_eq!(page(&mut live), expected);
    }

    #[test]
    fn series_are_limited_and_the_excess_is_counted() {
        let mut live = Live::new();
        let jobs = live.add(&JOBS);
        for number in 0..MAX_SERIES + 5 {
            jobs.with([&number.to_string(), ""]).inc();
        }
        let out = collected(&mut live);
        assert_eq!((out.len(), out.discarded().too_many), (MAX_SERIES, 5));
        assert_eq!(collected(&mut live).discarded().too_many, 0);
    }

    #[test]
    fn numbers_that_are_not_finite_are_ignored() {
        let mut live = Live::new();
        let busy = live.add(&BUSY).with([]);
        let wait = live.add(&WAIT).with(["z"]);
        let size = live.add(&SIZE).with([]);
        let jobs = live.add(&JOBS).with(["x", "y"]);
        for value in [f64::NAN, f64::INFINITY] {
            busy.add(value);
            busy.set(value);
            wait.observe(value);
            size.observe(value);
            jobs.inc_by(value);
        }
        let out = collected(&mut live);
        assert_eq!((out.len(), out.discarded().total()), (4, 0));
    }
}
