//! Tests with Prometheus: the server scrapes the exporter, and promtool checks page and
//! configuration.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::report::Done;
use super::tools::{HINT, Tools};
use bkpack::process;
use bkpack::server::{Server, free_port, get};

/// Queries of dashboards.
const QUERIES: &str = include_str!("../../dashboards.promql");

/// Exit code of promtool if the only problem is unconventional names.
const PROMTOOL_LINT: i32 = 3;

/// Includes the time to open the storage.
const START: Duration = Duration::from_secs(60);

/// Runs a Prometheus server that scrapes `url`, until the exporter is up and has values.
pub(crate) fn scrape(tools: &Tools, scratch: &Path, url: &str) -> Result<Done> {
    let Some(program) = tools.prometheus() else {
        return Ok(Done::Skipped(format!("prometheus is not installed; {HINT}")));
    };
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
    Ok(Done::Passed(1 + run_queries(&mut server, port)?))
}

/// Runs the dashboard queries until each has a result, and returns their number. Rates need two
/// scrapes.
fn run_queries(server: &mut Server, port: u16) -> Result<usize> {
    let queries = QUERIES.lines().filter(|line| !line.starts_with('#'));
    let mut waiting: Vec<&str> = queries.clone().collect();
    server.wait_for(START, || {
        waiting
            .retain(|expression| !query(port, expression).is_ok_and(|values| !values.is_empty()));
        ensure!(waiting.is_empty(), "queries without a result: {}", waiting.join("\n"));
        Ok(())
    })?;
    Ok(queries.count())
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
pub(crate) fn check_metrics(tools: &Tools, page: &str) -> Result<Done> {
    let Some(program) = tools.promtool() else {
        return Ok(Done::Skipped(format!("promtool is not installed; {HINT}")));
    };
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
    Ok(Done::Passed(1))
}

/// Checks and tests the files of `packaging/prometheus` with promtool.
pub(crate) fn check_files(tools: &Tools, folder: &Path) -> Result<Done> {
    let Some(program) = tools.promtool() else {
        return Ok(Done::Skipped(format!("promtool is not installed; {HINT}")));
    };
    let lint = ["--lint=all", "--lint-fatal"];
    let checks: [(&str, &[&str], &str); 3] = [
        ("check config", &lint, "prometheus.yml"),
        ("check rules", &lint, "host-exporter.rules.yml"),
        ("test rules", &[], "host-exporter.rules.test.yml"),
    ];
    for (words, flags, file) in checks {
        let mut command = Command::new(&program);
        command.current_dir(folder).args(words.split(' ')).args(flags).arg(file);
        let log = tools.logs.join(format!("promtool-{}.log", words.replace(' ', "-")));
        process::run(&mut command, &log)?;
    }
    Ok(Done::Passed(checks.len()))
}
