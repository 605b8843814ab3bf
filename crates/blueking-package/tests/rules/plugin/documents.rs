//! Documents generated from valid sources.

use std::collections::BTreeMap;

use blueking_package::plugin::{
    ConfigItem, FieldType, Mode, MonitorType, command_line, read_config, render,
};
use blueking_package::{Definitions, PackageDescription, plugin};
use saphyr_parser::{Event, Parser, ScalarStyle};
use serde_json::{Value, json};

use crate::support::pool::{DEFINITIONS, DESCRIPTION, documents, generate_from, package, text};

const LINUX: &str = "external_plugins_linux_x86_64/pool_exporter";
const WINDOWS: &str = "external_plugins_windows_x86_64/pool_exporter";

/// All scalars of a YAML text in order, plain ones verbatim, others quoted.
fn scalars(yaml: &str) -> Vec<String> {
    let events = Parser::new_from_str(yaml).map(|event| event.expect("valid YAML").0);
    let scalar = |event: Event<'_>| match event {
        Event::Scalar(text, ScalarStyle::Plain, ..) => Some(text.into_owned()),
        Event::Scalar(text, ..) => Some(format!("{text:?}")),
        _ => None,
    };
    events.filter_map(scalar).collect()
}

#[test]
fn yaml_texts_are_quoted() {
    let found = scalars(&text(&format!("{LINUX}/info/meta.yaml")));
    let expected = [
        "plugin_id",
        "\"pool_exporter\"",
        "plugin_display_name",
        "\"连接池\"",
        "plugin_type",
        "Exporter",
        "tag",
        "\"中间件\"",
        "label",
        "\"component\"",
        "is_support_remote",
        "False",
    ];
    assert_eq!(found, expected);

    let linux = text(&format!("{LINUX}/project.yaml"));
    let found = scalars(&linux);
    let after = |key: &str| found.iter().skip_while(|scalar| *scalar != key).nth(1).unwrap();
    for (key, expected) in [
        ("name", "\"pool_exporter\""),
        ("version", "\"2.3\""),
        ("description", "\"连接池\""),
        ("category", "external"),
        ("port_range", "\"9700,10000-65535\""),
        ("start", "\"./start.sh\""),
        ("debug", "\"./debug.sh\""),
        ("plugin_version", "\"*\""),
        ("source_path", "etc/env.yaml.tpl"),
    ] {
        assert_eq!(after(key), expected, "{key}");
    }
    assert!(linux.contains("    version: 2\n") && linux.contains("  version: \"cat VERSION\"\n"));
    let windows = text(&format!("{WINDOWS}/project.yaml"));
    assert!(windows.contains("  stop: \"stop.bat\"\n  restart: \"restart.bat\"\n"), "{windows}");
    assert!(windows.contains("  version: \"type VERSION\"\n"), "{windows}");
    assert_eq!(text(&format!("{LINUX}/VERSION")), "2.3");
}

#[test]
fn info_is_identical_for_every_system() {
    let members = package().members();
    let info_of = |folder: &str| -> Vec<_> {
        let path = format!("{folder}/pool_exporter/info/");
        let files = members.iter().filter(|member| member.path.starts_with(&path));
        files.map(|member| (member.path[path.len()..].to_owned(), &member.bytes)).collect()
    };
    let linux = info_of("external_plugins_linux_x86_64");
    assert_eq!(linux.len(), 7);
    assert_eq!(linux, info_of("external_plugins_linux_aarch64"));
    assert_eq!(linux, info_of("external_plugins_windows_x86_64"));
}

#[test]
fn form_starts_with_host_and_port() {
    let config = text(&format!("{LINUX}/info/config.json"));
    let config: Value = serde_json::from_str(&config).unwrap();
    let file = json!({"name": "--pool.file", "mode": "opt_cmd", "type": "file",
        "default": "pool.conf", "description": "配置文件", "visible": true,
        "file_base64": "c2hhcmRzID0gMg=="});
    let row = |name: &str, mode: &str, kind: &str, default: &str, text: &str, visible: bool| {
        json!({"name": name, "mode": mode, "type": kind, "default": default, "description": text,
               "visible": visible})
    };
    let expected = json!([
        row("host", "collector", "text", "127.0.0.1", "监听IP", false),
        row("port", "collector", "text", "9700", "监听端口", false),
        row("--web.listen-address", "opt_cmd", "text", "${host}:${port}", "监听地址", true),
        row("--web.telemetry-path", "opt_cmd", "text", "/metrics", "指标路径", false),
        row("--pool.address", "opt_cmd", "text", "tcp://${host}:1234", "地址", true),
        row("--pool.deep", "opt_cmd", "switch", "false", "逐项采集", false),
        row("POOL_EXPORTER_PASSWORD", "env", "password", "", "密码", true),
        file,
        row("target", "pos_cmd", "text", "main", "对象", true),
    ]);
    assert_eq!(config, expected);

    let entered = [("port", "10000"), ("--pool.deep", "true"), ("--pool.address", "")];
    let entered = entered.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let items = read_config(&package().members()).unwrap();
    let arguments = command_line(&items, &entered.into());
    let expected = "--web.listen-address 127.0.0.1:10000 --web.telemetry-path /metrics --pool.deep \
         --pool.file etc/pool.conf main ";
    assert_eq!(arguments, expected);
    assert_eq!(items[7].file(), Ok(Some(b"shards = 2".to_vec())));
    assert_eq!(items[8].file(), Ok(None));
    let broken = ConfigItem { file_base64: Some("?".to_owned()), ..items[7].clone() };
    assert!(broken.file().unwrap_err().contains("is not Base64"));
}

/// Community exporters have other flags, or only a variable, and often no flag for the path.
#[test]
fn address_is_passed_as_the_exporter_takes_it() {
    let definitions = DEFINITIONS.replace("web.listen-address", "port");
    let definitions = Definitions::parse("d", &definitions).unwrap();
    for (keys, name, mode, value) in [
        ("listen_flag = '-port'\nlisten_value = '${port}'", "-port", Mode::OptCmd, "${port}"),
        ("listen_flag = ''\nlisten_env = 'ADDR'", "ADDR", Mode::Env, "${host}:${port}"),
    ] {
        let text = DESCRIPTION.replace("listen =", &format!("{keys}\npath_flag = ''\nlisten ="));
        let description = PackageDescription::parse("f", &text).unwrap();
        let rows = plugin::generate(&description, &definitions).unwrap().config;
        assert_eq!(
            (&*rows[2].name, rows[2].mode, rows[2].default_text()),
            (name, mode, value.into())
        );
        assert_eq!(rows[3].name, "--pool.address", "no row for the path");
    }
    for keys in ["listen_env = 'ADDR'", "listen_flag = ''", "listen_value = ':9700'"] {
        let text = DESCRIPTION.replace("listen =", &format!("{keys}\nlisten ="));
        let description = PackageDescription::parse("f", &text).unwrap();
        let definitions = Definitions::parse("d", DEFINITIONS).unwrap();
        assert_eq!(plugin::generate(&description, &definitions).unwrap_err().len(), 1, "{keys}");
    }
}

#[test]
fn samples_are_listed_by_scraped_name() {
    let mut found = Vec::new();
    for group in &documents().metrics {
        for field in &group.fields {
            let is_metric = field.monitor_type == MonitorType::Metric;
            let value_type = if is_metric { FieldType::Double } else { FieldType::String };
            assert_eq!(field.value_type, value_type, "{}", field.name);
            let sign = if is_metric { "" } else { "#" };
            let (table, name) = (&group.table_name, &field.name);
            found.push(format!("{table}/{sign}{name} {} {}", field.description, field.unit));
        }
    }
    let expected = [
        "pool/pool_usage_percent 使用率 percent",
        "pool/pool_uses_total 使用次数 none",
        "pool/pool_age_seconds 时长 s",
        "pool/#name 名称 none",
        "wait/wait_seconds_bucket 等待耗时分桶 none",
        "wait/wait_seconds_sum 等待耗时总和 s",
        "wait/wait_seconds_count 等待耗时次数 none",
        "wait/#name 名称 none",
        "wait/#le 分桶上限 none",
        "size/size_bytes 大小 bytes",
        "size/size_bytes_sum 大小总和 bytes",
        "size/size_bytes_count 大小次数 none",
        "size/#quantile 分位数 none",
    ];
    assert_eq!(found, expected);

    let json: Value = serde_json::from_str(&text(&format!("{LINUX}/info/metrics.json"))).unwrap();
    assert_eq!(
        json[0]["fields"][0],
        json!({"name": "pool_usage_percent", "monitor_type": "metric", "type": "double",
               "unit": "percent", "description": "使用率", "is_diff_metric": false,
               "is_active": true, "source_name": ""})
    );
    assert_eq!(json[0]["rule_list"], json!([]));
    assert_eq!(json[0]["rules"], json!([]));
}

#[test]
fn every_unit_has_an_id() {
    for (unit, id) in [
        ("", "none"),
        ("percent", "percent"),
        ("ratio", "percentunit"),
        ("bytes", "bytes"),
        ("seconds", "s"),
        ("celsius", "celsius"),
        ("hertz", "hertz"),
        ("volts", "none"),
    ] {
        let definitions = DEFINITIONS.replace("\"percent\"", &format!("{unit:?}"));
        let documents = generate_from(DESCRIPTION, &definitions).unwrap();
        assert_eq!(documents.metrics[0].fields[0].unit, id, "{unit}");
    }
}

#[test]
fn templates_and_scripts_are_instantiated() {
    for member in package().members() {
        let text = String::from_utf8_lossy(&member.bytes);
        assert!(!text.contains("@plugin_id@"), "{}", member.path);
        let is_bat = member.path.ends_with(".bat");
        assert_eq!(is_bat, text.contains('\r'), "{}", member.path);
        assert!(!is_bat || text.lines().count() == text.matches("\r\n").count());
        // Non-ASCII text in a batch file displays incorrectly under other code pages.
        assert!(!is_bat || text.is_ascii(), "{}", member.path);
    }
    let values = [
        ("control_info.gse_agent_home", "/gse"),
        ("control_info.log_path", "/log"),
        ("control_info.pid_path", "/run/p.pid"),
        ("POOL_EXPORTER_PASSWORD", "secret"),
        ("cmd_args", "--a b"),
    ];
    let values: BTreeMap<_, _> =
        values.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let env = render(&text(&format!("{LINUX}/etc/env.yaml.tpl")), &values).unwrap();
    assert_eq!(
        env,
        "GSE_AGENT_HOME: /gse\nBK_PLUGIN_LOG_PATH: /log\nBK_PLUGIN_PID_PATH: /run/p.pid\n\
         POOL_EXPORTER_PASSWORD: secret\nBK_CMD_ARGS: --a b\n"
    );
    // A site fills in the name and content.
    assert_eq!(text(&format!("{LINUX}/etc/{{{{file1}}}}.tpl")), "{{file1_content}}");
    let debug = text(&format!("{WINDOWS}/etc/bkmonitorbeat_debug.yaml.tpl"));
    assert!(debug.contains("namespace: pool_exporter\n"), "{debug}");
}
