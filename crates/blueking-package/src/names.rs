//! Rules on names common to all BlueKing package formats.

use crate::check;
use crate::problem::{Violation, excerpt};
use crate::texts::sources as texts;

/// Longest plugin id, in characters.
pub(crate) const PLUGIN_ID_LIMIT: usize = 30;

/// Longest name of a component of BlueKing 5.1, in characters: the width of the database column.
const COMPONENT_NAME_LIMIT: usize = 15;

/// Longest name and longest description of a group of metrics in BlueKing 5.1, in characters.
pub const GROUP_TEXT_LIMIT: usize = 15;

/// BlueKing treats plugins with this prefix as its own.
pub(crate) const OFFICIAL_PREFIX: &str = "bkplugin_";

/// Labels that BlueKing sets itself, overwriting the exporter's value.
pub const RESERVED_LABELS: [&str; 16] = [
    "bk_target_ip",
    "bk_target_cloud_id",
    "bk_target_topo_level",
    "bk_target_topo_id",
    "bk_target_service_category_id",
    "bk_target_service_instance_id",
    "bk_collect_config_id",
    "bk_target_host_id",
    "bk_host_id",
    "time",
    "bk_biz_id",
    "bk_supplier_id",
    "bk_cloud_id",
    "ip",
    "bk_cmdb_level",
    "bk_agent_id",
];

/// Whether BlueKing sets this label itself and overwrites the exporter's value.
pub fn is_reserved_label(name: &str) -> bool {
    RESERVED_LABELS.contains(&name)
}

/// Whether BlueKing's pages can save a metric or label of this name: it is an identifier, without
/// reserved words.
///
/// ```
/// assert!(blueking_package::is_savable_name("pool_size"));
/// assert!(!blueking_package::is_savable_name("pool_drops_total") && !blueking_package::is_savable_name("name"));
/// ```
pub fn is_savable_name(name: &str) -> bool {
    is_identifier(name) && !check::is_reserved_field(name)
}

/// Whether a name is a letter followed by letters, digits and `_`.
pub fn is_identifier(name: &str) -> bool {
    !name.starts_with('_') && is_variable(name)
}

/// Whether a name is a letter or `_`, followed by letters, digits and `_`.
pub(crate) fn is_variable(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Checks that a name is a letter followed by letters, digits and `_`. Returns the problem, if any.
pub(crate) fn identifier_rule(name: &str) -> Option<Violation> {
    if name.contains(':') {
        return Some(Violation::new(texts::name_has_colon(name), texts::name_has_colon_advice()));
    }
    (!is_identifier(name))
        .then(|| Violation::new(texts::name_pattern(name), texts::name_pattern_advice()))
}

/// Checks the name of an environment variable and returns the problem, if any. BlueKing also
/// evaluates the name as a template expression, in which `A-B` is a subtraction.
pub(crate) fn variable_rule(name: &str) -> Option<Violation> {
    (!is_variable(name))
        .then(|| Violation::new(texts::variable_pattern(name), texts::variable_pattern_advice()))
}

/// Returns every problem of a plugin id, which names a folder, a binary and a process on every
/// host.
///
/// ```
/// assert!(blueking_package::plugin_id_rules("pool_exporter").is_empty());
/// assert_eq!(blueking_package::plugin_id_rules("pool-exporter").len(), 1);
/// ```
pub fn plugin_id_rules(id: &str) -> Vec<Violation> {
    let mut rules: Vec<Violation> = identifier_rule(id).into_iter().collect();
    rules.extend(length_rule(id, PLUGIN_ID_LIMIT));
    if id.starts_with(OFFICIAL_PREFIX) {
        let message = texts::plugin_id_is_official(id, OFFICIAL_PREFIX);
        rules.push(Violation::new(message, texts::plugin_id_is_official_advice()));
    }
    rules
}

/// Returns every problem of a component name of BlueKing 5.1.
///
/// ```
/// assert!(blueking_package::component_name_rules("poolexporter").is_empty());
/// assert_eq!(blueking_package::component_name_rules("pool_exporter").len(), 1);
/// ```
pub fn component_name_rules(name: &str) -> Vec<Violation> {
    let mut rules: Vec<Violation> = length_rule(name, COMPONENT_NAME_LIMIT).into_iter().collect();
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric()) {
        rules.push(
            (texts::component_name_pattern(name), texts::component_name_pattern_advice()).into(),
        );
    }
    rules
}

/// Checks that a text has at most `limit` Unicode characters. Returns the problem, if any.
pub(crate) fn length_rule(text: &str, limit: usize) -> Option<Violation> {
    let length = text.chars().count();
    (length > limit).then(|| {
        let message = texts::text_is_too_long(&excerpt(text), length, limit);
        Violation::new(message, texts::text_is_too_long_advice())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_match_the_pattern() {
        for (name, valid) in [
            ("sys_mem_usage", true),
            ("a", true),
            ("A9_", true),
            ("", false),
            ("_a", false),
            ("9a", false),
            ("a-b", false),
            ("内存", false),
            ("job:up", false),
        ] {
            assert_eq!(identifier_rule(name).is_none(), valid, "{name}");
        }
    }

    #[test]
    fn variables_match_the_pattern() {
        for (name, valid) in
            [("_A9", true), ("PASSWORD", true), ("", false), ("9A", false), ("A-B", false)]
        {
            assert_eq!(variable_rule(name).is_none(), valid, "{name}");
        }
    }

    #[test]
    fn lengths_are_in_characters() {
        assert_eq!(length_rule("内存使用率内存使用率内存使用率", 15), None);
        assert!(length_rule("内存使用率内存使用率内存使用率!", 15).is_some());
    }

    #[test]
    fn each_plugin_id_rule_applies_alone() {
        assert_eq!(plugin_id_rules("host_exporter"), []);
        assert_eq!(plugin_id_rules(&"a".repeat(30)), []);
        let broken = ["", "1host", "host-exporter", "bkplugin_host", &"a".repeat(31)];
        for id in broken {
            assert_eq!(plugin_id_rules(id).len(), 1, "{id}");
        }
    }

    #[test]
    fn each_component_name_rule_applies_alone() {
        assert_eq!(component_name_rules("hostexporter"), []);
        assert_eq!(component_name_rules(&"9".repeat(15)), []);
        for name in ["", "host-exporter", "host_exporter", "主机", &"a".repeat(16)] {
            assert_eq!(component_name_rules(name).len(), 1, "{name}");
        }
    }
}
