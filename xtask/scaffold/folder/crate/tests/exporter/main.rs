//! Tests of the binary over HTTP.
#![allow(clippy::unwrap_used, clippy::panic, reason = "all of it is test code")]

use std::path::Path;
use std::process::Command;

use exporter_kit::testing::Running;

fn start(folder: &Path) -> Running {
    let mut command = Command::new(env!("CARGO_BIN_EXE_@binary@"));
    command.arg("--folder.path").arg(folder);
    Running::start(command)
}

#[test]
fn page_has_the_entries_of_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a"), "12345").unwrap();
    std::fs::create_dir(folder.path().join("b")).unwrap();
    let page = start(folder.path()).scrape();
    for (series, value) in [
        ("@subject@_entries{kind=\"file\"}", 1.0),
        ("@subject@_entries{kind=\"folder\"}", 1.0),
        ("@subject@_entries{kind=\"other\"}", 0.0),
        ("@subject@_size_bytes", 5.0),
        ("@binary@_scrape_collector_success{collector=\"folder\"}", 1.0),
    ] {
        assert_eq!(page.value(series), Some(value), "{series} in {}", page.text());
    }
}

#[test]
fn missing_folder_affects_only_its_samples() {
    let folder = tempfile::tempdir().unwrap();
    let page = start(&folder.path().join("missing")).scrape();
    let success = "@binary@_scrape_collector_success{collector=\"folder\"}";
    assert_eq!(page.value(success), Some(0.0), "{}", page.text());
    assert!(!page.has("@subject@_entries"), "{}", page.text());
}
