//! Writes the lines of histograms and summaries: buckets or quantiles, `_sum`, `_count`.

use super::Format;
use super::number::{MAX_NUMBER_BYTES, write_value};
use super::text::Text;
use crate::samples::{Block, Item};

pub(crate) fn write_histograms(out: &mut Text, block: Block<'_>, format: Format) {
    // OpenMetrics forbids `_sum`, which must not decrease, if observations can be negative, and
    // `_count` without `_sum`. The last bucket holds the count.
    let may_fall = block.family.core().bounds.first().is_some_and(|first| *first < 0.0);
    let lines = Lines { name: block.family.name().len(), suffix: "_bucket", label: "le" };
    for item in block.items() {
        let Some((&count, cumulative)) = item.numbers.split_last() else { continue };
        for (bound, &cumulative) in block.family.bounds().iter().zip(cumulative) {
            lines.write(out, item, bound, cumulative);
        }
        lines.write(out, item, b"+Inf", count);
        if format == Format::Text || !(may_fall || item.value < 0.0) {
            lines.write_total(out, item, "_sum", item.value);
            lines.write_total(out, item, "_count", count);
        }
    }
}

pub(crate) fn write_summaries(out: &mut Text, block: Block<'_>, format: Format) {
    let lines = Lines { name: block.family.name().len(), suffix: "", label: "quantile" };
    // OpenMetrics forbids negative quantiles and sums.
    let fits = |value: f64| format == Format::Text || value >= 0.0;
    for item in block.items() {
        let Some((&count, values)) = item.numbers.split_last() else { continue };
        for (bound, &value) in block.family.bounds().iter().zip(values) {
            // Without observations a quantile is unknown; NaN is never exposed.
            if value.is_finite() && fits(value) {
                lines.write(out, item, bound, value);
            }
        }
        if fits(item.value) {
            lines.write_total(out, item, "_sum", item.value);
        }
        lines.write_total(out, item, "_count", count);
    }
}

/// Builds the lines of a block from its series.
struct Lines {
    /// The length of the metric name at the start of each series.
    name: usize,
    /// The suffix of buckets or quantiles.
    suffix: &'static str,
    /// The label whose value is the bound.
    label: &'static str,
}

impl Lines {
    fn write(&self, out: &mut Text, item: Item<'_>, bound: &[u8], value: f64) {
        let (name, labels) = item.series.split_at(self.name);
        out.append(name);
        out.append(self.suffix.as_bytes());
        match labels.split_last() {
            Some((_, labels)) => {
                out.append(labels);
                out.push(b',');
            }
            None => out.push(b'{'),
        }
        out.append(self.label.as_bytes());
        out.append(b"=\"");
        out.append(bound);
        out.append(b"\"} ");
        write_line_end(out, value);
    }

    fn write_total(&self, out: &mut Text, item: Item<'_>, suffix: &str, value: f64) {
        let (name, labels) = item.series.split_at(self.name);
        out.append(name);
        out.append(suffix.as_bytes());
        out.append(labels);
        out.push(b' ');
        write_line_end(out, value);
    }
}

fn write_line_end(out: &mut Text, value: f64) {
    out.append_with(MAX_NUMBER_BYTES, |out| write_value(out, value));
    out.push(b'\n');
}
