//! A scrape of the packaged `exporter-windows.exe` under Wine beside the calls that it makes, alone.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use bench::{Client, table};
use bkpack::process;
use bkpack::rehearse::Machine;
use bkpack::server::{Server, free_port};
use blueking_package::plugin::System;
use serde_json::json;

use crate::dist;
use crate::workspace::Workspace;

/// Rounds of scrapes and calls in turn, so that a drift of the machine affects both.
const ROUNDS: usize = 7;

/// Scrapes, and calls, of each round.
const TIMES: usize = 5;

/// Longer than collectors share the answers of volumes: no scrape has those of the one before.
const PAUSE: Duration = Duration::from_millis(510);

/// The unit test of host_exporter that makes the calls, and its variable with how often.
const CALLS: (&str, &str) = ("windows::calls_alone::", "CALLS_ALONE_TIMES");

/// The exporter needs the time for Wine's own start as well.
const START_LIMIT: Duration = Duration::from_secs(60);

/// Measures, prints the medians and their ratio, and writes them as JSON.
pub(super) fn run(workspace: &Workspace, folder: &Path, setup: bool) -> Result<()> {
    let program = workspace.target().join("dist/stage/hostexporter/exporter-windows.exe");
    ensure!(program.is_file(), "exporter-windows.exe is missing: run `cargo xtask dist` first");
    let mut calls = dist::windows_tests(workspace, setup)?;
    let scratch = tempfile::Builder::new().prefix("xtask-wine-").tempdir()?;
    let wine = Machine::new(System::WindowsX86_64, scratch.path())?;
    wine.set_runner(&mut calls);
    calls.args(["--release", "--bin", "host_exporter", CALLS.0, "--", "--nocapture"]);
    calls.env(CALLS.1, TIMES.to_string());
    let calls_log = folder.join("windows-calls.log");
    eprintln!("building the calls");
    process::run(&mut calls, &calls_log)?;

    let name = "exporter-windows.exe";
    let exporter_folder = scratch.path().join("exporter");
    fs::create_dir(&exporter_folder).context("make a folder for the exporter")?;
    let copy = exporter_folder.join(name);
    fs::copy(&program, &copy).with_context(|| format!("copy {}", program.display()))?;
    wine.adapt(&copy)?;
    let port = free_port()?;
    let mut exporter = wine.program(&exporter_folder, name);
    exporter.arg(format!("--web.listen-address=127.0.0.1:{port}"));
    let mut server = Server::start(&mut exporter, &folder.join("windows.log"))?;
    let mut client = server.wait_for(START_LIMIT, || Client::connect(port))?;

    let (mut scrape_times, mut call_times) = (Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        eprintln!("[{round}/{ROUNDS}] {TIMES} scrapes, and the calls alone as often");
        for _ in 0..TIMES {
            thread::sleep(PAUSE);
            let begun = Instant::now();
            client.scrape()?;
            scrape_times.push(begun.elapsed().as_secs_f64());
        }
        process::run(&mut calls, &calls_log)?;
        let log = fs::read_to_string(&calls_log)
            .with_context(|| format!("read {}", calls_log.display()))?;
        let times = times(&log);
        ensure!(times.len() == TIMES, "{} calls were timed, not {TIMES}", times.len());
        call_times.extend(times);
    }
    let median = |times| table::median(times).context("nothing was measured");
    let (scrape, calls) = (median(&scrape_times)?, median(&call_times)?);
    println!(
        "A scrape of the defaults takes {:.1} ms under Wine, its calls alone {:.1} ms: {:.2} times \
         (medians of {}).",
        scrape * 1e3,
        calls * 1e3,
        scrape / calls,
        scrape_times.len()
    );
    let file = folder.join("windows.json");
    let figures = json!({ "scrape_seconds": scrape_times, "calls_seconds": call_times });
    fs::write(&file, format!("{figures:#}\n"))
        .with_context(|| format!("write {}", file.display()))?;
    eprintln!("\n{}", workspace.shown(&file));
    Ok(())
}

/// The seconds in the lines `calls alone: 0.01 s`.
fn times(log: &str) -> Vec<f64> {
    let lines = log.lines().filter_map(|line| line.strip_prefix("calls alone: "));
    lines.filter_map(|line| line.strip_suffix(" s")?.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_among_other_lines() {
        let log = "running 1 test\n\ncalls alone: 0.25 s\n\ncalls alone: 1 s\ntest a ... ok\n";
        assert_eq!(times(log), [0.25, 1.0]);
    }
}
