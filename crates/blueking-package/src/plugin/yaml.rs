//! The YAML documents of a package. Every text is written in double quotes with JSON escapes, which
//! are valid in YAML, so that it is always parsed as a string.

use super::documents::{Meta, Version};
use super::system::System;

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

/// The document `project.yaml` of a system. `port` is the preferred port.
pub(super) fn project(meta: &Meta, version: Version, port: &str, system: System) -> String {
    let windows = system == System::WindowsX86_64;
    let script =
        |name: &str| quoted(&if windows { format!("{name}.bat") } else { format!("./{name}.sh") });
    format!(
        "name: {id}\n\
         version: {version}\n\
         description: {name}\n\
         description_en: {id}\n\
         label: {label}\n\
         category: external\n\
         auto_launch: false\n\
         launch_node: all\n\
         port_range: {ports}\n\
         upstream:\n  \
           - bkmonitorbeat\n\
         dependences:\n  \
           gse_agent: \"1.2.0\"\n  \
           bkmonitorbeat: \"1.7.0\"\n\
         control:\n  \
           start: {start}\n  \
           stop: {stop}\n  \
           restart: {restart}\n  \
           reload: {reload}\n  \
           debug: {debug}\n  \
           version: {show}\n\
         config_templates:\n  \
           - plugin_version: \"*\"\n    \
             name: env.yaml\n    \
             version: {config}\n    \
             file_path: etc\n    \
             format: yaml\n    \
             source_path: etc/env.yaml.tpl\n\
         need_delegate: True\n",
        id = quoted(&meta.plugin_id),
        version = quoted(&version.to_string()),
        name = quoted(&meta.display_name),
        label = quoted(&meta.label),
        ports = quoted(&format!("{port},10000-65535")),
        start = script("start"),
        stop = script("stop"),
        restart = script("restart"),
        reload = script("reload"),
        debug = script("debug"),
        show = quoted(if windows { "type VERSION" } else { "cat VERSION" }),
        config = version.config,
    )
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
