//! `cargo xtask dist`: builds all packages. Plans, builds for every target, inspects, runs the
//! exporter with `--describe`, packs and reads back. `target/dist` changes only if all of that
//! succeeds.

mod build;
mod cross;
mod environment;
mod examples;
mod execute;
mod inspect;
mod mingw;
mod package;
mod path_remap;
mod plan;
mod setup;
mod standalone;
mod summary;
mod sums;
mod target;
mod toolchain;
mod variables;
mod windows_tests;

use std::fs::{self, File, TryLockError};
use std::path::Path;

use anyhow::{Context, Result, bail};

use self::cross::Containers;
use self::environment::Environment;
pub(crate) use self::examples::build_by_each_route;
use self::execute::Compiler;
use self::package::PackageSource;
use self::plan::{Names, Plan};
pub(crate) use self::target::{Target, Targets};
pub(crate) use self::toolchain::ToolchainChoice;
use self::toolchain::{Candidate, Route};
pub(crate) use self::windows_tests::windows_tests;
use crate::flags;
use crate::progress::Progress;
use crate::scaffold::describes_template;
use crate::workspace::Workspace;
use bkpack::UsageError;
use bkpack::output;

/// Builds the packages of all exporters, or prints the plan.
pub(crate) fn run(workspace: &Workspace, flags: &flags::Dist) -> Result<()> {
    let mut sources = package::read_sources(workspace)?;
    if let Some(name) = &flags.package {
        choose(&mut sources, name)?;
    }
    let environment = Environment::probe(workspace);
    let revision = workspace.revision();
    let plan_for = |route, targets: &Targets| {
        let exporter = |source: &PackageSource| {
            let description = &source.source.description;
            let component = description.component_name.clone();
            let names = Names { component, plugin_id: description.plugin_id.clone() };
            (source.exporter.clone(), names)
        };
        let exporters: Vec<_> = sources.iter().map(exporter).collect();
        let mut plan = Plan::new(workspace, route, targets, &exporters, revision.clone());
        if flags.package.is_some() {
            plan.bkpack.clear();
        }
        plan
    };
    let plan = |route| plan_for(route, &flags.targets);
    let warning = replacement(&plan(Route::Distro), &plan_for(Route::Distro, &Targets::default()))?;
    if flags.dry_run {
        let mut text = warning.unwrap_or_default();
        let route_for = |choice: ToolchainChoice| match choice.decide(
            &environment,
            &flags.targets,
            workspace.rust_version(),
        ) {
            Ok(route) => Ok((route, String::new())),
            Err(candidates) => {
                reject_impossible(&candidates)?;
                let with_setup =
                    |candidate| (candidate, setup::describe(workspace, candidate, &environment));
                let missing: Vec<_> = candidates.iter().map(with_setup).collect();
                anyhow::Ok((
                    setup_route(&missing),
                    missing.iter().map(describe_missing).collect::<String>(),
                ))
            }
        };
        let (route, missing) = route_for(flags.toolchain)?;
        text += &format!("{missing}{}\n", plan(route).display(workspace));
        if flags.standalone {
            let (route, missing) = route_for(ToolchainChoice::Distro)?;
            let plan = plan(route).standalone();
            text += &format!("{missing}{}\n", standalone::describe(workspace, &plan));
        }
        return output::print(&text);
    }

    if let Some(warning) = warning.filter(|_| !flags.force) {
        return Err(UsageError(warning.trim_end().to_owned()).into());
    }
    let _lock = lock(workspace)?;
    let mut progress = Progress::new(0);
    let logs = workspace.target().join("cross/log");
    let (route, compiler) = prepare(workspace, flags, environment, &logs, &mut progress)?;
    let mut rows = execute::run(workspace, &plan(route), &sources, &compiler, &mut progress)?;
    if flags.standalone {
        let route =
            examples::find(workspace, ToolchainChoice::Distro, &flags.targets, flags.setup)?;
        let sysroot = route.sysroot(&Environment::probe(workspace));
        let compiler = Compiler { sysroot, containers: None };
        let plan = plan(route).standalone();
        rows.extend(standalone::run(workspace, &plan, &compiler, &mut progress)?);
    }
    drop(progress);
    let templates = sources.iter().filter(|source| describes_template(&source.source.markdown));
    let notes: String = templates
        .map(|source| {
            let file = workspace.shown(&source.exporter.config.join("description.md"));
            format!("\n{file} still describes the template: say what the exporter monitors.\n")
        })
        .collect();
    output::print(&format!(
        "{}{notes}{}",
        summary::table(&rows),
        summary::next_steps(workspace, &plan(route))
    ))
}

/// Keeps the exporter of this name.
fn choose(sources: &mut Vec<PackageSource>, name: &str) -> Result<()> {
    let names: Vec<_> = sources.iter().map(|source| source.exporter.name.clone()).collect();
    sources.retain(|source| source.exporter.name == name);
    if sources.is_empty() {
        return Err(UsageError(format!("{name:?} is not one of {}", names.join(", "))).into());
    }
    Ok(())
}

/// Warns if the plan's packages would replace packages for more systems under the same names.
fn replacement(plan: &Plan, every: &Plan) -> Result<Option<String>> {
    let lost = plan.lost(every, &sums::listed(&plan.sums)?);
    let names: Vec<_> = lost.iter().map(|target| target.name()).collect();
    Ok((!names.is_empty()).then(|| {
        format!(
            "the packages in target/dist are also for {}, and this would replace them under the same \
             names: give --force, or add these to --targets\n",
            names.join(" and ")
        )
    }))
}

/// Describes the missing requirements of a route, and the `--setup` commands that install them.
fn describe_missing((candidate, setup): &(&Candidate, Result<Vec<String>>)) -> String {
    let mut text = format!("missing on the {candidate}\n");
    match setup {
        Ok(lines) => {
            text.extend(lines.iter().map(|line| format!("  --setup would run {line}\n")));
        }
        Err(error) => text += &format!("  --setup cannot complete this route: {error:#}\n"),
    }
    text
}

/// The route that `--setup` would use: the first that can be completed.
fn setup_route(candidates: &[(&Candidate, Result<Vec<String>>)]) -> Route {
    let completable = candidates.iter().find(|(_, setup)| setup.is_ok());
    completable.or(candidates.first()).map_or(Route::Distro, |(candidate, _)| candidate.route)
}

/// Rejects a chosen route that cannot build one of the targets.
fn reject_impossible(candidates: &[Candidate]) -> Result<()> {
    let impossible = |c: &Candidate| c.impossible().map(|target| (c.route, target));
    let Some((route, target)) = candidates.iter().find_map(impossible) else { return Ok(()) };
    let (route, name, triple) = (route.name(), target.name(), target.triple());
    let message = format!(
        "the {route} route cannot build {name}: no prebuilt standard library exists for {triple}; \
         omit --toolchain, or use --toolchain distro, which builds it from source"
    );
    Err(UsageError(message).into())
}

/// Selects the route, installs its requirements and prepares its compiler.
fn prepare(
    workspace: &Workspace,
    flags: &flags::Dist,
    mut environment: Environment,
    logs: &Path,
    progress: &mut Progress,
) -> Result<(Route, Compiler)> {
    let targets = &flags.targets;
    loop {
        let decided = flags.toolchain.decide(&environment, targets, workspace.rust_version());
        decided.as_ref().err().map_or(Ok(()), |candidates| reject_impossible(candidates))?;
        let route = match decided {
            Ok(route) => route,
            Err(candidates) if flags.setup => {
                let route = setup::run(workspace, &candidates, targets, logs, progress)?;
                environment = Environment::probe(workspace);
                route
            }
            Err(candidates) => bail!(advice(targets, &candidates)),
        };
        let sysroot = route.sysroot(&environment);
        if route != Route::Cross {
            return Ok((route, Compiler { sysroot, containers: None }));
        }
        let engine =
            environment.engine.clone().context("the container engine no longer answers")?;
        progress.expect_more(1);
        let ready = progress.step("preparing the toolchain and images of the containers", || {
            Containers::prepare(workspace, engine, &sysroot, &targets.0, logs)
        });
        match ready {
            Ok(containers) => {
                return Ok((route, Compiler { sysroot, containers: Some(containers) }));
            }
            Err(error) if flags.toolchain == ToolchainChoice::Auto => {
                let error = format!("{error:#}");
                let reason = error.lines().next().unwrap_or_default();
                progress.note(&format!(
                    "the cross route failed ({reason}); continuing without containers"
                ));
                environment.engine = None;
            }
            Err(error) => return Err(error),
        }
    }
}

/// Locks this workspace against a second `dist` until the returned file is closed.
fn lock(workspace: &Workspace) -> Result<File> {
    let folder = workspace.target().join("cross");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let path = folder.join("lock");
    let file = File::create(&path).with_context(|| format!("cannot create {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            bail!("another `cargo xtask dist` is running in this workspace")
        }
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("cannot lock {}", path.display()))
        }
    }
}

/// The message that lists every missing requirement.
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
    fn missing_requirements_are_one_message() {
        for (choice, targets, expected) in [
            (
                ToolchainChoice::Auto,
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
                ToolchainChoice::Rustup,
                Targets(vec![Target::Linux]),
                "run `cargo xtask dist --setup --toolchain rustup --targets linux` to install \
                 what is missing:\n  rustup route: the standard library for \
                 x86_64-unknown-linux-musl",
            ),
        ] {
            let candidates = choice.decide(&Environment::default(), &targets, "1.95").unwrap_err();
            assert_eq!(advice(&targets, &candidates), expected);
        }
    }

    #[test]
    fn dry_run_plans_the_route_of_setup() {
        let candidate = |route| Candidate { route, missing: Vec::new() };
        let (rustup, distro) = (candidate(Route::Rustup), candidate(Route::Distro));
        let can = || Ok(vec!["apt-get install x".to_owned()]);
        let cannot = || Err(anyhow::anyhow!("no rustup"));
        assert_eq!(setup_route(&[(&rustup, can()), (&distro, can())]), Route::Rustup);
        assert_eq!(setup_route(&[(&rustup, cannot()), (&distro, can())]), Route::Distro);
        assert_eq!(setup_route(&[(&rustup, cannot()), (&distro, cannot())]), Route::Rustup);
        let text = describe_missing(&(&rustup, cannot()));
        assert!(text.ends_with("  --setup cannot complete this route: no rustup\n"));
        assert!(
            describe_missing(&(&rustup, can()))
                .ends_with("  --setup would run apt-get install x\n")
        );
    }

    #[test]
    fn impossible_route_is_a_usage_error() {
        let targets = Targets(vec![Target::Linux, Target::Windows7]);
        for choice in [
            ToolchainChoice::Rustup,
            ToolchainChoice::Cross,
            ToolchainChoice::Distro,
            ToolchainChoice::Auto,
        ] {
            let candidates = choice.decide(&Environment::default(), &targets, "1.95").unwrap_err();
            let rejected = reject_impossible(&candidates);
            if matches!(choice, ToolchainChoice::Distro | ToolchainChoice::Auto) {
                rejected.unwrap();
            } else {
                let error = rejected.unwrap_err();
                assert!(error.is::<UsageError>(), "{error}");
                assert!(error.to_string().contains("cannot build windows7"), "{error}");
            }
        }
    }
}
