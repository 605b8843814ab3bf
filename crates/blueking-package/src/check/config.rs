//! `info/config.json`: the parameters that an operator fills in, as the servers validate them.

use std::collections::BTreeSet;

use serde_json::Value;

use super::arguments;
use super::documents::{self, Object, filled, is_taken_for_boolean, objects_to_text, shown};
use super::finding::{Findings, Objection, Reader};
use super::layout::Plugin;
use super::rule::rules;

rules! {
    /// The file is there. Without it the import ends in an error of the server itself.
    CONFIG_MISSING = "config-missing": Error,
        Import [V1 says "HTTP 500 KeyError: 'config.json'"];
    /// The file is a JSON list. Of anything else the old importer makes an empty list without a
    /// word; the new one refuses it.
    CONFIG_JSON = "config-json": Error, Import [V2], Lost [V1];
    /// Each parameter is an object.
    CONFIG_ITEM = "config-item": Error, Import [V2], Save [V1];
    /// `name` is there and not blank, with at most 255 characters for the new importer.
    CONFIG_NAME = "config-name": Error, Import [V2], Save [V1];
    /// `mode` is one of collector, opt_cmd, pos_cmd, env, dms_insert.
    CONFIG_MODE = "config-mode": Error, Import [V2], Save [V1];
    /// `type` is one that the servers know.
    CONFIG_TYPE = "config-type": Error, Import [V2], Save [V1];
    /// The key `default` is there; its value may be null.
    CONFIG_DEFAULT = "config-default": Error, Import [V2], Save [V1];
    /// The key `description` is there, with a text that may be empty.
    CONFIG_DESCRIPTION = "config-description": Error, Import [V2], Save [V1];
    /// Optional keys have the type that the servers validate: visible, required booleans,
    /// election a list, of objects for the new importer, options an object.
    CONFIG_OPTIONAL = "config-optional": Error, Import [V2], Save [V1];
    /// The default of a switch is the text "true" or "false".
    CONFIG_SWITCH = "config-switch": Error, Save [V1];
    /// A parameter of type file brings its file in `file_base64`.
    CONFIG_FILE = "config-file": Error, Save [V1];
    /// No two parameters have one name.
    CONFIG_DUPLICATE = "config-duplicate": Warning;
    /// The collector's parameters `host` and `port` are there: the agent asks at the address that
    /// they give.
    CONFIG_HOST_PORT = "config-host-port": Error, Run [Host];
    /// Some default holds `${host}` and some `${port}`.
    CONFIG_VARIABLES = "config-variables": Error,
        Save [Ui says "Exporter 类型插件参数默认值必须包含 ${host} 和 ${port} 变量模板"];
    /// The default port is a number from 1 to 65535: the page stops at what is no number of at most
    /// five digits, node management at what is no port.
    CONFIG_PORT = "config-port": Error, Save [Nodeman, Ui];
}

const MODES: [&str; 5] = ["collector", "opt_cmd", "pos_cmd", "env", "dms_insert"];

const TYPES: [&str; 10] =
    ["text", "password", "switch", "file", "encrypt", "host", "service", "code", "list", "custom"];

const NAME_LIMIT: usize = 255;

pub(super) fn check(plugin: &Plugin<'_>, findings: &mut Findings) {
    if plugin.missing("info/config.json").len() == plugin.folders.len() {
        let path = plugin.folders[0].file("info/config.json");
        let advice = "add it, with the parameters host and port at least";
        findings.add(&CONFIG_MISSING, &path, "", "the file is missing for every system", advice);
    }
    for (path, bytes) in plugin.distinct("info/config.json") {
        let consequence = "the old importer (v1) goes on without any parameter";
        let list = documents::list(bytes, &path, &CONFIG_JSON, consequence, findings);
        let Some(list) = list else { continue };
        check_list(&list, &path, findings);
        arguments::check(&list, &path, plugin, findings);
    }
}

fn check_list(list: &[Value], path: &str, findings: &mut Findings) {
    let mut names = BTreeSet::new();
    let mut is_sound = true;
    for (index, item) in list.iter().enumerate() {
        let position = format!("[{index}]");
        let Some(item) = item.as_object() else {
            is_sound = false;
            let advice = "write it as {\"name\": …}";
            findings.add(&CONFIG_ITEM, path, &position, "the parameter is no object", advice);
            continue;
        };
        let name = filled(item, "name");
        let label = name.unwrap_or(&position);
        is_sound &= name.is_some();
        check_item(item, label, path, findings);
        // A port or host of another mode is a parameter like any other.
        let is_collector = item.get("mode").is_some_and(|mode| mode == "collector");
        if name.is_some_and(|name| !names.insert((name, is_collector))) {
            let message = format!("the parameter {label:?} is there twice");
            findings.add(&CONFIG_DUPLICATE, path, label, message, "list it once");
        }
    }
    // What is missing from a list that cannot be read in full is not known.
    if is_sound {
        check_collector(list, path, findings);
    }
}

fn check_item(item: &Object, label: &str, path: &str, findings: &mut Findings) {
    let field = |key: &str| format!("{label}.{key}");
    if filled(item, "name").is_none_or(|name| name.chars().count() > NAME_LIMIT) {
        let message = format!("the name is {}", shown(item.get("name")));
        let advice = "write a text of 1 to 255 characters";
        let applies = |one: &Objection| objects_to_text(one, item.get("name"), NAME_LIMIT);
        findings.add_to(&CONFIG_NAME, applies, path, &field("name"), message, advice);
    }
    let mode = item.get("mode");
    if !mode.and_then(Value::as_str).is_some_and(|mode| MODES.contains(&mode)) {
        let message = format!("the mode is {}", shown(mode));
        let advice = if mode.is_some_and(|mode| mode == "cmd") {
            "write opt_cmd (a flag and its value) or pos_cmd (a value); cmd is BlueKing 5.1's"
                .to_owned()
        } else {
            format!("write one of {}", MODES.join(", "))
        };
        findings.add(&CONFIG_MODE, path, &field("mode"), message, advice);
    }
    let kind = item.get("type").and_then(Value::as_str);
    if !kind.is_some_and(|kind| TYPES.contains(&kind)) {
        let message = format!("the type is {}", shown(item.get("type")));
        let advice = format!("write one of {}", TYPES.join(", "));
        findings.add(&CONFIG_TYPE, path, &field("type"), message, advice);
    }
    match item.get("default") {
        None => {
            let advice = "add it; null is a value too";
            let place = field("default");
            findings.add(&CONFIG_DEFAULT, path, &place, "the key \"default\" is missing", advice);
        }
        Some(default) if kind == Some("switch") => {
            if *default != "true" && *default != "false" {
                let message = format!("the default of a switch is {default}");
                let advice = "write \"true\" or \"false\", in quotes";
                findings.add(&CONFIG_SWITCH, path, &field("default"), message, advice);
            }
        }
        Some(_) => {}
    }
    if !item.get("description").is_some_and(Value::is_string) {
        let message = format!("the description is {}", shown(item.get("description")));
        let advice = "write a text; it may be empty";
        findings.add(&CONFIG_DESCRIPTION, path, &field("description"), message, advice);
    }
    if kind == Some("file") && filled(item, "file_base64").is_none() {
        let advice = "add the file as Base64, or make the parameter a text";
        let place = field("file_base64");
        findings.add(&CONFIG_FILE, path, &place, "the parameter brings no file", advice);
    }
    check_optional(item, label, path, findings);
}

fn check_optional(item: &Object, label: &str, path: &str, findings: &mut Findings) {
    let is_list_of_objects =
        |value: &Value| value.as_array().is_some_and(|list| list.iter().all(Value::is_object));
    type Is<'a> = &'a dyn Fn(&Value) -> bool;
    let keys: [(&str, Is<'_>, &str); 4] = [
        ("visible", &Value::is_boolean, "true or false"),
        ("required", &Value::is_boolean, "true or false"),
        ("election", &is_list_of_objects, "a list of objects"),
        ("options", &Value::is_object, "an object"),
    ];
    for (key, is_sound, wanted) in keys {
        if let Some(value) = item.get(key).filter(|value| !is_sound(value)) {
            let message = format!("the value {} is not {wanted}", shown(Some(value)));
            let advice = format!("write {wanted}, or leave the key out");
            let place = format!("{label}.{key}");
            let applies = |one: &Objection| match key {
                "election" => one.reader == Reader::V2 || !value.is_array(),
                "options" => true,
                _ => !is_taken_for_boolean(value),
            };
            findings.add_to(&CONFIG_OPTIONAL, applies, path, &place, message, advice);
        }
    }
}

/// Where the exporter listens, which the agent must know too.
fn check_collector(list: &[Value], path: &str, findings: &mut Findings) {
    let collector =
        |name: &str| list.iter().find(|item| item["name"] == name && item["mode"] == "collector");
    for (name, default) in [("host", "127.0.0.1"), ("port", "9601")] {
        if collector(name).is_none() {
            let message = format!("the collector's parameter {name:?} is missing");
            let advice = format!("add it, with mode collector, type text and default {default}");
            findings.add(&CONFIG_HOST_PORT, path, name, message, advice);
        }
        let variable = format!("${{{name}}}");
        let holds =
            |item: &Value| item["default"].as_str().is_some_and(|text| text.contains(&variable));
        if !list.iter().any(holds) {
            let message =
                format!("no default holds {variable}, so the exporter cannot be told its {name}");
            let advice = "give the listen address the default \"${host}:${port}\"";
            findings.add(&CONFIG_VARIABLES, path, name, message, advice);
        }
    }
    if let Some(port) = collector("port").and_then(|item| item.get("default")) {
        let number = match port {
            Value::String(text) => {
                text.parse().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit()))
            }
            other => other.as_u64(),
        };
        if !number.is_some_and(|number: u64| (1..=65_535).contains(&number)) {
            let message = format!("the default port is {port}");
            let advice = "write a number from 1 to 65535";
            // Without a default there is nothing that node management could refuse.
            let is_none = port.is_null() || *port == "";
            let applies = |one: &Objection| match one.reader {
                Reader::Nodeman => !is_none,
                _ => !number.is_some_and(|number| (1..=99_999).contains(&number)),
            };
            findings.add_to(&CONFIG_PORT, applies, path, "port.default", message, advice);
        }
    }
}
