//! A valid description, definitions and 5.1 package that tests modify.

use blueking_package::Problem;
use blueking_package::check::Finding;
use blueking_package::v51::{Documents, Entries, Package, generate};

use super::{elf, parsed, pe, png};

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
  "schema": 1,
  "name": "host_exporter",
  "version": "0.1.0",
  "build": "an unknown key",
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
    let (description, definitions) = parsed(toml, json);
    generate(&description, &definitions)
}

pub(crate) fn package() -> Package {
    Package {
        documents: documents(),
        description: "# 主机指标\n".to_owned(),
        logo: png(155, 65),
        linux: Some(elf(62, &[])),
        windows: Some(pe(0x8664, &[])),
    }
}

/// The findings for the files of a package.
pub(crate) fn check(entries: &Entries) -> Vec<Finding> {
    blueking_package::check::entries(entries).findings
}
