//! `cargo xtask rehearse` as it is typed, on packages that are sound or broken in one way.

#![cfg(all(target_os = "linux", target_arch = "x86_64"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "all of it is test code")]

mod package;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::package::{write_component, write_plugin};

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
    let page = fs::read_to_string(html).unwrap();
    assert!(page.contains("pool_free") && page.contains("two copies side by side"), "{page}");
}

#[test]
fn a_sound_component_of_5_1_is_started_directly() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pool.zip");
    write_component(&file);
    let (report, code) = report(&file, "sound");
    assert_eq!((code, &report["failed"]), (Some(0), &json!(0)), "{report}");
    assert_eq!(steps(&report, "skipped"), ["env.yaml", "two copies side by side"]);
    assert_eq!(report["arguments"][2], "--pool.mode=sound");
    assert_eq!(report["preview"]["rows"][0]["metric_name"], "pool_size");
}

#[test]
fn an_exporter_that_ends_at_once_fails_the_start_with_its_words() {
    let folder = tempfile::tempdir().unwrap();
    let (plugin, component) = (folder.path().join("p.tgz"), folder.path().join("p.zip"));
    write_plugin(&plugin, &[]);
    write_component(&component);
    for file in [plugin, component] {
        let (report, code) = report(&file, "exit");
        assert_eq!((steps(&report, "failed"), code), (vec!["start"], Some(1)), "{report}");
        assert!(notes(&report, "start").contains("the pool is not configured"), "{report}");
        assert!(steps(&report, "skipped").contains(&"scrape"));
    }
}

#[test]
fn a_script_that_starts_nothing_fails_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("p.tgz");
    write_plugin(&file, &[("start.sh", "#!/bin/sh\nexit 0\n")]);
    let (report, code) = report(&file, "sound");
    assert_eq!((steps(&report, "failed"), code), (vec!["start"], Some(1)), "{report}");
    assert!(notes(&report, "start").contains("nothing runs"), "{report}");
}

#[test]
fn what_a_page_loses_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("p.tgz");
    write_plugin(&file, &[]);
    let (nan, code) = report(&file, "nan");
    assert_eq!((steps(&nan, "failed"), code), (vec!["scrape"], Some(1)), "{nan}");
    assert!(notes(&nan, "scrape").contains("not_finite"), "{nan}");
    assert!(notes(&nan, "metrics.json").contains("absent"), "{nan}");

    let (other, code) = report(&file, "undeclared");
    assert_eq!((steps(&other, "failed"), code), (vec!["metrics.json"], Some(1)), "{other}");
    let notes = notes(&other, "metrics.json");
    assert!(notes.contains("pool_surprise is on the page"), "{notes}");
    assert!(notes.contains("the label shard of pool_free"), "{notes}");
}

#[test]
fn a_copy_that_stays_without_its_port_and_a_child_that_stays_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("p.tgz");
    write_plugin(&file, &[]);
    let (stubborn, code) = report(&file, "stubborn");
    assert_eq!((steps(&stubborn, "failed"), code), (vec!["port taken"], Some(1)), "{stubborn}");

    let (child, code) = report(&file, "child");
    assert_eq!((steps(&child, "failed"), code), (vec!["stop"], Some(1)), "{child}");
    assert!(notes(&child, "stop").contains("stop leaves processes"), "{child}");
}

#[test]
fn wrong_use_is_exit_code_2_and_what_blueking_refuses_is_not_started() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("p.tgz");
    write_plugin(&file, &[]);
    for (arguments, expected) in [
        (&["--param", "prot=1"][..], "the form has no row \"prot\"; its rows are host, port"),
        (&["--param", "port"], "is not name=value"),
        (&["--os", "windows"], "the package is not for windows, but for linux"),
        (&["--os", "aix"], "none of"),
    ] {
        let output = rehearse(&file, arguments);
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains(expected), "{told}");
    }

    write_plugin(&file, &[("info/config.json", "[]")]);
    let (report, code) = report(&file, "sound");
    assert_eq!((steps(&report, "failed"), code), (vec!["import"], Some(1)), "{report}");
    assert_eq!(steps(&report, "skipped").len(), 14);
}
