//! The tables of broken packages: each row is reported as just that, and each rule has a row.

use std::collections::BTreeSet;
use std::io::Cursor;

use blueking_package::check::{self, Finding, Kind, Reader, Report, Severity};
use serde_json::json;

use crate::builder::Package;
use crate::objections::{APART, find, told};
use crate::{hostile, plugin_files, plugin_parameters, zip51};

pub(crate) const E: Severity = Severity::Error;
pub(crate) const W: Severity = Severity::Warning;

/// A broken package: what was done to it, the rule that it breaks, how bad that is, its bytes.
pub(crate) type Case = (&'static str, &'static str, Severity, fn() -> Vec<u8>);

/// A sound package that something was done to, as a tgz.
pub(crate) fn broken(break_it: impl FnOnce(&mut Package)) -> Vec<u8> {
    let mut package = Package::sound();
    break_it(&mut package);
    package.tgz()
}

pub(crate) fn check(bytes: Vec<u8>) -> Report {
    check::reader(Cursor::new(bytes), Some("pool_exporter.tgz")).unwrap()
}

/// The different rules that a report names.
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
fn a_sound_package_has_no_finding() {
    let report = check(Package::sound().tgz());
    assert_eq!(report.findings, []);
    assert_eq!(report.kind, Kind::Plugin);
}

#[test]
fn each_broken_package_is_reported_as_just_that() {
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

/// A finding is one line that says what is wrong and what to do.
fn assert_sentence(name: &str, finding: &Finding) {
    let text = finding.to_string();
    for part in [&finding.message, &finding.advice] {
        assert!(!part.is_empty() && !part.ends_with('.'), "{name}: {text}");
        assert!(!part.starts_with("The "), "{name}: {text}");
    }
    assert!(text.len() < 1500 && !text.contains(char::is_control), "{name}: {text}");
}

#[test]
fn each_rule_has_a_broken_package_and_each_id_is_one_rule() {
    let tested: BTreeSet<_> = cases().map(|(_, rule, ..)| *rule).collect();
    // One is about the name of the file; the others have a table of pairs.
    let pairs = crate::earlier::CASES.iter().map(|(_, rule, ..)| *rule);
    let apart: BTreeSet<_> = pairs.chain(["file-name"]).collect();
    assert_eq!(apart, APART.iter().map(|(rule, _)| *rule).collect());
    let mut ids = BTreeSet::new();
    for rule in check::rules() {
        assert!(ids.insert(rule.id), "{} is there twice", rule.id);
        assert!(tested.contains(rule.id) || apart.contains(&rule.id), "{} has no case", rule.id);
        assert!(
            rule.text.ends_with('.') && rule.text.starts_with(|c: char| !c.is_whitespace()),
            "{}",
            rule.id
        );
        assert!(rule.objections.is_sorted_by_key(|one| (one.stage, one.reader)), "{}", rule.id);
    }
}

#[test]
fn two_double_underscores_in_the_name_are_a_type_for_the_new_importer() {
    let rules = |name| {
        let report = check::reader(Cursor::new(Package::sound().tgz()), Some(name)).unwrap();
        broken_rules(&report)
    };
    assert_eq!(rules("pool__exporter__1.2.tgz"), []);
    assert_eq!(rules("pool__1.tgz"), []);
    assert_eq!(rules("my__pool__1.2.tgz"), [("file-name", W)]);
    let archive = Cursor::new(Package::sound().tgz());
    let report = check::reader(archive, Some("my__pool__1.2.tgz")).unwrap();
    assert_eq!(Some(&*told(&report.findings[0])), find(APART, "file-name"));
}

#[test]
fn the_servers_own_words_are_in_the_finding() {
    let report = check(broken(|package| package.remove_each("info/meta.yaml")));
    let words = |report: &Report| -> Vec<_> {
        let objections = report.findings.iter().flat_map(|one| &one.objections);
        objections
            .filter(|one| !one.answer.is_empty())
            .map(|one| (one.reader, one.code, one.answer))
            .collect()
    };
    let expected = (Reader::V1, Some(3_310_002), "插件包解析错误: 无法解析plugin_id");
    assert_eq!(words(&report), [expected]);
    // Who does not object says nothing.
    let report = check(broken(|package| package.add("a/../../b", 0o644, "")));
    let refused = "文件包含非法路径成员 -> …，请检查";
    assert_eq!(words(&report), [(Reader::Nodeman, None, refused)]);
    let report = check(broken(|package| package.add("C:/b", 0o644, "")));
    assert_eq!(words(&report), []);
}

#[test]
fn one_mistake_in_the_form_of_metrics_is_told_as_the_loss_of_them_all() {
    let loss = "the old importer (v1) drops the whole file, so that the plugin has no metrics";
    let told = |pointer, value| {
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
        let text = told(pointer, value);
        assert!(text.contains(loss), "{text}");
    }
    for broken_json in ["[", "{}"] {
        let report = check(broken(|package| package.set("info/metrics.json", broken_json)));
        assert!(report.findings[0].message.contains(loss), "{}", report.findings[0]);
    }
    // A name that is too long for the new importer is not for the old one, and other mistakes cost
    // less.
    for (pointer, value) in [
        ("/0/fields/0/name", json!("a".repeat(256))),
        ("/0/fields/0/unit", json!("%")),
        ("/0/table_name", json!("user")),
    ] {
        let text = told(pointer, value);
        assert!(!text.contains("whole file"), "{text}");
    }
}

#[test]
fn a_package_for_one_system_is_sound_too() {
    let bytes = broken(|package| {
        package.remove("external_plugins_linux_aarch64");
        package.remove("external_plugins_windows_x86_64");
    });
    assert_eq!(check(bytes).findings, []);
}
