//! `cargo xtask rehearse` as it is typed, on packages that are sound or broken in one way.

#![cfg(all(target_os = "linux", target_arch = "x86_64"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "all of it is test code")]

mod machine;
mod package;
#[path = "../../../crates/blueking-package/tests/samples/mod.rs"]
mod samples;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::package::{write_component, write_plugin, write_plugin_of};

fn rehearse(file: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.arg("rehearse").arg(file).args(arguments).output().unwrap()
}

/// The report on a package whose exporter is in this mode, and the exit code.
fn report(file: &Path, mode: &str) -> (Value, Option<i32>) {
    let output = rehearse(file, &["--json", &format!("--param=--pool.mode={mode}")]);
    let report = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    (report, output.status.code())
}

/// The steps that ended like this.
fn steps<'v>(report: &'v Value, state: &str) -> Vec<&'v str> {
    let steps = report["steps"].as_array().unwrap().iter();
    let steps = steps.filter(|step| step["state"] == state);
    steps.map(|step| step["name"].as_str().unwrap()).collect()
}

/// Every note of a step, as one text.
fn notes(report: &Value, step: &str) -> String {
    let steps = report["steps"].as_array().unwrap();
    let step = steps.iter().find(|one| one["name"] == step).unwrap();
    step["notes"].to_string()
}

#[test]
fn a_sound_plugin_goes_the_whole_way() {
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
    // The folder of the rehearsal is this machine's affair.
    let rendered = "\nok       env.yaml: etc/env.yaml, rendered from its template with ";
    assert!(text.contains(rendered) && text.contains("BK_CMD_ARGS\n"), "{text}");
    let page = fs::read_to_string(html).unwrap();
    assert!(page.contains("<p>pool_exporter 1.1 for linux") && page.contains("Rehearsed 20"));
    assert!(page.contains("pool_free") && page.contains("two copies side by side"), "{page}");
}

#[test]
fn a_sound_component_of_5_1_is_started_directly() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pool.zip");
    write_component(&file);
    let (report, code) = report(&file, "sound");
    assert_eq!((code, &report["failed"]), (Some(0), &json!(0)), "{report}");
    assert_eq!(steps(&report, "skipped"), ["env.yaml", "debug", "two copies side by side"]);
    assert_eq!(report["steps"][1]["summary"], "pool for linux, 1 file, on this machine");
    // 5.1 passes an argument without a flag first, and is not given a file.
    assert_eq!(report["arguments"][0], "main");
    assert_eq!(report["arguments"][3], "--pool.mode=sound");
    assert_eq!(report["arguments"].as_array().unwrap().len(), 4);
    assert_eq!(report["preview"]["rows"][0]["metric_name"], "pool_size");
}

#[test]
fn an_exporter_whose_target_does_not_answer_is_told_with_the_form() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("p.tgz");
    write_plugin(&file, &[]);
    let (report, code) = report(&file, "down");
    let warned = ["import", "scrape", "metrics.json"];
    assert_eq!((&*steps(&report, "warning"), code), (&warned[..], Some(0)), "{report}");
    let told = notes(&report, "scrape");
    assert!(told.contains("pool_up is 0 (pool_exporter_last_scrape_error{err="), "{told}");
    assert!(told.contains("what the exporter watches does not answer, or refuses"), "{told}");
    assert!(told.contains("the form has --pool.mode (down), --pool.file"), "{told}");
    // What is warned of is not declared; that a group is away tells nothing.
    let told = notes(&report, "metrics.json");
    assert!(told.contains("as pool_up is 0") && !told.contains("omit metrics"), "{told}");
    assert_eq!(
        (&report["version"], &report["xtask"]),
        (&json!("1.1"), &json!(env!("CARGO_PKG_VERSION")))
    );
}

#[test]
fn an_exporter_that_ends_at_once_fails_the_start_with_its_words() {
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
fn a_collector_that_is_not_started_fails_the_debugging() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("p.tgz");
    write_plugin(&file, &[("debug.sh", "#!/bin/sh\n./start.sh\n")]);
    let (report, code) = report(&file, "sound");
    assert_eq!((steps(&report, "failed"), code), (vec!["debug"], Some(1)), "{report}");
    let told = notes(&report, "debug");
    assert!(told.contains("does not start the exporter and then plugins/bin"), "{told}");
}

#[test]
fn a_collector_that_is_not_told_where_the_metrics_are_fails_the_debugging() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("p.tgz");
    let template = "path.pid: pid\nhosts: []\n";
    write_plugin(&file, &[("etc/bkmonitorbeat_debug.yaml.tpl", template)]);
    let (report, code) = report(&file, "sound");
    assert_eq!((steps(&report, "failed"), code), (vec!["debug"], Some(1)), "{report}");
    assert!(notes(&report, "debug").contains("write {{ metric_url }}"), "{report}");
}

#[test]
fn a_script_that_starts_nothing_fails_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("p.tgz");
    write_plugin(&file, &[("start.sh", "#!/bin/sh\nexit 0\n")]);
    let (report, code) = report(&file, "sound");
    assert_eq!((steps(&report, "failed"), code), (vec!["debug", "start"], Some(1)), "{report}");
    assert!(notes(&report, "start").contains("nothing runs"), "{report}");
    assert!(notes(&report, "debug").contains("does not answer while it is debugged"), "{report}");
}

#[test]
fn what_a_page_loses_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("p.tgz");
    write_plugin(&file, &[]);
    let (other, code) = report(&file, "lossy");
    let failed = ["scrape", "metrics.json"];
    assert_eq!((&*steps(&other, "failed"), code), (&failed[..], Some(1)), "{other}");
    let scrape = notes(&other, "scrape");
    assert!(scrape.contains("not_finite") && scrape.contains("pool_size NaN"), "{scrape}");
    let notes = notes(&other, "metrics.json");
    assert!(notes.contains("pool_surprise is on the page"), "{notes}");
    assert!(notes.contains("the label shard of pool_free"), "{notes}");
    assert!(notes.contains("1 of 2 metrics of the group pool is not on the page"), "{notes}");
    assert!(notes.contains("\"names\":[\"pool_size\"]"), "{notes}");
}

#[test]
fn a_copy_that_stays_without_its_port_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("p.tgz");
    write_plugin(&file, &[]);
    let (stubborn, code) = report(&file, "stubborn");
    assert_eq!((steps(&stubborn, "failed"), code), (vec!["port taken"], Some(1)), "{stubborn}");
}

#[test]
fn a_child_that_outlives_its_exporter_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("p.tgz");
    write_plugin(&file, &[]);
    let (child, code) = report(&file, "child");
    assert_eq!((steps(&child, "failed"), code), (vec!["stop"], Some(1)), "{child}");
    assert!(notes(&child, "debug").contains("debug_leaves"), "{child}");
    assert!(notes(&child, "stop").contains("stop leaves processes"), "{child}");
}

#[test]
fn what_the_scripts_of_a_site_change_is_told() {
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
fn a_file_of_the_form_lies_beside_env_yaml() {
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
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("asks for a file") && output.status.code() == Some(2), "{told}");
    fs::write(&source, "shards = 2\n").unwrap();
    // What is executed on a host is told, and not executed here.
    let output = rehearse(&file, &["--json", &typed, "--param", "PASSWORD=`touch x`"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(steps(&report, "failed"), ["env.yaml"], "{report}");
    let told = notes(&report, "env.yaml");
    assert!(told.contains("changes PASSWORD") && told.contains("use a value without them"));

    let arguments = report["arguments"].as_array().unwrap();
    assert_eq!(arguments[2..], [json!("--pool.file"), json!("etc/pool.conf")]);
    assert!(!notes(&report, "alive after 2 s").contains("arguments"), "{report}");
}

#[test]
fn a_check_after_an_earlier_package_tells_which_version_to_write() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (folder.path().join("old.tgz"), folder.path().join("new.tgz"));
    write_plugin(&old, &[]);
    // Its form has another port.
    write_plugin(&new, &[]);
    let check = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.current_dir(folder.path()).arg("check").args(arguments).output().unwrap()
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
fn a_plugin_without_scripts_is_rehearsed_with_those_that_monitoring_puts_in_their_place() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("p.tgz");
    write_plugin_of(&file, &[], |path| !path.ends_with(".sh"));
    let (all, code) = report(&file, "sound");
    assert_eq!((steps(&all, "failed"), code), (vec![], Some(0)), "{all}");
    assert_eq!(steps(&all, "skipped"), [""; 0], "{all}");
    let told = notes(&all, "unpack");
    assert!(told.contains("without start.sh, stop.sh; BlueKing monitoring puts its own"), "{told}");
    assert!(told.contains("could not start this one"), "{told}");

    // One that has scripts is started by these, and is not debugged without one for it.
    write_plugin_of(&file, &[], |path| !path.ends_with("/debug.sh"));
    let (other, code) = report(&file, "sound");
    assert_eq!((steps(&other, "skipped"), code), (vec!["debug"], Some(0)), "{other}");
    assert_eq!(notes(&other, "unpack"), "[]");
}

#[test]
fn a_verdict_names_what_was_typed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("p.tgz");
    write_plugin(&file, &[]);
    let output = rehearse(&file, &["--param=--pool.mode=exit"]);
    let told = String::from_utf8(output.stderr).unwrap();
    let verdict =
        "p.tgz would not work on BlueKing with these parameters (--pool.mode); the failed";
    assert!(told.contains(verdict) && output.status.code() == Some(1), "{told}");

    write_plugin(&file, &[("start.sh", "#!/bin/sh\nexit 0\n")]);
    let output = rehearse(&file, &[]);
    let told = String::from_utf8(output.stderr).unwrap();
    let verdict = "p.tgz would not work on BlueKing; the failed";
    assert!(told.contains(verdict) && output.status.code() == Some(1), "{told}");
}

#[test]
fn wrong_use_is_exit_code_2_and_what_blueking_refuses_is_not_started() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("p.tgz");
    write_plugin(&file, &[]);
    for (arguments, expected) in [
        (&["--param", "prot=1"][..], "the form has no row \"prot\"; its rows are host, port"),
        (&["--param", "port"], "is not name=value"),
        (&["--param", "port=0"], "give a number from 1 to 65535"),
        (&["--param", "port=http"], "give a number from 1 to 65535"),
        (&["--os", "windows"], "the package is not for windows, but for linux"),
        (&["--os", "aix"], "none of"),
    ] {
        let output = rehearse(&file, arguments);
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains(expected), "{told}");
    }

    let output = rehearse(&folder.path().join("none.tgz"), &[]);
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("there is no such file") && output.status.code() == Some(2), "{told}");

    write_plugin(&file, &[("info/config.json", "[]")]);
    let (report, code) = report(&file, "sound");
    assert_eq!((steps(&report, "failed"), code), (vec!["import"], Some(1)), "{report}");
    let told = notes(&report, "import");
    assert!(told.contains("[config-variables, at save: UI; server: Exporter 类型插件"), "{told}");
    assert_eq!(steps(&report, "skipped").len(), 15);
}
