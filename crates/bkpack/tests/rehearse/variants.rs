//! The same rehearsal in Chinese, and of an unpacked package.

use std::fs;
use std::process::Command;

use flate2::read::GzDecoder;
use serde_json::Value;
use tar::Archive;

use crate::package::write_plugin;
use crate::{rehearse, report, steps};

#[test]
fn report_is_chinese_on_request() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("p.tgz");
    write_plugin(&file, &[]);
    let html = folder.path().join("report.html");
    let output = rehearse(&file, &["--lang", "zh", "--html", html.to_str().unwrap()]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    for line in ["通过     启动：进程 ", "通过     停止：没有残留", "0 步失败，0 步跳过"]
    {
        assert!(text.contains(line), "{line} in {text}");
    }
    let page = fs::read_to_string(html).unwrap();
    for part in
        ["<html lang=\"zh-CN\">", "<h1>连接池</h1>", "<code>pool_size</code><br>连接数</td>"]
    {
        assert!(page.contains(part), "{part} in {page}");
    }
    assert!(page.contains(">所有步骤都没有失败。</p>"), "{page}");

    let output = rehearse(&file, &["--lang=zh", "--param=port=0"]);
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(text, "bkpack: --param port=\"0\" 不是端口，请填 1 到 65535 的数字\n");
}

#[test]
fn unpacked_package_is_rehearsed_like_a_packed_one() {
    let folder = tempfile::tempdir().unwrap();
    let (file, unpacked) = (folder.path().join("p.tgz"), folder.path().join("p"));
    write_plugin(&file, &[]);
    let archive = GzDecoder::new(fs::File::open(&file).unwrap());
    Archive::new(archive).unpack(&unpacked).unwrap();
    let outcomes = [&file, &unpacked].map(|package| {
        let (report, code) = report(package, "exit");
        (steps(&report, "failed").join(", "), report["arguments"].clone(), code)
    });
    assert_eq!((&*outcomes[0].0, outcomes[0].2), ("debug, start", Some(1)));
    assert_eq!(outcomes[1], outcomes[0]);
    // Nor does `check` find anything else: no order of files, no name of the archive.
    let output = Command::new(env!("CARGO_BIN_EXE_bkpack"))
        .args(["check", "--json"])
        .args([&file, &unpacked])
        .output()
        .unwrap();
    let reports: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(reports[0]["findings"], reports[1]["findings"]);
}
