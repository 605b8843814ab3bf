//! `exporter-linux` out of the package, started as BlueKing starts it.

use std::process::Command;
use std::time::Duration;

use anyhow::{Result, ensure};

use super::package::Package;
use super::prometheus;
use super::report::{Done, Report};
use super::tools::Tools;
use crate::server::{Server, free_port, get};

/// BlueKing looks two seconds after the start.
const START: Duration = Duration::from_secs(2);

pub(crate) fn check(package: &Package, tools: &Tools, report: &mut Report) {
    report.step("exporter-linux serves what metrics.json declares", || serves(package));
    report.step("exporter-linux on a port that is taken", || port_taken(package));
    report.step("exporter-linux scraped by Prometheus", || {
        let (_exporter, url) = start(package)?;
        prometheus::scrape(tools, &package.scratch, &url)
    });
    report.step("exporter-linux under promtool check metrics", || {
        let (_exporter, url) = start(package)?;
        prometheus::check_metrics(tools, &get(&url)?)
    });
}

/// A started exporter that answers, and the URL of its metrics.
fn start(package: &Package) -> Result<(Server, String)> {
    let port = free_port()?;
    let mut exporter = spawn(package, port)?;
    let url = format!("http://127.0.0.1:{port}/metrics");
    exporter.wait_for(START, || get(&url))?;
    Ok((exporter, url))
}

fn spawn(package: &Package, port: u16) -> Result<Server> {
    let program = package.unpack("exporter-linux")?;
    let mut command = Command::new(&program);
    command.args(package.arguments(port)?);
    Server::start(&mut command, &package.scratch.join(format!("exporter-linux-{port}.log")))
}

fn serves(package: &Package) -> Result<Done> {
    let (_exporter, url) = start(package)?;
    let page = get(&url)?;
    let names: Vec<_> = page
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split(['{', ' ']).next().unwrap_or_default())
        .collect();
    let declared = package.metric_names();
    for name in &declared {
        ensure!(names.contains(name), "{name} is in metrics.json and not on the page:\n{page}");
    }
    for name in names.iter().filter(|name| !package.omits(name)) {
        ensure!(declared.contains(name), "{name} is on the page and not in metrics.json");
    }
    Ok(Done::Passed(1))
}

fn port_taken(package: &Package) -> Result<Done> {
    let (_exporter, url) = start(package)?;
    let port = url.split([':', '/']).nth(4).and_then(|port| port.parse().ok()).unwrap_or(0);
    // The first one's program file is in use and cannot be written again.
    let mut command = Command::new(package.scratch.join("exporter-linux.d/exporter-linux"));
    command.args(package.arguments(port)?);
    let second = Server::start(&mut command, &package.scratch.join("second.log"))?;
    let (status, printed) = second.end(START)?;
    ensure!(status.code() == Some(1), "a second copy ended with {status}: {printed}");
    ensure!(printed.lines().count() == 1, "a second copy printed {printed}");
    Ok(Done::Passed(1))
}
