//! Shared by the rules on JSON documents: parsing like the servers, and typed access to keys.

use serde_json::{Map, Value};

use super::finding::{Consumer, Findings, Objection, Stage};
use super::json;
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
    let mut add = |reason: String, applies: &dyn Fn(&Objection) -> bool| {
        let advice = texts::use_a_json_list();
        let is_lost = |found: &Objection| found.stage == Stage::SilentlyDropped && applies(found);
        let is_lost = broken.objections.iter().any(is_lost);
        let message = if is_lost { with_consequence(&reason) } else { reason };
        findings.add_to(broken, applies, path, "", (message, advice));
    };
    let is_lost = |objection: &Objection| objection.stage != Stage::Save;
    let found = json::decode(bytes);
    let Some(text) = found else {
        let valid = str::from_utf8(bytes).err().map_or(0, |error| error.valid_up_to());
        add(texts::file_is_not_utf8(valid), &is_lost);
        return None;
    };
    let document = json::read(&text);
    let value = match document.value {
        Ok(value) => value,
        Err(reason) => {
            add(texts::file_is_not_json(&reason), &is_lost);
            return None;
        }
    };
    let Value::Array(list) = value else {
        // The old importer saves the value of config.json as it is; metrics.json must be a list.
        let is_saved = broken.objections.iter().any(|objection| objection.stage == Stage::Save);
        add(texts::file_is_not_a_list(), &|objection| {
            !is_saved || objection.stage != Stage::SilentlyDropped
        });
        return None;
    };
    if str::from_utf8(bytes).is_err() || text.starts_with('\u{feff}') {
        add(texts::file_is_not_plain_utf8(), &|objection| objection.consumer == Consumer::V2);
    }
    if document.has_surrogate {
        let has_save = broken.objections.iter().any(|objection| objection.stage == Stage::Save);
        add(texts::text_is_half_a_character(), &|objection| {
            objection.stage != Stage::SilentlyDropped || !has_save
        });
    }
    if document.has_nan && broken.objections.iter().any(|found| found.stage == Stage::Save) {
        add(texts::number_is_nan(), &|objection| objection.stage == Stage::Save);
    }
    Some(list)
}

/// The string value of a key, if it is not blank.
pub(super) fn filled<'v>(object: &'v Object, key: &str) -> Option<&'v str> {
    object.get(key).and_then(Value::as_str).filter(|text| !text.trim().is_empty())
}

/// Whether a consumer rejects the value as a string of 1 to `limit` characters: the old importer
/// rejects blank strings, the new one checks the length.
pub(super) fn objects_to_text(objection: &Objection, value: Option<&Value>, limit: usize) -> bool {
    // The old importer converts numbers to texts.
    if value.is_some_and(Value::is_number) {
        return objection.consumer == Consumer::V2;
    }
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
        other => other.as_f64().is_some_and(|number| number == 0.0 || number == 1.0),
    }
}

/// Whether a consumer rejects the value of a key as a text that may be missing or empty.
pub(super) fn objects_to_optional_text(objection: &Objection, value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::String(_)) => false,
        Some(Value::Number(_)) => objection.consumer == Consumer::V2,
        Some(_) => true,
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
