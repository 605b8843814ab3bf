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

/// No length limit.
pub(super) const ANY_LENGTH: usize = usize::MAX;

/// The keys of an object, whose problems are reported at `location`.
pub(super) struct Keys<'v, 'p, L> {
    pub(super) object: &'v Object,
    pub(super) location: L,
    pub(super) problems: &'p mut Problems,
}

impl<'v, L: Fn(&str) -> Location> Keys<'v, '_, L> {
    /// Reports a problem of a key.
    pub(super) fn report(&mut self, key: &str, violation: impl Into<Violation>) {
        self.problems.add((self.location)(key), violation);
    }

    /// The string value of a key. Reports missing, empty or mistyped values, and those of more than
    /// `limit` characters.
    pub(super) fn text(&mut self, key: &str, need: Need, limit: usize) -> Option<&'v str> {
        match self.object.get(key) {
            None if need == Need::Optional => {}
            None => {
                let is_filled = need == Need::Filled;
                let advice = if is_filled { sources::add_it() } else { texts::key_may_be_empty() };
                self.report(key, (texts::key_is_missing(key), advice));
            }
            Some(Value::String(text)) => {
                if need == Need::Filled && text.trim().is_empty() {
                    let advice = match limit {
                        ANY_LENGTH => sources::add_one(),
                        _ => sources::add_one_up_to(limit),
                    };
                    self.report(key, (sources::text_is_empty(), advice));
                } else if let Some(rule) = names::length_rule(text, limit) {
                    self.report(key, rule);
                }
                return Some(text);
            }
            Some(other) => {
                let message = texts::value_is_not_a_string(&quote(other));
                self.report(key, (message, texts::value_is_not_a_string_advice()));
            }
        }
        None
    }

    /// The value of a key, if it is one of `allowed`. Reports any other value.
    pub(super) fn one_of(&mut self, key: &str, allowed: &[&str]) -> Option<&'v str> {
        let message = match self.object.get(key) {
            None => texts::key_is_missing(key),
            Some(Value::String(found)) if allowed.contains(&&**found) => return Some(found),
            Some(other) => texts::value_is_unknown(&quote(other)),
        };
        self.report(key, (message, texts::use_one_of(&list(allowed))));
        None
    }

    /// Reports an optional key that is not a boolean.
    pub(super) fn optional_boolean(&mut self, key: &str) {
        if let Some(other) = self.object.get(key).filter(|value| !value.is_boolean()) {
            let message = texts::value_is_not_a_boolean(&quote(other));
            self.report(key, (message, texts::value_is_not_a_boolean_advice()));
        }
    }
}

/// The value as an object. Reports any other type.
pub(super) fn object<'v>(
    value: &'v Value,
    location: Location,
    problems: &mut Problems,
) -> Option<&'v Object> {
    if !value.is_object() {
        let rule = (texts::value_is_not_an_object(), texts::value_is_not_an_object_advice());
        problems.add(location, rule);
    }
    value.as_object()
}

/// The value as a list that is not empty. Reports any other value.
pub(super) fn filled_list<'v>(
    value: &'v Value,
    location: Location,
    problems: &mut Problems,
) -> Option<&'v [Value]> {
    let list = value.as_array();
    if list.is_none() {
        problems.add(location, (texts::value_is_not_a_list(), texts::value_is_not_a_list_advice()));
    } else if list.is_some_and(Vec::is_empty) {
        problems.add(location, (texts::list_is_empty(), texts::list_is_empty_advice()));
    }
    list.map(Vec::as_slice)
}

fn quote(value: &Value) -> String {
    excerpt(&value.to_string())
}
