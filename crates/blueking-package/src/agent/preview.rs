//! What the debug page (调试) shows of a plugin, and the log size that it requires.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::json;

use super::line::Sample;

/// Duration after which a site ends a debug job, in seconds.
pub const DEBUG_SECONDS: u64 = 250;

/// Size of a debug log in bytes above which a preview is at risk. The site sets the actual limit; a
/// truncated log results in `3310023 指标数量过多`.
pub const DEBUG_LOG_LIMIT: usize = 1024 * 1024;

/// Bytes of an event besides its samples: times, addresses, the agent's own labels.
const FRAME: usize = 600;

/// Maximum number of samples in one event.
const EVENT_SAMPLES: usize = 1024;

/// The content of the debug page.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Preview {
    /// One row per metric: its first sample.
    pub rows: Vec<PreviewRow>,
    /// Estimated size of one scrape in the log of the debug job, in bytes.
    pub bytes_per_scrape: usize,
}

/// A row of the debug page.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PreviewRow {
    /// Metric name.
    pub metric_name: String,
    /// Value of its first sample.
    pub metric_value: f64,
    /// Labels of that sample with their values.
    pub dimensions: Vec<PreviewDimension>,
}

/// A label of a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PreviewDimension {
    /// Label name.
    pub dimension_name: String,
    /// Label value.
    pub dimension_value: String,
}

impl Preview {
    /// Previews the samples of one scrape. In debug mode, the agent keeps one sample per metric and
    /// set of label names, and the page shows the first of each metric.
    pub fn new(samples: &[Sample]) -> Self {
        let mut kept = BTreeSet::new();
        let mut displayed = BTreeSet::new();
        let mut rows = Vec::new();
        let mut bytes = 0;
        for sample in samples {
            let names: Vec<_> = sample.labels.keys().collect();
            if !kept.insert((&sample.name, names)) {
                continue;
            }
            bytes += size(sample);
            if displayed.insert(&sample.name) {
                rows.push(row(sample));
            }
        }
        let events = kept.len().div_ceil(EVENT_SAMPLES).max(1);
        Self { rows, bytes_per_scrape: bytes + events * FRAME }
    }

    /// Size of the whole log in bytes if the exporter is scraped every `period` seconds until the
    /// job ends.
    pub fn bytes_in_all(&self, period: u64) -> usize {
        let scrapes = DEBUG_SECONDS / period.max(1) + 1;
        self.bytes_per_scrape.saturating_mul(usize::try_from(scrapes).unwrap_or(usize::MAX))
    }
}

fn row(sample: &Sample) -> PreviewRow {
    let dimensions = sample.labels.iter().map(|(name, value)| PreviewDimension {
        dimension_name: name.clone(),
        dimension_value: value.clone(),
    });
    PreviewRow {
        metric_name: sample.name.clone(),
        metric_value: sample.value,
        dimensions: dimensions.collect(),
    }
}

/// Size of a sample as the agent prints it, including the trailing comma.
fn size(sample: &Sample) -> usize {
    let Sample { name, labels, value, .. } = sample;
    let json = json!({"key": name, "labels": labels, "value": value, "timestamp": 1_700_000_000});
    json.to_string().len() + 1
}

#[cfg(test)]
mod tests {
    use super::super::Page;
    use super::*;

    #[test]
    fn first_sample_of_each_metric_is_shown() {
        let page = Page::read(b"a{l=\"1\"} 1\na{l=\"2\"} 2\na{l=\"1\",m=\"3\"} 4\nb 5\n");
        let preview = Preview::new(&page.samples);
        let expected = json!([
            {"metric_name": "a", "metric_value": 1.0,
             "dimensions": [{"dimension_name": "l", "dimension_value": "1"}]},
            {"metric_name": "b", "metric_value": 5.0, "dimensions": []}
        ]);
        assert_eq!(serde_json::to_value(&preview.rows).unwrap(), expected);
    }

    #[test]
    fn log_grows_with_metrics_not_series() {
        let bytes =
            |lines: &str| Preview::new(&Page::read(lines.as_bytes()).samples).bytes_per_scrape;
        let series: String = (0..500).map(|n| format!("a{{l=\"{n:03}\"}} 1\n")).collect();
        assert_eq!(bytes(&series), bytes("a{l=\"000\"} 1\n"));
        let metrics: String = (0..2000).map(|n| format!("a{n:04} 1\n")).collect();
        let each = bytes("a0000 1\n") - FRAME;
        assert_eq!(bytes(&metrics), 2000 * each + 2 * FRAME);
        let preview = Preview::new(&Page::read(b"a 1\n").samples);
        assert_eq!(preview.bytes_in_all(60), 5 * preview.bytes_per_scrape);
        assert_eq!(preview.bytes_in_all(0), 251 * preview.bytes_per_scrape);
    }
}
