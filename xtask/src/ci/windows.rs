//! Tests the Windows executable and the plugin's scripts under Wine, beyond a rehearsal.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use blueking_package::check::Kind;
use blueking_package::plugin::System;

use super::package::Package;
use super::plugin;
use super::report::{Done, Report};
use super::tools::{HINT, Tools};
use super::values;
use bkpack::rehearse::{Deployment, Machine, Port, Target, Values};
use bkpack::server::{free_port, sample};

/// A test under Wine.
type Test = fn(&Package, &Machine) -> Result<Done>;

pub(crate) fn check(package: &Package, tools: &Tools, report: &mut Report) {
    let tests: [(&str, Test); 4] = [
        ("exporter-windows.exe under Wine", serves),
        ("bkpack.exe under Wine packs and checks as on Linux", packs_as_on_linux),
        ("start.bat, reload.bat and stop.bat of the plugin under Wine", scripts),
        ("the plugin's scripts read env.yaml literally under Wine", read_values),
    ];
    for (name, test) in tests {
        report.step(name, || {
            if tools.wine().is_none() || tools.mingw().is_none() {
                let missing = format!("wine64 or mingw-w64 is not installed; {HINT}");
                return Ok(Done::Skipped(missing));
            }
            let scratch = package.scratch.join("windows");
            std::fs::create_dir_all(&scratch).context("cannot create a scratch folder")?;
            test(package, &Machine::new(System::WindowsX86_64, &scratch)?)
        });
    }
}

fn serves(package: &Package, machine: &Machine) -> Result<Done> {
    let target = Target::open(&package.zip, Kind::V51, Some(System::WindowsX86_64))?;
    let port = Port::fixed(free_port()?);
    let address = format!("127.0.0.1:{}", port.number);
    let values = Values::from([
        ("--web.listen-address".to_owned(), address.clone()),
        ("_exporter_url_".to_owned(), format!("http://{address}/metrics")),
    ]);
    let folder = package.scratch.join("windows/zip");
    let mut exporter = Deployment::new(&target, machine, &folder, &values, port)?;
    exporter.start()?;
    has_host_metrics(&exporter)?;
    Ok(Done::Passed(1))
}

/// A draft gives the same packages and the same findings on both systems.
fn packs_as_on_linux(package: &Package, machine: &Machine) -> Result<Done> {
    let folder = package.scratch.join("windows/bkpack");
    std::fs::create_dir_all(&folder).context("cannot create a scratch folder")?;
    let version = env!("CARGO_PKG_VERSION");
    let copy = |name: &str, to: &str| {
        let from = package.dist.join(format!("bkpack-{version}-{name}"));
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
    let path = |path: &std::path::Path| path.display().to_string();
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
    Ok(Done::Passed(1))
}

fn read_values(package: &Package, machine: &Machine) -> Result<Done> {
    values::check(System::WindowsX86_64, machine, &package.scratch.join("windows"))
        .map(Done::Passed)
}

fn scripts(package: &Package, machine: &Machine) -> Result<Done> {
    let target = plugin::target(package, System::WindowsX86_64)?;
    let mut copy = plugin::copy(package, &target, machine, "windows")?;
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
    Ok(Done::Passed(1))
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
