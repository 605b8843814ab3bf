//! The rows of the form, `info/config.json`.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::documents::{ConfigItem, ItemType, Mode};
use super::{METRICS_PATH, command_line};
use crate::address::Address;
use crate::description::PackageDescription;
use crate::parameter::Input;
use crate::problem::Problems;
use crate::texts::sources_plugin as texts;

/// Generates the rows from a description.
pub(super) fn items(description: &PackageDescription, problems: &mut Problems) -> Vec<ConfigItem> {
    let (host, port) = address(description, problems);
    if description.telemetry_path != METRICS_PATH {
        let rule = (texts::other_metrics_path(), texts::other_metrics_path_advice());
        problems.add(description.location("telemetry_path"), rule);
    }
    let row = |name: &str, mode, default: &str, text: &str, visible| ConfigItem {
        name: name.to_owned(),
        mode,
        input: ItemType::Text,
        default: default.into(),
        description: text.to_owned(),
        visible,
        file_base64: None,
    };
    let mut items = vec![
        // A site also places these two before all others.
        row("host", Mode::Collector, &host, "监听IP", false),
        row("port", Mode::Collector, &port, "监听端口", false),
    ];
    let listen_mode = if description.listen_flag.is_empty() { Mode::Env } else { Mode::OptCmd };
    let (name, value) = (description.listen_name(), &description.listen_value);
    items.push(row(name, listen_mode, value, "监听地址", true));
    if !description.path_flag.is_empty() {
        items.push(row(&description.path_flag, Mode::OptCmd, METRICS_PATH, "指标路径", false));
    }
    for parameter in &description.parameters {
        // Duplicates of standard flags and empty flags are already reported.
        if parameter.name().is_empty() || description.is_standard(&parameter.flag) {
            continue;
        }
        items.push(ConfigItem {
            name: parameter.name().to_owned(),
            mode: match (&parameter.env, &parameter.argument) {
                (Some(_), _) => Mode::Env,
                (None, Some(_)) => Mode::PosCmd,
                (None, None) => Mode::OptCmd,
            },
            input: match parameter.input {
                Input::Text => ItemType::Text,
                Input::Password => ItemType::Password,
                Input::Switch => ItemType::Switch,
                Input::File => ItemType::File,
            },
            default: (*parameter.default).into(),
            description: parameter.description.clone(),
            visible: parameter.visible,
            file_base64: (parameter.input == Input::File)
                .then(|| BASE64_STANDARD.encode(&parameter.content)),
        });
    }
    check_values(&items, description, problems);
    items
}

/// Default host and port of the form; empty if the address is invalid.
fn address(description: &PackageDescription, problems: &mut Problems) -> (String, String) {
    let rule = match Address::parse(&description.listen) {
        Ok(address) if address.is_loopback() => {
            return (address.host.to_owned(), address.port.to_string());
        }
        Ok(Address { host, .. }) => {
            (texts::listens_elsewhere(host), texts::listens_elsewhere_advice()).into()
        }
        Err(rule) => rule,
    };
    problems.add(description.location("listen"), rule);
    (String::new(), String::new())
}

/// Characters of a default that the shells of a site change.
const fn special(is_variable: bool) -> &'static str {
    if is_variable { "$`\"\\!%" } else { "$`\"\\!%*?[&|<>^ \t" }
}

/// Whether a value does not reach the exporter as it is, as a variable or as an argument.
///
/// ```
/// use blueking_package::plugin::is_changed_by_shells;
///
/// assert!(is_changed_by_shells("http://h/?a", false) && !is_changed_by_shells("http://h/?a", true));
/// ```
pub fn is_changed_by_shells(value: &str, is_variable: bool) -> bool {
    value.contains(|c: char| special(is_variable).contains(c) || c.is_control())
        || value.contains("_=")
}

/// Checks for defaults that do not reach the exporter unchanged: the shells of two systems and a
/// script that splits at spaces process them.
fn check_values(items: &[ConfigItem], description: &PackageDescription, problems: &mut Problems) {
    // A separate rule covers file names.
    for item in items.iter().filter(|item| item.input != ItemType::File) {
        let value = command_line::value_of(item, items, &std::collections::BTreeMap::new());
        let special = special(item.mode == Mode::Env);
        if is_changed_by_shells(&value, item.mode == Mode::Env) {
            let advice = match item.mode {
                Mode::Env => texts::shells_change_variable_advice(special),
                _ => texts::shells_change_argument_advice(special.trim_end()),
            };
            let rule = (texts::shells_change_default(&value), advice);
            problems.add(description.location(&format!("parameter.{}.default", item.name)), rule);
        }
    }
}
