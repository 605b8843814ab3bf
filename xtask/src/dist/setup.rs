//! Installs the missing requirements of a route, after announcing each command. Installed
//! toolchains are never updated; at most std for another target is added.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use super::cross::{Home, VERSION};
use super::environment::{Environment, SYSTEM_RUSTC, ZIG_PACKAGES, Zig};
use super::target::{Target, Targets};
use super::toolchain::{Candidate, Requirement, Route, is_at_least};
use crate::apt;
use crate::progress::Progress;
use crate::workspace::Workspace;
use bkpack::process;

/// rustup downloads some tens of megabytes per target, and its server may be unreachable.
const RUSTUP_LIMIT: Duration = Duration::from_secs(180);

/// One installation step.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Action {
    RustupTargets { toolchain: String, targets: Vec<Target> },
    Packages(Vec<&'static str>),
    Zig { python: PathBuf },
    Cross,
}

/// Completes the first route that can be completed.
pub(crate) fn run(
    workspace: &Workspace,
    candidates: &[Candidate],
    targets: &Targets,
    logs: &Path,
    progress: &mut Progress,
) -> Result<Route> {
    let mut routes = candidates.iter().map(|candidate| candidate.route).peekable();
    while let Some(route) = routes.next() {
        match (complete(workspace, route, targets, logs, progress), routes.peek()) {
            (Ok(()), _) => return Ok(route),
            (Err(error), Some(next)) => {
                let error = format!("{error:#}");
                let reason = error.lines().next().unwrap_or_default();
                let (route, next) = (route.name(), next.name());
                progress.note(&format!(
                    "setup: the {route} route failed ({reason}); trying the {next} route"
                ));
            }
            (Err(error), None) => {
                return Err(error)
                    .with_context(|| format!("cannot set up the {} route", route.name()));
            }
        }
    }
    bail!("no route to set up")
}

/// Lists the actions of [`run`], for `--dry-run`.
///
/// # Errors
/// The route cannot be completed on this machine.
pub(crate) fn describe(
    workspace: &Workspace,
    candidate: &Candidate,
    environment: &Environment,
) -> Result<Vec<String>> {
    let actions = actions(candidate.route, &candidate.missing, environment)?;
    Ok(actions.iter().map(|action| action.announcement(workspace)).collect())
}

fn complete(
    workspace: &Workspace,
    route: Route,
    targets: &Targets,
    logs: &Path,
    progress: &mut Progress,
) -> Result<()> {
    let rust_version = workspace.rust_version();
    // A route that failed before may have installed a shared requirement.
    let environment = Environment::probe(workspace);
    let actions =
        actions(route, &route.missing(&environment, targets, rust_version), &environment)?;
    for action in &actions {
        progress.note(&format!("setup: will run {}", action.announcement(workspace)));
    }
    progress.expect_more(actions.len() as u64);
    for action in &actions {
        progress.step(action.name(), || action.perform(workspace, logs))?;
    }
    let missing = route.missing(&Environment::probe(workspace), targets, rust_version);
    ensure!(missing.is_empty(), "still missing after setup: {}", Candidate { route, missing });
    Ok(())
}

fn actions(
    route: Route,
    missing: &[Requirement],
    environment: &Environment,
) -> Result<Vec<Action>> {
    let mut actions = Vec::new();
    let mut packages = Vec::new();
    let mut zig = None;
    let mut cross = false;
    let mut targets = Vec::new();
    for requirement in missing {
        match requirement {
            Requirement::Std(Target::Windows7) => bail!(
                "rustup has no standard library for {}; --toolchain distro builds it",
                Target::Windows7.triple()
            ),
            Requirement::Std(target) => targets.push(*target),
            Requirement::Mingw => packages.push("gcc-mingw-w64-x86-64"),
            Requirement::SystemRust { found: None, .. } => {
                packages.extend(["rustc-web", "cargo-web"])
            }
            Requirement::SystemRust { found: Some(found), wanted } => bail!(
                "{SYSTEM_RUSTC} is {found}, but {wanted} is needed, and installed toolchains are not \
                 updated; run `apt-get install rustc-web cargo-web rust-web-src`"
            ),
            Requirement::StdSource => packages.push("rust-web-src"),
            // Podman needs no daemon and does not change the firewall.
            Requirement::Engine if environment.root && environment.apt => packages.push("podman"),
            Requirement::Engine => bail!(
                "no container engine answers: install and start Docker or Podman, and make sure that \
                 `docker ps` or `podman ps` works for this user"
            ),
            Requirement::CrossTool => cross = true,
            Requirement::Toolchain => bail!(
                "cross needs a rustup toolchain, and the active toolchain is not managed by rustup: \
                 install rustup (see https://rustup.rs)"
            ),
            Requirement::Zig => {
                if environment.python.is_none() {
                    packages.push("python3-venv");
                }
                let python =
                    environment.python.clone().unwrap_or_else(|| "/usr/bin/python3".into());
                zig = Some(Action::Zig { python });
            }
        }
    }
    if !targets.is_empty() {
        let Some(toolchain) = environment.rustup.clone() else {
            bail!(
                "the active toolchain is not managed by rustup, which could add std for other targets"
            );
        };
        actions.push(Action::RustupTargets { toolchain, targets });
    }
    if !packages.is_empty() {
        if !environment.apt {
            let missing = Candidate { route, missing: missing.to_vec() };
            bail!("apt-get is not available; install the missing requirements of the {missing}");
        }
        actions.push(Action::Packages(packages));
    }
    actions.extend(zig);
    actions.extend(cross.then_some(Action::Cross));
    Ok(actions)
}

impl Action {
    fn name(&self) -> &'static str {
        match self {
            Self::RustupTargets { .. } => "adding targets to the active toolchain",
            Self::Packages(_) => "installing packages of the distribution",
            Self::Zig { .. } => "installing zig and cargo-zigbuild",
            Self::Cross => "installing cross",
        }
    }

    fn announcement(&self, workspace: &Workspace) -> String {
        match self {
            Self::RustupTargets { toolchain, targets } => {
                process::command_line(&rustup_target_add(toolchain, targets))
            }
            Self::Packages(packages) => apt::announcement(packages),
            Self::Zig { python } => {
                let folder = workspace.shown(&Zig::of(workspace).venv);
                let packages = ZIG_PACKAGES.join(" ");
                format!("{} -m venv {folder}, then pip install {packages} in it", python.display())
            }
            Self::Cross => {
                let root = workspace.shown(&Home::of(workspace).folder);
                format!("cargo install cross --version {VERSION} --locked --root {root}")
            }
        }
    }

    fn perform(&self, workspace: &Workspace, logs: &Path) -> Result<()> {
        match self {
            Self::RustupTargets { toolchain, targets } => {
                let mut command = rustup_target_add(toolchain, targets);
                process::run_within(&mut command, &logs.join("rustup.log"), RUSTUP_LIMIT)
            }
            Self::Packages(packages) => install_packages(packages, workspace.rust_version(), logs),
            Self::Zig { python } => install_zig(&Zig::of(workspace), python, logs),
            Self::Cross => install_cross(workspace, logs),
        }
    }
}

fn rustup_target_add(toolchain: &str, targets: &[Target]) -> Command {
    let mut command = Command::new("rustup");
    // A backtrace adds nothing to its errors.
    command.env("RUST_BACKTRACE", "0");
    command.args(["target", "add", "--toolchain", toolchain]);
    command.args(targets.iter().map(|target| target.triple()));
    command
}

fn install_packages(packages: &[&str], rust_version: &str, logs: &Path) -> Result<()> {
    // A partial update may suffice; missing packages are detected below.
    let updated = apt::update(logs);
    let advice = "on Debian 12 the Rust packages are in the security source (suite \
                  bookworm-security, component main): add that source and try again";
    if packages.contains(&"rustc-web") {
        let version = apt::candidate("rustc-web").unwrap_or_else(|| "none".to_owned());
        ensure!(
            is_at_least(&version, rust_version),
            "rustc-web {rust_version} or newer is needed, but the package sources have {version}; \
             {advice}"
        );
    }
    match (apt::install(packages, logs), updated) {
        (Err(error), Err(update)) => Err(error.context(format!("{update:#}"))),
        (Err(error), Ok(())) if packages.contains(&"rust-web-src") => {
            Err(error).with_context(|| advice.to_owned())
        }
        (result, _) => result,
    }
}

fn install_zig(zig: &Zig, python: &Path, logs: &Path) -> Result<()> {
    if zig.venv.exists() {
        fs::remove_dir_all(&zig.venv)
            .with_context(|| format!("cannot remove {}", zig.venv.display()))?;
    }
    let mut venv = Command::new(python);
    venv.args(["-m", "venv"]).arg(&zig.venv);
    process::run(&mut venv, &logs.join("venv.log"))?;
    let mut pip = Command::new(zig.python());
    // These user settings would make pip install outside of the environment.
    for variable in ["PIP_PREFIX", "PIP_TARGET", "PIP_USER", "PYTHONHOME", "PYTHONPATH"] {
        pip.env_remove(variable);
    }
    pip.args(["-m", "pip", "install", "--no-input", "--disable-pip-version-check"]);
    pip.arg("--only-binary=:all:").args(ZIG_PACKAGES);
    process::run(&mut pip, &logs.join("pip.log"))?;
    fs::write(&zig.marker, ZIG_PACKAGES.join("\n"))
        .with_context(|| format!("cannot write {}", zig.marker.display()))
}

fn install_cross(workspace: &Workspace, logs: &Path) -> Result<()> {
    let mut install = Command::new(workspace.cargo());
    // Unoptimised: it runs for a second, and an optimised build takes minutes.
    install.args(["install", "cross", "--version", VERSION, "--locked", "--debug"]);
    // Without --force, cargo does not reinstall a deleted binary.
    install.args(["--force", "--root"]).arg(Home::of(workspace).folder);
    // These user settings would build it for another system.
    for variable in ["CARGO_BUILD_TARGET", "CARGO_TARGET_DIR", "RUSTFLAGS"] {
        install.env_remove(variable);
    }
    process::run(&mut install, &logs.join("cross-install.log"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn debian() -> Environment {
        Environment {
            rustup: Some("1.95.0".to_owned()),
            python: Some("python3".into()),
            sysroot: Some("/rustup/toolchains/1.95.0".into()),
            apt: true,
            root: true,
            ..Environment::default()
        }
    }

    fn missing(route: Route, environment: &Environment) -> Vec<Requirement> {
        route.missing(environment, &Targets::default(), "1.95")
    }

    fn announced(route: Route, environment: &Environment) -> Vec<String> {
        let workspace = Workspace::open().unwrap();
        describe(
            &workspace,
            &Candidate { route, missing: missing(route, environment) },
            environment,
        )
        .unwrap()
    }

    #[test]
    fn bare_debian_can_set_up_either_route() {
        assert_eq!(
            announced(Route::Rustup, &debian()),
            [
                "rustup target add --toolchain 1.95.0 x86_64-unknown-linux-musl \
                 aarch64-unknown-linux-musl x86_64-pc-windows-gnu",
                "apt-get install --no-install-recommends gcc-mingw-w64-x86-64",
            ]
        );
        assert_eq!(
            announced(Route::Distro, &debian()),
            [
                "apt-get install --no-install-recommends rustc-web cargo-web rust-web-src \
                 gcc-mingw-w64-x86-64",
                "python3 -m venv target/tools/zig, then pip install ziglang==0.17.1 \
                 cargo-zigbuild==0.24.0 in it",
            ]
        );
    }

    #[test]
    fn cross_route_installs_an_engine_and_cross() {
        assert_eq!(
            announced(Route::Cross, &debian()),
            [
                "apt-get install --no-install-recommends podman",
                "cargo install cross --version 0.2.5 --locked --root target/tools/cross-0.2.5",
            ]
        );
    }

    #[test]
    fn python_without_venv_gets_it() {
        let environment = Environment { python: None, mingw: true, ..debian() };
        let announced = announced(Route::Distro, &environment);
        assert!(announced[0].ends_with("rust-web-src python3-venv"), "{announced:?}");
        assert!(announced[1].starts_with("/usr/bin/python3 -m venv"), "{announced:?}");
    }

    #[test]
    fn requirements_that_cannot_be_installed_are_reported() {
        for (route, environment, expected) in [
            (
                Route::Distro,
                Environment { apt: false, ..debian() },
                "apt-get is not available; install",
            ),
            (Route::Rustup, Environment { rustup: None, ..debian() }, "not managed by rustup"),
            (Route::Cross, Environment { rustup: None, ..debian() }, "install rustup"),
            (
                Route::Cross,
                Environment { root: false, ..debian() },
                "`podman ps` works for this user",
            ),
            (
                Route::Cross,
                Environment { apt: false, ..debian() },
                "`podman ps` works for this user",
            ),
            (
                Route::Distro,
                Environment { system_rust: Some("1.85.0".to_owned()), ..debian() },
                "installed toolchains are not updated",
            ),
        ] {
            let error = actions(route, &missing(route, &environment), &environment)
                .unwrap_err()
                .to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn missing_rustup_targets_are_reported() {
        let missing = [Requirement::Std(Target::Linux), Requirement::Std(Target::Windows7)];
        let error = actions(Route::Rustup, &missing, &debian()).unwrap_err().to_string();
        assert!(error.contains("--toolchain distro"), "{error}");
    }

    #[test]
    fn toolchains_are_never_updated() {
        let environment = debian();
        for route in [Route::Rustup, Route::Cross, Route::Distro] {
            for line in announced(route, &environment) {
                assert!(!line.contains("update") && !line.contains("toolchain install"), "{line}");
            }
        }
    }
}
