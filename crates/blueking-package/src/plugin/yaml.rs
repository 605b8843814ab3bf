//! The YAML documents of a package. Every text is written in double quotes with JSON escapes, which
//! are valid in YAML, so that it is always parsed as a string.

use std::collections::BTreeMap;

use super::documents::{Meta, Version};
use super::system::System;
use super::template::render;

/// The document `info/meta.yaml`.
pub(super) fn meta(meta: &Meta) -> String {
    format!(
        "plugin_id: {id}\n\
         plugin_display_name: {name}\n\
         plugin_type: Exporter\n\
         tag: {tag}\n\
         label: {label}\n\
         is_support_remote: False\n",
        id = quoted(&meta.plugin_id),
        name = quoted(&meta.display_name),
        tag = quoted(&meta.tag),
        label = quoted(&meta.label),
    )
}

/// The document `project.yaml`, whose names in braces [`project`] fills in.
const PROJECT: &str = include_str!("../../../../packaging/blueking/project.yaml.tpl");

/// The document `project.yaml` of a system. `port` is the preferred port.
pub(super) fn project(meta: &Meta, version: Version, port: &str, system: System) -> String {
    let windows = system == System::WindowsX86_64;
    let mut values = BTreeMap::from([
        ("id", quoted(&meta.plugin_id)),
        ("version", quoted(&version.to_string())),
        ("name", quoted(&meta.display_name)),
        ("label", quoted(&meta.label)),
        ("ports", quoted(&format!("{port},10000-65535"))),
        ("show", quoted(if windows { "type VERSION" } else { "cat VERSION" })),
        ("config", version.config.to_string()),
    ]);
    for name in ["start", "stop", "restart", "reload", "debug"] {
        let script = if windows { format!("{name}.bat") } else { format!("./{name}.sh") };
        values.insert(name, quoted(&script));
    }
    let values = values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    render(PROJECT, &values).expect("every name in the template has a value")
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
