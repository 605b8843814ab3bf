//! Tests the scripts of the BlueKing 6 and 7 plugin beyond a rehearsal: shellcheck, hostile values,
//! reload, and an upgrade while the exporter runs.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use bkpack::process;
use bkpack::rehearse::Machine;
use blueking_package::plugin::System;

use crate::package::Package;
use crate::values;

#[test]
fn shellcheck_accepts_the_scripts() -> Result<()> {
    let Some(shellcheck) = process::find("shellcheck") else { return e2e::skip("shellcheck") };
    let package = Package::open("shellcheck")?;
    let target = package.plugin_for(System::LinuxX86_64)?;
    let unpacked = package.deploy(&target, &Machine::Native)?;
    let scripts = ["debug", "parse_yaml", "reload", "restart", "start", "stop"];
    let mut command = Command::new(shellcheck);
    command.current_dir(&unpacked.folder).arg("--external-sources");
    command.args(scripts.map(|name| format!("{name}.sh")));
    e2e::run(&mut command, "shellcheck")
}

#[test]
fn scripts_read_values_literally() -> Result<()> {
    values::check(System::LinuxX86_64, &Machine::Native, &e2e::scratch("values")?)
}

#[test]
fn scripts_start_reload_and_stop() -> Result<()> {
    let package = Package::open("scripts")?;
    let target = package.plugin_for(System::LinuxX86_64)?;
    let mut copy = package.deploy(&target, &Machine::Native)?;
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
    Ok(())
}
