//! Checks the files of `packaging/` for Prometheus, containers and Kubernetes.

use std::fs;
use std::process::Command;

use anyhow::Context;

use super::package::Package;
use super::prometheus;
use super::report::{Done, Report};
use super::tools::{HINT, Tools};
use crate::workspace::Workspace;
use bkpack::process;

pub(crate) fn check(workspace: &Workspace, package: &Package, tools: &Tools, report: &mut Report) {
    let packaging = workspace.root().join("packaging");
    report.step("promtool on packaging/prometheus", || {
        prometheus::check_files(tools, &packaging.join("prometheus"))
    });
    report.step("packaging/kubernetes and packaging/container", || {
        let Some(python) = tools.manifest_python() else {
            return Ok(Done::Skipped(format!("kubernetes-validate is not installed; {HINT}")));
        };
        let description = package.scratch.join("describe.json");
        let program = package.unpack("exporter-linux")?;
        let describe = process::output(Command::new(program).arg("--describe"));
        let describe = describe.context("exporter-linux --describe failed")?;
        fs::write(&description, describe).context("cannot write describe.json")?;
        let mut validate = Command::new(python);
        validate.arg(tools.source("manifests/validate.py")).arg(&packaging).arg(&description);
        process::run(&mut validate, &tools.logs.join("manifests.log"))?;
        Ok(Done::Passed(1))
    });
}
