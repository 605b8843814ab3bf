//! Definitions of metrics whose names are known only at run time.

use std::collections::BTreeSet;
use std::marker::PhantomData;
use std::sync::{Mutex, PoisonError};

use super::kind::{CounterKind, GaugeKind, Kind, Scalar, UntypedKind};
use super::{Unit, checks};

/// The longest name of a family that is created at run time.
const MAX_NAME_BYTES: usize = 200;

/// The most memory that the names and help texts of all such families may take. They live as long
/// as the process, and a source may produce ever new names.
const MAX_INTERNED_BYTES: usize = 2 * 1024 * 1024;

/// The definition of families with `N` labels whose names consist of a prefix and a name from the
/// source.
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
    /// All families have this unit.
    Fixed(Unit),
    /// The unit is the suffix of the name before any `_total`: `_bytes`, `_seconds`, …
    BySuffix,
}

/// A pattern as data, independent of its kind and number of labels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PatternDescription<'a> {
    /// The prefix of the names; empty for any name.
    pub prefix: &'static str,
    /// Text of the `# HELP` lines, with `{}` for the field.
    pub help: &'static str,
    /// Kind of the families.
    pub kind: Kind,
    /// Unit of the values.
    pub unit: UnitRule,
    /// Label names.
    pub labels: &'a [&'static str],
    /// Chinese name of the group of families; may be empty.
    pub zh: &'static str,
    /// The program that the names come from; empty for names of this exporter.
    pub compatible_with: &'static str,
}

/// Any pattern, as an element of a collector's list of patterns.
pub trait AnyPattern: Sync {
    /// The pattern as data.
    fn describe(&self) -> PatternDescription<'_>;
}

/// A family defined by another program, for example in a file of metrics.
#[derive(Clone, Copy, Debug)]
pub struct ExternalFamily<'a> {
    /// Full name.
    pub name: &'a str,
    /// Text of the `# HELP` line, not escaped.
    pub help: &'a str,
    /// Kind of the family; the lines of histograms and summaries are separate samples.
    pub kind: Kind,
}

impl<K: Scalar> MetricPattern<K, 0> {
    /// Families whose names begin with `prefix`; in `help`, `{}` stands for the first part of the
    /// field.
    ///
    /// # Panics
    ///
    /// `prefix` is invalid in a name, or the help is empty. In a `const` this is a compile error.
    pub const fn new(prefix: &'static str, help: &'static str) -> Self {
        assert!(
            prefix.is_empty() || checks::is_name(prefix),
            "a prefix is the start of a valid metric name"
        );
        assert!(!help.is_empty(), "a metric needs a help text");
        let unit = UnitRule::Fixed(Unit::None);
        let core = PatternCore { prefix, help, kind: K::KIND, unit, zh: "", compatible_with: "" };
        Self { core, labels: [], kind: PhantomData }
    }
}

impl<K: Scalar, const N: usize> MetricPattern<K, N> {
    /// Sets the label names.
    ///
    /// # Panics
    ///
    /// As [`Definition::labels`](crate::Definition::labels).
    pub const fn labels<const M: usize>(self, labels: [&'static str; M]) -> MetricPattern<K, M> {
        checks::labels(&labels);
        MetricPattern { core: self.core, labels, kind: PhantomData }
    }

    /// Sets how the unit is determined.
    pub const fn unit_rule(mut self, unit: UnitRule) -> Self {
        self.core.unit = unit;
        self
    }

    /// Sets a short Chinese name for the group of these metrics.
    pub const fn zh(mut self, zh: &'static str) -> Self {
        self.core.zh = zh;
        self
    }

    /// Declares the program that the names come from; see
    /// [`Definition::compatible_with`](crate::Definition::compatible_with).
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

/// The bytes of the name made of `parts`: `)` is removed, as in `Active(anon)`, and every other
/// byte that is invalid in names becomes `_`.
pub(crate) fn name_bytes<'a>(parts: &'a [&str]) -> impl Iterator<Item = u8> + 'a {
    let bytes = parts.iter().flat_map(|part| part.bytes());
    bytes.filter(|byte| *byte != b')').map(|byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' => byte,
        _ => b'_',
    })
}

/// The name made of `parts`, if it is valid.
pub(crate) fn make_name(parts: &[&str]) -> Option<String> {
    if parts.iter().map(|part| part.len()).sum::<usize>() > MAX_NAME_BYTES {
        return None;
    }
    let name = String::from_utf8(name_bytes(parts).collect()).ok()?;
    checks::is_name(&name).then_some(name)
}

/// Interns a text for the life of the process; `None` if the limit is exceeded.
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
    fn names_are_valid_for_any_field() {
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
    fn units_follow_the_rule() {
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
