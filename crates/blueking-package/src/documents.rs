//! What the JSON documents of both package formats have in common.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::Error;

/// Kind of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MonitorType {
    /// A value.
    Metric,
    /// A label.
    Dimension,
}

/// The default of keys that are true if they are missing.
pub(crate) const fn default_true() -> bool {
    true
}

/// Reads a document; `file` is the name used in errors.
pub(crate) fn from_json<T: DeserializeOwned>(bytes: &[u8], file: &str) -> Result<T, Error> {
    serde_json::from_slice(bytes).map_err(|reason| Error::Json { file: file.to_owned(), reason })
}

/// A document as indented JSON in UTF-8 with a trailing line break.
pub(crate) fn to_json(document: &impl Serialize) -> Vec<u8> {
    let mut json = serde_json::to_vec_pretty(document)
        .expect("structs of strings, booleans, JSON values and unit enums are serialisable");
    json.push(b'\n');
    json
}
