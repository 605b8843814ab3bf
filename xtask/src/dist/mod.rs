//! `cargo xtask dist`: the packages, from one command. Plans first, then builds for every target,
//! inspects, asks the exporter for its definitions, packs and reads back. Until all of that has
//! succeeded nothing in `target/dist` changes.

mod build;
mod cross;
mod environment;
mod examples;
mod facts;
mod inspect;
mod locations;
mod make;
mod mingw;
mod package;
mod plan;
mod setup;
mod stage;
mod standalone;
mod summary;
mod sums;
mod target;
mod toolchain;

use std::fs::{self, File, TryLockError};
use std::path::Path;

use anyhow::{Context, Result, bail};

use self::cross::Containers;
pub(crate) use self::cross::{Engine, image_variable, now};
pub(crate) use self::examples::build_by_each_route;
use self::facts::Facts;
use self::make::Compiler;
use self::package::Source;
use self::plan::{Names, Plan};
pub(crate) use self::target::{Target, Targets};
pub(crate) use self::toolchain::Choice;
use self::toolchain::{Candidate, Route};
use crate::flags;
use crate::progress::Progress;
use crate::workspace::Workspace;

/// Makes the packages of all exporters, or tells what it would do.
pub(crate) fn run(workspace: &Workspace, flags: &flags::Dist) -> Result<()> {
    let sources = package::read_sources(workspace)?;
    let facts = Facts::probe(workspace);
    let revision = workspace.revision();
    let plan = |route| {
        let exporter = |source: &Source| {
            let description = &source.description;
            let component = description.component_name.clone();
            let names = Names { component, plugin_id: description.plugin_id.clone() };
            (source.exporter.clone(), names)
        };
        let exporters: Vec<_> = sources.iter().map(exporter).collect();
        Plan::new(workspace, route, &flags.targets, &exporters, revision.clone())
    };
    if flags.dry_run {
        let toolchain = flags.toolchain;
        let route = match toolchain.decide(&facts, &flags.targets, workspace.rust_version()) {
            Ok(route) => route,
            Err(candidates) => {
                for candidate in &candidates {
                    println!("missing on the {candidate}");
                    for line in setup::shown(workspace, candidate, &facts) {
                        println!("  --setup would run {line}");
                    }
                }
                candidates[0].route
            }
        };
        println!("{}", plan(route).shown(workspace));
        return Ok(());
    }

    let _lock = lock(workspace)?;
    let mut progress = Progress::new(0);
    let logs = workspace.target().join("cross/log");
    let (route, compiler) = make_ready(workspace, flags, facts, &logs, &mut progress)?;
    let mut rows = make::run(workspace, &plan(route), &sources, &compiler, &mut progress)?;
    if flags.standalone {
        let route = examples::find(workspace, Choice::Distro, &flags.targets, flags.setup)?;
        rows.extend(standalone::run(workspace, &plan(route), &mut progress)?);
    }
    drop(progress);
    print!("{}", summary::table(&rows));
    Ok(())
}

/// The route that is taken, with all that it needs installed, and what builds on it.
fn make_ready(
    workspace: &Workspace,
    flags: &flags::Dist,
    mut facts: Facts,
    logs: &Path,
    progress: &mut Progress,
) -> Result<(Route, Compiler)> {
    let targets = &flags.targets;
    loop {
        let route = match flags.toolchain.decide(&facts, targets, workspace.rust_version()) {
            Ok(route) => route,
            Err(candidates) if flags.setup => {
                let route = setup::run(workspace, &candidates, targets, logs, progress)?;
                facts = Facts::probe(workspace);
                route
            }
            Err(candidates) => bail!(advice(targets, &candidates)),
        };
        let sysroot = route.sysroot(&facts);
        if route != Route::Cross {
            return Ok((route, Compiler { sysroot, containers: None }));
        }
        let engine = facts.engine.clone().context("no container engine answers any more")?;
        progress.expect_more(1);
        let ready = progress.step("making a Rust and images ready for containers", || {
            Containers::prepare(workspace, engine, &sysroot, &targets.0, logs)
        });
        match ready {
            Ok(containers) => {
                return Ok((route, Compiler { sysroot, containers: Some(containers) }));
            }
            Err(error) if flags.toolchain == Choice::Auto => {
                let error = format!("{error:#}");
                let reason = error.lines().next().unwrap_or_default();
                progress.note(&format!("no cross route ({reason}); now without containers"));
                facts.engine = None;
            }
            Err(error) => return Err(error),
        }
    }
}

/// Keeps a second `dist` in this workspace away until the returned file is closed.
fn lock(workspace: &Workspace) -> Result<File> {
    let folder = workspace.target().join("cross");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let path = folder.join("lock");
    let file = File::create(&path).with_context(|| format!("cannot create {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => bail!("another `cargo xtask dist` runs here"),
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("cannot lock {}", path.display()))
        }
    }
}

/// The one message for all that is missing.
fn advice(targets: &Targets, candidates: &[Candidate]) -> String {
    let mut command = "cargo xtask dist --setup".to_owned();
    if let [only] = candidates {
        command += &format!(" --toolchain {}", only.route.name());
    }
    if *targets != Targets::default() {
        let names: Vec<_> = targets.0.iter().map(|target| target.name()).collect();
        command += &format!(" --targets {}", names.join(","));
    }
    let lines: Vec<_> = candidates.iter().map(|candidate| format!("\n  {candidate}")).collect();
    let either = if lines.len() > 1 { " on each route" } else { "" };
    format!("run `{command}` to install what is missing{either}:{}", lines.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_one_message_with_the_command_to_run() {
        for (choice, targets, expected) in [
            (
                Choice::Auto,
                Targets::default(),
                "run `cargo xtask dist --setup` to install what is missing on each route:\n  \
                 rustup route: the standard library for x86_64-unknown-linux-musl, the standard \
                 library for aarch64-unknown-linux-musl, the standard library for \
                 x86_64-pc-windows-gnu, x86_64-w64-mingw32-gcc (mingw-w64)\n  \
                 distro route: rustc and cargo 1.95 or newer in /usr/bin, the standard library's \
                 source for /usr/bin/rustc, ziglang==0.17.1 and cargo-zigbuild==0.24.0 (from \
                 PyPI), x86_64-w64-mingw32-gcc (mingw-w64)",
            ),
            (
                Choice::Rustup,
                Targets(vec![Target::Linux]),
                "run `cargo xtask dist --setup --toolchain rustup --targets linux` to install \
                 what is missing:\n  rustup route: the standard library for \
                 x86_64-unknown-linux-musl",
            ),
        ] {
            let candidates = choice.decide(&Facts::default(), &targets, "1.95").unwrap_err();
            assert_eq!(advice(&targets, &candidates), expected);
        }
    }
}
