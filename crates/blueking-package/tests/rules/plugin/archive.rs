//! Archives round-trip, are reproducible, and leave no partial file on failure.

use std::fs::{self, File};

use blueking_package::Error;
use blueking_package::plugin::{Package, read, read_config, read_metrics, write};
use flate2::read::GzDecoder;

use crate::support::pool::package;

#[test]
fn written_archive_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pool.tgz");
    write(&path, &package()).unwrap();
    let members = read(&path).unwrap();
    assert_eq!(members, package().members());
    assert_eq!(read_config(&members).unwrap(), package().documents.config);
    assert_eq!(read_metrics(&members).unwrap(), package().documents.metrics);
    let names: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names, ["pool.tgz"]);
}

#[test]
fn two_writes_give_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let [one, two] = ["one.tgz", "two.tgz"].map(|name| folder.path().join(name));
    write(&one, &package()).unwrap();
    write(&two, &package()).unwrap();
    assert_eq!(fs::read(&one).unwrap(), fs::read(&two).unwrap());
}

#[test]
fn folders_start_with_the_executable() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pool.tgz");
    write(&path, &package()).unwrap();
    let mut archive = tar::Archive::new(GzDecoder::new(File::open(&path).unwrap()));
    let mut found = Vec::new();
    for entry in archive.entries().unwrap() {
        let entry = entry.unwrap();
        let header = entry.header();
        assert!(header.entry_type().is_file());
        assert_eq!((header.uid().unwrap(), header.gid().unwrap()), (0, 0));
        assert_eq!(header.mtime().unwrap(), 315_532_800);
        let path = entry.path().unwrap().display().to_string();
        found.push(format!("{path} {:o}", header.mode().unwrap()));
    }
    let linux = [
        "pool_exporter 755",
        "VERSION 644",
        "debug.sh 755",
        "etc/bkmonitorbeat_debug.yaml.tpl 644",
        "etc/env.yaml.tpl 644",
        "etc/{{file1}}.tpl 644",
        "info/config.json 644",
        "info/description.md 644",
        "info/logo.png 644",
        "info/meta.yaml 644",
        "info/metrics.json 644",
        "info/release.md 644",
        "info/signature.yaml 644",
        "parse_yaml.sh 755",
        "project.yaml 644",
        "reload.sh 755",
        "restart.sh 755",
        "start.sh 755",
        "stop.sh 755",
    ];
    let below = |folder: &str, files: &[&str]| -> Vec<String> {
        files.iter().map(|file| format!("{folder}/pool_exporter/{file}")).collect()
    };
    assert_eq!(found[..19], below("external_plugins_linux_aarch64", &linux));
    assert_eq!(found[19..38], below("external_plugins_linux_x86_64", &linux));
    let mut windows = linux.map(|file| file.replace(".sh ", ".bat "));
    windows[0] = "pool_exporter.exe 755".to_owned();
    let windows: Vec<_> = windows.iter().map(String::as_str).collect();
    assert_eq!(found[38..], below("external_plugins_windows_x86_64", &windows));
}

#[test]
fn failed_write_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    // A file cannot replace a non-empty folder.
    let path = folder.path().join("taken.tgz");
    fs::create_dir(&path).unwrap();
    fs::write(path.join("file"), "").unwrap();
    assert!(matches!(write(&path, &package()).unwrap_err(), Error::Io { .. }));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn system_without_executable_is_omitted() {
    let mut executables = package().executables;
    executables.pop_first();
    let members = Package { executables, ..package() }.members();
    assert!(members.iter().all(|member| !member.path.contains("aarch64")));
    assert!(members.iter().any(|member| member.path.contains("windows")));
}
