//! Checks each key of a field of `metrics.json`.

use serde_json::Value;

use super::{
    Document, METRICS_DESCRIPTION, METRICS_FIELD_NAME, METRICS_MONITOR_TYPE, METRICS_OPTIONAL,
    METRICS_TYPE, METRICS_TYPE_MISFIT, METRICS_UNIT, NAME_LIMIT, NEW_KEYS,
};
use crate::check::documents::{Object, filled, is_taken_for_boolean, objects_to_text, value_of};
use crate::check::finding::{Consumer, Objection};
use crate::check::rule::Rule;
use crate::check::words;
use crate::texts::{check as shared, check_metrics as texts};

/// Checks the keys of a field; `place` is its path.
pub(super) fn check(field: &Object, place: &str, document: &mut Document<'_, '_>) {
    let key = |key: &str| format!("{place}.{key}");
    for name in field.iter().filter(|(_, value)| value.is_null()).map(|(name, _)| name) {
        document.null_value(name, &key(name));
    }
    let mut report = |rule: &'static Rule, name: &str, advice: String| {
        // One mistake is one finding: nulls are already reported.
        let value = field.get(name);
        if !value.is_some_and(Value::is_null) {
            let message = value_of(field, name);
            let applies = |objection: &Objection| objects(rule, objection, name, value);
            document.violation(rule, applies, &key(name), (message, advice));
        }
    };
    if filled(field, "name").is_none_or(|name| name.chars().count() > NAME_LIMIT) {
        report(&METRICS_FIELD_NAME, "name", texts::field_name_advice());
    }
    let kind = field.get("monitor_type").and_then(Value::as_str);
    if !matches!(kind, Some("metric" | "dimension")) {
        report(&METRICS_MONITOR_TYPE, "monitor_type", texts::monitor_type_advice());
    }
    match (field.get("type").and_then(Value::as_str), kind) {
        (Some("string"), Some("metric")) => {
            report(&METRICS_TYPE_MISFIT, "type", texts::metric_type_advice());
        }
        (Some("double" | "int"), Some("dimension")) => {
            report(&METRICS_TYPE_MISFIT, "type", texts::dimension_type_advice());
        }
        (Some("string" | "double" | "int"), _) => {}
        _ => report(&METRICS_TYPE, "type", texts::type_advice()),
    }
    if !field.get("description").is_some_and(Value::is_string) {
        report(&METRICS_DESCRIPTION, "description", shared::use_string());
    }
    if let Some(unit) = field.get("unit") {
        if !unit.is_string() {
            report(&METRICS_OPTIONAL, "unit", texts::unit_type_advice());
        } else if !unit.as_str().is_some_and(|unit| unit.is_empty() || words::is_unit(unit)) {
            report(&METRICS_UNIT, "unit", texts::unit_advice());
        }
    }
    check_optional(field, &mut report);
}

fn check_optional(field: &Object, report: &mut impl FnMut(&'static Rule, &str, String)) {
    let value_of = |name: &str| field.get(name);
    for name in ["is_diff_metric", "is_active", "is_manual"] {
        if value_of(name).is_some_and(|value| !value.is_boolean()) {
            report(&METRICS_OPTIONAL, name, shared::use_boolean());
        }
    }
    if value_of("conversion").is_some() && filled(field, "conversion").is_none() {
        report(&METRICS_OPTIONAL, "conversion", texts::filled_string_advice());
    }
    if value_of("source_name").is_some_and(|value| !value.is_string()) {
        report(&METRICS_OPTIONAL, "source_name", texts::string_advice());
    }
    if value_of("dimensions").is_some_and(|value| !value.is_array()) {
        report(&METRICS_OPTIONAL, "dimensions", texts::list_advice());
    }
}

/// Whether a consumer objects to this value of a field's key.
fn objects(rule: &Rule, objection: &Objection, key: &str, value: Option<&Value>) -> bool {
    // The new importer has defaults for all keys but two.
    let is_read =
        NEW_KEYS.contains(&key) && (value.is_some() || ["name", "monitor_type"].contains(&key));
    let reads = objection.consumer != Consumer::V2 || is_read;
    // The old importer converts numbers to strings; both accept words such as yes as booleans.
    let takes = value.is_some_and(|value| match key {
        "unit" | "description" | "source_name" | "conversion" => {
            objection.consumer == Consumer::V1 && value.is_number()
        }
        "is_diff_metric" | "is_active" | "is_manual" => is_taken_for_boolean(value),
        _ => false,
    });
    let is_name = rule.id == METRICS_FIELD_NAME.id;
    reads && !takes && (!is_name || objects_to_text(objection, value, NAME_LIMIT))
}
