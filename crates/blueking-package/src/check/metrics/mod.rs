//! `info/metrics.json`. After a single violation of its schema, the old importer drops the whole
//! file; it logs this on the server but does not show it on the page.

mod field;
mod rules;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::documents::{self, Object, filled, objects_to_text, quote, value_of};
use super::finding::{Consumer, Findings, Objection, Severity, Stage, Wording};
use super::layout::Plugin;
use super::rule::{Rule, rules};
use super::words;
use crate::names;
use crate::texts::{check as shared, check_metrics as texts, list, sources};

rules! {
    /// The file exists. Without it the import ends in an internal server error.
    METRICS_MISSING = "metrics-missing": Error,
        Import [V1 says "HTTP 500 KeyError: 'metrics.json'"] => texts::metrics_are_missing_advice;
    /// The file is a JSON list. The new importer rejects anything else; the old one treats it as an
    /// empty list, like a file that violates one of the schema rules below.
    METRICS_JSON = "metrics-json": Error, Import [V2], SilentlyDropped [V1];
    /// Each group is an object, and its `fields` are a list of objects.
    METRICS_FORM = "metrics-form": Error, Import [V2], SilentlyDropped [V1];
    /// No value is null. The new importer rejects null only for keys that it reads.
    METRICS_NULL = "metrics-null": Error, Import [V2], SilentlyDropped [V1]
        => texts::value_is_null_advice;
    /// A group's `table_name` is a letter followed by letters, digits and `_`. The new importer
    /// requires 1 to 255 characters, the old one removes blanks at the ends.
    METRICS_TABLE_NAME = "metrics-table-name": Error, Import [V2], SilentlyDropped [V1]
        => sources::name_pattern_advice;
    /// A group's `table_name` is not a reserved word of the storage.
    METRICS_TABLE_RESERVED = "metrics-table-reserved": Error, Save [V1]
        => shared::choose_another_name;
    /// Group names are unique, ignoring case.
    METRICS_TABLE_DUPLICATE = "metrics-table-duplicate": Error, Save [V1]
        => texts::table_name_is_repeated_advice;
    /// A group's `table_desc` is present and not blank. The new importer does not require it.
    METRICS_TABLE_DESC = "metrics-table-desc": Error, Import [V2], SilentlyDropped [V1]
        => texts::table_desc_advice;
    /// A group has fields: empty groups are dropped, except group_default.
    METRICS_TABLE_EMPTY = "metrics-table-empty": Warning, SilentlyDropped [V1]
        => texts::group_is_empty_advice;
    /// `rule_list`, read by the old importer, and `rules`, read by the new one, are lists of
    /// strings. The old importer converts numbers.
    METRICS_RULE_LIST = "metrics-rule-list": Error, Import [V2], SilentlyDropped [V1]
        => texts::rules_are_not_strings_advice;
    /// The rules of a group with fields that are not manual are regular expressions, and each matches
    /// a field. The page does not test this when it saves.
    METRICS_RULES = "metrics-rules": Error, Save [V1] => texts::rule_is_unusable_advice;
    /// No text contains a NUL character.
    METRICS_NUL = "metrics-nul": Error, SilentlyDropped [V1] => sources::remove_it;
    /// A field's `name` is present and not blank, and has at most 255 characters for the new
    /// importer.
    METRICS_FIELD_NAME = "metrics-field-name": Error, Import [V2], SilentlyDropped [V1];
    /// A field's name is a letter followed by letters, digits and `_`: the pages rename other
    /// fields.
    METRICS_FIELD_PATTERN = "metrics-field-pattern": Warning, Save [Ui]
        => sources::name_pattern_advice;
    /// `monitor_type` is metric or dimension.
    METRICS_MONITOR_TYPE = "metrics-monitor-type": Error, Import [V2], SilentlyDropped [V1];
    /// `type` is string, double or int.
    METRICS_TYPE = "metrics-type": Error, Import [V2], SilentlyDropped [V1];
    /// A metric has the type double or int, a dimension the type string.
    METRICS_TYPE_MISFIT = "metrics-type-misfit": Warning;
    /// The key `description` is present; its value is a string, which may be empty. The new
    /// importer does not require it, the old one converts a number.
    METRICS_DESCRIPTION = "metrics-description": Error, Import [V2], SilentlyDropped [V1];
    /// `unit` is the id of a unit that the pages support; any other becomes none.
    METRICS_UNIT = "metrics-unit": Warning, SilentlyDropped [V1];
    /// Optional keys have the type that the servers validate.
    METRICS_OPTIONAL = "metrics-optional": Error, Import [V2], SilentlyDropped [V1];
    /// A metric is in exactly one group.
    METRICS_DUPLICATE = "metrics-duplicate": Error, Save [V1] => sources::list_it_once;
    /// A group lists each dimension once.
    METRICS_DIMENSION_TWICE = "metrics-dimension-twice": Warning => sources::list_it_once;
    /// No name is both a metric and a dimension, even in different groups. Saving checks the groups
    /// up to that of the dimension; debugging the plugin fails for any clash.
    METRICS_CLASH = "metrics-clash": Error,
        Save [V1], Run [V1 #3310001 says "插件模块错误：指标维度存在重名"]
        => texts::name_is_metric_and_dimension_advice;
    /// The file lists at most 2000 metrics.
    METRICS_COUNT = "metrics-count": Error,
        Save [Ui #3310021 says "设置指标数量超过2000，请删减非必要指标"] => texts::too_many_metrics_advice;
    /// No dimension has the name of a label that the agent sets.
    METRICS_RESERVED_LABEL = "metrics-reserved-label": Warning, SilentlyDropped [Host]
        => texts::label_is_overwritten_advice;
    /// No name is a reserved word of the query language or a column of the storage.
    METRICS_RESERVED_WORD = "metrics-reserved-word": Warning, Save [Ui] => texts::rename_it;
    /// The group of a histogram's `_bucket` metric has the dimension `le`.
    METRICS_LE = "metrics-le": Warning, SilentlyDropped [V1] => texts::le_is_missing_advice;
}

/// Keys of a group and of a field that the new importer reads.
const NEW_KEYS: [&str; 12] = [
    "description",
    "table_name",
    "table_desc",
    "fields",
    "rules",
    "name",
    "type",
    "monitor_type",
    "unit",
    "is_active",
    "is_diff_metric",
    "source_name",
];

const MAX_METRICS: usize = 2000;
const NAME_LIMIT: usize = 255;

pub(super) fn check(plugin: &Plugin<'_>, findings: &mut Findings) {
    if plugin.missing("info/metrics.json").len() == plugin.folders.len() {
        let path = plugin.folders[0].file("info/metrics.json");
        findings.add(&METRICS_MISSING, &path, "", shared::file_is_missing_everywhere());
    }
    for (path, bytes) in plugin.distinct("info/metrics.json") {
        let consequence = texts::file_is_dropped;
        let list = documents::list(bytes, &path, &METRICS_JSON, consequence, findings);
        let Some(list) = list else { continue };
        let mut document = Document { path: &path, findings, names: Names::default() };
        for text in list.iter().filter_map(find_nul) {
            document.violation(&METRICS_NUL, |_| true, "", texts::text_has_nul(text));
        }
        for (index, group) in list.iter().enumerate() {
            let place = format!("[{index}]");
            if let Some(group) = group.as_object() {
                document.check_group(&place, group);
            } else {
                let message = texts::group_is_not_an_object();
                let advice = texts::group_is_not_an_object_advice();
                document.violation(&METRICS_FORM, |_| true, &place, (message, advice));
            }
        }
        document.check_names();
    }
}

/// A document while it is checked.
struct Document<'v, 'f> {
    path: &'f str,
    findings: &'f mut Findings,
    names: Names<'v>,
}

/// The names found so far.
#[derive(Default)]
struct Names<'v> {
    /// Lower-case table names.
    tables: BTreeSet<String>,
    /// Each metric with the groups that list it.
    metrics: BTreeMap<&'v str, Vec<String>>,
    dimensions: BTreeSet<&'v str>,
    /// Dimensions that are also a metric of the same group or an earlier one.
    known_clashes: BTreeSet<&'v str>,
}

impl<'v> Document<'v, '_> {
    fn check_group(&mut self, position: &str, group: &'v Object) {
        let table = filled(group, "table_name");
        let label = table.unwrap_or(position);
        let field = |key: &str| format!("{label}.{key}");
        self.check_table_name(group, &field("table_name"));
        if filled(group, "table_desc").is_none() && !is_null(group, "table_desc") {
            let message = value_of(group, "table_desc");
            let value = group.get("table_desc");
            let applies = |objection: &Objection| match value {
                None => objection.consumer == Consumer::V1,
                // Blanks are a text for both.
                Some(Value::String(text)) => objection.consumer == Consumer::V1 && text.is_empty(),
                Some(Value::Number(_)) => objection.consumer == Consumer::V2,
                Some(_) => true,
            };
            let place = field("table_desc");
            self.violation(&METRICS_TABLE_DESC, applies, &place, message);
        }
        let is_list_of_texts =
            |value: &Value| value.as_array().is_some_and(|list| list.iter().all(Value::is_string));
        for key in ["rule_list", "rules"] {
            let value = group.get(key).filter(|value| !value.is_null() && !is_list_of_texts(value));
            if let Some(value) = value {
                let message = texts::rules_are_not_strings(&quote(value));
                let reader = if key == "rules" { Consumer::V2 } else { Consumer::V1 };
                let is_taken = reader == Consumer::V1
                    && value.as_array().is_some_and(|list| {
                        list.iter().all(|rule| rule.is_string() || rule.is_number())
                    });
                let applies = |objection: &Objection| objection.consumer == reader && !is_taken;
                self.violation(&METRICS_RULE_LIST, applies, &field(key), message);
            }
        }
        for key in group.iter().filter(|(_, value)| value.is_null()).map(|(key, _)| key) {
            self.null_value(key, &field(key));
        }
        let Some(fields) = group.get("fields").and_then(Value::as_array) else {
            if !is_null(group, "fields") {
                let wording =
                    (texts::fields_are_not_a_list(), texts::fields_are_not_a_list_advice());
                let place = field("fields");
                // For the new importer, the list is empty if the key is missing.
                let is_missing = !group.contains_key("fields");
                let applies =
                    |objection: &Objection| objection.consumer == Consumer::V1 || !is_missing;
                self.violation(&METRICS_FORM, applies, &place, wording);
            }
            return;
        };
        if fields.is_empty() && table != Some("group_default") {
            self.add(&METRICS_TABLE_EMPTY, &field("fields"), texts::group_is_empty());
        }
        self.check_fields(label, fields);
        if let Some(rule) = rules::unusable(group, fields) {
            self.add(&METRICS_RULES, &field("rule_list"), texts::rule_is_unusable(&rule));
        }
    }

    fn check_table_name(&mut self, group: &Object, field: &str) {
        if is_null(group, "table_name") {
            return;
        }
        let table = filled(group, "table_name");
        let Some(table) = table.filter(|table| names::identifier_rule(table).is_none()) else {
            let message = value_of(group, "table_name");
            let value = group.get("table_name");
            let is_trimmed = value
                .and_then(Value::as_str)
                .is_some_and(|name| names::identifier_rule(name.trim()).is_none());
            let applies = |objection: &Objection| match objection.consumer {
                Consumer::V1 => !is_trimmed,
                _ => objects_to_text(objection, value, NAME_LIMIT),
            };
            self.violation(&METRICS_TABLE_NAME, applies, field, message);
            return;
        };
        if words::is_reserved_table(table) {
            self.add(&METRICS_TABLE_RESERVED, field, texts::table_name_is_reserved(table));
        }
        if !self.names.tables.insert(table.to_lowercase()) {
            self.add(&METRICS_TABLE_DUPLICATE, field, texts::table_name_is_repeated(table));
        }
    }

    fn check_fields(&mut self, label: &str, fields: &'v [Value]) {
        let mut dimensions = BTreeSet::new();
        let mut buckets = None;
        for (index, field) in fields.iter().enumerate() {
            let position = format!("{label}.fields[{index}]");
            let Some(field) = field.as_object() else {
                let wording = (texts::field_is_not_an_object(), shared::write_as_object());
                self.violation(&METRICS_FORM, |_| true, &position, wording);
                continue;
            };
            let name = filled(field, "name");
            let place = name.map_or(position, |name| format!("{label}.{name}"));
            field::check(field, &place, self);
            let is_dimension = field.get("monitor_type").is_some_and(|kind| kind == "dimension");
            let Some(name) = name else { continue };
            self.check_words(name, is_dimension, &place);
            if !is_dimension {
                self.names.metrics.entry(name).or_default().push(label.to_owned());
                if name.ends_with("_bucket") {
                    buckets = buckets.or(Some(place));
                }
            } else if dimensions.insert(name) {
                self.names.dimensions.insert(name);
            } else {
                let message = texts::dimension_is_listed_twice(name);
                self.add(&METRICS_DIMENSION_TWICE, &place, message);
            }
        }
        let known = dimensions.iter().filter(|name| self.names.metrics.contains_key(**name));
        self.names.known_clashes.extend(known);
        if let Some(place) = buckets.filter(|_| !dimensions.contains("le")) {
            self.add(&METRICS_LE, &place, texts::le_is_missing());
        }
    }

    fn check_words(&mut self, name: &str, is_dimension: bool, place: &str) {
        let field = format!("{place}.name");
        if names::identifier_rule(name).is_some() {
            self.add(&METRICS_FIELD_PATTERN, &field, texts::page_renames(name));
        }
        if is_dimension && names::is_reserved_label(name) {
            self.add(&METRICS_RESERVED_LABEL, &field, texts::label_is_overwritten(name));
        } else if words::is_reserved_field(name) {
            self.add(&METRICS_RESERVED_WORD, &field, texts::name_is_reserved(name));
        }
    }

    /// Checks the rules on names that involve all groups.
    fn check_names(&mut self) {
        let Self { path, findings, names } = self;
        if names.metrics.len() > MAX_METRICS {
            findings.add(&METRICS_COUNT, path, "", texts::too_many_metrics(names.metrics.len()));
        }
        for (name, groups) in &names.metrics {
            if groups.len() > 1 {
                let mut different = groups.clone();
                different.dedup();
                let message = texts::metric_is_repeated(groups.len(), &list(&different));
                findings.add(&METRICS_DUPLICATE, path, name, message);
            }
            if names.dimensions.contains(name) {
                let message = texts::name_is_metric_and_dimension(name);
                let stage =
                    if names.known_clashes.contains(name) { Stage::Save } else { Stage::Run };
                let applies = |objection: &Objection| objection.stage == stage;
                findings.add_to(&METRICS_CLASH, applies, path, name, message);
            }
        }
    }

    fn add(&mut self, rule: &'static Rule, field: &str, message: String) {
        self.findings.add(rule, self.path, field, message);
    }

    fn null_value(&mut self, key: &str, field: &str) {
        let applies =
            |objection: &Objection| objection.consumer == Consumer::V1 || NEW_KEYS.contains(&key);
        self.violation(&METRICS_NULL, applies, field, texts::value_is_null());
    }

    /// Reports a schema violation and its consequence: for the old importer, one violation is
    /// equivalent to invalid JSON.
    fn violation(
        &mut self,
        rule: &'static Rule,
        applies: impl Fn(&Objection) -> bool,
        field: &str,
        wording: impl Into<Wording>,
    ) {
        let mut wording = wording.into();
        let is_loss = |objection: &&Objection| objection.is(Consumer::V1, Stage::SilentlyDropped);
        let mut losses = rule.objections.iter().filter(is_loss);
        if rule.severity == Severity::Error && losses.any(&applies) {
            wording.message = texts::file_is_dropped(&wording.message);
        }
        // An error to which no consumer objects is harmless.
        self.findings.add_or_warn(rule, applies, self.path, field, wording);
    }
}

/// The first text with a NUL character.
fn find_nul(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => text.contains('\0').then_some(&**text),
        Value::Array(list) => list.iter().find_map(find_nul),
        Value::Object(map) => map.values().find_map(find_nul),
        _ => None,
    }
}

fn is_null(object: &Object, key: &str) -> bool {
    object.get(key).is_some_and(Value::is_null)
}
