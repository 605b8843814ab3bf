//! The figures as a table: medians, and how many times more the others need.

use std::fmt::Write as _;
use std::time::Duration;

use super::load::Process;

/// What was measured of one exporter.
#[derive(Debug)]
pub(crate) struct Row {
    name: &'static str,
    size: u64,
    resident_first: u64,
    pub(crate) resident_after: u64,
    /// CPU time for a scrape, one figure for each round.
    pub(crate) cpu: Vec<Duration>,
    pub(crate) latencies: Vec<Duration>,
    pub(crate) process: Process,
}

impl Row {
    pub(crate) fn new(
        name: &'static str,
        size: u64,
        resident_first: u64,
        process: Process,
    ) -> Self {
        let (cpu, latencies) = (Vec::new(), Vec::new());
        Self { name, size, resident_first, resident_after: 0, cpu, latencies, process }
    }
}

/// The table; the first row is what the others are compared with.
pub(crate) fn render(rows: &[Row], scrapes: usize) -> String {
    let mut text = format!(
        "\n| {:<28} | {:>14} | {:>12} | {:>12} | {:>11} | {:>14} | {:>19} |\n",
        "exporter",
        "CPU per scrape",
        "wall, median",
        "wall, p99",
        "file",
        "first resident",
        format!("after {scrapes} scrapes")
    );
    let _ = writeln!(
        text,
        "| {:-<28} | {:-<14} | {:-<12} | {:-<12} | {:-<11} | {:-<14} | {:-<19} |",
        "", "", "", "", "", "", ""
    );
    for row in rows {
        let _ = writeln!(
            text,
            "| {:<28} | {:>11.1} µs | {:>9.1} µs | {:>9.1} µs | {:>7.0} KiB | {:>10.0} KiB | {:>15.0} KiB |",
            row.name,
            micros(quantile(&row.cpu, 0.5)),
            micros(quantile(&row.latencies, 0.5)),
            micros(quantile(&row.latencies, 0.99)),
            kib(row.size),
            kib(row.resident_first),
            kib(row.resident_after)
        );
    }
    if let [ours, others @ ..] = rows {
        for other in others {
            let ratio = micros(quantile(&other.cpu, 0.5)) / micros(quantile(&ours.cpu, 0.5));
            let _ =
                writeln!(text, "\n{} needs {ratio:.1} times the CPU of {}.", other.name, ours.name);
        }
    }
    text
}

/// The value below which the share `q` of the values lies; zero for none.
fn quantile(values: &[Duration], q: f64) -> Duration {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let last = sorted.len().saturating_sub(1);
    sorted.get((last as f64 * q).round() as usize).copied().unwrap_or_default()
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn kib(bytes: u64) -> f64 {
    bytes as f64 / 1024.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_of_the_sorted_values() {
        let values = [5, 1, 4, 2, 3].map(Duration::from_micros);
        assert_eq!(quantile(&values, 0.5), Duration::from_micros(3));
        assert_eq!(quantile(&values, 0.99), Duration::from_micros(5));
        assert_eq!(quantile(&[], 0.5), Duration::ZERO);
    }
}
