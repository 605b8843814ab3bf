//! `info/meta.yaml`: the type and the names of the plugin.

use serde_json::{Map, Value};

use super::finding::{Consumer, Findings, Objection, Stage};
use super::layout::Plugin;
use super::rule::rules;
use super::yaml;
use crate::texts::{check as shared, check_meta as texts, list, sources};

rules! {
    /// The file exists for at least one system.
    META_MISSING = "meta-missing": Error,
        Import [V1 #3310002 says "插件包解析错误: 无法解析plugin_id", V2];
    /// The file is a YAML mapping.
    META_YAML = "meta-yaml": Error, Import [V1, V2];
    /// `plugin_type` is present and is a supported type in its exact spelling; the new importer
    /// ignores case.
    META_TYPE = "meta-type": Error,
        Import [V1 #3310002 says "插件包解析错误: 无法解析插件类型", V2];
    /// `plugin_type` is Exporter: all other rules apply to exporters.
    META_NO_EXPORTER = "meta-no-exporter": Error;
    /// `plugin_id` is the name of the plugin folder.
    META_ID = "meta-id": Error, Import [V2 says "二进制文件不存在"];
    /// `label` is present, with 1 to 64 characters.
    META_LABEL = "meta-label": Error, Import [V2];
    /// `label` is one that exists on every site.
    META_LABEL_UNKNOWN = "meta-label-unknown": Warning;
    /// `plugin_display_name` has at most 64 characters: the width of the database column.
    META_NAME_LENGTH = "meta-name-length": Warning, Save [V1];
    /// `plugin_display_name` remains valid YAML when the server writes it to project.yaml unquoted
    /// and HTML-escaped.
    META_NAME_YAML = "meta-name-yaml": Error,
        Save [V1, Nodeman says "project.yaml文件解析读取失败"];
    /// `plugin_display_name` contains no ` #`, which starts a comment.
    META_NAME_CUT = "meta-name-cut": Warning, SilentlyDropped [V1];
    /// `plugin_display_name` contains no character that is displayed as an HTML escape.
    META_NAME_ESCAPED = "meta-name-escaped": Warning, SilentlyDropped [V1];
    /// `tag` has at most 64 characters and remains valid YAML when written unquoted.
    META_TAG = "meta-tag": Warning, Save [V1], SilentlyDropped [V1];
    /// `is_support_remote` is false: an exporter runs on the host that it observes.
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
        let (message, advice) =
            (shared::file_is_missing_everywhere(), texts::meta_is_missing_advice());
        findings.add(&META_MISSING, &path, "", message, advice);
    }
    for (path, bytes) in found {
        // Invalid UTF-8 is reported with the other files of info.
        let Ok(text) = str::from_utf8(bytes) else { continue };
        match yaml::read(text) {
            Ok(Value::Object(meta)) => check_keys(&meta, &path, plugin, findings),
            Ok(_) => {
                let message = shared::file_is_not_a_mapping();
                let advice = shared::file_is_not_a_mapping_advice();
                findings.add(&META_YAML, &path, "", message, advice);
            }
            Err(reason) => {
                let message = shared::file_is_not_yaml(&reason);
                let advice = shared::file_is_not_yaml_advice();
                findings.add(&META_YAML, &path, "", message, advice);
            }
        }
    }
}

fn check_keys(meta: &Map<String, Value>, path: &str, plugin: &Plugin<'_>, findings: &mut Findings) {
    check_type(meta, path, findings);
    if let Some(id) = meta.get("plugin_id").filter(|id| !id.is_null())
        && *id != *plugin.id
    {
        let message = texts::id_is_not_of_folder(&id.to_string(), &plugin.id);
        let advice = texts::id_is_not_of_folder_advice();
        findings.add(&META_ID, path, "plugin_id", message, advice);
    }
    match text(meta, "label") {
        Some(label) if (1..=LIMIT).contains(&label.chars().count()) => {
            if !LABELS.contains(&&*label) {
                let message = texts::label_is_not_everywhere(&label);
                let advice = shared::use_one_of(&list(&LABELS));
                findings.add(&META_LABEL_UNKNOWN, path, "label", message, advice);
            }
        }
        _ => {
            let (message, advice) = (texts::label_is_invalid(), texts::label_is_invalid_advice());
            findings.add(&META_LABEL, path, "label", message, advice);
        }
    }
    if let Some(name) = text(meta, "plugin_display_name") {
        check_display_name(&name, path, findings);
    }
    if let Some(tag) = text(meta, "tag") {
        let is_broken = breaks_yaml(&tag) || tag.contains(" #");
        if is_broken || tag.chars().count() > LIMIT {
            let (message, advice) = (texts::tag_is_invalid(&tag), texts::tag_is_invalid_advice());
            // Saving enforces the length; the rest affects only an export.
            let stage =
                if tag.chars().count() > LIMIT { Stage::Save } else { Stage::SilentlyDropped };
            findings.add_to(
                &META_TAG,
                |objection| objection.stage == stage,
                path,
                "tag",
                message,
                advice,
            );
        }
    }
    if meta.get("is_support_remote").is_some_and(|remote| *remote != false && !remote.is_null()) {
        let message = texts::remote_is_unsupported();
        let advice = texts::remote_is_unsupported_advice();
        findings.add(&META_REMOTE, path, "is_support_remote", message, advice);
    }
}

fn check_type(meta: &Map<String, Value>, path: &str, findings: &mut Findings) {
    let found = meta.get("plugin_type");
    match found.and_then(Value::as_str) {
        Some("Exporter") => {}
        Some(other) if TYPES.contains(&other) => {
            let message = texts::type_is_not_exporter(other);
            let advice = texts::type_is_not_exporter_advice();
            findings.add(&META_NO_EXPORTER, path, "plugin_type", message, advice);
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
            let advice = texts::type_advice();
            let applies = |objection: &Objection| {
                objection.consumer == Consumer::V1 || !matches_ignoring_case
            };
            findings.add_to(&META_TYPE, applies, path, "plugin_type", message, advice);
        }
    }
}

fn check_display_name(name: &str, path: &str, findings: &mut Findings) {
    let field = "plugin_display_name";
    let length = name.chars().count();
    if length > LIMIT {
        let message = texts::name_is_too_long(length, LIMIT);
        let advice = sources::text_is_too_long_advice();
        findings.add(&META_NAME_LENGTH, path, field, message, advice);
    }
    if breaks_yaml(name) {
        let (message, advice) = (texts::name_breaks_yaml(name), texts::name_breaks_yaml_advice());
        findings.add(&META_NAME_YAML, path, field, message, advice);
    } else if name.contains(" #") {
        let (message, advice) = (texts::name_is_cut(name), texts::name_is_cut_advice());
        findings.add(&META_NAME_CUT, path, field, message, advice);
    } else if name.contains(['&', '<', '>', '\'', '"']) {
        let (message, advice) = (texts::name_is_escaped(name), texts::name_is_escaped_advice());
        findings.add(&META_NAME_ESCAPED, path, field, message, advice);
    }
}

/// Whether a text is not a plain YAML scalar after `key: `. HTML escaping makes quotes and angle
/// brackets start with `&`.
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

/// The string value of a key; numbers are converted.
fn text(meta: &Map<String, Value>, key: &str) -> Option<String> {
    match meta.get(key)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
