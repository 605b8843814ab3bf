//! Groups, label names and the description from the exporter's definitions, in packages of both
//! formats.

use blueking_package::{Definitions, PackageDescription, Problem, plugin, v51};

use crate::support::{assert_only, parsed};

const DESCRIPTION: &str = "
plugin_id = 'host_exporter'
component_name = 'hostexporter'
display_name = '主机指标'
listen = '127.0.0.1:9601'
";

const DEFINITIONS: &str = r#"{
  "schema": 1,
  "name": "host_exporter",
  "version": "0.1.0",
  "flags": [
    {"name": "web.listen-address", "type": "text", "value": "ADDRESS", "default": ":9601"},
    {"name": "web.telemetry-path", "type": "text", "value": "PATH", "default": "/metrics"},
    {"name": "help", "type": "switch", "action": true}
  ],
  "labels": {"device": "设备", "mode": "模式", "code": "状态码"},
  "groups": [
    {"name": "disk", "zh": "磁盘", "enabled": true},
    {"name": "wifi", "zh": "无线网卡", "enabled": false},
    {"name": "process", "zh": "采集进程", "enabled": true}
  ],
  "collectors": [
    {"name": "disk", "zh": "磁盘", "about": "Disks.", "source": "/proc/diskstats", "systems": ["linux"], "enabled": true}
  ],
  "metrics": [
    {"name": "disk_reads_total", "kind": "counter", "labels": ["device"], "zh": "读次数", "group": "disk"},
    {"name": "disk_read_bytes", "kind": "untyped", "unit": "bytes", "labels": ["device"], "zh": "读|字\n节", "group": "disk"},
    {"name": "disk_count", "kind": "gauge", "zh": "磁盘数", "group": "disk"},
    {"name": "wifi_signal", "kind": "gauge", "labels": ["device"], "zh": "信号", "group": "wifi"},
    {"name": "wifi_noise", "kind": "gauge", "labels": ["device"], "zh": "噪声", "group": "wifi"},
    {"name": "process_fds", "kind": "gauge", "zh": "句柄数", "group": "process"},
    {"name": "scrape_seconds", "kind": "histogram", "unit": "seconds", "labels": ["code"], "zh": "抓取耗时", "group": "process"}
  ],
  "patterns": [
    {"name": "disk_*_info", "kind": "gauge", "labels": ["model"], "zh": "信息", "group": "disk"}
  ]
}"#;

fn sources(toml: &str, json: &str) -> (PackageDescription, Definitions) {
    parsed(&format!("{DESCRIPTION}{toml}"), json)
}

/// The tables of the 5.1 package, as `name description: field …`.
fn tables(toml: &str, json: &str) -> Result<Vec<String>, Vec<Problem>> {
    let (description, definitions) = sources(toml, json);
    let tables = v51::generate(&description, &definitions)?.metrics.into_iter().map(|table| {
        let fields: Vec<_> = table.fields.iter().map(|field| &*field.name).collect();
        format!("{} {}: {}", table.table_name, table.table_desc, fields.join(" "))
    });
    Ok(tables.collect())
}

/// The same for the 6 and 7 package.
fn groups(toml: &str, json: &str) -> Result<Vec<String>, Vec<Problem>> {
    let (description, definitions) = sources(toml, json);
    let groups = plugin::generate(&description, &definitions)?.metrics.into_iter().map(|group| {
        let fields: Vec<_> = group.fields.iter().map(|field| &*field.name).collect();
        format!("{} {}: {}", group.table_name, group.table_desc, fields.join(" "))
    });
    Ok(groups.collect())
}

fn replaced(from: &str, to: &str) -> String {
    assert!(DEFINITIONS.contains(from), "{from} does not occur");
    DEFINITIONS.replace(from, to)
}

#[test]
fn groups_come_from_the_definitions() {
    let expected = [
        "disk 磁盘: disk_reads_total disk_read_bytes device",
        "disk_total 磁盘（汇总）: disk_count",
        "process 采集进程: process_fds",
        "process_code_le 采集进程（按状态码、分桶上限）: scrape_seconds_bucket scrape_seconds_sum \
         scrape_seconds_count code le",
    ];
    assert_eq!(tables("", DEFINITIONS).unwrap(), expected);
    assert_eq!(groups("", DEFINITIONS).unwrap(), expected);
}

#[test]
fn explicit_groups_claim_metrics_first() {
    let toml = "[[group]]\nname = 'reads'\ndescription = '读'\n\
                metrics = ['disk_read*', 'wifi_signal']\n";
    let expected = [
        "reads 读: disk_reads_total disk_read_bytes wifi_signal device",
        "disk 磁盘: disk_count",
        "process 采集进程: process_fds",
        "process_code_le 采集进程（按状态码、分桶上限）: scrape_seconds_bucket scrape_seconds_sum \
         scrape_seconds_count code le",
    ];
    assert_eq!(tables(toml, DEFINITIONS).unwrap(), expected);
    assert_eq!(groups(toml, DEFINITIONS).unwrap(), expected);
}

#[test]
fn unknown_and_unnamed_groups_are_problems() {
    let broken =
        replaced(r#""zh": "磁盘数", "group": "disk""#, r#""zh": "磁盘数", "group": "disc""#);
    let problems = tables("", &broken).unwrap_err();
    let place = "definitions of host_exporter: disk_count.group";
    assert_only(&problems, place, r#"names the group "disc", which the exporter does not define"#);
    // The description may still include or omit it.
    tables("omit = ['disk_count']", &broken).unwrap();
    let group = "[[group]]\nname = 'a'\ndescription = '甲'\nmetrics = ['disk_count']";
    assert!(tables(group, &broken).unwrap()[0].starts_with("a 甲: disk_count"));

    let broken = replaced(r#""process", "zh": "采集进程""#, r#""process", "zh": " ""#);
    let problems = groups("", &broken).unwrap_err();
    assert_only(&problems, "definitions of host_exporter: group process.zh", "empty");
}

#[test]
fn description_overrides_label_names() {
    let names = |toml: &str, json: &str| -> Vec<String> {
        let (description, definitions) = sources(toml, json);
        let documents = v51::generate(&description, &definitions).unwrap();
        let fields = documents.metrics.into_iter().flat_map(|table| table.fields);
        let labels = fields.filter(|field| field.monitor_type == v51::MonitorType::Dimension);
        labels.map(|field| field.description).collect()
    };
    assert_eq!(names("", DEFINITIONS), ["设备", "状态码", "分桶上限"]);
    let own = "[dimensions]\ndevice = '盘'\nle = '上限'";
    assert_eq!(names(own, DEFINITIONS), ["盘", "状态码", "上限"]);

    let unused = tables("[dimensions]\nmode = '方式'", DEFINITIONS).unwrap_err();
    assert_only(&unused, "blueking.toml: dimensions.mode", "no metric");
    for missing in ["", r#""device": " ","#] {
        let json = replaced(r#""device": "设备","#, missing);
        let problems = groups("", &json).unwrap_err();
        let rule = "no Chinese name; add one of at most 15 characters to the label dictionary of \
                    host_exporter, or to [dimensions]";
        assert_only(&problems, "blueking.toml: dimensions.device", rule);
        tables("[dimensions]\ndevice = '盘'", &json).unwrap();
    }

    // An overlong name is reported where it is defined.
    let long = "长".repeat(16);
    let json = replaced("设备", &long);
    let problems = tables("", &json).unwrap_err();
    assert_only(&problems, "definitions of host_exporter: label device", "at most 15");
    tables("[dimensions]\ndevice = '盘'", &json).unwrap();
    let problems = tables(&format!("[dimensions]\ndevice = '{long}'"), DEFINITIONS).unwrap_err();
    assert_only(&problems, "blueking.toml: dimensions.device", "at most 15");
}

#[test]
fn long_names_are_omitted_only_in_5_1() {
    let fits = format!("disk_{}", "x".repeat(45));
    let json = replaced("disk_count", &fits);
    assert_eq!(tables("", &json).unwrap()[1], format!("disk_total 磁盘（汇总）: {fits}"));
    let long = format!("{fits}x");
    let json = replaced("disk_count", &long);
    assert!(!tables("", &json).unwrap().concat().contains(&long));
    assert_eq!(groups("", &json).unwrap()[1], format!("disk_total 磁盘（汇总）: {long}"));

    // One overlong sample removes the whole family, and an empty explicit group is not a problem.
    let long = format!("s{}", "x".repeat(43));
    let json = replaced("scrape_seconds", &long);
    let toml = format!("[[group]]\nname = 'a'\ndescription = '甲'\nmetrics = ['{long}']");
    assert_eq!(tables(&toml, &json).unwrap().len(), 3);
    assert_eq!(groups(&toml, &json).unwrap().len(), 4);

    // Other tables keep their names from the other package.
    let toml = "omit_in_51 = ['disk_read*']";
    assert_eq!(tables(toml, DEFINITIONS).unwrap()[0], "disk_total 磁盘（汇总）: disk_count");
}

#[test]
fn description_lists_the_packaged_metrics() {
    let (description, definitions) = sources("omit_in_51 = ['disk_*']", DEFINITIONS);
    let markdown = "# 主机\n\n  <!--metrics-->\r\n\n<!-- metrics of others -->\n";
    let process = "\
### 采集进程

| 指标 | 含义 | 单位 |
| --- | --- | --- |
| `process_fds` | 句柄数 | - |

### 采集进程（按状态码、分桶上限）

维度：`code`（状态码）、`le`（分桶上限）

| 指标 | 含义 | 单位 |
| --- | --- | --- |
| `scrape_seconds_bucket` | 抓取耗时分桶 | - |
| `scrape_seconds_sum` | 抓取耗时总和 | 秒 |
| `scrape_seconds_count` | 抓取耗时次数 | - |
";
    let disk = "\
### 磁盘

维度：`device`（设备）

| 指标 | 含义 | 单位 |
| --- | --- | --- |
| `disk_reads_total` | 读次数 | - |
| `disk_read_bytes` | 读\\|字 节 | 字节 |

### 磁盘（汇总）

| 指标 | 含义 | 单位 |
| --- | --- | --- |
| `disk_count` | 磁盘数 | - |

";
    let end = "\n<!-- metrics of others -->\n";
    assert_eq!(
        v51::fill_description(markdown, &description, &definitions),
        format!("# 主机\n\n{process}{end}")
    );
    assert_eq!(
        plugin::fill_description(markdown, &description, &definitions),
        format!("# 主机\n\n{disk}{process}{end}")
    );
    let config = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/host-exporter/description.md");
    let shipped = std::fs::read_to_string(config).unwrap();
    let shipped = v51::fill_description(&shipped, &description, &definitions);
    assert!(shipped.contains(process), "{shipped}");
    let plain = "# 主机\r\n<!-- metric -->";
    assert_eq!(v51::fill_description(plain, &description, &definitions), plain);
}
