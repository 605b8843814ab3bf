//! The samples of one collector at one scrape, stored as the text of their lines.
//! A steady scrape reuses every buffer and allocates nothing. A huge scrape is limited, and its
//! memory is released after the next one.

mod block;
mod check;
mod discarded;
mod family;
mod open;
mod sort;

pub(crate) use self::block::{Block, Item};
pub use self::discarded::Discarded;
pub(crate) use self::family::Family;

use std::time::Instant;

use self::discarded::Reason;
use self::family::Families;
use crate::constant_labels::ConstantLabels;
use crate::exposition::number::{MAX_NUMBER_BYTES, write_value};
use crate::exposition::text::{Room, Text, trim};
use crate::metrics::checks::is_name;
use crate::metrics::{
    Core, Definition, ExternalFamily, HistogramKind, Kind, MetricKind, MetricPattern, Scalar,
    SummaryKind,
};
use crate::order::Order;

/// The longest series (name and labels) that is exposed. Some scrapers silently stop at a line of
/// more than 64 KiB; the difference is for the value, and for suffix and bound of a histogram or
/// summary.
const MAX_SERIES_BYTES: usize = 64 * 1024 - 128;

/// The most that one collector may contribute to a page.
const MAX_PAGE_BYTES: usize = 16 * 1024 * 1024;

/// The most warnings of one run.
const MAX_NOTES: usize = 16;

/// The length of value, suffix and bound in a line of a histogram or summary.
const LINE_BYTES: usize = 26 + 40;

/// The samples that a [`Collector`](crate::Collector) adds during a scrape.
///
/// ```
/// use exporter_kit::{Gauge, Samples};
///
/// const DEPTH: Gauge<1> = Gauge::new("queue_depth", "Jobs waiting.").labels(["queue"]);
///
/// fn fill(out: &mut Samples) {
///     out.set(&DEPTH, ["default"], 3.0);
/// }
/// ```
///
/// A sample that would make the page invalid for some scraper is discarded and counted; see
/// [`Samples::discarded`].
#[derive(Debug, Default)]
pub struct Samples {
    /// The lines of all samples. The lines of a histogram or summary depend on the format, so only
    /// its series is stored: `name{label="value"}`.
    text: Text,
    samples: Vec<Sample>,
    /// The order of the page.
    order: Order,
    /// How many samples `order` covers.
    sorted: usize,
    /// The counts and quantiles of histograms and summaries.
    numbers: Vec<f64>,
    families: Families,
    /// An upper bound for the size of the page.
    page_bytes: usize,
    discarded: Discarded,
    /// When the collector should return.
    deadline: Option<Instant>,
    /// What the collector wants to have logged.
    notes: Vec<String>,
    /// The first sample that does not match its definition: the metric and an explanation.
    mismatch: Option<(&'static str, &'static str)>,
    /// The source of the counters.
    #[cfg(debug_assertions)]
    source: String,
    /// The counters of the last scrape by series, and their source.
    #[cfg(debug_assertions)]
    counters: (String, check::Counters),
}

#[derive(Clone, Copy, Debug)]
struct Sample {
    family: u32,
    /// The start of its text.
    start: u32,
    /// The end of its series.
    end: u32,
    /// The end of its line; equal to `end` for a histogram or summary.
    line_end: u32,
    /// The index of its first number.
    numbers: u32,
    /// The value, or the sum of a histogram or summary.
    value: f64,
}

impl Samples {
    /// Adds a sample of `metric`, a gauge or counter, with the label values `labels`.
    ///
    /// NaN and infinite values, negative counters, series of nearly 64 KiB and duplicate series are
    /// discarded.
    pub fn set<K: Scalar, const N: usize>(
        &mut self,
        metric: &Definition<K, N>,
        labels: [&str; N],
        value: f64,
    ) {
        self.put(metric.core(), metric.label_names(), &labels, value, self.numbers.len());
    }

    /// Adds a histogram that the source provides: the count and sum of all observations, and for
    /// each bound of the definition the number of observations up to it.
    ///
    /// ```
    /// use exporter_kit::{Histogram, Samples};
    ///
    /// const WAIT: Histogram<1> = Histogram::new("queue_wait_seconds", "How long jobs waited.")
    ///     .buckets(&[0.1, 1.0])
    ///     .labels(["queue"]);
    ///
    /// let mut out = Samples::default();
    /// out.set_histogram(&WAIT, ["default"], 7, 4.5, &[3, 6]);
    /// ```
    ///
    /// The whole histogram is discarded if [`Samples::set`] would discard a value, if there is not
    /// one count for each bound, or if the counts decrease or exceed `count`.
    pub fn set_histogram<const N: usize>(
        &mut self,
        metric: &Definition<HistogramKind, N>,
        labels: [&str; N],
        count: u64,
        sum: f64,
        cumulative: &[u64],
    ) {
        let core = metric.core();
        if cumulative.len() != core.bounds.len() {
            return self.mismatch(core.name, "a histogram needs one count for each bound");
        }
        if !cumulative.is_sorted() || cumulative.last().is_some_and(|last| *last > count) {
            let why = "the counts of a histogram must increase up to its total count";
            return self.mismatch(core.name, why);
        }
        let numbers = self.numbers.len();
        self.numbers.extend(cumulative.iter().chain([&count]).map(|&number| number as f64));
        self.put(core, metric.label_names(), &labels, sum, numbers);
    }

    /// Adds a summary that the source provides: the count and sum of all observations, and the
    /// value of each quantile of the definition.
    ///
    /// An unknown quantile is NaN and has no line. If all are unknown, as without observations,
    /// `quantiles` may be empty.
    ///
    /// ```
    /// use exporter_kit::{Samples, Summary};
    ///
    /// const WAIT: Summary<1> = Summary::new("queue_wait_seconds", "How long jobs waited.")
    ///     .quantiles(&[0.5, 0.99])
    ///     .labels(["queue"]);
    ///
    /// let mut out = Samples::default();
    /// out.set_summary(&WAIT, ["default"], 7, 4.5, &[0.2, 3.1]);
    /// out.set_summary(&WAIT, ["idle"], 0, 0.0, &[]);
    /// ```
    ///
    /// The whole summary is discarded if [`Samples::set`] would discard a value, or if there is not
    /// one value for each quantile.
    pub fn set_summary<const N: usize>(
        &mut self,
        metric: &Definition<SummaryKind, N>,
        labels: [&str; N],
        count: u64,
        sum: f64,
        quantiles: &[f64],
    ) {
        let core = metric.core();
        let known = quantiles.len();
        if known != core.bounds.len() && known != 0 {
            return self.mismatch(core.name, "a summary needs one value for each quantile");
        }
        let numbers = self.numbers.len();
        self.numbers.extend_from_slice(quantiles);
        self.numbers.resize(numbers + core.bounds.len(), f64::NAN);
        self.numbers.push(count as f64);
        self.put(core, metric.label_names(), &labels, sum, numbers);
    }

    /// Adds a sample of a family whose name is known only to the source: the prefix of `pattern`
    /// followed by the field, in parts so that callers need not concatenate them.
    ///
    /// The sample is discarded if [`Samples::set`] would discard it, if the field makes no valid
    /// name, or if a definition has the same name. A steady source allocates nothing.
    pub fn set_field<K: Scalar, const N: usize>(
        &mut self,
        pattern: &MetricPattern<K, N>,
        field: &[&str],
        labels: [&str; N],
        value: f64,
    ) {
        let core = pattern.core();
        let found = self.families.find_field(core, pattern.label_names(), field);
        self.put_dynamic(found, &labels, value);
    }

    /// Adds a sample of a family that another program defined. `suffix` is appended to the family's
    /// name, such as `_bucket`; `labels` are names and values.
    ///
    /// The sample is discarded if [`Samples::set`] would discard it, if a name is invalid for a
    /// metric or label, or if the family exists with another kind.
    pub fn set_external(
        &mut self,
        family: &ExternalFamily<'_>,
        suffix: &str,
        labels: &[(&str, &str)],
        value: f64,
    ) {
        let found = self.families.find_external(family);
        let names_are_valid = is_suffix(suffix) && labels.iter().all(|(name, _)| is_name(name));
        let text = self.text.len();
        let put = found
            .filter(|_| names_are_valid)
            .ok_or(Reason::BadName)
            .and_then(|family| self.put_open(family, suffix, labels, value));
        if let Err(reason) = put {
            self.text.truncate(text);
            self.discard(reason, "");
        }
    }

    /// Identifies the source of the counters if it can restart while the exporter runs, for example
    /// a server by its start time. Debug builds report a decreasing counter as a bug, unless the
    /// source differs from that of the last scrape.
    pub fn source(&mut self, name: &str) {
        #[cfg(debug_assertions)]
        name.clone_into(&mut self.source);
        #[cfg(not(debug_assertions))]
        let _ = name;
    }

    /// When the collector should return: a little before the page is due, or when the next run of a
    /// background collector is. A collector that asks a server bounds its requests by it, and still
    /// says on the page what failed; a later one has no samples on the page.
    ///
    /// `None` outside of a run, as in tests.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Has a warning logged, for what is wrong with a part of the source while the rest is good. A
    /// collector does not log by itself, because a fault that lasts would fill the log: each text
    /// is logged once an hour, and of one collector eight texts an hour. Numbers that change belong
    /// into metrics, not into the text.
    ///
    /// ```
    /// use exporter_kit::{CollectError, Samples};
    ///
    /// fn collect(out: &mut Samples) -> Result<(), CollectError> {
    ///     for line in std::fs::read_to_string("/run/pool")?.lines() {
    ///         if !line.contains('=') {
    ///             out.warn("/run/pool has lines without an equals sign");
    ///         }
    ///     }
    ///     Ok(())
    /// }
    /// ```
    pub fn warn(&mut self, text: impl Into<String>) {
        let text = text.into();
        if self.notes.len() < MAX_NOTES && !self.notes.contains(&text) {
            self.notes.push(text);
        }
    }

    /// The warnings since the last call.
    pub(crate) fn take_notes(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notes)
    }

    pub(crate) fn set_deadline(&mut self, deadline: Instant) {
        self.deadline = Some(deadline);
    }

    /// Sets the labels that every sample has. There must be no samples yet.
    pub(crate) fn set_constant_labels(&mut self, labels: &ConstantLabels) {
        self.families.set_constant(labels);
    }

    /// How many samples were discarded at this scrape, by reason.
    pub fn discarded(&self) -> Discarded {
        self.discarded
    }

    /// The number of samples. A histogram or summary of one label set is one sample.
    pub fn len(&self) -> usize {
        self.samples.len()
    }

    /// Whether there are no samples.
    pub fn is_empty(&self) -> bool {
        self.samples.is_empty()
    }

    /// The value of the sample of `metric` with these label values, or the sum if it is a histogram
    /// or summary. For tests of collectors.
    pub fn value<K: MetricKind, const N: usize>(
        &self,
        metric: &Definition<K, N>,
        labels: [&str; N],
    ) -> Option<f64> {
        let mut series = Text::default();
        let family = self.families.named(metric.name())?;
        let bytes = labels.iter().map(|label| label.len()).sum::<usize>();
        let max_bytes = family.series_bytes() + 2 * bytes;
        series.append_with(max_bytes, |out| family.write_series(out, &labels));
        let found = self.samples.iter().find(|sample| {
            self.text.as_slice()[sample.start as usize..sample.end as usize] == *series.as_slice()
        });
        found.map(|sample| sample.value)
    }

    /// The page of only these samples, in the text format. For tests of collectors.
    pub fn page(&mut self) -> String {
        self.sort_and_dedup();
        let mut page = Text::default();
        let order = &mut Order::default();
        crate::exposition::encode([&*self], crate::exposition::Format::Text, order, &mut page);
        String::from_utf8_lossy(page.as_slice()).into_owned()
    }

    /// Removes all samples. The memory is kept unless it is far larger than they needed.
    pub(crate) fn clear(&mut self) {
        trim(&mut self.samples);
        trim(self.order.buffer());
        trim(&mut self.numbers);
        self.text.clear();
        self.samples.clear();
        self.numbers.clear();
        self.sorted = 0;
        self.families.rewind();
        self.page_bytes = 0;
        self.discarded = Discarded::default();
        self.mismatch = None;
        self.deadline = None;
        #[cfg(debug_assertions)]
        self.source.clear();
    }

    /// Counts series that a live metric rejected because it has too many.
    pub(crate) fn reject(&mut self, samples: u64) {
        self.discarded.too_many += samples;
    }

    /// Replaces the HELP of the families for which `help` returns another text.
    pub(crate) fn replace_help(&mut self, help: impl Fn(&str) -> Option<&'static str>) {
        self.families.replace_help(help);
    }

    /// Adds a sample whose numbers, if any, start at `numbers` already. Not generic, so that the
    /// binary holds one copy for all kinds and numbers of labels.
    fn put(
        &mut self,
        metric: &Core,
        names: &[&'static str],
        labels: &[&str],
        value: f64,
        numbers: usize,
    ) {
        let text = self.text.len();
        let family = self.families.find(metric, names);
        let family =
            family.ok_or(Reason::Mismatch("the definition differs from another of this name"));
        let put = family.and_then(|family| self.put_series(family, labels, value, numbers));
        if let Err(reason) = put {
            self.text.truncate(text);
            self.numbers.truncate(numbers);
            self.discard(reason, metric.name);
        }
    }

    fn put_dynamic(&mut self, family: Option<u32>, labels: &[&str], value: f64) {
        let text = self.text.len();
        let family = family.ok_or(Reason::BadName);
        let put = family.and_then(|at| self.put_series(at, labels, value, self.numbers.len()));
        if let Err(reason) = put {
            self.text.truncate(text);
            self.discard(reason, "");
        }
    }

    fn discard(&mut self, reason: Reason, metric: &'static str) {
        match reason {
            Reason::NotFinite => self.discarded.not_finite += 1,
            Reason::TooLong => self.discarded.too_long += 1,
            Reason::TooMany => self.discarded.too_many += 1,
            Reason::BadName => self.discarded.bad_name += 1,
            Reason::Mismatch(why) => self.mismatch(metric, why),
        }
    }

    fn put_series(
        &mut self,
        family: u32,
        labels: &[&str],
        value: f64,
        numbers: usize,
    ) -> Result<(), Reason> {
        let bytes = labels.iter().map(|label| label.len()).sum::<usize>();
        let write = |family: &Family, out: &mut Room<'_>| family.write_series(out, labels);
        self.try_put(family, bytes, numbers, value, write)
    }

    /// Adds a sample whose series `write` writes; its labels have `bytes` bytes.
    #[inline(always)]
    fn try_put(
        &mut self,
        family: u32,
        bytes: usize,
        numbers: usize,
        value: f64,
        write: impl FnOnce(&Family, &mut Room<'_>),
    ) -> Result<(), Reason> {
        if !value.is_finite() {
            return Err(Reason::NotFinite);
        }
        let family_of = self.families.get(family);
        if value < 0.0 && family_of.core().kind == Kind::Counter {
            return Err(Reason::Mismatch("a counter cannot be negative"));
        }
        // Checked before writing, because a label may have any length.
        if bytes > MAX_SERIES_BYTES {
            return Err(Reason::TooLong);
        }
        let is_line = self.numbers.len() == numbers;
        let start = self.text.len();
        let mut series = 0;
        // Every byte of a label may need an escape.
        let max_bytes = family_of.series_bytes() + 2 * bytes + MAX_NUMBER_BYTES + 2;
        self.text.append_with(max_bytes, |out| {
            write(family_of, out);
            series = out.len();
            if is_line {
                out.push(b' ');
                write_value(out, value);
                out.push(b'\n');
            }
        });
        if series > MAX_SERIES_BYTES {
            return Err(Reason::TooLong);
        }
        let end = start + series;
        let page_bytes = match self.numbers.len() - numbers {
            0 => self.text.len() - start,
            // A line for each number, the bucket +Inf and the sum.
            numbers => (series + LINE_BYTES) * (numbers + 2),
        };
        let page_bytes = self.page_bytes + page_bytes;
        if page_bytes > MAX_PAGE_BYTES {
            return Err(Reason::TooMany);
        }
        self.page_bytes = page_bytes;
        // MAX_PAGE_BYTES is far below 2^32.
        let [start, end, line_end, numbers] =
            [start, end, self.text.len(), numbers].map(|offset| offset as u32);
        self.samples.push(Sample { family, start, end, line_end, numbers, value });
        Ok(())
    }

    fn mismatch(&mut self, metric: &'static str, why: &'static str) {
        self.discarded.mismatch += 1;
        self.mismatch.get_or_insert((metric, why));
    }
}

fn is_suffix(text: &str) -> bool {
    text.is_empty() || is_name(text)
}

#[cfg(test)]
mod tests;
