//! Tests `exporter-linux` from the package, started as BlueKing starts it.

use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use super::package::Package;
use super::prometheus;
use super::report::Report;
use super::tools::Tools;
use bkpack::server::{Server, free_port, get};

/// BlueKing checks two seconds after the start.
const START: Duration = Duration::from_secs(2);

pub(crate) fn check(package: &Package, tools: &Tools, report: &mut Report) {
    report.step("exporter-linux scraped by Prometheus", || {
        // Dashboards query more metrics than the package exposes by default.
        let (_exporter, url) = start(package, &["--collectors.enabled=[defaults]"])?;
        prometheus::scrape(tools, &package.scratch, &url)
    });
    report.step("exporter-linux under promtool check metrics", || {
        let (_exporter, url) = start(package, &[])?;
        prometheus::check_metrics(tools, &get(&url)?)
    });
}

/// Starts an exporter and waits until it answers; also returns the URL of its metrics.
fn start(package: &Package, more: &[&str]) -> Result<(Server, String)> {
    let port = free_port()?;
    let mut exporter = spawn(package, port, more)?;
    let url = format!("http://127.0.0.1:{port}/metrics");
    exporter.wait_for(START, || get(&url))?;
    Ok((exporter, url))
}

fn spawn(package: &Package, port: u16, more: &[&str]) -> Result<Server> {
    let program = package.unpack("exporter-linux")?;
    let mut command = Command::new(&program);
    command.args(package.arguments(port)?).args(more);
    Server::start(&mut command, &package.scratch.join(format!("exporter-linux-{port}.log")))
}
