//! The documents of a plugin package as types. JSON documents are read and written; keys are
//! written in field order.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{CONFIG, METRICS, Member};
pub use crate::documents::MonitorType;
use crate::documents::{default_true, from_json};
use crate::texts::sources_plugin as texts;
use crate::{Error, Violation};

/// The documents of a plugin, identical for every system.
#[derive(Clone, Debug, PartialEq)]
pub struct Documents {
    /// The plugin's names and kind.
    pub meta: Meta,
    /// The version that a site compares.
    pub version: Version,
    /// The rows of the form, `info/config.json`.
    pub config: Vec<ConfigItem>,
    /// The groups of metrics, `info/metrics.json`.
    pub metrics: Vec<MetricGroup>,
}

/// Names and kind, `info/meta.yaml`. The plugin type is always `Exporter`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meta {
    /// Name of the folders, the executable and the process: at most 30 letters, digits and `_`.
    pub plugin_id: String,
    /// Display name, at most 64 characters.
    pub display_name: String,
    /// Id of the kind of monitored object, such as `os` or `component`.
    pub label: String,
    /// Free text for searching plugins; may be empty.
    pub tag: String,
}

/// Version of a plugin, `x.y`: x changes with binaries and parameters, y with texts and metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// The first number.
    pub config: u32,
    /// The second number.
    pub info: u32,
}

/// A row of the form that an operator fills in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConfigItem {
    /// Flag, environment variable or, for [`Mode::Collector`], the variable name in other rows.
    pub name: String,
    /// How the value reaches the exporter.
    pub mode: Mode,
    /// Kind of the form field.
    #[serde(rename = "type")]
    pub input: ItemType,
    /// Initial value, any JSON value; generated rows have strings.
    pub default: Value,
    /// Text shown to operators.
    pub description: String,
    /// Whether the form shows the row.
    #[serde(default = "default_true")]
    pub visible: bool,
    /// Default content of a file, until an operator uploads another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_base64: Option<String>,
}

/// How the value of a row reaches the exporter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Only as `${name}` in other rows, and in the scrape address.
    Collector,
    /// As a flag and its value.
    OptCmd,
    /// As a positional argument.
    PosCmd,
    /// As an environment variable.
    Env,
    /// Not at all: it becomes a label of all scraped metrics.
    DmsInsert,
}

/// Kind of the form field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are those of BlueKing, which documents no more")]
pub enum ItemType {
    Text,
    Password,
    Switch,
    File,
    Encrypt,
    Host,
    Service,
    Code,
    List,
    Custom,
}

/// A group of metrics, displayed as a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetricGroup {
    /// Name: a letter followed by letters, digits and `_`.
    pub table_name: String,
    /// Display name.
    #[serde(default)]
    pub table_desc: String,
    /// Patterns of metrics that a site adds to the group although the package does not list them.
    #[serde(default)]
    pub rule_list: Vec<String>,
    /// The same patterns, under the key that newer sites read.
    #[serde(default)]
    pub rules: Vec<String>,
    /// Metrics and dimensions.
    #[serde(default)]
    pub fields: Vec<Field>,
}

/// A metric or a dimension of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// Name of the exposed sample or of the label.
    pub name: String,
    /// Metric or dimension.
    pub monitor_type: MonitorType,
    /// Type of its values.
    #[serde(rename = "type")]
    pub value_type: FieldType,
    /// Id of the unit; BlueKing treats an unknown one as `none`.
    #[serde(default)]
    pub unit: String,
    /// Display name.
    #[serde(default)]
    pub description: String,
    /// Whether a site stores the difference to the last scrape instead of the value.
    #[serde(default)]
    pub is_diff_metric: bool,
    /// Whether a site stores the field.
    #[serde(default = "default_true")]
    pub is_active: bool,
    /// Name under which it is scraped, if different.
    #[serde(default)]
    pub source_name: String,
}

/// Type of a field's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldType {
    /// A number.
    Double,
    /// A whole number; stored as a double.
    Int,
    /// A string; used for labels.
    String,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.config, self.info)
    }
}

impl FromStr for Version {
    type Err = Violation;

    /// Parses `x.y`. The error is that of a [`Problem`](crate::Problem).
    fn from_str(text: &str) -> Result<Self, Violation> {
        let number = |part: &str| {
            let is_plain = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            part.parse().ok().filter(|&number: &u32| is_plain && number <= 999_999)
        };
        let parts = text.split_once('.');
        match parts.and_then(|(config, info)| Some((number(config)?, number(info)?))) {
            Some((config, info)) => Ok(Self { config, info }),
            None => {
                Err(Violation::new(texts::version_format(text), texts::version_format_advice()))
            }
        }
    }
}

impl ConfigItem {
    /// The default content of a file row; `None` for other rows.
    ///
    /// # Errors
    /// A sentence if the content is not Base64.
    pub fn file(&self) -> Result<Option<Vec<u8>>, String> {
        let text = self.file_base64.as_ref().filter(|_| self.input == ItemType::File);
        let decode = |text: &String| {
            BASE64_STANDARD
                .decode(text)
                .map_err(|reason| texts::file_is_not_base64(&self.name, &reason.to_string()))
        };
        text.map(decode).transpose()
    }

    /// The default as BlueKing writes it to a command line; empty for `null`.
    pub fn default_text(&self) -> String {
        match &self.default {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }
    }
}

/// Reads the form from the members of an archive.
///
/// # Errors
/// [`Error::MissingEntry`] and, with line and column, [`Error::Json`].
pub fn read_config(members: &[Member]) -> Result<Vec<ConfigItem>, Error> {
    read_json(members, CONFIG)
}

/// Reads the groups of metrics from the members of an archive.
///
/// # Errors
/// See [`read_config`].
pub fn read_metrics(members: &[Member]) -> Result<Vec<MetricGroup>, Error> {
    read_json(members, METRICS)
}

/// The document of the first system; in a valid package those of other systems are identical.
fn read_json<T: DeserializeOwned>(members: &[Member], name: &'static str) -> Result<T, Error> {
    let is_document = |member: &&Member| member.path.splitn(3, '/').nth(2) == Some(name);
    let member = members.iter().find(is_document).ok_or(Error::MissingEntry { name })?;
    from_json(&member.bytes, &member.path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_two_numbers() {
        for text in ["1.1", "0.0", "999999.10"] {
            assert_eq!(text.parse::<Version>().map(|version| version.to_string()), Ok(text.into()));
        }
        for text in ["", "1", "1.", ".1", "1.1.0", "1.1000000", "+1.1", "1.x", "1. 1"] {
            assert!(text.parse::<Version>().is_err(), "{text}");
        }
        assert!("1.10".parse::<Version>().unwrap() > "1.9".parse().unwrap());
    }

    #[test]
    fn missing_keys_have_defaults() {
        let member = |path: &str, json: &str| Member {
            path: format!("external_plugins_linux_x86_64/p/{path}"),
            mode: 0o644,
            bytes: json.as_bytes().to_vec(),
        };
        let members = [
            member(
                CONFIG,
                r#"[{"name":"n","mode":"dms_insert","type":"host","default":null,"description":"","key":"k"}]"#,
            ),
            member(
                METRICS,
                r#"[{"table_name":"t","fields":[{"name":"x","monitor_type":"metric","type":"int"}]}]"#,
            ),
        ];
        let config = read_config(&members).unwrap();
        assert!(config[0].visible && config[0].default_text().is_empty());
        let metrics = read_metrics(&members).unwrap();
        assert!(metrics[0].fields[0].is_active && metrics[0].rule_list.is_empty());
        let error = read_metrics(&members[..1]).unwrap_err().to_string();
        assert_eq!(error, "the archive has no info/metrics.json");
        let error = read_config(&[member(CONFIG, "[\n{}]")]).unwrap_err().to_string();
        assert!(error.contains("p/info/config.json: missing field"), "{error}");
    }
}
