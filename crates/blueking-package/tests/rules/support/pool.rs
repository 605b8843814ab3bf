//! A valid description, definitions and plugin package that tests modify.

use blueking_package::Problem;
use blueking_package::plugin::{Documents, Package, System, generate};

use super::parsed;

pub(crate) const DESCRIPTION: &str = "
plugin_id = 'pool_exporter'
component_name = 'pool'
display_name = '连接池'
plugin_version = '2.3'
label = 'component'
tag = '中间件'
listen = '127.0.0.1:9700'
omit = ['pool_secret']
omit_in_51 = ['pool_age_seconds']

[dimensions]
name = '名称'

[[parameter]]
flag = '--pool.address'
default = 'tcp://${host}:1234'
description = '地址'

[[parameter]]
flag = '--pool.deep'
type = 'switch'
default = 'false'
description = '逐项采集'
visible = false

[[parameter]]
env = 'POOL_EXPORTER_PASSWORD'
type = 'password'
description = '密码'

[[parameter]]
flag = '--pool.file'
type = 'file'
default = 'pool.conf'
content = 'shards = 2'
description = '配置文件'

[[parameter]]
argument = 'target'
default = 'main'
description = '对象'

[[group]]
name = 'pool'
description = '连接池'
metrics = ['pool_*']

[[group]]
name = 'wait'
description = '等待'
metrics = ['wait_seconds']

[[group]]
name = 'size'
description = '大小'
metrics = ['size_bytes']
";

pub(crate) const DEFINITIONS: &str = r#"{
  "schema": 1,
  "name": "pool_exporter",
  "version": "0.1.0",
  "flags": [{"name": "web.listen-address"}, {"name": "web.telemetry-path"}, {"name": "pool.address"}, {"name": "pool.deep"}, {"name": "pool.file"}],
  "arguments": ["target"],
  "metrics": [
    {"name": "pool_usage_percent", "kind": "gauge", "unit": "percent", "labels": ["name"], "zh": "使用率"},
    {"name": "pool_uses_total", "kind": "counter", "labels": ["name"], "zh": "使用次数"},
    {"name": "pool_age_seconds", "kind": "gauge", "unit": "seconds", "labels": ["name"], "zh": "时长"},
    {"name": "pool_secret", "kind": "gauge"},
    {"name": "wait_seconds", "kind": "histogram", "unit": "seconds", "labels": ["name"], "zh": "等待耗时"},
    {"name": "size_bytes", "kind": "summary", "unit": "bytes", "zh": "大小"}
  ]
}"#;

pub(crate) fn generate_from(toml: &str, json: &str) -> Result<Documents, Vec<Problem>> {
    let (description, definitions) = parsed(toml, json);
    generate(&description, &definitions)
}

pub(crate) fn documents() -> Documents {
    generate_from(DESCRIPTION, DEFINITIONS).unwrap()
}

pub(crate) fn package() -> Package {
    let executables = System::ALL.map(|system| (system, format!("{system:?}").into_bytes()));
    Package {
        documents: documents(),
        description: "# 连接池\n".to_owned(),
        release: "0.1.0\n".to_owned(),
        logo: b"\x89PNG".to_vec(),
        executables: executables.into(),
    }
}

/// The content of a member as text.
pub(crate) fn text(path: &str) -> String {
    let member = package().members().into_iter().find(|member| member.path == path);
    String::from_utf8(member.unwrap_or_else(|| panic!("no {path}")).bytes).unwrap()
}
