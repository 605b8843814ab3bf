//! The output and the exit codes of `bkpack check`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use crate::samples::{elf, png};

/// Writes a package of BlueKing 5.1 whose exporter is a minimal ELF file.
fn write_package(path: &Path, component: &str) {
    let parameters = json!([
        {"name": "_exporter_url_", "mode": "collector", "type": "text", "description": "URL",
         "default": "http://127.0.0.1:9700/metrics"},
        {"name": "--web.listen-address", "mode": "cmd", "type": "text", "description": "监听地址",
         "default": "127.0.0.1:9700"}
    ]);
    let tables = json!([{"table_name": "pool", "table_desc": "连接池", "fields": [
        {"name": "pool_size", "monitor_type": "metric", "type": "double", "unit": "",
         "description": "连接数"}
    ]}]);
    let files: BTreeMap<&str, Vec<u8>> = [
        ("info.json", json!({"name": component}).to_string().into()),
        ("metrics.json", tables.to_string().into()),
        ("config_schema.json", parameters.to_string().into()),
        ("description.md", "# 连接池\n".into()),
        ("logo.png", png(155, 65)),
        ("exporter-linux", elf(62, &[])),
    ]
    .into();
    let mut archive = ZipWriter::new(File::create(path).unwrap());
    for (name, bytes) in files {
        archive.start_file(name, SimpleFileOptions::DEFAULT).unwrap();
        archive.write_all(&bytes).unwrap();
    }
    archive.finish().unwrap();
}

fn check(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bkpack"));
    command.current_dir(folder).arg("check").args(arguments).env("LC_ALL", "C");
    command.output().unwrap()
}

#[test]
fn exit_codes_are_0_1_and_2() {
    let folder = tempfile::tempdir().unwrap();
    write_package(&folder.path().join("sound.zip"), "pool");
    write_package(&folder.path().join("broken.zip"), "pool_a");

    let sound = check(folder.path(), &["sound.zip"]);
    let text = String::from_utf8(sound.stdout).unwrap();
    assert_eq!(text, "sound.zip: one-click package of BlueKing 5.1, no errors, no warnings\n");
    assert_eq!((sound.status.code(), &*sound.stderr), (Some(0), &b""[..]));

    let both = check(folder.path(), &["sound.zip", "broken.zip"]);
    let text = String::from_utf8(both.stdout).unwrap();
    assert!(text.contains("broken.zip: one-click package of BlueKing 5.1, 1 error, no"), "{text}");
    assert!(text.contains("\ninfo.json\n  error    zip-info  at import: 5.1\n"), "{text}");
    // No colours in a pipe.
    assert!(!text.contains('\x1b'), "{text}");
    let message = String::from_utf8(both.stderr).unwrap();
    assert_eq!(message, "bkpack: BlueKing cannot use broken.zip as it is\n");
    assert_eq!(both.status.code(), Some(1));

    for wrong in [
        &[][..],
        &["--jsn", "sound.zip"],
        &["--earlier", "sound.zip", "broken.zip"],
        &["--earlier"],
        &["--earlier", "none.tgz", "broken.zip"],
        &["none.tgz"],
        &["."],
        &["--earlier", ".", "broken.zip"],
    ] {
        let wrong = check(folder.path(), wrong);
        assert_eq!((wrong.status.code(), &*wrong.stdout), (Some(2), &b""[..]));
    }
}

#[test]
fn other_files_are_checked_despite_a_missing_one() {
    let folder = tempfile::tempdir().unwrap();
    write_package(&folder.path().join("sound.zip"), "pool");
    write_package(&folder.path().join("broken.zip"), "pool_a");

    let output = check(folder.path(), &["none.tgz", "sound.zip", "."]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text, "sound.zip: one-click package of BlueKing 5.1, no errors, no warnings\n");
    let message = String::from_utf8(output.stderr).unwrap();
    let expected = "bkpack: cannot open none.tgz: there is no such file; give the path of a package\n\
                    . is a folder, but not an unpacked package; give the packages in it, one by one\n";
    assert_eq!((output.status.code(), &*message), (Some(2), expected));

    // An error in a package takes precedence over a usage error.
    let output = check(folder.path(), &["none.tgz", "broken.zip"]);
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(
        message.contains("none.tgz") && message.contains("use broken.zip as it is"),
        "{message}"
    );
    assert_eq!(output.status.code(), Some(1));

    let output = check(folder.path(), &["--json", "none.tgz", "sound.zip"]);
    let reports: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(reports[0]["package"], "none.tgz");
    let unread = reports[0]["unread"].as_str().unwrap();
    assert!(unread.contains("there is no such file") && reports[0].get("errors").is_none());
    assert_eq!((&reports[1]["errors"], reports.as_array().unwrap().len()), (&json!(0), 2));
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn unpacked_package_has_the_same_findings() {
    let folder = tempfile::tempdir().unwrap();
    let (packed, unpacked) = (folder.path().join("broken.zip"), folder.path().join("broken"));
    write_package(&packed, "pool_a");
    ZipArchive::new(File::open(&packed).unwrap()).unwrap().extract(&unpacked).unwrap();
    let findings = |package| {
        let output = check(folder.path(), &["--json", package]);
        let reports: Value = serde_json::from_slice(&output.stdout).unwrap();
        (reports[0]["findings"].clone(), reports[0]["kind"].clone(), output.status.code())
    };
    let expected = findings("broken.zip");
    assert_eq!((&expected.1, expected.2), (&json!("5.1"), Some(1)));
    assert_eq!(findings("broken"), expected);
    // A folder of packages is not a package itself.
    assert_eq!(check(folder.path(), &["."]).status.code(), Some(2));
}

#[cfg(unix)]
#[test]
fn link_in_an_unpacked_package_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let plugin = folder.path().join("external_plugins_linux_x86_64/pool_exporter");
    std::fs::create_dir_all(plugin.join("info")).unwrap();
    std::fs::write(plugin.join("info/meta.yaml"), "plugin_id: pool_exporter\n").unwrap();
    std::os::unix::fs::symlink("/etc/passwd", plugin.join("pool_exporter")).unwrap();
    let output = check(folder.path(), &["."]);
    let text = String::from_utf8(output.stdout).unwrap();
    let link =
        "external_plugins_linux_x86_64/pool_exporter/pool_exporter\n  error    archive-link ";
    assert!(text.starts_with(".: plugin package of BlueKing 6.x and 7.x, "), "{text}");
    assert!(text.contains(link) && output.status.code() == Some(1), "{text}");
}

#[test]
fn report_is_chinese_on_request() {
    let folder = tempfile::tempdir().unwrap();
    write_package(&folder.path().join("broken.zip"), "pool_a");
    let chinese =
        "broken.zip：蓝鲸 5.1 一键导入包，1 个错误，无警告\n\ninfo.json\n  错误     zip-info  ";
    for (arguments, locale) in
        [(&["broken.zip", "--lang", "zh"][..], "C"), (&["broken.zip"], "zh_CN.UTF-8")]
    {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bkpack"));
        command.current_dir(folder.path()).arg("check").args(arguments).env("LC_ALL", locale);
        let output = command.output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.starts_with(chinese), "{text}");
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(message, "bkpack: broken.zip 有错误，蓝鲸无法使用\n");
    }
    let json = check(folder.path(), &["--json", "--lang=zh", "broken.zip"]);
    let reports: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(reports[0]["findings"][0]["rule"], "zip-info");
    assert_eq!(reports[0]["findings"][0]["severity"], "error");
}

/// The output of a check on a terminal, with these environment variables.
#[cfg(target_os = "linux")]
fn on_a_terminal(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> String {
    use std::fs::OpenOptions;
    use std::io::Read;

    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

    let screen = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&screen).unwrap();
    unlockpt(&screen).unwrap();
    let name = ptsname(&screen, Vec::new()).unwrap();
    let terminal = OpenOptions::new().read(true).write(true).open(name.to_str().unwrap()).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_bkpack"));
    command
        .current_dir(folder)
        .arg("check")
        .args(arguments)
        .env("TERM", "xterm")
        .env("LC_ALL", "C");
    command.env_remove("NO_COLOR").envs(variables.iter().copied());
    let mut child = command.stdout(terminal).spawn().unwrap();
    // The command keeps the terminal open.
    drop(command);
    let mut output = Vec::new();
    // Reading fails once the last descriptor of the terminal is closed.
    let _ = File::from(screen).read_to_end(&mut output);
    child.wait().unwrap();
    String::from_utf8(output).unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn terminal_output_has_colours_unless_disabled() {
    let folder = tempfile::tempdir().unwrap();
    write_package(&folder.path().join("broken.zip"), "pool_a");
    let run = |arguments: &[&str], variables: &[(&str, &str)]| {
        on_a_terminal(folder.path(), arguments, variables)
    };
    let coloured = run(&["broken.zip"], &[]);
    assert!(coloured.contains("\x1b[31merror"), "{coloured}");
    assert_eq!(
        run(&["broken.zip"], &[("NO_COLOR", "")]),
        coloured,
        "an empty NO_COLOR has no effect"
    );
    for variable in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let plain = run(&["broken.zip"], &[variable]);
        assert!(plain.contains("  error    zip-info") && !plain.contains('\x1b'), "{plain}");
    }
    assert!(!run(&["--json", "broken.zip"], &[]).contains('\x1b'));
}

#[test]
fn json_is_a_list_of_reports() {
    let folder = tempfile::tempdir().unwrap();
    write_package(&folder.path().join("sound.zip"), "pool");
    write_package(&folder.path().join("broken.zip"), "pool_a");
    let output = check(folder.path(), &["--json", "sound.zip", "broken.zip"]);
    let reports: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(reports[0]["package"], "sound.zip");
    assert_eq!(reports[0]["findings"], json!([]));
    assert_eq!(reports[1]["errors"], 1);
    assert_eq!(reports[1]["findings"][0]["rule"], "zip-info");
    assert_eq!(reports[1]["findings"][0]["readers"], json!(["5.1"]));
    let objections = json!([{"reader": "5.1", "stage": "import"}]);
    assert_eq!(reports[1]["findings"][0]["objections"], objections);
    assert_eq!(reports[1]["findings"][0]["stage"], "import");
    assert_eq!(output.status.code(), Some(1));
}
