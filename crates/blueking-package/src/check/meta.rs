//! `info/meta.yaml`: what the plugin is and what it is called.

use serde_json::{Map, Value};

use super::finding::{Findings, Objection, Reader, Stage};
use super::layout::Plugin;
use super::rule::rules;
use super::yaml;

rules! {
    /// The file is there for at least one system.
    META_MISSING = "meta-missing": Error,
        Import [V1 #3310002 says "插件包解析错误: 无法解析plugin_id", V2];
    /// The file is a YAML mapping.
    META_YAML = "meta-yaml": Error, Import [V1, V2];
    /// `plugin_type` is there and is a type that the servers know, spelt exactly so; the new
    /// importer takes it in any case of letters.
    META_TYPE = "meta-type": Error,
        Import [V1 #3310002 says "插件包解析错误: 无法解析插件类型", V2];
    /// `plugin_type` is Exporter: all other rules are about exporters.
    META_NO_EXPORTER = "meta-no-exporter": Error;
    /// `plugin_id` is the name of the plugin's folder.
    META_ID = "meta-id": Error, Import [V2 says "二进制文件不存在"];
    /// `label` is there, with 1 to 64 characters.
    META_LABEL = "meta-label": Error, Import [V2];
    /// `label` is one that every site has.
    META_LABEL_UNKNOWN = "meta-label-unknown": Warning;
    /// `plugin_display_name` has at most 64 characters: the database column.
    META_NAME_LENGTH = "meta-name-length": Warning, Save [V1];
    /// `plugin_display_name` is still YAML when the server writes it, without quotes and with
    /// HTML escapes, into project.yaml.
    META_NAME_YAML = "meta-name-yaml": Error,
        Save [V1, Nodeman says "project.yaml文件解析读取失败"];
    /// `plugin_display_name` is not cut by ` #`, which starts a comment.
    META_NAME_CUT = "meta-name-cut": Warning, Lost [V1];
    /// `plugin_display_name` has no character that is shown as an HTML escape.
    META_NAME_ESCAPED = "meta-name-escaped": Warning, Lost [V1];
    /// `tag` has at most 64 characters and survives being written without quotes.
    META_TAG = "meta-tag": Warning, Save [V1], Lost [V1];
    /// `is_support_remote` is false: an exporter runs beside what it observes.
    META_REMOTE = "meta-remote": Warning, Save [V1];
}

const TYPES: [&str; 11] = [
    "Exporter",
    "Script",
    "JMX",
    "DataDog",
    "BK-Pull",
    "BK-Monitor",
    "Log",
    "Process",
    "SNMP_Trap",
    "SNMP",
    "K8S",
];

/// Labels that the servers create themselves.
const LABELS: [&str; 8] = [
    "uptimecheck",
    "application_check",
    "service_module",
    "component",
    "service_process",
    "host_process",
    "os",
    "other_rt",
];

/// Longest display name, tag and label, in characters.
const LIMIT: usize = 64;

pub(super) fn check(plugin: &Plugin<'_>, findings: &mut Findings) {
    let found = plugin.distinct("info/meta.yaml");
    if plugin.missing("info/meta.yaml").len() == plugin.folders.len() {
        let path = plugin.folders[0].file("info/meta.yaml");
        let advice = "add the file, with plugin_id, plugin_display_name, plugin_type and label";
        findings.add(&META_MISSING, &path, "", "the file is missing for every system", advice);
    }
    for (path, bytes) in found {
        // What is not UTF-8 is reported with the other files of info.
        let Ok(text) = str::from_utf8(bytes) else { continue };
        match yaml::read(text) {
            Ok(Value::Object(meta)) => check_keys(&meta, &path, plugin, findings),
            Ok(_) => {
                let advice = "write it as lines of \"key: value\"";
                findings.add(&META_YAML, &path, "", "the file is no mapping", advice);
            }
            Err(reason) => {
                let message = format!("the file is no YAML: {reason}");
                findings.add(&META_YAML, &path, "", message, "correct the line; quote the value");
            }
        }
    }
}

fn check_keys(meta: &Map<String, Value>, path: &str, plugin: &Plugin<'_>, findings: &mut Findings) {
    check_type(meta, path, findings);
    if let Some(id) = meta.get("plugin_id").filter(|id| !id.is_null())
        && *id != *plugin.id
    {
        let message = format!("the plugin id is {id} here, and the folder is {:?}", plugin.id);
        findings.add(&META_ID, path, "plugin_id", message, "make both the same");
    }
    match text(meta, "label") {
        Some(label) if (1..=LIMIT).contains(&label.chars().count()) => {
            if !LABELS.contains(&&*label) {
                let message = format!("not every site has the label {label:?}");
                let advice = format!("use one of {}", LABELS.join(", "));
                findings.add(&META_LABEL_UNKNOWN, path, "label", message, advice);
            }
        }
        _ => {
            let message = "the label is missing, empty or longer than 64 characters";
            let advice = "use \"component\" for a service, \"os\" for a host";
            findings.add(&META_LABEL, path, "label", message, advice);
        }
    }
    if let Some(name) = text(meta, "plugin_display_name") {
        check_display_name(&name, path, findings);
    }
    if let Some(tag) = text(meta, "tag") {
        let is_broken = breaks_yaml(&tag) || tag.contains(" #");
        if is_broken || tag.chars().count() > LIMIT {
            let message =
                format!("the tag {tag:?} is too long, or is lost in the server's own export");
            let advice = "use a word of at most 64 characters, or leave it empty";
            // The database takes no more when it is saved; the rest shows in an export alone.
            let stage = if tag.chars().count() > LIMIT { Stage::Save } else { Stage::Lost };
            findings.add_to(&META_TAG, |one| one.stage == stage, path, "tag", message, advice);
        }
    }
    if meta.get("is_support_remote").is_some_and(|remote| *remote != false && !remote.is_null()) {
        let message = "an exporter cannot be for remote collection";
        findings.add(&META_REMOTE, path, "is_support_remote", message, "write False");
    }
}

fn check_type(meta: &Map<String, Value>, path: &str, findings: &mut Findings) {
    let found = meta.get("plugin_type");
    match found.and_then(Value::as_str) {
        Some("Exporter") => {}
        Some(other) if TYPES.contains(&other) => {
            let message = format!("the plugin type is {other:?}, and this check knows exporters");
            findings.add(&META_NO_EXPORTER, path, "plugin_type", message, "write Exporter");
        }
        _ => {
            // The new importer lowers the word before it looks it up.
            let is_known = |word: &str| TYPES.iter().any(|known| known.eq_ignore_ascii_case(word));
            let is_lowered = found.and_then(Value::as_str).is_some_and(is_known);
            let message = match found {
                Some(other) if is_lowered => {
                    format!("the old importer (v1) does not know the plugin type {other}")
                }
                Some(other) => format!("no server knows the plugin type {other}"),
                None if meta.contains_key("type") => {
                    "plugin_type is missing; the documentation's key \"type\" is not read"
                        .to_owned()
                }
                None => "plugin_type is missing".to_owned(),
            };
            let advice = "write plugin_type: Exporter, with a capital E";
            let applies = |one: &Objection| one.reader == Reader::V1 || !is_lowered;
            findings.add_to(&META_TYPE, applies, path, "plugin_type", message, advice);
        }
    }
}

fn check_display_name(name: &str, path: &str, findings: &mut Findings) {
    let field = "plugin_display_name";
    let length = name.chars().count();
    if length > LIMIT {
        let message = format!("the name has {length} characters, and the database takes {LIMIT}");
        findings.add(&META_NAME_LENGTH, path, field, message, "shorten it");
    }
    if breaks_yaml(name) {
        let message = format!("the name {name:?} breaks the project.yaml that the server renders");
        let advice = "use letters, digits, Chinese and single '-'; begin with a letter and leave \
                      out \": \"";
        findings.add(&META_NAME_YAML, path, field, message, advice);
    } else if name.contains(" #") {
        let message = format!("the name {name:?} ends at \" #\", which starts a comment");
        findings.add(&META_NAME_CUT, path, field, message, "leave out the blank or the '#'");
    } else if name.contains(['&', '<', '>', '\'', '"']) {
        let message = format!("the name {name:?} is shown with HTML escapes");
        findings.add(&META_NAME_ESCAPED, path, field, message, "leave out & < > ' \"");
    }
}

/// Whether a text is no plain YAML scalar once it stands behind `key: ` with its quotes and angle
/// brackets escaped, so that it begins with `&`.
fn breaks_yaml(text: &str) -> bool {
    let text = text.trim();
    text.starts_with([
        '&', '<', '>', '\'', '"', ',', '[', ']', '{', '}', '*', '!', '%', '@', '`', '|', '#',
    ]) || ["- ", "? ", ": "].iter().any(|start| text.starts_with(start))
        || matches!(text, "-" | "?" | ":" | "=")
        || text.contains(['\t', '\n'])
        || text.contains(": ")
        || text.ends_with(':')
}

/// The text of a key; a number counts as the text that it was.
fn text(meta: &Map<String, Value>, key: &str) -> Option<String> {
    match meta.get(key)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
