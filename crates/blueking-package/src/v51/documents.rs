//! The three JSON documents of a package as types: `info.json`, `metrics.json` and
//! `config_schema.json`. Keys are written in field order.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{CONFIG_SCHEMA, Entries, INFO, METRICS};
use crate::Error;
pub use crate::documents::MonitorType;
use crate::documents::{default_true, from_json, to_json};

/// The three documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Documents {
    /// `info.json`.
    pub info: Info,
    /// `metrics.json`.
    pub metrics: Vec<ResultTable>,
    /// `config_schema.json`.
    pub config_schema: Vec<StartParameter>,
}

/// `info.json`: the names of the component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Info {
    /// Unique name: at most 15 letters and digits.
    pub name: String,
    /// Display name, at most 128 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Supported versions, free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supported_version: Option<String>,
}

/// A table of `metrics.json`. BlueKing stores only listed metrics.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResultTable {
    /// Name: a letter followed by letters, digits and `_`; at most 15 characters.
    pub table_name: String,
    /// Display name, at most 15 characters.
    pub table_desc: String,
    /// Metrics and dimensions. Each dimension applies to every metric of the table.
    pub fields: Vec<Field>,
}

/// A metric or a dimension of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// Metric or dimension.
    pub monitor_type: MonitorType,
    /// Type of its values.
    #[serde(rename = "type")]
    pub value_type: FieldType,
    /// Name of the exposed sample or of the label; at most 50 characters.
    pub name: String,
    /// Unit symbol, free text; may be empty.
    pub unit: String,
    /// Display name, at most 15 characters.
    pub description: String,
    /// Whether BlueKing stores the difference to the last scrape instead of the value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_diff_metric: Option<bool>,
}

/// Type of a field's values. BlueKing stores every number as a double.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldType {
    /// A whole number.
    Long,
    /// A number.
    Double,
    /// A string; used for labels.
    String,
}

/// A start parameter of `config_schema.json`: a row of the form that an operator fills in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartParameter {
    /// Initial value.
    pub default: String,
    /// How the value reaches the exporter.
    pub mode: Mode,
    /// Kind of the form field.
    #[serde(rename = "type")]
    pub input: ParameterType,
    /// Flag or environment variable, at most 50 characters. Empty for a positional argument, which
    /// must be the first parameter.
    pub name: String,
    /// Text shown to operators, at most 50 characters.
    pub description: String,
    /// Whether the form shows the row; true by default.
    #[serde(default = "default_true")]
    pub visible: bool,
}

/// How a start parameter reaches the exporter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// On the command line.
    Cmd,
    /// As an environment variable.
    Env,
    /// Not at all: only BlueKing's collector uses it.
    Collector,
}

/// Kind of the form field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ParameterType {
    /// Single-line text.
    Text,
    /// Single-line text, masked.
    Password,
    /// A file to upload.
    File,
}

impl Documents {
    /// Reads the documents of an archive, for example to start the exporter like BlueKing.
    /// [`check`](crate::check) reports their problems in more detail.
    ///
    /// # Errors
    /// [`Error::MissingEntry`] and, with line and column, [`Error::Json`].
    pub fn from_entries(entries: &Entries) -> Result<Self, Error> {
        Ok(Self {
            info: from_entry(entries, INFO)?,
            metrics: from_entry(entries, METRICS)?,
            config_schema: from_entry(entries, CONFIG_SCHEMA)?,
        })
    }

    /// The documents as the entries of an archive: indented JSON in UTF-8 with a trailing line
    /// break. The same documents always produce the same bytes.
    pub fn to_entries(&self) -> Entries {
        Entries::from([
            (INFO.to_owned(), to_json(&self.info)),
            (METRICS.to_owned(), to_json(&self.metrics)),
            (CONFIG_SCHEMA.to_owned(), to_json(&self.config_schema)),
        ])
    }
}

fn from_entry<T: DeserializeOwned>(entries: &Entries, name: &'static str) -> Result<T, Error> {
    from_json(entries.get(name).ok_or(Error::MissingEntry { name })?, name)
}
