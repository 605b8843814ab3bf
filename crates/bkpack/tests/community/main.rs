//! Exporters of the community, as Debian ships them, on the whole way: drafted, packed, checked and
//! rehearsed without a word edited. `cargo xtask ci --setup` installs them.

#![cfg(all(target_os = "linux", target_arch = "x86_64"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "all of it is test code")]

#[path = "../../../blueking-package/tests/rules/support/samples.rs"]
mod samples;

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

const NODE: &str = "/usr/bin/prometheus-node-exporter";
const REDIS: &str = "/usr/bin/prometheus-redis-exporter";
const BLACKBOX: &str = "/usr/bin/prometheus-blackbox-exporter";

fn bkpack(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bkpack"));
    command.args(arguments).env("LC_ALL", "C").output().unwrap()
}

/// The standard output of a command that succeeds.
fn succeeds(arguments: &[&str]) -> String {
    let output = bkpack(arguments);
    let text = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{arguments:?}: {text}{errors}");
    text
}

/// The error of a command that is refused, in Chinese.
fn refused_in_chinese(arguments: &[&str]) -> String {
    refused(&[arguments, &["--lang", "zh"]].concat())
}

/// The error of a command that is refused.
fn refused(arguments: &[&str]) -> String {
    let output = bkpack(arguments);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

fn packages(draft: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(draft.join("dist")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// Builds a draft and rehearses its packages; only warnings about the Debian binary itself, which
/// needs glibc, are left.
fn build_and_rehearse(draft: &Path, parameters: &[&str]) -> Vec<Value> {
    let built = succeeds(&["build", draft.to_str().unwrap()]);
    assert!(built.contains("no errors"), "{built}");
    let rehearse = |file: &PathBuf| {
        let mut arguments = vec!["rehearse", "--json", file.to_str().unwrap()];
        arguments.extend(parameters);
        let report: Value = serde_json::from_str(&succeeds(&arguments)).unwrap();
        assert_eq!(report["failed"], 0, "{report}");
        report
    };
    packages(draft).iter().map(rehearse).collect()
}

/// The names of all metrics in the debug preview of a report.
fn names(report: &Value) -> Vec<&str> {
    let rows = report["preview"]["rows"].as_array().unwrap().iter();
    rows.map(|row| row["metric_name"].as_str().unwrap()).collect()
}

/// The port of a 5.1 form is fixed, and may be taken here.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A Redis with a password, killed on drop.
struct Redis(Child, u16);

impl Redis {
    fn start(folder: &Path) -> Self {
        let port = free_port();
        let child = Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", ""])
            .args(["--requirepass", "s3cret", "--dir"])
            .arg(folder)
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server is not installed; run `cargo xtask ci --setup`");
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(start.elapsed() < Duration::from_secs(30), "Redis does not listen");
        }
        Self(child, port)
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn is_installed(exporter: &str) {
    assert!(Path::new(exporter).is_file(), "{exporter} is missing; run `cargo xtask ci --setup`");
}

#[test]
fn node_exporter_becomes_packages() {
    is_installed(NODE);
    let folder = tempfile::tempdir().unwrap();
    let draft = folder.path().join("node");
    let listen = format!("127.0.0.1:{}", free_port());
    let said = succeeds(&["init", draft.to_str().unwrap(), "--linux", NODE]);
    // BlueKing overwrites its label `ip`.
    assert!(said.contains("--no-collector.udp_queues"), "{said}");
    // In 5.1 the port is fixed.
    let path = draft.join("blueking.toml");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains("listen = \"127.0.0.1:9100\""), "{text}");
    fs::write(&path, text.replace("127.0.0.1:9100", &listen)).unwrap();

    let reports = build_and_rehearse(&draft, &[]);
    for report in &reports {
        let names = names(report);
        for name in ["node_load1", "node_memory_MemTotal_bytes", "node_cpu_seconds_total"] {
            assert!(names.contains(&name), "{name}: {names:?}");
        }
        assert!(!names.contains(&"node_udp_queues"));
    }
    assert_eq!(reports.len(), 2);

    // The same bytes again, and nothing lost in a second draft.
    let first: Vec<_> = packages(&draft).iter().map(|file| fs::read(file).unwrap()).collect();
    let metrics = fs::read_to_string(draft.join("metrics.toml")).unwrap();
    let metrics = metrics.replace("zh = \"1分钟", "zh = \"我的1分钟");
    fs::write(draft.join("metrics.toml"), &metrics).unwrap();
    succeeds(&["init", draft.to_str().unwrap(), "--linux", NODE]);
    let merged = fs::read_to_string(draft.join("metrics.toml")).unwrap();
    assert!(merged.contains("我的1分钟"), "{merged}");
    fs::write(draft.join("metrics.toml"), merged.replace("我的1分钟", "1分钟")).unwrap();
    succeeds(&["build", draft.to_str().unwrap()]);
    let second: Vec<_> = packages(&draft).iter().map(|file| fs::read(file).unwrap()).collect();
    assert!(first == second, "the packages differ");
}

#[test]
fn redis_exporter_becomes_packages() {
    is_installed(REDIS);
    let folder = tempfile::tempdir().unwrap();
    let redis = Redis::start(folder.path());
    let draft = folder.path().join("redis");
    let args = format!("-redis.addr redis://127.0.0.1:{}", redis.1);
    let env = "REDIS_PASSWORD=s3cret";
    let draft_name = draft.to_str().unwrap();
    succeeds(&["init", draft_name, "--linux", REDIS, "--args", &args, "--env", env]);
    for file in ["blueking.toml", "metrics.toml", "description.md"] {
        let text = fs::read_to_string(draft.join(file)).unwrap();
        assert!(!text.contains("s3cret"), "{file} has the password");
    }
    let path = draft.join("blueking.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("127.0.0.1:9121", &format!("127.0.0.1:{}", free_port())))
        .unwrap();

    for report in build_and_rehearse(&draft, &["--param", env]) {
        let rows = report["preview"]["rows"].as_array().unwrap();
        let up = rows.iter().find(|row| row["metric_name"] == "redis_up").unwrap();
        assert_eq!(up["metric_value"], 1.0, "{report}");
    }
}

#[test]
fn exporters_that_cannot_be_packed_are_refused() {
    is_installed(BLACKBOX);
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let draft = folder.path().join("draft");
    let draft = draft.to_str().unwrap();
    let script = file("exporter.sh", b"#!/bin/sh\nexec true\n");
    let arm = file("arm_exporter", &samples::elf(183, &[]));
    let config = file("blackbox.yml", b"modules:\n  http_2xx:\n    prober: http\n");
    let with_config = format!("--config.file={config}");
    for (arguments, reason) in [
        (&["--linux", BLACKBOX, "--args", &with_config][..], "asks for a target at /probe"),
        (&["--linux", BLACKBOX], "asks for a target at /probe"),
        (&["--linux", &script], "is not an ELF executable"),
        (&["--linux", &arm], "is an executable for Linux aarch64"),
        (&["--linux-aarch64", &arm], "none of the executables runs on this machine"),
        (&["--windows", NODE], "is an executable for Linux x86-64"),
        (&["--linux", REDIS, "--args", "--no-such-flag"], "exits"),
    ] {
        let all = [&["init", draft], arguments].concat();
        let error = refused(&all);
        assert!(error.contains(reason), "{arguments:?}: {error}");
        assert!(!Path::new(draft).exists(), "{arguments:?} left a draft");
    }
    let error = refused_in_chinese(&["init", draft, "--linux", REDIS, "--args", "--no-such-flag"]);
    assert!(error.contains("启动后退出"), "{error}");
}
