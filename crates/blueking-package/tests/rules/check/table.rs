//! The tables of invalid packages: each case violates exactly one rule, and each rule has a case.

use std::collections::BTreeSet;
use std::io::Cursor;

use blueking_package::check::{self, Consumer, Finding, Kind, Report, Severity};
use serde_json::json;

use super::objections::{SEPARATE_RULES, find, summary};
use super::{hostile, plugin_files, plugin_parameters, zip51};
use crate::support::package::Package;

pub(crate) const E: Severity = Severity::Error;
pub(crate) const W: Severity = Severity::Warning;

/// An invalid package: its name, the violated rule, the severity, and its bytes.
pub(crate) type Case = (&'static str, &'static str, Severity, fn() -> Vec<u8>);

/// A modified valid package as a tgz.
pub(crate) fn broken(change: impl FnOnce(&mut Package)) -> Vec<u8> {
    let mut package = Package::valid();
    change(&mut package);
    package.tgz()
}

pub(crate) fn check(bytes: Vec<u8>) -> Report {
    check::reader(Cursor::new(bytes), Some("pool_exporter.tgz"), None).unwrap()
}

/// The distinct rules of a report.
pub(crate) fn broken_rules(report: &Report) -> Vec<(&'static str, Severity)> {
    let mut rules: Vec<_> =
        report.findings.iter().map(|finding| (finding.rule, finding.severity)).collect();
    rules.sort();
    rules.dedup();
    rules
}

pub(crate) fn cases() -> impl Iterator<Item = &'static Case> {
    [hostile::CASES, plugin_files::CASES, plugin_parameters::CASES, zip51::CASES]
        .into_iter()
        .flatten()
}

#[test]
fn valid_package_has_no_findings() {
    let report = check(Package::valid().tgz());
    assert_eq!(report.findings, []);
    assert_eq!(report.kind, Kind::Plugin);
}

#[test]
fn each_case_violates_exactly_one_rule() {
    let mut wrong = Vec::new();
    for (name, rule, severity, bytes) in cases() {
        let report = check(bytes());
        if broken_rules(&report) != [(*rule, *severity)] {
            let lines: Vec<_> = report
                .findings
                .iter()
                .map(|finding| format!("\n    {} {}: {finding}", finding.severity, finding.rule))
                .collect();
            wrong.push(format!("{name}: expected {severity} {rule}, found{}", lines.concat()));
        }
        report.findings.iter().for_each(|finding| assert_sentence(name, finding));
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases().count(), wrong.join("\n"));
    assert!(cases().count() >= 200, "{}", cases().count());
}

/// Checks that a finding is one line with violation and correction.
fn assert_sentence(name: &str, finding: &Finding) {
    let text = finding.to_string();
    for part in [&finding.message, &finding.advice] {
        assert!(!part.is_empty() && !part.ends_with('.'), "{name}: {text}");
        assert!(!part.starts_with("The "), "{name}: {text}");
    }
    assert!(text.len() < 1500 && !text.contains(char::is_control), "{name}: {text}");
}

#[test]
fn rules_have_cases_and_unique_ids() {
    let tested: BTreeSet<_> = cases().map(|(_, rule, ..)| *rule).collect();
    // One rule concerns the file name; the others have a table of pairs.
    let pairs = super::earlier::CASES.iter().map(|(_, rule, ..)| *rule);
    let separate: BTreeSet<_> = pairs.chain(["file-name"]).collect();
    assert_eq!(separate, SEPARATE_RULES.iter().map(|(rule, _)| *rule).collect());
    let mut ids = BTreeSet::new();
    for rule in check::rules() {
        assert!(ids.insert(rule.id), "{} is a duplicate", rule.id);
        assert!(tested.contains(rule.id) || separate.contains(&rule.id), "{} has no case", rule.id);
        assert!(
            rule.text.ends_with('.') && rule.text.starts_with(|c: char| !c.is_whitespace()),
            "{}",
            rule.id
        );
        assert!(
            rule.objections.is_sorted_by_key(|objection| (objection.stage, objection.consumer)),
            "{}",
            rule.id
        );
    }
}

#[test]
fn two_double_underscores_are_parsed_as_a_type() {
    let rules = |name| {
        let report = check::reader(Cursor::new(Package::valid().tgz()), Some(name), None).unwrap();
        broken_rules(&report)
    };
    assert_eq!(rules("pool__exporter__1.2.tgz"), []);
    assert_eq!(rules("pool__1.tgz"), []);
    assert_eq!(rules("my__pool__1.2.tgz"), [("file-name", W)]);
    let archive = Cursor::new(Package::valid().tgz());
    let report = check::reader(archive, Some("my__pool__1.2.tgz"), None).unwrap();
    assert_eq!(Some(&*summary(&report.findings[0])), find(SEPARATE_RULES, "file-name"));
}

#[test]
fn findings_contain_server_messages() {
    let report = check(broken(|package| package.remove_each("info/meta.yaml")));
    let messages = |report: &Report| -> Vec<_> {
        let objections = report.findings.iter().flat_map(|finding| &finding.objections);
        objections
            .filter(|objection| !objection.answer.is_empty())
            .map(|objection| (objection.consumer, objection.code, objection.answer))
            .collect()
    };
    let expected = (Consumer::V1, Some(3_310_002), "插件包解析错误: 无法解析plugin_id");
    assert_eq!(messages(&report), [expected]);
    // Consumers without an objection have no message.
    let report = check(broken(|package| package.add("a/../../b", 0o644, "")));
    let refused = "文件包含非法路径成员 -> …，请检查";
    assert_eq!(messages(&report), [(Consumer::Nodeman, None, refused)]);
    let report = check(broken(|package| package.add("C:/b", 0o644, "")));
    assert_eq!(messages(&report), []);
}

#[test]
fn schema_violation_reports_loss_of_all_metrics() {
    let loss = "the old importer (v1) drops the whole file, so that the plugin has no metrics";
    let message = |pointer, value| {
        let report = check(broken(|package| package.json("info/metrics.json", pointer, &value)));
        report.findings[0].to_string()
    };
    for (pointer, value) in [
        ("/0/fields/0/type", json!("long")),
        ("/0/fields/0/unit", json!(null)),
        ("/0/table_desc", json!("")),
        ("/0/fields/0", json!(1)),
        ("/0", json!(1)),
        ("/0/rule_list", json!("^a")),
    ] {
        let text = message(pointer, value);
        assert!(text.contains(loss), "{text}");
    }
    for broken_json in ["[", "{}"] {
        let report = check(broken(|package| package.set("info/metrics.json", broken_json)));
        assert!(report.findings[0].message.contains(loss), "{}", report.findings[0]);
    }
    // The old importer accepts names that are too long for the new one; other mistakes have smaller
    // effects.
    for (pointer, value) in [
        ("/0/fields/0/name", json!("a".repeat(256))),
        ("/0/fields/0/unit", json!("%")),
        ("/0/table_name", json!("user")),
    ] {
        let text = message(pointer, value);
        assert!(!text.contains("whole file"), "{text}");
    }
}

#[test]
fn package_for_one_system_is_valid() {
    let bytes = broken(|package| {
        package.remove("external_plugins_linux_aarch64");
        package.remove("external_plugins_windows_x86_64");
    });
    assert_eq!(check(bytes).findings, []);
}
