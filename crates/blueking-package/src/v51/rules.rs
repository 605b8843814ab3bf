//! Rules common to all keys of a JSON document: presence, type, and length of strings.

use serde_json::{Map, Value};

use crate::names;
use crate::problem::{Location, Problems, Violation, excerpt};

/// A JSON object.
pub(super) type Object = Map<String, Value>;

/// Whether a key and its value are required.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// The key must exist and must not be empty.
    Filled,
    /// The key must exist; its value may be empty.
    Key,
    /// The key is optional.
    Optional,
}

/// The string value of a key. Reports missing, empty or mistyped values, and those of more than
/// `limit` characters.
pub(super) fn text<'v>(
    object: &'v Object,
    key: &str,
    need: Need,
    limit: usize,
    location: Location,
    problems: &mut Problems,
) -> Option<&'v str> {
    match object.get(key) {
        None => {
            if need != Need::Optional {
                let advice = match need {
                    Need::Key => "add it, its value may be \"\"",
                    Need::Filled | Need::Optional => "add it",
                };
                problems
                    .add(location, Violation::new(format!("the key {key:?} is missing"), advice));
            }
            None
        }
        Some(Value::String(text)) => {
            if need == Need::Filled && text.trim().is_empty() {
                let rule = Violation::new("the text is empty", format!("add one{}", up_to(limit)));
                problems.add(location, rule);
            } else if let Some(rule) = names::length_rule(text, limit) {
                problems.add(location, rule);
            }
            Some(text)
        }
        Some(other) => {
            let rule =
                Violation::new(format!("the value {} is not a string", quote(other)), "use quotes");
            problems.add(location, rule);
            None
        }
    }
}

/// No length limit.
pub(super) const ANY_LENGTH: usize = usize::MAX;

fn up_to(limit: usize) -> String {
    if limit == ANY_LENGTH { String::new() } else { format!(" of at most {limit} characters") }
}

/// The value of a key, if it is one of `allowed`. Reports any other value.
pub(super) fn enum_value<'v>(
    object: &'v Object,
    key: &str,
    allowed: &[&str],
    location: Location,
    problems: &mut Problems,
) -> Option<&'v str> {
    let expected = allowed.join(", ");
    match object.get(key) {
        None => {
            problems.add(
                location,
                Violation::new(
                    format!("the key {key:?} is missing"),
                    format!("use one of {expected}"),
                ),
            );
            None
        }
        Some(Value::String(found)) if allowed.contains(&&**found) => Some(found),
        Some(other) => {
            let rule = Violation::new(
                format!("the value {} is unknown", quote(other)),
                format!("use one of {expected}"),
            );
            problems.add(location, rule);
            None
        }
    }
}

/// Reports an optional key that is not a boolean.
pub(super) fn optional_boolean(
    object: &Object,
    key: &str,
    location: Location,
    problems: &mut Problems,
) {
    if let Some(other) = object.get(key).filter(|value| !value.is_boolean()) {
        let rule = Violation::new(
            format!("the value {} is not true or false", quote(other)),
            "use one of them",
        );
        problems.add(location, rule);
    }
}

/// The value as an object. Reports any other type.
pub(super) fn object<'v>(
    value: &'v Value,
    location: Location,
    problems: &mut Problems,
) -> Option<&'v Object> {
    if !value.is_object() {
        problems.add(
            location,
            Violation::new("the value is not a JSON object", "write it as {\"key\": …}"),
        );
    }
    value.as_object()
}

/// The value as a non-empty list. Reports any other value.
pub(super) fn filled_list<'v>(
    value: &'v Value,
    location: Location,
    problems: &mut Problems,
) -> Option<&'v [Value]> {
    match value.as_array() {
        None => {
            problems
                .add(location, Violation::new("the value is not a JSON list", "write it as [ … ]"));
            None
        }
        Some(list) => {
            if list.is_empty() {
                problems.add(
                    location,
                    Violation::new("the list is empty", "it needs at least one element"),
                );
            }
            Some(list)
        }
    }
}

fn quote(value: &Value) -> String {
    excerpt(&value.to_string())
}
