//! The description that people keep of a package, `config/<exporter>/blueking.toml`: everything
//! about it that the exporter's own definitions do not say. Each fact is written once.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::Error;
use crate::definitions::{Definitions, MetricGroup};
use crate::names;
use crate::parameter::{Parameter, missing_flag};
use crate::problem::{Place, Problems};

/// The flag that sets where the exporter listens; its value comes from
/// [`PackageDescription::listen`].
pub(crate) const LISTEN_FLAG: &str = "--web.listen-address";

/// The flag that sets where the metrics are; its value comes from
/// [`PackageDescription::telemetry_path`].
pub(crate) const PATH_FLAG: &str = "--web.telemetry-path";

/// The flag that names the collectors that run.
const ENABLED_FLAG: &str = "--collectors.enabled";

/// A package as people describe it. Unknown keys are errors.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackageDescription {
    /// The file this was read from, as the caller named it; the `file` of its problems.
    #[serde(skip)]
    pub file: String,
    /// Unique id of the plugin on a BlueKing site, for example `host_exporter`.
    pub plugin_id: String,
    /// Name of the component in BlueKing 5.1, for example `hostexporter`: letters and digits.
    pub component_name: String,
    /// Name that operators see.
    pub display_name: String,
    /// Supported versions as free text for operators, BlueKing 5.1 alone; may be empty.
    #[serde(default)]
    pub supported_version: String,
    /// Version of the plugin on a BlueKing site, `x.y`. A third number, or a new binary under an
    /// old version, is not what a site sees: it goes by this alone.
    #[serde(default = "default_plugin_version")]
    pub plugin_version: String,
    /// What is new in this version, for operators of BlueKing 6 and 7; at most
    /// [`RELEASE_LIMIT`](crate::plugin::RELEASE_LIMIT) characters. `None` stands for the top of
    /// the change log.
    pub release: Option<String>,
    /// Id of the kind of object that is monitored, as BlueKing 6 and 7 know it: `os`,
    /// `component`, `service_module` and the like.
    #[serde(default = "default_label")]
    pub label: String,
    /// Free text by which operators find the plugin; may be empty.
    #[serde(default)]
    pub tag: String,
    /// Where the exporter listens and BlueKing scrapes it, as `host:port`.
    pub listen: String,
    /// Path of the metrics page.
    #[serde(default = "default_telemetry_path")]
    pub telemetry_path: String,
    /// The collectors that run, and whose metrics the package describes; without any, those that are
    /// on by default. They are the default of the parameter `--collectors.enabled`.
    #[serde(default)]
    pub collectors: Vec<String>,
    /// Patterns of metrics that the package leaves out on purpose. They win over groups.
    #[serde(default)]
    pub omit: Vec<String>,
    /// Patterns of metrics that only the package for BlueKing 5.1 leaves out, beyond those whose
    /// names are too long there.
    #[serde(default)]
    pub omit_in_51: Vec<String>,
    /// Chinese names of labels, by label name, in place of those that the exporter has for them.
    #[serde(default)]
    pub dimensions: BTreeMap<String, String>,
    /// Groups of metrics, `[[group]]`, in the order in which operators see them: before those of
    /// the exporter's definitions, which have the metrics that no group here picks.
    #[serde(default, rename = "group")]
    pub groups: Vec<Group>,
    /// Start parameters, `[[parameter]]`, beyond the listen address and the metrics path.
    #[serde(default, rename = "parameter")]
    pub parameters: Vec<Parameter>,
}

/// A group of metrics with the same labels: one result table.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Name of the table: a letter, then letters, digits and `_`.
    pub name: String,
    /// Name that operators see.
    pub description: String,
    /// Names of metrics, or patterns in which `*` stands for any run of characters.
    pub metrics: Vec<String>,
}

fn default_plugin_version() -> String {
    "1.1".to_owned()
}

fn default_label() -> String {
    "other_rt".to_owned()
}

fn default_telemetry_path() -> String {
    "/metrics".to_owned()
}

impl PackageDescription {
    /// Reads the TOML text of a description; `file` names it in the error and in problems.
    ///
    /// # Errors
    /// [`Error::Description`] with line and column: not TOML, a key missing, unknown or of the
    /// wrong type.
    pub fn parse(file: &str, text: &str) -> Result<Self, Error> {
        let parsed: Self = toml::from_str(text).map_err(|reason| Error::Description {
            file: file.to_owned(),
            reason: Box::new(reason),
        })?;
        let mut description = Self { file: file.to_owned(), ..parsed };
        for parameter in &mut description.parameters {
            if parameter.name() == ENABLED_FLAG && parameter.default.is_empty() {
                parameter.default = description.collectors.join(",");
            }
        }
        Ok(description)
    }

    /// What operators read of a label, if it has a name anywhere.
    pub(crate) fn label_name<'a>(
        &'a self,
        label: &str,
        definitions: &'a Definitions,
    ) -> Option<&'a str> {
        let of_exporter = || definitions.labels.get(label).filter(|name| !name.trim().is_empty());
        let name = self.dimensions.get(label).or_else(of_exporter).map(String::as_str);
        name.or(match label {
            "le" => Some("分桶上限"),
            "quantile" => Some("分位数"),
            _ => None,
        })
    }

    /// Checks what every package format asks for: the plugin id, the flags, the label
    /// names. Groups are checked by [`select`](crate::selection::select).
    pub(crate) fn check(&self, definitions: &Definitions, problems: &mut Problems) {
        for rule in names::plugin_id_rules(&self.plugin_id) {
            problems.add(self.place("plugin_id"), rule);
        }
        if self.display_name.trim().is_empty() {
            let rule = "The name is empty, and it is what operators see; write one.";
            problems.add(self.place("display_name"), rule);
        }
        self.check_flags(definitions, problems);
        for name in &self.collectors {
            if !definitions.collectors.iter().any(|collector| collector.name == *name) {
                let rule = format!(
                    "{} has no collector {name:?}; correct or remove it.",
                    definitions.name
                );
                problems.add(self.place("collectors"), rule);
            }
        }
        if !self.collectors.is_empty()
            && !self.parameters.iter().any(|it| it.name() == ENABLED_FLAG)
        {
            let rule = format!(
                "The list has no effect on what runs; add a [[parameter]] with flag = \"{ENABLED_FLAG}\"."
            );
            problems.add(self.place("collectors"), rule);
        }
        for label in self.dimensions.keys() {
            if !definitions.metrics.iter().any(|metric| metric.dimensions().contains(&&**label)) {
                let rule = format!(
                    "No metric of {} has the label {label:?}; remove the line.",
                    definitions.name
                );
                problems.add(self.place(&format!("dimensions.{label}")), rule);
            }
        }
    }

    fn check_flags(&self, definitions: &Definitions, problems: &mut Problems) {
        for (flag, key) in [(LISTEN_FLAG, "listen"), (PATH_FLAG, "telemetry_path")] {
            if let Some(rule) = missing_flag(flag, definitions) {
                problems.add(self.place(key), rule);
            }
        }
        for (index, parameter) in self.parameters.iter().enumerate() {
            parameter.check(index, definitions, self, problems);
        }
    }

    /// Whether a group of the definitions is packed: one of a collector that runs, or one about the
    /// exporter itself.
    pub(crate) fn packs(&self, group: &MetricGroup, definitions: &Definitions) -> bool {
        let is_collector = definitions.collectors.iter().any(|it| it.name == group.name);
        match self.collectors.is_empty() || !is_collector {
            true => group.enabled,
            false => self.collectors.contains(&group.name),
        }
    }

    /// The place of a key of this file.
    pub(crate) fn place(&self, field: &str) -> Place {
        Place::new(&self.file, field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parameter::Input;

    const HEAD: &str = "plugin_id = 'p'\ncomponent_name = 'p'\ndisplay_name = '池'\n";

    #[test]
    fn defaults_fill_what_is_not_written() {
        let text =
            format!("{HEAD}listen = '127.0.0.1:1'\n[[parameter]]\nflag = '--a'\ndescription = 'b'");
        let description = PackageDescription::parse("f.toml", &text).unwrap();
        assert_eq!(description.file, "f.toml");
        assert_eq!(description.telemetry_path, "/metrics");
        assert_eq!(description.plugin_version, "1.1");
        assert_eq!(description.label, "other_rt");
        assert_eq!(description.release, None);
        let parameter = &description.parameters[0];
        assert!(parameter.visible && parameter.default.is_empty());
        assert_eq!((parameter.name(), parameter.input), ("--a", Input::Text));
    }

    #[test]
    fn errors_name_file_line_and_key() {
        for (tail, line, expected) in [
            ("listen = 9601", 4, "invalid type"),
            ("lisen = ''", 4, "unknown field `lisen`"),
            ("file = ''", 4, "unknown field `file`"),
            ("listen = ''\n[[group]]\nnam = ''", 6, "unknown field `nam`"),
            ("listen = ''\n[[parameter]]\nmode = ''", 6, "unknown field `mode`"),
            ("listen = ''\n[[parameter]]\ntype = 'list'", 6, "unknown variant `list`"),
            ("listen = ''\nlisten = ''", 5, "duplicate key"),
            ("listen = 'a", 4, "invalid literal string"),
        ] {
            let error = PackageDescription::parse("f.toml", &format!("{HEAD}{tail}")).unwrap_err();
            let error = error.to_string();
            let place = format!("f.toml: TOML parse error at line {line}, column ");
            assert!(error.starts_with(&place) && error.contains(expected), "{error}");
        }
        let error = PackageDescription::parse("f.toml", HEAD).unwrap_err().to_string();
        assert!(error.contains("missing field `listen`"), "{error}");
    }
}
