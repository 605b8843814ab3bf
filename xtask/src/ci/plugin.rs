//! Tests the scripts of the BlueKing 6 and 7 plugin beyond a rehearsal: shellcheck, hostile values,
//! reload, and an upgrade while the exporter runs.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use blueking_package::check::Kind;
use blueking_package::plugin::System;

use super::package::Package;
use super::report::{Done, Report};
use super::tools::{HINT, Tools};
use super::values;
use bkpack::process;
use bkpack::rehearse::{Deployment, Machine, Port, Target, Values};
use bkpack::server::free_port;

pub(crate) fn check(package: &Package, tools: &Tools, report: &mut Report) {
    report.step("shellcheck of the plugin's scripts", || {
        let Some(shellcheck) = tools.shellcheck() else {
            return Ok(Done::Skipped(format!("shellcheck is not installed; {HINT}")));
        };
        let target = target(package, System::LinuxX86_64)?;
        let unpacked = copy(package, &target, &Machine::Native, "shellcheck")?;
        let scripts = ["debug", "parse_yaml", "reload", "restart", "start", "stop"];
        let mut command = Command::new(shellcheck);
        command.current_dir(&unpacked.folder).arg("--external-sources");
        command.args(scripts.map(|name| format!("{name}.sh")));
        process::run(&mut command, &tools.logs.join("shellcheck.log"))?;
        Ok(Done::Passed(scripts.len()))
    });
    report.step("start.sh, reload.sh and stop.sh of the plugin", || scripts(package));
    report.step("the plugin's scripts read env.yaml literally", || {
        let scratch = package.scratch.join("values");
        fs::create_dir_all(&scratch).context("cannot create a scratch folder")?;
        values::check(System::LinuxX86_64, &Machine::Native, &scratch).map(Done::Passed)
    });
}

/// Opens the plugin archive for one system.
pub(super) fn target(package: &Package, system: System) -> Result<Target> {
    Target::open(&package.plugin_archive, Kind::Plugin, Some(system))
}

/// Deploys a copy of the plugin on a free port, in a folder with a blank in its name.
pub(super) fn copy<'a>(
    package: &Package,
    target: &'a Target,
    machine: &'a Machine,
    name: &str,
) -> Result<Deployment<'a>> {
    let folder = package.scratch.join(format!("plugin {name}"));
    let port = Port::fixed(free_port()?);
    Deployment::new(target, machine, &folder, &Values::new(), port)
}

fn scripts(package: &Package) -> Result<Done> {
    let target = target(package, System::LinuxX86_64)?;
    let mut copy = copy(package, &target, &Machine::Native, "scripts")?;
    // The script must treat values as plain text.
    copy.configure("HOSTILE: $(touch injected) `touch injected` \"; touch injected; # *\n")?;
    let pid = copy.start()?;
    ensure!(!copy.folder.join("injected").exists(), "env.yaml was evaluated");
    let program = PathBuf::from(format!("/proc/{pid}/exe")).read_link();
    let program = program.context("cannot find the process of the pid file")?;
    ensure!(program == copy.folder.join(&target.id), "the pid belongs to {}", program.display());

    let printed = copy.printed();
    ensure!(copy.run("start").is_err(), "a second copy starts on the same port");
    ensure!(copy.printed() == printed, "a second start overwrites the log of the running copy");

    copy.run("reload")?;
    copy.scrape()?;
    ensure!(copy.pid()? != pid, "reload.sh did not restart the exporter");
    // As after an upgrade, the running program is no longer in the folder.
    fs::remove_file(copy.folder.join(&target.id)).context("cannot remove the program")?;
    copy.stop()?;
    ensure!(copy.remains().is_empty(), "stop.sh left {:?}", copy.remains());
    Ok(Done::Passed(1))
}
