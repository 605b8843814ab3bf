//! What the rules on JSON documents share: reading one as the servers do, and asking a key for a
//! value of the right type.

use serde_json::{Map, Value};

use super::finding::{Findings, Objection, Reader};
use super::rule::Rule;
use crate::problem::excerpt;

/// A JSON object.
pub(super) type Object = Map<String, Value>;

/// Reads a document that is a list. Reports by `broken` what is none, with what becomes of it then.
pub(super) fn list(
    bytes: &[u8],
    path: &str,
    broken: &'static Rule,
    consequence: &str,
    findings: &mut Findings,
) -> Option<Vec<Value>> {
    let reason = match (str::from_utf8(bytes), serde_json::from_slice(bytes)) {
        (_, Ok(Value::Array(list))) => return Some(list),
        (_, Ok(_)) => "the file is no JSON list".to_owned(),
        (Err(error), _) => format!("the file is not UTF-8 from byte {} on", error.valid_up_to()),
        (Ok(_), Err(error)) => format!("the file is not JSON: {error}"),
    };
    let message = format!("{reason}, and {consequence}");
    let advice = "write a JSON list, [ … ], in UTF-8 without a byte order mark";
    findings.add(broken, path, "", message, advice);
    None
}

/// The text of a key, if it is one that is not blank.
pub(super) fn filled<'v>(object: &'v Object, key: &str) -> Option<&'v str> {
    object.get(key).and_then(Value::as_str).filter(|text| !text.trim().is_empty())
}

/// Whether a reader objects to what is no text of 1 to `limit` characters: the old importer counts
/// blanks as nothing and the new one counts the characters.
pub(super) fn objects_to_text(one: &Objection, value: Option<&Value>, limit: usize) -> bool {
    let Some(text) = value.and_then(Value::as_str) else { return true };
    match one.reader {
        Reader::V2 => !(1..=limit).contains(&text.chars().count()),
        _ => text.trim().is_empty(),
    }
}

/// Whether the servers make a boolean of a value that is none.
pub(super) fn is_taken_for_boolean(value: &Value) -> bool {
    let words = ["0", "1", "f", "n", "no", "false", "off", "t", "y", "yes", "true", "on"];
    match value {
        Value::String(text) => words.iter().any(|word| word.eq_ignore_ascii_case(text)),
        other => *other == 0 || *other == 1,
    }
}

/// A value as a message quotes it; the word `missing` for none.
pub(super) fn shown(value: Option<&Value>) -> String {
    value.map_or("missing".to_owned(), |value| excerpt(&value.to_string()))
}
