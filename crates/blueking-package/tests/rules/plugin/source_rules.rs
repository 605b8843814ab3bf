//! Each rule on the description and the definitions, violated alone: one problem, at the location
//! to correct.

use crate::support::pool::{DEFINITIONS, DESCRIPTION, generate_from};
use crate::support::{assert_only, replaced};

#[test]
fn each_rule_on_the_description_is_one_problem() {
    let name65 = format!("display_name = '{}'", "主".repeat(65));
    let label65 = format!("label = '{}'", "a".repeat(65));
    let rows = [
        ("'pool_exporter'", "'bkplugin_pool'", "plugin_id", "BlueKing's own"),
        ("'2.3'", "'2'", "plugin_version", "two numbers"),
        ("'2.3'", "'2.3.0'", "plugin_version", "two numbers"),
        ("display_name = '连接池'", &name65, "display_name", "at most 64"),
        ("display_name = '连接池'", "display_name = 'A: b'", "display_name", "\": \""),
        ("'中间件'", "'*'", "tag", "starts with a character"),
        ("'component'", "''", "label", "^[a-zA-Z]"),
        ("label = 'component'", &label65, "label", "at most 64"),
        ("'127.0.0.1:9700'", "':9700'", "listen", "127.0.0.1"),
        ("'127.0.0.1:9700'", "'127.0.0.1:99999'", "listen", "1 to 65535"),
        ("listen =", "telemetry_path = '/m'\nlisten =", "telemetry_path", "scrape only /metrics"),
        ("['pool_age_seconds']", "['node_*']", "omit_in_51", "matches no metric"),
        ("--pool.address", "--pool.other", "parameter.--pool.other.flag", "has no flag"),
        ("default = 'false'", "default = 'no'", "parameter.--pool.deep.default", "switch"),
        ("${host}:1234", "$HOME", "parameter.--pool.address.default", "would be changed"),
        ("tcp://", "a b", "parameter.--pool.address.default", "would be changed"),
        ("tcp://", "a_=b", "parameter.--pool.address.default", "\"_=\""),
        ("'POOL_EXPORTER_PASSWORD'", "'A-B'", "parameter.A-B.env", "^[A-Za-z_]"),
        (
            "type = 'password'",
            "type = 'switch'\ndefault='true'",
            "parameter.POOL_EXPORTER_PASSWORD.env",
            "flag can",
        ),
        (
            "env = ",
            "flag = '--pool.deep'\nenv = ",
            "parameter.POOL_EXPORTER_PASSWORD.env",
            "keep one",
        ),
        ("type = 'file'\n", "", "parameter.--pool.file.content", "only a parameter of type file"),
        ("'pool.conf'", "'my pool.conf'", "parameter.--pool.file.default", "its name on the host"),
        ("'pool.conf'", "''", "parameter.--pool.file.default", "its name on the host"),
        ("content = 'shards = 2'", "", "parameter.--pool.file.content", "rejects an empty file"),
        ("argument = 'target'", "argument = ''", "parameter.[4].argument", "has no display name"),
        ("argument = 'target'", "argument = 'a'\nenv = 'A'", "parameter.A.env", "keep one"),
        ("default = 'main'", "default = 'a b'", "parameter.target.default", "spaces or"),
        ("name = 'wait'", "name = 'POOL'", "group.POOL.name", "upper and lower case"),
        ("name = 'wait'", "name = '9'", "group.9.name", "^[a-zA-Z]"),
        ("description = '等待'", "description = ''", "group.wait.description", "empty"),
        ("name = '名称'", "", "dimensions.name", "no Chinese name"),
    ];
    for (from, to, field, expected) in rows {
        let broken = replaced(DESCRIPTION, from, to);
        let problems = generate_from(&broken, DEFINITIONS).expect_err(to);
        assert_only(&problems, &format!("blueking.toml: {field}"), expected);
    }
    // The value of a variable is not split at spaces.
    let valid = replaced(DESCRIPTION, "type = 'password'", "default = 'a b*'");
    generate_from(&valid, DEFINITIONS).unwrap();
}

#[test]
fn each_rule_on_the_definitions_is_one_problem() {
    let rows = [
        ("\"percent\"", "\"furlongs\"", "pool_usage_percent.unit", "furlongs"),
        ("使用率", "", "pool_usage_percent.zh", "empty"),
        ("pool_uses_total", "pool_uses:total", "pool_uses:total.name", "':'"),
    ];
    for (from, to, field, expected) in rows {
        let broken = replaced(DEFINITIONS, from, to);
        let problems = generate_from(DESCRIPTION, &broken).expect_err(to);
        assert_only(&problems, &format!("definitions of pool_exporter: {field}"), expected);
    }

    let broken = replaced(DEFINITIONS, "[\"target\"]", "[]");
    let problems = generate_from(DESCRIPTION, &broken).unwrap_err();
    assert_only(
        &problems,
        "blueking.toml: parameter.target.argument",
        "takes no positional arguments",
    );

    let broken = DEFINITIONS.replace("\"name\"]", "\"ip\"]");
    let description = replaced(DESCRIPTION, "name = '名称'", "ip = '名称'");
    let problems = generate_from(&description, &broken).unwrap_err();
    assert_only(&problems, "definitions of pool_exporter: label ip", "sets the dimension");

    // A counter with the name of a histogram sample, and one with the name of a label.
    let description = replaced(DESCRIPTION, "['pool_*']", "['pool_*', 'wait_seconds_sum', 'name']");
    let broken = replaced(DEFINITIONS, "pool_uses_total", "wait_seconds_sum");
    let problems = generate_from(&replaced(&description, ", 'name']", "]"), &broken).unwrap_err();
    assert_only(&problems, "definitions of pool_exporter: wait_seconds_sum.name", "2 metrics");
    let broken = replaced(DEFINITIONS, "pool_uses_total", "name");
    let problems = generate_from(&replaced(&description, " 'wait_seconds_sum',", ""), &broken);
    assert_only(&problems.unwrap_err(), "definitions of pool_exporter: name.name", "both a metric");
}

#[test]
fn metric_count_is_limited() {
    let metrics = |count: usize| {
        let metric =
            |n| format!(r#"{{"name":"pool_{n}","kind":"gauge","labels":["name"],"zh":"数"}},"#);
        let more: String = (0..count).map(metric).collect();
        replaced(DEFINITIONS, r#""metrics": ["#, &format!(r#""metrics": [{more}"#))
    };
    // Nine exist already.
    generate_from(DESCRIPTION, &metrics(1991)).unwrap();
    let problems = generate_from(DESCRIPTION, &metrics(1992)).unwrap_err();
    assert_only(&problems, "blueking.toml: group", "at most 2000");
}
