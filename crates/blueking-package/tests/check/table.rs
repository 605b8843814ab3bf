//! The tables of broken packages: each row is reported as just that, and each rule has a row.

use std::collections::BTreeSet;
use std::io::Cursor;

use blueking_package::check::{self, Finding, Kind, Report, Severity};

use crate::builder::Package;
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

fn cases() -> impl Iterator<Item = &'static Case> {
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
    let apart: Vec<_> = pairs.chain(["file-name"]).collect();
    let mut ids = BTreeSet::new();
    for rule in check::rules() {
        assert!(ids.insert(rule.id), "{} is there twice", rule.id);
        assert!(tested.contains(rule.id) || apart.contains(&rule.id), "{} has no case", rule.id);
        assert!(
            rule.text.ends_with('.')
                && rule.text.starts_with(|c: char| !c.is_whitespace())
                && !rule.readers.is_empty(),
            "{}",
            rule.id
        );
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
}

#[test]
fn the_servers_own_words_are_in_the_finding() {
    let report = check(broken(|package| package.remove_each("info/meta.yaml")));
    let finding = &report.findings[0];
    assert_eq!(
        (finding.code, finding.answer),
        (Some(3310002), "插件包解析错误: 无法解析plugin_id")
    );
}

#[test]
fn a_package_for_one_system_is_sound_too() {
    let bytes = broken(|package| {
        package.remove("external_plugins_linux_aarch64");
        package.remove("external_plugins_windows_x86_64");
    });
    assert_eq!(check(bytes).findings, []);
}
