//! A field of `metrics.json`: its keys, each on its own.

use serde_json::Value;

use super::{
    METRICS_DESCRIPTION, METRICS_FIELD_NAME, METRICS_MONITOR_TYPE, METRICS_OPTIONAL, METRICS_TYPE,
    METRICS_TYPE_MISFIT, METRICS_UNIT, NAME_LIMIT, NEW_KEYS, misformed, null,
};
use crate::check::documents::{Object, filled, is_taken_for_boolean, objects_to_text, shown};
use crate::check::finding::{Findings, Objection, Reader};
use crate::check::rule::Rule;
use crate::check::words;

/// Checks the keys of a field; `place` is what the field is called.
pub(super) fn check(field: &Object, place: &str, path: &str, findings: &mut Findings) {
    let key = |key: &str| format!("{place}.{key}");
    for name in field.iter().filter(|(_, value)| value.is_null()).map(|(name, _)| name) {
        null(name, path, &key(name), findings);
    }
    let mut wrong = |rule: &'static Rule, name: &str, advice: &str| {
        // One mistake is one finding: a null is reported already.
        let value = field.get(name);
        if !value.is_some_and(Value::is_null) {
            let message = format!("the value of {name:?} is {}", shown(value));
            let applies = |one: &Objection| objects(rule, one, name, value);
            misformed(rule, applies, path, &key(name), &message, advice, findings);
        }
    };
    if filled(field, "name").is_none_or(|name| name.chars().count() > NAME_LIMIT) {
        wrong(&METRICS_FIELD_NAME, "name", "write a name of 1 to 255 characters");
    }
    let kind = field.get("monitor_type").and_then(Value::as_str);
    if !matches!(kind, Some("metric" | "dimension")) {
        wrong(&METRICS_MONITOR_TYPE, "monitor_type", "write metric or dimension");
    }
    match (field.get("type").and_then(Value::as_str), kind) {
        (Some("string"), Some("metric")) => {
            wrong(&METRICS_TYPE_MISFIT, "type", "write double: a metric is a number");
        }
        (Some("double" | "int"), Some("dimension")) => {
            wrong(&METRICS_TYPE_MISFIT, "type", "write string: a label is a text");
        }
        (Some("string" | "double" | "int"), _) => {}
        _ => wrong(
            &METRICS_TYPE,
            "type",
            "write string, double or int; long and float are not known here",
        ),
    }
    if !field.get("description").is_some_and(Value::is_string) {
        wrong(&METRICS_DESCRIPTION, "description", "write a text; it may be empty");
    }
    if let Some(unit) = field.get("unit") {
        if !unit.is_string() {
            wrong(&METRICS_OPTIONAL, "unit", "write the id of a unit, such as percent");
        } else if !unit.as_str().is_some_and(|unit| unit.is_empty() || words::is_unit(unit)) {
            wrong(
                &METRICS_UNIT,
                "unit",
                "use an id that the page offers, such as percent, bytes, s",
            );
        }
    }
    check_optional(field, &mut wrong);
}

fn check_optional(field: &Object, wrong: &mut impl FnMut(&'static Rule, &str, &str)) {
    let there = |name: &str| field.get(name);
    for name in ["is_diff_metric", "is_active", "is_manual"] {
        if there(name).is_some_and(|value| !value.is_boolean()) {
            wrong(&METRICS_OPTIONAL, name, "write true or false, or leave it out");
        }
    }
    if there("conversion").is_some() && filled(field, "conversion").is_none() {
        wrong(&METRICS_OPTIONAL, "conversion", "write a text that is not empty, or leave it out");
    }
    if there("source_name").is_some_and(|value| !value.is_string()) {
        wrong(&METRICS_OPTIONAL, "source_name", "write a text, or leave it out");
    }
    if there("dimensions").is_some_and(|value| !value.is_array()) {
        wrong(&METRICS_OPTIONAL, "dimensions", "write a list, or leave it out");
    }
}

/// Whether a reader objects to this value of a field's key.
fn objects(rule: &Rule, one: &Objection, key: &str, value: Option<&Value>) -> bool {
    let reads = one.reader != Reader::V2 || NEW_KEYS.contains(&key);
    // The old importer makes a text of a number; both take words such as yes for booleans.
    let takes = value.is_some_and(|value| match key {
        "unit" | "description" | "source_name" | "conversion" => {
            one.reader == Reader::V1 && value.is_number()
        }
        "is_diff_metric" | "is_active" | "is_manual" => is_taken_for_boolean(value),
        _ => false,
    });
    let is_name = rule.id == METRICS_FIELD_NAME.id;
    reads && !takes && (!is_name || objects_to_text(one, value, NAME_LIMIT))
}
