//! What a rehearsal takes of this machine, leaves on it, and cannot get from it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::package::{write_component, write_plugin};
use crate::{notes, rehearse};

#[test]
fn a_signal_leaves_nothing_behind() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("p.tgz");
    write_plugin(&file, &[]);
    let mut rehearsal = command
        .arg("rehearse")
        .arg(&file)
        .env("TMPDIR", folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(rehearsal.stdout.take().unwrap());
    let mut lines = output.lines().map(Result::unwrap);
    let start = lines.find(|line| line.starts_with("ok       start: ")).unwrap();
    let pid = start.split_whitespace().nth(3).unwrap();
    let program = Path::new("/proc").join(pid).join("exe");
    assert!(fs::read_link(&program).unwrap().starts_with(folder.path().canonicalize().unwrap()));

    let kill = format!("kill -TERM {}", rehearsal.id());
    assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    assert_eq!(rehearsal.wait().unwrap().signal(), Some(15));
    assert!(fs::read_link(&program).is_err(), "the exporter still runs");
    assert_eq!(names(folder.path()), ["p.tgz"]);
}

#[test]
fn nothing_stays_behind_and_no_planted_link_is_followed() {
    let folder = tempfile::tempdir().unwrap();
    let (shared, victim) = (folder.path().join("shared"), folder.path().join("victim"));
    let (file, precious) = (folder.path().join("p.tgz"), victim.join("10000"));
    fs::create_dir_all(&victim).unwrap();
    fs::create_dir_all(&shared).unwrap();
    fs::write(&precious, "precious").unwrap();
    // Where one might keep what other rehearsals are to know.
    for name in ["rehearse-ports", "rehearse", "ports"] {
        symlink(&victim, shared.join(name)).unwrap();
    }
    write_plugin(&file, &[]);
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    let output = command.arg("rehearse").arg(&file).env("TMPDIR", &shared).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
    assert_eq!(fs::read_to_string(&precious).unwrap(), "precious");
    assert_eq!(names(&victim), ["10000"]);
    assert_eq!(names(&shared).len(), 3, "{:?}", names(&shared));
}

#[test]
fn a_port_that_this_machine_cannot_give_is_no_verdict_on_the_package() {
    let folder = tempfile::tempdir().unwrap();
    let (plugin, component) = (folder.path().join("p.tgz"), folder.path().join("p.zip"));
    write_plugin(&plugin, &[]);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = listener.local_addr().unwrap().port();
    let typed = format!("--param=port={taken}");
    let own = write_component(&component);
    let _own = TcpListener::bind(("127.0.0.1", own)).unwrap();
    for (file, arguments, port, choose) in [
        (&plugin, &[&*typed][..], taken, "with --param: port=NUMBER, or none"),
        (&component, &[], own, "with --param: in _exporter_url_ and in the row"),
    ] {
        let output = rehearse(file, arguments);
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{told}");
        let begin =
            format!("xtask: port {port} is taken on this machine (used), and BlueKing would");
        assert!(told.contains(&begin) && told.contains(choose), "{told}");
        assert!(!told.contains("would not work"), "{told}");
        assert!(!String::from_utf8(output.stdout).unwrap().contains("start"));
    }
    // What is left open is allocated, and what was passed over is told.
    let config = json!([
        {"name": "host", "mode": "collector", "type": "text", "default": "127.0.0.1",
         "description": "", "visible": false},
        {"name": "port", "mode": "collector", "type": "text", "default": taken.to_string(),
         "description": "", "visible": false},
        {"name": "--web.listen-address", "mode": "opt_cmd", "type": "text",
         "default": "${host}:${port}", "description": ""}
    ]);
    write_plugin(&plugin, &[("info/config.json", &config.to_string())]);
    let output = rehearse(&plugin, &["--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let told = notes(&report, "port");
    assert!(told.contains(&format!("passed over: {taken} (used)")), "{told}");
}

#[test]
fn a_report_that_cannot_be_written_is_told_before_anything_starts() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("p.tgz");
    write_plugin(&file, &[]);
    let html = folder.path().join("none/report.html");
    let output = rehearse(&file, &["--json", "--html", html.to_str().unwrap()]);
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.starts_with("xtask: --html: cannot write"), "{told}");
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{told}");

    // A disk that is full in the end: the other report is there.
    let output = rehearse(&file, &["--json", "--html", "/dev/full"]);
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("xtask: --html: cannot write /dev/full: "), "{told}");
    assert_eq!(output.status.code(), Some(1), "{told}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["failed"], json!(0), "{report}");
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}
