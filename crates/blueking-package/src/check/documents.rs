//! What the rules on JSON documents share: reading one as the servers do, and asking a key for a
//! value of the right type.

use serde_json::{Map, Value};

use super::finding::Findings;
use super::rule::Rule;
use crate::problem::excerpt;

/// A JSON object.
pub(super) type Object = Map<String, Value>;

/// Reads a document that is a list. Reports by `broken` what is none.
pub(super) fn list(
    bytes: &[u8],
    path: &str,
    broken: &'static Rule,
    findings: &mut Findings,
) -> Option<Vec<Value>> {
    let advice = "write a JSON list, [ … ], in UTF-8 without a byte order mark";
    match serde_json::from_slice(bytes) {
        Ok(Value::Array(list)) => Some(list),
        Ok(_) => {
            findings.add(broken, path, "", "the file is no JSON list", advice);
            None
        }
        // What is not UTF-8 is reported with the other files of info.
        Err(_) if str::from_utf8(bytes).is_err() => None,
        Err(error) => {
            findings.add(broken, path, "", format!("the file is not JSON: {error}"), advice);
            None
        }
    }
}

/// The text of a key, if it is one that is not blank.
pub(super) fn filled<'v>(object: &'v Object, key: &str) -> Option<&'v str> {
    object.get(key).and_then(Value::as_str).filter(|text| !text.trim().is_empty())
}

/// A value as a message quotes it; the word `missing` for none.
pub(super) fn shown(value: Option<&Value>) -> String {
    value.map_or("missing".to_owned(), |value| excerpt(&value.to_string()))
}
