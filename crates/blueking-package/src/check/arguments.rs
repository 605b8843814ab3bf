//! How parameter values change between the form and the exporter: joined with spaces, written to
//! env.yaml, passed through `eval`, split and globbed by the shell, or expanded by cmd.

use serde_json::Value;

use super::documents::{Object, filled};
use super::finding::Findings;
use super::layout::Plugin;
use super::rule::rules;
use crate::names::is_variable;
use crate::texts::check::choose_another_name;
use crate::texts::check_config as texts;

rules! {
    /// Values contain no `$` or backtick: the start script evaluates them as root.
    ARGUMENT_EXECUTED = "argument-executed": Warning, Run [Host];
    /// Values contain no spaces: a space splits the value into several arguments, even within
    /// quotes.
    ARGUMENT_SPLIT = "argument-split": Warning, Run [Host];
    /// Values contain no `*`, `?` or `[`: the shell expands them to file names.
    ARGUMENT_GLOB = "argument-glob": Warning, Run [Host];
    /// Values contain no `_=`, which becomes `+=`, and no ` #`, which truncates the value.
    ARGUMENT_REWRITTEN = "argument-rewritten": Warning, Run [Host];
    /// Values contain no double backslash, which becomes a single one, and no quotes, which are
    /// passed literally or end the value.
    ARGUMENT_QUOTE = "argument-quote": Warning, Run [Host];
    /// Values in a package for Windows contain none of `! % ^ & | < >`, which cmd interprets.
    ARGUMENT_CMD = "argument-cmd": Warning, Run [Host];
    /// The name of an environment variable is a letter or `_`, followed by letters, digits and `_`.
    ENV_NAME = "env-name": Error,
        Run [Nodeman says "UndefinedError"] => texts::variable_pattern_advice;
    /// Environment variables do not override those of the start script.
    ENV_RESERVED = "env-reserved": Warning, Run [Host] => choose_another_name;
    /// The value of an environment variable is a string: other values are ignored.
    ENV_TYPE = "env-type": Warning, SilentlyDropped [V1] => texts::variable_is_not_a_string_advice;
    /// The metrics path is /metrics: the agent scrapes no other path.
    ARGUMENT_PATH = "argument-path": Warning, Run [Host] => texts::other_metrics_path_advice;
}

const RESERVED: [&str; 4] =
    ["BK_CMD_ARGS", "BK_PLUGIN_LOG_PATH", "BK_PLUGIN_PID_PATH", "GSE_AGENT_HOME"];

/// Variables that the server always substitutes.
const VARIABLES: [&str; 3] = ["host", "port", "period"];

pub(super) fn check(list: &[Value], path: &str, plugin: &Plugin<'_>, findings: &mut Findings) {
    let items: Vec<&Object> = list.iter().filter_map(Value::as_object).collect();
    let mode_is = |item: &Object, mode: &str| item.get("mode").is_some_and(|found| found == mode);
    let declared = items.iter().filter(|item| mode_is(item, "collector"));
    let variables: Vec<&str> =
        declared.filter_map(|item| filled(item, "name")).chain(VARIABLES).collect();
    let unix = plugin.folders.iter().any(|folder| folder.is_unix());
    let windows = plugin.folders.iter().any(|folder| !folder.is_unix());

    for item in items {
        let Some(name) = filled(item, "name") else { continue };
        let is_env = mode_is(item, "env");
        let is_flag = mode_is(item, "opt_cmd");
        if is_env {
            check_env(item, name, path, findings);
        }
        if !is_env && !is_flag && !mode_is(item, "pos_cmd") {
            continue;
        }
        let default = item.get("default").and_then(Value::as_str).unwrap_or_default();
        let field = format!("{name}.default");
        if name.trim_start_matches('-') == "web.telemetry-path"
            && !["", "/metrics"].contains(&default)
        {
            findings.add(&ARGUMENT_PATH, path, &field, texts::other_metrics_path(default));
        }
        // A switch passes only its name.
        let is_switch = item.get("type").is_some_and(|kind| kind == "switch");
        let value = if is_switch { String::new() } else { substituted(default, &variables) };
        check_text(&value, &field, path, (unix, windows, is_env), findings);
        if is_flag {
            let field = format!("{name}.name");
            check_text(name, &field, path, (unix, windows, false), findings);
        }
    }
}

/// The value with each variable replaced by a plain word.
fn substituted(default: &str, variables: &[&str]) -> String {
    let replace = |text: String, name: &&str| text.replace(&format!("${{{name}}}"), "x");
    variables.iter().fold(default.to_owned(), replace)
}

fn check_text(
    text: &str,
    field: &str,
    path: &str,
    (unix, windows, is_env): (bool, bool, bool),
    findings: &mut Findings,
) {
    let mut add = |rule, message: fn(&str) -> String, advice: String| {
        findings.add(rule, path, field, (message(text), advice));
    };
    if unix && text.contains(['$', '`']) {
        add(&ARGUMENT_EXECUTED, texts::value_is_executed, texts::value_is_executed_advice());
    }
    // Environment variables are not split.
    if !is_env && text.trim().contains(char::is_whitespace) && !text.contains(" #") {
        add(&ARGUMENT_SPLIT, texts::value_is_split, texts::value_is_split_advice());
    }
    if unix && !is_env && text.contains(['*', '?', '[']) {
        add(&ARGUMENT_GLOB, texts::value_is_globbed, texts::value_is_globbed_advice());
    }
    if unix && (text.contains("_=") || text.contains(" #")) {
        add(&ARGUMENT_REWRITTEN, texts::value_is_rewritten, texts::remove_from_value());
    }
    if text.contains(['"', '\'']) || unix && text.contains("\\\\") {
        add(&ARGUMENT_QUOTE, texts::quotes_are_passed, texts::quotes_are_passed_advice());
    }
    if windows && text.contains(['!', '%', '^', '&', '|', '<', '>']) {
        add(&ARGUMENT_CMD, texts::cmd_interprets_value, texts::remove_from_value());
    }
}

fn check_env(item: &Object, name: &str, path: &str, findings: &mut Findings) {
    let field = format!("{name}.name");
    if !is_variable(name) {
        findings.add(&ENV_NAME, path, &field, texts::variable_pattern(name));
    }
    if RESERVED.contains(&name) {
        findings.add(&ENV_RESERVED, path, &field, texts::variable_is_reserved(name));
    }
    if let Some(default) =
        item.get("default").filter(|value| !value.is_string() && !value.is_null())
    {
        let message = texts::variable_is_not_a_string(&default.to_string());
        findings.add(&ENV_TYPE, path, &format!("{name}.default"), message);
    }
}
