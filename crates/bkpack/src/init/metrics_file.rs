//! `metrics.toml` of a draft: the exporter's metrics, one line each. What the page says is brought
//! up to date; what people wrote stays.

use std::collections::{BTreeMap, BTreeSet};

use blueking_package::Kind;
use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, Value, value};

use super::metrics::{glossary, group, unit};
use super::page::Family;
use crate::texts::init as texts;

/// The keys in the order for people: what they edit comes first.
const SKELETON: &str = "name = \"\"\nversion = \"\"\ngroups = []\nmetrics = []\narguments = []\nflags = []\n\n[labels]\n";

/// What a merge has changed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Changes {
    pub(super) new: Vec<String>,
    pub(super) gone: Vec<String>,
    /// What has other values now.
    pub(super) changed: Vec<String>,
    /// What keeps a value that differs from what was given now.
    pub(super) kept: Vec<String>,
}

/// The exporter as its definitions describe it.
#[derive(Debug)]
pub(super) struct Facts<'a> {
    pub(super) name: &'a str,
    pub(super) version: &'a str,
    pub(super) families: &'a [Family],
    /// All flags, without dashes.
    pub(super) flags: &'a [String],
    /// Names of positional arguments.
    pub(super) arguments: &'a [String],
}

/// Brings the file up to date, or drafts it if `old` is empty.
///
/// # Errors
/// The TOML error of the old text.
pub(super) fn merge(
    old: &str,
    facts: &Facts<'_>,
) -> Result<(String, Changes), toml_edit::TomlError> {
    let first = format!("{}{SKELETON}", texts::metrics_head());
    let mut document: DocumentMut =
        if old.trim().is_empty() { first.parse()? } else { old.parse()? };
    document["name"] = value(facts.name);
    // An exporter may not say its version; then a person has written it.
    if !facts.version.is_empty() || old.trim().is_empty() {
        document["version"] = value(facts.version);
    }
    document["arguments"] = strings(facts.arguments.iter().map(String::as_str)).into();
    let flags = facts.flags.iter().map(|flag| line([("name", flag.as_str().into())]));
    document["flags"] = Item::Value(Value::Array(lines(flags.collect())));

    let mut changes = Changes::default();
    let known = names(&document, "metrics");
    let is_new = |family: &&Family| !known.contains(&family.name);
    let new: Vec<&Family> = facts.families.iter().filter(is_new).collect();
    if !known.is_empty() {
        changes.new = new.iter().map(|family| family.name.clone()).collect();
        let now: BTreeSet<&str> = facts.families.iter().map(|family| &*family.name).collect();
        changes.gone = known.iter().filter(|name| !now.contains(&***name)).cloned().collect();
    }
    add_new(&mut document, facts.families, &new);
    add_labels(&mut document, facts.families);
    update(&mut document, facts.families);
    Ok((document.to_string(), changes))
}

/// The values of `name` in a list.
fn names(document: &DocumentMut, list: &str) -> BTreeSet<String> {
    let items = document.get(list).and_then(Item::as_array).into_iter().flatten();
    let name = |item: &Value| Some(item.as_inline_table()?.get("name")?.as_str()?.to_owned());
    items.filter_map(name).collect()
}

/// Adds new metrics with drafted names and groups, and what the page says to those that are known.
fn update(document: &mut DocumentMut, families: &[Family]) {
    let list = document.entry("metrics").or_insert_with(|| Item::Value(Array::new().into()));
    let Some(list) = list.as_array_mut() else { return };
    let by_name: BTreeMap<&str, &Family> =
        families.iter().map(|family| (&*family.name, family)).collect();
    for item in list.iter_mut() {
        let Some(table) = item.as_inline_table_mut() else { continue };
        let name = table.get("name").and_then(Value::as_str).unwrap_or_default();
        let Some(family) = by_name.get(name) else { continue };
        set(table, "kind", kind(family.kind).into());
        set(table, "labels", strings(all_labels(table, family).iter().map(String::as_str)));
        set(table, "help", family.help.as_str().into());
    }
}

/// A page lacks the labels of what does not exist at the moment: those that were seen stay.
fn all_labels(table: &InlineTable, family: &Family) -> Vec<String> {
    let old = table.get("labels").and_then(Value::as_array).into_iter().flatten();
    let mut labels: Vec<String> =
        old.filter_map(|label| Some(label.as_str()?.to_owned())).collect();
    for label in &family.labels {
        if !labels.contains(label) {
            labels.push(label.clone());
        }
    }
    labels
}

/// Adds new metrics: to the group of the known metrics that share most of their names, or to a new
/// group.
fn add_new(document: &mut DocumentMut, families: &[Family], new: &[&Family]) {
    let labels: Vec<Vec<&str>> =
        families.iter().map(|family| family.labels.iter().map(String::as_str).collect()).collect();
    let input: Vec<(&str, &[&str])> =
        families.iter().zip(&labels).map(|(family, labels)| (&*family.name, &**labels)).collect();
    let mut drafted = group::groups(&input);
    let old = groups_of(document);
    let in_drafted: BTreeMap<&str, usize> = drafted
        .iter()
        .enumerate()
        .flat_map(|(at, group)| group.metrics.iter().map(move |metric| (&**metric, at)))
        .collect();
    // The metrics of each drafted group that the file knows, with their groups there.
    let kin: Vec<Vec<_>> = drafted
        .iter()
        .map(|group| group.metrics.iter().filter_map(|name| Some((name, old.get(name)?))).collect())
        .collect();
    let mut group_of: BTreeMap<&str, String> = BTreeMap::new();
    for family in new {
        let Some(&at) = in_drafted.get(&*family.name) else { continue };
        let nearest = kin[at].iter().max_by_key(|(name, _)| common_words(name, &family.name));
        let name = nearest.map_or(&drafted[at].name, |(_, group)| group);
        group_of.insert(&family.name, name.clone());
    }
    let used: BTreeSet<&String> = group_of.values().collect();
    drafted.retain(|group| used.contains(&group.name));
    let known = names(document, "groups");
    let groups = document.entry("groups").or_insert_with(|| Item::Value(Array::new().into()));
    if let Some(groups) = groups.as_array_mut() {
        for group in drafted.iter().filter(|group| !known.contains(&group.name)) {
            push(
                groups,
                line([
                    ("name", group.name.as_str().into()),
                    ("zh", group.zh.as_str().into()),
                    ("enabled", true.into()),
                ]),
            );
        }
    }
    let list = document.entry("metrics").or_insert_with(|| Item::Value(Array::new().into()));
    let Some(list) = list.as_array_mut() else { return };
    for family in new {
        let zh = glossary::metric_name(&family.name).unwrap_or_default();
        push(
            list,
            line([
                ("name", family.name.as_str().into()),
                ("zh", zh.into()),
                ("group", group_of.get(&*family.name).map_or("", String::as_str).into()),
                ("kind", kind(family.kind).into()),
                ("unit", unit::unit(&family.name, &family.help).into()),
                ("labels", strings(family.labels.iter().map(String::as_str))),
                ("help", family.help.as_str().into()),
            ]),
        );
    }
}

/// The group of each metric in the file.
fn groups_of(document: &DocumentMut) -> BTreeMap<String, String> {
    let items = document.get("metrics").and_then(Item::as_array).into_iter().flatten();
    let pair = |item: &Value| {
        let text = |key: &str| Some(item.as_inline_table()?.get(key)?.as_str()?.to_owned());
        Some((text("name")?, text("group")?))
    };
    items.filter_map(pair).collect()
}

/// How many words two names have in common at their starts.
fn common_words(a: &str, b: &str) -> usize {
    a.split('_').zip(b.split('_')).take_while(|(a, b)| a == b).count()
}

/// Chinese names of labels; those without a known one are empty, to be filled in.
fn add_labels(document: &mut DocumentMut, families: &[Family]) {
    let table = document.entry("labels").or_insert_with(|| Item::Table(Table::new()));
    let Some(table) = table.as_table_mut() else { return };
    let labels: BTreeSet<&str> =
        families.iter().flat_map(|family| family.labels.iter().map(String::as_str)).collect();
    for label in labels {
        if !table.contains_key(label) {
            table[label] = value(glossary::label_name(label).unwrap_or_default());
        }
    }
}

const fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Gauge => "gauge",
        Kind::Counter => "counter",
        Kind::Histogram => "histogram",
        Kind::Summary => "summary",
        Kind::Untyped => "untyped",
    }
}

/// Replaces a value and keeps its place.
fn set(table: &mut InlineTable, key: &str, new: Value) {
    if let Some(old) = table.get_mut(key) {
        let decor = old.decor().clone();
        *old = new;
        *old.decor_mut() = decor;
    } else {
        table.insert(key, new);
    }
}

fn strings<'a>(texts: impl Iterator<Item = &'a str>) -> Value {
    Value::Array(texts.collect())
}

fn line<const N: usize>(entries: [(&str, Value); N]) -> InlineTable {
    let mut table = InlineTable::new();
    for (key, value) in entries {
        table.insert(key, value);
    }
    table
}

fn lines(tables: Vec<InlineTable>) -> Array {
    let mut array = Array::new();
    for table in tables {
        push(&mut array, table);
    }
    array
}

/// Adds an element on a line of its own.
fn push(array: &mut Array, table: InlineTable) {
    let mut element = Value::InlineTable(table);
    element.decor_mut().set_prefix("\n    ");
    array.push_formatted(element);
    array.set_trailing_comma(true);
    array.set_trailing("\n");
}

#[cfg(test)]
mod tests {
    use blueking_package::Definitions;

    use super::*;

    fn family(name: &str, kind: Kind, labels: &[&str]) -> Family {
        let labels = labels.iter().map(ToString::to_string).collect();
        Family { name: name.to_owned(), kind, help: "How \"many\".".to_owned(), labels }
    }

    fn merged(old: &str, families: &[Family]) -> (String, Changes) {
        let flags = ["web.listen-address".to_owned()];
        let facts = Facts { name: "x", version: "1.0", families, flags: &flags, arguments: &[] };
        merge(old, &facts).unwrap()
    }

    #[test]
    fn drafts_are_definitions() {
        let families = [
            family("process_open_fds", Kind::Gauge, &[]),
            family("zzz_q", Kind::Histogram, &["cpu"]),
        ];
        let (text, changes) = merged("", &families);
        assert_eq!(changes, Changes::default());
        let definitions = Definitions::parse_toml("metrics.toml", &text).unwrap();
        assert_eq!(definitions.metrics.len(), 2, "{text}");
        assert!(!definitions.metrics[0].zh.is_empty() && definitions.metrics[1].zh.is_empty());
        assert_eq!(definitions.metrics[1].kind, Kind::Histogram);
        assert_eq!(definitions.metrics[1].help, "How \"many\".");
        assert!(definitions.has_flag("--web.listen-address"));
        assert!(definitions.labels.contains_key("cpu"));
        let groups: Vec<_> = definitions.groups.iter().map(|group| &group.name).collect();
        assert!(groups.contains(&&definitions.metrics[0].group), "{text}");
        // One line a metric.
        assert_eq!(text.lines().filter(|line| line.contains("zzz_q")).count(), 1);
    }

    #[test]
    fn new_metrics_join_their_group() {
        let names = ["aaa_x_a", "aaa_x_b", "aaa_x_c", "bbb_a", "bbb_b", "bbb_c"];
        let first: Vec<_> = names.iter().map(|name| family(name, Kind::Gauge, &[])).collect();
        let (text, _) = merged("", &first);
        let edited = text.replace("\"bbb\"", "\"mine\"");
        assert_ne!(edited, text);
        let mut second = first;
        second.extend(
            ["bbb_d", "aaa_x_d", "ccc_a", "ccc_b", "ccc_c"]
                .map(|name| family(name, Kind::Gauge, &[])),
        );
        let (text, _) = merged(&edited, &second);
        let definitions = Definitions::parse_toml("metrics.toml", &text).unwrap();
        let group = |name: &str| {
            definitions.metrics.iter().find(|metric| metric.name == name).unwrap().group.clone()
        };
        assert_eq!((group("bbb_d"), group("aaa_x_d")), ("mine".to_owned(), group("aaa_x_a")));
        assert_eq!(group("ccc_a"), "ccc");
        let groups: Vec<_> = definitions.groups.iter().map(|group| &*group.name).collect();
        assert_eq!(groups.iter().filter(|name| ["bbb", "mine"].contains(name)).count(), 1);
    }

    #[test]
    fn words_of_people_survive_a_new_page() {
        let first = [family("aaa_a", Kind::Untyped, &["x"]), family("aaa_b", Kind::Gauge, &[])];
        let (text, _) = merged("", &first);
        let edited = text.replace("name = \"aaa_a\", zh = \"\"", "name = \"aaa_a\", zh = \"甲\"");
        let edited = edited.replace("    { name = \"aaa_a\"", "    # mine\n    { name = \"aaa_a\"");
        assert_ne!(text, edited);
        let second = [family("aaa_a", Kind::Counter, &["y"]), family("aaa_c", Kind::Gauge, &[])];
        let (text, changes) = merged(&edited, &second);
        let expected = Changes {
            new: vec!["aaa_c".to_owned()],
            gone: vec!["aaa_b".to_owned()],
            ..Changes::default()
        };
        assert_eq!(changes, expected);
        let definitions = Definitions::parse_toml("metrics.toml", &text).unwrap();
        let a = &definitions.metrics[0];
        assert_eq!((&*a.zh, a.kind), ("甲", Kind::Counter));
        assert_eq!(a.labels, ["x", "y"]);
        assert!(text.contains("# mine\n"), "{text}");
        assert_eq!(definitions.metrics.len(), 3, "gone metrics stay: {text}");
        assert_eq!(merged(&text, &second).0, text);
    }
}
