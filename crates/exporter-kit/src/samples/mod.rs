//! The samples that a collector hands over at a scrape, kept as the text they become.
//! A steady scrape reuses every buffer and allocates nothing; a huge one is bounded, and its
//! memory is given back after the next.

mod arrange;
mod block;
mod check;
mod dropped;
mod family;

pub(crate) use self::block::{Block, Item};
pub use self::dropped::Dropped;
pub(crate) use self::family::Family;

use self::dropped::Reason;
use self::family::Families;
use crate::exposition::number::{MAX_NUMBER_BYTES, write_value};
use crate::exposition::text::{Room, Text, trim};
use crate::metrics::checks::is_name;
use crate::metrics::{
    Core, Definition, ExternalFamily, HistogramKind, Kind, MetricKind, MetricPattern, Scalar,
    SummaryKind,
};
use crate::order::Order;

/// The longest series (name and labels) that is exposed. Scrapers read line by line with a 64 KiB
/// limit, past which they silently end the scrape; the rest is room for the value, and for the
/// suffix and bound of a histogram's or summary's line.
const MAX_SERIES_BYTES: usize = 64 * 1024 - 128;

/// How much one collector may contribute to a page.
const MAX_PAGE_BYTES: usize = 16 * 1024 * 1024;

/// What a line of a histogram or summary has beside its series: value, suffix and bound.
const LINE_BYTES: usize = 26 + 40;

/// Where a [`Collector`](crate::Collector) puts what it read.
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
/// A sample that would spoil the page for one scraper or another is left out and counted; see
/// [`Samples::dropped`].
#[derive(Debug, Default)]
pub struct Samples {
    /// The lines of all samples, one after another; of a histogram or summary, whose lines depend
    /// on the format, the series alone: `name{label="value"}`.
    text: Text,
    samples: Vec<Sample>,
    /// The order of the page.
    order: Order,
    /// How many places of it are of the present samples.
    arranged: usize,
    /// What samples of histograms and summaries have beside their sum.
    numbers: Vec<f64>,
    families: Families,
    /// At least as much as the page will have.
    page_bytes: usize,
    dropped: Dropped,
    /// The first sample that did not fit its definition: the metric, and what was wrong.
    mismatch: Option<(&'static str, &'static str)>,
    /// What the counters belong to.
    #[cfg(debug_assertions)]
    source: String,
    /// The counters of the last scrape, by series, and what they belonged to.
    #[cfg(debug_assertions)]
    counters: (String, check::Counters),
}

#[derive(Clone, Copy, Debug)]
struct Sample {
    family: u32,
    /// Where its text begins.
    start: u32,
    /// Where its series ends.
    end: u32,
    /// Where its line ends; that of a histogram or summary is not written yet.
    line_end: u32,
    /// Where in the numbers its own begin.
    numbers: u32,
    /// The value, or the sum of a histogram or summary.
    value: f64,
}

impl Samples {
    /// Adds one sample of `metric`, a gauge or counter, with the label values `labels`.
    ///
    /// A value that is NaN or infinite, a counter below 0, a series of nearly 64 KiB and a series
    /// that is already there are dropped.
    pub fn set<K: Scalar, const N: usize>(
        &mut self,
        metric: &Definition<K, N>,
        labels: [&str; N],
        value: f64,
    ) {
        self.put(metric.core(), metric.label_names(), &labels, value, self.numbers.len());
    }

    /// Adds one histogram, as its source has it: the number and sum of all observations, and for
    /// each bound of the definition how many observations are at most as large.
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
    /// It is dropped as a whole where [`Samples::set`] would drop a value, and where the counts
    /// are not one for each bound, decrease, or exceed `count`.
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
            return self.mismatch(core.name, "a histogram has one count for each bound");
        }
        if !cumulative.is_sorted() || cumulative.last().is_some_and(|last| *last > count) {
            return self.mismatch(core.name, "a histogram's counts add up to its whole count");
        }
        let numbers = self.numbers.len();
        self.numbers.extend(cumulative.iter().chain([&count]).map(|&number| number as f64));
        self.put(core, metric.label_names(), &labels, sum, numbers);
    }

    /// Adds one summary, as its source has it: the number and sum of all observations, and the
    /// value of each quantile of the definition.
    ///
    /// A quantile that is not known is NaN and has no line; where none is known, as without
    /// observations, `quantiles` is empty.
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
    /// It is dropped as a whole where [`Samples::set`] would drop a value, and where the values
    /// are not one for each quantile.
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
            return self.mismatch(core.name, "a summary has one value for each quantile");
        }
        let numbers = self.numbers.len();
        self.numbers.extend_from_slice(quantiles);
        self.numbers.resize(numbers + core.bounds.len(), f64::NAN);
        self.numbers.push(count as f64);
        self.put(core, metric.label_names(), &labels, sum, numbers);
    }

    /// Adds one sample of a family whose name only the source knows: the prefix of `pattern` and the
    /// field, in parts so that nobody has to put it together.
    ///
    /// It is dropped where [`Samples::set`] would drop it, where no name can be made of the field,
    /// and where a definition has the name already. A steady source costs no memory.
    pub fn set_field<K: Scalar, const N: usize>(
        &mut self,
        pattern: &MetricPattern<K, N>,
        field: &[&str],
        labels: [&str; N],
        value: f64,
    ) {
        let core = pattern.core();
        let found = self.families.find_field(core, pattern.label_names(), field);
        self.put_found(found, &labels, value);
    }

    /// Adds one sample of a family that another program has defined. `suffix` is what the sample's
    /// name adds to the family's, such as `_bucket`; `labels` are names and values.
    ///
    /// It is dropped where [`Samples::set`] would drop it, where a name makes no metric or label,
    /// and where the family is there already with another kind.
    pub fn set_external(
        &mut self,
        family: &ExternalFamily<'_>,
        suffix: &str,
        labels: &[(&str, &str)],
        value: f64,
    ) {
        let found = self.families.find_external(family);
        let names_are_sound = is_suffix(suffix) && labels.iter().all(|(name, _)| is_name(name));
        let text = self.text.len();
        let put = found.filter(|_| names_are_sound).ok_or(Reason::BadName).and_then(|family| {
            let bytes = labels.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
            let bytes = bytes + suffix.len() + 4 * labels.len();
            let write = |family: &Family, out: &mut Room<'_>| {
                family.write_external(out, suffix, labels);
            };
            self.try_put(family, bytes, self.numbers.len(), value, write)
        });
        if let Err(reason) = put {
            self.text.truncate(text);
            self.drop_for(reason, "");
        }
    }

    /// Names what the counters belong to, where that can begin anew while the exporter runs, such
    /// as a server with its start time. Debug builds take a counter that goes down for a mistake of
    /// the program, unless it is of another source than at the last scrape.
    pub fn source(&mut self, name: &str) {
        #[cfg(debug_assertions)]
        name.clone_into(&mut self.source);
        #[cfg(not(debug_assertions))]
        let _ = name;
    }

    /// How many samples were dropped since the samples were last cleared, by reason.
    pub fn dropped(&self) -> Dropped {
        self.dropped
    }

    /// How many samples there are. A histogram or summary of one label set is one sample.
    pub fn len(&self) -> usize {
        self.samples.len()
    }

    /// Whether there is no sample.
    pub fn is_empty(&self) -> bool {
        self.samples.is_empty()
    }

    /// The value of the sample of `metric` with these label values, or the sum of a histogram or
    /// summary, for tests of collectors.
    pub fn value<K: MetricKind, const N: usize>(
        &self,
        metric: &Definition<K, N>,
        labels: [&str; N],
    ) -> Option<f64> {
        let mut series = Text::default();
        let family = self.families.named(metric.name())?;
        let bytes = labels.iter().map(|label| label.len()).sum::<usize>();
        let most = family.series_bytes() + 2 * bytes;
        series.append_with(most, |out| family.write_series(out, &labels));
        let found = self.samples.iter().find(|sample| {
            self.text.as_slice()[sample.start as usize..sample.end as usize] == *series.as_slice()
        });
        found.map(|sample| sample.value)
    }

    /// The page in the text format that these samples alone make, for tests of collectors.
    pub fn page(&mut self) -> String {
        self.arrange();
        let mut page = Text::default();
        let order = &mut Order::default();
        crate::exposition::encode([&*self], crate::exposition::Format::Text, order, &mut page);
        String::from_utf8_lossy(page.as_slice()).into_owned()
    }

    /// Forgets the samples and keeps the memory, unless that is far more than they needed.
    pub(crate) fn clear(&mut self) {
        trim(&mut self.samples);
        trim(self.order.buffer());
        trim(&mut self.numbers);
        self.text.clear();
        self.samples.clear();
        self.numbers.clear();
        self.arranged = 0;
        self.families.rewind();
        self.page_bytes = 0;
        self.dropped = Dropped::default();
        self.mismatch = None;
        #[cfg(debug_assertions)]
        self.source.clear();
    }

    /// Counts samples that were not even made, since a live metric has too many series.
    pub(crate) fn refuse(&mut self, samples: u64) {
        self.dropped.too_many += samples;
    }

    /// Gives families the HELP that `help` has for their names.
    pub(crate) fn replace_help(&mut self, help: impl Fn(&str) -> Option<&'static str>) {
        self.families.replace_help(help);
    }

    /// Adds a sample whose numbers, if it has any, are there already from `numbers` on. Not
    /// generic, so that it is there once however many kinds and numbers of labels there are.
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
        let family = family.ok_or(Reason::Mismatch("two definitions of this name differ"));
        let put = family.and_then(|family| self.put_series(family, labels, value, numbers));
        if let Err(reason) = put {
            self.text.truncate(text);
            self.numbers.truncate(numbers);
            self.drop_for(reason, metric.name);
        }
    }

    fn put_found(&mut self, family: Option<u32>, labels: &[&str], value: f64) {
        let text = self.text.len();
        let family = family.ok_or(Reason::BadName);
        let put = family.and_then(|at| self.put_series(at, labels, value, self.numbers.len()));
        if let Err(reason) = put {
            self.text.truncate(text);
            self.drop_for(reason, "");
        }
    }

    fn drop_for(&mut self, reason: Reason, metric: &'static str) {
        match reason {
            Reason::NotFinite => self.dropped.not_finite += 1,
            Reason::TooLong => self.dropped.too_long += 1,
            Reason::TooMany => self.dropped.too_many += 1,
            Reason::BadName => self.dropped.bad_name += 1,
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

    /// Adds a sample whose series `write` writes; its labels have this many bytes.
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
            return Err(Reason::Mismatch("a counter is never below 0"));
        }
        // Before it is written: a label may be of any length.
        if bytes > MAX_SERIES_BYTES {
            return Err(Reason::TooLong);
        }
        let is_line = self.numbers.len() == numbers;
        let start = self.text.len();
        let mut series = 0;
        // Each byte of a label may be escaped.
        let most = family_of.series_bytes() + 2 * bytes + MAX_NUMBER_BYTES + 2;
        self.text.append_with(most, |out| {
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
            // A line for each number, one for the bucket +Inf and one for the sum.
            numbers => (series + LINE_BYTES) * (numbers + 2),
        };
        let page_bytes = self.page_bytes + page_bytes;
        if page_bytes > MAX_PAGE_BYTES {
            return Err(Reason::TooMany);
        }
        self.page_bytes = page_bytes;
        // The bound of the page is far below 2^32.
        let [start, end, line_end, numbers] =
            [start, end, self.text.len(), numbers].map(|place| place as u32);
        self.samples.push(Sample { family, start, end, line_end, numbers, value });
        Ok(())
    }

    fn mismatch(&mut self, metric: &'static str, why: &'static str) {
        self.dropped.mismatch += 1;
        self.mismatch.get_or_insert((metric, why));
    }
}

fn is_suffix(text: &str) -> bool {
    text.is_empty() || is_name(text)
}

#[cfg(test)]
mod tests;
