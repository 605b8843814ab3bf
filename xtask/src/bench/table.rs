//! The figures as a table: medians, and how many times more the others need.

use std::fmt::Write as _;
use std::time::Duration;

use super::load::Process;

/// What was measured of one exporter.
#[derive(Debug)]
pub(crate) struct Row {
    name: String,
    size: u64,
    resident_first: u64,
    pub(crate) resident_after: u64,
    /// CPU time for a scrape, one figure for each round.
    pub(crate) cpu: Vec<Duration>,
    pub(crate) latencies: Vec<Duration>,
    /// How often memory was allocated for a scrape, one figure for each round.
    pub(crate) allocations: Vec<f64>,
    /// How often the collectors ran for a scrape, one figure for each round. Scrapes at the same
    /// time share a run.
    pub(crate) runs: Vec<f64>,
    pub(crate) process: Process,
    /// Scrapers at once. Rows of as many are compared.
    clients: usize,
}

impl Row {
    pub(crate) fn new(
        name: String,
        size: u64,
        resident_first: u64,
        process: Process,
        clients: usize,
    ) -> Self {
        Self {
            name,
            size,
            resident_first,
            resident_after: 0,
            cpu: Vec::new(),
            latencies: Vec::new(),
            allocations: Vec::new(),
            runs: Vec::new(),
            process,
            clients,
        }
    }

    fn cpu(&self) -> f64 {
        micros(quantile(&self.cpu, 0.5))
    }

    fn p99(&self) -> f64 {
        micros(quantile(&self.latencies, 0.99))
    }
}

/// The table. What a row is measured against is the last one of as many scrapers.
pub(crate) fn render(rows: &[Row], scrapes: usize) -> String {
    let name = rows.iter().map(|row| row.name.chars().count()).max().unwrap_or(0);
    let mut text = format!(
        "\n| {:<name$} | {:>14} | {:>12} | {:>12} | {:>11} | {:>14} | {:>19} | {:>11} | {:>5} |\n",
        "exporter",
        "CPU per scrape",
        "wall, median",
        "wall, p99",
        "file",
        "first resident",
        format!("after {scrapes} scrapes"),
        "allocations",
        "runs"
    );
    let _ = writeln!(
        text,
        "| {:-<name$} | {:->14} | {:->12} | {:->12} | {:->11} | {:->14} | {:->19} | {:->11} | {:->5} |",
        "", "", "", "", "", "", "", "", ""
    );
    for row in rows {
        let _ = writeln!(
            text,
            "| {:<name$} | {:>11.1} µs | {:>9.1} µs | {:>9.1} µs | {:>7.0} KiB | {:>10.0} KiB | {:>15.0} KiB | {:>11} | {:>5} |",
            row.name,
            row.cpu(),
            micros(quantile(&row.latencies, 0.5)),
            row.p99(),
            kib(row.size),
            kib(row.resident_first),
            kib(row.resident_after),
            median(&row.allocations).map_or("-".to_owned(), |number| format!("{number:.1}")),
            median(&row.runs).map_or("-".to_owned(), |number| format!("{number:.2}")),
        );
    }
    for (at, row) in rows.iter().enumerate() {
        let against = rows[at + 1..].iter().rfind(|other| other.clients == row.clients);
        let Some(against) = against else { continue };
        let _ = writeln!(
            text,
            "\n{} needs {:.1} times the CPU of {}, {:.1} times its p99 and {:.1} times its memory.",
            against.name,
            against.cpu() / row.cpu(),
            row.name,
            against.p99() / row.p99(),
            against.resident_after as f64 / row.resident_after as f64,
        );
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

fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied()
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
