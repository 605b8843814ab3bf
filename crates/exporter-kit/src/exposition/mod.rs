//! Encodes samples as a page: families sorted by name, each with one head, every series once, lines
//! separated by line feeds, no timestamps.

pub(crate) mod compound;
pub(crate) mod number;
pub(crate) mod text;

pub(crate) use self::text::Text;
use self::text::compare;
use crate::metrics::{Kind, Unit};
use crate::order::Order;
use crate::samples::{Block, Family, Samples};

/// The format of a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Format {
    /// The Prometheus text format 0.0.4.
    #[default]
    Text,
    /// OpenMetrics 1.0.
    OpenMetrics,
}

/// Appends the page made of the sorted `parts`. Returns how many samples each part lost because an
/// earlier part has the same series.
///
/// If several parts have a family of the same name, the first part provides the head, and its
/// sample if series are equal. `order` is the order of the last page's blocks, or empty.
pub(crate) fn encode<'a>(
    parts: impl IntoIterator<Item = &'a Samples>,
    format: Format,
    order: &mut Order,
    page: &mut Text,
) -> Vec<(usize, u64)> {
    let parts = parts.into_iter().enumerate();
    let mut blocks: Vec<(usize, Block<'a>)> = Vec::with_capacity(order.indices().len());
    for (part, samples) in parts {
        blocks.extend(samples.blocks().map(|block| (part, block)));
    }
    // A part has at most one block of a family.
    order.sort(blocks.len(), |a, b| {
        let ((a_part, a), (b_part, b)) = (&blocks[a], &blocks[b]);
        compare(a.name(), b.name()).then(a_part.cmp(b_part))
    });
    let blocks: Vec<_> = order.indices().iter().map(|&index| blocks[index as usize]).collect();
    let mut omitted = Vec::new();
    for family in blocks.chunk_by(|(_, a), (_, b)| compare(a.name(), b.name()).is_eq()) {
        let first = family[0].1;
        match format {
            Format::Text => write_head(page, first.family),
            Format::OpenMetrics => write_openmetrics_head(page, first.family, &blocks),
        }
        match family {
            [_] => (first.family.core().write)(page, first, format),
            several => write_merged(page, several, format, &mut omitted),
        }
    }
    if format == Format::OpenMetrics {
        page.append(b"# EOF\n");
    }
    omitted
}

/// Writes the samples of one block, in order.
pub(crate) type WriteBlock = fn(&mut Text, Block<'_>, Format);

pub(crate) fn write_scalars(out: &mut Text, block: Block<'_>, _: Format) {
    block.lines().for_each(|lines| out.append(lines));
}

/// Merges a family that several parts have; adds what it omits to `omitted`.
fn write_merged(
    out: &mut Text,
    parts: &[(usize, Block<'_>)],
    format: Format,
    omitted: &mut Vec<(usize, u64)>,
) {
    let kind = parts[0].1.family.core().kind;
    let mut blocks = parts.to_vec();
    for (part, block) in &blocks {
        if block.family.core().kind != kind {
            add_omitted(omitted, *part, block.len() as u64);
        }
    }
    blocks.retain(|(_, block)| block.family.core().kind == kind);
    while let Some(next) =
        blocks.iter().filter_map(|(_, block)| block.first_series()).min_by(|a, b| compare(a, b))
    {
        let mut is_first = true;
        for (part, block) in &mut blocks {
            if block.first_series() == Some(next) {
                let (first, rest) = block.split_first();
                // If series are equal, the first part's wins.
                if is_first {
                    (first.family.core().write)(out, first, format);
                } else {
                    add_omitted(omitted, *part, 1);
                }
                is_first = false;
                *block = rest;
            }
        }
    }
}

fn add_omitted(omitted: &mut Vec<(usize, u64)>, part: usize, samples: u64) {
    match omitted.iter_mut().find(|(known, _)| *known == part) {
        Some((_, total)) => *total += samples,
        None => omitted.push((part, samples)),
    }
}

fn write_head(out: &mut Text, family: &Family) {
    let name = family.name();
    write_line(out, "# HELP ", name, |out| {
        out.append_escaped(family.help().as_bytes(), false);
    });
    let kind = family.core().kind.as_str();
    write_line(out, "# TYPE ", name, |out| out.append(kind.as_bytes()));
}

/// In OpenMetrics the name of a counter family lacks `_total` and that of an info `_info`, and a unit
/// must be a suffix of the name.
fn write_openmetrics_head(out: &mut Text, family: &Family, all: &[(usize, Block<'_>)]) {
    let core = family.core();
    let suffix = if core.kind == Kind::Info { "_info" } else { "_total" };
    let (name, kind) = match (core.kind, core.name.strip_suffix(suffix)) {
        (Kind::Counter, Some(base)) if !is_taken(base, all) => (base, "counter"),
        (Kind::Info, Some(base)) if !is_taken(base, all) => (base, "info"),
        (Kind::StateSet, _) => (core.name, "stateset"),
        // OpenMetrics requires that counters end in `_total` and that family names are unique.
        // Metrics that would violate this are exposed as unknown.
        (Kind::Counter | Kind::Untyped, _) => (core.name, "unknown"),
        (kind, _) => (core.name, kind.as_str()),
    };
    write_line(out, "# TYPE ", name, |out| out.append(kind.as_bytes()));
    let unit = core.unit.as_str();
    let base = name.strip_suffix(unit).filter(|base| base.ends_with('_'));
    if core.unit != Unit::None && base.is_some() {
        write_line(out, "# UNIT ", name, |out| out.append(unit.as_bytes()));
    }
    write_line(out, "# HELP ", name, |out| {
        out.append_escaped(core.help.as_bytes(), true);
    });
}

fn is_taken(name: &str, all: &[(usize, Block<'_>)]) -> bool {
    name.is_empty()
        || all.binary_search_by(|(_, block)| compare(block.name(), name.as_bytes())).is_ok()
}

fn write_line(out: &mut Text, keyword: &str, name: &str, text: impl FnOnce(&mut Text)) {
    out.append(keyword.as_bytes());
    out.append(name.as_bytes());
    out.push(b' ');
    text(out);
    out.push(b'\n');
}

#[cfg(test)]
mod tests;
