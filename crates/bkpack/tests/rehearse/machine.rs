//! The effects of a rehearsal on this machine: ports, files and processes.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::package::{write_component, write_plugin};
use crate::{notes, rehearse};

#[test]
fn interrupted_rehearsal_leaves_nothing() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bkpack"));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("p.tgz");
    write_plugin(&file, &[]);
    let mut rehearsal = command
        .arg("rehearse")
        .arg(&file)
        .env("TMPDIR", folder.path())
        .env("LC_ALL", "C")
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

/// A process that runs from this folder; waits for it.
fn running_in(folder: &Path) -> u32 {
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(30) {
        for entry in fs::read_dir("/proc").unwrap().flatten() {
            let program = fs::read_link(entry.path().join("exe"));
            if program.is_ok_and(|program| program.starts_with(folder)) {
                return entry.file_name().to_str().unwrap().parse().unwrap();
            }
        }
    }
    panic!("no process runs from {}", folder.display());
}

#[test]
fn interrupted_draft_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let help = folder.path().join("help.txt");
    fs::write(&help, "Flags:\n      --web.listen-address string   Where. (default \":1\")\n")
        .unwrap();
    let mut draft = Command::new(env!("CARGO_BIN_EXE_bkpack"));
    draft.arg("init").arg(folder.path().join("draft")).args(["--args", "--pool.mode mute"]);
    draft.args(["--linux", env!("CARGO_BIN_EXE_fake_exporter"), "--help-text"]).arg(&help);
    let scratch = folder.path().join("scratch");
    fs::create_dir(&scratch).unwrap();
    draft.env("TMPDIR", &scratch).env("LC_ALL", "C");
    let mut draft = draft.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let exporter = loop {
        // `--version` runs it too, for a moment.
        let pid = running_in(&scratch.canonicalize().unwrap());
        let arguments = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        if arguments.contains("mute") {
            break pid;
        }
    };
    let kill = format!("kill -TERM {}", draft.id());
    assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    assert_eq!(draft.wait().unwrap().signal(), Some(15));
    assert!(fs::read_link(format!("/proc/{exporter}/exe")).is_err(), "the exporter still runs");
    assert_eq!(names(&scratch), [""; 0]);
    assert_eq!(names(folder.path()), ["help.txt", "scratch"]);
}

#[test]
fn planted_links_are_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    let (shared, victim) = (folder.path().join("shared"), folder.path().join("victim"));
    let (file, precious) = (folder.path().join("p.tgz"), victim.join("10000"));
    fs::create_dir_all(&victim).unwrap();
    fs::create_dir_all(&shared).unwrap();
    fs::write(&precious, "precious").unwrap();
    // Likely places for state shared between rehearsals.
    for name in ["rehearse-ports", "rehearse", "ports"] {
        symlink(&victim, shared.join(name)).unwrap();
    }
    write_plugin(&file, &[]);
    let mut command = Command::new(env!("CARGO_BIN_EXE_bkpack"));
    command.arg("rehearse").arg(&file).env("TMPDIR", &shared).env("LC_ALL", "C");
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
    assert_eq!(fs::read_to_string(&precious).unwrap(), "precious");
    assert_eq!(names(&victim), ["10000"]);
    assert_eq!(names(&shared).len(), 3, "{:?}", names(&shared));
}

#[test]
fn taken_port_is_a_usage_error() {
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
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{text}");
        let begin =
            format!("bkpack: port {port} is taken on this machine (used), and BlueKing would");
        assert!(text.contains(&begin) && text.contains(choose), "{text}");
        assert!(!text.contains("would not work"), "{text}");
        assert!(!String::from_utf8(output.stdout).unwrap().contains("start"));
    }
    // Without a fixed port, another one is allocated and the skipped one reported.
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
    let text = notes(&report, "port");
    assert!(text.contains(&format!("skipped: {taken} (used)")), "{text}");
}

#[test]
fn unwritable_report_is_reported_early() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("p.tgz");
    write_plugin(&file, &[]);
    let html = folder.path().join("none/report.html");
    let output = rehearse(&file, &["--json", "--html", html.to_str().unwrap()]);
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.starts_with("bkpack: --html: cannot write"), "{text}");
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{text}");

    // A full disk at the end: the other report is complete.
    let output = rehearse(&file, &["--json", "--html", "/dev/full"]);
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("bkpack: --html: cannot write /dev/full: "), "{text}");
    assert_eq!(output.status.code(), Some(1), "{text}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["failed"], json!(0), "{report}");
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}
