//! Builds examples of the kit with the settings of shipped exporters.

use std::path::PathBuf;

use anyhow::{Result, bail};

use super::build::Cargo;
use super::environment::Environment;
use super::path_remap::PathRemap;
use super::plan::{PROFILE, Plan, cargo_target_for};
use super::target::{Target, Targets};
use super::toolchain::{Candidate, Route, ToolchainChoice};
use super::{advice, lock, setup};
use crate::progress::Progress;
use crate::workspace::Workspace;
use bkpack::process;

/// Builds examples for Linux on each route. Returns each route's name and its executables, in the
/// order of `examples`.
///
/// # Errors
/// A route is incomplete and `setup` is off or cannot complete it; or a build fails.
pub(crate) fn build_by_each_route(
    workspace: &Workspace,
    setup: bool,
    examples: &[&str],
) -> Result<Vec<(&'static str, Vec<PathBuf>)>> {
    let _lock = lock(workspace)?;
    [ToolchainChoice::Rustup, ToolchainChoice::Distro]
        .into_iter()
        .map(|choice| {
            let route = find(workspace, choice, &Targets(vec![Target::Linux]), setup)?;
            Ok((route.name(), build(workspace, route, examples)?))
        })
        .collect()
}

/// Selects the route, and completes it if `setup` is set.
pub(super) fn find(
    workspace: &Workspace,
    choice: ToolchainChoice,
    targets: &Targets,
    setup: bool,
) -> Result<Route> {
    let environment = Environment::probe(workspace);
    let missing: Vec<Candidate> =
        match choice.decide(&environment, targets, workspace.rust_version()) {
            Ok(route) => return Ok(route),
            Err(missing) => missing,
        };
    if !setup {
        bail!(advice(targets, &missing));
    }
    let logs = workspace.target().join("cross/log");
    setup::run(workspace, &missing, targets, &logs, &mut Progress::new(0))
}

fn build(workspace: &Workspace, route: Route, examples: &[&str]) -> Result<Vec<PathBuf>> {
    let targets = Targets(vec![Target::Linux]);
    let plan = Plan::new(workspace, route, &targets, &[], workspace.revision());
    let cargo = Cargo::new(workspace, &plan);
    process::run(&mut cargo.fetch(), &plan.logs.join("fetch.log"))?;
    let remap = PathRemap::gather(workspace, &route.sysroot(&Environment::probe(workspace)));
    eprintln!("building {} ({} route)", examples.join(" and "), route.name());
    let mut build = cargo.build_examples(&remap, examples)?;
    process::run(&mut build, &plan.logs.join("examples.log"))?;
    let folder = cargo_target_for(&plan.cargo_target, Target::Linux);
    let folder = folder.join(Target::Linux.triple()).join(PROFILE).join("examples");
    Ok(examples.iter().map(|example| folder.join(example)).collect())
}
