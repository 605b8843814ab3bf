//! Tests the Windows executable and the plugin's scripts under Wine, beyond a rehearsal.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use bkpack::rehearse::{Deployment, Machine, Port, Target, Values, machine};
use bkpack::server::{free_port, sample};
use blueking_package::check::Kind;
use blueking_package::plugin::System;

use crate::package::{Package, VERSION};
use crate::values;

/// Creates a Wine prefix in `scratch`; `None` if Wine or a compiler for Windows is missing.
pub(crate) fn wine(scratch: &Path) -> Result<Option<Machine>> {
    if machine::wine().is_none() || machine::mingw().is_none() {
        return Ok(None);
    }
    Machine::new(System::WindowsX86_64, scratch).map(Some)
}

/// Ends a test without Wine.
pub(crate) fn skip() -> Result<()> {
    e2e::skip("wine64 or mingw-w64")
}

#[test]
fn exporter_serves_host_metrics() -> Result<()> {
    let package = Package::open("windows")?;
    let Some(machine) = wine(&package.scratch)? else { return skip() };
    let target = Target::open(&package.zip, Kind::V51, Some(System::WindowsX86_64))?;
    let port = Port::fixed(free_port()?);
    let address = format!("127.0.0.1:{}", port.number);
    let values = Values::from([
        ("--web.listen-address".to_owned(), address.clone()),
        ("_exporter_url_".to_owned(), format!("http://{address}/metrics")),
    ]);
    let folder = package.scratch.join("zip");
    let mut exporter = Deployment::new(&target, &machine, &folder, &values, port)?;
    exporter.start()?;
    has_host_metrics(&exporter)
}

/// A draft gives the same packages and the same findings on both systems.
#[test]
fn bkpack_packs_as_on_linux() -> Result<()> {
    let package = Package::open("windows bkpack")?;
    let Some(machine) = wine(&package.scratch)? else { return skip() };
    let folder = package.scratch.join("bkpack");
    std::fs::create_dir_all(&folder).context("cannot create a scratch folder")?;
    let copy = |name: &str, to: &str| {
        let from = e2e::dist().join(format!("bkpack-{VERSION}-{name}"));
        std::fs::copy(&from, folder.join(to)).with_context(|| from.display().to_string())
    };
    copy("linux-x86_64", "bkpack")?;
    copy("windows-x86_64.exe", "bkpack.exe")?;
    machine.adapt(&folder.join("bkpack.exe"))?;
    let run = |mut command: Command, arguments: &[&str]| {
        command.args(arguments).env("LC_ALL", "C");
        let output = command.output().context("cannot start bkpack")?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace('\r', "");
        let (said, errors) = (text(&output.stdout), text(&output.stderr));
        ensure!(output.status.success(), "bkpack {}: {said}{errors}", arguments.join(" "));
        Ok(said)
    };
    let linux = |arguments: &[&str]| run(Machine::Native.program(&folder, "bkpack"), arguments);
    let windows = |arguments: &[&str]| run(machine.program(&folder, "bkpack.exe"), arguments);
    let exporter = package.unpack("exporter-linux")?;
    let exe = package.unpack("exporter-windows.exe")?;
    let path = |path: &Path| path.display().to_string();
    linux(&["init", "draft", "--linux", &path(&exporter), "--windows", &path(&exe)])?;
    linux(&["build", "draft", "--out", "on-linux"])?;
    windows(&["build", "draft", "--out", "on-windows", "--lang", "en"])?;
    let mut count = 0;
    for entry in std::fs::read_dir(folder.join("on-linux")).context("no packages")? {
        let name = entry.context("no packages")?.file_name().display().to_string();
        let read = |system: &str| {
            let path = folder.join(system).join(&name);
            std::fs::read(&path).with_context(|| path.display().to_string())
        };
        ensure!(read("on-linux")? == read("on-windows")?, "{name} differs");
        let file = format!("on-linux/{name}");
        let arguments = ["check", "--json", "--lang", "en", &file];
        ensure!(linux(&arguments)? == windows(&arguments)?, "the findings of {name} differ");
        count += 1;
    }
    ensure!(count == 2, "there are {count} packages, not 2");
    Ok(())
}

#[test]
fn scripts_read_values_literally() -> Result<()> {
    let scratch = e2e::scratch("windows values")?;
    let Some(machine) = wine(&scratch)? else { return skip() };
    values::check(System::WindowsX86_64, &machine, &scratch)
}

#[test]
fn scripts_start_reload_and_stop() -> Result<()> {
    let package = Package::open("windows scripts")?;
    let Some(machine) = wine(&package.scratch)? else { return skip() };
    let target = package.plugin_for(System::WindowsX86_64)?;
    let mut copy = package.deploy(&target, &machine)?;
    copy.configure("HOSTILE: 100%PATH% & exit 1 ^ ! > injected\n")?;
    copy.start()?;
    has_host_metrics(&copy)?;
    ensure!(!copy.folder.join("injected").exists(), "env.yaml was executed");
    let before = copy.pid()?;
    copy.run("reload")?;
    copy.scrape()?;
    ensure!(copy.pid()? != before, "reload.bat did not restart the exporter");
    copy.stop()?;
    ensure!(copy.remains().is_empty(), "stop.bat left {:?}", copy.remains());
    Ok(())
}

/// Checks that the page has metrics of the host.
fn has_host_metrics(exporter: &Deployment<'_>) -> Result<()> {
    let page = String::from_utf8(exporter.scrape()?.body).context("the page is not UTF-8")?;
    for prefix in ["sys_mem_usage ", "sys_disk_size{mountpoint=\""] {
        let value = sample(&page, prefix).with_context(|| format!("no {prefix} in\n{page}"))?;
        ensure!((0.0..=100.0).contains(&value), "{prefix} is {value}");
    }
    Ok(())
}
