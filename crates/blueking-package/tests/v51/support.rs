//! A sound description, sound definitions and a sound package, for tests to break.

use blueking_package::check::Finding;
use blueking_package::v51::{Documents, Entries, Package, generate};
use blueking_package::{Definitions, PackageDescription, Problem};

pub(crate) const DESCRIPTION: &str = "
plugin_id = 'host_exporter'
component_name = 'hostexporter'
display_name = '主机指标'
supported_version = 'Linux 64 位'
listen = '127.0.0.1:9601'
telemetry_path = '/metrics'
omit = ['host_exporter_*']

[dimensions]
mountpoint = '挂载点'
path = '路径'

[[parameter]]
flag = '--path.rootfs'
default = '/'
description = '根目录'

[[group]]
name = 'memory'
description = '内存'
metrics = ['sys_mem_usage']

[[group]]
name = 'disk'
description = '磁盘'
metrics = ['sys_disk_*']

[[group]]
name = 'latency'
description = '耗时'
metrics = ['read_seconds']
";

pub(crate) const DEFINITIONS: &str = r#"{
  "name": "host_exporter",
  "version": "0.1.0",
  "build": "a key that nobody knows yet",
  "flags": [
    {"name": "web.listen-address", "value": "ADDRESS", "default": ":9601", "help": "Where."},
    {"name": "web.telemetry-path", "value": "PATH", "default": "/metrics", "help": "Where."},
    {"name": "path.rootfs", "value": "DIR", "default": "/", "help": "Where."}
  ],
  "metrics": [
    {"name": "sys_mem_usage", "kind": "gauge", "help": "Used.", "unit": "percent", "labels": [], "zh": "内存使用率"},
    {"name": "sys_disk_size", "kind": "gauge", "help": "Used.", "unit": "percent", "labels": ["mountpoint"], "zh": "磁盘使用率"},
    {"name": "sys_disk_reads_total", "kind": "counter", "help": "Reads.", "unit": "", "labels": ["mountpoint"], "zh": "读次数"},
    {"name": "read_seconds", "kind": "histogram", "help": "Took.", "unit": "seconds", "labels": ["path"], "zh": "读耗时"},
    {"name": "host_exporter_build_info", "kind": "gauge", "help": "Build.", "unit": "", "labels": ["version"], "zh": ""}
  ]
}"#;

pub(crate) fn documents() -> Documents {
    generate_from(DESCRIPTION, DEFINITIONS).unwrap()
}

pub(crate) fn generate_from(toml: &str, json: &str) -> Result<Documents, Vec<Problem>> {
    let description = PackageDescription::parse("blueking.toml", toml).unwrap();
    let definitions = Definitions::parse("describe", json).unwrap();
    generate(&description, &definitions)
}

pub(crate) fn package() -> Package {
    Package {
        documents: documents(),
        description: "# 主机指标\n".to_owned(),
        logo: png(155, 65),
        linux: Some(elf()),
        windows: Some(pe()),
    }
}

/// As much of an x86-64 ELF as tells it from others.
pub(crate) fn elf() -> Vec<u8> {
    let mut bytes = b"\x7fELF\x02\x01\x01".to_vec();
    bytes.resize(64, 0);
    bytes[16] = 3;
    bytes[18] = 0x3e;
    bytes
}

/// As much of an x86-64 PE32+ as tells it from others.
pub(crate) fn pe() -> Vec<u8> {
    let mut bytes = b"MZ".to_vec();
    bytes.resize(0x3c, 0);
    bytes.extend([0x40, 0, 0, 0]);
    bytes.extend(b"PE\0\0\x64\x86");
    bytes.resize(0x40 + 22, 0);
    bytes.extend([0x22, 0, 0x0b, 0x02]);
    bytes
}

/// The start of a PNG of this size.
pub(crate) fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    bytes.extend(width.to_be_bytes());
    bytes.extend(height.to_be_bytes());
    bytes.extend([8, 6, 0, 0, 0, 0, 0, 0, 0]);
    bytes
}

/// The problems as lines, for a test to compare.
pub(crate) fn lines(problems: &[impl ToString]) -> Vec<String> {
    problems.iter().map(ToString::to_string).collect()
}

/// What is wrong with the files of a package.
pub(crate) fn check(entries: &Entries) -> Vec<Finding> {
    blueking_package::check::entries(entries).findings
}

/// Asserts that there is one problem, that it is at `place` and that its rule holds `expected`.
#[track_caller]
pub(crate) fn assert_only(problems: &[impl ToString], place: &str, expected: &str) {
    let lines = lines(problems);
    let [line] = &*lines else {
        panic!("expected one problem at {place}, found {}: {lines:#?}", lines.len());
    };
    assert!(line.starts_with(&format!("{place}: ")), "expected {place}, found {line}");
    assert!(line.contains(expected), "expected {expected:?} in {line}");
    assert!(line.ends_with('.'), "not a sentence: {line}");
}
