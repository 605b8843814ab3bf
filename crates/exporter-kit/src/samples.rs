//! The samples that a collector hands over at a scrape, kept as the text they become.
//! A steady scrape reuses every buffer and allocates nothing.

use crate::definition::{Definition, Kind, Scalar};

/// The longest series (name and labels) that is exposed. Scrapers read line by line with a 64 KiB
/// limit, past which they silently end the scrape; the rest is room for the value.
const MAX_SERIES_BYTES: usize = 64 * 1024 - 64;

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
#[derive(Debug, Default)]
pub struct Samples {
    /// The series of all samples, one after another: `name{label="value"}`.
    text: Vec<u8>,
    samples: Vec<Sample>,
    families: Vec<Family>,
    dropped: u64,
}

/// What a block of samples is headed by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Family {
    pub(crate) name: &'static str,
    pub(crate) help: &'static str,
    pub(crate) kind: Kind,
}

#[derive(Clone, Copy, Debug)]
struct Sample {
    family: u32,
    start: u32,
    end: u32,
    value: f64,
}

impl Samples {
    /// Adds one sample of `metric` with the label values `labels`.
    ///
    /// A value that is NaN or infinite, a series of nearly 64 KiB and a series that is already
    /// there are dropped: each would spoil the page for one scraper or another.
    pub fn set<K: Scalar, const N: usize>(
        &mut self,
        metric: &Definition<K, N>,
        labels: [&str; N],
        value: f64,
    ) {
        if !value.is_finite() {
            self.dropped += 1;
            return;
        }
        let start = self.text.len();
        write_series(&mut self.text, metric.name(), metric.label_names(), &labels);
        let end = self.text.len();
        let offsets = (u32::try_from(start), u32::try_from(end));
        let (Ok(start_offset), Ok(end_offset), true) =
            (offsets.0, offsets.1, end - start <= MAX_SERIES_BYTES)
        else {
            self.text.truncate(start);
            self.dropped += 1;
            return;
        };
        let family =
            self.family(Family { name: metric.name(), help: metric.help(), kind: K::KIND });
        self.samples.push(Sample { family, start: start_offset, end: end_offset, value });
    }

    /// How many samples were dropped since the samples were last cleared.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// How many samples there are.
    pub fn len(&self) -> usize {
        self.samples.len()
    }

    /// Whether there is no sample.
    pub fn is_empty(&self) -> bool {
        self.samples.is_empty()
    }

    /// The value of the sample of `metric` with these label values, for tests of collectors.
    pub fn value<K: Scalar, const N: usize>(
        &self,
        metric: &Definition<K, N>,
        labels: [&str; N],
    ) -> Option<f64> {
        let mut series = Vec::new();
        write_series(&mut series, metric.name(), metric.label_names(), &labels);
        let found = self
            .samples
            .iter()
            .find(|sample| self.text[sample.start as usize..sample.end as usize] == series);
        found.map(|sample| sample.value)
    }

    /// Forgets the samples and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.samples.clear();
        self.families.clear();
        self.dropped = 0;
    }

    /// Gives families the HELP that `help` has for their names.
    pub(crate) fn replace_help(&mut self, help: impl Fn(&str) -> Option<&'static str>) {
        for family in &mut self.families {
            family.help = help(family.name).unwrap_or(family.help);
        }
    }

    /// Brings the samples into the order of the page: family by family, series sorted, each once.
    pub(crate) fn arrange(&mut self) {
        let Self { text, samples, dropped, .. } = self;
        let series = |sample: &Sample| &text[sample.start as usize..sample.end as usize];
        if !samples.is_sorted_by_key(|sample| sample.family) {
            // The offset keeps the order in which equal series came, so the first one stays.
            samples.sort_unstable_by_key(|sample| (sample.family, sample.start));
        }
        for family in samples.chunk_by_mut(|a, b| a.family == b.family) {
            if !family.is_sorted_by_key(series) {
                family
                    .sort_unstable_by(|a, b| series(a).cmp(series(b)).then(a.start.cmp(&b.start)));
            }
        }
        let before = samples.len();
        samples.dedup_by(|later, first| series(later) == series(first));
        *dropped += (before - samples.len()) as u64;
    }

    /// The blocks of an arranged set: each family with its samples as (series, value).
    pub(crate) fn blocks(&self) -> impl Iterator<Item = Block<'_>> {
        self.samples.chunk_by(|a, b| a.family == b.family).map(|samples| Block {
            family: self.families[samples[0].family as usize],
            text: &self.text,
            samples,
        })
    }

    fn family(&mut self, family: Family) -> u32 {
        // Samples of one family come in a row nearly always, so the last is tried first.
        let known = self.families.iter().rposition(|known| known.name == family.name);
        let index = known.unwrap_or_else(|| {
            self.families.push(family);
            self.families.len() - 1
        });
        index as u32
    }
}

/// One family's samples in one set of samples.
#[derive(Clone, Copy)]
pub(crate) struct Block<'a> {
    pub(crate) family: Family,
    text: &'a [u8],
    samples: &'a [Sample],
}

impl<'a> Block<'a> {
    pub(crate) fn series(self) -> impl Iterator<Item = (&'a [u8], f64)> {
        let Self { text, samples, .. } = self;
        samples
            .iter()
            .map(|sample| (&text[sample.start as usize..sample.end as usize], sample.value))
    }
}

fn write_series(out: &mut Vec<u8>, name: &str, labels: &[&'static str], values: &[&str]) {
    out.extend_from_slice(name.as_bytes());
    let mut separator = b'{';
    for (label, value) in labels.iter().zip(values) {
        out.push(separator);
        out.extend_from_slice(label.as_bytes());
        out.extend_from_slice(b"=\"");
        write_escaped(out, value.as_bytes());
        out.push(b'"');
        separator = b',';
    }
    if !labels.is_empty() {
        out.push(b'}');
    }
}

/// Writes a label value with backslash, double quote and line feed escaped.
fn write_escaped(out: &mut Vec<u8>, value: &[u8]) {
    let mut clean = 0;
    for (at, byte) in value.iter().enumerate() {
        let escaped: &[u8] = match byte {
            b'\\' => b"\\\\",
            b'"' => b"\\\"",
            b'\n' => b"\\n",
            _ => continue,
        };
        out.extend_from_slice(&value[clean..at]);
        out.extend_from_slice(escaped);
        clean = at + 1;
    }
    out.extend_from_slice(&value[clean..]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::{Counter, Gauge};

    const DEPTH: Gauge<1> = Gauge::new("queue_depth", "Depth.").labels(["queue"]);
    const SPEED: Gauge<2> = Gauge::new("queue_speed", "Speed.").labels(["queue", "way"]);
    const TOTAL: Counter = Counter::new("queue_jobs_total", "Jobs.");

    fn lines(samples: &Samples) -> Vec<String> {
        let text = |(series, value)| format!("{} {value}", String::from_utf8_lossy(series));
        samples.blocks().flat_map(|block| block.series().map(text)).collect()
    }

    #[test]
    fn series_are_grouped_by_family_and_sorted() {
        let mut out = Samples::default();
        out.set(&DEPTH, ["b"], 2.0);
        out.set(&TOTAL, [], 7.0);
        out.set(&DEPTH, ["a"], 1.0);
        out.set(&SPEED, ["a", "in"], 0.5);
        out.arrange();
        let expected = [
            r#"queue_depth{queue="a"} 1"#,
            r#"queue_depth{queue="b"} 2"#,
            "queue_jobs_total 7",
            r#"queue_speed{queue="a",way="in"} 0.5"#,
        ];
        assert_eq!(lines(&out), expected);
        assert_eq!(out.dropped(), 0);
    }

    #[test]
    fn of_equal_series_the_first_stays() {
        let mut out = Samples::default();
        for (queue, value) in [("z", 1.0), ("a", 2.0), ("z", 3.0)] {
            out.set(&DEPTH, [queue], value);
        }
        out.arrange();
        assert_eq!(lines(&out), [r#"queue_depth{queue="a"} 2"#, r#"queue_depth{queue="z"} 1"#]);
        assert_eq!(out.dropped(), 1);
    }

    #[test]
    fn label_values_are_escaped() {
        let cases = [
            ("plain", "plain"),
            ("C:\\", "C:\\\\"),
            ("a\"b", "a\\\"b"),
            ("a\nb", "a\\nb"),
            ("\\\"\n", "\\\\\\\"\\n"),
            ("/数据", "/数据"),
            ("", ""),
        ];
        for (value, escaped) in cases {
            let mut out = Samples::default();
            out.set(&DEPTH, [value], 1.0);
            assert_eq!(lines(&out), [format!("queue_depth{{queue=\"{escaped}\"}} 1")]);
        }
    }

    #[test]
    fn values_and_series_that_would_spoil_the_page_are_dropped() {
        let mut out = Samples::default();
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            out.set(&DEPTH, ["a"], value);
        }
        out.set(&DEPTH, [&"x".repeat(64 * 1024)], 1.0);
        assert_eq!((out.len(), out.dropped()), (0, 4));
        out.set(&DEPTH, ["kept"], 1.0);
        assert_eq!(lines(&out), [r#"queue_depth{queue="kept"} 1"#]);
    }

    #[test]
    fn cleared_samples_start_anew() {
        let mut out = Samples::default();
        out.set(&DEPTH, ["a"], f64::NAN);
        out.set(&DEPTH, ["a"], 1.0);
        out.clear();
        assert!(out.is_empty());
        assert_eq!(out.dropped(), 0);
    }
}
