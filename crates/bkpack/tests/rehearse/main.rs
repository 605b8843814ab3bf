//! Tests of the `bkpack rehearse` command, on valid packages and on packages with one fault.

#![cfg(all(target_os = "linux", target_arch = "x86_64"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "all of it is test code")]

mod machine;
mod package;
#[path = "../../../blueking-package/tests/rules/support/samples.rs"]
mod samples;
mod variants;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::package::{write_component, write_plugin, write_plugin_of};

fn rehearse(file: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bkpack"));
    command.arg("rehearse").arg(file).args(arguments).env("LC_ALL", "C").output().unwrap()
}

/// The report on a package whose exporter runs in `mode`, and the exit code.
fn report(file: &Path, mode: &str) -> (Value, Option<i32>) {
    let output = rehearse(file, &["--json", &format!("--param=--pool.mode={mode}")]);
    let report = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    (report, output.status.code())
}

/// The steps with this state.
fn steps<'v>(report: &'v Value, state: &str) -> Vec<&'v str> {
    let steps = report["steps"].as_array().unwrap().iter();
    let steps = steps.filter(|step| step["state"] == state);
    steps.map(|step| step["name"].as_str().unwrap()).collect()
}

/// The notes of a step, as one text.
fn notes(report: &Value, step: &str) -> String {
    let steps = report["steps"].as_array().unwrap();
    let step = steps.iter().find(|found| found["name"] == step).unwrap();
    step["notes"].to_string()
}

#[test]
fn valid_plugin_passes_all_steps() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pool_exporter.tgz");
    write_plugin(&file, &[]);
    let html = folder.path().join("report.html");
    let output = rehearse(&file, &["--html", html.to_str().unwrap()]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("0 failed, 0 skipped"), "{text}");
    assert!(text.contains("\n  pool_size 1 \n"), "{text}");
    let end = " --pool.mode sound --pool.file etc/pool.conf main\n";
    assert!(text.contains(end), "{text}");
    let debug = text.lines().find(|line| line.starts_with("ok       debug: ")).unwrap();
    let call = "debug: bkmonitorbeat -c etc/bkmonitorbeat_debug.yaml scrapes 127.0.0.1:";
    assert!(debug.contains(call) && debug.contains("/metrics"), "{debug}");
    // The summary does not contain the scratch folder.
    let rendered = "\nok       env.yaml: etc/env.yaml, rendered from its template with ";
    assert!(text.contains(rendered) && text.contains("BK_CMD_ARGS\n"), "{text}");
    let page = fs::read_to_string(html).unwrap();
    assert!(page.contains("<p>pool_exporter 1.1 for linux") && page.contains("Rehearsed 20"));
    assert!(page.contains("pool_free") && page.contains("two copies side by side"), "{page}");
}

#[test]
fn component_of_5_1_is_started_directly() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pool.zip");
    write_component(&file);
    let (report, code) = report(&file, "sound");
    assert_eq!((code, &report["failed"]), (Some(0), &json!(0)), "{report}");
    assert_eq!(steps(&report, "skipped"), ["env.yaml", "debug", "two copies side by side"]);
    assert_eq!(report["steps"][1]["summary"], "pool for linux, 1 file, on this machine");
    // BlueKing 5.1 passes the positional argument first, and no file.
    assert_eq!(report["arguments"][0], "main");
    assert_eq!(report["arguments"][3], "--pool.mode=sound");
    assert_eq!(report["arguments"].as_array().unwrap().len(), 4);
    assert_eq!(report["preview"]["rows"][0]["metric_name"], "pool_size");
}

#[test]
fn down_service_is_reported_with_the_form() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("p.tgz");
    write_plugin(&file, &[]);
    let (report, code) = report(&file, "down");
    let warned = ["import", "scrape"];
    assert_eq!((&*steps(&report, "warning"), code), (&warned[..], Some(0)), "{report}");
    let text = notes(&report, "scrape");
    assert!(text.contains("pool_up is 0 (pool_exporter_last_scrape_error{err="), "{text}");
    assert!(text.contains("the monitored service does not answer or rejects requests"), "{text}");
    assert!(text.contains("the form has --pool.mode (down), --pool.file"), "{text}");
    // The absent group is not held against metrics.json.
    let text = notes(&report, "metrics.json");
    assert!(text.contains("as pool_up is 0") && !text.contains("omit metrics"), "{text}");
    assert_eq!(
        (&report["version"], &report["bkpack"]),
        (&json!("1.1"), &json!(env!("CARGO_PKG_VERSION")))
    );
}

#[test]
fn exporter_that_exits_fails_the_start_step() {
    let folder = tempfile::tempdir().unwrap();
    let (plugin, component) = (folder.path().join("p.tgz"), folder.path().join("p.zip"));
    write_plugin(&plugin, &[]);
    write_component(&component);
    for (file, failed) in [(plugin, &["debug", "start"][..]), (component, &["start"])] {
        let (report, code) = report(&file, "exit");
        assert_eq!((&*steps(&report, "failed"), code), (failed, Some(1)), "{report}");
        for step in failed {
            assert!(notes(&report, step).contains("the pool is not configured"), "{report}");
        }
        assert!(steps(&report, "skipped").contains(&"scrape"));
    }
}

#[test]
fn collector_that_is_not_started_fails_debug() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("p.tgz");
    write_plugin(&file, &[("debug.sh", "#!/bin/sh\n./start.sh\n")]);
    let (report, code) = report(&file, "sound");
    assert_eq!((steps(&report, "failed"), code), (vec!["debug"], Some(1)), "{report}");
    let text = notes(&report, "debug");
    assert!(text.contains("does not start the exporter and then plugins/bin"), "{text}");
}

#[test]
fn collector_without_the_metric_url_fails_debug() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("p.tgz");
    let template = "path.pid: pid\nhosts: []\n";
    write_plugin(&file, &[("etc/bkmonitorbeat_debug.yaml.tpl", template)]);
    let (report, code) = report(&file, "sound");
    assert_eq!((steps(&report, "failed"), code), (vec!["debug"], Some(1)), "{report}");
    assert!(notes(&report, "debug").contains("write {{ metric_url }}"), "{report}");
}

#[test]
fn script_that_starts_nothing_fails_the_start_step() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("p.tgz");
    write_plugin(&file, &[("start.sh", "#!/bin/sh\nexit 0\n")]);
    let (report, code) = report(&file, "sound");
    assert_eq!((steps(&report, "failed"), code), (vec!["debug", "start"], Some(1)), "{report}");
    assert!(notes(&report, "start").contains("nothing runs"), "{report}");
    assert!(notes(&report, "debug").contains("does not answer while it is debugged"), "{report}");
}

#[test]
fn script_with_windows_line_ends_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("p.tgz");
    write_plugin(&file, &[("start.sh", "#!/bin/sh\r\nexit 0\r\n")]);
    let (report, code) = report(&file, "sound");
    assert_eq!((steps(&report, "failed"), code), (vec!["debug", "start"], Some(1)), "{report}");
    for step in ["import", "start"] {
        let notes = notes(&report, step);
        assert!(notes.contains("start.sh") && notes.contains("the interpreter line"), "{notes}");
    }
}

#[test]
fn overwritten_label_fails_only_declared_metrics() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("p.tgz");
    write_plugin(&file, &[]);
    let (other, code) = report(&file, "overwritten");
    let warned = vec!["import", "scrape"];
    assert_eq!((steps(&other, "warning"), code), (warned, Some(0)), "{other}");
    let scrape = notes(&other, "scrape");
    assert!(scrape.contains("\"names\":[\"pool_peer{ip}\",\"pool_user{bk_host_id}\"]"), "{scrape}");
    let (declared, code) = report(&file, "overwritten-declared");
    assert!(steps(&declared, "failed").contains(&"scrape") && code == Some(1), "{declared}");
}

#[test]
fn dropped_samples_are_reported() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("p.tgz");
    write_plugin(&file, &[]);
    let (other, code) = report(&file, "lossy");
    let failed = ["scrape", "metrics.json"];
    assert_eq!((&*steps(&other, "failed"), code), (&failed[..], Some(1)), "{other}");
    let scrape = notes(&other, "scrape");
    assert!(scrape.contains("not_finite") && scrape.contains("pool_size NaN"), "{scrape}");
    let notes = notes(&other, "metrics.json");
    assert!(notes.contains("\"names\":[\"pool_surprise\"]"), "{notes}");
    assert!(notes.contains("the label shard of pool_free"), "{notes}");
    assert!(notes.contains("1 of 2 metrics of the group pool is not on the page"), "{notes}");
    assert!(notes.contains("\"names\":[\"pool_size\"]"), "{notes}");
}

#[test]
fn copy_that_runs_without_its_port_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("p.tgz");
    write_plugin(&file, &[]);
    let (stubborn, code) = report(&file, "stubborn");
    assert_eq!((steps(&stubborn, "failed"), code), (vec!["port taken"], Some(1)), "{stubborn}");
}

#[test]
fn leftover_child_process_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("p.tgz");
    write_plugin(&file, &[]);
    let (child, code) = report(&file, "child");
    assert_eq!((steps(&child, "failed"), code), (vec!["stop"], Some(1)), "{child}");
    assert!(notes(&child, "debug").contains("debug_leaves"), "{child}");
    assert!(notes(&child, "stop").contains("stop leaves processes"), "{child}");
}

#[test]
fn changes_by_site_scripts_are_reported() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("p.tgz");
    write_plugin(&file, &[]);
    let (plus, code) = report(&file, "a_=b");
    let warned = ["import", "arguments", "alive after 2 s"];
    assert_eq!((code, &*steps(&plus, "warning")), (Some(0), &warned[..]), "{plus}");
    assert!(notes(&plus, "arguments").contains("becomes"), "{plus}");
    let alive = notes(&plus, "alive after 2 s");
    assert!(alive.contains("a_=b") && alive.contains("a+=b"), "{alive}");

    let (executed, code) = report(&file, "$(touch x)");
    assert_eq!((code, steps(&executed, "failed")), (Some(1), vec!["arguments"]), "{executed}");
}

#[test]
fn file_of_the_form_is_next_to_env_yaml() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("p.tgz");
    let config = json!([
        {"name": "host", "mode": "collector", "type": "text", "default": "127.0.0.1",
         "description": "", "visible": false},
        {"name": "port", "mode": "collector", "type": "text", "default": "9700",
         "description": "", "visible": false},
        {"name": "--web.listen-address", "mode": "opt_cmd", "type": "text",
         "default": "${host}:${port}", "description": ""},
        {"name": "--pool.file", "mode": "opt_cmd", "type": "file", "default": "p.conf",
         "description": "", "file_base64": "Cg=="},
        {"name": "PASSWORD", "mode": "env", "type": "password", "default": "", "description": ""}
    ]);
    write_plugin(&file, &[("info/config.json", &config.to_string())]);
    let source = folder.path().join("pool.conf");
    let typed = format!("--param=--pool.file={}", source.display());
    let output = rehearse(&file, &[&typed]);
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("takes a file") && output.status.code() == Some(2), "{text}");
    fs::write(&source, "shards = 2\n").unwrap();
    // A command substitution is reported, and not executed here.
    let output = rehearse(&file, &["--json", &typed, "--param", "PASSWORD=`touch x`"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(steps(&report, "failed"), ["env.yaml"], "{report}");
    let text = notes(&report, "env.yaml");
    assert!(text.contains("changes PASSWORD") && text.contains("use a value without them"));

    let arguments = report["arguments"].as_array().unwrap();
    assert_eq!(arguments[2..], [json!("--pool.file"), json!("etc/pool.conf")]);
    assert!(!notes(&report, "alive after 2 s").contains("arguments"), "{report}");
}

#[test]
fn check_with_earlier_package_names_the_version() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (folder.path().join("old.tgz"), folder.path().join("new.tgz"));
    write_plugin(&old, &[]);
    // Its form has a different port.
    write_plugin(&new, &[]);
    let check = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bkpack"));
        command.current_dir(folder.path()).arg("check").args(arguments).env("LC_ALL", "C");
        command.output().unwrap()
    };
    let output = check(&["--earlier", "old.tgz", "new.tgz"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("version-not-raised") && text.contains("use at least 2.1"), "{text}");
    assert_eq!(output.status.code(), Some(0));
    let output = check(&["new.tgz"]);
    assert!(!String::from_utf8(output.stdout).unwrap().contains("version-not-raised"));
    assert_eq!(check(&["--earlier", "new.tgz", "none.tgz"]).status.code(), Some(2));
}

#[test]
fn missing_scripts_are_those_of_monitoring() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("p.tgz");
    write_plugin_of(&file, &[], |path| !path.ends_with(".sh"));
    let (all, code) = report(&file, "sound");
    assert_eq!((steps(&all, "failed"), code), (vec![], Some(0)), "{all}");
    assert_eq!(steps(&all, "skipped"), [""; 0], "{all}");
    let text = notes(&all, "unpack");
    assert!(text.contains("without start.sh, stop.sh; BlueKing monitoring puts its own"), "{text}");
    assert!(text.contains("could not start this one"), "{text}");

    // A package with its own scripts uses them, and without debug.sh is not debugged.
    write_plugin_of(&file, &[], |path| !path.ends_with("/debug.sh"));
    let (other, code) = report(&file, "sound");
    assert_eq!((steps(&other, "skipped"), code), (vec!["debug"], Some(0)), "{other}");
    assert_eq!(notes(&other, "unpack"), "[]");
}

#[test]
fn conclusion_names_the_parameters() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("p.tgz");
    write_plugin(&file, &[]);
    let output = rehearse(&file, &["--param=--pool.mode=exit"]);
    let text = String::from_utf8(output.stderr).unwrap();
    let verdict =
        "p.tgz would not work on BlueKing with these parameters (--pool.mode); the failed";
    assert!(text.contains(verdict) && output.status.code() == Some(1), "{text}");

    write_plugin(&file, &[("start.sh", "#!/bin/sh\nexit 0\n")]);
    let output = rehearse(&file, &[]);
    let text = String::from_utf8(output.stderr).unwrap();
    let verdict = "p.tgz would not work on BlueKing; the failed";
    assert!(text.contains(verdict) && output.status.code() == Some(1), "{text}");
}

#[test]
fn usage_errors_exit_with_2_failed_imports_with_1() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("p.tgz");
    write_plugin(&file, &[]);
    for (arguments, expected) in [
        (&["--param", "prot=1"][..], "the form has no row \"prot\"; its rows are host, port"),
        (&["--param", "port"], "is not name=value"),
        (&["--param", "port=0"], "give a number from 1 to 65535"),
        (&["--param", "port=http"], "give a number from 1 to 65535"),
        (&["--os", "windows"], "the package is not for windows, but for linux"),
        (&["--os", "aix"], "not one of"),
    ] {
        let output = rehearse(&file, arguments);
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains(expected), "{text}");
    }

    let output = rehearse(&folder.path().join("none.tgz"), &[]);
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("there is no such file") && output.status.code() == Some(2), "{text}");

    write_plugin(&file, &[("info/config.json", "{")]);
    let (report, code) = report(&file, "sound");
    assert_eq!((steps(&report, "failed"), code), (vec!["import"], Some(1)), "{report}");
    let text = notes(&report, "import");
    assert!(text.contains("[config-json, at import: "), "{text}");
    assert_eq!(steps(&report, "skipped").len(), 15);
}
