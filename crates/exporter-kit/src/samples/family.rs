//! The families that samples belong to. They outlive a scrape, since the next one has the same.

use crate::definition::{Core, Description, Kind};
use crate::exposition::text::Room;

/// More families than any collector has; past it the table is begun anew at the next scrape.
const MAX_FAMILIES: usize = 16 * 1024;

/// What a block of samples is headed by, and what its series are made of.
#[derive(Clone, Debug)]
pub(crate) struct Family {
    core: Core,
    /// The text of the HELP line; another than the definition's where the samples are cached.
    help: &'static str,
    labels: Vec<&'static str>,
    /// What stands before, between and after the label values: `name{a="`, `",b="`, `"}`.
    pieces: Vec<Box<[u8]>>,
    /// Their length.
    series_bytes: usize,
}

/// All families by name, and the one that was used last: samples of one family come in a row,
/// and one scrape is like the other.
#[derive(Debug, Default)]
pub(super) struct Families {
    list: Vec<Family>,
    /// Positions in `list`, sorted by the name.
    by_name: Vec<u32>,
    last: usize,
}

impl Family {
    fn new(core: &Core, labels: &[&'static str]) -> Self {
        let pieces = (0..=labels.len()).map(|at| {
            let before = match at {
                0 => core.name,
                _ => "\"",
            };
            let (separator, label, equals) = match labels.get(at) {
                Some(&label) => (if at == 0 { "{" } else { "," }, label, "=\""),
                None => (if at == 0 { "" } else { "}" }, "", ""),
            };
            [before, separator, label, equals].concat().into_bytes().into_boxed_slice()
        });
        let pieces: Vec<Box<[u8]>> = pieces.collect();
        let series_bytes = pieces.iter().map(|piece| piece.len()).sum();
        Self { core: *core, help: core.help, labels: labels.to_vec(), pieces, series_bytes }
    }

    pub(crate) fn name(&self) -> &'static str {
        self.core.name
    }

    pub(crate) fn help(&self) -> &'static str {
        self.help
    }

    pub(crate) fn core(&self) -> &Core {
        &self.core
    }

    /// How many numbers each of its samples has beside the value.
    pub(super) fn numbers(&self) -> usize {
        match self.core.kind {
            Kind::Gauge | Kind::Counter => 0,
            Kind::Histogram | Kind::Summary => self.core.bounds.len() + 1,
        }
    }

    /// How long a series is without its label values.
    pub(super) fn series_bytes(&self) -> usize {
        self.series_bytes
    }

    /// Appends `name{label="value"}`.
    #[inline(always)]
    pub(super) fn write_series(&self, out: &mut Room<'_>, labels: &[&str]) {
        for (piece, value) in self.pieces.iter().zip(labels) {
            out.append(piece);
            out.append_escaped(value.as_bytes(), true);
        }
        if let Some(end) = self.pieces.last() {
            out.append(end);
        }
    }

    fn is(&self, core: &Core, labels: &[&'static str]) -> bool {
        let known = &self.core;
        same(known.name, core.name)
            && same(known.help, core.help)
            && (known.kind, known.unit) == (core.kind, core.unit)
            && (std::ptr::eq(known.bounds, core.bounds) || known.bounds == core.bounds)
            && self.labels.len() == labels.len()
            && self.labels.iter().zip(labels).all(|(a, b)| same(a, b))
    }

    /// Whether the family is of the described definition.
    pub(super) fn is_of(&self, metric: &Description<'_>) -> bool {
        let Core { name, help, kind, unit, bounds, .. } = self.core;
        (name, help, kind, unit) == (metric.name, metric.help, metric.kind, metric.unit)
            && bounds == metric.bounds
            && self.labels == metric.labels
    }
}

impl Families {
    /// Makes ready for the next scrape.
    pub(super) fn rewind(&mut self) {
        self.last = 0;
        if self.list.len() > MAX_FAMILIES {
            *self = Self::default();
        }
    }

    pub(super) fn get(&self, family: u32) -> &Family {
        &self.list[family as usize]
    }

    /// The family of a definition; `None` where another definition has the name already.
    pub(super) fn find(&mut self, core: &Core, labels: &[&'static str]) -> Option<u32> {
        for guess in [self.last, self.last + 1] {
            if self.list.get(guess).is_some_and(|family| family.is(core, labels)) {
                self.last = guess;
                return Some(guess as u32);
            }
        }
        let position = match self.search(core.name) {
            Ok(found) => self.by_name[found],
            Err(place) => {
                let position = self.list.len() as u32;
                self.list.push(Family::new(core, labels));
                self.by_name.insert(place, position);
                position
            }
        };
        self.last = position as usize;
        self.get(position).is(core, labels).then_some(position)
    }

    /// Gives families the HELP that `help` has for their names.
    pub(super) fn replace_help(&mut self, help: impl Fn(&str) -> Option<&'static str>) {
        for family in &mut self.list {
            family.help = help(family.name()).unwrap_or(family.help);
        }
    }

    /// The family of this name, if there is one.
    pub(super) fn named(&self, name: &str) -> Option<&Family> {
        let found = self.search(name).ok()?;
        Some(self.get(self.by_name[found]))
    }

    /// Where in `by_name` the name is, or belongs.
    fn search(&self, name: &str) -> Result<usize, usize> {
        self.by_name.binary_search_by(|&position| self.get(position).name().cmp(name))
    }
}

/// Compares texts that are nearly always one and the same.
fn same(a: &str, b: &str) -> bool {
    std::ptr::eq(a, b) || a == b
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::{Gauge, Metric};
    use crate::exposition::text::Text;

    const PLAIN: Gauge = Gauge::new("plain", "Plain.");
    const TWO: Gauge<2> = Gauge::new("two", "Two.").labels(["a", "b"]);

    #[test]
    fn series_are_put_together_from_pieces() {
        let series = |family: &Family, labels: &[&str]| {
            let mut out = Text::default();
            out.append_with(64, |out| family.write_series(out, labels));
            String::from_utf8(out.into()).unwrap()
        };
        assert_eq!(series(&Family::new(PLAIN.core(), &[]), &[]), "plain");
        let two = Family::new(TWO.core(), TWO.label_names());
        assert_eq!(series(&two, &["x", ""]), r#"two{a="x",b=""}"#);
    }

    #[test]
    fn families_are_found_in_any_order_and_kept() {
        let metrics: Vec<Gauge> = (0..100)
            .map(|number| Gauge::new(format!("m{}", number * 37 % 100).leak(), "Help."))
            .collect();
        let mut families = Families::default();
        let find = |families: &mut Families, metric: &Gauge| families.find(metric.core(), &[]);
        for (position, metric) in metrics.iter().enumerate() {
            assert_eq!(find(&mut families, metric), Some(position as u32));
        }
        families.rewind();
        for (position, metric) in metrics.iter().enumerate().rev() {
            assert_eq!(find(&mut families, metric), Some(position as u32));
        }
    }

    #[test]
    fn a_family_has_one_definition() {
        let mut families = Families::default();
        assert_eq!(families.find(TWO.core(), TWO.label_names()), Some(0));
        let others = [
            Gauge::new("two", "Other help.").labels(["a", "b"]),
            Gauge::new("two", "Two.").labels(["a", "c"]),
        ];
        for other in &others {
            assert_eq!(families.find(other.core(), other.label_names()), None);
            assert!(!families.get(0).is_of(&other.describe()));
        }
        // An equal one is the same, wherever its texts lie.
        let name: &'static str = String::from("two").leak();
        let equal = Gauge::new(name, "Two.").labels(["a", "b"]);
        assert_eq!(families.find(equal.core(), equal.label_names()), Some(0));
        assert!(families.get(0).is_of(&equal.describe()));
    }
}
