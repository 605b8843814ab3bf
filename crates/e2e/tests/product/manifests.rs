//! Checks the files of `packaging/` for containers and Kubernetes.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result};
use bkpack::process;

use crate::package::Package;

#[test]
fn manifests_match_the_schemas_and_the_flags() -> Result<()> {
    let Some(python) = e2e::python() else { return e2e::skip("kubernetes-validate") };
    let package = Package::open("manifests")?;
    let program = package.unpack("exporter-linux")?;
    let describe = process::output(Command::new(program).arg("--describe"));
    let describe = describe.context("exporter-linux --describe failed")?;
    let description = package.scratch.join("describe.json");
    fs::write(&description, describe).context("cannot write describe.json")?;
    let mut validate = Command::new(python);
    validate.arg(e2e::root().join("crates/e2e/manifests/validate.py"));
    validate.arg(e2e::root().join("packaging")).arg(&description);
    e2e::run(&mut validate, "manifests")
}
