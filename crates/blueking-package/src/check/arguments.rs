//! What becomes of parameters between the form and the exporter: joined with blanks, written into
//! env.yaml, passed through `eval`, split and globbed by the shell, or expanded by cmd.

use serde_json::Value;

use super::documents::{Object, filled};
use super::finding::Findings;
use super::layout::Plugin;
use super::rule::rules;

rules! {
    /// A value holds no `$` and no backtick: the start script evaluates them, as root.
    ARGUMENT_EXECUTED = "argument-executed": Warning, Run [Host];
    /// A value holds no blank: it becomes several arguments, and quotes do not help.
    ARGUMENT_SPLIT = "argument-split": Warning, Run [Host];
    /// A value holds no `*`, `?` or `[`: they become names of files.
    ARGUMENT_GLOB = "argument-glob": Warning, Run [Host];
    /// A value holds no `_=`, which becomes `+=`, and no ` #`, which cuts the rest.
    ARGUMENT_REWRITTEN = "argument-rewritten": Warning, Run [Host];
    /// A value holds no backslash or quote: a pair of backslashes becomes one, quotes stay as they
    /// are or end the text.
    ARGUMENT_QUOTE = "argument-quote": Warning, Run [Host];
    /// A value holds none of `! % ^ & | < >` where the package is for Windows, whose cmd changes
    /// them.
    ARGUMENT_CMD = "argument-cmd": Warning, Run [Host];
    /// The name of an environment variable is a letter or `_`, then letters, digits and `_`.
    ENV_NAME = "env-name": Error,
        Run [Nodeman says "UndefinedError"];
    /// An environment variable does not replace one that the start script needs.
    ENV_RESERVED = "env-reserved": Warning, Run [Host];
    /// An environment variable's value is a text: others are passed over.
    ENV_TYPE = "env-type": Warning, Lost [V1];
    /// The metrics are at /metrics: the agent asks for nothing else.
    ARGUMENT_PATH = "argument-path": Warning, Run [Host];
}

const RESERVED: [&str; 4] =
    ["BK_CMD_ARGS", "BK_PLUGIN_LOG_PATH", "BK_PLUGIN_PID_PATH", "GSE_AGENT_HOME"];

/// Variables that the server replaces by itself, whatever the package declares.
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
            let message = format!("the path is {default:?}, and the agent asks for /metrics only");
            findings.add(&ARGUMENT_PATH, path, &field, message, "leave it /metrics");
        }
        // The bare name of a switch is all that it passes.
        let is_switch = item.get("type").is_some_and(|kind| kind == "switch");
        let value = if is_switch { String::new() } else { substituted(default, &variables) };
        check_text(&value, &field, path, (unix, windows, is_env), findings);
        if is_flag {
            let field = format!("{name}.name");
            check_text(name, &field, path, (unix, windows, false), findings);
        }
    }
}

/// The value with a word in the place of each variable.
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
    let mut add = |rule, message: &str, advice: &str| {
        findings.add(rule, path, field, format!("{message} ({text:?})"), advice);
    };
    if unix && text.contains(['$', '`']) {
        add(
            &ARGUMENT_EXECUTED,
            "the start script evaluates $ and backticks",
            "leave them out; only ${name} of a collector's parameter is replaced before",
        );
    }
    // An environment variable is not split, as the exporter reads it whole.
    if !is_env && text.trim().contains(char::is_whitespace) && !text.contains(" #") {
        let advice = "make it several parameters, or a parameter of type file";
        add(&ARGUMENT_SPLIT, "the value becomes several arguments", advice);
    }
    if unix && !is_env && text.contains(['*', '?', '[']) {
        let advice = "leave them out; let the exporter have its own default";
        add(&ARGUMENT_GLOB, "the shell replaces * ? [ by names of files", advice);
    }
    if unix && (text.contains("_=") || text.contains(" #")) {
        let message = "the start script turns \"_=\" into \"+=\" and cuts at \" #\"";
        add(&ARGUMENT_REWRITTEN, message, "write the value without them");
    }
    if text.contains(['"', '\'']) || unix && text.contains("\\\\") {
        let message = "quotes are passed as they are, and two backslashes become one";
        add(&ARGUMENT_QUOTE, message, "leave quotes out; write '/' for a backslash");
    }
    if windows && text.contains(['!', '%', '^', '&', '|', '<', '>']) {
        let message = "cmd changes ! % ^ & | < > on Windows";
        add(&ARGUMENT_CMD, message, "write the value without them");
    }
}

fn check_env(item: &Object, name: &str, path: &str, findings: &mut Findings) {
    let field = format!("{name}.name");
    let is_sound = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !is_sound {
        let message = format!("the name {name:?} is no environment variable that can be rendered");
        let advice = "use letters, digits and '_', and begin with no digit";
        findings.add(&ENV_NAME, path, &field, message, advice);
    }
    if RESERVED.contains(&name) {
        let message = format!("the start script itself needs {name}");
        findings.add(&ENV_RESERVED, path, &field, message, "choose another name");
    }
    if let Some(default) =
        item.get("default").filter(|value| !value.is_string() && !value.is_null())
    {
        let message = format!("the default {default} is no text, and is passed over");
        findings.add(&ENV_TYPE, path, &format!("{name}.default"), message, "write it in quotes");
    }
}
