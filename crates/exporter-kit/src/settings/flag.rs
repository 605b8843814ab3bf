//! Flags as data. A flag is a `const`, and the key by which its value is asked for.

use std::marker::PhantomData;
use std::path::Path;
use std::time::Duration;

use super::pattern::Pattern;
use super::values::Value;

/// A setting of an exporter, by the name that it has on the command line. `T` is the type of its
/// value: `String`, `u64`, [`Duration`], `bool`, [`Path`], `[String]` or [`Pattern`].
///
/// The same setting is the environment variable `NAME_OF_EXPORTER_NAME_OF_FLAG` and the key
/// `name.of-flag` of the file that `--config.file` names. The command line wins over the
/// environment, the environment over the file, the file over the default.
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

/// What a flag is, whatever the type of its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlagSpec {
    pub(crate) name: &'static str,
    pub(crate) value_type: ValueType,
    /// What help calls the value.
    pub(crate) placeholder: &'static str,
    pub(crate) default: &'static str,
    pub(crate) help: &'static str,
    /// The words that the value can be; empty for any.
    pub(crate) words: &'static [&'static str],
    /// Neither 0 nor no time at all.
    pub(crate) positive: bool,
    /// An include pattern that can be given together with its exclude pattern.
    pub(crate) with_exclude: bool,
    /// Values of a list may be separated by commas on the command line too.
    pub(crate) commas: bool,
    pub(crate) secret: bool,
    /// Makes sense on the command line alone, such as `--help`.
    pub(crate) action: bool,
    /// The collector that it is about; empty for none.
    pub(crate) collector: &'static str,
    /// It switches its collector on and off.
    pub(crate) enables: bool,
}

/// How the text of a value is read.
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
    /// What the flag is.
    #[doc(hidden)]
    fn spec(&self) -> FlagSpec;

    /// The default, as it would be written; empty for none.
    fn default_text(&self) -> &'static str {
        self.spec().default
    }
}

impl<T: FlagType + ?Sized> AnyFlag for Flag<T> {
    fn spec(&self) -> FlagSpec {
        self.spec
    }
}

/// A type that the value of a flag can have.
pub trait FlagType {
    /// The value as [`Settings::get`](crate::Settings::get) returns it.
    type Value<'a>;

    /// Takes the value out of what was read.
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
    /// A flag with a text; `placeholder` is what help calls it.
    pub const fn text(
        name: &'static str,
        placeholder: &'static str,
        default: &'static str,
        help: &'static str,
    ) -> Self {
        Self::new(name, ValueType::Text, placeholder, default, help)
    }

    /// States the words that the value can be.
    pub const fn one_of(mut self, words: &'static [&'static str]) -> Self {
        self.spec.words = words;
        self
    }

    /// Keeps the value out of command lines, which every user of a host can read, and out of
    /// everything that is printed.
    pub const fn secret(mut self) -> Self {
        self.spec.secret = true;
        self
    }
}

impl Flag<u64> {
    /// A flag with a whole number from 0 on.
    ///
    /// # Panics
    ///
    /// `default` is not digits alone. In a `const` that is an error of the compiler.
    pub const fn number(name: &'static str, default: &'static str, help: &'static str) -> Self {
        let digits = default.as_bytes();
        assert!(!digits.is_empty(), "a number has a default");
        let mut at = 0;
        while at < digits.len() {
            assert!(digits[at].is_ascii_digit(), "the default of a number is digits alone");
            at += 1;
        }
        Self::new(name, ValueType::Number, "NUMBER", default, help)
    }

    /// Refuses 0.
    pub const fn positive(mut self) -> Self {
        self.spec.positive = true;
        self
    }
}

impl Flag<Duration> {
    /// A flag with a time: `500ms`, `10s`, `1m 30s`, or seconds as a number.
    pub const fn duration(name: &'static str, default: &'static str, help: &'static str) -> Self {
        Self::new(name, ValueType::Duration, "DURATION", default, help)
    }

    /// Refuses no time at all.
    pub const fn positive(mut self) -> Self {
        self.spec.positive = true;
        self
    }
}

impl Flag<bool> {
    /// A flag that is on or off, and off by default.
    pub const fn switch(name: &'static str, help: &'static str) -> Self {
        Self::new(name, ValueType::Switch, "", "false", help)
    }

    /// On by default; `--no-` before its name switches it off.
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
    /// A flag with the path of a file or folder; empty for none.
    pub const fn path(name: &'static str, default: &'static str, help: &'static str) -> Self {
        Self::new(name, ValueType::Path, "PATH", default, help)
    }
}

impl Flag<[String]> {
    /// A flag that can be given several times; in the environment values are separated by commas,
    /// in the file they are a list.
    pub const fn list(
        name: &'static str,
        placeholder: &'static str,
        default: &'static str,
        help: &'static str,
    ) -> Self {
        Self::new(name, ValueType::List, placeholder, default, help)
    }

    /// Values may be separated by commas on the command line too.
    pub const fn commas(mut self) -> Self {
        self.spec.commas = true;
        self
    }
}

impl Flag<Pattern> {
    /// A flag with a regular expression, such as `^(lo|veth.*)$`; empty for none. Of two whose
    /// names differ in their ends `include` and `exclude` alone one can be given, unless
    /// [`Flag::with_exclude`] allows both.
    pub const fn pattern(name: &'static str, default: &'static str, help: &'static str) -> Self {
        Self::new(name, ValueType::Pattern, "REGEX", default, help)
    }

    /// Lets an include pattern be given beside the exclude pattern of its scope: names have to match
    /// the one and not the other.
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
            words: &[],
            positive: false,
            with_exclude: false,
            commas: false,
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

    /// `--name=VALUE`, or `--name` for a switch.
    pub(crate) fn usage(&self) -> String {
        match self.is_switch() {
            true if self.enables => format!("--[no-]{}", self.name),
            true => format!("--{}", self.name),
            false => format!("--{}={}", self.name, self.placeholder),
        }
    }

    /// The environment variable of this flag in an exporter of this name.
    pub(crate) fn variable(&self, exporter: &str) -> String {
        let name = format!("{exporter}_{}", self.name);
        let word = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
        name.chars().map(word).collect()
    }

    /// The end of a pattern's name that says what matches it: `include` or `exclude`, with what
    /// stands before it.
    pub(crate) fn scope(&self) -> Option<(&'static str, &'static str)> {
        let is_pattern = self.value_type == ValueType::Pattern;
        let end = ["include", "exclude"].into_iter().find(|end| self.name.ends_with(end))?;
        (is_pattern && !self.with_exclude).then(|| (&self.name[..self.name.len() - end.len()], end))
    }
}

impl ValueType {
    /// The word that `--describe` has for it.
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

/// The flag among `flags` whose name is nearest to `name`, if any is near.
pub(crate) fn nearest<'a>(name: &str, flags: &'a [FlagSpec]) -> Option<&'a FlagSpec> {
    nearest_by(name, flags, |flag| flag.name)
}

/// The one among `all` whose text is nearest to `name`, if any is near.
pub(crate) fn nearest_by<'a, T>(
    name: &str,
    all: &'a [T],
    text: impl Fn(&T) -> &str,
) -> Option<&'a T> {
    let distance = |one: &&T| strsim::damerau_levenshtein(text(one), name);
    // A name of three letters is as far from any other such name.
    let near = 3.min(name.len() / 2);
    all.iter().min_by_key(distance).filter(|one| distance(one) <= near)
}

#[cfg(test)]
mod tests {
    use super::super::kit::{KIT_FLAGS, LISTEN_ADDRESS};
    use super::*;

    #[test]
    fn the_environment_variable_follows_from_the_names() {
        let variable = LISTEN_ADDRESS.spec().variable("host_exporter");
        assert_eq!(variable, "HOST_EXPORTER_WEB_LISTEN_ADDRESS");
        let own = Flag::text("redis.max-age", "AGE", "", "").spec();
        assert_eq!(own.variable("redis_exporter"), "REDIS_EXPORTER_REDIS_MAX_AGE");
    }

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        let flags: Vec<_> = KIT_FLAGS.iter().map(|flag| flag.spec()).collect();
        let near = nearest("web.listen-adress", &flags).map(|flag| flag.name);
        assert_eq!(near, Some(LISTEN_ADDRESS.name()));
        assert_eq!(nearest("nonsense", &flags), None);
        let names = ["cpu", "mem"];
        assert_eq!(nearest_by("cqu", &names, |name| name), Some(&"cpu"));
        assert_eq!(nearest_by("xyz", &names, |name| name), None);
    }
}
