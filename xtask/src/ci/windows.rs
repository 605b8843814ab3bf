//! `exporter-windows.exe` out of the package, under Wine.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::package::Package;
use super::report::{Done, Report};
use super::tools::{HINT, Tools};
use crate::process;
use crate::server::{Server, free_port, get, sample};

/// Wine sets up a whole Windows at its first start.
const FIRST_START: Duration = Duration::from_secs(180);

/// Wine 8 does not tell how many handles a process has.
const NOT_IN_WINE: [&str; 1] = ["process_open_fds"];

pub(crate) fn check(package: &Package, tools: &Tools, report: &mut Report) {
    report.step("exporter-windows.exe under Wine", || {
        let (Some(wine), Some(mingw)) = (tools.wine(), tools.mingw()) else {
            return Ok(Done::Skipped(format!("wine64 or mingw-w64 is not installed; {HINT}")));
        };
        let program = package.unpack("exporter-windows.exe")?;
        let mut compile = Command::new(mingw);
        compile.args(["-shared", "-O1", "-o"]);
        compile.arg(program.with_file_name("bcryptprimitives.dll"));
        compile.arg(tools.source("wine/bcryptprimitives.c")).arg("-ladvapi32");
        process::run(&mut compile, &tools.logs.join("wine-shim.log"))?;
        let windows = Wine { wine, tools, prefix: package.scratch.join("wine") };
        fs::create_dir_all(&windows.prefix).context("make a folder for Wine")?;
        serves(package, &windows, &program)
    });
}

/// A Windows of its own for this test; what it started is ended with it.
struct Wine<'a> {
    wine: PathBuf,
    tools: &'a Tools,
    prefix: PathBuf,
}

impl Wine<'_> {
    fn command(&self, program: &PathBuf) -> Command {
        let mut command = Command::new(&self.wine);
        command.arg(program).env("WINEPREFIX", &self.prefix).env("WINEDEBUG", "-all");
        // Neither .NET nor a browser is asked for at the first start.
        command.env("WINEDLLOVERRIDES", "mscoree,mshtml=").env_remove("DISPLAY");
        command
    }
}

impl Drop for Wine<'_> {
    fn drop(&mut self) {
        // Ends the services of this prefix and nothing else.
        if let Some(wineserver) = self.tools.wineserver() {
            let _ = Command::new(wineserver).arg("-k").env("WINEPREFIX", &self.prefix).status();
        }
    }
}

fn serves(package: &Package, windows: &Wine<'_>, program: &PathBuf) -> Result<Done> {
    let port = free_port()?;
    let arguments = package.arguments(port)?;
    let log = |name: &str| package.scratch.join(name);
    let mut exporter = windows.command(program);
    let mut exporter = Server::start(exporter.args(&arguments), &log("exporter-windows.log"))?;
    let url = format!("http://127.0.0.1:{port}/metrics");
    let page = exporter.wait_for(FIRST_START, || get(&url))?;
    for prefix in ["sys_mem_usage ", "sys_disk_size{mountpoint=\""] {
        let value = sample(&page, prefix).with_context(|| format!("no {prefix} in\n{page}"))?;
        ensure!((0.0..=100.0).contains(&value), "{prefix} is {value}");
    }
    let names = package.metric_names().into_iter();
    for name in names.filter(|name| !NOT_IN_WINE.contains(name)) {
        ensure!(sample(&page, name).is_some(), "{name} is not on the page:\n{page}");
    }
    let mut second = windows.command(program);
    let second = Server::start(second.args(&arguments), &log("second-windows.log"))?;
    let (status, printed) = second.end(Duration::from_secs(30))?;
    ensure!(status.code() == Some(1), "a second copy ended with {status}: {printed}");
    ensure!(printed.contains("cannot listen on 127.0.0.1"), "a second copy printed {printed}");
    Ok(Done::Passed(2))
}
