//! The check produces a report for any input.

use blueking_package::check::Kind;
use proptest::prelude::*;

use super::hostile;
use super::table::{broken, check};
use crate::support::package::{Package, gzip};

#[test]
fn truncated_packages_are_reported() {
    let (tgz, zip) = (Package::valid().tgz(), super::zip51::valid());
    for bytes in [tgz, zip] {
        for length in 0..bytes.len() {
            let report = check(bytes[..length].to_vec());
            assert!(!report.is_clean() && report.kind == Kind::Unknown, "{length}");
        }
    }
}

#[test]
fn truncated_tars_are_reported() {
    let tar = Package::valid().tar();
    for length in (0..tar.len()).step_by(37) {
        assert!(!check(tar[..length].to_vec()).is_clean(), "{length}");
    }
}

/// Documents of almost two megabytes that consist of mistakes.
fn floods() -> Vec<(&'static str, Vec<u8>)> {
    let flood = |name: &'static str, element: &str| {
        let text = format!("[{}]", vec![element; 2_000_000 / (element.len() + 1)].join(","));
        (name, broken(|package| package.set(name, &text)))
    };
    vec![
        flood("info/metrics.json", "0"),
        flood("info/metrics.json", "{}"),
        flood("info/metrics.json", "[]"),
        flood("info/config.json", "{\"name\":\"$\",\"mode\":\"env\"}"),
        flood("info/meta.yaml", "0"),
        flood("project.yaml", "{a: b}"),
        ("VERSION", broken(|package| package.set("VERSION", "1".repeat(2_000_000)))),
        ("project.yaml", broken(|package| package.set("project.yaml", "[".repeat(2_000_000)))),
        ("info/meta.yaml", broken(|package| package.set("info/meta.yaml", "{a: ".repeat(400_000)))),
    ]
}

#[test]
fn floods_of_mistakes_are_counted() {
    for (name, bytes) in floods() {
        let report = check(bytes);
        assert!(!report.is_clean() && report.findings.len() <= 500, "{name}");
    }
}

/// Peak memory use of checking these bytes above the current use, in KiB. Measures the whole
/// process.
#[cfg(target_os = "linux")]
fn peak_memory_of_check(bytes: Vec<u8>) -> u64 {
    let status = |key: &str| {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(key)).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap()
    };
    // Resets the high-water mark to the current use.
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = status("VmRSS:");
    check(bytes);
    status("VmHWM:").saturating_sub(before)
}

#[cfg(target_os = "linux")]
#[test]
fn hostile_archives_use_little_memory() {
    // Other tests may run in this process.
    if !crate::support::is_alone("check::robustness::hostile_archives_use_little_memory") {
        return;
    }
    for (name, _, _, bytes) in hostile::CASES {
        let used = peak_memory_of_check(bytes());
        assert!(used < 8 << 10, "{name}: {used} KiB");
    }
    for (name, bytes) in floods() {
        let used = peak_memory_of_check(bytes);
        assert!(used < 96 << 10, "{name}: {used} KiB");
    }
}

/// Replaces some bytes of `bytes`.
fn damaged(mut bytes: Vec<u8>, changes: &[(prop::sample::Index, u8)]) -> Vec<u8> {
    for (index, byte) in changes {
        let at = index.index(bytes.len());
        bytes[at] = *byte;
    }
    bytes
}

fn changes() -> impl Strategy<Value = Vec<(prop::sample::Index, u8)>> {
    prop::collection::vec(any::<(prop::sample::Index, u8)>(), 1..8)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_archives_are_reported(changes in changes()) {
        check(damaged(Package::valid().tgz(), &changes));
        check(damaged(super::zip51::valid(), &changes));
    }

    #[test]
    fn damage_in_valid_compression_is_reported(changes in changes()) {
        check(gzip(&damaged(Package::valid().tar(), &changes)));
    }

    #[test]
    fn damaged_documents_are_reported(changes in changes()) {
        let mut package = Package::valid();
        for file in &mut package.files {
            if !file.bytes.is_empty() {
                file.bytes = damaged(std::mem::take(&mut file.bytes), &changes);
            }
        }
        check(package.tgz());
    }

    #[test]
    fn arbitrary_documents_are_reported(text in "[ -~\n\t{}\\[\\]:,\"#&*]{0,200}") {
        let mut package = Package::valid();
        for name in ["VERSION", "project.yaml", "info/meta.yaml", "info/config.json", "info/metrics.json"] {
            package.set(name, &text);
        }
        check(package.tgz());
    }
}
