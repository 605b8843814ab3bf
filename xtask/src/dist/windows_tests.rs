//! The tests of host_exporter as built for Windows.

use std::process::Command;

use anyhow::Result;
use bkpack::process;

use super::build::Cargo;
use super::examples::find;
use super::plan::Plan;
use super::target::{Target, Targets};
use super::toolchain::ToolchainChoice;
use crate::workspace::Workspace;

/// Fetches the crates, and returns the command that builds and runs the tests. It lacks a runner for
/// programs of Windows.
///
/// # Errors
/// The distro route is incomplete and `setup` is off or cannot complete it; or crates are missing.
pub(crate) fn windows_tests(workspace: &Workspace, setup: bool) -> Result<Command> {
    let targets = Targets(vec![Target::Windows]);
    let route = find(workspace, ToolchainChoice::Distro, &targets, setup)?;
    let plan = Plan::new(workspace, route, &targets, &[], workspace.revision());
    let cargo = Cargo::new(workspace, &plan);
    process::run(&mut cargo.fetch(), &plan.logs.join("fetch.log"))?;
    Ok(cargo.test_for_windows())
}
