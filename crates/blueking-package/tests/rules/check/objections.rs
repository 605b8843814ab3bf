//! Objections to the packages of the tables of cases: by rule, and for the cases that differ from
//! their rule.

use std::collections::BTreeSet;

use blueking_package::check::{Finding, Stage};

use super::table::{cases, check};

/// A rule and the objections to a package that violates it; `-` for none.
const RULES: &[(&str, &str)] = &[
    ("archive-format", "import: 5.1 v1 V2 nodeman"),
    ("archive-compression", "import: V2"),
    ("archive-truncated", "import: v1 V2 nodeman"),
    ("archive-damaged", "import: v1 V2 nodeman"),
    ("archive-trailing", "lost: v1 V2 nodeman"),
    ("archive-bomb", "-"),
    ("archive-declared-size", "-"),
    ("archive-members", "-"),
    ("archive-path", "import: V2 nodeman"),
    ("archive-link", "import: V2"),
    ("archive-special", "-"),
    ("archive-duplicate", "lost: v1 V2 nodeman"),
    ("archive-name", "-"),
    ("archive-header", "-"),
    ("archive-nested", "lost: v1 V2"),
    ("archive-method", "import: 5.1"),
    ("archive-zip-for-tgz", "import: v1 V2 nodeman"),
    ("document-size", "-"),
    ("layout-no-os-folder", "import: v1 V2 nodeman"),
    ("layout-wrapped", "import: V2 nodeman"),
    ("layout-unknown-os", "lost: v1 V2 nodeman"),
    ("layout-misspelt-os", "lost: v1 V2 nodeman"),
    ("layout-aix", "lost: v1"),
    ("layout-several-plugins", "import: nodeman, lost: v1 V2"),
    ("layout-ids-differ", "import: V2, lost: v1"),
    ("layout-info-lookalike", "lost: v1"),
    ("layout-extra-file", "lost: v1 V2"),
    ("layout-file-and-folder", "import: V2 nodeman"),
    ("plugin-id-pattern", "import: v1"),
    ("plugin-id-length", "import: v1"),
    ("plugin-id-official", "-"),
    ("plugin-id-case", "-"),
    ("meta-missing", "import: v1 V2"),
    ("meta-yaml", "import: v1 V2"),
    ("meta-type", "import: v1 V2"),
    ("meta-no-exporter", "import: v1 V2"),
    ("meta-id", "import: V2"),
    ("meta-label", "import: V2, save: v1"),
    ("meta-label-unknown", "-"),
    ("meta-text", "save: v1"),
    ("meta-tag-length", "save: v1"),
    ("meta-name-length", "save: v1"),
    ("meta-name-yaml", "save: v1 nodeman"),
    ("meta-name-cut", "lost: v1"),
    ("meta-name-escaped", "lost: v1"),
    ("meta-tag", "lost: v1"),
    ("meta-remote", "-"),
    ("version-missing", "import: V2"),
    ("version-format", "import: V2, lost: v1"),
    ("version-differs", "lost: v1 V2"),
    ("version-lookalike", "lost: v1"),
    ("config-missing", "import: v1"),
    ("config-json", "import: V2, lost: v1"),
    ("config-item", "import: V2, save: v1"),
    ("config-name", "import: V2, save: v1"),
    ("config-mode", "save: v1"),
    ("config-type", "save: v1"),
    ("config-default", "save: v1"),
    ("config-description", "save: v1"),
    ("config-optional", "import: V2, save: v1"),
    ("config-switch", "save: v1"),
    ("config-file", "save: v1"),
    ("config-duplicate", "-"),
    ("config-host-port", "run: host"),
    ("config-variables", "save: UI"),
    ("config-port", "save: nodeman UI"),
    ("argument-executed", "run: host"),
    ("argument-split", "run: host"),
    ("argument-glob", "run: host"),
    ("argument-rewritten", "run: host"),
    ("argument-quote", "run: host"),
    ("argument-cmd", "run: host"),
    ("argument-path", "run: host"),
    ("env-name", "run: nodeman"),
    ("env-reserved", "run: host"),
    ("env-type", "lost: v1"),
    ("metrics-missing", "import: v1"),
    ("metrics-json", "import: V2, lost: v1"),
    ("metrics-form", "import: V2, lost: v1"),
    ("metrics-null", "import: V2, lost: v1"),
    ("metrics-table-name", "lost: v1"),
    ("metrics-table-reserved", "save: v1"),
    ("metrics-table-duplicate", "save: v1"),
    ("metrics-table-desc", "lost: v1"),
    ("metrics-table-empty", "lost: v1"),
    ("metrics-rule-list", "lost: v1"),
    ("metrics-rules", "save: v1"),
    ("metrics-nul", "lost: v1"),
    ("metrics-field-name", "import: V2, lost: v1"),
    ("metrics-field-pattern", "save: UI"),
    ("metrics-monitor-type", "import: V2, lost: v1"),
    ("metrics-type", "import: V2, lost: v1"),
    ("metrics-type-misfit", "-"),
    ("metrics-description", "lost: v1"),
    ("metrics-unit", "lost: v1"),
    ("metrics-optional", "import: V2, lost: v1"),
    ("metrics-duplicate", "save: v1"),
    ("metrics-dimension-twice", "-"),
    ("metrics-clash", "save: v1"),
    ("metrics-count", "save: UI"),
    ("metrics-reserved-label", "lost: host"),
    ("metrics-reserved-word", "save: UI"),
    ("metrics-le", "lost: v1"),
    ("executable-missing", "import: V2, lost: v1"),
    ("executable-empty", "import: v1"),
    ("executable-text", "import: v1"),
    ("executable-machine", "run: host"),
    ("executable-truncated", "run: host"),
    ("executable-shadowed", "import: v1"),
    ("executable-sibling", "-"),
    ("executable-order", "lost: v1"),
    ("executable-dynamic", "run: host"),
    ("executable-dlls", "run: host"),
    ("executable-size", "-"),
    ("executable-mode", "run: host"),
    ("script-text", "run: host"),
    ("info-differs", "lost: v1"),
    ("info-missing-here", "-"),
    ("info-utf8", "import: V2, save: v1"),
    ("info-nul", "save: v1"),
    ("info-signature-form", "import: v1"),
    ("info-logo-place", "lost: v1"),
    ("info-release", "save: v1"),
    ("info-logo", "-"),
    ("info-logo-size", "lost: V2"),
    ("info-signature", "-"),
    ("project-missing", "import: nodeman nodemgr"),
    ("project-yaml", "import: nodeman nodemgr"),
    ("project-keys", "import: nodeman nodemgr"),
    ("project-name", "lost: nodeman"),
    ("project-version", "lost: nodeman"),
    ("project-category", "import: nodeman"),
    ("project-auto-type", "import: nodeman"),
    ("project-port-range", "import: nodeman nodemgr"),
    ("project-templates", "import: nodeman"),
    ("project-template-file", "import: nodeman"),
    ("project-template-place", "lost: nodemgr"),
    ("project-main-config", "import: nodemgr"),
    ("project-script", "run: host"),
    ("zip-missing", "import: 5.1"),
    ("zip-duplicate-name", "import: 5.1"),
    ("zip-no-executable", "import: 5.1"),
    ("zip-executable-name", "lost: 5.1"),
    ("zip-json", "import: 5.1"),
    ("zip-info", "import: 5.1"),
    ("zip-table", "import: 5.1"),
    ("zip-field", "import: 5.1"),
    ("zip-parameter", "import: 5.1"),
    ("zip-url", "import: 5.1"),
    ("zip-file", "run: 5.1"),
    ("zip-logo", "import: 5.1"),
    ("zip-description", "import: 5.1"),
];

/// Like [`RULES`], for the rules with separate tables or tests.
pub(crate) const SEPARATE_RULES: &[(&str, &str)] = &[
    ("earlier-id", "-"),
    ("earlier-type", "import: v1"),
    ("earlier-remote", "import: v1"),
    ("version-not-raised", "lost: v1"),
    ("version-config-not-raised", "lost: v1"),
    ("file-name", "import: V2"),
];

/// Cases whose objections differ from those of their rule.
const EXCEPTIONS: &[(&str, &str)] = &[
    // No importer notices these.
    ("a wrong checksum of the compression", "-"),
    ("a file twice with one content", "-"),
    ("a file that ends in VERSION", "-"),
    ("a VERSION at the top", "-"),
    ("a VERSION in full-width digits", "-"),
    ("a table_name with a blank", "-"),
    ("a group with a blank description", "-"),
    ("a rule_list of numbers", "-"),
    // The importers differ in what they take for a text.
    ("no label", "import: V2"),
    ("a label that is yes", "save: v1"),
    ("meta.yaml as UTF-16", "import: V2"),
    ("meta.yaml in GBK", "import: v1 V2"),
    ("a display name of 256 characters", "import: V2, save: v1"),
    ("config.json as an object", "import: V2, save: v1"),
    ("config.json with a byte order mark", "import: V2"),
    ("config.json with half a character", "import: V2, save: v1"),
    ("an alias that is a number", "import: V2"),
    ("a key that is null", "save: v1"),
    ("auth_json as an object", "save: v1"),
    ("a mode that is null", "import: V2, save: v1"),
    ("a description that is null", "import: V2, save: v1"),
    ("a group without fields", "lost: v1"),
    ("a field without type", "lost: v1"),
    ("a signature that is a list", "save: v1"),
    // Only BlueKing 5.1 reads zips.
    ("a zip without its end", "import: 5.1"),
    ("a zip that declares too little", "import: 5.1"),
    ("a zip with a different local name", "import: 5.1"),
    ("a path that climbs in a zip", "-"),
    ("a link in a zip", "-"),
    ("an entry of a zip twice", "import: 5.1"),
    ("a tgz in a zip", "lost: 5.1"),
    // Rejection depends on the target and the spelling of a path.
    ("a path that climbs and comes back", "import: nodeman"),
    ("a path with backslashes", "-"),
    ("a path with a drive", "-"),
    ("a link to a sibling file", "-"),
    ("a hard link to another member", "-"),
    // Node management recognises more system names.
    ("32-bit Linux", "lost: v1 V2"),
    ("without external_", "lost: v1 V2"),
    ("OS folders without external_", "import: v1 V2"),
    ("a file at the top", "lost: v1 V2 nodeman"),
    ("a folder at the top", "lost: v1 V2 nodeman"),
    ("an id of 65 characters", "import: v1 V2"),
    // The new importer ignores case.
    ("plugin_type in lower case", "import: v1"),
    ("no VERSION at all", "import: V2, lost: v1"),
    ("a VERSION above 999999", "import: V2"),
    ("no executable at all", "import: V2, save: v1"),
    ("project.yaml without category", "import: nodeman"),
    ("5.1: an empty executable", "run: host"),
    ("a backup in front", "lost: v1"),
    ("meta.yaml for two systems", "import: V2"),
    // The old importer rejects blank strings, the new one checks the length.
    ("a parameter with a blank name", "save: v1"),
    ("a name of 256 characters", "import: V2"),
    ("visible as a text", "-"),
    ("required as a number", "-"),
    ("election as a list of texts", "import: V2"),
    ("port 65536", "save: nodeman"),
    ("an empty port", "-"),
    // Keys that only one importer reads.
    ("a rule_list that is null", "lost: v1"),
    ("an unknown key that is null", "lost: v1"),
    ("a group without name", "import: V2, lost: v1"),
    ("the documentation's group_name", "import: V2, lost: v1"),
    ("a group description that is a number", "import: V2"),
    ("rules that are a text", "import: V2"),
    ("a description that is a number", "import: V2"),
    ("a unit that is a number", "import: V2"),
    ("is_active as a text", "-"),
    ("a blank conversion", "lost: v1"),
    ("dimensions as a text", "lost: v1"),
    // Saving checks only the preceding groups.
    ("a dimension that is a metric of a later group", "run: v1"),
    // Whether BlueKing requires them is undocumented.
    ("5.1: no logo", "-"),
    ("5.1: no description", "-"),
    // The agent does not find the exporter.
    ("5.1: another port", "run: host"),
];

/// The objections as text: `import: V2, lost: v1`.
pub(crate) fn summary(finding: &Finding) -> String {
    let stages = finding.objections.chunk_by(|objection, next| objection.stage == next.stage);
    let parts: Vec<_> = stages
        .map(|same| {
            let stage = match same[0].stage {
                Stage::Import => "import",
                Stage::Save => "save",
                Stage::SilentlyDropped => "lost",
                Stage::Run => "run",
            };
            let consumers: Vec<_> =
                same.iter().map(|objection| objection.consumer.to_string()).collect();
            format!("{stage}: {}", consumers.join(" "))
        })
        .collect();
    if parts.is_empty() { "-".to_owned() } else { parts.join(", ") }
}

pub(crate) fn find(rows: &[(&str, &'static str)], key: &str) -> Option<&'static str> {
    rows.iter().find(|(name, _)| *name == key).map(|(_, value)| *value)
}

#[test]
fn findings_list_the_expected_objections() {
    let mut wrong = Vec::new();
    let mut other = BTreeSet::new();
    let mut usual = BTreeSet::new();
    for (name, rule, _, bytes) in cases() {
        let expected = find(EXCEPTIONS, name).or(find(RULES, rule)).unwrap_or("no row");
        for finding in &check(bytes()).findings {
            let found = summary(finding);
            if found != expected {
                wrong.push(format!("{name}: {rule}: expected {expected:?}, found {found:?}"));
            }
        }
        if find(EXCEPTIONS, name).is_some() {
            other.insert(*name);
        } else {
            usual.insert(*rule);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let unused = EXCEPTIONS.iter().filter(|(name, _)| !other.contains(name));
    let unused = unused.chain(RULES.iter().filter(|(rule, _)| !usual.contains(rule)));
    assert_eq!(unused.collect::<Vec<_>>(), <[&(&str, &str); 0]>::default());
}
