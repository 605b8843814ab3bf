//! Joins the rows of the form into the arguments of an exporter, like BlueKing 6 and 7.

use std::collections::BTreeMap;

use super::FILES;
use super::documents::{ConfigItem, ItemType, Mode};

/// The string `cmd_args` that a site writes to `env.yaml`; the start script splits it at spaces.
///
/// `values` are the values that an operator entered, by row name; other rows have their default.
/// `${name}` refers to a row of mode `collector` and is substituted in all other rows.
///
/// * `opt_cmd`: `name value`, or nothing if the value is empty; an enabled switch is `name` only;
/// * `pos_cmd`: `value`.
///
/// The value of a file is its path relative to the plugin folder, `etc/` and its name.
///
/// ```
/// use std::collections::BTreeMap;
/// use blueking_package::plugin::{ConfigItem, ItemType, Mode, command_line};
///
/// let item = |name: &str, mode, default: &str| ConfigItem {
///     name: name.to_owned(),
///     mode,
///     input: ItemType::Text,
///     default: default.into(),
///     description: String::new(),
///     visible: true,
///     file_base64: None,
/// };
/// let config = [
///     item("port", Mode::Collector, "9601"),
///     item("--web.listen-address", Mode::OptCmd, "127.0.0.1:${port}"),
/// ];
/// let typed = BTreeMap::from([("port".to_owned(), "10000".to_owned())]);
/// assert_eq!(command_line(&config, &typed), "--web.listen-address 127.0.0.1:10000 ");
/// ```
pub fn command_line(config: &[ConfigItem], values: &BTreeMap<String, String>) -> String {
    let mut text = String::new();
    for item in config {
        let value = value_of(item, config, values);
        match item.mode {
            Mode::OptCmd if item.input == ItemType::Switch => {
                if value == "true" {
                    text += &format!("{} ", item.name);
                }
            }
            Mode::OptCmd if !value.is_empty() => text += &format!("{} {value} ", item.name),
            Mode::PosCmd if !value.is_empty() => text += &format!("{value} "),
            Mode::OptCmd | Mode::PosCmd | Mode::Env | Mode::Collector | Mode::DmsInsert => {}
        }
    }
    text
}

/// The environment variables that a site writes to `env.yaml`, by name. Defaults that are not
/// strings are ignored.
pub fn environment(
    config: &[ConfigItem],
    values: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let items = config.iter().filter(|item| item.mode == Mode::Env);
    let value = |item: &ConfigItem| {
        let is_text = item.default.is_string() || values.contains_key(&item.name);
        if is_text { value_of(item, config, values) } else { String::new() }
    };
    items.map(|item| (item.name.clone(), value(item))).collect()
}

/// The value of a row, with variables of `collector` rows substituted.
pub(super) fn value_of(
    item: &ConfigItem,
    config: &[ConfigItem],
    values: &BTreeMap<String, String>,
) -> String {
    let default = |item: &ConfigItem| match (item.input, item.default_text()) {
        (ItemType::File, name) if !name.is_empty() => format!("{FILES}/{name}"),
        (_, text) => text,
    };
    let entered =
        |item: &ConfigItem| values.get(&item.name).cloned().unwrap_or_else(|| default(item));
    let collectors = config.iter().filter(|other| other.mode == Mode::Collector);
    collectors.fold(entered(item), |value, other| {
        value.replace(&format!("${{{}}}", other.name), &entered(other))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn item(name: &str, mode: Mode, input: ItemType, default: Value) -> ConfigItem {
        let description = String::new();
        ConfigItem {
            name: name.to_owned(),
            mode,
            input,
            default,
            description,
            visible: true,
            file_base64: None,
        }
    }

    #[test]
    fn each_kind_of_row_is_joined() {
        use ItemType::{File, Switch, Text};
        use Mode::{Collector, DmsInsert, Env, OptCmd, PosCmd};
        let host = item("host", Collector, Text, json!("::1"));
        for (mode, input, default, expected) in [
            (OptCmd, Text, json!("1"), "--a 1 "),
            (OptCmd, Text, json!("x y"), "--a x y "),
            (OptCmd, Text, json!(7), "--a 7 "),
            (OptCmd, Text, json!("[${host}]:${port}"), "--a [::1]:${port} "),
            (OptCmd, Text, json!(""), ""),
            (OptCmd, Text, Value::Null, ""),
            (OptCmd, Switch, json!("true"), "--a "),
            (OptCmd, Switch, json!("false"), ""),
            (PosCmd, Text, json!("p"), "p "),
            (PosCmd, Text, json!(""), ""),
            (PosCmd, File, json!("p.conf"), "etc/p.conf "),
            (OptCmd, File, json!("p.conf"), "--a etc/p.conf "),
            (OptCmd, File, json!(""), ""),
            (Env, Text, json!("e"), ""),
            (DmsInsert, Text, json!("d"), ""),
        ] {
            let config = [host.clone(), item("--a", mode, input, default.clone())];
            let arguments = command_line(&config, &BTreeMap::new());
            assert_eq!(arguments, expected, "{mode:?} {input:?} {default}");
        }
    }

    #[test]
    fn variables_use_entered_values_or_defaults() {
        let config = [
            item("host", Mode::Collector, ItemType::Text, json!("::1")),
            item("TARGET", Mode::Env, ItemType::Text, json!("${host}:1")),
            item("PASSWORD", Mode::Env, ItemType::Password, Value::Null),
            item("COUNT", Mode::Env, ItemType::Text, json!(7)),
            item("--a", Mode::OptCmd, ItemType::Text, json!("1")),
        ];
        let typed = [("PASSWORD", "${host}$x")].map(|(n, v)| (n.to_owned(), v.to_owned())).into();
        let variables = environment(&config, &typed);
        let expected = [("COUNT", ""), ("PASSWORD", "::1$x"), ("TARGET", "::1:1")];
        assert!(variables.iter().map(|(name, value)| (&**name, &**value)).eq(expected));
    }
}
