//! A setting of the exporter that operators may change in the deployment form.

use serde::Deserialize;

use crate::definitions::Definitions;
use crate::description::Sources;
use crate::documents::default_true;
use crate::names;
use crate::problem::{Location, Problems, Violation};
use crate::texts::sources as texts;

/// A setting of the exporter that an operator may change when deploying it: a flag, an environment
/// variable, or a positional argument.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// The flag as typed, for example `--path.rootfs`. Empty if `env` or `argument` is set.
    #[serde(default)]
    pub flag: String,
    /// The environment variable, for example `POOL_EXPORTER_PASSWORD`.
    #[serde(default)]
    pub env: Option<String>,
    /// Display name of a positional argument.
    #[serde(default)]
    pub argument: Option<String>,
    /// Kind of the form field.
    #[serde(default, rename = "type")]
    pub input: Input,
    /// Initial value of the field; an empty value omits the flag. For a file, its name on the host.
    #[serde(default)]
    pub default: String,
    /// Default content of a file; only files have one.
    #[serde(default)]
    pub content: String,
    /// Text shown to operators.
    pub description: String,
    /// Whether the form shows the field.
    #[serde(default = "default_true")]
    pub visible: bool,
}

/// Kind of the form field of a [`Parameter`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Input {
    /// Single-line text.
    #[default]
    Text,
    /// Single-line text, masked.
    Password,
    /// `true` or `false`, for a flag that takes no value.
    Switch,
    /// A file that the site deploys with the exporter, whose path becomes the value. BlueKing 5.1
    /// does not document how the path is passed, so its form asks for a path on the host instead.
    File,
}

impl Parameter {
    /// The flag, the environment variable or the argument name.
    pub fn name(&self) -> &str {
        self.env.as_deref().or(self.argument.as_deref()).unwrap_or(&self.flag)
    }

    /// Checks the rules common to all package formats; `index` labels unnamed parameters.
    pub(crate) fn check(&self, index: usize, sources: Sources<'_>, problems: &mut Problems) {
        let Sources { description, definitions } = sources;
        let name = self.name();
        let label = if name.is_empty() { format!("[{index}]") } else { name.to_owned() };
        let location = |key: &str| description.location(&format!("parameter.{label}.{key}"));
        self.check_value(&location, problems);
        let key = match (&self.env, &self.argument) {
            (Some(_), _) => "env",
            (None, Some(_)) => "argument",
            (None, None) => "flag",
        };
        let others = [self.env.is_some(), self.argument.is_some(), !self.flag.is_empty()];
        if others.iter().filter(|is_given| **is_given).count() > 1 {
            let rule = (texts::parameter_of_two_kinds(), texts::parameter_of_two_kinds_advice());
            return problems.add(location(key), rule);
        }
        let rule = match key {
            "env" => names::variable_rule(name).or_else(|| self.switch_rule()),
            "argument" if definitions.arguments.is_empty() => {
                let message = texts::argument_is_not_taken(&definitions.name);
                Some((message, texts::argument_is_not_taken_advice()).into())
            }
            "argument" if name.trim().is_empty() => {
                Some(Violation::new(texts::argument_without_name(), texts::add_one()))
            }
            "argument" => self.switch_rule(),
            _ => self.flag_rule(sources),
        };
        problems.add_all(&location(key), rule);
    }

    fn check_value(&self, location: &dyn Fn(&str) -> Location, problems: &mut Problems) {
        let Self { input, default, content, .. } = self;
        if *input == Input::Switch && !["true", "false"].contains(&&**default) {
            let rule = (texts::switch_default(default), texts::switch_default_advice());
            problems.add(location("default"), rule);
        }
        if *input == Input::File {
            let is_allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
            if default.is_empty() || !default.chars().all(is_allowed) {
                let rule = (texts::file_default(default), texts::file_default_advice());
                problems.add(location("default"), rule);
            }
            if content.is_empty() {
                let rule = (texts::file_without_content(), texts::file_without_content_advice());
                problems.add(location("content"), rule);
            }
        } else if !content.is_empty() {
            problems.add(location("content"), (texts::content_without_file(), texts::remove_it()));
        }
    }

    fn switch_rule(&self) -> Option<Violation> {
        let is_switch = self.input == Input::Switch;
        is_switch.then(|| {
            Violation::new(texts::switch_is_not_a_flag(), texts::switch_is_not_a_flag_advice())
        })
    }

    fn flag_rule(&self, sources: Sources<'_>) -> Option<Violation> {
        let flag = &self.flag;
        if sources.description.is_standard(flag) {
            Some((texts::flag_is_generated(), texts::flag_is_generated_advice()).into())
        } else if !flag.starts_with('-') {
            Some((texts::flag_without_dash(flag), texts::flag_without_dash_advice()).into())
        } else {
            missing_flag(flag, sources.definitions)
        }
    }
}

/// The problem text for a flag that the exporter does not have; `None` if it has it.
pub(crate) fn missing_flag(flag: &str, definitions: &Definitions) -> Option<Violation> {
    (!definitions.has_flag(flag)).then(|| {
        (texts::flag_is_unknown(&definitions.name, flag), texts::flag_is_unknown_advice()).into()
    })
}
