//! `info/metrics.json`: one broken rule on its form and the old importer drops the whole file,
//! with a line in the server's log and none on the page.

mod field;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::documents::{self, Object, filled, objects_to_text, shown};
use super::finding::{Findings, Objection, Reader, Severity, Stage};
use super::layout::Plugin;
use super::rule::{Rule, rules};
use super::words::{self, FIELD_NAMES, FIELD_PARTS};
use crate::names;

rules! {
    /// The file is there. Without it the import ends in an error of the server itself.
    METRICS_MISSING = "metrics-missing": Error,
        Import [V1 says "HTTP 500 KeyError: 'metrics.json'"];
    /// The file is a JSON list. The new importer refuses anything else; the old one takes it for an
    /// empty list, as it does a file that breaks one of the rules on form below.
    METRICS_JSON = "metrics-json": Error, Import [V2], Lost [V1];
    /// Each group is an object, and its `fields` a list of objects.
    METRICS_FORM = "metrics-form": Error, Import [V2], Lost [V1];
    /// No value is null. The new importer objects where it knows the key.
    METRICS_NULL = "metrics-null": Error, Import [V2], Lost [V1];
    /// A group's `table_name` is a letter, then letters, digits and `_`. The new importer asks for 1
    /// to 255 characters.
    METRICS_TABLE_NAME = "metrics-table-name": Error, Import [V2], Lost [V1];
    /// A group's `table_name` is no word of the storage.
    METRICS_TABLE_RESERVED = "metrics-table-reserved": Error, Save [V1];
    /// No two groups have one name, upper and lower case alike.
    METRICS_TABLE_DUPLICATE = "metrics-table-duplicate": Error, Save [V1];
    /// A group's `table_desc` is there and not blank. The new importer does without it.
    METRICS_TABLE_DESC = "metrics-table-desc": Error, Import [V2], Lost [V1];
    /// A group has fields: others than group_default are dropped without.
    METRICS_TABLE_EMPTY = "metrics-table-empty": Warning, Lost [V1];
    /// `rule_list`, which the old importer reads, and `rules`, which the new one reads, are lists of
    /// texts.
    METRICS_RULE_LIST = "metrics-rule-list": Error, Import [V2], Lost [V1];
    /// A field's `name` is there and not blank, with at most 255 characters for the new importer.
    METRICS_FIELD_NAME = "metrics-field-name": Error, Import [V2], Lost [V1];
    /// A field's name is a letter, then letters, digits and `_`: the pages rename it otherwise.
    METRICS_FIELD_PATTERN = "metrics-field-pattern": Warning, Save [Ui];
    /// `monitor_type` is metric or dimension.
    METRICS_MONITOR_TYPE = "metrics-monitor-type": Error, Import [V2], Lost [V1];
    /// `type` is string, double or int.
    METRICS_TYPE = "metrics-type": Error, Import [V2], Lost [V1];
    /// A metric's type is double or int, a dimension's string.
    METRICS_TYPE_MISFIT = "metrics-type-misfit": Warning;
    /// The key `description` is there, with a text that may be empty. The new importer does not read
    /// it.
    METRICS_DESCRIPTION = "metrics-description": Error, Lost [V1];
    /// `unit` is the id of a unit that the pages know; any other becomes none.
    METRICS_UNIT = "metrics-unit": Warning, Lost [V1];
    /// Optional keys have the type that the servers validate.
    METRICS_OPTIONAL = "metrics-optional": Error, Import [V2], Lost [V1];
    /// A metric is in one group.
    METRICS_DUPLICATE = "metrics-duplicate": Error, Save [V1];
    /// A dimension is in a group once.
    METRICS_DIMENSION_TWICE = "metrics-dimension-twice": Warning;
    /// No name is both a metric's and a dimension's, in whichever groups. Saving looks at the groups
    /// up to the dimension's own; debugging the plugin fails on any.
    METRICS_CLASH = "metrics-clash": Error,
        Save [V1], Run [V1 #3310001 says "插件模块错误：指标维度存在重名"];
    /// There are at most 2000 metrics.
    METRICS_COUNT = "metrics-count": Error,
        Save [Ui #3310021 says "设置指标数量超过2000，请删减非必要指标"];
    /// No dimension has the name of a label that the agent fills in.
    METRICS_RESERVED_LABEL = "metrics-reserved-label": Warning, Lost [Host];
    /// No name is a word of the query language or a column of the storage.
    METRICS_RESERVED_WORD = "metrics-reserved-word": Warning, Save [Ui];
    /// The group of a histogram's `_bucket` has the dimension `le`.
    METRICS_LE = "metrics-le": Warning, Lost [V1];
}

/// Keys of a group and of a field that the new importer reads.
const NEW_KEYS: [&str; 11] = [
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

/// What the old importer makes of a file with one mistake in its form.
const NOTHING_LEFT: &str =
    "for that the old importer (v1) drops the whole file, so that the plugin has no metrics";

const MAX_METRICS: usize = 2000;
const NAME_LIMIT: usize = 255;

pub(super) fn check(plugin: &Plugin<'_>, findings: &mut Findings) {
    if plugin.missing("info/metrics.json").len() == plugin.folders.len() {
        let path = plugin.folders[0].file("info/metrics.json");
        let advice = "add it; [] if the metrics are to be discovered";
        findings.add(&METRICS_MISSING, &path, "", "the file is missing for every system", advice);
    }
    for (path, bytes) in plugin.distinct("info/metrics.json") {
        let list = documents::list(bytes, &path, &METRICS_JSON, NOTHING_LEFT, findings);
        let Some(list) = list else { continue };
        let mut names = Names::default();
        for (index, group) in list.iter().enumerate() {
            match group.as_object() {
                Some(group) => check_group(index, group, &path, &mut names, findings),
                None => {
                    let place = format!("[{index}]");
                    let advice = "write it as {\"table_name\": …, \"fields\": […]}";
                    let message = "the group is no object";
                    misformed(&METRICS_FORM, |_| true, &path, &place, message, advice, findings);
                }
            }
        }
        names.check(&path, findings);
    }
}

/// The names met so far.
#[derive(Default)]
struct Names<'v> {
    /// Lower-case table names.
    tables: BTreeSet<String>,
    /// Each metric with the groups that list it.
    metrics: BTreeMap<&'v str, Vec<String>>,
    dimensions: BTreeSet<&'v str>,
    /// Those that are a metric of their own group or of one before it.
    known_clashes: BTreeSet<&'v str>,
}

fn check_group<'v>(
    index: usize,
    group: &'v Object,
    path: &str,
    names: &mut Names<'v>,
    findings: &mut Findings,
) {
    let position = format!("[{index}]");
    let table = filled(group, "table_name");
    let label = table.unwrap_or(&position);
    let field = |key: &str| format!("{label}.{key}");
    check_table_name(group, &field("table_name"), path, names, findings);
    if filled(group, "table_desc").is_none() && !is_null(group, "table_desc") {
        let message = format!("the description is {}", shown(group.get("table_desc")));
        let advice = "write what the page calls the group, such as 默认分组";
        let is_text = group.get("table_desc").is_none_or(Value::is_string);
        let applies = |one: &Objection| one.reader == Reader::V1 || !is_text;
        let place = field("table_desc");
        misformed(&METRICS_TABLE_DESC, applies, path, &place, &message, advice, findings);
    }
    let is_list_of_texts =
        |value: &Value| value.as_array().is_some_and(|list| list.iter().all(Value::is_string));
    for key in ["rule_list", "rules"] {
        if group.get(key).is_some_and(|value| !value.is_null() && !is_list_of_texts(value)) {
            let message = format!("the value {} is no list of texts", shown(group.get(key)));
            let advice = "write a list of regular expressions, or leave it out";
            let reader = if key == "rules" { Reader::V2 } else { Reader::V1 };
            let applies = |one: &Objection| one.reader == reader;
            misformed(&METRICS_RULE_LIST, applies, path, &field(key), &message, advice, findings);
        }
    }
    for key in group.iter().filter(|(_, value)| value.is_null()).map(|(key, _)| key) {
        null(key, path, &field(key), findings);
    }
    let Some(fields) = group.get("fields").and_then(Value::as_array) else {
        if !is_null(group, "fields") {
            let message = "the key \"fields\" is missing or no list";
            let advice = "list the group's metrics and dimensions there";
            let place = field("fields");
            misformed(&METRICS_FORM, |_| true, path, &place, message, advice, findings);
        }
        return;
    };
    if fields.is_empty() && table != Some("group_default") {
        let advice = "add its metrics, or leave the group out";
        findings.add(
            &METRICS_TABLE_EMPTY,
            path,
            &field("fields"),
            "the group has no fields",
            advice,
        );
    }
    check_fields(label, fields, path, names, findings);
}

fn check_table_name(
    group: &Object,
    field: &str,
    path: &str,
    names: &mut Names<'_>,
    findings: &mut Findings,
) {
    if is_null(group, "table_name") {
        return;
    }
    let table = filled(group, "table_name");
    let Some(table) = table.filter(|table| names::identifier_rule(table).is_none()) else {
        let message = format!("the name of the group is {}", shown(group.get("table_name")));
        let advice = "start it with a letter and use only letters, digits and '_'";
        let value = group.get("table_name");
        let applies =
            |one: &Objection| one.reader == Reader::V1 || objects_to_text(one, value, NAME_LIMIT);
        misformed(&METRICS_TABLE_NAME, applies, path, field, &message, advice, findings);
        return;
    };
    if words::is_reserved_table(table) {
        let message = format!("the name {table:?} is a word of the storage");
        findings.add(&METRICS_TABLE_RESERVED, path, field, message, "choose another name");
    }
    if !names.tables.insert(table.to_lowercase()) {
        let message =
            format!("two groups are called {table:?}; upper and lower case count the same");
        findings.add(&METRICS_TABLE_DUPLICATE, path, field, message, "rename one or join them");
    }
}

fn check_fields<'v>(
    label: &str,
    fields: &'v [Value],
    path: &str,
    names: &mut Names<'v>,
    findings: &mut Findings,
) {
    let mut dimensions = BTreeSet::new();
    let mut buckets = None;
    for (index, field) in fields.iter().enumerate() {
        let position = format!("{label}.fields[{index}]");
        let Some(field) = field.as_object() else {
            let advice = "write it as {\"name\": …}";
            let message = "the field is no object";
            misformed(&METRICS_FORM, |_| true, path, &position, message, advice, findings);
            continue;
        };
        let name = filled(field, "name");
        let place = name.map_or(position, |name| format!("{label}.{name}"));
        field::check(field, &place, path, findings);
        let is_dimension = field.get("monitor_type").is_some_and(|kind| kind == "dimension");
        let Some(name) = name else { continue };
        check_words(name, is_dimension, &place, path, findings);
        if !is_dimension {
            names.metrics.entry(name).or_default().push(label.to_owned());
            if name.ends_with("_bucket") {
                buckets = buckets.or(Some(place));
            }
        } else if dimensions.insert(name) {
            names.dimensions.insert(name);
        } else {
            let message = format!("the group lists the dimension {name:?} twice");
            findings.add(&METRICS_DIMENSION_TWICE, path, &place, message, "list it once");
        }
    }
    let known = dimensions.iter().filter(|name| names.metrics.contains_key(**name));
    names.known_clashes.extend(known);
    if let Some(place) = buckets.filter(|_| !dimensions.contains("le")) {
        let message =
            "the buckets of a histogram differ in the label \"le\" only, which is missing";
        findings.add(&METRICS_LE, path, &place, message, "add the dimension le to the group");
    }
}

fn check_words(name: &str, is_dimension: bool, place: &str, path: &str, findings: &mut Findings) {
    let field = format!("{place}.name");
    if names::identifier_rule(name).is_some() {
        let message =
            format!("the page renames {name:?}, and then it is no longer what is scraped");
        let advice = "start it with a letter and use only letters, digits and '_'";
        findings.add(&METRICS_FIELD_PATTERN, path, &field, message, advice);
    }
    if is_dimension && names::is_reserved_label(name) {
        let message =
            format!("the agent fills in the label {name:?} and overwrites the exporter's");
        findings.add(&METRICS_RESERVED_LABEL, path, &field, message, "rename the label");
    } else if words::is_in(FIELD_NAMES, name)
        || FIELD_PARTS.iter().any(|part| name.to_uppercase().contains(part))
    {
        let message =
            format!("the name {name:?} is, or holds, a word that the storage keeps for itself");
        findings.add(&METRICS_RESERVED_WORD, path, &field, message, "rename it");
    }
}

impl Names<'_> {
    /// The rules on names that need all groups.
    fn check(&self, path: &str, findings: &mut Findings) {
        if self.metrics.len() > MAX_METRICS {
            let message = format!("the file lists {} metrics", self.metrics.len());
            let advice = "leave out what nobody looks at: BlueKing shows at most 2000";
            findings.add(&METRICS_COUNT, path, "", message, advice);
        }
        for (name, groups) in &self.metrics {
            if groups.len() > 1 {
                let mut different = groups.clone();
                different.dedup();
                let (count, where_) = (groups.len(), different.join(", "));
                let message = format!("the metric is listed {count} times, in {where_}");
                findings.add(&METRICS_DUPLICATE, path, name, message, "list it once");
            }
            if self.dimensions.contains(name) {
                let message = format!("{name:?} is a metric and a dimension too");
                let stage =
                    if self.known_clashes.contains(name) { Stage::Save } else { Stage::Run };
                let applies = |one: &Objection| one.stage == stage;
                let advice = "rename one of them";
                findings.add_to(&METRICS_CLASH, applies, path, name, message, advice);
            }
        }
    }
}

fn is_null(object: &Object, key: &str) -> bool {
    object.get(key).is_some_and(Value::is_null)
}

fn null(key: &str, path: &str, field: &str, findings: &mut Findings) {
    let advice = "give it a value or leave the key out";
    let applies = |one: &Objection| one.reader == Reader::V1 || NEW_KEYS.contains(&key);
    misformed(&METRICS_NULL, applies, path, field, "the value is null", advice, findings);
}

/// Reports a mistake in the form of the file, and with it what else goes: to the old importer one such
/// mistake is as bad as a file that is no JSON.
fn misformed(
    rule: &'static Rule,
    applies: impl Fn(&Objection) -> bool,
    path: &str,
    field: &str,
    message: &str,
    advice: &str,
    findings: &mut Findings,
) {
    let is_loss = |one: &Objection| applies(one) && one.is(Reader::V1, Stage::Lost);
    let message = if rule.severity == Severity::Error && rule.objections.iter().any(is_loss) {
        format!("{message}, and {NOTHING_LEFT}")
    } else {
        message.to_owned()
    };
    findings.add_to(rule, applies, path, field, message, advice);
}
