//! The scripts and templates of `packaging/blueking`, instantiated for a plugin.

use super::documents::{ConfigItem, ItemType, Mode};
use super::system::System;
use super::{DEBUG_TEMPLATE, ENV_TEMPLATE, FILES, Member};

/// Placeholder for the plugin id in the files.
const PLACEHOLDER: &str = "@plugin_id@";

macro_rules! files {
    ($($name:literal from $path:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("../../../../packaging/blueking/", $path)))),+]
    };
}

const LINUX: &[(&str, &str)] = files![
    "debug.sh" from "linux/debug.sh",
    "parse_yaml.sh" from "linux/parse_yaml.sh",
    "reload.sh" from "linux/reload.sh",
    "restart.sh" from "linux/restart.sh",
    "start.sh" from "linux/start.sh",
    "stop.sh" from "linux/stop.sh",
];

const WINDOWS: &[(&str, &str)] = files![
    "debug.bat" from "windows/debug.bat",
    "parse_yaml.bat" from "windows/parse_yaml.bat",
    "reload.bat" from "windows/reload.bat",
    "restart.bat" from "windows/restart.bat",
    "start.bat" from "windows/start.bat",
    "stop.bat" from "windows/stop.bat",
];

const ENV: &str = include_str!("../../../../packaging/blueking/etc/env.yaml.tpl");
const DEBUG: &str = include_str!("../../../../packaging/blueking/etc/bkmonitorbeat_debug.yaml.tpl");

/// The scripts and templates of a plugin for a system, with paths relative to the plugin folder.
/// BlueKing monitoring replaces them with equivalent ones in every package that it imports.
pub fn rendered_files(system: System, config: &[ConfigItem], plugin_id: &str) -> Vec<Member> {
    let scripts = scripts(system, plugin_id).into_iter();
    let scripts = scripts.map(|(name, text)| (name.to_owned(), 0o755, text));
    let templates = templates(config, plugin_id).into_iter();
    let templates = templates.map(|(path, text)| (path, 0o644, text));
    let member =
        |(path, mode, text): (String, u32, String)| Member { path, mode, bytes: text.into_bytes() };
    scripts.chain(templates).map(member).collect()
}

/// The scripts of a system by name.
fn scripts(system: System, plugin_id: &str) -> Vec<(&'static str, String)> {
    let (files, line_end) = match system {
        System::LinuxAarch64 | System::LinuxX86_64 => (LINUX, "\n"),
        // cmd fails to find labels in files with LF line endings.
        System::WindowsX86_64 => (WINDOWS, "\r\n"),
    };
    let instantiate = |text: &str| {
        let text = text.replace(PLACEHOLDER, plugin_id);
        text.lines().flat_map(|line| [line, line_end]).collect()
    };
    files.iter().map(|(name, text)| (*name, instantiate(text))).collect()
}

/// The templates by path in the plugin folder: the debug configuration, the environment with the
/// arguments, and one for each uploaded file, whose name and content a site fills in.
fn templates(config: &[ConfigItem], plugin_id: &str) -> Vec<(String, String)> {
    let variables = config.iter().filter(|item| item.mode == Mode::Env);
    let lines: String =
        variables.map(|item| format!("{name}: {{{{ {name} }}}}\n", name = item.name)).collect();
    let env = format!("{ENV}{lines}BK_CMD_ARGS: {{{{ cmd_args }}}}\n");
    let mut templates = vec![
        (DEBUG_TEMPLATE.to_owned(), DEBUG.replace(PLACEHOLDER, plugin_id)),
        (ENV_TEMPLATE.to_owned(), env),
    ];
    let files = config.iter().filter(|item| item.input == ItemType::File).count();
    templates.extend((1..=files).map(|number| {
        let path = format!("{FILES}/{{{{file{number}}}}}.tpl");
        (path, format!("{{{{file{number}_content}}}}"))
    }));
    templates
}
