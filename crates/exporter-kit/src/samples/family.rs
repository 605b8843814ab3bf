//! The families that samples belong to. They are kept between scrapes.

use crate::constant_labels::ConstantLabels;
use crate::exposition::number::{MAX_NUMBER_BYTES, write_bound};
use crate::exposition::text::{Room, Text};
use crate::exposition::write_scalars;
use crate::metrics::{
    Core, Description, ExternalFamily, Kind, PatternCore, Unit, checks, intern, make_name,
    name_bytes,
};

/// More families than any collector has. Beyond this the table is cleared before the next scrape.
const MAX_FAMILIES: usize = 16 * 1024;

/// The head of a metric family, and the parts of its series.
#[derive(Clone, Debug)]
pub(crate) struct Family {
    core: Core,
    /// The text of the HELP line; differs from the definition's if the samples are cached.
    help: &'static str,
    labels: Vec<&'static str>,
    /// The text before, between and after the label values: `name{a="`, `",b="`, `"}`.
    parts: Vec<Box<[u8]>>,
    /// The length of a series without its label values.
    series_bytes: usize,
    /// The values of `le` or `quantile`, formatted once rather than at each scrape.
    bounds: Box<[Box<[u8]>]>,
    /// Whether the name became known at run time.
    is_dynamic: bool,
}

/// All families by name, and the one used last: the samples of a family are usually set in a row,
/// in the same order at each scrape.
#[derive(Debug, Default)]
pub(super) struct Families {
    list: Vec<Family>,
    /// Positions in `list`, sorted by name.
    by_name: Vec<u32>,
    last: usize,
    /// An external family has changed its kind.
    outdated: bool,
    /// Labels that every series has.
    constant: ConstantLabels,
}

impl Family {
    fn new(core: &Core, labels: &[&'static str], constant: &ConstantLabels) -> Self {
        // A sample of a stateset has one label more, which names the state.
        let state = (core.kind == Kind::StateSet).then_some(core.name);
        let names: Vec<_> = labels.iter().copied().chain(state).collect();
        let is_own = |name: &str| names.contains(&name);
        let constant: Vec<_> = constant.texts(is_own).collect();
        let has_constant = !constant.is_empty();
        let constant = constant.join(&b","[..]);
        let parts = (0..=names.len()).map(|at| {
            let before: &[&[u8]] = match (at, has_constant) {
                (0, false) => &[core.name.as_bytes()],
                (0, true) => &[core.name.as_bytes(), b"{", &constant],
                _ => &[b"\""],
            };
            let is_first = at == 0 && !has_constant;
            let after: &[&[u8]] = match names.get(at) {
                Some(label) => &[if is_first { b"{" } else { b"," }, label.as_bytes(), b"=\""],
                None if is_first => &[],
                None => &[b"}"],
            };
            [before, after].concat().concat().into_boxed_slice()
        });
        let parts: Vec<Box<[u8]>> = parts.collect();
        let series_bytes = parts.iter().map(|part| part.len()).sum();
        Self {
            core: *core,
            help: core.help,
            labels: labels.to_vec(),
            parts,
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

    /// How many numbers each sample has in addition to the value.
    pub(super) fn numbers(&self) -> usize {
        match self.core.kind {
            Kind::Histogram | Kind::Summary if !self.is_dynamic => self.core.bounds.len() + 1,
            _ => 0,
        }
    }

    /// The length of a series without its label values.
    pub(super) fn series_bytes(&self) -> usize {
        self.series_bytes
    }

    /// Appends `name{label="value"}`.
    #[inline(always)]
    pub(super) fn write_series(&self, out: &mut Room<'_>, labels: &[&str]) {
        for (part, value) in self.parts.iter().zip(labels) {
            out.append(part);
            out.append_escaped(value.as_bytes(), true);
        }
        if let Some(end) = self.parts.last() {
            out.append(end);
        }
    }

    /// Appends `name{label="value",name="state"}`.
    pub(super) fn write_state(&self, out: &mut Room<'_>, labels: &[&str], state: &str) {
        for (part, value) in self.parts.iter().zip(labels.iter().chain([&state])) {
            out.append(part);
            out.append_escaped(value.as_bytes(), true);
        }
        if let Some(end) = self.parts.last() {
            out.append(end);
        }
    }

    /// Appends `name_suffix{label="value"}` with labels that are not part of the definition. They
    /// replace constant labels of the same name.
    pub(super) fn write_external(
        &self,
        out: &mut Room<'_>,
        suffix: &str,
        labels: &[(&str, &str)],
        constant: &ConstantLabels,
    ) {
        out.append(self.name().as_bytes());
        out.append(suffix.as_bytes());
        let mut before: &[u8] = b"{";
        for text in constant.texts(|name| labels.iter().any(|(own, _)| *own == name)) {
            out.append(before);
            out.append(text);
            before = b",";
        }
        for (name, value) in labels {
            out.append(before);
            out.append(name.as_bytes());
            out.append(b"=\"");
            out.append_escaped(value.as_bytes(), true);
            out.push(b'"');
            before = b",";
        }
        if before == b"," {
            out.push(b'}');
        }
    }

    /// Whether the family was made by this pattern for the field whose name consists of `parts`.
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
            && (std::ptr::eq(known.states, core.states) || known.states == core.states)
            && self.labels.len() == labels.len()
            && self.labels.iter().zip(labels).all(|(a, b)| same(a, b))
    }

    /// Whether the family has the described definition, to whose labels a setting may add more.
    pub(super) fn is_of(&self, metric: &Description<'_>) -> bool {
        let Core { name, help, kind, unit, bounds, .. } = self.core;
        (name, help, kind, unit) == (metric.name, metric.help, metric.kind, metric.unit)
            && bounds == metric.bounds
            && self.labels.starts_with(metric.labels)
    }
}

impl Families {
    /// Prepares for the next scrape.
    pub(super) fn rewind(&mut self) {
        self.last = 0;
        if self.list.len() > MAX_FAMILIES || self.outdated {
            *self = Self { constant: std::mem::take(&mut self.constant), ..Self::default() };
        }
    }

    /// Sets the constant labels. There must be no samples, since the families may be made anew.
    pub(super) fn set_constant(&mut self, constant: &ConstantLabels) {
        if self.constant != *constant {
            *self = Self { constant: constant.clone(), ..Self::default() };
        }
    }

    pub(super) fn constant(&self) -> &ConstantLabels {
        &self.constant
    }

    pub(super) fn get(&self, family: u32) -> &Family {
        &self.list[family as usize]
    }

    /// The family of a definition; `None` if another definition has the name.
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
                self.list.push(Family::new(core, labels, &self.constant));
                self.by_name.insert(place, position);
                position
            }
        };
        self.last = position as usize;
        self.get(position).is(core, labels).then_some(position)
    }

    /// The family of a pattern's field, created if necessary; `None` if the field makes no valid
    /// name or another definition has the name.
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

    /// The family of another program, like [`Families::find_field`].
    pub(super) fn find_external(&mut self, family: &ExternalFamily<'_>) -> Option<u32> {
        let matches =
            |known: &Family| known.name() == family.name && known.core.kind == family.kind;
        if let Some(known) = self.list.get(self.last)
            && known.is_dynamic
            && matches(known)
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
        let (is_dynamic, matches) = (known.is_dynamic, matches(known));
        self.outdated |= is_dynamic && !matches;
        (is_dynamic && matches).then_some(position)
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
        self.list.push(Family { is_dynamic: true, ..Family::new(&core, labels, &self.constant) });
        self.by_name.insert(place, position);
        Some(position)
    }

    /// Replaces the HELP of the families for which `help` returns another text.
    pub(super) fn replace_help(&mut self, help: impl Fn(&str) -> Option<&'static str>) {
        for family in &mut self.list {
            family.help = help(family.name()).unwrap_or(family.help);
        }
    }

    /// The family of this name.
    pub(super) fn named(&self, name: &str) -> Option<&Family> {
        let found = self.search(name).ok()?;
        Some(self.get(self.by_name[found]))
    }

    /// The index in `by_name` of the name, or where to insert it.
    fn search(&self, name: &str) -> Result<usize, usize> {
        self.by_name.binary_search_by(|&position| self.get(position).name().cmp(name))
    }
}

fn bound_text(bound: f64) -> Box<[u8]> {
    let mut text = Text::default();
    text.append_with(MAX_NUMBER_BYTES, |out| write_bound(out, bound));
    text.as_slice().into()
}

/// Compares texts that are nearly always at the same address.
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
    fn series_consist_of_parts_and_label_values() {
        let series = |family: &Family, labels: &[&str]| {
            let mut out = Text::default();
            out.append_with(64, |out| family.write_series(out, labels));
            String::from_utf8(out.into()).unwrap()
        };
        let mut constant = ConstantLabels::default();
        let plain = |constant: &_| series(&Family::new(PLAIN.core(), &[], constant), &[]);
        assert_eq!(plain(&constant), "plain");
        let two = Family::new(TWO.core(), TWO.label_names(), &constant);
        assert_eq!(series(&two, &["x", ""]), r#"two{a="x",b=""}"#);
        constant.add("site", "s\"z").unwrap();
        constant.add("b", "own").unwrap();
        assert_eq!(plain(&constant), r#"plain{site="s\"z",b="own"}"#);
        let two = Family::new(TWO.core(), TWO.label_names(), &constant);
        assert_eq!(series(&two, &["x", "y"]), r#"two{site="s\"z",a="x",b="y"}"#);
    }

    #[test]
    fn families_are_kept_and_found_in_any_order() {
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
    fn external_families_may_change_their_kind() {
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
        // Definitions are compared by value, not by address.
        let name: &'static str = String::from("two").leak();
        let equal = Gauge::new(name, "Two.").labels(["a", "b"]);
        assert_eq!(families.find(equal.core(), equal.label_names()), Some(0));
        assert!(families.get(0).is_of(&equal.describe()));
    }
}
