//! The families that samples belong to. They outlive a scrape, since the next one has the same.

use crate::exposition::number::{MAX_NUMBER_BYTES, write_bound};
use crate::exposition::text::{Room, Text};
use crate::exposition::write_scalars;
use crate::metrics::{
    Core, Description, ExternalFamily, Kind, PatternCore, Unit, checks, intern, make_name,
    name_bytes,
};

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
    /// The values of `le` or `quantile`, made once rather than at each scrape.
    bounds: Box<[Box<[u8]>]>,
    /// Its name became known at run time.
    is_dynamic: bool,
}

/// All families by name, and the one that was used last: samples of one family come in a row,
/// and one scrape is like the other.
#[derive(Debug, Default)]
pub(super) struct Families {
    list: Vec<Family>,
    /// Positions in `list`, sorted by the name.
    by_name: Vec<u32>,
    last: usize,
    /// Another program has changed the kind of a family of its own.
    outdated: bool,
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
        Self {
            core: *core,
            help: core.help,
            labels: labels.to_vec(),
            pieces,
            series_bytes,
            bounds: core.bounds.iter().copied().map(bound_text).collect(),
            is_dynamic: false,
        }
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

    /// The bounds of a histogram or summary as label values, without `+Inf`.
    pub(crate) fn bounds(&self) -> &[Box<[u8]>] {
        &self.bounds
    }

    pub(super) fn is_dynamic(&self) -> bool {
        self.is_dynamic
    }

    /// How many numbers each of its samples has beside the value.
    pub(super) fn numbers(&self) -> usize {
        match self.core.kind {
            Kind::Histogram | Kind::Summary if !self.is_dynamic => self.core.bounds.len() + 1,
            _ => 0,
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

    /// Appends `name_suffix{label="value"}`, with labels that the family does not know.
    pub(super) fn write_external(&self, out: &mut Room<'_>, suffix: &str, labels: &[(&str, &str)]) {
        out.append(self.name().as_bytes());
        out.append(suffix.as_bytes());
        for (at, (name, value)) in labels.iter().enumerate() {
            out.append(if at == 0 { b"{" } else { b"," });
            out.append(name.as_bytes());
            out.append(b"=\"");
            out.append_escaped(value.as_bytes(), true);
            out.push(b'"');
        }
        if !labels.is_empty() {
            out.push(b'}');
        }
    }

    /// Whether it was made by this pattern for the field that is put together from `parts`.
    fn is_field(&self, pattern: &PatternCore, labels: &[&'static str], parts: &[&str]) -> bool {
        self.is_dynamic
            && self.core.kind == pattern.kind
            && self.labels == labels
            && self
                .name()
                .strip_prefix(pattern.prefix)
                .is_some_and(|field| field.bytes().eq(name_bytes(parts)))
    }

    fn is(&self, core: &Core, labels: &[&'static str]) -> bool {
        let known = &self.core;
        !self.is_dynamic
            && same(known.name, core.name)
            && same(known.help, core.help)
            && (known.kind, known.unit) == (core.kind, core.unit)
            && (std::ptr::eq(known.bounds, core.bounds) || known.bounds == core.bounds)
            && self.labels.len() == labels.len()
            && self.labels.iter().zip(labels).all(|(a, b)| same(a, b))
    }

    /// Whether the family is of the described definition, to whose labels a setting may add others.
    pub(super) fn is_of(&self, metric: &Description<'_>) -> bool {
        let Core { name, help, kind, unit, bounds, .. } = self.core;
        (name, help, kind, unit) == (metric.name, metric.help, metric.kind, metric.unit)
            && bounds == metric.bounds
            && self.labels.starts_with(metric.labels)
    }
}

impl Families {
    /// Makes ready for the next scrape.
    pub(super) fn rewind(&mut self) {
        self.last = 0;
        if self.list.len() > MAX_FAMILIES || self.outdated {
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

    /// The family of a field of a pattern, which is made where it is not there yet; `None` where no
    /// name can be made of the field or another definition has it.
    pub(super) fn find_field(
        &mut self,
        pattern: &PatternCore,
        labels: &[&'static str],
        parts: &[&str],
    ) -> Option<u32> {
        for guess in [self.last, self.last + 1] {
            let family = self.list.get(guess);
            if family.is_some_and(|family| family.is_field(pattern, labels, parts)) {
                self.last = guess;
                return Some(guess as u32);
            }
        }
        let order = |&position: &u32| {
            let name = self.get(position).name().bytes();
            name.cmp(pattern.prefix.bytes().chain(name_bytes(parts)))
        };
        let position = match self.by_name.binary_search_by(order) {
            Ok(found) => self.by_name[found],
            Err(_) => {
                let name = make_name(&[&[pattern.prefix], parts].concat())?;
                let help = pattern.help.replace("{}", parts.first().unwrap_or(&""));
                let unit = pattern.unit_of(&name);
                self.insert(&name, &help, pattern.kind, unit, labels)?
            }
        };
        self.last = position as usize;
        self.get(position).is_field(pattern, labels, parts).then_some(position)
    }

    /// The family that another program has defined, as [`Families::find_field`].
    pub(super) fn find_external(&mut self, family: &ExternalFamily<'_>) -> Option<u32> {
        let is_it = |known: &Family| known.name() == family.name && known.core.kind == family.kind;
        if let Some(known) = self.list.get(self.last)
            && known.is_dynamic
            && is_it(known)
        {
            return Some(self.last as u32);
        }
        let position = match self.search(family.name) {
            Ok(found) => self.by_name[found],
            Err(_) if checks::is_name(family.name) => {
                self.insert(family.name, family.help, family.kind, Unit::None, &[])?
            }
            Err(_) => return None,
        };
        self.last = position as usize;
        let known = self.get(position);
        let (is_dynamic, is_it) = (known.is_dynamic, is_it(known));
        self.outdated |= is_dynamic && !is_it;
        (is_dynamic && is_it).then_some(position)
    }

    fn insert(
        &mut self,
        name: &str,
        help: &str,
        kind: Kind,
        unit: Unit,
        labels: &[&'static str],
    ) -> Option<u32> {
        let core = Core::dynamic(intern(name)?, intern(help)?, kind, unit, write_scalars);
        let place = self.search(name).err()?;
        let position = self.list.len() as u32;
        self.list.push(Family { is_dynamic: true, ..Family::new(&core, labels) });
        self.by_name.insert(place, position);
        Some(position)
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

fn bound_text(bound: f64) -> Box<[u8]> {
    let mut text = Text::default();
    text.append_with(MAX_NUMBER_BYTES, |out| write_bound(out, bound));
    text.as_slice().into()
}

/// Compares texts that are nearly always one and the same.
fn same(a: &str, b: &str) -> bool {
    std::ptr::eq(a, b) || a == b
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exposition::text::Text;
    use crate::metrics::{Gauge, Metric};

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
    fn an_external_family_may_change_its_kind_between_scrapes() {
        let mut families = Families::default();
        let mut find = |kind, rewind: bool| {
            if rewind {
                families.rewind();
            }
            families.find_external(&ExternalFamily { name: "x", help: "X.", kind })
        };
        assert_eq!(find(Kind::Counter, false), Some(0));
        assert_eq!(find(Kind::Gauge, true), None);
        assert_eq!(find(Kind::Gauge, true), Some(0));
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
