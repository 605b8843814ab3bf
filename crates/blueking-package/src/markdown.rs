//! The description page of a package: hand-written Markdown with the tables of metrics filled in.

use crate::definitions::{Metric, Unit};
use crate::description::Sources;
use crate::problem::Problems;
use crate::selection::{Selected, select};

/// Replaces each line `<!-- metrics -->` with a table for each group. `is_left_out` selects metrics
/// as in [`select`].
pub(crate) fn fill(
    markdown: &str,
    sources: Sources<'_>,
    is_left_out: impl Fn(&Metric) -> bool,
) -> String {
    // Package generation reports problems of the groups.
    let groups = select(sources, is_left_out, &mut Problems::default());
    let tables: Vec<_> = groups.iter().map(|group| table(group, sources)).collect();
    let tables = tables.join("\n");
    let lines = markdown.split_inclusive('\n');
    lines.map(|line| if is_placeholder(line) { &*tables } else { line }).collect()
}

fn is_placeholder(line: &str) -> bool {
    let comment = line.trim().strip_prefix("<!--").and_then(|rest| rest.strip_suffix("-->"));
    comment.is_some_and(|comment| comment.trim() == "metrics")
}

/// A heading, the labels of the group, and a row for each name that BlueKing lists.
fn table(group: &Selected<'_>, sources: Sources<'_>) -> String {
    let mut text = format!("### {}\n\n", cell(&group.description));
    let label = |label| match sources.label_name(label) {
        Some(name) => format!("`{label}`（{}）", cell(name)),
        None => format!("`{label}`"),
    };
    // Package generation reports groups whose metrics have different labels.
    let labels: Vec<_> = group
        .dimensions(sources.description, &mut Problems::default())
        .into_iter()
        .map(label)
        .collect();
    if !labels.is_empty() {
        text += &format!("维度：{}\n\n", labels.join("、"));
    }
    text += "| 指标 | 含义 | 单位 |\n| --- | --- | --- |\n";
    for sample in group.metrics.iter().flat_map(|metric| metric.samples()) {
        let unit = match Unit::from_name(&sample.unit).unwrap_or(Unit::NONE).zh {
            "" => "-",
            zh => zh,
        };
        text += &format!("| `{}` | {} | {unit} |\n", sample.name, cell(&sample.zh));
    }
    text
}

/// Escapes a text for a table cell; BlueKing cannot store control characters.
fn cell(text: &str) -> String {
    text.replace(char::is_control, " ").replace('|', "\\|")
}
