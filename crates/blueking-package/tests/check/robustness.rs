//! Whatever happens to the bytes of a package, a report comes out.

use blueking_package::check::Kind;
use proptest::prelude::*;

use crate::builder::{Package, gzip};
use crate::table::check;

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
