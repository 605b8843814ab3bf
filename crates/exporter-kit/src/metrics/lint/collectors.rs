//! Rules for the definitions of collectors.

use std::collections::BTreeSet;

use super::Findings;
use crate::collector::CollectorDef;

/// The longest Chinese name of a label, and of a collector, which is a group in BlueKing.
const MAX_ZH: usize = 15;

pub(super) fn check(def: &CollectorDef, labels: &[(&str, &str)], findings: &mut Findings) {
    let is_valid = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if !def.name.bytes().all(is_valid) || !def.name.starts_with(|c: char| c.is_ascii_lowercase()) {
        findings.error("The name of a collector is a lower-case letter followed by lower-case letters, digits and _.");
    }
    if ["enabled", "disable_defaults"].contains(&def.name) {
        findings.error("The name is used by a flag of the kit.");
    }
    if def.about.trim().is_empty() || !def.about.ends_with('.') {
        findings
            .error("The description of the collector is not a sentence that ends in a full stop.");
    }
    zh(def.zh, "the collector", findings);
    prefix(def, findings);
    for flag in def.flags.iter().map(|flag| flag.spec()) {
        // A prefix of the name is allowed too: the flag of node_exporter's powersupplyclass is
        // --collector.powersupply.ignored-supplies.
        let owner = flag.name.strip_prefix("collector.").and_then(|name| name.split_once('.'));
        if !owner.is_some_and(|(owner, _)| !owner.is_empty() && def.name.starts_with(owner)) {
            let prefix = format!("collector.{}.", def.name);
            findings.error(format!("The flag --{} does not begin with --{prefix}", flag.name));
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

fn zh(name: &str, subject: &str, findings: &mut Findings) {
    let length = name.chars().count();
    if name.trim().is_empty() {
        findings
            .warning(format!("The Chinese name of {subject}, which BlueKing shows, is missing."));
    } else if length > MAX_ZH {
        findings.warning(format!(
            "The Chinese name of {subject} has {length} characters; BlueKing shows {MAX_ZH}."
        ));
    }
}

/// The new names of one collector share a prefix.
fn prefix(def: &CollectorDef, findings: &mut Findings) {
    let described = def.metrics().map(|metric| metric.describe());
    let own = described.filter(|metric| metric.compatible_with.is_empty());
    let prefixes: BTreeSet<_> = own.filter_map(|metric| metric.name.split('_').next()).collect();
    if prefixes.len() > 1 {
        let prefixes = prefixes.into_iter().collect::<Vec<_>>().join("_, ");
        findings.error(format!("The metrics of the collector have several prefixes: {prefixes}_."));
    }
}
