//! Tests the Windows executable and the plugin's scripts under Wine, beyond a rehearsal.

use anyhow::{Context, Result, ensure};
use blueking_package::check::Kind;
use blueking_package::plugin::System;

use super::package::Package;
use super::plugin;
use super::report::{Done, Report};
use super::tools::{HINT, Tools};
use bkpack::rehearse::{Deployment, Machine, Port, Target, Values};
use bkpack::server::{free_port, sample};

/// A test under Wine.
type Test = fn(&Package, &Machine) -> Result<Done>;

pub(crate) fn check(package: &Package, tools: &Tools, report: &mut Report) {
    let tests: [(&str, Test); 2] = [
        ("exporter-windows.exe under Wine", serves),
        ("start.bat, reload.bat and stop.bat of the plugin under Wine", scripts),
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
