//! Shared by the rules on JSON documents: parsing like the servers, and typed access to keys.

use serde_json::{Map, Value};

use super::finding::{Consumer, Findings, Objection};
use super::rule::Rule;
use crate::problem::excerpt;

/// A JSON object.
pub(super) type Object = Map<String, Value>;

/// Parses a document that must be a list. Otherwise reports the rule `broken` with the consequence.
pub(super) fn list(
    bytes: &[u8],
    path: &str,
    broken: &'static Rule,
    consequence: &str,
    findings: &mut Findings,
) -> Option<Vec<Value>> {
    let reason = match (str::from_utf8(bytes), serde_json::from_slice(bytes)) {
        (_, Ok(Value::Array(list))) => return Some(list),
        (_, Ok(_)) => "the file is not a JSON list".to_owned(),
        (Err(error), _) => format!("the file is not UTF-8 from byte {} on", error.valid_up_to()),
        (Ok(_), Err(error)) => format!("the file is not JSON: {error}"),
    };
    let message = format!("{reason}, and {consequence}");
    let advice = "use a JSON list, [ … ], in UTF-8 without a byte order mark";
    findings.add(broken, path, "", message, advice);
    None
}

/// The string value of a key, if it is not blank.
pub(super) fn filled<'v>(object: &'v Object, key: &str) -> Option<&'v str> {
    object.get(key).and_then(Value::as_str).filter(|text| !text.trim().is_empty())
}

/// Whether a consumer rejects the value as a string of 1 to `limit` characters: the old importer
/// rejects blank strings, the new one checks the length.
pub(super) fn objects_to_text(objection: &Objection, value: Option<&Value>, limit: usize) -> bool {
    let Some(text) = value.and_then(Value::as_str) else { return true };
    match objection.consumer {
        Consumer::V2 => !(1..=limit).contains(&text.chars().count()),
        _ => text.trim().is_empty(),
    }
}

/// Whether the servers convert a value of another type to a boolean.
pub(super) fn is_taken_for_boolean(value: &Value) -> bool {
    let booleans = ["0", "1", "f", "n", "no", "false", "off", "t", "y", "yes", "true", "on"];
    match value {
        Value::String(text) => booleans.iter().any(|boolean| boolean.eq_ignore_ascii_case(text)),
        other => *other == 0 || *other == 1,
    }
}

/// A value as quoted in a message; `missing` for `None`.
pub(super) fn quote(value: Option<&Value>) -> String {
    value.map_or("missing".to_owned(), |value| excerpt(&value.to_string()))
}
