//! Writes samples as a page: families sorted by name, one head each, every series once, line
//! feeds only, no timestamps.

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

/// Appends the page made of arranged `parts`, and says of which parts how many samples were left
/// out because an earlier one has them.
///
/// Where two parts have a family of the same name the first part's head stands, and of equal
/// series the first part's stays. `order` is that of the blocks of the last page, or empty.
pub(crate) fn encode<'a>(
    parts: impl IntoIterator<Item = &'a Samples>,
    format: Format,
    order: &mut Order,
    page: &mut Text,
) -> Vec<(usize, u64)> {
    let parts = parts.into_iter().enumerate();
    let mut blocks: Vec<(usize, Block<'a>)> = Vec::with_capacity(order.places().len());
    for (part, samples) in parts {
        blocks.extend(samples.blocks().map(|block| (part, block)));
    }
    // No part has two blocks of one family.
    order.arrange(blocks.len(), |a, b| {
        let ((a_part, a), (b_part, b)) = (&blocks[a], &blocks[b]);
        compare(a.name(), b.name()).then(a_part.cmp(b_part))
    });
    let blocks: Vec<_> = order.places().iter().map(|&place| blocks[place as usize]).collect();
    let mut left_out = Vec::new();
    for family in blocks.chunk_by(|(_, a), (_, b)| compare(a.name(), b.name()).is_eq()) {
        let first = family[0].1;
        match format {
            Format::Text => write_head(page, first.family),
            Format::OpenMetrics => write_openmetrics_head(page, first.family, &blocks),
        }
        match family {
            [_] => (first.family.core().write)(page, first, format),
            several => write_merged(page, several, format, &mut left_out),
        }
    }
    if format == Format::OpenMetrics {
        page.append(b"# EOF\n");
    }
    left_out
}

/// Writes the samples of blocks, all of one kind, in their order.
pub(crate) type WriteBlock = fn(&mut Text, Block<'_>, Format);

pub(crate) fn write_scalars(out: &mut Text, block: Block<'_>, _: Format) {
    block.lines().for_each(|lines| out.append(lines));
}

/// Writes one family that is in several parts; adds the parts whose samples were left out.
fn write_merged(
    out: &mut Text,
    parts: &[(usize, Block<'_>)],
    format: Format,
    left_out: &mut Vec<(usize, u64)>,
) {
    let kind = parts[0].1.family.core().kind;
    let mut blocks = parts.to_vec();
    for (part, block) in &blocks {
        if block.family.core().kind != kind {
            leave_out(left_out, *part, block.len() as u64);
        }
    }
    blocks.retain(|(_, block)| block.family.core().kind == kind);
    while let Some(next) =
        blocks.iter().filter_map(|(_, block)| block.first_series()).min_by(|a, b| compare(a, b))
    {
        let mut wanted = true;
        for (part, block) in &mut blocks {
            if block.first_series() == Some(next) {
                let (first, rest) = block.split_first();
                // Of equal series the first part's stays.
                if wanted {
                    (first.family.core().write)(out, first, format);
                } else {
                    leave_out(left_out, *part, 1);
                }
                wanted = false;
                *block = rest;
            }
        }
    }
}

fn leave_out(left_out: &mut Vec<(usize, u64)>, part: usize, samples: u64) {
    match left_out.iter_mut().find(|(known, _)| *known == part) {
        Some((_, all)) => *all += samples,
        None => left_out.push((part, samples)),
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

/// In OpenMetrics a counter's family is named without `_total`, and a unit is the name's end.
fn write_openmetrics_head(out: &mut Text, family: &Family, all: &[(usize, Block<'_>)]) {
    let core = family.core();
    let (name, kind) = match (core.kind, core.name.strip_suffix("_total")) {
        (Kind::Counter, Some(base)) if !is_taken(base, all) => (base, "counter"),
        // The format has no counter whose name does not end in `_total`, nor two families of one
        // name. What is neither is a value of unknown kind.
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
#[cfg(target_os = "linux")] // apart, or clippy does not see that it is a test
mod promtool;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
