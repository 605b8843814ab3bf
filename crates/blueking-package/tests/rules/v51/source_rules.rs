//! Each rule on the description and the definitions, violated alone: one problem, at the location
//! to correct.

use std::collections::BTreeMap;

use blueking_package::PackageDescription;
use blueking_package::v51::{self, Mode, ParameterType};

use crate::support::host::{DEFINITIONS, DESCRIPTION, documents, generate_from};
use crate::support::{assert_only, lines, replaced};

/// A replacement in the valid description: (from, to, location, part of the message).
type Row<'a> = (&'a str, &'a str, &'a str, &'a str);

#[test]
fn each_rule_on_the_description_is_one_problem() {
    let id31 = format!("'{}'", "a".repeat(31));
    let text16 = format!("description = '{}'", "存".repeat(16));
    let text51 = format!("description = '{}'", "目".repeat(51));
    let name129 = format!("display_name = '{}'", "主".repeat(129));
    let flag51 = format!("--{}", "p".repeat(49));
    let memory = "name = 'memory'";
    let rows: &[Row<'_>] = &[
        ("'host_exporter'", &id31, "plugin_id", "at most 30"),
        ("'host_exporter'", "'1st'", "plugin_id", "^[a-zA-Z]"),
        ("'host_exporter'", "'bkplugin_host'", "plugin_id", "BlueKing's own"),
        ("'hostexporter'", "'host_exporter'", "component_name", "^[A-Za-z0-9]+$"),
        ("'hostexporter'", "'hostexporter9999'", "component_name", "at most 15"),
        ("'hostexporter'", "''", "component_name", "empty"),
        ("display_name = '主机指标'", &name129, "display_name", "at most 128"),
        ("'主机指标'", "' '", "display_name", "empty"),
        ("'127.0.0.1:9601'", "'127.0.0.1'", "listen", "no port"),
        ("'127.0.0.1:9601'", "':9601'", "listen", "127.0.0.1 or localhost"),
        ("'127.0.0.1:9601'", "'10.0.0.5:9601'", "listen", r#""10.0.0.5""#),
        ("'127.0.0.1:9601'", "'127.0.0.1:0'", "listen", "1 to 65535"),
        ("'127.0.0.1:9601'", "'127.0.0.1:65536'", "listen", r#""65536""#),
        ("'/metrics'", "'metrics'", "telemetry_path", "does not start with '/'"),
        ("omit = [", "omit = ['node_*', ", "omit", r#""node_*" matches no metric"#),
        (
            "mountpoint = '挂载点'\n",
            "",
            "dimensions.mountpoint",
            "label dictionary of host_exporter",
        ),
        ("'挂载点'", "''", "dimensions.mountpoint", "empty"),
        ("'挂载点'", "'挂载点挂载点挂载点挂载点挂载点挂'", "dimensions.mountpoint", "at most 15"),
        ("path = '路径'", "path = '路径'\ndevice = '设备'", "dimensions.device", "no metric"),
        ("--path.rootfs", "--path.root", "parameter.--path.root.flag", "has no flag"),
        ("--path.rootfs", "path.rootfs", "parameter.path.rootfs.flag", r#""-""#),
        ("--path.rootfs", "", "parameter.[0].flag", r#""-""#),
        ("--path.rootfs", "--web.telemetry-path", "parameter.--web.telemetry-path.flag", "already"),
        ("description = '根目录'", &text51, "parameter.--path.rootfs.description", "at most 50"),
        ("'根目录'", "''", "parameter.--path.rootfs.description", "empty"),
        (memory, "name = '9memory'", "group.9memory.name", "^[a-zA-Z]"),
        (memory, "name = 'memory-and-swap'", "group.memory-and-swap.name", "^[a-zA-Z]"),
        (memory, "name = 'memory_and_swap_'", "group.memory_and_swap_.name", "at most 15"),
        (memory, "name = 'DISK'", "group.disk.name", "upper and lower case"),
        ("description = '内存'", &text16, "group.memory.description", "at most 15"),
        ("'内存'", "''", "group.memory.description", "empty"),
        ("'sys_mem_usage']", "'sys_mem_usage', 'x*']", "group.memory.metrics", r#""x*" matches"#),
        (
            "'sys_disk_*'",
            "'sys_disk_*', 'sys_mem_*'",
            "group.disk.metrics",
            r#"already selected by the group "memory""#,
        ),
    ];
    for (from, to, field, expected) in rows {
        let broken = replaced(DESCRIPTION, from, to);
        let problems = generate_from(&broken, DEFINITIONS).expect_err(to);
        assert_only(&problems, &format!("blueking.toml: {field}"), expected);
    }

    // A flag of 51 characters must exist, so that only its length is invalid.
    let broken = replaced(DESCRIPTION, "--path.rootfs", &flag51);
    let definitions = replaced(DEFINITIONS, "path.rootfs", flag51.trim_start_matches('-'));
    let problems = generate_from(&broken, &definitions).unwrap_err();
    assert_only(&problems, &format!("blueking.toml: parameter.{flag51}.flag"), "at most 50");
}

#[test]
fn groups_and_omit_cover_every_metric_once() {
    let broken = replaced(DESCRIPTION, "omit = ['host_exporter_*']", "");
    let problems = generate_from(&broken, DEFINITIONS).unwrap_err();
    let place = "definitions of host_exporter: host_exporter_build_info.group";
    assert_only(&problems, place, "names no group; correct the exporter, add");

    // An empty list selects nothing, so its metric is unassigned too.
    let broken = replaced(DESCRIPTION, "['sys_mem_usage']", "[]");
    let problems = lines(&generate_from(&broken, DEFINITIONS).unwrap_err());
    assert_eq!(problems.len(), 2, "{problems:#?}");
    assert!(problems[0].contains("group.memory.metrics: the list is empty"), "{problems:#?}");

    // A group cannot select omitted metrics.
    let broken = replaced(DESCRIPTION, "omit = [", "omit = ['sys_mem_usage', ");
    let problems = generate_from(&broken, DEFINITIONS).unwrap_err();
    assert_only(&problems, "blueking.toml: group.memory.metrics", "not omitted");
}

#[test]
fn metrics_of_one_group_have_the_same_labels() {
    let broken = replaced(DESCRIPTION, "'sys_disk_*']", "'sys_disk_*', 'sys_mem_usage']");
    let broken = replaced(
        &broken,
        "[[group]]\nname = 'memory'\ndescription = '内存'\nmetrics = ['sys_mem_usage']",
        "",
    );
    let problems = generate_from(&broken, DEFINITIONS).unwrap_err();
    let [first, second] = &*lines(&problems) else { panic!("{problems:#?}") };
    assert!(first.contains("blueking.toml: group.disk.metrics: sys_disk_size has the labels"));
    assert!(second.contains("sys_disk_reads_total has the labels"), "{second}");

    // The `le` of a histogram is also a label.
    let gauge = replaced(
        DEFINITIONS,
        r#""labels": ["mountpoint"], "zh": "读次数""#,
        r#""labels": ["path"], "zh": "读次数""#,
    );
    let broken = replaced(DESCRIPTION, "'sys_disk_*'", "'sys_disk_size'");
    let broken = replaced(&broken, "'read_seconds'", "'read_seconds', 'sys_disk_reads_total'");
    let problems = generate_from(&broken, &gauge).unwrap_err();
    assert_only(&problems, "blueking.toml: group.latency.metrics", "separate groups");
}

#[test]
fn each_rule_on_the_definitions_is_one_problem() {
    let zh16 = "率".repeat(16);
    let zh14 = "耗".repeat(14);
    let rows: &[Row<'_>] = &[
        ("sys_disk_size", "sys_disk_a:b", "sys_disk_a:b.name", "':'"),
        ("sys_disk_size", "sys_disk_a.b", "sys_disk_a.b.name", "^[a-zA-Z]"),
        ("磁盘使用率", "", "sys_disk_size.zh", "empty"),
        ("磁盘使用率", &zh16, "sys_disk_size.zh", "16 characters"),
        (r#""读耗时""#, r#""""#, "read_seconds.zh", "empty"),
        (
            r#""percent", "labels": [],"#,
            r#""furlongs", "labels": [],"#,
            "sys_mem_usage.unit",
            r#""furlongs""#,
        ),
        ("sys_disk_reads_total", "sys_disk_size", "sys_disk_size", "more than once"),
    ];
    for (from, to, field, expected) in rows {
        let broken = replaced(DEFINITIONS, from, to);
        let problems = generate_from(DESCRIPTION, &broken).expect_err(to);
        assert_only(&problems, &format!("definitions of host_exporter: {field}"), expected);
    }

    // One text yields three samples, and each is too long with its suffix.
    let broken = replaced(DEFINITIONS, r#""读耗时""#, &format!(r#""{zh14}""#));
    let problems = lines(&generate_from(DESCRIPTION, &broken).unwrap_err());
    assert_eq!(problems.len(), 3, "{problems:#?}");
    assert!(problems.iter().all(|line| line.contains("read_seconds.zh: ")), "{problems:#?}");
}

#[test]
fn labels_and_flags_are_checked_at_definition() {
    let definitions = DEFINITIONS.replace(r#""mountpoint""#, r#""ip""#);
    let description = replaced(DESCRIPTION, "mountpoint =", "ip =");
    let problems = generate_from(&description, &definitions).unwrap_err();
    assert_only(&problems, "definitions of host_exporter: label ip", "sets the dimension");

    let definitions = DEFINITIONS.replace(r#""mountpoint""#, r#""sys_mem_usage""#);
    let description = replaced(DESCRIPTION, "mountpoint =", "sys_mem_usage =");
    let problems = generate_from(&description, &definitions).unwrap_err();
    assert_only(&problems, "definitions of host_exporter: sys_mem_usage.name", "both a metric");

    // A counter with the name of a histogram sample.
    let definitions = replaced(DEFINITIONS, "sys_disk_reads_total", "read_seconds_count");
    let description = replaced(DESCRIPTION, "'sys_disk_*'", "'sys_disk_*', 'read_seconds_count'");
    let problems = generate_from(&description, &definitions).unwrap_err();
    assert_only(&problems, "definitions of host_exporter: read_seconds_count.name", "2 times");

    for (flag, key) in [("web.listen-address", "listen"), ("web.telemetry-path", "telemetry_path")]
    {
        let definitions = replaced(DEFINITIONS, flag, "web.other");
        let problems = generate_from(DESCRIPTION, &definitions).unwrap_err();
        assert_only(&problems, &format!("blueking.toml: {key}"), "has no flag");
    }
}

#[test]
fn all_problems_are_reported_together() {
    let broken = replaced(DESCRIPTION, "'hostexporter'", "'host_exporter'");
    let broken = replaced(&broken, "'内存'", "''");
    let broken = replaced(&broken, ":9601", ":0");
    let broken = replaced(&broken, "--path.rootfs", "--path.root");
    let definitions = replaced(DEFINITIONS, "内存使用率", "");
    let definitions = replaced(&definitions, r#""seconds""#, r#""hours""#);
    assert_eq!(generate_from(&broken, &definitions).unwrap_err().len(), 6);
}

/// Most exporters know `--flag` but not `--flag=true`.
#[test]
fn switch_that_is_on_is_the_positional_argument() {
    let rows = |keys: &str, default: &str| {
        let text = DESCRIPTION.replace("listen =", &format!("{keys}listen ="));
        let switch = format!("type = 'switch'\ndefault = '{default}'");
        let text = text.replace("default = '/'", &switch);
        let documents = generate_from(&text, DEFINITIONS).unwrap();
        v51::command_line(&documents.config_schema, &BTreeMap::new())
    };
    let listen = ["--web.listen-address=127.0.0.1:9601", "--web.telemetry-path=/metrics"];
    let key = "switch_takes_value = false\n";
    assert_eq!(rows(key, "false"), listen);
    assert_eq!(rows(key, "true"), [&["--path.rootfs"], &listen[..]].concat());
    assert_eq!(rows("", "true"), [&listen[..], &["--path.rootfs=true"]].concat());
}

#[test]
fn listen_sets_url_and_flag() {
    let moved = replaced(DESCRIPTION, "127.0.0.1:9601", "localhost:19601");
    let moved = replaced(&moved, "'/metrics'", "'/m'");
    let documents = generate_from(&moved, DEFINITIONS).unwrap();
    let arguments = v51::command_line(&documents.config_schema, &Default::default());
    assert_eq!(documents.config_schema[0].default, "http://localhost:19601/m");
    assert_eq!(
        arguments,
        ["--web.listen-address=localhost:19601", "--web.telemetry-path=/m", "--path.rootfs=/"]
    );
}

#[test]
fn documents_match_the_expected_form() {
    let entries = documents().to_entries();
    let text = |name: &str| str::from_utf8(&entries[name]).unwrap();
    assert_eq!(
        text(v51::INFO),
        "{\n  \"name\": \"hostexporter\",\n  \"display_name\": \"主机指标\",\n  \
         \"supported_version\": \"Linux 64 位\"\n}\n"
    );
    assert_eq!(text(v51::METRICS), include_str!("metrics.json"));
    assert_eq!(text(v51::CONFIG_SCHEMA), include_str!("config_schema.json"));
}

#[test]
fn shipped_description_parses() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/host-exporter/blueking.toml");
    let text = std::fs::read_to_string(path).unwrap();
    let description = PackageDescription::parse("blueking.toml", &text).unwrap();
    assert_eq!(description.plugin_id, "host_exporter");
}

#[test]
fn parameter_types_map_to_those_of_5_1() {
    let rows = [
        ("flag = '--path.rootfs'", "env = 'ROOT'", Mode::Env, ParameterType::Text),
        ("flag =", "type = 'password'\nflag =", Mode::Cmd, ParameterType::Password),
        ("default = '/'", "type = 'switch'\ndefault = 'true'", Mode::Cmd, ParameterType::Text),
    ];
    for (from, to, mode, input) in rows {
        let valid = replaced(DESCRIPTION, from, to);
        let documents = generate_from(&valid, DEFINITIONS).expect(to);
        let row = documents.config_schema.last().expect("the description has a parameter");
        assert_eq!((row.mode, row.input), (mode, input), "{to}");
    }
}

#[test]
fn argument_is_first_and_file_is_a_host_path() {
    let more = "[[parameter]]\nargument = 'target'\ndefault = 'main'\ndescription = '对象'\n\
                [[parameter]]\nflag = '--path.rootfs'\ntype = 'file'\ndefault = 'a.conf'\n\
                content = 'a'\ndescription = '文件'\n";
    let own = "[[parameter]]\nflag = '--path.rootfs'\ndefault = '/'\ndescription = '根目录'\n";
    let description = replaced(DESCRIPTION, own, more);
    let definitions =
        replaced(DEFINITIONS, "\"metrics\":", "\"arguments\": [\"target\"], \"metrics\":");
    let documents = generate_from(&description, &definitions).unwrap();
    let rows: Vec<_> = documents
        .config_schema
        .iter()
        .map(|row| (&*row.name, row.mode, row.input, &*row.default))
        .collect();
    let text = ParameterType::Text;
    assert_eq!(rows[0], ("", Mode::Cmd, text, "main"));
    assert_eq!(rows[1].0, "_exporter_url_");
    assert_eq!(rows[4], ("--path.rootfs", Mode::Cmd, text, ""));
    let arguments = v51::command_line(&documents.config_schema, &Default::default());
    assert_eq!((&*arguments[0], arguments.len()), ("main", 3));

    // Only the first row may be unnamed.
    let second = "[[parameter]]\nargument = 'b'\ndescription = 'b'\n[[group]]\nname = 'memory'";
    let broken = replaced(&description, "[[group]]\nname = 'memory'", second);
    let problems = generate_from(&broken, &definitions).unwrap_err();
    assert_only(&problems, "blueking.toml: parameter.b.argument", "one positional argument");
}
