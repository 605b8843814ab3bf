//! Rules for the definitions of collectors.

use std::collections::BTreeSet;

use super::Findings;
use crate::collector::CollectorDef;

/// The longest Chinese name of a collector, which is that of a group in BlueKing, and of a label.
const MAX_ZH: usize = 15;

pub(super) fn check(def: &CollectorDef, labels: &[(&str, &str)], findings: &mut Findings) {
    let word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if !def.name.bytes().all(word) || !def.name.starts_with(|c: char| c.is_ascii_lowercase()) {
        findings.error("The name of a collector is a lower-case letter, then these, digits and _.");
    }
    if ["enabled", "disable_defaults"].contains(&def.name) {
        findings.error("The name is taken by a flag of the kit.");
    }
    if def.about.trim().is_empty() || !def.about.ends_with('.') {
        findings.error("What the collector is about is a sentence that ends in a full stop.");
    }
    zh(def.zh, "the collector", findings);
    prefix(def, findings);
    for flag in def.flags.iter().map(|flag| flag.spec()) {
        // Or with the beginning of that name: node_exporter's powersupplyclass has a flag
        // --collector.powersupply.ignored-supplies.
        let whose = flag.name.strip_prefix("collector.").and_then(|name| name.split_once('.'));
        if !whose.is_some_and(|(whose, _)| !whose.is_empty() && def.name.starts_with(whose)) {
            let begin = format!("collector.{}.", def.name);
            findings.error(format!("The flag --{} does not begin with --{begin}", flag.name));
        }
        if !flag.help.ends_with('.') {
            findings.error(format!("The help of --{} does not end in a full stop.", flag.name));
        }
    }
    let described: BTreeSet<_> = def
        .metrics()
        .flat_map(|metric| metric.describe().labels.to_vec())
        .chain(def.patterns.iter().flat_map(|pattern| pattern.describe().labels.to_vec()))
        .collect();
    for label in described {
        match labels.iter().find(|(name, _)| *name == label) {
            Some((_, name)) => zh(name, &format!("the label {label}"), findings),
            None => findings.warning(format!(
                "The exporter's dictionary of labels has no Chinese name for {label}."
            )),
        }
    }
}

fn zh(name: &str, whose: &str, findings: &mut Findings) {
    let length = name.chars().count();
    if name.trim().is_empty() {
        findings.warning(format!("There is no Chinese name of {whose}; BlueKing shows it."));
    } else if length > MAX_ZH {
        findings.warning(format!(
            "The Chinese name of {whose} has {length} characters; BlueKing shows {MAX_ZH}."
        ));
    }
}

/// New names of one collector begin alike, with whose they are.
fn prefix(def: &CollectorDef, findings: &mut Findings) {
    let described = def.metrics().map(|metric| metric.describe());
    let own = described.filter(|metric| metric.compatible_with.is_empty());
    let prefixes: BTreeSet<_> = own.filter_map(|metric| metric.name.split('_').next()).collect();
    if prefixes.len() > 1 {
        let prefixes = prefixes.into_iter().collect::<Vec<_>>().join("_, ");
        findings.error(format!("The metrics of one collector begin with {prefixes}_."));
    }
}
