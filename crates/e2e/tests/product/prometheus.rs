//! Tests with Prometheus: the server scrapes the packaged exporter, started as BlueKing starts it,
//! and promtool checks page and configuration.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use bkpack::process;
use bkpack::server::{Server, free_port, get};

use crate::package::Package;

/// Queries of dashboards.
const QUERIES: &str = include_str!("dashboards.promql");

/// Exit code of promtool if the only problem is unconventional names.
const PROMTOOL_LINT: i32 = 3;

/// BlueKing checks two seconds after the start.
const EXPORTER_START: Duration = Duration::from_secs(2);

/// Includes the time to open the storage.
const START: Duration = Duration::from_secs(60);

#[test]
fn server_scrapes_the_exporter() -> Result<()> {
    let Some(program) = process::find("prometheus") else { return e2e::skip("prometheus") };
    let package = Package::open("prometheus")?;
    // Dashboards query more metrics than the package exposes by default.
    let (_exporter, url) = start(&package, &["--collectors.enabled=[defaults]"])?;
    scrape(&program, &package.scratch, &url)
}

#[test]
fn promtool_accepts_the_page() -> Result<()> {
    let Some(program) = process::find("promtool") else { return e2e::skip("promtool") };
    let package = Package::open("promtool")?;
    let (_exporter, url) = start(&package, &[])?;
    check_metrics(&program, &get(&url)?)
}

#[test]
fn promtool_accepts_the_files_of_packaging() -> Result<()> {
    let Some(program) = process::find("promtool") else { return e2e::skip("promtool") };
    let lint = ["--lint=all", "--lint-fatal"];
    let checks: [(&str, &[&str], &str); 3] = [
        ("check config", &lint, "prometheus.yml"),
        ("check rules", &lint, "host-exporter.rules.yml"),
        ("test rules", &[], "host-exporter.rules.test.yml"),
    ];
    for (words, flags, file) in checks {
        let mut command = Command::new(&program);
        command.current_dir(e2e::root().join("packaging/prometheus"));
        command.args(words.split(' ')).args(flags).arg(file);
        e2e::run(&mut command, &format!("promtool-{}", words.replace(' ', "-")))?;
    }
    Ok(())
}

#[test]
fn shipped_configuration_has_no_dead_target() -> Result<()> {
    let Some(program) = process::find("prometheus") else { return e2e::skip("prometheus") };
    let scratch = e2e::scratch("prometheus-shipped")?;
    let port = free_port()?;
    let config = e2e::root().join("packaging/prometheus/prometheus.yml");
    let mut command = Command::new(program);
    command.arg("--log.level=warn").arg(format!("--config.file={}", config.display()));
    command.arg(format!("--storage.tsdb.path={}", scratch.join("data").display()));
    command.arg(format!("--web.listen-address=127.0.0.1:{port}"));
    let mut server = Server::start(&mut command, &scratch.join("log"))?;
    server.wait_for(START, || {
        let answer = get(&format!("http://127.0.0.1:{port}/api/v1/targets?state=active"))?;
        let answer: Value = serde_json::from_str(&answer).context("invalid JSON")?;
        let targets = answer["data"]["activeTargets"].as_array().context("no list of targets")?;
        let urls: Vec<_> = targets.iter().map(|target| &target["scrapeUrl"]).collect();
        // The exporter that the README starts.
        ensure!(urls == ["http://localhost:9601/metrics"], "{urls:?}");
        Ok(())
    })
}

/// Starts an exporter and waits until it answers; also returns the URL of its metrics.
fn start(package: &Package, more: &[&str]) -> Result<(Server, String)> {
    let port = free_port()?;
    let mut command = Command::new(package.unpack("exporter-linux")?);
    command.args(package.arguments(port)?).args(more);
    let mut exporter = Server::start(&mut command, &package.scratch.join("exporter.log"))?;
    let url = format!("http://127.0.0.1:{port}/metrics");
    exporter.wait_for(EXPORTER_START, || get(&url))?;
    Ok((exporter, url))
}

/// Runs a Prometheus server that scrapes `url`, until the exporter is up and has values.
fn scrape(program: &Path, scratch: &Path, url: &str) -> Result<()> {
    let folder = scratch.join("prometheus");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let (host, path) = url.trim_start_matches("http://").split_once('/').unwrap_or((url, ""));
    let config = format!(
        "global: {{scrape_interval: 1s, scrape_timeout: 1s}}\nscrape_configs:\n  \
         - job_name: host-exporter\n    metrics_path: /{path}\n    \
         static_configs: [{{targets: [\"{host}\"]}}]\n"
    );
    fs::write(folder.join("prometheus.yml"), config).context("cannot write prometheus.yml")?;
    let port = free_port()?;
    let mut command = Command::new(program);
    command.current_dir(&folder).args(["--config.file=prometheus.yml", "--log.level=warn"]);
    command.arg(format!("--web.listen-address=127.0.0.1:{port}"));
    command.arg("--storage.tsdb.path=data");
    let mut server = Server::start(&mut command, &folder.join("log"))?;
    server.wait_for(START, || {
        let up = query(port, "up")?;
        ensure!(up == [1.0], "up is {up:?}");
        for metric in ["sys_mem_usage", "sys_disk_size"] {
            let values = query(port, metric)?;
            ensure!(!values.is_empty(), "{metric} has no value");
            ensure!(
                values.iter().all(|value| (0.0..=100.0).contains(value)),
                "{metric}: {values:?}"
            );
        }
        Ok(())
    })?;
    run_queries(&mut server, port)
}

/// Runs the dashboard queries until each has a result. Rates need two scrapes.
fn run_queries(server: &mut Server, port: u16) -> Result<()> {
    let queries = QUERIES.lines().filter(|line| !line.starts_with('#'));
    let mut waiting: Vec<&str> = queries.collect();
    ensure!(!waiting.is_empty(), "there is no query");
    server.wait_for(START, || {
        waiting
            .retain(|expression| !query(port, expression).is_ok_and(|values| !values.is_empty()));
        ensure!(waiting.is_empty(), "queries without a result: {}", waiting.join("\n"));
        Ok(())
    })
}

/// The current values of an expression.
fn query(port: u16, expression: &str) -> Result<Vec<f64>> {
    let mut encoded = String::new();
    for byte in expression.bytes() {
        match byte.is_ascii_alphanumeric() || byte == b'_' {
            true => encoded.push(byte.into()),
            false => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    let answer = get(&format!("http://127.0.0.1:{port}/api/v1/query?query={encoded}"))?;
    let answer: Value = serde_json::from_str(&answer).context("invalid JSON from Prometheus")?;
    let result = answer["data"]["result"].as_array().context("Prometheus returned no result")?;
    let value = |series: &Value| series["value"][1].as_str()?.parse().ok();
    result.iter().map(|series| value(series).context("no value in a series")).collect()
}

/// Checks a page with promtool.
fn check_metrics(program: &Path, page: &str) -> Result<()> {
    let mut promtool = Command::new(program)
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("cannot start promtool")?;
    let mut stdin = promtool.stdin.take().context("promtool has no stdin")?;
    stdin.write_all(page.as_bytes()).context("cannot write to promtool")?;
    drop(stdin);
    let output = promtool.wait_with_output().context("cannot wait for promtool")?;
    let printed = [output.stdout, output.stderr].concat();
    // Some names of node_exporter break later conventions, but dashboards use them.
    let printed = String::from_utf8_lossy(&printed);
    let others: Vec<_> = printed.lines().filter(|line| !line.starts_with("node_")).collect();
    let is_style = output.status.code() == Some(PROMTOOL_LINT) && !printed.is_empty();
    if !others.is_empty() || !(output.status.success() || is_style) {
        bail!("promtool reported problems ({}): {}", output.status, others.join("\n"));
    }
    Ok(())
}
