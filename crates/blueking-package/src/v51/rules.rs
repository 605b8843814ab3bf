//! Rules common to all keys of a JSON document: presence, type, and length of strings.

use serde_json::{Map, Value};

use crate::names;
use crate::problem::{Location, Problems, Violation, excerpt};
use crate::texts::{list, sources, sources_v51 as texts};

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
                    Need::Key => texts::key_may_be_empty(),
                    Need::Filled | Need::Optional => sources::add_it(),
                };
                problems.add(location, Violation::new(texts::key_is_missing(key), advice));
            }
            None
        }
        Some(Value::String(text)) => {
            if need == Need::Filled && text.trim().is_empty() {
                let advice = match limit {
                    ANY_LENGTH => sources::add_one(),
                    _ => sources::add_one_up_to(limit),
                };
                let rule = Violation::new(sources::text_is_empty(), advice);
                problems.add(location, rule);
            } else if let Some(rule) = names::length_rule(text, limit) {
                problems.add(location, rule);
            }
            Some(text)
        }
        Some(other) => {
            let rule = Violation::new(
                texts::value_is_not_a_string(&quote(other)),
                texts::value_is_not_a_string_advice(),
            );
            problems.add(location, rule);
            None
        }
    }
}

/// No length limit.
pub(super) const ANY_LENGTH: usize = usize::MAX;

/// The value of a key, if it is one of `allowed`. Reports any other value.
pub(super) fn enum_value<'v>(
    object: &'v Object,
    key: &str,
    allowed: &[&str],
    location: Location,
    problems: &mut Problems,
) -> Option<&'v str> {
    let expected = list(allowed);
    match object.get(key) {
        None => {
            problems.add(
                location,
                Violation::new(texts::key_is_missing(key), texts::use_one_of(&expected)),
            );
            None
        }
        Some(Value::String(found)) if allowed.contains(&&**found) => Some(found),
        Some(other) => {
            let rule = Violation::new(
                texts::value_is_unknown(&quote(other)),
                texts::use_one_of(&expected),
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
            texts::value_is_not_a_boolean(&quote(other)),
            texts::value_is_not_a_boolean_advice(),
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
            Violation::new(texts::value_is_not_an_object(), texts::value_is_not_an_object_advice()),
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
            problems.add(
                location,
                Violation::new(texts::value_is_not_a_list(), texts::value_is_not_a_list_advice()),
            );
            None
        }
        Some(list) => {
            if list.is_empty() {
                problems.add(
                    location,
                    Violation::new(texts::list_is_empty(), texts::list_is_empty_advice()),
                );
            }
            Some(list)
        }
    }
}

fn quote(value: &Value) -> String {
    excerpt(&value.to_string())
}
