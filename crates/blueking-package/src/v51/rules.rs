//! The rules that are the same for every key of a JSON document: is it there, has it the right
//! type, is the text filled in and short enough.

use serde_json::{Map, Value};

use crate::names;
use crate::problem::{Place, Problems, excerpt};

/// A JSON object.
pub(super) type Object = Map<String, Value>;

/// How much of a key's text is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// The key with a text in it.
    Filled,
    /// The key; its text may be empty.
    Key,
    /// Nothing; but if the key is there, it holds a text.
    Nothing,
}

/// The text of a key, if it is one. Reports a missing, empty or mistyped one, and one of more
/// than `limit` characters.
pub(super) fn text<'v>(
    object: &'v Object,
    key: &str,
    need: Need,
    limit: usize,
    place: Place,
    problems: &mut Problems,
) -> Option<&'v str> {
    match object.get(key) {
        None => {
            if need != Need::Nothing {
                let may_be = if need == Need::Key { "; its value may be \"\"" } else { "" };
                problems.add(place, format!("The key {key:?} is missing{may_be}; add it."));
            }
            None
        }
        Some(Value::String(text)) => {
            if need == Need::Filled && text.trim().is_empty() {
                let rule = format!("The text is empty; write one{}.", up_to(limit));
                problems.add(place, rule);
            } else if let Some(rule) = names::length_rule(text, limit) {
                problems.add(place, rule);
            }
            Some(text)
        }
        Some(other) => {
            let rule = format!("The value {} is not a text; write it in quotes.", shown(other));
            problems.add(place, rule);
            None
        }
    }
}

/// A text without a limit.
pub(super) const ANY_LENGTH: usize = usize::MAX;

fn up_to(limit: usize) -> String {
    if limit == ANY_LENGTH { String::new() } else { format!(" of at most {limit} characters") }
}

/// The word of a key, if it is one of `words`. Reports anything else.
pub(super) fn word<'v>(
    object: &'v Object,
    key: &str,
    words: &[&str],
    place: Place,
    problems: &mut Problems,
) -> Option<&'v str> {
    let choices = words.join(", ");
    match object.get(key) {
        None => {
            problems.add(place, format!("The key {key:?} is missing; give one of {choices}."));
            None
        }
        Some(Value::String(found)) if words.contains(&&**found) => Some(found),
        Some(other) => {
            let rule = format!("The value {} is unknown; give one of {choices}.", shown(other));
            problems.add(place, rule);
            None
        }
    }
}

/// Reports a key that is there and not a boolean.
pub(super) fn optional_boolean(object: &Object, key: &str, place: Place, problems: &mut Problems) {
    if let Some(other) = object.get(key).filter(|value| !value.is_boolean()) {
        let rule = format!("The value {} is not true or false; write one of them.", shown(other));
        problems.add(place, rule);
    }
}

/// The object that a value must be.
pub(super) fn object<'v>(
    value: &'v Value,
    place: Place,
    problems: &mut Problems,
) -> Option<&'v Object> {
    if !value.is_object() {
        problems.add(place, "The value is not a JSON object; write it as {\"key\": …}.");
    }
    value.as_object()
}

/// The list that a value must be, with at least one element.
pub(super) fn filled_list<'v>(
    value: &'v Value,
    place: Place,
    problems: &mut Problems,
) -> Option<&'v [Value]> {
    match value.as_array() {
        None => {
            problems.add(place, "The value is not a JSON list; write it as [ … ].");
            None
        }
        Some(list) => {
            if list.is_empty() {
                problems.add(place, "The list is empty; it needs at least one element.");
            }
            Some(list)
        }
    }
}

fn shown(value: &Value) -> String {
    excerpt(&value.to_string())
}
