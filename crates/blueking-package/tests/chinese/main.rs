//! Texts in Chinese. The language belongs to the process, so this is its only test.

use blueking_package::agent::{Declared, Page, compare};
use blueking_package::{Definitions, Language, PackageDescription, check, plugin, v51};

const DESCRIPTION: &str = "plugin_id = 'bkplugin_pool'\ncomponent_name = 'pool_x'\n\
    display_name = '连接池'\nlisten = '127.0.0.1'\n";

const DEFINITIONS: &str = r#"{"schema": 1, "name": "pool_exporter", "version": "0.1.0",
    "flags": [{"name": "web.listen-address"}, {"name": "web.telemetry-path"}],
    "groups": [{"name": "pool", "zh": "连接池", "enabled": true}],
    "metrics": [
        {"name": "pool_size", "kind": "gauge", "zh": "连接数", "group": "pool", "unit": "feet"}
    ]}"#;

#[test]
fn problems_and_findings_are_in_chinese() {
    Language::Chinese.select();
    let description = PackageDescription::parse("blueking.toml", DESCRIPTION).unwrap();
    let definitions = Definitions::parse("pool_exporter --describe", DEFINITIONS).unwrap();
    let problems = v51::generate(&description, &definitions).unwrap_err();
    let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        lines,
        [
            "blueking.toml：plugin_id：插件 ID \"bkplugin_pool\" 以 \"bkplugin_\" 开头，\
             这是蓝鲸官方插件的前缀；请换一个前缀。",
            "pool_exporter 的指标定义：pool_size.unit：未知单位 \"feet\"；请使用 percent、ratio、bytes、\
             seconds、celsius、hertz、volts、amperes、watts、joules 之一，或留空。",
            "blueking.toml：listen：地址 \"127.0.0.1\" 没有端口；\
             请写成 host:port，例如 127.0.0.1:9601。",
            "blueking.toml：component_name：组件名 \"pool_x\" 不符合 ^[A-Za-z0-9]+$；\
             只能使用字母和数字。",
        ]
    );

    let entries = [(v51::LOGO.to_owned(), b"GIF89a".to_vec())].into();
    let report = check::entries(&entries);
    let finding = report.findings.iter().find(|finding| finding.file == v51::LOGO).unwrap();
    assert_eq!(finding.to_string(), "logo.png：文件不是 PNG 图片；请另存为 PNG。");

    let error = v51::read("none.zip".as_ref()).unwrap_err();
    assert_eq!(error.to_string(), "无法打开 none.zip");

    let group = plugin::MetricGroup {
        table_name: "pool".to_owned(),
        table_desc: String::new(),
        rule_list: Vec::new(),
        rules: Vec::new(),
        fields: Vec::new(),
    };
    let page = Page::read(b"pool_size NaN\npool_uses 1\n");
    let trouble = page.troubles[0].trouble.to_string();
    assert_eq!(trouble, "值不是有限的数，Agent 会丢弃它，本次采集记为失败（2502）");
    let differences = compare(&page.samples, &Declared::from(&[group][..]));
    assert!(differences[0].to_string().starts_with("页面上有 pool_uses，"), "{differences:?}");
}
