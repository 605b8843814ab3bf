//! The executable for Windows out of the packages, and the plugin's scripts, under Wine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use blueking_package::plugin::System;

use super::package::Package;
use super::plugin::{Deployment, ID};
use super::report::{Done, Report};
use super::tools::{HINT, Tools};
use crate::process;
use crate::server::{Server, free_port, get, sample};

/// Wine sets up a whole Windows at its first start.
const FIRST_START: Duration = Duration::from_secs(180);

/// Wine 8 does not tell how many handles a process has.
const NOT_IN_WINE: [&str; 1] = ["process_open_fds"];

pub(crate) fn check(package: &Package, tools: &Tools, report: &mut Report) {
    let missing = || Ok(Done::Skipped(format!("wine64 or mingw-w64 is not installed; {HINT}")));
    report.step("exporter-windows.exe under Wine", || {
        let program = package.unpack("exporter-windows.exe")?;
        let folder = program.parent().context("the program lies in a folder")?;
        match Wine::new(package, tools, folder)? {
            Some(windows) => serves(package, &windows, &program),
            None => missing(),
        }
    });
    report.step("start.bat and stop.bat of the plugin under Wine", || {
        let plugin = Deployment::new(package, tools, System::WindowsX86_64, "windows")?;
        match Wine::new(package, tools, &plugin.folder)? {
            Some(windows) => scripts(package, &windows, &plugin),
            None => missing(),
        }
    });
}

/// A Windows of its own for this test; what it started is ended with it.
struct Wine<'a> {
    wine: PathBuf,
    tools: &'a Tools,
    prefix: PathBuf,
}

impl<'a> Wine<'a> {
    /// `None` where there is no Wine. What it lacks and the exporter needs goes to `folder`.
    fn new(package: &Package, tools: &'a Tools, folder: &Path) -> Result<Option<Self>> {
        let (Some(wine), Some(mingw)) = (tools.wine(), tools.mingw()) else {
            return Ok(None);
        };
        let mut compile = Command::new(mingw);
        compile.args(["-shared", "-O1", "-o"]).arg(folder.join("bcryptprimitives.dll"));
        compile.arg(tools.source("wine/bcryptprimitives.c")).arg("-ladvapi32");
        process::run(&mut compile, &tools.logs.join("wine-shim.log"))?;
        let prefix = package.scratch.join("wine");
        fs::create_dir_all(&prefix).context("make a folder for Wine")?;
        Ok(Some(Self { wine, tools, prefix }))
    }

    fn command(&self, program: &Path) -> Command {
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

fn serves(package: &Package, windows: &Wine<'_>, program: &Path) -> Result<Done> {
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

fn scripts(package: &Package, windows: &Wine<'_>, plugin: &Deployment) -> Result<Done> {
    plugin.configure(package, "C:/gse", "HOSTILE: 100%PATH% & exit 1 ^ ! > injected\n")?;
    let log = windows.tools.logs.join("plugin-bat.log");
    let run = |script: &str| {
        let mut command = windows.command("cmd".as_ref());
        // Without a folder before it, Wine takes `start.bat` for its own command `start`.
        command.current_dir(&plugin.folder).args(["/c", &format!(".\\{script}")]);
        process::run_within(&mut command, &log, FIRST_START)
    };
    let pid_file = windows.prefix.join(format!("drive_c/gse/run/{ID}.pid"));
    let pid = || -> Result<u32> {
        let text = fs::read_to_string(&pid_file).context("read the pid file")?;
        text.trim().parse().with_context(|| format!("the pid file holds {text:?}"))
    };
    let page = || get(&format!("http://127.0.0.1:{}/metrics", plugin.port));

    run("start.bat")?;
    ensure!(sample(&page()?, "sys_mem_usage ").is_some(), "no sys_mem_usage");
    ensure!(!plugin.folder.join("injected").exists(), "env.yaml was executed");
    ensure!(run("start.bat").is_err(), "a second copy started on the same port");
    let before = pid()?;
    run("reload.bat")?;
    ensure!(page().is_ok() && pid()? != before, "reload.bat did not start it anew");
    run("stop.bat")?;
    ensure!(page().is_err(), "the exporter answers after stop.bat");
    ensure!(!pid_file.exists(), "stop.bat left the pid file");
    run("stop.bat").context("nothing to stop is no failure")?;
    Ok(Done::Passed(1))
}
