//! Flags as data. A flag is a `const`, and the key for reading its value.

use std::marker::PhantomData;
use std::path::Path;
use std::time::Duration;

use super::pattern::Pattern;
use super::values::Value;

/// A setting of an exporter, by its name on the command line. `T` is the type of its value:
/// `String`, `u64`, [`Duration`], `bool`, [`Path`], `[String]` or [`Pattern`].
///
/// The setting can also be given as the environment variable `NAME_OF_EXPORTER_NAME_OF_FLAG` or the
/// key `name.of-flag` in the file of `--config.file`. The command line takes precedence over the
/// environment, the environment over the file, and the file over the default.
///
/// ```
/// use std::time::Duration;
///
/// use exporter_kit::{Flag, Settings};
///
/// const ADDRESS: Flag<String> =
///     Flag::text("redis.address", "ADDRESS", "127.0.0.1:6379", "Where Redis listens.");
/// const PASSWORD: Flag<String> =
///     Flag::text("redis.password", "PASSWORD", "", "Password of Redis.").secret();
/// const TIMEOUT: Flag<Duration> =
///     Flag::duration("redis.timeout", "3s", "How long Redis may take.").positive();
///
/// fn connect(settings: &Settings) {
///     let (address, timeout): (&str, Duration) = (settings.get(&ADDRESS), settings.get(&TIMEOUT));
/// }
/// ```
#[derive(Debug)]
pub struct Flag<T: FlagType + ?Sized> {
    spec: FlagSpec,
    value: PhantomData<fn() -> Box<T>>,
}

/// The description of a flag, independent of the type of its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlagSpec {
    pub(crate) name: &'static str,
    pub(crate) value_type: ValueType,
    /// The name of the value in help.
    pub(crate) placeholder: &'static str,
    pub(crate) default: &'static str,
    pub(crate) help: &'static str,
    /// The allowed values; empty for any.
    pub(crate) allowed: &'static [&'static str],
    /// Whether 0 is invalid.
    pub(crate) positive: bool,
    /// Whether this include pattern can be combined with its exclude pattern.
    pub(crate) with_exclude: bool,
    /// Whether a pattern must match the whole of a text.
    pub(crate) whole: bool,
    /// Whether values of a list are also split at commas on the command line.
    pub(crate) commas: bool,
    /// Whether giving the flag twice on the command line is an error.
    pub(crate) once: bool,
    pub(crate) secret: bool,
    /// Whether the flag is valid only on the command line, such as `--help`.
    pub(crate) action: bool,
    /// The collector that the flag belongs to; empty for none.
    pub(crate) collector: &'static str,
    /// Whether the flag enables its collector.
    pub(crate) enables: bool,
}

/// How the text of a value is parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ValueType {
    Text,
    Number,
    Duration,
    Switch,
    Path,
    List,
    Pattern,
}

/// Any flag, as a list of flags holds it.
pub trait AnyFlag: Sync {
    /// The description of the flag.
    #[doc(hidden)]
    fn spec(&self) -> FlagSpec;

    /// The default as text; empty for none.
    fn default_text(&self) -> &'static str {
        self.spec().default
    }
}

impl<T: FlagType + ?Sized> AnyFlag for Flag<T> {
    fn spec(&self) -> FlagSpec {
        self.spec
    }
}

/// The type of a flag's value.
pub trait FlagType {
    /// The value as [`Settings::get`](crate::Settings::get) returns it.
    type Value<'a>;

    /// Extracts the value of this type.
    #[doc(hidden)]
    fn get(value: &Value) -> Option<Self::Value<'_>>;
}

macro_rules! flag_type {
    ($type:ty, $value:ty, $pattern:pat => $result:expr) => {
        impl FlagType for $type {
            type Value<'a> = $value;

            fn get(value: &Value) -> Option<Self::Value<'_>> {
                match value {
                    $pattern => Some($result),
                    _ => None,
                }
            }
        }
    };
}

flag_type!(String, &'a str, Value::Text(text) => text);
flag_type!(u64, u64, Value::Number(number) => *number);
flag_type!(Duration, Duration, Value::Duration(time) => *time);
flag_type!(bool, bool, Value::Switch(on) => *on);
flag_type!(Path, &'a Path, Value::Path(path) => path);
flag_type!([String], &'a [String], Value::List(list) => list);
flag_type!(Pattern, Option<&'a Pattern>, Value::Pattern(pattern) => pattern.as_ref());

impl Flag<String> {
    /// A flag with a text value, which help shows as `placeholder`.
    pub const fn text(
        name: &'static str,
        placeholder: &'static str,
        default: &'static str,
        help: &'static str,
    ) -> Self {
        Self::new(name, ValueType::Text, placeholder, default, help)
    }

    /// Limits the value to one of `allowed`.
    pub const fn one_of(mut self, allowed: &'static [&'static str]) -> Self {
        self.spec.allowed = allowed;
        self
    }

    /// Marks the value as secret: it is rejected on the command line, which every user of the host
    /// can read, and is never printed.
    pub const fn secret(mut self) -> Self {
        self.spec.secret = true;
        self
    }
}

impl Flag<u64> {
    /// A flag with an integer of at least 0.
    ///
    /// # Panics
    ///
    /// `default` does not consist of digits. In a `const` this is a compile error.
    pub const fn number(name: &'static str, default: &'static str, help: &'static str) -> Self {
        let digits = default.as_bytes();
        assert!(!digits.is_empty(), "a number needs a default");
        let mut at = 0;
        while at < digits.len() {
            assert!(digits[at].is_ascii_digit(), "the default of a number consists of digits");
            at += 1;
        }
        Self::new(name, ValueType::Number, "NUMBER", default, help)
    }

    /// Makes 0 invalid.
    pub const fn positive(mut self) -> Self {
        self.spec.positive = true;
        self
    }
}

impl Flag<Duration> {
    /// A flag with a duration: `500ms`, `10s`, `1m 30s`, or a number of seconds.
    pub const fn duration(name: &'static str, default: &'static str, help: &'static str) -> Self {
        Self::new(name, ValueType::Duration, "DURATION", default, help)
    }

    /// Makes 0 invalid.
    pub const fn positive(mut self) -> Self {
        self.spec.positive = true;
        self
    }
}

impl Flag<bool> {
    /// A boolean flag, off by default.
    pub const fn switch(name: &'static str, help: &'static str) -> Self {
        Self::new(name, ValueType::Switch, "", "false", help)
    }

    /// Turns the flag on by default; `--no-` before its name turns it off.
    pub const fn on(mut self) -> Self {
        self.spec.default = "true";
        self
    }

    pub(crate) const fn action(mut self) -> Self {
        self.spec.action = true;
        self
    }
}

impl Flag<Path> {
    /// A flag with the path of a file or directory; empty for none.
    pub const fn path(name: &'static str, default: &'static str, help: &'static str) -> Self {
        Self::new(name, ValueType::Path, "PATH", default, help)
    }
}

impl Flag<[String]> {
    /// A flag that can be repeated. In the environment, values are separated by commas; in the file
    /// they are an array, whose items may contain commas.
    pub const fn list(
        name: &'static str,
        placeholder: &'static str,
        default: &'static str,
        help: &'static str,
    ) -> Self {
        Self::new(name, ValueType::List, placeholder, default, help)
    }

    /// Also splits values at commas on the command line and in texts of the file.
    pub const fn commas(mut self) -> Self {
        self.spec.commas = true;
        self
    }
}

impl Flag<Pattern> {
    /// A flag with a regular expression, such as `^(lo|veth.*)$`; empty for none. It matches anywhere
    /// in a text, or all of it with [`Flag::whole`], and its help says which. Two flags whose
    /// names differ only in the suffix, `include` or `exclude`, are mutually exclusive unless
    /// [`Flag::with_exclude`] allows both.
    pub const fn pattern(name: &'static str, default: &'static str, help: &'static str) -> Self {
        Self::new(name, ValueType::Pattern, "REGEX", default, help)
    }

    /// Makes the expression match the whole of a text only, as if it were anchored.
    pub const fn whole(mut self) -> Self {
        self.spec.whole = true;
        self
    }

    /// Allows an include pattern together with the exclude pattern of the same scope: names must
    /// match the former and not the latter.
    pub const fn with_exclude(mut self) -> Self {
        self.spec.with_exclude = true;
        self
    }
}

impl<T: FlagType + ?Sized> Flag<T> {
    const fn new(
        name: &'static str,
        value_type: ValueType,
        placeholder: &'static str,
        default: &'static str,
        help: &'static str,
    ) -> Self {
        let spec = FlagSpec {
            name,
            value_type,
            placeholder,
            default,
            help,
            allowed: &[],
            positive: false,
            with_exclude: false,
            whole: false,
            commas: false,
            once: false,
            secret: false,
            action: false,
            collector: "",
            enables: false,
        };
        Self { spec, value: PhantomData }
    }

    #[cfg(test)]
    pub(crate) const fn into_spec(self) -> FlagSpec {
        self.spec
    }

    /// Makes giving the flag twice on the command line an error. Otherwise the last value wins,
    /// which silently ignores, for example, the first of two addresses.
    pub const fn once(mut self) -> Self {
        self.spec.once = true;
        self
    }

    /// The name on the command line, without dashes.
    pub const fn name(&self) -> &'static str {
        self.spec.name
    }
}

impl FlagSpec {
    pub(crate) fn is_switch(&self) -> bool {
        self.value_type == ValueType::Switch
    }

    pub(crate) fn is_list(&self) -> bool {
        self.value_type == ValueType::List
    }

    /// The values of a text that may hold several.
    pub(crate) fn split(&self, text: &str, at_commas: bool) -> Vec<String> {
        match at_commas {
            true => text.split(',').map(|value| value.trim().to_owned()).collect(),
            false => vec![text.to_owned()],
        }
    }

    /// The help, with how a pattern matches.
    pub(crate) fn full_help(&self) -> String {
        let rule = match (self.value_type, self.whole) {
            (ValueType::Pattern, _) if self.help.is_empty() => "",
            (ValueType::Pattern, true) => " The expression matches the whole text.",
            (ValueType::Pattern, false) => " The expression matches anywhere.",
            _ => "",
        };
        format!("{}{rule}", self.help)
    }

    /// `--name=VALUE`, or `--name` for a switch.
    pub(crate) fn usage(&self) -> String {
        match self.is_switch() {
            true if self.enables => format!("--[no-]{}", self.name),
            true => format!("--{}", self.name),
            false => format!("--{}={}", self.name, self.placeholder),
        }
    }

    /// The environment variable of this flag for the given exporter.
    pub(crate) fn variable(&self, exporter: &str) -> String {
        let name = format!("{exporter}_{}", self.name);
        let upper = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
        name.chars().map(upper).collect()
    }

    /// Splits the name of a pattern into its scope and the suffix `include` or `exclude`.
    pub(crate) fn scope(&self) -> Option<(&'static str, &'static str)> {
        let is_pattern = self.value_type == ValueType::Pattern;
        let end = ["include", "exclude"].into_iter().find(|end| self.name.ends_with(end))?;
        (is_pattern && !self.with_exclude).then(|| (&self.name[..self.name.len() - end.len()], end))
    }
}

impl ValueType {
    /// The name in `--describe`.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Duration => "duration",
            Self::Switch => "switch",
            Self::Path => "path",
            Self::List => "list",
            Self::Pattern => "pattern",
        }
    }
}

/// Flags of other exporters, and ours of the same purpose.
const OTHER_NAMES: [(&str, &str); 5] = [
    ("collectors.print", "help"),
    ("telemetry.addr", "web.listen-address"),
    ("telemetry.path", "web.telemetry-path"),
    ("telemetry.max-requests", "web.max-requests"),
    ("scrape.timeout-margin", "scrape.timeout"),
];

/// Ends of flags that other exporters have or had.
const OTHER_ENDS: [(&str, &str); 2] = [("whitelist", "include"), ("blacklist", "exclude")];

/// The flag with the name most similar to `name`, or of the same purpose, if there is one.
pub(crate) fn nearest<'a>(name: &str, flags: &'a [FlagSpec]) -> Option<&'a FlagSpec> {
    let known = OTHER_NAMES.iter().find(|(other, _)| *other == name);
    let ends = || {
        let end = |(end, ours)| Some(format!("{}{ours}", name.strip_suffix(end)?));
        OTHER_ENDS.into_iter().find_map(end)
    };
    let ours = known.map(|(_, ours)| (*ours).to_owned()).or_else(ends);
    let ours = ours.and_then(|ours| flags.iter().find(|flag| flag.name == ours));
    // Others have flags for parts of what is one thing here, such as `collector.cpu.enabled`.
    let whole = || {
        let (whole, _) = name.rsplit_once('.')?;
        flags.iter().find(|flag| flag.name == whole)
    };
    ours.or_else(|| nearest_by(name, flags, |flag| flag.name)).or_else(whole)
}

/// The item with the text most similar to `name`, if any is similar.
pub(crate) fn nearest_by<'a, T>(
    name: &str,
    all: &'a [T],
    text: impl Fn(&T) -> &str,
) -> Option<&'a T> {
    let distance = |item: &&T| strsim::damerau_levenshtein(text(item), name);
    // Any two names of three letters are within a distance of three.
    let max_distance = 3.min(name.len() / 2);
    all.iter().min_by_key(distance).filter(|item| distance(item) <= max_distance)
}

#[cfg(test)]
mod tests {
    use super::super::kit::{KIT_FLAGS, LISTEN_ADDRESS};
    use super::*;

    #[test]
    fn variable_is_derived_from_the_names() {
        let variable = LISTEN_ADDRESS.spec().variable("host_exporter");
        assert_eq!(variable, "HOST_EXPORTER_WEB_LISTEN_ADDRESS");
        let own = Flag::text("redis.max-age", "AGE", "", "").spec();
        assert_eq!(own.variable("redis_exporter"), "REDIS_EXPORTER_REDIS_MAX_AGE");
    }

    #[test]
    fn only_similar_names_are_suggested() {
        let flags: Vec<_> = KIT_FLAGS.iter().map(|flag| flag.spec()).collect();
        let near = nearest("web.listen-adress", &flags).map(|flag| flag.name);
        assert_eq!(near, Some(LISTEN_ADDRESS.name()));
        assert_eq!(nearest("nonsense", &flags), None);
        let renamed = nearest("telemetry.path", &flags).map(|flag| flag.name);
        assert_eq!(renamed, Some("web.telemetry-path"));
        assert_eq!(nearest("web.blacklist", &flags), None);
        let whole = nearest("log.level.enabled", &flags).map(|flag| flag.name);
        assert_eq!(whole, Some("log.level"));
        let names = ["cpu", "mem"];
        assert_eq!(nearest_by("cqu", &names, |name| name), Some(&"cpu"));
        assert_eq!(nearest_by("xyz", &names, |name| name), None);
    }
}
