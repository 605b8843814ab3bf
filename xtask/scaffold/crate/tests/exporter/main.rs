//! The real binary: started as a user would, asked over HTTP.
#![allow(clippy::unwrap_used, clippy::panic, reason = "all of it is test code")]

mod process;

use crate::process::Exporter;

#[test]
fn the_page_holds_what_the_folder_has() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a"), "12345").unwrap();
    std::fs::create_dir(folder.path().join("b")).unwrap();
    let exporter = Exporter::start(&["--folder.path", folder.path().to_str().unwrap()]);
    let page = exporter.page();
    for line in [
        "@subject@_entries{kind=\"file\"} 1",
        "@subject@_entries{kind=\"folder\"} 1",
        "@subject@_entries{kind=\"other\"} 0",
        "@subject@_size_bytes 5",
        "@binary@_scrape_collector_success{collector=\"folder\"} 1",
    ] {
        assert!(page.lines().any(|found| found == line), "no {line} in {page}");
    }
}

#[test]
fn a_folder_that_is_not_there_costs_its_own_samples_only() {
    let folder = tempfile::tempdir().unwrap();
    let gone = folder.path().join("gone");
    let exporter = Exporter::start(&["--folder.path", gone.to_str().unwrap()]);
    let page = exporter.page();
    let failed = "\n@binary@_scrape_collector_success{collector=\"folder\"} 0\n";
    assert!(page.contains(failed) && !page.contains("\n@subject@_entries"), "{page}");
}
