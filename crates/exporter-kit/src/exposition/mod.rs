//! Writes samples as a page: families sorted by name, one head each, every series once, line
//! feeds only, no timestamps.

pub(crate) mod compound;
pub(crate) mod number;
pub(crate) mod text;

use std::mem;

use self::text::{Text, compare};
use crate::definition::{Kind, Unit};
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

impl Format {
    /// The `Content-Type` of the page. Prometheus 3 refuses a scrape that does not name its format.
    pub(crate) const fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// Appends the page made of arranged `parts` to `out`, and says how many samples were left out
/// because another part has them.
///
/// Where two parts have a family of the same name the first part's head stands, and of equal
/// series the first part's stays.
pub(crate) fn encode<'a>(
    parts: impl IntoIterator<Item = &'a Samples>,
    format: Format,
    out: &mut Vec<u8>,
) -> u64 {
    let mut blocks: Vec<(usize, Block<'a>)> =
        parts.into_iter().flat_map(Samples::blocks).enumerate().collect();
    // The position keeps blocks of one family in the order of their parts.
    blocks.sort_unstable_by(|(a_position, a), (b_position, b)| {
        compare(a.name(), b.name()).then(a_position.cmp(b_position))
    });
    let mut page = Text::from(mem::take(out));
    let mut left_out = 0;
    for family in blocks.chunk_by(|(_, a), (_, b)| compare(a.name(), b.name()).is_eq()) {
        let first = family[0].1;
        match format {
            Format::Text => write_head(&mut page, first.family),
            Format::OpenMetrics => write_openmetrics_head(&mut page, first.family, &blocks),
        }
        match family {
            [_] => (first.family.core().write)(&mut page, first, format),
            several => left_out += write_merged(&mut page, several, format),
        }
    }
    if format == Format::OpenMetrics {
        page.append(b"# EOF\n");
    }
    *out = page.into();
    text::trim(out);
    left_out
}

/// Writes the samples of blocks, all of one kind, in their order.
pub(crate) type WriteBlock = fn(&mut Text, Block<'_>, Format);

pub(crate) fn write_scalars(out: &mut Text, block: Block<'_>, _: Format) {
    block.lines().for_each(|lines| out.append(lines));
}

/// Writes one family that is in several parts, and says how many samples were left out.
fn write_merged(out: &mut Text, blocks: &[(usize, Block<'_>)], format: Format) -> u64 {
    let kind = blocks[0].1.family.core().kind;
    let all: usize = blocks.iter().map(|(_, block)| block.len()).sum();
    let mut blocks: Vec<Block<'_>> = blocks.iter().map(|(_, block)| *block).collect();
    blocks.retain(|block| block.family.core().kind == kind);
    let mut written = 0;
    while let Some(next) =
        blocks.iter().filter_map(|block| block.first_series()).min_by(|a, b| compare(a, b))
    {
        let mut wanted = true;
        for block in &mut blocks {
            if block.first_series() == Some(next) {
                let (first, rest) = block.split_first();
                // Of equal series the first part's stays.
                if wanted {
                    (first.family.core().write)(out, first, format);
                }
                wanted = false;
                *block = rest;
            }
        }
        written += 1;
    }
    all as u64 - written
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
        (Kind::Counter, _) => (core.name, "unknown"),
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
mod properties;
#[cfg(test)]
mod tests;
