//! The figures: as a table with comparisons for people, and as JSON.

use serde_json::{Map, Value, json};

/// What was measured of one exporter in one scenario: seconds and bytes, one figure for each time it
/// was taken.
#[derive(Clone, Debug, Default)]
pub struct Row {
    /// Rows of one scenario are compared.
    scenario: String,
    /// Name of the exporter.
    pub name: String,
    /// Whether ours are measured against it.
    is_peer: bool,
    /// Size of the executable.
    pub file: f64,
    /// From the start of the process to the end of its first successful scrape.
    pub start: Vec<f64>,
    /// Samples on the page.
    pub samples: f64,
    /// Resident memory after the first scrape, for each start.
    pub idle: Vec<f64>,
    /// Resident memory at the end of each round.
    pub loaded: Vec<f64>,
    /// The most resident memory that there ever was, after the rounds.
    pub peak: Vec<f64>,
    /// Length of the page.
    pub page: f64,
    /// CPU time for a scrape, for each round.
    pub cpu: Vec<f64>,
    /// How long each scrape took.
    pub wall: Vec<f64>,
    /// How often memory was allocated for a scrape, for each round.
    pub allocations: Vec<f64>,
    /// How often the collectors ran for a scrape, for each round. Scrapes at the same time share a
    /// run.
    pub runs: Vec<f64>,
}

impl Row {
    /// A row without figures. Ours are measured against a peer.
    #[must_use]
    pub fn new(scenario: &str, name: &str, is_peer: bool) -> Self {
        Self { scenario: scenario.to_owned(), name: name.to_owned(), is_peer, ..Self::default() }
    }

    /// Whether it is of a machine that is made up, to see how the figures grow.
    pub fn is_large(&self) -> bool {
        self.scenario.contains("file systems")
    }
}

/// One figure of a row.
struct Column {
    title: &'static str,
    /// Its name in JSON, where it has the base unit.
    key: &'static str,
    unit: Unit,
    /// `None` where the row has no such figure.
    figure: fn(&Row) -> Option<f64>,
}

/// A unit of the table: name, how many of the base unit it is, decimals.
type Unit = (&'static str, f64, usize);

const MICROS: Unit = (" µs", 1e-6, 1);
const MILLIS: Unit = (" ms", 1e-3, 1);
const KIB: Unit = (" KiB", 1024.0, 0);
const NUMBER: Unit = ("", 1.0, 0);
const PER_SCRAPE: Unit = ("", 1.0, 2);

const COLUMNS: [Column; 13] = [
    column("CPU per scrape", "cpu_seconds", MICROS, |row| median(&row.cpu)),
    column("wall, median", "wall_median_seconds", MICROS, |row| median(&row.wall)),
    column("wall, p99", "wall_p99_seconds", MICROS, |row| quantile(&row.wall, 0.99)),
    column("start", "start_seconds", MILLIS, |row| median(&row.start)),
    column("idle memory", "idle_resident_bytes", KIB, |row| median(&row.idle)),
    column("under load", "loaded_resident_bytes", KIB, |row| median(&row.loaded)),
    column("peak", "peak_resident_bytes", KIB, |row| median(&row.peak)),
    column("page", "page_bytes", KIB, |row| Some(row.page)),
    column("file", "file_bytes", KIB, |row| Some(row.file)),
    column("samples", "samples", NUMBER, |row| Some(row.samples)),
    column("scrapes", "scrapes", NUMBER, |row| Some(row.wall.len() as f64)),
    column("allocations", "allocations", PER_SCRAPE, |row| median(&row.allocations)),
    column("runs", "runs", PER_SCRAPE, |row| median(&row.runs)),
];

const fn column(
    title: &'static str,
    key: &'static str,
    unit: Unit,
    figure: fn(&Row) -> Option<f64>,
) -> Column {
    Column { title, key, unit, figure }
}

/// The table, without columns that no row has a figure for, and how ours compare with their peers.
pub fn render(rows: &[Row]) -> String {
    let words = |title: &str, word: fn(&Row) -> &str| {
        [title].into_iter().chain(rows.iter().map(word)).map(str::to_owned).collect()
    };
    let mut columns: Vec<Vec<String>> =
        vec![words("scenario", |row| &row.scenario), words("exporter", |row| &row.name)];
    for Column { title, unit: (unit, scale, decimals), figure, .. } in &COLUMNS {
        if rows.iter().any(|row| figure(row).is_some()) {
            let cell = |row| match figure(row) {
                Some(figure) => format!("{:.decimals$}{unit}", figure / scale),
                None => "-".to_owned(),
            };
            let cells = rows.iter().map(cell);
            columns.push([(*title).to_owned()].into_iter().chain(cells).collect());
        }
    }
    for (number, column) in columns.iter_mut().enumerate() {
        let width = column.iter().map(|cell| cell.chars().count()).max().unwrap_or(0);
        // Words stand to the left, figures to the right.
        let is_words = number < 2;
        for cell in &mut *column {
            *cell =
                if is_words { format!(" {cell:<width$} ") } else { format!(" {cell:>width$} ") };
        }
        column.insert(1, format!(" {:-<width$}{}", "", if is_words { ' ' } else { ':' }));
    }
    let mut text = String::from("\n");
    for line in 0..rows.len() + 2 {
        let cells: Vec<_> = columns.iter().map(|column| column[line].as_str()).collect();
        text += &format!("|{}|\n", cells.join("|"));
    }
    text += "\n";
    for ours in rows.iter().filter(|row| !row.is_peer) {
        let peers = rows.iter().filter(|row| row.is_peer && row.scenario == ours.scenario);
        for peer in peers {
            text += &compared(ours, peer);
        }
    }
    text
}

/// One sentence: how much of what the peer needs ours needs.
fn compared(ours: &Row, peer: &Row) -> String {
    let share = |figure: fn(&Row) -> Option<f64>| {
        let ratio = figure(ours).zip(figure(peer)).map_or(f64::NAN, |(ours, peer)| ours / peer);
        if ratio < 0.95 { format!("1/{:.1} of", 1.0 / ratio) } else { format!("{ratio:.1} times") }
    };
    format!(
        "{}: {} needs {} the CPU of {}, {} its p99 and {} its memory under load.\n",
        ours.scenario,
        ours.name,
        share(|row| median(&row.cpu)),
        peer.name,
        share(|row| quantile(&row.wall, 0.99)),
        share(|row| median(&row.loaded)),
    )
}

/// The rows of the table, in seconds and bytes.
pub fn to_json(rows: &[Row]) -> Value {
    let object = |row: &Row| {
        let words = [("scenario", &row.scenario), ("exporter", &row.name)];
        let words = words.map(|(key, word)| (key.to_owned(), json!(word)));
        let figures = COLUMNS
            .iter()
            .filter_map(|column| Some((column.key.to_owned(), json!((column.figure)(row)?))));
        Value::Object(words.into_iter().chain(figures).collect::<Map<_, _>>())
    };
    rows.iter().map(object).collect()
}

/// The median; `None` of no values.
#[must_use]
pub fn median(values: &[f64]) -> Option<f64> {
    quantile(values, 0.5)
}

/// The value below which the share `q` of the values lies.
fn quantile(values: &[f64], q: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let last = sorted.len().checked_sub(1)?;
    sorted.get((last as f64 * q).round() as usize).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_of_the_sorted_values() {
        let values = [5.0, 1.0, 4.0, 2.0, 3.0];
        assert_eq!(quantile(&values, 0.5), Some(3.0));
        assert_eq!(quantile(&values, 0.99), Some(5.0));
        assert_eq!(quantile(&[], 0.5), None);
    }

    fn rows() -> [Row; 3] {
        let row = |scenario, name, is_peer, cpu| Row {
            cpu: vec![cpu, cpu / 2.0, cpu * 2.0],
            wall: vec![20e-6],
            loaded: vec![2048.0],
            ..Row::new(scenario, name, is_peer)
        };
        [
            row("a", "ours", false, 10e-6),
            row("a", "peer", true, 123e-6),
            row("b", "peer", true, 1.0),
        ]
    }

    #[test]
    fn table_has_known_columns_and_says_which_needs_less() {
        let text = render(&rows());
        let mut lines = text.lines().skip(1);
        let head = lines.next().unwrap();
        assert!(head.starts_with("| scenario | exporter | CPU per scrape |"), "{head}");
        assert!(!head.contains("allocations"), "{head}");
        assert!(lines.next().unwrap().starts_with("| -------- | -------- | --------------:|"));
        assert!(lines.next().unwrap().starts_with("| a        | ours     |        10.0 µs |"));
        let compared: Vec<_> = lines.skip_while(|line| !line.starts_with("a:")).collect();
        let expected = "a: ours needs 1/12.3 of the CPU of peer, 1.0 times its p99 and 1.0 times \
                        its memory under load.";
        assert_eq!(compared, [expected]);
    }

    #[test]
    fn json_has_base_units_and_known_figures_only() {
        let rows = to_json(&rows());
        assert_eq!(rows[0]["exporter"], "ours");
        assert_eq!(rows[0]["cpu_seconds"], 10e-6);
        assert_eq!(rows[1]["loaded_resident_bytes"], 2048.0);
        assert_eq!(rows[0].get("runs"), None);
    }
}
