//! `info/meta.yaml`: the type and the names of the plugin.

use serde_json::{Map, Value};

use super::documents::quote;
use super::finding::{Consumer, Findings, Objection};
use super::layout::Plugin;
use super::rule::rules;
use super::yaml;
use crate::texts::{check as shared, check_meta as texts, list, sources};

rules! {
    /// The file exists for at least one system.
    META_MISSING = "meta-missing": Error,
        Import [V1 #3310002 says "插件包解析错误: 无法解析plugin_id", V2] => texts::meta_is_missing_advice;
    /// The file is a YAML mapping.
    META_YAML = "meta-yaml": Error, Import [V1, V2];
    /// `plugin_type` is present and is a supported type in its exact spelling; the new importer
    /// ignores case.
    META_TYPE = "meta-type": Error,
        Import [V1 #3310002 says "插件包解析错误: 无法解析插件类型", V2] => texts::type_advice;
    /// `plugin_type` is Exporter: all other rules apply to exporters. The files of a Script, JMX or
    /// DataDog plugin are different ones.
    META_NO_EXPORTER = "meta-no-exporter": Error,
        Import [V1 #3310002 says "插件包解析错误", V2] => texts::type_is_not_exporter_advice;
    /// `plugin_id` is the name of the plugin folder. The new importer takes the folder's name where it
    /// is empty or missing, but not where it is null.
    META_ID = "meta-id": Error, Import [V2 says "二进制文件不存在"] => texts::id_is_not_of_folder_advice;
    /// `label` is a text of 1 to 64 characters. The old importer takes other_rt where the key is
    /// missing; the new one takes the text form of any value.
    META_LABEL = "meta-label": Error, Import [V2], Save [V1] => texts::label_is_invalid_advice;
    /// `label` is one that exists on every site.
    META_LABEL_UNKNOWN = "meta-label-unknown": Warning;
    /// `plugin_display_name` has at most 64 characters, the width of the database column; the new
    /// importer accepts 255.
    META_NAME_LENGTH = "meta-name-length": Error, Import [V2], Save [V1]
        => sources::text_is_too_long_advice;
    /// `plugin_display_name` and `tag` are texts: an unquoted yes, on or date is none.
    META_TEXT = "meta-text": Error, Save [V1 says "Not a valid string."] => texts::quote_it;
    /// `plugin_display_name` remains valid YAML when the server writes it to project.yaml unquoted
    /// and HTML-escaped.
    META_NAME_YAML = "meta-name-yaml": Error,
        Save [V1, Nodeman says "project.yaml文件解析读取失败"] => texts::name_breaks_yaml_advice;
    /// `plugin_display_name` is the same text when it is read from there.
    /// A ` #` starts a comment.
    META_NAME_CUT = "meta-name-cut": Warning, SilentlyDropped [V1] => texts::name_is_cut_advice;
    /// `plugin_display_name` contains no character that is displayed as an HTML escape.
    META_NAME_ESCAPED = "meta-name-escaped": Warning, SilentlyDropped [V1]
        => texts::name_is_escaped_advice;
    /// `tag` remains valid YAML when written unquoted, as in an export.
    META_TAG = "meta-tag": Warning, SilentlyDropped [V1] => texts::tag_is_invalid_advice;
    /// `tag` has at most 64 characters: the width of the database column.
    META_TAG_LENGTH = "meta-tag-length": Error, Save [V1] => texts::tag_is_invalid_advice;
    /// `is_support_remote` is false: an exporter runs on the host that it observes.
    META_REMOTE = "meta-remote": Warning => texts::remote_is_unsupported_advice;
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

/// Longest display name for the new importer.
const NEW_LIMIT: usize = 255;

pub(super) fn check(plugin: &Plugin<'_>, findings: &mut Findings) {
    let found = plugin.distinct("info/meta.yaml");
    if plugin.missing("info/meta.yaml").len() == plugin.folders.len() {
        let path = plugin.folders[0].file("info/meta.yaml");
        findings.add(&META_MISSING, &path, "", shared::file_is_missing_everywhere());
    }
    for (path, bytes) in found {
        // An invalid encoding is reported with the other files of info.
        let Ok(text) = yaml::decode(bytes) else { continue };
        if let Some(meta) = yaml::mapping(&text, &path, &META_YAML, findings) {
            check_keys(&meta, &path, plugin, findings);
        }
    }
}

fn check_keys(meta: &Map<String, Value>, path: &str, plugin: &Plugin<'_>, findings: &mut Findings) {
    check_type(meta, path, findings);
    if let Some(id) = meta.get("plugin_id").filter(|id| **id != "")
        && *id != *plugin.id
    {
        let message = texts::id_is_not_of_folder(&id.to_string(), &plugin.id);
        findings.add(&META_ID, path, "plugin_id", message);
    }
    check_label(meta, path, findings);
    for key in ["plugin_display_name", "tag"] {
        if let Some(value) = meta.get(key).filter(|value| is_no_text(value)) {
            findings.add(&META_TEXT, path, key, shared::value_is(key, &quote(value)));
        }
    }
    if let Some(name) = text(meta, "plugin_display_name") {
        check_display_name(&name, path, findings);
    }
    if let Some(tag) = text(meta, "tag") {
        let is_broken = breaks_yaml(&tag) || tag.contains(" #");
        if is_broken || tag.chars().count() > LIMIT {
            // Saving enforces the length; the rest affects only an export.
            let rule = if tag.chars().count() > LIMIT { &META_TAG_LENGTH } else { &META_TAG };
            findings.add(rule, path, "tag", texts::tag_is_invalid(&tag));
        }
    }
    if meta.get("is_support_remote").is_some_and(|remote| *remote != false && !remote.is_null()) {
        findings.add(&META_REMOTE, path, "is_support_remote", texts::remote_is_unsupported());
    }
}

fn check_label(meta: &Map<String, Value>, path: &str, findings: &mut Findings) {
    let (value, text) = (meta.get("label"), text(meta, "label"));
    let length = match (value, &text) {
        (None, _) => 0,
        (_, Some(text)) => text.chars().count(),
        (Some(other), None) => other.to_string().chars().count(),
    };
    let is_blank = text.as_ref().is_none_or(|text| text.trim().is_empty());
    if is_blank || length > LIMIT {
        let applies = |objection: &Objection| match objection.consumer {
            Consumer::V2 => !(1..=LIMIT).contains(&length),
            _ => value.is_some(),
        };
        findings.add_to(&META_LABEL, applies, path, "label", texts::label_is_invalid());
    } else if let Some(label) = text.filter(|label| !LABELS.contains(&&**label)) {
        let wording = (texts::label_is_not_everywhere(&label), shared::use_one_of(&list(&LABELS)));
        findings.add(&META_LABEL_UNKNOWN, path, "label", wording);
    }
}

/// Whether the old importer rejects a value as text; it converts numbers.
fn is_no_text(value: &Value) -> bool {
    matches!(value, Value::Bool(_) | Value::Array(_) | Value::Object(_))
}

fn check_type(meta: &Map<String, Value>, path: &str, findings: &mut Findings) {
    let found = meta.get("plugin_type");
    match found.and_then(Value::as_str) {
        Some("Exporter") => {}
        Some(other) if TYPES.contains(&other) => {
            let message = texts::type_is_not_exporter(other);
            // Other types need no further files.
            let applies = |_: &Objection| ["Script", "JMX", "DataDog"].contains(&other);
            findings.add_to(&META_NO_EXPORTER, applies, path, "plugin_type", message);
        }
        _ => {
            // The new importer ignores case.
            let is_known = |name: &str| TYPES.iter().any(|known| known.eq_ignore_ascii_case(name));
            let matches_ignoring_case = found.and_then(Value::as_str).is_some_and(is_known);
            let message = match found {
                Some(other) if matches_ignoring_case => {
                    texts::type_is_in_other_case(&other.to_string())
                }
                Some(other) => texts::type_is_unknown(&other.to_string()),
                None if meta.contains_key("type") => texts::type_is_called_type(),
                None => texts::type_is_missing(),
            };
            let applies = |objection: &Objection| {
                objection.consumer == Consumer::V1 || !matches_ignoring_case
            };
            findings.add_to(&META_TYPE, applies, path, "plugin_type", message);
        }
    }
}

fn check_display_name(name: &str, path: &str, findings: &mut Findings) {
    let field = "plugin_display_name";
    let length = name.chars().count();
    if length > LIMIT {
        let message = texts::name_is_too_long(length, LIMIT);
        let applies =
            |objection: &Objection| objection.consumer == Consumer::V1 || length > NEW_LIMIT;
        findings.add_to(&META_NAME_LENGTH, applies, path, field, message);
    }
    if breaks_yaml(name) {
        findings.add(&META_NAME_YAML, path, field, texts::name_breaks_yaml(name));
    } else if rewritten(name)
        .is_none_or(|text| text != escaped(name).trim().replace('\u{feff}', "\u{fffd}"))
    {
        findings.add(&META_NAME_CUT, path, field, texts::name_is_cut(name));
    } else if name.contains(['&', '<', '>', '\'', '"']) {
        findings.add(&META_NAME_ESCAPED, path, field, texts::name_is_escaped(name));
    }
}

/// A text as the server escapes it for HTML.
fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('\'', "&#x27;").replace('"', "&quot;")
}

/// The text that is read again after the server wrote it after `key: `; `None` for any other value.
fn rewritten(text: &str) -> Option<String> {
    let value = yaml::read(&format!("key: {}\nnext: 1\n", escaped(text))).ok()?;
    match value.get("key")? {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) => Some(escaped(text).trim().to_owned()),
        _ => None,
    }
}

/// Whether a text is not a YAML value after `key: `. HTML escaping makes quotes and angle brackets
/// start with `&`.
fn breaks_yaml(text: &str) -> bool {
    let document = format!("key: {}\nnext: 1\n", escaped(text));
    if yaml::read(&document).is_err() {
        return true;
    }
    let text = text.trim();
    text.starts_with(['&', '<', '>', '\'', '"', ',', '[', ']', '{', '}', '*', '!', '%', '@', '`'])
        || ["- ", "? ", ": "].iter().any(|start| text.starts_with(start))
        || matches!(text, "-" | "?" | ":" | "=")
        || text.contains(['\t', '\n'])
        || text.contains(": ")
        || text.ends_with(':')
}

/// The string value of a key; numbers are converted.
fn text(meta: &Map<String, Value>, key: &str) -> Option<String> {
    match meta.get(key)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
