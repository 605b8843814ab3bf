//! Merges settings: the command line overrides the environment, which overrides the file, which
//! overrides the defaults. Values are typed and have an origin; all errors are reported together.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::argv::Typed;
use super::file;
use super::flag::{AnyFlag as _, Flag, FlagSpec, FlagType, ValueType};
use super::kit::CONFIG_FILE;
use super::pattern::{Filter, Pattern};
#[cfg(feature = "web-config")]
use super::yaml_file;
use crate::constant_labels::LabelError;
use crate::setting_file::read_setting_file;

/// The origin of a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Origin {
    Default,
    File { path: String, line: usize },
    Environment(String),
    CommandLine,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{path}:{line}"),
            Self::Environment(name) => f.write_str(name),
            Self::CommandLine => f.write_str("command line"),
        }
    }
}

/// The settings of an exporter, including those of the kit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    settings: Vec<Setting>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Setting {
    flag: FlagSpec,
    /// The text as given; for a list, each item.
    texts: Vec<String>,
    value: Value,
    origin: Origin,
}

/// The value of a setting.
#[doc(hidden)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Text(String),
    Number(u64),
    Duration(Duration),
    Switch(bool),
    Path(PathBuf),
    List(Vec<String>),
    Pattern(Option<Pattern>),
}

/// Why a collector cannot be built from the settings: an invalid one, with its name, its origin and
/// the cause, which [`Settings::error`] makes; or a label that is not possible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingError {
    message: String,
    /// Whether the message names the setting.
    names_setting: bool,
}

impl SettingError {
    /// The message as the start of a collector reports it.
    pub(crate) fn of_collector(&self, name: &str) -> String {
        match self.names_setting {
            true => self.message.clone(),
            false => format!("collector {name}: {}", self.message),
        }
    }
}

impl fmt::Display for SettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for SettingError {}

impl From<LabelError> for SettingError {
    fn from(error: LabelError) -> Self {
        Self { message: error.to_string(), names_setting: false }
    }
}

impl Settings {
    /// Merges the command line, the environment (`variable`), the settings file that either names,
    /// and the defaults. Returns the valid settings and every error. An invalid value is replaced
    /// by the default, so that further errors can be found.
    pub(crate) fn read(
        exporter: &str,
        flags: &[FlagSpec],
        typed: Vec<Typed>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> (Self, Vec<String>) {
        let mut errors = Vec::new();
        let mut settings = Self { settings: flags.iter().map(Setting::default).collect() };
        let from_environment = |flag: &FlagSpec| variable(&flag.variable(exporter));
        let typed_file = typed.iter().rfind(|(flag, _)| flag.name == CONFIG_FILE.name());
        let file = typed_file.map(|(_, path)| path.clone());
        if let Some(path) = file.or_else(|| from_environment(&CONFIG_FILE.spec()))
            && !path.is_empty()
        {
            settings.read_file(&path, flags, &mut errors);
        }
        for flag in flags.iter().filter(|flag| !flag.action) {
            if let Some(text) = from_environment(flag) {
                let texts = flag.split(&text, flag.is_list());
                settings.set(flag, texts, Origin::Environment(flag.variable(exporter)));
            }
        }
        settings.take_typed(typed, exporter, &mut errors);
        settings.settings.iter_mut().for_each(|setting| setting.parse(&mut errors));
        settings.check_scopes(&mut errors);
        (settings, errors)
    }

    fn read_file(&mut self, path: &str, flags: &[FlagSpec], errors: &mut Vec<String>) {
        let text = match read_setting_file(path) {
            Ok(text) => text,
            Err(error) => {
                errors.push(format!("--{}: cannot read {path}: {error}", CONFIG_FILE.name()));
                return;
            }
        };
        let is_yaml = ["yml", "yaml"].map(|it| Path::new(path).extension() == Some(it.as_ref()));
        let (entries, invalid) = match is_yaml.contains(&true) {
            #[cfg(feature = "web-config")]
            true => yaml_file::read(&text, flags),
            #[cfg(not(feature = "web-config"))]
            true => (Vec::new(), vec![(1, "this build reads TOML, not YAML".to_owned())]),
            false => file::read(&text, flags),
        };
        for entry in entries {
            let origin = Origin::File { path: path.to_owned(), line: entry.line };
            self.set(&entry.flag, entry.values, origin);
        }
        errors.extend(invalid.iter().map(|(line, error)| format!("{path}:{line}: {error}")));
    }

    fn take_typed(&mut self, typed: Vec<Typed>, exporter: &str, errors: &mut Vec<String>) {
        for (flag, text) in typed {
            if flag.secret {
                let variable = flag.variable(exporter);
                errors.push(format!(
                    "--{}: every user of the host can read a command line; set {variable} in the \
                     environment, or {} in the file of --{}",
                    flag.name,
                    flag.name,
                    CONFIG_FILE.name()
                ));
                continue;
            }
            let texts = flag.split(&text, flag.commas);
            let known = self.settings.iter_mut().find(|known| known.flag == flag);
            match known {
                Some(known) if flag.is_list() && known.origin == Origin::CommandLine => {
                    known.texts.extend(texts);
                }
                Some(known) if flag.once && known.origin == Origin::CommandLine => {
                    errors.push(known.error("is given twice; give it once".to_owned()));
                }
                // The last value of a repeated flag wins.
                _ => self.set(&flag, texts, Origin::CommandLine),
            }
        }
    }

    fn set(&mut self, flag: &FlagSpec, texts: Vec<String>, origin: Origin) {
        if let Some(setting) = self.settings.iter_mut().find(|setting| setting.flag == *flag) {
            setting.texts = texts;
            setting.origin = origin;
        }
    }

    /// Checks that at most one of the include and exclude patterns of a scope is given. A default
    /// of the other is cleared.
    fn check_scopes(&mut self, errors: &mut Vec<String>) {
        let mut defaults = Vec::new();
        for setting in self.settings.iter().filter(|setting| !setting.text().is_empty()) {
            let Some((scope, "include")) = setting.flag.scope() else { continue };
            let is_other = |other: &&Setting| other.flag.scope() == Some((scope, "exclude"));
            match self.settings.iter().find(is_other) {
                Some(other) if other.origin == Origin::Default => defaults.push(other.flag),
                Some(other) if !other.text().is_empty() => errors.push(setting.error(format!(
                    "--{} is given too, and they exclude each other; give one of them",
                    other.flag.name
                ))),
                _ => {}
            }
        }
        for flag in defaults {
            self.set(&flag, Vec::new(), Origin::Default);
            if let Some(setting) = self.settings.iter_mut().find(|setting| setting.flag == flag) {
                setting.value = Value::Pattern(None);
            }
        }
    }

    /// The value of a flag.
    ///
    /// # Panics
    ///
    /// Neither the exporter nor one of its collectors declares the flag.
    pub fn get<T: FlagType + ?Sized>(&self, flag: &Flag<T>) -> T::Value<'_> {
        T::get(&self.setting(flag.name()).value).unwrap_or_else(|| unknown(flag.name()))
    }

    /// The filter of an include and an exclude pattern.
    ///
    /// # Panics
    ///
    /// As [`Settings::get`].
    pub fn filter(&self, include: &Flag<Pattern>, exclude: &Flag<Pattern>) -> Filter {
        Filter::new(self.get(include).cloned(), self.get(exclude).cloned())
    }

    /// An error about a flag's value, which names the flag and the origin of the value.
    ///
    /// # Panics
    ///
    /// As [`Settings::get`].
    pub fn error<T: FlagType + ?Sized>(
        &self,
        flag: &Flag<T>,
        what: impl fmt::Display,
    ) -> SettingError {
        let message = self.setting(flag.name()).error(what.to_string());
        SettingError { message, names_setting: true }
    }

    /// Whether a collector is switched on, and the prefix of errors about the switch. `None` if the
    /// switch has its default.
    pub(crate) fn switched(&self, collector: &str) -> Option<(bool, String)> {
        let is_switch =
            |setting: &&Setting| setting.flag.enables && setting.flag.collector == collector;
        let setting = self.settings.iter().find(is_switch)?;
        let on = setting.value == Value::Switch(true);
        (setting.origin != Origin::Default).then(|| (on, setting.error(String::new())))
    }

    /// The effective settings as a settings file with the origin of each. Secrets are omitted.
    pub(crate) fn to_toml(&self) -> String {
        let mut text = String::new();
        for setting in self.settings.iter().filter(|setting| !setting.flag.action) {
            let Setting { flag, texts, origin, .. } = setting;
            if flag.secret && !setting.text().is_empty() {
                // A placeholder as the value would be a different setting.
                text.push_str(&format!("# {} = …  # not shown; {origin}\n", flag.name));
                continue;
            }
            // A name may be a prefix of others, and a TOML key cannot be both a value and a table.
            let is_prefix_of = |other: &Setting| {
                other.flag.name.strip_prefix(flag.name).is_some_and(|rest| rest.starts_with('.'))
            };
            let name = match flag.enables {
                true => format!("{}.enabled", flag.name),
                false if self.settings.iter().any(is_prefix_of) => format!("{:?}", flag.name),
                false => flag.name.to_owned(),
            };
            let quote = |text: &String| toml_value(text, flag.is_switch());
            let value = match (texts.as_slice(), &setting.value) {
                (_, Value::Switch(on)) => on.to_string(),
                ([], _) => "\"\"".to_owned(),
                ([only], _) if !(flag.commas && only.contains(',')) => quote(only),
                (several, _) => {
                    format!("[{}]", several.iter().map(quote).collect::<Vec<_>>().join(", "))
                }
            };
            // Commented out, because the file cannot name itself.
            let comment = if flag.name == CONFIG_FILE.name() { "# " } else { "" };
            text.push_str(&format!("{comment}{name} = {value}  # {origin}\n"));
        }
        text
    }

    /// Whether the exporter or one of its collectors declares the flag.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.settings.iter().any(|setting| setting.flag.name == name)
    }

    fn setting(&self, name: &str) -> &Setting {
        self.settings
            .iter()
            .find(|setting| setting.flag.name == name)
            .unwrap_or_else(|| unknown(name))
    }
}

#[allow(clippy::panic, reason = "a bug of the program: it reads a flag that it does not declare")]
fn unknown(name: &str) -> ! {
    panic!("the exporter declares no flag --{name} of this type")
}

impl Setting {
    fn default(flag: &FlagSpec) -> Self {
        let texts = match flag.default {
            "" => Vec::new(),
            default => flag.split(default, flag.commas),
        };
        let mut setting =
            Self { flag: *flag, texts, value: Value::Pattern(None), origin: Origin::Default };
        // An invalid default is a bug of the program, which its tests find.
        setting.value = setting.value().unwrap_or_else(|_| Value::Text(String::new()));
        setting
    }

    fn text(&self) -> &str {
        self.texts.last().map_or("", String::as_str)
    }

    /// Parses the text as a value of the flag's type.
    fn parse(&mut self, errors: &mut Vec<String>) {
        if self.origin == Origin::Default {
            return;
        }
        match self.value() {
            Ok(value) => self.value = value,
            Err(error) => errors.push(self.error(error)),
        }
    }

    fn value(&self) -> Result<Value, String> {
        let (flag, text) = (&self.flag, self.text());
        let shown = if flag.secret { "…" } else { text };
        Ok(match flag.value_type {
            ValueType::Text => {
                if !flag.allowed.is_empty() && !flag.allowed.contains(&text) {
                    let allowed = flag.allowed.join(", ");
                    return Err(format!("must be one of {allowed}, not {shown:?}"));
                }
                Value::Text(text.to_owned())
            }
            ValueType::Number => {
                let min = u64::from(flag.positive);
                let number = text.parse().ok().filter(|&number: &u64| number >= min);
                Value::Number(number.ok_or_else(|| {
                    format!("must be an integer of at least {min}, not {shown:?}")
                })?)
            }
            ValueType::Duration => match duration(text) {
                Some(Duration::ZERO) if flag.positive => {
                    return Err("must be longer than 0, such as 5s".to_owned());
                }
                Some(time) => Value::Duration(time),
                None => {
                    return Err(format!(
                        "must be a duration such as 500ms, 10s or 1m, not {shown:?}"
                    ));
                }
            },
            ValueType::Switch => Value::Switch(
                boolean(text).ok_or_else(|| format!("must be true or false, not {shown:?}"))?,
            ),
            ValueType::Path => Value::Path(text.into()),
            ValueType::List => {
                Value::List(self.texts.iter().filter(|text| !text.is_empty()).cloned().collect())
            }
            ValueType::Pattern if text.is_empty() => Value::Pattern(None),
            ValueType::Pattern => {
                let pattern = match flag.whole {
                    true => Pattern::new_whole(text),
                    false => Pattern::new(text),
                };
                Value::Pattern(Some(pattern.map_err(|error| {
                    format!("{shown:?} is not a valid regular expression: {error}")
                })?))
            }
        })
    }

    fn error(&self, what: String) -> String {
        let name = self.flag.name;
        let what = if self.flag.secret { self.without_value(what) } else { what };
        match &self.origin {
            Origin::CommandLine | Origin::Default => format!("--{name}: {what}"),
            Origin::Environment(variable) => format!("{variable}: {what}"),
            Origin::File { path, line } => format!("{path}:{line}: {name}: {what}"),
        }
    }
}

impl Setting {
    /// An error without the value, which authors may have put into it.
    fn without_value(&self, what: String) -> String {
        let quoted = format!("{:?}", self.text());
        let values = [quoted.trim_matches('"'), self.text()];
        let values = values.iter().filter(|value| !value.is_empty());
        values.fold(what, |what, value| what.replace(value, "…"))
    }
}

fn duration(text: &str) -> Option<Duration> {
    let seconds = text.parse().ok().and_then(|number| Duration::try_from_secs_f64(number).ok());
    seconds.or_else(|| humantime::parse_duration(text).ok())
}

/// Parses a boolean as Go does.
pub(crate) fn boolean(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

fn toml_value(text: &str, is_switch: bool) -> String {
    // A number that does not survive parsing, such as 007, stays a string.
    let is_number = text.parse::<i64>().is_ok_and(|number| number.to_string() == text);
    if is_switch || is_number {
        return text.to_owned();
    }
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            control if control.is_control() => {
                quoted.push_str(&format!("\\u{:04X}", u32::from(control)));
            }
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests;
