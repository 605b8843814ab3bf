//! The hand-written description of a package, `config/<exporter>/blueking.toml`: everything that
//! the exporter's definitions do not provide. Each fact is stated once.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::Error;
use crate::definitions::{Definitions, Metric, MetricGroup, Unit};
use crate::documents::default_true;
use crate::names;
use crate::parameter::{Parameter, missing_flag};
use crate::problem::{Location, Problems};
use crate::texts::sources as texts;

/// The flag that sets the listen address, unless the description names another; its value comes
/// from [`PackageDescription::listen`].
pub(crate) const LISTEN_FLAG: &str = "--web.listen-address";

/// The flag that sets the metrics path, unless the description names another; its value comes from
/// [`PackageDescription::telemetry_path`].
pub(crate) const PATH_FLAG: &str = "--web.telemetry-path";

/// The flag that lists the enabled collectors.
const ENABLED_FLAG: &str = "--collectors.enabled";

/// The description of a package. Unknown keys are errors.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackageDescription {
    /// The file that this was read from, as the caller named it; the `file` of its problems.
    #[serde(skip)]
    pub file: String,
    /// Unique id of the plugin on a BlueKing site, for example `host_exporter`.
    pub plugin_id: String,
    /// Name of the component in BlueKing 5.1, letters and digits, for example `hostexporter`.
    pub component_name: String,
    /// Display name.
    pub display_name: String,
    /// Supported versions as free text, for BlueKing 5.1 only; may be empty.
    #[serde(default)]
    pub supported_version: String,
    /// Version of the plugin on a BlueKing site, `x.y`. The site compares nothing else: it ignores
    /// a third number, and a new binary under an old version goes unnoticed.
    #[serde(default = "default_plugin_version")]
    pub plugin_version: String,
    /// Release notes of this version for BlueKing 6 and 7; at most
    /// [`RELEASE_LIMIT`](crate::plugin::RELEASE_LIMIT) characters. `None` uses the newest section
    /// of the change log.
    pub release: Option<String>,
    /// Id of the kind of monitored object in BlueKing 6 and 7: `os`, `component`, `service_module`
    /// and the like.
    #[serde(default = "default_label")]
    pub label: String,
    /// Free text for searching plugins; may be empty.
    #[serde(default)]
    pub tag: String,
    /// The address that the exporter listens on and BlueKing scrapes, as `host:port`.
    pub listen: String,
    /// The flag that sets the listen address. Empty if [`Self::listen_env`] does.
    #[serde(default = "default_listen_flag")]
    pub listen_flag: String,
    /// The environment variable that sets the listen address, for exporters without a flag for it.
    #[serde(default)]
    pub listen_env: String,
    /// The value of that flag or variable, with `${host}` and `${port}`.
    #[serde(default = "default_listen_value")]
    pub listen_value: String,
    /// Path of the metrics page.
    #[serde(default = "default_telemetry_path")]
    pub telemetry_path: String,
    /// The flag that sets the path of the metrics page. Empty if the exporter has none.
    #[serde(default = "default_path_flag")]
    pub path_flag: String,
    /// Whether a switch also takes a value, `--flag true`, which BlueKing 5.1 needs. Otherwise its
    /// form is without switches.
    #[serde(default = "default_true")]
    pub switch_takes_value: bool,
    /// The enabled collectors, whose metrics the package describes. An empty list means the
    /// collectors that are enabled by default. The list is the default of the parameter
    /// `--collectors.enabled`.
    #[serde(default)]
    pub collectors: Vec<String>,
    /// Patterns of metrics to omit. They take precedence over groups.
    #[serde(default)]
    pub omit: Vec<String>,
    /// Patterns of metrics to omit from the package for BlueKing 5.1 only, in addition to metrics
    /// whose names are too long for it.
    #[serde(default)]
    pub omit_in_51: Vec<String>,
    /// Chinese names of labels, by label name; they override those of the exporter.
    #[serde(default)]
    pub dimensions: BTreeMap<String, String>,
    /// Groups of metrics, `[[group]]`, in display order. They precede the groups of the exporter's
    /// definitions, which receive the metrics that no group here selects.
    #[serde(default, rename = "group")]
    pub groups: Vec<Group>,
    /// Start parameters, `[[parameter]]`, in addition to the listen address and the metrics path.
    #[serde(default, rename = "parameter")]
    pub parameters: Vec<Parameter>,
}

/// What a package is generated from: a description, and the definitions of the exporter.
#[derive(Clone, Copy)]
pub(crate) struct Sources<'a> {
    pub(crate) description: &'a PackageDescription,
    pub(crate) definitions: &'a Definitions,
}

/// A group of metrics with the same labels: one result table.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Name of the table: a letter followed by letters, digits and `_`.
    pub name: String,
    /// Display name.
    pub description: String,
    /// Names of metrics, or patterns in which `*` matches any sequence of characters.
    pub metrics: Vec<String>,
}

fn default_plugin_version() -> String {
    "1.1".to_owned()
}

fn default_label() -> String {
    "other_rt".to_owned()
}

fn default_listen_flag() -> String {
    LISTEN_FLAG.to_owned()
}

fn default_listen_value() -> String {
    "${host}:${port}".to_owned()
}

fn default_path_flag() -> String {
    PATH_FLAG.to_owned()
}

fn default_telemetry_path() -> String {
    "/metrics".to_owned()
}

impl PackageDescription {
    /// Reads the TOML text of a description; `file` is the name used in errors and problems.
    ///
    /// # Errors
    /// [`Error::Description`] with line and column for invalid TOML, and for a missing, unknown or
    /// mistyped key.
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

    /// The flag or the variable that sets the listen address.
    pub(crate) fn listen_name(&self) -> &str {
        if self.listen_flag.is_empty() { &self.listen_env } else { &self.listen_flag }
    }

    /// Whether a flag is one of the two that every package sets automatically.
    pub(crate) fn is_standard(&self, flag: &str) -> bool {
        [&self.listen_flag, &self.path_flag].iter().any(|standard| {
            !standard.is_empty() && flag.trim_start_matches('-') == standard.trim_start_matches('-')
        })
    }

    /// The location of a key in this file.
    pub(crate) fn location(&self, field: &str) -> Location {
        Location::new(&self.file, field)
    }
}

impl<'a> Sources<'a> {
    /// The Chinese name of a label, if it has one.
    pub(crate) fn label_name(self, label: &str) -> Option<&'a str> {
        let Self { description, definitions } = self;
        let exporter_name = || definitions.labels.get(label).filter(|name| !name.trim().is_empty());
        let name = description.dimensions.get(label).or_else(exporter_name).map(String::as_str);
        name.or(match label {
            "le" => Some("分桶上限"),
            "quantile" => Some("分位数"),
            _ => None,
        })
    }

    /// Checks that the unit of a metric is known.
    pub(crate) fn check_unit(self, metric: &Metric, problems: &mut Problems) {
        if Unit::from_name(&metric.unit).is_none() {
            let rule = (texts::unit_is_unknown(&metric.unit), texts::unit_is_unknown_advice());
            problems.add(self.definitions.place(&format!("{}.unit", metric.name)), rule);
        }
    }

    /// Checks the rules common to all package formats: the plugin id, the flags, the label names.
    /// [`select`](crate::selection::select) checks the groups.
    pub(crate) fn check(self, problems: &mut Problems) {
        let Self { description, definitions } = self;
        let rules = names::plugin_id_rules(&description.plugin_id);
        problems.add_all(&description.location("plugin_id"), rules);
        if description.display_name.trim().is_empty() {
            let rule = (texts::name_is_empty(), texts::add_one());
            problems.add(description.location("display_name"), rule);
        }
        self.check_flags(problems);
        for name in &description.collectors {
            if !definitions.collectors.iter().any(|collector| collector.name == *name) {
                let rule = (
                    texts::collector_is_unknown(&definitions.name, name),
                    texts::correct_or_remove_it(),
                );
                problems.add(description.location("collectors"), rule);
            }
        }
        if !description.collectors.is_empty()
            && !description.parameters.iter().any(|parameter| parameter.name() == ENABLED_FLAG)
        {
            let rule = (
                texts::collectors_without_flag(),
                texts::collectors_without_flag_advice(ENABLED_FLAG),
            );
            problems.add(description.location("collectors"), rule);
        }
        for label in description.dimensions.keys() {
            if !definitions.metrics.iter().any(|metric| metric.dimensions().contains(&&**label)) {
                let rule = (
                    texts::label_is_unused(&definitions.name, label),
                    texts::label_is_unused_advice(),
                );
                problems.add(description.location(&format!("dimensions.{label}")), rule);
            }
        }
    }

    fn check_flags(self, problems: &mut Problems) {
        let Self { description, definitions } = self;
        for (flag, key) in
            [(&description.listen_flag, "listen"), (&description.path_flag, "telemetry_path")]
        {
            let rule = missing_flag(flag, definitions).filter(|_| !flag.is_empty());
            problems.add_all(&description.location(key), rule);
        }
        if description.listen_flag.is_empty() == description.listen_env.is_empty() {
            let rule = (texts::listen_flag_or_variable(), texts::listen_flag_or_variable_advice());
            problems.add(description.location("listen_flag"), rule);
        }
        if !description.listen_value.contains("${port}") {
            let rule = (texts::listen_value_without_port(), texts::add_it());
            problems.add(description.location("listen_value"), rule);
        }
        for (index, parameter) in description.parameters.iter().enumerate() {
            parameter.check(index, self, problems);
        }
    }

    /// Whether a group of the definitions is packaged: that of an enabled collector, or one about
    /// the exporter itself.
    pub(crate) fn packs(self, group: &MetricGroup) -> bool {
        let Self { description, definitions } = self;
        let is_collector =
            definitions.collectors.iter().any(|collector| collector.name == group.name);
        match description.collectors.is_empty() || !is_collector {
            true => group.enabled,
            false => description.collectors.contains(&group.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parameter::Input;

    const HEAD: &str = "plugin_id = 'p'\ncomponent_name = 'p'\ndisplay_name = '池'\n";

    #[test]
    fn missing_keys_have_defaults() {
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
            let location = format!("f.toml: TOML parse error at line {line}, column ");
            assert!(error.starts_with(&location) && error.contains(expected), "{error}");
        }
        let error = PackageDescription::parse("f.toml", HEAD).unwrap_err().to_string();
        assert!(error.contains("missing field `listen`"), "{error}");
    }
}
