//! Invalid `config.json` and `metrics.json` of 6.x/7.x packages.

use serde_json::{Value, json};

use super::table::{Case, E, W, broken};

const CONFIG: &str = "info/config.json";
const METRICS: &str = "info/metrics.json";

/// `config.json` with a modified value. 0 is the host, 1 the port, 2 the listen address, 3 the
/// path, 4 a switch, 5 an environment variable.
#[expect(
    clippy::needless_pass_by_value,
    reason = "json! creates values, and the rows are easier to read"
)]
fn config(pointer: &str, value: Value) -> Vec<u8> {
    broken(|package| package.json(CONFIG, pointer, &value))
}

/// `config.json` with one more parameter.
fn parameter(mode: &str, name: &str, default: &str) -> Vec<u8> {
    let parameter = json!({
        "name": name, "mode": mode, "type": "text", "default": default, "description": ""
    });
    config("/-", parameter)
}

/// `metrics.json` with a modified value. Group 0 has the fields pool_size,
/// pool_wait_seconds_bucket, le and db_name; group 1 is group_default.
#[expect(
    clippy::needless_pass_by_value,
    reason = "json! creates values, and the rows are easier to read"
)]
fn metrics(pointer: &str, value: Value) -> Vec<u8> {
    broken(|package| package.json(METRICS, pointer, &value))
}

/// `metrics.json` with one more field in its first group.
fn field(kind: &str, name: &str) -> Vec<u8> {
    let value_type = if kind == "metric" { "double" } else { "string" };
    metrics(
        "/0/fields/-",
        json!({"name": name, "monitor_type": kind, "type": value_type, "description": ""}),
    )
}

/// `metrics.json` with one more group.
#[expect(
    clippy::needless_pass_by_value,
    reason = "json! creates values, and the rows are easier to read"
)]
fn group(name: &str, fields: Value) -> Vec<u8> {
    metrics("/-", json!({"table_name": name, "table_desc": "组", "fields": fields}))
}

fn many_metrics(number: usize) -> Vec<u8> {
    let field = |n| json!({"name": format!("m{n}"), "monitor_type": "metric", "type": "double", "description": ""});
    metrics("/1/fields", (0..number).map(field).collect())
}

fn cut_field(key: &str) -> Vec<u8> {
    metrics(&format!("/0/fields/0/{key}"), json!("remove"))
}

pub(crate) const CASES: &[Case] = &[
    ("no config.json", "config-missing", E, || broken(|p| p.remove_each(CONFIG))),
    ("config.json cut short", "config-json", E, || broken(|p| p.set(CONFIG, "[{"))),
    ("config.json with a byte order mark", "config-json", E, || {
        broken(|package| {
            let path = format!("{}/{CONFIG}", crate::support::package::LINUX);
            let text = String::from_utf8_lossy(&package.file(&path).bytes).into_owned();
            package.set(CONFIG, format!("\u{feff}{text}"));
        })
    }),
    ("config.json as an object", "config-json", E, || broken(|p| p.set(CONFIG, "{}"))),
    ("a text as a parameter", "config-item", E, || config("/5", json!("x"))),
    ("a parameter without name", "config-name", E, || config("/5/name", json!("remove"))),
    ("a parameter with a blank name", "config-name", E, || config("/5/name", json!(" "))),
    ("a name of 256 characters", "config-name", E, || config("/4/name", json!("a".repeat(256)))),
    ("the mode of 5.1", "config-mode", E, || config("/4/mode", json!("cmd"))),
    ("a parameter without mode", "config-mode", E, || config("/4/mode", json!("remove"))),
    ("an unknown type", "config-type", E, || config("/5/type", json!("string"))),
    ("a parameter without type", "config-type", E, || config("/5/type", json!("remove"))),
    ("a parameter without default", "config-default", E, || config("/5/default", json!("remove"))),
    ("a parameter without description", "config-description", E, || {
        config("/5/description", json!("remove"))
    }),
    ("a description that is null", "config-description", E, || {
        config("/5/description", json!(null))
    }),
    ("visible as a number", "config-optional", E, || config("/0/visible", json!(2))),
    ("visible as a text", "config-optional", W, || config("/0/visible", json!("no"))),
    ("required as a number", "config-optional", W, || config("/5/required", json!(1))),
    ("election as a list of texts", "config-optional", E, || config("/5/election", json!(["a"]))),
    ("options as a list", "config-optional", E, || config("/5/options", json!([]))),
    ("an alias that is a number", "config-optional", E, || config("/5/alias", json!(5))),
    ("a key that is null", "config-optional", E, || config("/5/key", json!(null))),
    ("auth_json as an object", "config-optional", E, || config("/5/auth_json", json!({}))),
    ("a mode that is null", "config-mode", E, || config("/4/mode", json!(null))),
    ("config.json with half a character", "config-json", E, || {
        broken(|package| {
            package.json(CONFIG, "/5/description", &json!("HALF"));
            package.replace(CONFIG, "HALF", "\\ud800");
        })
    }),
    ("a switch that is a boolean", "config-switch", E, || config("/4/default", json!(false))),
    ("a switch that is on", "config-switch", E, || config("/4/default", json!("on"))),
    ("a file without its content", "config-file", E, || config("/5/type", json!("file"))),
    ("a flag twice", "config-duplicate", W, || {
        parameter("opt_cmd", "--web.telemetry-path", "/metrics")
    }),
    ("no host", "config-host-port", W, || config("/0", json!("remove"))),
    ("no port", "config-host-port", W, || config("/1", json!("remove"))),
    ("a port of another mode", "config-host-port", W, || config("/1/mode", json!("dms_insert"))),
    ("no ${port} in the defaults", "config-variables", W, || {
        config("/2/default", json!("${host}:9700"))
    }),
    ("no ${host} in the defaults", "config-variables", W, || {
        config("/2/default", json!(":${port}"))
    }),
    ("port 0", "config-port", E, || config("/1/default", json!("0"))),
    ("port 65536", "config-port", E, || config("/1/default", json!(65536))),
    ("a port with a sign", "config-port", E, || config("/1/default", json!("+80"))),
    ("an empty port", "config-port", W, || config("/1/default", json!(""))),
    // Argument values.
    ("a dollar sign", "argument-executed", W, || parameter("opt_cmd", "--a", "$HOME/x")),
    ("a command", "argument-executed", W, || parameter("env", "A", "`id`")),
    ("an undeclared variable", "argument-executed", W, || parameter("opt_cmd", "--a", "${user}")),
    ("a blank", "argument-split", W, || parameter("opt_cmd", "--a", "b c")),
    ("a blank in a positional value", "argument-split", W, || parameter("pos_cmd", "a", "b\tc")),
    ("a star", "argument-glob", W, || parameter("opt_cmd", "--a", "*.db")),
    ("a question mark", "argument-glob", W, || parameter("pos_cmd", "a", "b?")),
    ("_= in a value", "argument-rewritten", W, || parameter("opt_cmd", "--a", "k_=v")),
    ("a comment sign", "argument-rewritten", W, || parameter("env", "A", "b #c")),
    ("a quote", "argument-quote", W, || parameter("opt_cmd", "--a", "\"b\"")),
    ("two backslashes", "argument-quote", W, || parameter("opt_cmd", "--a", "\\\\server")),
    ("a per cent sign", "argument-cmd", W, || parameter("opt_cmd", "--a", "100%")),
    ("an exclamation mark", "argument-cmd", W, || parameter("env", "A", "b!")),
    ("an environment variable with a dash", "env-name", E, || parameter("env", "A-B", "")),
    ("an environment variable with a dot", "env-name", E, || parameter("env", "A.B", "")),
    ("an environment variable of the script", "env-reserved", W, || {
        parameter("env", "BK_CMD_ARGS", "")
    }),
    ("an environment variable that is a number", "env-type", W, || config("/5/default", json!(1))),
    ("another path of the metrics", "argument-path", W, || config("/3/default", json!("/m"))),
    // metrics.json.
    ("no metrics.json", "metrics-missing", E, || broken(|p| p.remove_each(METRICS))),
    ("metrics.json cut short", "metrics-json", E, || broken(|p| p.set(METRICS, "[{"))),
    ("metrics.json as an object", "metrics-json", E, || broken(|p| p.set(METRICS, "{}"))),
    ("metrics.json with NaN", "metrics-form", E, || broken(|p| p.set(METRICS, "[NaN]"))),
    ("a text as a group", "metrics-form", E, || metrics("/1", json!("x"))),
    ("a group without fields", "metrics-form", E, || metrics("/0/fields", json!("remove"))),
    ("fields as an object", "metrics-form", E, || metrics("/0/fields", json!({}))),
    ("a text as a field", "metrics-form", E, || metrics("/0/fields/0", json!("x"))),
    ("a unit that is null", "metrics-null", E, || metrics("/0/fields/0/unit", json!(null))),
    ("a description that is null in metrics.json", "metrics-null", E, || {
        metrics("/0/fields/0/description", json!(null))
    }),
    ("a type that is null", "metrics-null", E, || metrics("/0/fields/0/type", json!(null))),
    ("a rule_list that is null", "metrics-null", E, || metrics("/0/rule_list", json!(null))),
    ("a table_name that is null", "metrics-null", E, || metrics("/0/table_name", json!(null))),
    ("an unknown key that is null", "metrics-null", E, || {
        metrics("/0/fields/0/order", json!(null))
    }),
    ("a group without name", "metrics-table-name", E, || metrics("/0/table_name", json!("remove"))),
    ("the documentation's group_name", "metrics-table-name", E, || {
        metrics(
            "/0",
            json!({"group_name": "a", "table_desc": "b", "fields": [{"name": "c", "monitor_type": "metric", "type": "double", "description": ""}]}),
        )
    }),
    ("a group with a dash", "metrics-table-name", E, || metrics("/0/table_name", json!("a-b"))),
    ("a group that begins with _", "metrics-table-name", E, || {
        metrics("/0/table_name", json!("_a"))
    }),
    ("a group called user", "metrics-table-reserved", E, || {
        metrics("/0/table_name", json!("user"))
    }),
    ("two groups of one name", "metrics-table-duplicate", E, || {
        metrics("/0/table_name", json!("Group_Default"))
    }),
    ("a group without description", "metrics-table-desc", E, || {
        metrics("/0/table_desc", json!("remove"))
    }),
    ("a group with a blank description", "metrics-table-desc", W, || {
        metrics("/1/table_desc", json!(" "))
    }),
    ("a group description that is a number", "metrics-table-desc", E, || {
        metrics("/0/table_desc", json!(1))
    }),
    ("a group with no fields", "metrics-table-empty", W, || group("empty", json!([]))),
    ("a rule_list that is a text", "metrics-rule-list", E, || metrics("/0/rule_list", json!("^a"))),
    ("rules that are a text", "metrics-rule-list", E, || metrics("/0/rules", json!("^a"))),
    ("a rule_list of numbers", "metrics-rule-list", W, || metrics("/0/rule_list", json!([1]))),
    ("a rule that is no expression", "metrics-rules", E, || {
        broken(|package| {
            package.json(METRICS, "/0/fields/0/is_manual", &json!(false));
            package.json(METRICS, "/0/rule_list", &json!(["("]));
        })
    }),
    ("a description with NUL", "metrics-nul", E, || {
        metrics("/0/fields/0/description", json!("a\0b"))
    }),
    ("a table_name with a blank", "metrics-table-name", W, || {
        metrics("/0/table_name", json!("a "))
    }),
    ("a field without name", "metrics-field-name", E, || cut_field("name")),
    ("a field with a blank name", "metrics-field-name", E, || {
        metrics("/0/fields/0/name", json!(""))
    }),
    ("a name of 256 characters", "metrics-field-name", E, || {
        metrics("/0/fields/0/name", json!("a".repeat(256)))
    }),
    ("a name with a colon", "metrics-field-pattern", W, || field("metric", "job:up")),
    ("a label that begins with _", "metrics-field-pattern", W, || field("dimension", "_a")),
    ("a field without monitor_type", "metrics-monitor-type", E, || cut_field("monitor_type")),
    ("monitor_type label", "metrics-monitor-type", E, || {
        metrics("/0/fields/3/monitor_type", json!("label"))
    }),
    ("type long", "metrics-type", E, || metrics("/0/fields/0/type", json!("long"))),
    ("type float", "metrics-type", E, || metrics("/0/fields/0/type", json!("float"))),
    ("a field without type", "metrics-type", E, || cut_field("type")),
    ("a metric of type string", "metrics-type-misfit", W, || {
        metrics("/0/fields/0/type", json!("string"))
    }),
    ("a dimension of type double", "metrics-type-misfit", W, || {
        metrics("/0/fields/3/type", json!("double"))
    }),
    ("a field without description", "metrics-description", E, || cut_field("description")),
    ("a description that is a number", "metrics-description", E, || {
        metrics("/0/fields/0/description", json!(1))
    }),
    ("the unit sign of 5.1", "metrics-unit", W, || metrics("/0/fields/0/unit", json!("%"))),
    ("a unit in the wrong case", "metrics-unit", W, || metrics("/0/fields/0/unit", json!("Bytes"))),
    ("a unit that is a number", "metrics-optional", E, || metrics("/0/fields/0/unit", json!(1))),
    ("is_active as a text", "metrics-optional", W, || {
        metrics("/0/fields/0/is_active", json!("yes"))
    }),
    ("is_diff_metric as a number", "metrics-optional", E, || {
        metrics("/0/fields/0/is_diff_metric", json!(2))
    }),
    ("a blank conversion", "metrics-optional", E, || metrics("/0/fields/0/conversion", json!(""))),
    ("dimensions as a text", "metrics-optional", E, || {
        metrics("/0/fields/0/dimensions", json!("le"))
    }),
    ("a metric twice in a group", "metrics-duplicate", E, || field("metric", "pool_size")),
    ("a metric in two groups", "metrics-duplicate", E, || {
        group(
            "other",
            json!([{"name": "pool_size", "monitor_type": "metric", "type": "int", "description": ""}]),
        )
    }),
    ("a dimension twice in a group", "metrics-dimension-twice", W, || {
        field("dimension", "db_name")
    }),
    ("a metric and a dimension of one name", "metrics-clash", E, || field("metric", "db_name")),
    ("a dimension that is a metric of a later group", "metrics-clash", E, || {
        group(
            "other",
            json!([{"name": "db_name", "monitor_type": "metric", "type": "int", "description": ""}]),
        )
    }),
    ("2001 metrics", "metrics-count", E, || many_metrics(1999)),
    ("a label that the agent sets", "metrics-reserved-label", W, || {
        field("dimension", "bk_target_ip")
    }),
    ("the label ip", "metrics-reserved-label", W, || field("dimension", "ip")),
    ("a metric called duration", "metrics-reserved-word", W, || field("metric", "duration")),
    ("a metric that contains drop", "metrics-reserved-word", W, || {
        field("metric", "pool_dropped_total")
    }),
    ("buckets without le", "metrics-le", W, || metrics("/0/fields/2", json!("remove"))),
];

#[test]
fn two_thousand_metrics_are_accepted() {
    assert_eq!(super::table::check(many_metrics(1998)).findings, []);
}

#[test]
fn ports_are_read_like_nodeman() {
    for port in [" 9601 ", "9601-9610", "9601,9602", "９６０１"] {
        let report = super::table::check(config("/1/default", json!(port)));
        assert_eq!(report.errors().next(), None, "{port}");
    }
    for port in ["-1", "9601.0", "9610-9601", "70000"] {
        let report = super::table::check(config("/1/default", json!(port)));
        assert!(report.errors().next().is_some(), "{port}");
    }
}

#[test]
fn valid_values_are_not_reported() {
    for (mode, name, default) in [
        ("opt_cmd", "--a", "${period}"),
        ("opt_cmd", "--a", "/var/lib/x,y=z:1"),
        ("opt_cmd", "--a", "C:\\x"),
        ("env", "_A1", "several words"),
        ("dms_insert", "label", "$x *"),
        ("collector", "user", "$x"),
    ] {
        let report = super::table::check(parameter(mode, name, default));
        assert_eq!(report.findings, [], "{mode} {default}");
    }
}
