//! `info/config.json`: the parameters of the deployment form, as the servers validate them.

use std::collections::BTreeSet;

use serde_json::Value;

use super::arguments;
use super::documents::{
    self, Object, filled, is_taken_for_boolean, objects_to_optional_text, objects_to_text, value_of,
};
use super::finding::{Consumer, Findings, Objection};
use super::layout::Plugin;
use super::project::is_port_range;
use super::rule::rules;
use crate::texts::{check as shared, check_config as texts, list, sources};

rules! {
    /// The file exists. Without it the import ends in an internal server error.
    CONFIG_MISSING = "config-missing": Error,
        Import [V1 says "HTTP 500 KeyError: 'config.json'"] => texts::config_is_missing_advice;
    /// The file is a JSON list. The old importer silently treats a broken file as an empty list, and
    /// cannot save any other value; the new one rejects both.
    CONFIG_JSON = "config-json": Error, Import [V2], Save [V1], SilentlyDropped [V1];
    /// Each parameter is an object.
    CONFIG_ITEM = "config-item": Error, Import [V2], Save [V1] => shared::write_as_object;
    /// `name` is present and not blank, and has at most 255 characters for the new importer.
    CONFIG_NAME = "config-name": Error, Import [V2], Save [V1] => texts::name_advice;
    /// `mode` is one of collector, opt_cmd, pos_cmd, env, dms_insert. The new importer accepts any
    /// text, and none.
    CONFIG_MODE = "config-mode": Error, Import [V2], Save [V1];
    /// `type` is a type that the servers support. The new importer accepts any text, and none.
    CONFIG_TYPE = "config-type": Error, Import [V2], Save [V1];
    /// The key `default` is present; its value may be null.
    CONFIG_DEFAULT = "config-default": Error, Save [V1] => texts::add_default;
    /// The key `description` is present; its value is a string, which may be empty. The new importer
    /// does not require it, the old one converts a number.
    CONFIG_DESCRIPTION = "config-description": Error, Import [V2], Save [V1] => shared::use_string;
    /// Optional keys have the type that the servers validate: visible and required are booleans,
    /// election is a list (of objects for the new importer), options is an object, alias a string of
    /// at most 255 characters, key a string that is not empty, auth_json a list.
    CONFIG_OPTIONAL = "config-optional": Error, Import [V2], Save [V1];
    /// The default of a switch is the string "true" or "false".
    CONFIG_SWITCH = "config-switch": Error, Save [V1] => texts::switch_default_advice;
    /// A parameter of type file contains its file in `file_base64`.
    CONFIG_FILE = "config-file": Error, Save [V1] => texts::parameter_without_file_advice;
    /// Parameter names are unique.
    CONFIG_DUPLICATE = "config-duplicate": Warning => sources::list_it_once;
    /// The parameters `host` and `port` of mode collector are present: the agent scrapes the
    /// address that they specify.
    CONFIG_HOST_PORT = "config-host-port": Warning, Run [Host];
    /// The defaults contain `${host}` and `${port}`.
    CONFIG_VARIABLES = "config-variables": Warning,
        Save [Ui says "Exporter 类型插件参数默认值必须包含 ${host} 和 ${port} 变量模板"]
        => texts::variable_is_not_used_advice;
    /// The default port is a number from 1 to 65535. The page rejects anything but a number of at
    /// most five digits, node management anything but a list of ports and ranges.
    CONFIG_PORT = "config-port": Error, Save [Nodeman, Ui] => texts::default_port_advice;
}

const MODES: [&str; 5] = ["collector", "opt_cmd", "pos_cmd", "env", "dms_insert"];

const TYPES: [&str; 10] =
    ["text", "password", "switch", "file", "encrypt", "host", "service", "code", "list", "custom"];

const NAME_LIMIT: usize = 255;

pub(super) fn check(plugin: &Plugin<'_>, findings: &mut Findings) {
    if plugin.missing("info/config.json").len() == plugin.folders.len() {
        let path = plugin.folders[0].file("info/config.json");
        findings.add(&CONFIG_MISSING, &path, "", shared::file_is_missing_everywhere());
    }
    for (path, bytes) in plugin.distinct("info/config.json") {
        let consequence = texts::continues_without_parameters;
        let list = documents::list(bytes, &path, &CONFIG_JSON, consequence, findings);
        let Some(list) = list else { continue };
        check_list(&list, &path, findings);
        arguments::check(&list, &path, plugin, findings);
    }
}

fn check_list(list: &[Value], path: &str, findings: &mut Findings) {
    let mut names = BTreeSet::new();
    let mut is_valid = true;
    for (index, item) in list.iter().enumerate() {
        let position = format!("[{index}]");
        let Some(item) = item.as_object() else {
            is_valid = false;
            findings.add(&CONFIG_ITEM, path, &position, texts::parameter_is_not_an_object());
            continue;
        };
        let name = filled(item, "name");
        let label = name.unwrap_or(&position);
        is_valid &= name.is_some();
        check_item(item, label, path, findings);
        // In other modes, host and port are ordinary parameters.
        let is_collector = item.get("mode").is_some_and(|mode| mode == "collector");
        if name.is_some_and(|name| !names.insert((name, is_collector))) {
            findings.add(&CONFIG_DUPLICATE, path, label, texts::parameter_is_listed_twice(label));
        }
    }
    // Only a list that is read completely can be checked for missing parameters.
    if is_valid {
        check_collector(list, path, findings);
    }
}

fn check_item(item: &Object, label: &str, path: &str, findings: &mut Findings) {
    let field = |key: &str| format!("{label}.{key}");
    if filled(item, "name").is_none_or(|name| name.chars().count() > NAME_LIMIT) {
        let applies =
            |objection: &Objection| objects_to_text(objection, item.get("name"), NAME_LIMIT);
        findings.add_to(&CONFIG_NAME, applies, path, &field("name"), value_of(item, "name"));
    }
    for (rule, key, known) in [(&CONFIG_MODE, "mode", &MODES[..]), (&CONFIG_TYPE, "type", &TYPES)] {
        let value = item.get(key);
        if value.and_then(Value::as_str).is_some_and(|text| known.contains(&text)) {
            continue;
        }
        let advice = match value {
            Some(mode) if key == "mode" && mode == "cmd" => texts::mode_is_of_51(),
            _ => shared::use_one_of(&list(known)),
        };
        let applies = |objection: &Objection| {
            objection.consumer == Consumer::V1 || value.is_some_and(|value| !value.is_string())
        };
        findings.add_to(rule, applies, path, &field(key), (value_of(item, key), advice));
    }
    let kind = item.get("type").and_then(Value::as_str);
    match item.get("default") {
        None => {
            findings.add(&CONFIG_DEFAULT, path, &field("default"), value_of(item, "default"));
        }
        Some(default) if kind == Some("switch") => {
            if *default != "true" && *default != "false" {
                let message = texts::switch_default(&default.to_string());
                findings.add(&CONFIG_SWITCH, path, &field("default"), message);
            }
        }
        Some(_) => {}
    }
    if !item.get("description").is_some_and(Value::is_string) {
        let place = field("description");
        let value = item.get("description");
        let applies = |objection: &Objection| match objection.consumer {
            Consumer::V1 => value.is_none_or(|value| !value.is_number()),
            _ => value.is_some(),
        };
        findings.add_to(&CONFIG_DESCRIPTION, applies, path, &place, value_of(item, "description"));
    }
    let has_number = item.get("file_base64").is_some_and(Value::is_number);
    if kind == Some("file") && filled(item, "file_base64").is_none() && !has_number {
        findings.add(&CONFIG_FILE, path, &field("file_base64"), texts::parameter_without_file());
    }
    check_optional(item, label, path, findings);
}

fn check_optional(item: &Object, label: &str, path: &str, findings: &mut Findings) {
    let is_list_of_objects =
        |value: &Value| value.as_array().is_some_and(|list| list.iter().all(Value::is_object));
    type Is<'a> = &'a dyn Fn(&Value) -> bool;
    type Advice = fn() -> String;
    let is_short =
        |value: &Value| value.as_str().is_some_and(|text| text.chars().count() <= NAME_LIMIT);
    let is_filled = |value: &Value| value.as_str().is_some_and(|text| !text.trim().is_empty());
    let keys: [(&str, Is<'_>, Advice); 8] = [
        ("visible", &Value::is_boolean, shared::use_boolean),
        ("required", &Value::is_boolean, shared::use_boolean),
        ("election", &is_list_of_objects, texts::use_list_of_objects),
        ("options", &Value::is_object, texts::use_object),
        ("alias", &is_short, texts::name_advice),
        ("file_base64", &Value::is_string, shared::use_string),
        ("key", &is_filled, texts::name_advice),
        ("auth_json", &Value::is_array, texts::use_list_of_objects),
    ];
    for (key, is_valid, advice) in keys {
        if let Some(value) = item.get(key).filter(|value| !is_valid(value)) {
            let place = format!("{label}.{key}");
            let applies = |objection: &Objection| match key {
                "election" => objection.consumer == Consumer::V2 || !value.is_array(),
                "options" => true,
                "alias" | "file_base64" if value.is_string() => objection.consumer == Consumer::V2,
                "alias" | "file_base64" => objects_to_optional_text(objection, Some(value)),
                // The new importer does not read them.
                "key" => objection.consumer == Consumer::V1 && !value.is_number(),
                "auth_json" => objection.consumer == Consumer::V1,
                _ => !is_taken_for_boolean(value),
            };
            findings.add_or_warn(
                &CONFIG_OPTIONAL,
                applies,
                path,
                &place,
                (value_of(item, key), advice()),
            );
        }
    }
}

/// Checks the listen address, which the agent also uses.
fn check_collector(list: &[Value], path: &str, findings: &mut Findings) {
    let collector =
        |name: &str| list.iter().find(|item| item["name"] == name && item["mode"] == "collector");
    for (name, default) in [("host", "127.0.0.1"), ("port", "9601")] {
        if collector(name).is_none() {
            let message = texts::collector_is_missing(name);
            let advice = texts::collector_is_missing_advice(default);
            findings.add(&CONFIG_HOST_PORT, path, name, (message, advice));
        }
        let variable = format!("${{{name}}}");
        let contains =
            |item: &Value| item["default"].as_str().is_some_and(|text| text.contains(&variable));
        if !list.iter().any(contains) {
            let message = texts::variable_is_not_used(&variable, name);
            findings.add(&CONFIG_VARIABLES, path, name, message);
        }
    }
    if let Some(port) = collector("port").and_then(|item| item.get("default")) {
        let number = match port {
            Value::String(text) => {
                text.parse().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit()))
            }
            other => other.as_u64(),
        };
        let is_range = match port {
            Value::String(text) => is_port_range(text),
            other => other.as_u64().is_some_and(|number| (1..=65_535).contains(&number)),
        };
        if !number.is_some_and(|number: u64| (1..=65_535).contains(&number)) {
            let message = texts::default_port_is(&port.to_string());
            let is_none = port.is_null() || *port == "";
            let applies = |objection: &Objection| match objection.consumer {
                // Without a default, node management allocates a port.
                _ if is_none => false,
                Consumer::Nodeman => !is_range,
                // The page is only used for changes; a port that distribution accepts is imported.
                _ => !is_range && !number.is_some_and(|number| (1..=99_999).contains(&number)),
            };
            findings.add_or_warn(&CONFIG_PORT, applies, path, "port.default", message);
        }
    }
}
