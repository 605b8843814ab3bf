//! The plugin archive of BlueKing 6 and 7: unpacked by `tar` and run by its own scripts, with an
//! `env.yaml` as a site renders it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use blueking_package::plugin::{self, ENV_TEMPLATE, Mode, System};

use super::package::Package;
use super::report::{Done, Report};
use super::tools::{HINT, Tools};
use crate::process;
use crate::server::{free_port, get, sample};

/// Id of the plugin that is tested.
pub(crate) const ID: &str = "host_exporter";

/// A script waits two seconds for the exporter, and starts programs for each process that runs.
const SCRIPT: Duration = Duration::from_secs(60);

pub(crate) fn check(package: &Package, tools: &Tools, report: &mut Report) {
    report.step("shellcheck of the plugin's scripts", || {
        let Some(shellcheck) = tools.shellcheck() else {
            return Ok(Done::Skipped(format!("shellcheck is not installed; {HINT}")));
        };
        let unpacked = Deployment::new(package, tools, System::LinuxX86_64, "shellcheck")?;
        let scripts = ["debug", "parse_yaml", "reload", "restart", "start", "stop"];
        let mut command = Command::new(shellcheck);
        command.current_dir(&unpacked.folder).arg("--external-sources");
        command.args(scripts.map(|name| format!("{name}.sh")));
        process::run(&mut command, &tools.logs.join("shellcheck.log"))?;
        Ok(Done::Passed(scripts.len()))
    });
    report.step("start.sh and stop.sh of the plugin", || scripts(package, tools));
    report.step("the plugin for AArch64 under qemu", || {
        let Some(qemu) = tools.qemu_aarch64() else {
            return Ok(Done::Skipped(format!("qemu-aarch64-static is not installed; {HINT}")));
        };
        emulated(package, tools, &qemu)
    });
}

/// A copy of the plugin as it lies on a host. The exporter is ended with it.
#[derive(Debug)]
pub(crate) struct Deployment {
    /// The plugin's own folder.
    pub(crate) folder: PathBuf,
    pub(crate) port: u16,
    log: PathBuf,
    pid_file: PathBuf,
}

impl Deployment {
    /// Unpacks one system's folder of the archive, with logs and pid beside it.
    pub(crate) fn new(
        package: &Package,
        tools: &Tools,
        system: System,
        name: &str,
    ) -> Result<Self> {
        // Blanks are what scripts most often fail at.
        let place = package.scratch.join(format!("plugin {name}"));
        fs::create_dir_all(&place).with_context(|| format!("make {}", place.display()))?;
        let mut tar = Command::new("tar");
        tar.arg("-xzf").arg(&package.plugin_archive).arg("-C").arg(&place).arg(system.folder());
        let log = tools.logs.join(format!("plugin-{name}.log"));
        process::run(&mut tar, &log)?;
        Ok(Self {
            folder: place.join(system.plugin_folder(ID)),
            port: free_port()?,
            log,
            pid_file: place.join("run/host_exporter.pid"),
        })
    }

    /// Renders `env.yaml`, with logs and pid in `place` as the host calls it, and more lines at
    /// its end.
    pub(crate) fn configure(&self, package: &Package, place: &str, more: &str) -> Result<()> {
        let values = BTreeMap::from([("port".to_owned(), self.port.to_string())]);
        let of_form = package.plugin_config.iter().filter(|item| item.mode == Mode::Env);
        let mut names: BTreeMap<_, _> =
            of_form.map(|item| (item.name.clone(), item.default_text())).collect();
        names.extend([
            ("control_info.gse_agent_home".to_owned(), format!("{place}/gse")),
            ("control_info.log_path".to_owned(), format!("{place}/log")),
            ("control_info.pid_path".to_owned(), format!("{place}/run/{ID}.pid")),
            ("cmd_args".to_owned(), plugin::command_line(&package.plugin_config, &values)),
        ]);
        let template = self.folder.join(ENV_TEMPLATE);
        let text = fs::read_to_string(&template)
            .with_context(|| format!("read {}", template.display()))?;
        let text = plugin::render(&text, &names).map_err(anyhow::Error::msg)?;
        fs::write(self.folder.join("etc/env.yaml"), text + more).context("write env.yaml")
    }

    /// Runs a script to its end; what it printed is the error if it fails.
    fn run(&self, script: &str) -> Result<()> {
        let mut command = Command::new(self.folder.join(script));
        process::run_within(&mut command, &self.log, SCRIPT)
    }

    fn page(&self) -> Result<String> {
        get(&format!("http://127.0.0.1:{}/metrics", self.port))
    }

    fn pid(&self) -> Result<u32> {
        let text = fs::read_to_string(&self.pid_file).context("read the pid file")?;
        text.trim().parse().with_context(|| format!("the pid file holds {text:?}"))
    }

    /// Whether nothing of the exporter is left.
    fn is_down(&self) -> Result<()> {
        ensure!(self.page().is_err(), "the exporter answers after stop.sh");
        ensure!(!self.pid_file.exists(), "stop.sh left the pid file");
        Ok(())
    }

    fn place(&self) -> Result<String> {
        let place = self.pid_file.ancestors().nth(2).context("the pid file has a folder")?;
        Ok(place.display().to_string())
    }
}

impl Drop for Deployment {
    fn drop(&mut self) {
        if self.folder.join("stop.sh").is_file() {
            let _ = self.run("stop.sh");
        }
    }
}

fn scripts(package: &Package, tools: &Tools) -> Result<Done> {
    let new = |name| Deployment::new(package, tools, System::LinuxX86_64, name);
    let (one, two) = (new("one")?, new("two")?);
    for deployment in [&one, &two] {
        // A value is text, whatever a shell could make of it.
        let hostile = "HOSTILE: $(touch injected) `touch injected` \"; touch injected; # *\n";
        deployment.configure(package, &deployment.place()?, hostile)?;
        deployment.run("start.sh")?;
        ensure!(!deployment.folder.join("injected").exists(), "env.yaml was evaluated");
        let program = PathBuf::from(format!("/proc/{}/exe", deployment.pid()?)).read_link();
        let program = program.context("look for the process in the pid file")?;
        ensure!(program == deployment.folder.join(ID), "the pid is of {}", program.display());
    }
    declared(package, &one.page()?)?;

    let taken = one.run("start.sh").err().context("a second copy started on the same port")?;
    let taken = format!("{taken:#}");
    ensure!(taken.contains("cannot listen on 127.0.0.1"), "start.sh did not say why: {taken}");
    ensure!(one.page().is_ok(), "the first copy does not answer any more");

    let before = one.pid()?;
    one.run("reload.sh")?;
    ensure!(one.page().is_ok() && one.pid()? != before, "reload.sh did not start it anew");
    one.run("stop.sh")?;
    one.is_down()?;
    two.page().context("stop.sh ended a copy in another folder")?;
    one.run("stop.sh").context("nothing to stop is no failure")?;
    // As after an upgrade: the program that runs is gone from the folder.
    fs::remove_file(two.folder.join(ID)).context("remove the program")?;
    two.run("stop.sh")?;
    two.is_down()?;
    Ok(Done::Passed(2))
}

/// What is on the page is in `metrics.json`, or left out on purpose.
fn declared(package: &Package, page: &str) -> Result<()> {
    let declared: Vec<_> = package.plugin_metrics.iter().flat_map(|group| &group.fields).collect();
    for line in page.lines().filter(|line| !line.starts_with('#')) {
        let name = line.split(['{', ' ']).next().unwrap_or_default();
        ensure!(
            declared.iter().any(|field| field.name == name) || package.omits_everywhere(name),
            "{name} is on the page and not in metrics.json"
        );
    }
    Ok(())
}

fn emulated(package: &Package, tools: &Tools, qemu: &Path) -> Result<Done> {
    let copy = Deployment::new(package, tools, System::LinuxAarch64, "aarch64")?;
    copy.configure(package, &copy.place()?, "")?;
    // This kernel knows no programs for AArch64; the one that it starts hands over to qemu.
    fs::rename(copy.folder.join(ID), copy.folder.join("aarch64")).context("rename the program")?;
    let starter = format!("#!/bin/sh\nexec '{}' ./aarch64 \"$@\"\n", qemu.display());
    fs::write(copy.folder.join(ID), starter).context("write the starter")?;
    copy.run("start.sh")?;
    let page = copy.page()?;
    let build = page.lines().find(|line| line.starts_with("host_exporter_build_info{"));
    let build = build.with_context(|| format!("no build in\n{page}"))?;
    ensure!(build.contains("target=\"aarch64-unknown-linux-musl\""), "{build}");
    let memory = sample(&page, "sys_mem_usage ").context("no sys_mem_usage")?;
    ensure!((0.0..=100.0).contains(&memory), "sys_mem_usage is {memory}");
    declared(package, &page)?;
    copy.run("stop.sh")?;
    copy.is_down()?;
    Ok(Done::Passed(1))
}
