//! The rules of `metrics.json`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::METRICS;
use super::origin::Origin;
use super::rules::{self, ANY_LENGTH, Keys, Need, Object};
use crate::names::{self, GROUP_TEXT_LIMIT};
use crate::problem::{Location, Problems};
use crate::texts::{list, sources, sources_v51 as texts};

/// Longest name of a metric or dimension, in characters.
pub const FIELD_NAME_LIMIT: usize = 50;

/// Longest description of a field, in characters.
pub(super) const FIELD_TEXT_LIMIT: usize = 15;

/// Checks the parsed document.
pub(super) fn check(tables: &Value, origin: Origin<'_>, problems: &mut Problems) {
    let Some(tables) = rules::filled_list(tables, Location::whole(METRICS), problems) else {
        return;
    };
    let mut seen = Seen::default();
    for (index, table) in tables.iter().enumerate() {
        let location = Location::new(METRICS, format!("[{index}]"));
        if let Some(table) = rules::object(table, location, problems) {
            check_table(index, table, origin, &mut seen, problems);
        }
    }
    seen.check(origin, problems);
}

/// The names found so far, with the tables that list them.
#[derive(Default)]
struct Seen<'v> {
    metrics: BTreeMap<&'v str, Vec<&'v str>>,
    dimensions: BTreeSet<&'v str>,
    /// Table names by lower-case form: storage ignores case.
    tables: BTreeMap<String, &'v str>,
}

fn check_table<'v>(
    index: usize,
    table: &'v Object,
    origin: Origin<'_>,
    seen: &mut Seen<'v>,
    problems: &mut Problems,
) {
    let position = format!("[{index}]");
    let label = name_of(table, "table_name").unwrap_or(&position);
    let mut keys = Keys { object: table, location: |key: &str| origin.table(label, key), problems };

    keys.text("table_name", Need::Filled, GROUP_TEXT_LIMIT);
    if let Some(found) = name_of(table, "table_name") {
        if let Some(rule) = names::identifier_rule(found) {
            keys.report("table_name", rule);
        }
        if let Some(first) = seen.tables.insert(found.to_lowercase(), found) {
            let rule =
                (texts::table_name_is_taken(found, first), texts::table_name_is_taken_advice());
            keys.report("table_name", rule);
        }
    }
    keys.text("table_desc", Need::Filled, GROUP_TEXT_LIMIT);

    let Some(fields) = table.get("fields").and_then(Value::as_array) else {
        let rule = (texts::table_without_fields(), texts::table_without_fields_advice());
        return keys.report("fields", rule);
    };
    let table_name = name_of(table, "table_name").unwrap_or("?");
    let mut dimensions = BTreeSet::new();
    let mut has_metric = false;
    for (index, field) in fields.iter().enumerate() {
        let position = format!("{label}.fields[{index}]");
        let place = Location::new(METRICS, &*position);
        let Some(field) = rules::object(field, place, keys.problems) else { continue };
        let is_dimension = check_field(&position, field, origin, keys.problems);
        has_metric |= !is_dimension;
        let Some(name) = name_of(field, "name") else { continue };
        if !is_dimension {
            seen.metrics.entry(name).or_default().push(table_name);
        } else if dimensions.insert(name) {
            seen.dimensions.insert(name);
        } else {
            let rule = (texts::dimension_is_listed_twice(label), sources::list_it_once());
            keys.problems.add(origin.dimension(name, "name"), rule);
        }
    }
    if !has_metric {
        let rule = (texts::table_without_metric(), texts::table_without_metric_advice());
        keys.report("fields", rule);
    }
}

/// Checks one field; returns whether it is a dimension.
fn check_field(
    position: &str,
    field: &Object,
    origin: Origin<'_>,
    problems: &mut Problems,
) -> bool {
    let label = name_of(field, "name").unwrap_or(position);
    let is_dimension = field.get("monitor_type").is_some_and(|value| value == "dimension");
    let location = |key: &str| {
        if is_dimension { origin.dimension(label, key) } else { origin.metric(label, key) }
    };
    let mut keys = Keys { object: field, location, problems };

    keys.one_of("monitor_type", &["metric", "dimension"]);
    let found = keys.one_of("type", &["long", "double", "string"]);
    if found == Some("string") && !is_dimension {
        let rule = (texts::metric_is_a_string(), texts::metric_is_a_string_advice());
        keys.report("type", rule);
    }

    keys.text("name", Need::Filled, FIELD_NAME_LIMIT);
    if let Some(name) = name_of(field, "name") {
        if let Some(rule) = names::identifier_rule(name) {
            keys.report("name", rule);
        }
        if is_dimension && names::is_reserved_label(name) {
            let rule = (sources::dimension_is_reserved(name), sources::rename_the_label());
            keys.report("name", rule);
        }
    }
    keys.text("unit", Need::Key, ANY_LENGTH);
    keys.text("description", Need::Filled, FIELD_TEXT_LIMIT);
    keys.optional_boolean("is_diff_metric");
    is_dimension
}

impl Seen<'_> {
    /// Checks the rules on names that involve all tables.
    fn check(&self, origin: Origin<'_>, problems: &mut Problems) {
        for (name, tables) in &self.metrics {
            if tables.len() > 1 {
                let rule = (
                    texts::metric_is_listed_often(tables.len(), &list(tables)),
                    sources::list_it_once(),
                );
                problems.add(origin.metric(name, "name"), rule);
            }
            if self.dimensions.contains(name) {
                let rule = (sources::name_is_metric_and_dimension(name), sources::rename_one());
                problems.add(origin.metric(name, "name"), rule);
            }
        }
    }
}

/// The name of an object, if it is not blank.
fn name_of<'v>(object: &'v Object, key: &str) -> Option<&'v str> {
    object.get(key).and_then(Value::as_str).filter(|name| !name.trim().is_empty())
}
