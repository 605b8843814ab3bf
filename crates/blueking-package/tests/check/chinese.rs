//! The findings in Chinese.

use std::env;
use std::process::Command;

use blueking_package::Language;
use blueking_package::check::Finding;

use crate::earlier;
use crate::table::{cases, check};

/// Marks the child process: the language belongs to the process, and other tests expect English.
const IS_CHILD: &str = "CHECK_IN_CHINESE";

#[test]
fn every_finding_is_in_chinese() {
    if env::var_os(IS_CHILD).is_none() {
        let mut child = Command::new(env::current_exe().unwrap());
        let child = child.args(["--exact", "chinese::every_finding_is_in_chinese"]);
        let output = child.env(IS_CHILD, "1").output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && text.contains("1 passed"), "{text}");
        return;
    }
    Language::Chinese.select();
    let of_cases = cases().flat_map(|(name, .., bytes)| {
        check(bytes()).findings.into_iter().map(move |finding| (*name, finding))
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
