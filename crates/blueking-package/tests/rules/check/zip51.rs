//! Invalid packages of BlueKing 5.1. The content of the documents is tested in `v51`.

use std::io::{Cursor, Write};

use blueking_package::check::Kind;
use blueking_package::v51::{self, Entries};
use serde_json::json;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::table::{Case, E, W, check};
use crate::support::{elf, pe, png};

/// The files of a valid package.
pub(crate) fn entries() -> Entries {
    let text = |value: serde_json::Value| value.to_string().into_bytes();
    let parameters = json!([
        {"name": "_exporter_url_", "mode": "collector", "type": "text", "description": "URL",
         "default": "http://127.0.0.1:9700/metrics", "visible": false},
        {"name": "--web.listen-address", "mode": "cmd", "type": "text", "description": "监听地址",
         "default": "127.0.0.1:9700"}
    ]);
    let tables = json!([{"table_name": "pool", "table_desc": "连接池", "fields": [
        {"name": "pool_size", "monitor_type": "metric", "type": "double", "unit": "", "description": "连接数"},
        {"name": "db_name", "monitor_type": "dimension", "type": "string", "unit": "", "description": "库"}
    ]}]);
    [
        (v51::INFO, text(json!({"name": "pool"}))),
        (v51::METRICS, text(tables)),
        (v51::CONFIG_SCHEMA, text(parameters)),
        (v51::LOGO, png(155, 65)),
        (v51::DESCRIPTION, "# 连接池\n".into()),
        (v51::LINUX_EXPORTER, elf(62, &[])),
        (v51::WINDOWS_EXPORTER, pe(0x8664, &[])),
    ]
    .map(|(name, bytes)| (name.to_owned(), bytes))
    .into()
}

pub(crate) fn valid() -> Vec<u8> {
    zip(&entries())
}

fn zip(entries: &Entries) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        archive.start_file(&**name, SimpleFileOptions::DEFAULT).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// A zip with the content of one file replaced.
fn with(name: &str, bytes: impl Into<Vec<u8>>) -> Vec<u8> {
    let mut entries = entries();
    entries.insert(name.to_owned(), bytes.into());
    zip(&entries)
}

fn without(names: &[&str]) -> Vec<u8> {
    let mut entries = entries();
    for name in names {
        entries.remove(*name).expect("the file exists");
    }
    zip(&entries)
}

fn replaced(name: &str, from: &str, to: &str) -> Vec<u8> {
    let text = String::from_utf8(entries()[name].clone()).unwrap();
    assert!(text.contains(from), "{name} has no {from}");
    with(name, text.replace(from, to))
}

pub(crate) const CASES: &[Case] = &[
    ("a file as start parameter", "zip-file", W, || {
        let mut list: serde_json::Value =
            serde_json::from_slice(&entries()[v51::CONFIG_SCHEMA]).unwrap();
        let file = json!({"name": "--a", "mode": "cmd", "type": "file", "description": "a", "default": ""});
        list.as_array_mut().unwrap().push(file);
        with(v51::CONFIG_SCHEMA, list.to_string())
    }),
    ("5.1: no info.json", "zip-missing", E, || without(&[v51::INFO])),
    ("5.1: no metrics.json", "zip-missing", E, || without(&[v51::METRICS])),
    ("5.1: no config_schema.json", "zip-missing", E, || without(&[v51::CONFIG_SCHEMA])),
    ("5.1: no logo", "zip-missing", E, || without(&[v51::LOGO])),
    ("5.1: no description", "zip-missing", E, || without(&[v51::DESCRIPTION])),
    ("5.1: one name in two folders", "zip-duplicate-name", E, || with("a/info.json", "{}")),
    ("5.1: no executable", "zip-no-executable", E, || {
        without(&[v51::LINUX_EXPORTER, v51::WINDOWS_EXPORTER])
    }),
    ("5.1: the documentation's exporterwindows.exe", "zip-executable-name", E, || {
        with("exporterwindows.exe", pe(0x8664, &[]))
    }),
    ("5.1: info.json cut short", "zip-json", E, || with(v51::INFO, "{")),
    ("5.1: metrics.json with a byte order mark", "zip-json", E, || {
        with(v51::METRICS, "\u{feff}[]")
    }),
    ("5.1: a name with an underscore", "zip-info", E, || replaced(v51::INFO, "pool", "pool_a")),
    ("5.1: a name of 16 characters", "zip-info", E, || {
        replaced(v51::INFO, "pool", &"a".repeat(16))
    }),
    ("5.1: a table of 16 characters", "zip-table", E, || {
        replaced(v51::METRICS, "\"pool\"", &format!("\"{}\"", "a".repeat(16)))
    }),
    ("5.1: metrics.json as an object", "zip-table", E, || with(v51::METRICS, "{}")),
    ("5.1: the type int of 6.x", "zip-field", E, || replaced(v51::METRICS, "double", "int")),
    ("5.1: a field without unit", "zip-field", E, || replaced(v51::METRICS, "\"unit\"", "\"u\"")),
    ("5.1: the mode opt_cmd of 6.x", "zip-parameter", E, || {
        replaced(v51::CONFIG_SCHEMA, "\"cmd\"", "\"opt_cmd\"")
    }),
    ("5.1: a type of 6.x", "zip-parameter", E, || {
        replaced(
            v51::CONFIG_SCHEMA,
            "\"cmd\",\"name\":\"--web.listen-address\",\"type\":\"text\"",
            "\"cmd\",\"name\":\"--web.listen-address\",\"type\":\"switch\"",
        )
    }),
    ("5.1: a URL on another host", "zip-url", E, || {
        replaced(v51::CONFIG_SCHEMA, "http://127.0.0.1", "http://10.0.0.1")
    }),
    ("5.1: a URL without default", "zip-url", E, || {
        replaced(v51::CONFIG_SCHEMA, "http://127.0.0.1:9700/metrics", "")
    }),
    ("5.1: another port", "zip-url", E, || {
        replaced(v51::CONFIG_SCHEMA, "\"127.0.0.1:9700\"", "\"127.0.0.1:9701\"")
    }),
    ("5.1: a logo of another size", "zip-logo", E, || with(v51::LOGO, png(64, 64))),
    ("5.1: a GIF as logo", "zip-logo", E, || with(v51::LOGO, "GIF89a")),
    ("5.1: an empty description", "zip-description", E, || with(v51::DESCRIPTION, "\n")),
    ("5.1: a description in GBK", "zip-description", E, || with(v51::DESCRIPTION, b"\xd6\xf7")),
    ("5.1: an aarch64 executable", "executable-machine", E, || {
        with(v51::LINUX_EXPORTER, elf(183, &[]))
    }),
    ("5.1: an empty executable", "executable-machine", E, || with(v51::LINUX_EXPORTER, "")),
    ("5.1: a dynamic executable", "executable-dynamic", W, || {
        with(v51::LINUX_EXPORTER, elf(62, &[(3, b"/lib64/ld-linux-x86-64.so.2\0")]))
    }),
];

#[test]
fn valid_zip_has_no_findings() {
    let report = check(valid());
    assert_eq!(report.findings, []);
    assert_eq!(report.kind, Kind::V51);
    assert_eq!(check(without(&[v51::WINDOWS_EXPORTER])).findings, []);
    assert_eq!(check(with("LICENSE", "text")).findings, []);
}

#[test]
fn unpacked_files_follow_the_same_rules() {
    let mut entries = entries();
    assert!(blueking_package::check::entries(&entries).is_clean());
    entries.insert(v51::LOGO.to_owned(), b"GIF89a".to_vec());
    let report = blueking_package::check::entries(&entries);
    assert_eq!(report.findings, check(with(v51::LOGO, "GIF89a")).findings);
}
