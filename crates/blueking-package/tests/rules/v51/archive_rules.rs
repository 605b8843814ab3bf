//! Each rule on an archive, violated alone in a valid one: one problem.

use blueking_package::v51::{self, Entries};
use serde_json::{Value, json};

use crate::support::host::{check, package};
use crate::support::{assert_only, elf, lines, pe, png};

/// A valid archive with one JSON document changed by `change`.
fn broken(file: &str, change: impl FnOnce(&mut Value)) -> Entries {
    let mut entries = package().to_entries();
    let mut document = serde_json::from_slice(&entries[file]).unwrap();
    change(&mut document);
    entries.insert(file.to_owned(), serde_json::to_vec(&document).unwrap());
    entries
}

/// Sets the value at a JSON pointer, or removes it for `null`.
fn set(document: &mut Value, pointer: &str, value: &Value) {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    match document.pointer_mut(parent).unwrap() {
        Value::Object(object) if value.is_null() => {
            object.remove(key).expect("the key exists");
        }
        Value::Object(object) => {
            object.insert(key.to_owned(), value.clone());
        }
        list => list[key.parse::<usize>().unwrap()] = value.clone(),
    }
}

fn assert_rows(file: &str, rows: &[(&str, Value, &str, &str)]) {
    for (pointer, value, field, expected) in rows {
        let entries = broken(file, |document| set(document, pointer, value));
        assert_only(&check(&entries), &format!("{file}: {field}"), expected);
    }
}

#[test]
fn valid_archive_has_no_problems() {
    assert_eq!(lines(&check(&package().to_entries())), [""; 0]);
}

#[test]
fn each_rule_of_info_is_one_problem() {
    assert_rows(
        v51::INFO,
        &[
            ("/name", json!(null), "name", "missing"),
            ("/name", json!(""), "name", "empty"),
            ("/name", json!(7), "name", "not a string"),
            ("/name", json!("host_exporter"), "name", "^[A-Za-z0-9]+$"),
            ("/name", json!("hostexporter9999"), "name", "at most 15"),
            ("/display_name", json!("主".repeat(129)), "display_name", "at most 128"),
            ("/display_name", json!(["a"]), "display_name", "not a string"),
            ("/supported_version", json!(1.0), "supported_version", "not a string"),
        ],
    );
    let entries = broken(v51::INFO, |info| *info = json!([]));
    assert_only(&check(&entries), "info.json", "not a JSON object");
    let entries = broken(v51::INFO, |info| *info = json!({"name": "a1"}));
    assert_eq!(lines(&check(&entries)), [""; 0]);
}

#[test]
fn each_rule_of_the_tables_is_one_problem() {
    assert_rows(
        v51::METRICS,
        &[
            ("/0/table_name", json!(null), "[0].table_name", "missing"),
            ("/0/table_name", json!(""), "[0].table_name", "empty"),
            ("/0/table_name", json!("1a"), "1a.table_name", "^[a-zA-Z]"),
            ("/0/table_name", json!("a".repeat(16)), "aaaaaaaaaaaaaaaa.table_name", "at most 15"),
            ("/1/table_name", json!("Memory"), "Memory.table_name", r#""memory""#),
            ("/0/table_desc", json!(null), "memory.table_desc", "missing"),
            ("/0/table_desc", json!(" "), "memory.table_desc", "empty"),
            ("/0/table_desc", json!("内".repeat(16)), "memory.table_desc", "at most 15"),
            ("/0/fields", json!(null), "memory.fields", "missing"),
            ("/0/fields", json!({}), "memory.fields", "not a list"),
            ("/0/fields", json!([]), "memory.fields", "no metric"),
            ("/1/fields/0", json!("x"), "disk.fields[0]", "not a JSON object"),
            ("/0", json!(1), "[0]", "not a JSON object"),
        ],
    );
    let entries = broken(v51::METRICS, |tables| *tables = json!({}));
    assert_only(&check(&entries), "metrics.json", "not a JSON list");
    let entries = broken(v51::METRICS, |tables| *tables = json!([]));
    assert_only(&check(&entries), "metrics.json", "at least one");
}

#[test]
fn each_rule_of_the_fields_is_one_problem() {
    let long = "a".repeat(51);
    // In the table `disk`: two metrics, then the dimension.
    assert_rows(
        v51::METRICS,
        &[
            ("/1/fields/0/monitor_type", json!(null), "sys_disk_size.monitor_type", "missing"),
            ("/1/fields/0/monitor_type", json!("m"), "sys_disk_size.monitor_type", r#""m""#),
            ("/1/fields/0/type", json!(null), "sys_disk_size.type", "missing"),
            ("/1/fields/0/type", json!("int"), "sys_disk_size.type", "long, double, string"),
            ("/1/fields/0/type", json!("string"), "sys_disk_size.type", "only numbers"),
            ("/1/fields/0/name", json!(null), "disk.fields[0].name", "missing"),
            ("/1/fields/0/name", json!(""), "disk.fields[0].name", "empty"),
            ("/1/fields/0/name", json!("_a"), "_a.name", "^[a-zA-Z]"),
            ("/1/fields/0/name", json!("a:b"), "a:b.name", "':'"),
            ("/1/fields/0/name", json!(long), &format!("{long}.name"), "at most 50"),
            (
                "/1/fields/0/name",
                json!("sys_mem_usage"),
                "sys_mem_usage.name",
                "(tables memory, disk)",
            ),
            ("/1/fields/0/name", json!("mountpoint"), "mountpoint.name", "both a metric"),
            (
                "/1/fields/1/name",
                json!("sys_disk_size"),
                "sys_disk_size.name",
                "(tables disk, disk)",
            ),
            ("/1/fields/2/name", json!("sys_mem_usage"), "sys_mem_usage.name", "both a metric"),
            ("/1/fields/2/name", json!("bk_biz_id"), "bk_biz_id.name", "sets the dimension"),
            ("/1/fields/2/name", json!("mount point"), "mount point.name", "^[a-zA-Z]"),
            ("/1/fields/0/unit", json!(null), "sys_disk_size.unit", r#"may be """#),
            ("/1/fields/0/unit", json!(1), "sys_disk_size.unit", "not a string"),
            ("/1/fields/0/description", json!(null), "sys_disk_size.description", "missing"),
            ("/1/fields/0/description", json!(""), "sys_disk_size.description", "empty"),
            ("/1/fields/0/description", json!("率".repeat(16)), "sys_disk_size.description", "15"),
            ("/1/fields/2/description", json!("点".repeat(16)), "mountpoint.description", "15"),
            ("/1/fields/0/is_diff_metric", json!("no"), "sys_disk_size.is_diff_metric", "true or"),
        ],
    );
    let entries = broken(v51::METRICS, |tables| {
        let dimension = tables[1]["fields"][2].clone();
        tables[1]["fields"].as_array_mut().unwrap().push(dimension);
    });
    assert_only(&check(&entries), "metrics.json: mountpoint.name", "twice");
}

#[test]
fn tables_may_share_dimensions() {
    let entries = broken(v51::METRICS, |tables| {
        let dimension = tables[1]["fields"][2].clone();
        tables[0]["fields"].as_array_mut().unwrap().push(dimension);
    });
    assert_eq!(lines(&check(&entries)), [""; 0]);
}

#[test]
fn each_rule_of_the_start_parameters_is_one_problem() {
    let long = "a".repeat(51);
    // 0 is the URL, 1 the listen address, 2 the path, 3 a flag.
    assert_rows(
        v51::CONFIG_SCHEMA,
        &[
            ("/3/name", json!(null), "[3].name", "missing"),
            ("/3/name", json!(1), "[3].name", "not a string"),
            ("/3/name", json!(""), "[3].name", "number 4"),
            ("/3/name", json!(long), &format!("{long}.name"), "at most 50"),
            ("/3/name", json!("--web.telemetry-path"), "--web.telemetry-path.name", "twice"),
            ("/3/mode", json!(null), "--path.rootfs.mode", "missing"),
            ("/3/mode", json!("opt_cmd"), "--path.rootfs.mode", "cmd, env, collector"),
            ("/3/mode", json!("collector"), "--path.rootfs.mode", "only for _exporter_url_"),
            ("/3/type", json!(null), "--path.rootfs.type", "missing"),
            ("/3/type", json!("switch"), "--path.rootfs.type", "text, password, file"),
            ("/3/description", json!(null), "--path.rootfs.description", "missing"),
            ("/3/description", json!(""), "--path.rootfs.description", "empty"),
            ("/3/description", json!("根".repeat(51)), "--path.rootfs.description", "at most 50"),
            ("/3/default", json!(null), "--path.rootfs.default", "missing"),
            ("/3/default", json!(9601), "--path.rootfs.default", "not a string"),
            ("/3/visible", json!("yes"), "--path.rootfs.visible", "true or false"),
            ("/3", json!("x"), "[3]", "not a JSON object"),
        ],
    );
    let entries = broken(v51::CONFIG_SCHEMA, |parameters| *parameters = json!({}));
    assert_only(&check(&entries), "config_schema.json", "not a JSON list");
}

#[test]
fn each_rule_of_the_metrics_url_is_one_problem() {
    let (url, listen, path) =
        ("_exporter_url_", "--web.listen-address.default", "--web.telemetry-path.default");
    let url_default = format!("{url}.default");
    let row = |name: &str, default: &str| {
        json!({
            "name": name, "mode": "cmd", "type": "text", "description": "监听地址", "default": default
        })
    };
    assert_rows(
        v51::CONFIG_SCHEMA,
        &[
            ("/0/mode", json!("cmd"), &format!("{url}.mode"), r#""collector""#),
            ("/0/default", json!(""), &url_default, "not complete"),
            ("/0/default", json!("127.0.0.1:9601/metrics"), &url_default, "not complete"),
            ("/0/default", json!("http://127.0.0.1/metrics"), &url_default, "no port"),
            ("/0/default", json!("http://127.0.0.1:0/metrics"), &url_default, "1 to 65535"),
            ("/0/default", json!("http://127.0.0.1:65536/metrics"), &url_default, "65536"),
            ("/0/default", json!("http://10.0.0.5:9601/metrics"), &url_default, "10.0.0.5"),
            ("/0/default", json!("http://127.0.0.1:9602/metrics"), listen, "port 9602"),
            ("/0/default", json!("http://127.0.0.1:9601/m"), path, r#""/m""#),
            ("/1/default", json!("127.0.0.1"), listen, "no port"),
            ("/1/default", json!("127.0.0.1:"), listen, "1 to 65535"),
            ("/1/default", json!("127.0.0.1:9602"), listen, "9602"),
            ("/1/default", json!("10.0.0.5:9601"), listen, r#""10.0.0.5""#),
            ("/1", row("--listen", "127.0.0.1:9602"), "--web.listen-address", "missing"),
            ("/2/default", json!("metrics"), path, "does not start"),
        ],
    );
    for (pointer, value) in [
        ("/0/default", json!("http://localhost:9601/metrics")),
        ("/1/default", json!(":9601")),
        ("/1/default", json!("localhost:9601")),
        ("/2/name", json!("--other")),
        // Flags of other exporters.
        ("/1", row("--listen", "127.0.0.1:9601")),
        ("/1", row("-telemetry.addr", ":9601")),
        ("/1", row("--port", "9601")),
    ] {
        let entries = broken(v51::CONFIG_SCHEMA, |parameters| set(parameters, pointer, &value));
        assert_eq!(lines(&check(&entries)), [""; 0], "{pointer} {value}");
    }
    let entries = broken(v51::CONFIG_SCHEMA, |parameters| {
        parameters.as_array_mut().unwrap().remove(0);
    });
    assert_only(&check(&entries), "config_schema.json: _exporter_url_", "missing");
    // A positional argument is valid as the first parameter.
    let entries = broken(v51::CONFIG_SCHEMA, |parameters| {
        let first = json!({"name": "", "mode": "cmd", "type": "text", "description": "子命令", "default": ""});
        parameters.as_array_mut().unwrap().insert(0, first);
    });
    assert_eq!(lines(&check(&entries)), [""; 0]);
}

#[test]
fn each_rule_of_the_files_is_one_problem() {
    let mut arm = elf(62, &[]);
    arm[18] = 0xb7;
    let mut pe32 = pe(0x8664, &[]);
    pe32[0x80 + 25] = 1;
    let rows: [(&str, Option<Vec<u8>>, &str); 20] = [
        (v51::INFO, None, "missing"),
        (v51::INFO, Some(b"{".to_vec()), "not JSON"),
        (v51::INFO, Some(b"{\"name\": \"\xff\"}".to_vec()), "not JSON"),
        (v51::METRICS, None, "missing"),
        (v51::METRICS, Some(Vec::new()), "not JSON"),
        (v51::CONFIG_SCHEMA, None, "missing"),
        (v51::CONFIG_SCHEMA, Some(b"\xef\xbb\xbf[]".to_vec()), "not JSON"),
        (v51::LOGO, None, "missing"),
        (v51::LOGO, Some(png(155, 66)), "155x66"),
        (v51::LOGO, Some(b"GIF89a".to_vec()), "not a PNG"),
        (v51::DESCRIPTION, None, "missing"),
        (v51::DESCRIPTION, Some(b"\n \n".to_vec()), "empty"),
        (v51::DESCRIPTION, Some(b"GBK: \xd6\xf7".to_vec()), "not UTF-8 from byte 5"),
        (v51::LINUX_EXPORTER, Some(Vec::new()), "empty"),
        (v51::LINUX_EXPORTER, Some(b"#!/bin/sh".to_vec()), "not an ELF"),
        (v51::LINUX_EXPORTER, Some(pe(0x8664, &[])), "not an ELF"),
        (v51::LINUX_EXPORTER, Some(arm), "not x86-64"),
        (v51::WINDOWS_EXPORTER, Some(elf(62, &[])), "not a Windows"),
        (v51::WINDOWS_EXPORTER, Some(pe32), "not PE32+"),
        ("exporterwindows.exe", Some(pe(0x8664, &[])), "rename"),
    ];
    for (name, bytes, expected) in rows {
        let mut entries = package().to_entries();
        match bytes {
            Some(bytes) => entries.insert(name.to_owned(), bytes),
            None => entries.remove(name),
        };
        assert_only(&check(&entries), name, expected);
    }
}

#[test]
fn at_least_one_executable_is_required() {
    let mut entries = package().to_entries();
    entries.insert("LICENSE".to_owned(), b"text".to_vec());
    entries.remove(v51::LINUX_EXPORTER);
    assert_eq!(lines(&check(&entries)), [""; 0]);
    entries.remove(v51::WINDOWS_EXPORTER);
    assert_only(&check(&entries), "exporter-linux", "no executable");
}

#[test]
fn empty_archive_reports_all_missing_files() {
    assert_eq!(check(&Entries::new()).len(), 6);
}
