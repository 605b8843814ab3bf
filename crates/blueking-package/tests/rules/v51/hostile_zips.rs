//! Damaged archives and archives with false headers: each is an error, and none uses much memory.

use std::fs;

use blueking_package::v51::{self, Entries, read};
use blueking_package::{Error, FileAction, LimitUnit};

use crate::support::zips::{CENTRAL, CENTRAL_NAME, declaring, positions, zip_of};

fn read_bytes(bytes: &[u8]) -> Result<Entries, Error> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.zip");
    fs::write(&path, bytes).unwrap();
    read(&path)
}

#[test]
fn folders_are_ignored() {
    let zip = zip_of(&[("a/b/info.json", b"1"), ("logo.png", b"2"), ("./c", b"3")]);
    let expected = [("c", b"3"), ("info.json", b"1"), ("logo.png", b"2")];
    let expected = expected.map(|(name, bytes)| (name.to_owned(), bytes.to_vec()));
    assert_eq!(read_bytes(&zip).unwrap(), expected.into());
}

#[test]
fn duplicate_base_names_are_an_error() {
    let zip = zip_of(&[("a/info.json", b"1"), ("b/info.json", b"2")]);
    match read_bytes(&zip).unwrap_err() {
        Error::DuplicateEntry { name, .. } => assert_eq!(name, "info.json"),
        error => panic!("{error:?}"),
    }
}

#[test]
fn duplicate_paths_are_an_error() {
    let mut zip = zip_of(&[("info.json", b"1"), ("jnfo.json", b"2")]);
    let second = positions(&zip, CENTRAL)[1];
    zip[second + CENTRAL_NAME] = b'i';
    let error = read_bytes(&zip).unwrap_err();
    assert!(matches!(error, Error::Archive { .. }), "{error:?}");
    let source = std::error::Error::source(&error).unwrap();
    assert!(source.to_string().contains("the same path"), "{source}");
}

#[test]
fn truncation_at_every_length_is_an_error() {
    let zip = zip_of(&[("info.json", b"{\"name\": \"a\"}"), ("logo.png", &[7; 300])]);
    for length in 0..zip.len() {
        let error = read_bytes(&zip[..length]).unwrap_err();
        assert!(matches!(error, Error::Archive { .. }), "{length}: {error:?}");
    }
}

#[test]
fn damaged_entry_is_an_error() {
    let text: Vec<u8> = (0..5000_u32).flat_map(u32::to_le_bytes).collect();
    let mut zip = zip_of(&[("info.json", &text)]);
    zip[200] ^= 0x55;
    let error = read_bytes(&zip).unwrap_err();
    assert!(matches!(error, Error::Archive { .. }), "{error:?}");
}

#[test]
fn declared_sizes_are_not_trusted() {
    let zip = zip_of(&[("a", &[0; 5000])]);
    for declared in [0, 10, 4999, 5001, u32::MAX - 1] {
        let error = read_bytes(&declaring(zip.clone(), declared)).unwrap_err();
        assert!(
            matches!(error, Error::WrongSize { .. } | Error::Archive { .. }),
            "{declared}: {error:?}"
        );
    }
}

#[test]
fn too_many_entries_are_rejected() {
    let names: Vec<String> = (0..=v51::MAX_ENTRIES).map(|n| n.to_string()).collect();
    let files: Vec<(&str, &[u8])> = names.iter().map(|name| (&**name, &b""[..])).collect();
    let error = read_bytes(&zip_of(&files)).unwrap_err();
    assert!(matches!(error, Error::TooLarge { unit: LimitUnit::Files, .. }), "{error:?}");
    assert_eq!(read_bytes(&zip_of(&files[1..])).unwrap().len(), v51::MAX_ENTRIES);
}

#[test]
fn unreadable_files_are_named() {
    for bytes in [&b""[..], b"PK", b"\x1f\x8b\x08 a gzip", &[0; 100]] {
        let error = read_bytes(bytes).unwrap_err().to_string();
        assert!(error.ends_with("a.zip is not a readable package"), "{error}");
    }
    let error = read("no such file".as_ref()).unwrap_err();
    assert!(matches!(error, Error::Io { action: FileAction::Open, .. }), "{error:?}");
}
