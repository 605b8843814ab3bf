//! Settings from everywhere: the command line over the environment over the file over the default,
//! each with where it came from, all that is wrong told together.

use std::fmt;
use std::fs;
use std::str::FromStr;
use std::time::Duration;

use super::argv;
use super::file;
use super::flags::{CONFIG_FILE, Flag};

/// Where a setting came from.
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

/// The settings of an exporter, its own and the kit's, by the names of their flags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    settings: Vec<Setting>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Setting {
    flag: Flag,
    values: Vec<String>,
    origin: Origin,
}

/// Why a setting cannot be used: which one, where it came from, what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingError(String);

impl fmt::Display for SettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SettingError {}

impl Settings {
    /// Brings together what was typed, what `variable` knows of the environment, the settings file
    /// that either names, and the defaults; and all that is wrong with any of them, without which the
    /// settings stand, so that more can be found wrong with those.
    pub(crate) fn read(
        exporter: &str,
        flags: &[Flag],
        args: &[String],
        variable: impl Fn(&str) -> Option<String>,
    ) -> (Self, Vec<String>) {
        let default = |flag: &Flag| {
            let values = match flag.default {
                "" => Vec::new(),
                default => vec![default.to_owned()],
            };
            Setting { flag: *flag, values, origin: Origin::Default }
        };
        let mut settings = Self { settings: flags.iter().map(default).collect() };
        let (typed, mut errors) = argv::read(args, flags);

        let from_environment = |flag: &Flag| variable(&flag.variable(exporter));
        let typed_file = typed.iter().rfind(|(flag, _)| flag.name == CONFIG_FILE);
        let file_flag = flags.iter().find(|flag| flag.name == CONFIG_FILE);
        let file = typed_file.map(|(_, path)| path.clone());
        if let Some(path) = file.or_else(|| file_flag.and_then(from_environment))
            && !path.is_empty()
        {
            settings.read_file(&path, flags, &mut errors);
        }
        for flag in flags.iter().filter(|flag| !flag.action) {
            if let Some(text) = from_environment(flag) {
                let several = flag.repeatable.then(|| text.split(',').map(str::to_owned).collect());
                let values = several.unwrap_or_else(|| vec![text]);
                settings.set(flag, values, Origin::Environment(flag.variable(exporter)));
            }
        }
        settings.take_typed(typed, exporter, &mut errors);
        settings.check_switches(&mut errors);
        (settings, errors)
    }

    fn read_file(&mut self, path: &str, flags: &[Flag], errors: &mut Vec<String>) {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => {
                errors.push(format!("--{CONFIG_FILE}: cannot read {path}: {error}"));
                return;
            }
        };
        let (entries, wrong) = file::read(&text, flags);
        for entry in entries {
            let origin = Origin::File { path: path.to_owned(), line: entry.line };
            self.set(&entry.flag, entry.values, origin);
        }
        errors.extend(wrong.iter().map(|(line, error)| format!("{path}:{line}: {error}")));
    }

    fn take_typed(&mut self, typed: Vec<(Flag, String)>, exporter: &str, errors: &mut Vec<String>) {
        for (flag, value) in typed {
            if flag.secret {
                let variable = flag.variable(exporter);
                errors.push(format!(
                    "--{}: every user of the host can read a command line; set {variable} in the \
                     environment, or {} in the file of --{CONFIG_FILE}",
                    flag.name, flag.name
                ));
                continue;
            }
            let known = self.settings.iter_mut().find(|known| known.flag == flag);
            match known {
                Some(known) if flag.repeatable && known.origin == Origin::CommandLine => {
                    known.values.push(value);
                }
                // Of a flag that is given twice the last one counts.
                _ => self.set(&flag, vec![value], Origin::CommandLine),
            }
        }
    }

    fn set(&mut self, flag: &Flag, values: Vec<String>, origin: Origin) {
        if let Some(setting) = self.settings.iter_mut().find(|setting| setting.flag == *flag) {
            setting.values = values;
            setting.origin = origin;
        }
    }

    fn check_switches(&mut self, errors: &mut Vec<String>) {
        for setting in self.settings.iter_mut().filter(|setting| setting.flag.is_switch()) {
            let text = setting.text();
            match boolean(text) {
                Some(on) => setting.values = vec![on.to_string()],
                None => errors.push(setting.error(format!("must be true or false, not {text:?}"))),
            }
        }
    }

    /// The value of a flag; empty where it has none.
    ///
    /// # Panics
    ///
    /// No flag has this name.
    pub fn text(&self, name: &str) -> &str {
        self.setting(name).text()
    }

    /// All values of a repeatable flag.
    ///
    /// # Panics
    ///
    /// No flag has this name.
    pub fn texts(&self, name: &str) -> &[String] {
        &self.setting(name).values
    }

    /// Whether a switch is on.
    ///
    /// # Panics
    ///
    /// No flag has this name.
    pub fn is_on(&self, name: &str) -> bool {
        self.text(name) == "true"
    }

    /// The value of a flag as a number or any other type that can be read from text.
    ///
    /// # Errors
    ///
    /// The text is no such value; the error names the flag and where its value came from.
    ///
    /// # Panics
    ///
    /// No flag has this name.
    pub fn parse<T>(&self, name: &str) -> Result<T, SettingError>
    where
        T: FromStr,
        T::Err: fmt::Display,
    {
        let setting = self.setting(name);
        setting.text().parse().map_err(|error: T::Err| {
            SettingError(setting.error(format!("{:?}: {error}", setting.shown())))
        })
    }

    /// The value of a flag as a time: `500ms`, `10s`, `1m 30s`, or seconds as a number.
    ///
    /// # Errors
    ///
    /// The text is no time; the error names the flag and where its value came from.
    ///
    /// # Panics
    ///
    /// No flag has this name.
    pub fn duration(&self, name: &str) -> Result<Duration, SettingError> {
        let setting = self.setting(name);
        let text = setting.text();
        let seconds = text.parse().ok().and_then(|number| Duration::try_from_secs_f64(number).ok());
        seconds.or_else(|| humantime::parse_duration(text).ok()).ok_or_else(|| {
            SettingError(setting.error(format!(
                "{:?} is no time; give one such as 500ms, 10s or 1m",
                setting.shown()
            )))
        })
    }

    /// An error about a flag's value that names the flag and where the value came from.
    ///
    /// # Panics
    ///
    /// No flag has this name.
    pub fn error(&self, name: &str, what: impl fmt::Display) -> SettingError {
        SettingError(self.setting(name).error(what.to_string()))
    }

    /// The effective settings as a settings file, with where each came from. Secrets are left out.
    pub(crate) fn to_toml(&self) -> String {
        let mut text = String::new();
        for setting in self.settings.iter().filter(|setting| !setting.flag.action) {
            let Setting { flag, values, origin } = setting;
            if flag.secret && !setting.text().is_empty() {
                // As a setting it would be another one.
                text.push_str(&format!("# {} = …  # not shown; {origin}\n", flag.name));
                continue;
            }
            let quote = |value: &String| toml_value(value, flag.is_switch());
            let value = match values.as_slice() {
                [] => "\"\"".to_owned(),
                [only] => quote(only),
                several => {
                    format!("[{}]", several.iter().map(quote).collect::<Vec<_>>().join(", "))
                }
            };
            // Not to be taken for a setting: the file cannot name itself.
            let comment = if flag.name == CONFIG_FILE { "# " } else { "" };
            text.push_str(&format!("{comment}{} = {value}  # {origin}\n", flag.name));
        }
        text
    }

    fn setting(&self, name: &str) -> &Setting {
        self.settings
            .iter()
            .find(|setting| setting.flag.name == name)
            .unwrap_or_else(|| unknown(name))
    }
}

#[allow(clippy::panic, reason = "a name in the program's own code is wrong")]
fn unknown(name: &str) -> ! {
    panic!("the exporter has no flag --{name}")
}

impl Setting {
    fn text(&self) -> &str {
        self.values.last().map_or("", String::as_str)
    }

    fn shown(&self) -> &str {
        if self.flag.secret { "…" } else { self.text() }
    }

    fn error(&self, what: String) -> String {
        let name = self.flag.name;
        match &self.origin {
            Origin::CommandLine | Origin::Default => format!("--{name}: {what}"),
            Origin::Environment(variable) => format!("{variable}: {what}"),
            Origin::File { path, line } => format!("{path}:{line}: {name}: {what}"),
        }
    }
}

/// What is wrong with the value of a switch that asks for something to be printed.
pub(crate) fn check_action(flag: &Flag, value: &str) -> Option<String> {
    let wrong = || format!("--{}: must be true or false, not {value:?}", flag.name);
    boolean(value).is_none().then(wrong)
}

/// The words that Go takes for a boolean.
pub(crate) fn boolean(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

fn toml_value(text: &str, is_switch: bool) -> String {
    // A number that the file would give back otherwise, such as 007, stays a text.
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
