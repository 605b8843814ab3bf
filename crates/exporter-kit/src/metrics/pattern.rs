//! Definitions of metrics whose names only the running system knows.

use std::collections::BTreeSet;
use std::marker::PhantomData;
use std::sync::{Mutex, PoisonError};

use super::kind::{CounterKind, GaugeKind, Kind, Scalar, UntypedKind};
use super::{Unit, checks};

/// The longest name of a family that is made while the exporter runs.
const MAX_NAME_BYTES: usize = 200;

/// How much the names and help texts of all such families may take together, for the life of the
/// process: sources that never end must not take the host's memory.
const MAX_INTERNED_BYTES: usize = 2 * 1024 * 1024;

/// The definition of families with `N` labels whose names begin with a prefix and end in what the
/// source has.
///
/// ```
/// use exporter_kit::{GaugePattern, Samples, UnitRule};
///
/// const MEMORY: GaugePattern = GaugePattern::new("demo_memory_", "Field {} of /proc/meminfo.")
///     .unit_rule(UnitRule::BySuffix)
///     .zh("内存信息");
///
/// fn fill(out: &mut Samples) {
///     out.set_field(&MEMORY, &["Active(anon)", "_bytes"], [], 4096.0); // demo_memory_Active_anon_bytes
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct MetricPattern<K, const N: usize = 0> {
    core: PatternCore,
    labels: [&'static str; N],
    kind: PhantomData<K>,
}

/// A pattern of gauges.
pub type GaugePattern<const N: usize = 0> = MetricPattern<GaugeKind, N>;

/// A pattern of counters.
pub type CounterPattern<const N: usize = 0> = MetricPattern<CounterKind, N>;

/// A pattern of untyped metrics.
pub type UntypedPattern<const N: usize = 0> = MetricPattern<UntypedKind, N>;

#[derive(Clone, Copy, Debug)]
pub(crate) struct PatternCore {
    pub(crate) prefix: &'static str,
    /// `{}` stands for the first part of the field.
    pub(crate) help: &'static str,
    pub(crate) kind: Kind,
    unit: UnitRule,
    zh: &'static str,
    compatible_with: &'static str,
}

/// How the unit of a family follows from its pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnitRule {
    /// All have this one.
    Fixed(Unit),
    /// The name ends in it, before any `_total`: `_bytes`, `_seconds`, …
    BySuffix,
}

/// What a pattern says, whatever its kind and number of labels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PatternDescription<'a> {
    /// What the names begin with; empty for any name.
    pub prefix: &'static str,
    /// Text of the `# HELP` lines, with `{}` for the field.
    pub help: &'static str,
    /// Kind of the families.
    pub kind: Kind,
    /// Unit of the values.
    pub unit: UnitRule,
    /// Label names.
    pub labels: &'a [&'static str],
    /// Chinese name of the group of families; empty where there is none.
    pub zh: &'static str,
    /// The program that the names were taken from; empty for names of the exporter's own.
    pub compatible_with: &'static str,
}

/// Any pattern, as a collector's definition lists it.
pub trait AnyPattern: Sync {
    /// What the pattern says.
    fn describe(&self) -> PatternDescription<'_>;
}

/// A family that another program has defined, as in a file of metrics.
#[derive(Clone, Copy, Debug)]
pub struct ExternalFamily<'a> {
    /// Full name.
    pub name: &'a str,
    /// Text of the `# HELP` line, not escaped.
    pub help: &'a str,
    /// Kind of the family; samples of histograms and summaries are given line by line.
    pub kind: Kind,
}

impl<K: Scalar> MetricPattern<K, 0> {
    /// Families whose names begin with `prefix`; in `help`, `{}` stands for the first part of the field.
    ///
    /// # Panics
    ///
    /// `prefix` cannot begin a name, or there is no help. In a `const` that is an error of the
    /// compiler.
    pub const fn new(prefix: &'static str, help: &'static str) -> Self {
        assert!(prefix.is_empty() || checks::is_name(prefix), "a prefix begins a metric's name");
        assert!(!help.is_empty(), "a metric needs a help text");
        let unit = UnitRule::Fixed(Unit::None);
        let core = PatternCore { prefix, help, kind: K::KIND, unit, zh: "", compatible_with: "" };
        Self { core, labels: [], kind: PhantomData }
    }
}

impl<K: Scalar, const N: usize> MetricPattern<K, N> {
    /// Gives the metrics their label names.
    ///
    /// # Panics
    ///
    /// As [`Definition::labels`](crate::Definition::labels).
    pub const fn labels<const M: usize>(self, labels: [&'static str; M]) -> MetricPattern<K, M> {
        checks::labels(&labels);
        MetricPattern { core: self.core, labels, kind: PhantomData }
    }

    /// States how the unit follows.
    pub const fn unit_rule(mut self, unit: UnitRule) -> Self {
        self.core.unit = unit;
        self
    }

    /// Gives a short Chinese name for the group of these metrics.
    pub const fn zh(mut self, zh: &'static str) -> Self {
        self.core.zh = zh;
        self
    }

    /// Says whose names these are; see [`Definition::compatible_with`](crate::Definition::compatible_with).
    pub const fn compatible_with(mut self, program: &'static str) -> Self {
        self.core.compatible_with = program;
        self
    }

    pub(crate) const fn core(&self) -> &PatternCore {
        &self.core
    }

    pub(crate) const fn label_names(&self) -> &[&'static str; N] {
        &self.labels
    }
}

impl<K: Scalar, const N: usize> AnyPattern for MetricPattern<K, N> {
    fn describe(&self) -> PatternDescription<'_> {
        let PatternCore { prefix, help, kind, unit, zh, compatible_with } = self.core;
        PatternDescription { prefix, help, kind, unit, labels: &self.labels, zh, compatible_with }
    }
}

impl PatternCore {
    pub(crate) fn unit_of(&self, name: &str) -> Unit {
        match self.unit {
            UnitRule::Fixed(unit) => unit,
            UnitRule::BySuffix => {
                let base = name.strip_suffix("_total").unwrap_or(name);
                let last = base.rsplit('_').next().unwrap_or_default();
                let named = |unit: &Unit| *unit != Unit::None && unit.as_str() == last;
                Unit::ALL.into_iter().find(named).unwrap_or_default()
            }
        }
    }
}

/// The bytes of a name that is put together from `parts`: `(` becomes `_` and `)` nothing, as in
/// `Active(anon)`, and what else no name can have becomes `_`.
pub(crate) fn name_bytes<'a>(parts: &'a [&str]) -> impl Iterator<Item = u8> + 'a {
    let bytes = parts.iter().flat_map(|part| part.bytes());
    bytes.filter(|byte| *byte != b')').map(|byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' => byte,
        _ => b'_',
    })
}

/// The name that is put together from a prefix and a field, if it can be one.
pub(crate) fn make_name(parts: &[&str]) -> Option<String> {
    if parts.iter().map(|part| part.len()).sum::<usize>() > MAX_NAME_BYTES {
        return None;
    }
    let name = String::from_utf8(name_bytes(parts).collect()).ok()?;
    checks::is_name(&name).then_some(name)
}

/// Keeps a text for the life of the process, unless that is too many of them.
pub(crate) fn intern(text: &str) -> Option<&'static str> {
    static TEXTS: Mutex<(BTreeSet<&'static str>, usize)> = Mutex::new((BTreeSet::new(), 0));
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    let (known, bytes) = &mut *texts;
    if let Some(known) = known.get(text) {
        return Some(known);
    }
    if *bytes + text.len() > MAX_INTERNED_BYTES {
        return None;
    }
    *bytes += text.len();
    let kept: &'static str = Box::leak(text.into());
    known.insert(kept);
    Some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_valid_whatever_the_source_has() {
        for (field, expected) in [
            ("Active(anon)", Some("m_Active_anon")),
            ("HugePages_Total", Some("m_HugePages_Total")),
            ("a-b c", Some("m_a_b_c")),
            ("内", Some("m____")),
            ("", Some("m_")),
        ] {
            assert_eq!(make_name(&["m_", field]).as_deref(), expected, "{field}");
        }
        assert_eq!(make_name(&["", "9"]), None);
        assert_eq!(make_name(&["m_", &"x".repeat(300)]), None);
    }

    #[test]
    fn the_unit_follows_from_the_rule() {
        let by_suffix = GaugePattern::new("m_", "Help.").unit_rule(UnitRule::BySuffix);
        for (name, unit) in [
            ("m_a_bytes", Unit::Bytes),
            ("m_a_seconds_total", Unit::Seconds),
            ("m_bytes_free", Unit::None),
        ] {
            assert_eq!(by_suffix.core().unit_of(name), unit, "{name}");
        }
        let fixed = GaugePattern::new("m_", "Help.").unit_rule(UnitRule::Fixed(Unit::Bytes));
        assert_eq!(fixed.core().unit_of("m_seconds"), Unit::Bytes);
    }
}
