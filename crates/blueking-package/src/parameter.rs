//! A setting of the exporter that operators may change in the form, as people describe it.

use serde::Deserialize;

use crate::definitions::Definitions;
use crate::description::{LISTEN_FLAG, PATH_FLAG, PackageDescription};
use crate::names;
use crate::problem::Problems;

/// A setting of the exporter that an operator may change when deploying it: a flag, an environment
/// variable, or an argument without a name.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// The flag as typed, for example `--path.rootfs`. Empty where one of the other two is given.
    #[serde(default)]
    pub flag: String,
    /// The environment variable, for example `POOL_EXPORTER_PASSWORD`.
    #[serde(default)]
    pub env: Option<String>,
    /// What operators call an argument that is passed by itself, without a flag before it.
    #[serde(default)]
    pub argument: Option<String>,
    /// What the form asks for.
    #[serde(default, rename = "type")]
    pub input: Input,
    /// Value that the form starts with; empty leaves the flag out. Of a file, its name on hosts.
    #[serde(default)]
    pub default: String,
    /// What a file holds that nobody has changed; nothing else has one.
    #[serde(default)]
    pub content: String,
    /// Text that operators see.
    pub description: String,
    /// Whether the form shows it.
    #[serde(default = "shown")]
    pub visible: bool,
}

/// What the form of a [`Parameter`] asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Input {
    /// A line of text.
    #[default]
    Text,
    /// A line of text that is not shown.
    Password,
    /// On or off, `true` or `false`: for a flag that takes no value.
    Switch,
    /// A file that a site puts beside the exporter, which is told its path. BlueKing 5.1 does not
    /// say how it would tell it, so there the form asks for a path on the host.
    File,
}

const fn shown() -> bool {
    true
}

impl Parameter {
    /// The flag, the environment variable or the name of the argument.
    pub fn name(&self) -> &str {
        self.env.as_deref().or(self.argument.as_deref()).unwrap_or(&self.flag)
    }

    /// Checks what every package format asks for; `index` tells apart those without a name.
    pub(crate) fn check(
        &self,
        index: usize,
        definitions: &Definitions,
        description: &PackageDescription,
        problems: &mut Problems,
    ) {
        let name = self.name();
        let label = if name.is_empty() { format!("[{index}]") } else { name.to_owned() };
        let place = |key: &str| description.place(&format!("parameter.{label}.{key}"));
        self.check_value(&place, problems);
        let key = match (&self.env, &self.argument) {
            (Some(_), _) => "env",
            (None, Some(_)) => "argument",
            (None, None) => "flag",
        };
        let others = [self.env.is_some(), self.argument.is_some(), !self.flag.is_empty()];
        if others.iter().filter(|is_given| **is_given).count() > 1 {
            let rule = "A parameter is a flag, a variable or an argument; leave one of them.";
            return problems.add(place(key), rule);
        }
        let rule = match key {
            "env" => names::variable_rule(name).or_else(|| self.is_no_switch()),
            "argument" if definitions.arguments.is_empty() => Some(format!(
                "{} takes no arguments beside flags; add it to the exporter, or make it a flag.",
                definitions.name
            )),
            "argument" if name.trim().is_empty() => {
                Some("The argument has no name for operators; write one.".to_owned())
            }
            "argument" => self.is_no_switch(),
            _ => self.flag_rule(definitions),
        };
        if let Some(rule) = rule {
            problems.add(place(key), rule);
        }
    }

    fn check_value(&self, place: &dyn Fn(&str) -> crate::problem::Place, problems: &mut Problems) {
        let Self { input, default, content, .. } = self;
        if *input == Input::Switch && !["true", "false"].contains(&&**default) {
            let rule =
                format!("The default of a switch is {default:?}; write \"true\" or \"false\".");
            problems.add(place("default"), rule);
        }
        if *input == Input::File {
            let is_sound = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
            if default.is_empty() || !default.chars().all(is_sound) {
                let rule = format!(
                    "The default of a file is {default:?}; write the name that it has on hosts, of \
                     letters, digits, '.', '_' and '-'."
                );
                problems.add(place("default"), rule);
            }
            if content.is_empty() {
                let rule = "The file is empty, and a site refuses the form then; write what it \
                            holds until somebody changes it.";
                problems.add(place("content"), rule);
            }
        } else if !content.is_empty() {
            problems.add(place("content"), "Only a file has a content; remove it.");
        }
    }

    fn is_no_switch(&self) -> Option<String> {
        let is_switch = self.input == Input::Switch;
        is_switch.then(|| "Only a flag can be a switch; give another type.".to_owned())
    }

    fn flag_rule(&self, definitions: &Definitions) -> Option<String> {
        let flag = &self.flag;
        if is_standard(flag) {
            let rule =
                "The flag is already made from `listen` or `telemetry_path`; remove it here.";
            Some(rule.to_owned())
        } else if !flag.starts_with("--") {
            Some(format!(r#"The flag {flag:?} does not start with "--"; write it so."#))
        } else {
            missing_flag(flag, definitions)
        }
    }
}

/// That an exporter has no such flag, if it has none.
pub(crate) fn missing_flag(flag: &str, definitions: &Definitions) -> Option<String> {
    (!definitions.has_flag(flag)).then(|| {
        format!(
            "{} has no flag {flag:?}; correct the name, or add the flag to the exporter.",
            definitions.name
        )
    })
}

/// Whether a flag is one of the two that every package sets by itself.
pub(crate) fn is_standard(flag: &str) -> bool {
    [LISTEN_FLAG, PATH_FLAG]
        .iter()
        .any(|standard| flag.trim_start_matches('-') == standard.trim_start_matches('-'))
}
