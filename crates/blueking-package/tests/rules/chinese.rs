//! Texts in Chinese. The language belongs to the process, and other tests expect English: each test
//! here runs again in a process of its own.

use blueking_package::agent::{Declared, Page, compare};
use blueking_package::check::Finding;
use blueking_package::{Language, check, plugin, v51};

use crate::check::earlier;
use crate::check::table::{cases, check as check_bytes};
use crate::support::{is_alone, lines, parsed};

const DESCRIPTION: &str = "plugin_id = 'bkplugin_pool'\ncomponent_name = 'pool_x'\n\
    display_name = '连接池'\nlisten = '127.0.0.1'\n";

const DEFINITIONS: &str = r#"{"schema": 1, "name": "pool_exporter", "version": "0.1.0",
    "flags": [{"name": "web.listen-address"}, {"name": "web.telemetry-path"}],
    "groups": [{"name": "pool", "zh": "连接池", "enabled": true}],
    "metrics": [
        {"name": "pool_size", "kind": "gauge", "zh": "连接数", "group": "pool", "unit": "feet"}
    ]}"#;

#[test]
fn problems_and_errors_are_in_chinese() {
    if !is_alone("chinese::problems_and_errors_are_in_chinese") {
        return;
    }
    Language::Chinese.select();
    let (description, definitions) = parsed(DESCRIPTION, DEFINITIONS);
    let problems = v51::generate(&description, &definitions).unwrap_err();
    assert_eq!(
        lines(&problems),
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
    assert!(differences[0].to_string().starts_with("metrics.json 有意不收"), "{differences:?}");
}

#[test]
fn every_finding_is_in_chinese() {
    if !is_alone("chinese::every_finding_is_in_chinese") {
        return;
    }
    Language::Chinese.select();
    let of_cases = cases().flat_map(|(name, .., bytes)| {
        check_bytes(bytes()).findings.into_iter().map(move |finding| (*name, finding))
    });
    let of_pairs = earlier::CASES.iter().flat_map(|(name, _, _, old, new)| {
        let report = earlier::after(&earlier::changed(*old), &earlier::changed(*new));
        report.findings.into_iter().map(move |finding| (*name, finding))
    });
    let mut lines = Vec::new();
    for (name, finding) in of_cases.chain(of_pairs) {
        let line = finding.to_string();
        let Finding { message, advice, objections, .. } = finding;
        assert!(is_chinese(&message) && is_chinese(&advice), "{name}: {line}");
        assert!(line.contains(&format!("{message}；{advice}。")), "{name}: {line}");
        for objection in objections {
            assert!(is_chinese(&objection.stage.to_string()), "{name}: {line}");
            assert!(is_chinese(&objection.consumer.name()), "{name}: {line}");
        }
        lines.push(line);
    }
    // Sentences that are composed of parts.
    for expected in [
        "VERSION：版本号是 1.2，之前是 1.2，而 external_plugins_linux_x86_64/…/pool_exporter 有变化；\
         至少用 2.1，project.yaml 里也要改。",
        "pool_exporter：可执行文件依赖加载器 /lib64/ld-linux-x86-64.so.2，还要求 glibc 2.34\
         （CentOS 7 是 2.17），有的主机不满足；请使用静态编译的版本（musl 目标或 CGO_ENABLED=0），或者只下发到满足要求的主机。",
    ] {
        assert!(lines.iter().any(|line| line.ends_with(expected)), "{expected}: {lines:#?}");
    }
}

fn is_chinese(text: &str) -> bool {
    text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
}
