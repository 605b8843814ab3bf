//! Whatever happens to the bytes of a package, a report comes out.

use blueking_package::check::Kind;
use proptest::prelude::*;

use crate::builder::{Package, gzip};
use crate::hostile;
use crate::table::{broken, check};

#[test]
fn no_start_of_a_package_is_sound_or_stops_the_check() {
    let (tgz, zip) = (Package::sound().tgz(), crate::zip51::sound());
    for bytes in [tgz, zip] {
        for length in 0..bytes.len() {
            let report = check(bytes[..length].to_vec());
            assert!(!report.is_clean() && report.kind == Kind::Unknown, "{length}");
        }
    }
}

#[test]
fn no_start_of_a_tar_stops_the_check() {
    let tar = Package::sound().tar();
    for length in (0..tar.len()).step_by(37) {
        assert!(!check(tar[..length].to_vec()).is_clean(), "{length}");
    }
}

/// Documents of nearly two megabytes that are nothing but mistakes.
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
fn a_flood_of_mistakes_is_counted_and_not_listed() {
    for (name, bytes) in floods() {
        let report = check(bytes);
        assert!(!report.is_clean() && report.findings.len() <= 500, "{name}");
    }
}

/// The most memory that checking these bytes takes beyond what is in use before, in KiB. All that
/// the process does counts.
#[cfg(target_os = "linux")]
fn memory_of_a_check(bytes: Vec<u8>) -> u64 {
    let status = |key: &str| {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(key)).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap()
    };
    // Sets the high-water mark back to what is in use now.
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = status("VmRSS:");
    check(bytes);
    status("VmHWM:").saturating_sub(before)
}

#[cfg(target_os = "linux")]
#[test]
fn what_means_harm_costs_little_memory() {
    // Other tests may run in this process, so this one is run again in one of its own.
    const ALONE: &str = "BLUEKING_PACKAGE_TEST_ALONE";
    if std::env::var_os(ALONE).is_none() {
        let again = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "robustness::what_means_harm_costs_little_memory", "--nocapture"])
            .env(ALONE, "1")
            .output()
            .unwrap();
        let printed = String::from_utf8_lossy(&again.stdout);
        assert!(
            printed.contains("1 passed"),
            "{printed}{}",
            String::from_utf8_lossy(&again.stderr)
        );
        return;
    }
    for (name, _, _, bytes) in hostile::CASES {
        let used = memory_of_a_check(bytes());
        assert!(used < 8 << 10, "{name}: {used} KiB");
    }
    for (name, bytes) in floods() {
        let used = memory_of_a_check(bytes);
        assert!(used < 96 << 10, "{name}: {used} KiB");
    }
}

/// Some bytes of `bytes` replaced.
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
    fn damaged_archives_are_reported_on(changes in changes()) {
        check(damaged(Package::sound().tgz(), &changes));
        check(damaged(crate::zip51::sound(), &changes));
    }

    #[test]
    fn damage_behind_sound_compression_is_reported_on(changes in changes()) {
        check(gzip(&damaged(Package::sound().tar(), &changes)));
    }

    #[test]
    fn damaged_documents_are_reported_on(changes in changes()) {
        let mut package = Package::sound();
        for file in &mut package.files {
            if !file.bytes.is_empty() {
                file.bytes = damaged(std::mem::take(&mut file.bytes), &changes);
            }
        }
        check(package.tgz());
    }

    #[test]
    fn any_documents_are_reported_on(text in "[ -~\n\t{}\\[\\]:,\"#&*]{0,200}") {
        let mut package = Package::sound();
        for name in ["VERSION", "project.yaml", "info/meta.yaml", "info/config.json", "info/metrics.json"] {
            package.set(name, &text);
        }
        check(package.tgz());
    }
}
