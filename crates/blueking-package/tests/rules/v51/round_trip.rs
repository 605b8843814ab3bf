//! Archives round-trip, are reproducible, and leave no partial file on failure.

use std::fs::{self, File};
use std::path::Path;

use blueking_package::Error;
use blueking_package::v51::{self, Documents, Entries, read, write};
use zip::{System, ZipArchive};

use crate::support::host::{check, package};
use crate::support::lines;

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn written_archive_is_readable_and_valid() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hostexporter.zip");
    write(&path, &package()).unwrap();
    let entries = read(&path).unwrap();
    assert_eq!(entries, package().to_entries());
    assert_eq!(lines(&check(&entries)), [""; 0]);
    assert_eq!(lines(&blueking_package::check::file(&path).unwrap().findings), [""; 0]);
    assert_eq!(Documents::from_entries(&entries).unwrap(), package().documents);
    assert_eq!(names(folder.path()), ["hostexporter.zip"]);
}

#[test]
fn two_writes_give_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let [one, two] = ["one.zip", "two.zip"].map(|name| folder.path().join(name));
    write(&one, &package()).unwrap();
    write(&two, &package()).unwrap();
    assert_eq!(fs::read(&one).unwrap(), fs::read(&two).unwrap());
}

#[test]
fn entries_have_fixed_order_date_and_mode() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.zip");
    write(&path, &package()).unwrap();
    let mut archive = ZipArchive::new(File::open(&path).unwrap()).unwrap();
    let mut found = Vec::new();
    for index in 0..archive.len() {
        let entry = archive.by_index(index).unwrap();
        let mode = entry.unix_mode().unwrap() & 0o777;
        found.push(format!("{} {mode:o}", entry.name().unwrap()));
        assert_eq!(entry.system(), System::Unix);
        assert_eq!(entry.last_modified().unwrap().to_string(), "1980-01-01 00:00:00");
        // Version 2.0 is plain deflate; a 64-bit entry requires 4.5.
        assert_eq!(entry.version_needed(), 20);
    }
    let expected = [
        "config_schema.json 644",
        "description.md 644",
        "exporter-linux 755",
        "exporter-windows.exe 755",
        "info.json 644",
        "logo.png 644",
        "metrics.json 644",
    ];
    assert_eq!(found, expected);
}

#[test]
fn failed_write_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    // A file cannot replace a non-empty folder.
    let path = folder.path().join("taken.zip");
    fs::create_dir(&path).unwrap();
    fs::write(path.join("file"), "").unwrap();
    assert!(matches!(write(&path, &package()).unwrap_err(), Error::Io { .. }));
    assert_eq!(names(folder.path()), ["taken.zip"]);
}

#[test]
fn missing_or_invalid_documents_are_named() {
    let error = Documents::from_entries(&Entries::new()).unwrap_err().to_string();
    assert_eq!(error, "the archive has no info.json");
    let mut entries = package().to_entries();
    entries.insert(v51::METRICS.to_owned(), b"[\n{}]".to_vec());
    let error = Documents::from_entries(&entries).unwrap_err().to_string();
    assert!(
        error.starts_with("metrics.json: missing field") && error.contains("line 2"),
        "{error}"
    );
}
