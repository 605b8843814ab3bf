//! Shared by the rules on JSON documents: parsing like the servers, and typed access to keys.

use serde_json::{Map, Value};

use super::finding::{Consumer, Findings, Objection};
use super::rule::Rule;
use crate::problem::excerpt;
use crate::texts::check as texts;

/// A JSON object.
pub(super) type Object = Map<String, Value>;

/// Parses a document that must be a list. Otherwise reports the rule `broken`; `with_consequence`
/// adds to the reason what happens then.
pub(super) fn list(
    bytes: &[u8],
    path: &str,
    broken: &'static Rule,
    with_consequence: fn(&str) -> String,
    findings: &mut Findings,
) -> Option<Vec<Value>> {
    let reason = match (str::from_utf8(bytes), serde_json::from_slice(bytes)) {
        (_, Ok(Value::Array(list))) => return Some(list),
        (_, Ok(_)) => texts::file_is_not_a_list(),
        (Err(error), _) => texts::file_is_not_utf8(error.valid_up_to()),
        (Ok(_), Err(error)) => texts::file_is_not_json(&error.to_string()),
    };
    findings.add(broken, path, "", with_consequence(&reason), texts::use_a_json_list());
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

/// States the value of a key, or that the key is missing.
pub(super) fn value_of(object: &Object, key: &str) -> String {
    match object.get(key) {
        None => texts::key_is_missing(key),
        Some(value) => texts::value_is(key, &quote(value)),
    }
}

/// A value as quoted in a message.
pub(super) fn quote(value: &Value) -> String {
    excerpt(&value.to_string())
}
