//! Updates of an earlier package of the same plugin.

use std::io::Cursor;

use blueking_package::check::{self, Earlier, Report, Severity};
use serde_json::json;

use super::objections::{SEPARATE_RULES, find, summary};
use super::table::{E, W, broken_rules};
use crate::support::elf;
use crate::support::package::{LINUX, Package, WINDOWS};

/// Name, the only violated rule, its severity, and the changes to the earlier and to the newer
/// package.
type Case = (&'static str, &'static str, Severity, fn(&mut Package), fn(&mut Package));

fn nothing(_: &mut Package) {}

fn versioned(package: &mut Package, version: &str) {
    package.set("VERSION", version);
    package.replace("project.yaml", "version: \"1.2\"", &format!("version: \"{version}\""));
}

/// A different valid executable.
fn rebuilt(package: &mut Package) {
    package.file(&format!("{LINUX}/pool_exporter")).bytes.push(0);
}

fn described(package: &mut Package) {
    package.json("info/metrics.json", "/0/fields/0/description", &json!("连接"));
}

pub(crate) const CASES: &[Case] = &[
    ("another plugin", "earlier-id", W, |p| p.rename("puddle"), nothing),
    (
        "another type",
        "earlier-type",
        E,
        |p| p.replace("info/meta.yaml", "Exporter", "Script"),
        |p| {
            versioned(p, "2.1");
        },
    ),
    (
        "a changed is_support_remote",
        "earlier-remote",
        W,
        |p| p.replace("info/meta.yaml", "is_support_remote: False", "is_support_remote: True"),
        |p| versioned(p, "2.1"),
    ),
    ("an identical package", "version-not-raised", W, nothing, nothing),
    ("a new executable under the old version", "version-not-raised", W, nothing, rebuilt),
    ("a smaller version", "version-not-raised", W, nothing, |p| versioned(p, "1.1")),
    ("9 after 10", "version-not-raised", W, |p| versioned(p, "1.10"), |p| versioned(p, "1.9")),
    ("a new executable under the old first number", "version-config-not-raised", W, nothing, |p| {
        rebuilt(p);
        versioned(p, "1.3");
    }),
    ("a new parameter under the old first number", "version-config-not-raised", W, nothing, |p| {
        p.json("info/config.json", "/4/default", &json!("true"));
        versioned(p, "1.3");
    }),
    (
        "a new system under the old first number",
        "version-config-not-raised",
        W,
        |p| p.remove(WINDOWS),
        |p| {
            versioned(p, "1.3");
        },
    ),
];

pub(crate) fn after(earlier: &Package, newer: &Package) -> Report {
    let earlier = Earlier::from_reader(Cursor::new(earlier.tgz())).unwrap().unwrap();
    let newer = Cursor::new(newer.tgz());
    check::reader(newer, Some("pool_exporter.tgz"), Some(&earlier)).unwrap()
}

pub(crate) fn changed(change: fn(&mut Package)) -> Package {
    let mut package = Package::valid();
    change(&mut package);
    package
}

#[test]
fn each_pair_violates_exactly_one_rule() {
    for (name, rule, severity, earlier, newer) in CASES {
        let report = after(&changed(*earlier), &changed(*newer));
        assert_eq!(broken_rules(&report), [(*rule, *severity)], "{name}: {:?}", report.findings);
        for finding in &report.findings {
            assert_eq!(Some(&*summary(finding)), find(SEPARATE_RULES, rule), "{name}");
        }
    }
}

#[test]
fn official_plugin_version_is_an_import_conflict() {
    let mut package = Package::valid();
    package.rename("bkplugin_pool");
    let report = after(&package, &package);
    let finding =
        report.findings.iter().find(|finding| finding.rule == "version-not-raised").unwrap();
    assert_eq!(summary(finding), "import: v1");
}

#[test]
fn correct_updates_have_no_findings() {
    let newer: [fn(&mut Package); 4] = [
        |p| {
            described(p);
            versioned(p, "1.3");
        },
        |p| {
            rebuilt(p);
            described(p);
            versioned(p, "2.1");
        },
        |p| versioned(p, "1.3"),
        // Release notes and generated scripts do not affect the version.
        |p| {
            p.set("info/release.md", "第二版\n");
            p.file(&format!("{LINUX}/start.sh")).bytes.push(b'\n');
            versioned(p, "1.3");
        },
    ];
    for newer in newer {
        let report = after(&Package::valid(), &changed(newer));
        assert_eq!(report.findings, []);
    }
}

#[test]
fn finding_states_changes_and_next_version() {
    let report = after(&Package::valid(), &changed(rebuilt));
    let text = report.findings[0].to_string();
    assert!(text.contains("external_plugins_linux_x86_64/…/pool_exporter changed"), "{text}");
    assert!(text.ends_with("use at least 2.1, also in project.yaml."), "{text}");

    let report = after(&changed(|p| p.remove(WINDOWS)), &Package::valid());
    let text = report.findings[0].to_string();
    let new = "and external_plugins_windows_x86_64/…/pool_exporter.exe changed";
    assert!(text.contains(new), "{text}");

    let report = after(&Package::valid(), &changed(described));
    let text = report.findings[0].to_string();
    assert!(text.contains("info/metrics.json changed; use at least 1.3"), "{text}");
}

#[test]
fn only_plugin_packages_can_be_earlier() {
    for bytes in [super::zip51::valid(), b"text".to_vec(), Package::valid().tgz()[..99].to_vec()] {
        assert_eq!(Earlier::from_reader(Cursor::new(bytes)).unwrap(), None);
    }
    // Other problems of the earlier package are irrelevant.
    let mut earlier = Package::valid();
    earlier.set("info/config.json", "[");
    earlier.file(&format!("{LINUX}/pool_exporter")).bytes = elf(3, &[]);
    let report = after(&earlier, &changed(|p| versioned(p, "2.1")));
    assert_eq!(report.findings, []);
}
