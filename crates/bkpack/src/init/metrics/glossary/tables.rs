//! The tables: tab-separated lines of a name and its Chinese name, sorted. A `*` makes a line a
//! rule for any name of that form; `{}` in its Chinese name stands for what `*` matched.

use std::collections::HashMap;
use std::sync::LazyLock;

macro_rules! tables {
    ($($name:literal)+) => {
        &[$(($name, include_str!(concat!($name, ".tsv")))),+]
    };
}

/// The tables of metrics. `cargo xtask docs` writes node.tsv and redis.tsv.
const METRICS: &[(&str, &str)] = tables!(
    "apache" "blackbox" "elasticsearch" "erlang" "exporters" "go" "haproxy" "jvm" "kafka"
    "memcached" "mongodb" "mysql" "nginx" "node" "postgres" "process" "rabbitmq" "redis" "redis_others"
);

/// Tables of labels, by precedence. `cargo xtask docs` writes own_labels.tsv from the exporters of
/// this project; labels.tsv corrects those that mean something else in most other exporters.
const LABELS: &[(&str, &str)] = tables!("labels" "own_labels");

/// Names of groups of metrics, by prefix.
const GROUPS: &str = include_str!("groups.tsv");

static METRIC_NAMES: LazyLock<HashMap<&str, &str>> =
    LazyLock::new(|| lines(METRICS).filter(|(name, _)| !name.contains('*')).collect());

/// Rules, the most specific one first: the one with the longest fixed part.
static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    let mut rules: Vec<_> = lines(METRICS).filter_map(Rule::parse).collect();
    rules.sort_by_key(|rule| std::cmp::Reverse(rule.prefix.len() + rule.suffix.len()));
    rules
});

struct Rule {
    prefix: &'static str,
    suffix: &'static str,
    zh: &'static str,
}

impl Rule {
    fn parse((name, zh): (&'static str, &'static str)) -> Option<Self> {
        let (prefix, suffix) = name.split_once('*')?;
        Some(Self { prefix, suffix, zh })
    }

    fn apply(&self, name: &str) -> Option<String> {
        let rest = name.strip_prefix(self.prefix)?.strip_suffix(self.suffix)?;
        (!rest.is_empty()).then(|| self.zh.replace("{}", rest))
    }
}

/// The name of a metric that a table lists.
pub(super) fn metric(name: &str) -> Option<&'static str> {
    METRIC_NAMES.get(name).copied()
}

/// The name of a metric by the most specific rule.
pub(super) fn by_rule(name: &str) -> Option<String> {
    RULES.iter().find_map(|rule| rule.apply(name))
}

/// The name of a label.
pub(super) fn label(label: &str) -> Option<&'static str> {
    lines(LABELS).find(|(name, _)| *name == label).map(|(_, zh)| zh)
}

/// The name of a group of metrics.
pub(super) fn group(prefix: &str) -> Option<&'static str> {
    pairs(GROUPS).find(|(name, _)| *name == prefix).map(|(_, zh)| zh)
}

fn lines(tables: &'static [(&str, &str)]) -> impl Iterator<Item = (&'static str, &'static str)> {
    tables.iter().flat_map(|(_, text)| pairs(text))
}

fn pairs(text: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    text.lines().filter_map(|line| line.split_once('\t'))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Checks the form of one table and that no name is in `seen`.
    fn check(table: &str, text: &'static str, limit: usize, seen: &mut BTreeSet<&str>) {
        let names: Vec<_> = text.lines().map(|line| line.split('\t').next().unwrap()).collect();
        assert!(names.is_sorted(), "{table}.tsv is not sorted");
        assert_eq!(pairs(text).count(), names.len(), "{table}.tsv has a line without a tab");
        for (name, zh) in pairs(text) {
            assert!(seen.insert(name), "{table}.tsv: {name} is listed twice");
            let length = zh.chars().count();
            assert!((1..=limit).contains(&length), "{table}.tsv: {name}: {length} characters");
            // A product's name stands for itself, as the name of a group too.
            let is_proper = zh.starts_with(|c: char| c.is_ascii_uppercase()) || table == "groups";
            assert!(zh.chars().any(is_cjk) || is_proper, "{table}.tsv: {name}: {zh}");
            assert!(name.matches('*').count() <= 1, "{table}.tsv: {name}");
        }
    }

    fn is_cjk(c: char) -> bool {
        ('\u{4e00}'..='\u{9fff}').contains(&c)
    }

    #[test]
    fn metric_tables_are_well_formed() {
        let mut seen = BTreeSet::new();
        for (table, text) in METRICS {
            check(table, text, 20, &mut seen);
        }
    }

    #[test]
    fn label_and_group_tables_are_well_formed() {
        for (table, text) in LABELS {
            check(table, text, 15, &mut BTreeSet::new());
        }
        check("groups", GROUPS, 15, &mut BTreeSet::new());
    }

    #[test]
    fn every_hand_written_label_is_needed() {
        let [(_, hand_written), (_, generated)] = LABELS else { panic!("two tables") };
        for line in hand_written.lines() {
            assert!(!generated.lines().any(|other| other == line), "{line}");
        }
    }

    #[test]
    fn neighbours_have_distinct_names() {
        for (table, text) in METRICS {
            let mut names = HashMap::new();
            for (name, zh) in pairs(text).filter(|(name, _)| !name.contains('*')) {
                let prefix = name.rsplit_once('_').map_or("", |(prefix, _)| prefix);
                let other = names.insert((prefix, zh), name);
                assert_eq!(other, None, "{table}.tsv: {name} has the same name: {zh}");
            }
        }
    }

    #[test]
    fn the_most_specific_rule_applies() {
        assert_eq!(by_rule("x_exporter_build_info").as_deref(), Some("采集程序版本信息"));
        assert_eq!(by_rule("x_build_info").as_deref(), Some("版本信息"));
        assert_eq!(by_rule("_build_info"), None);
    }
}
