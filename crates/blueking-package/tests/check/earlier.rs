//! Packages that come after another one of the same plugin.

use std::io::Cursor;

use blueking_package::check::{self, Earlier, Report, Severity};
use serde_json::json;

use crate::builder::{LINUX, Package, WINDOWS, elf};
use crate::objections::{APART, find, told};
use crate::table::{E, W, broken_rules};

/// What was done to the earlier package and to the newer one, and the only rule that this breaks.
type Case = (&'static str, &'static str, Severity, fn(&mut Package), fn(&mut Package));

fn nothing(_: &mut Package) {}

fn versioned(package: &mut Package, version: &str) {
    package.set("VERSION", version);
    package.replace("project.yaml", "version: \"1.2\"", &format!("version: \"{version}\""));
}

/// Another executable, and as sound.
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
        "another word on remote collection",
        "earlier-remote",
        W,
        |p| p.replace("info/meta.yaml", "is_support_remote: False", "is_support_remote: True"),
        |p| versioned(p, "2.1"),
    ),
    ("the same once more", "version-not-raised", W, nothing, nothing),
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

fn after(earlier: &Package, newer: &Package) -> Report {
    let earlier = Earlier::from_reader(Cursor::new(earlier.tgz())).unwrap().unwrap();
    let newer = Cursor::new(newer.tgz());
    check::reader_after(newer, Some("pool_exporter.tgz"), &earlier).unwrap()
}

fn changed(change: fn(&mut Package)) -> Package {
    let mut package = Package::sound();
    change(&mut package);
    package
}

#[test]
fn each_pair_is_reported_as_just_that() {
    for (name, rule, severity, earlier, newer) in CASES {
        let report = after(&changed(*earlier), &changed(*newer));
        assert_eq!(broken_rules(&report), [(*rule, *severity)], "{name}: {:?}", report.findings);
        for finding in &report.findings {
            assert_eq!(Some(&*told(finding)), find(APART, rule), "{name}");
        }
    }
}

#[test]
fn the_version_of_one_of_bluekings_own_plugins_is_a_conflict_at_import() {
    let mut package = Package::sound();
    package.rename("bkplugin_pool");
    let report = after(&package, &package);
    let finding = report.findings.iter().find(|one| one.rule == "version-not-raised").unwrap();
    assert_eq!(told(finding), "import: v1");
}

#[test]
fn what_is_raised_as_it_should_be_has_no_finding() {
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
        // The log of changes, and scripts that a site makes anew, have no number.
        |p| {
            p.set("info/release.md", "第二版\n");
            p.file(&format!("{LINUX}/start.sh")).bytes.push(b'\n');
            versioned(p, "1.3");
        },
    ];
    for newer in newer {
        let report = after(&Package::sound(), &changed(newer));
        assert_eq!(report.findings, []);
    }
}

#[test]
fn the_finding_says_what_changed_and_which_version_to_write() {
    let report = after(&Package::sound(), &changed(rebuilt));
    let text = report.findings[0].to_string();
    assert!(text.contains("external_plugins_linux_x86_64/…/pool_exporter changed"), "{text}");
    assert!(text.ends_with("write 2.1 at least, in project.yaml too."), "{text}");

    let report = after(&changed(|p| p.remove(WINDOWS)), &Package::sound());
    let text = report.findings[0].to_string();
    let new = "and external_plugins_windows_x86_64/…/pool_exporter.exe changed";
    assert!(text.contains(new), "{text}");

    let report = after(&Package::sound(), &changed(described));
    let text = report.findings[0].to_string();
    assert!(text.contains("info/metrics.json changed; write 1.3 at least"), "{text}");
}

#[test]
fn only_a_plugin_package_comes_before_another() {
    for bytes in [crate::zip51::sound(), b"text".to_vec(), Package::sound().tgz()[..99].to_vec()] {
        assert_eq!(Earlier::from_reader(Cursor::new(bytes)).unwrap(), None);
    }
    // What is wrong with it otherwise does not matter any more.
    let mut earlier = Package::sound();
    earlier.set("info/config.json", "[");
    earlier.file(&format!("{LINUX}/pool_exporter")).bytes = elf(3, &[]);
    let report = after(&earlier, &changed(|p| versioned(p, "2.1")));
    assert_eq!(report.findings, []);
}
