//! Installs what a route lacks: says first what it will do, then does it. A toolchain that is here
//! is never updated; at most it gets std for one more target.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use super::cross::{Home, VERSION};
use super::environment::{Environment, SYSTEM_RUSTC, ZIG_PACKAGES, Zig};
use super::target::{Target, Targets};
use super::toolchain::{Candidate, Requirement, Route, is_at_least};
use crate::progress::Progress;
use crate::workspace::Workspace;
use crate::{apt, process};

/// Rustup's server can be out of reach; what it sends for a target are some tens of megabytes.
const RUSTUP_LIMIT: Duration = Duration::from_secs(180);

/// One thing that is done.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Action {
    RustupTargets { toolchain: String, targets: Vec<Target> },
    Packages(Vec<&'static str>),
    Zig { python: PathBuf },
    Cross,
}

/// Completes the first of these routes that can be completed.
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
                progress.note(&format!("setup: no {route} route ({reason}); now the {next} route"));
            }
            (Err(error), None) => {
                return Err(error)
                    .with_context(|| format!("cannot set up the {} route", route.name()));
            }
        }
    }
    bail!("there is no route to set up")
}

/// What [`run`] would do, for `--dry-run`.
///
/// # Errors
/// This route cannot be completed here.
pub(crate) fn shown(
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
    // A route that was tried before may have left something that this one needs too.
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
                "{SYSTEM_RUSTC} is {found}, {wanted} is needed, and no toolchain is updated here; \
                 do it with `apt-get install rustc-web cargo-web rust-web-src`"
            ),
            Requirement::StdSource => packages.push("rust-web-src"),
            // Podman has no daemon that would have to run, and touches no firewall.
            Requirement::Engine if environment.root && environment.apt => packages.push("podman"),
            Requirement::Engine => bail!(
                "no container engine answers: install Docker or Podman, start it, and see that \
                 `docker ps` or `podman ps` works for this user"
            ),
            Requirement::CrossTool => cross = true,
            Requirement::Toolchain => bail!(
                "cross asks rustup for toolchains, and the active toolchain is not rustup's: \
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
                "the active toolchain is not rustup's, so its std for other targets is not either"
            );
        };
        actions.push(Action::RustupTargets { toolchain, targets });
    }
    if !packages.is_empty() {
        if !environment.apt {
            let missing = Candidate { route, missing: missing.to_vec() };
            bail!(
                "there is no apt-get here; install by this system's own means what is missing on the {missing}"
            );
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
                process::shown(&rustup_target_add(toolchain, targets))
            }
            Self::Packages(packages) => apt::announcement(packages),
            Self::Zig { python } => {
                let folder = workspace.shown(&Zig::of(workspace).venv);
                let packages = ZIG_PACKAGES.join(" ");
                format!("{} -m venv {folder}, and there: pip install {packages}", python.display())
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
    // Its errors say enough by themselves.
    command.env("RUST_BACKTRACE", "0");
    command.args(["target", "add", "--toolchain", toolchain]);
    command.args(targets.iter().map(|target| target.triple()));
    command
}

fn install_packages(packages: &[&str], rust_version: &str, logs: &Path) -> Result<()> {
    // Lists that could not all be read anew may do; what is missing then shows at once.
    let updated = apt::update(logs);
    let advice = "on Debian 12 the Rust packages are in its security source (suite \
                  bookworm-security, component main): add that source and try again";
    if packages.contains(&"rustc-web") {
        let version = apt::candidate("rustc-web").unwrap_or_else(|| "none".to_owned());
        ensure!(
            is_at_least(&version, rust_version),
            "rustc-web {rust_version} or newer is needed and the package sources here have \
             {version}; {advice}"
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
    // Set for all of a user's pip, these would install elsewhere than in the environment.
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
    // Unoptimised: it runs for a second and would take minutes to build.
    install.args(["install", "cross", "--version", VERSION, "--locked", "--debug"]);
    // Else what was installed and is gone would not come back.
    install.args(["--force", "--root"]).arg(Home::of(workspace).folder);
    // Set for all of a user's builds, these would build it for another system.
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
        shown(&workspace, &Candidate { route, missing: missing(route, environment) }, environment)
            .unwrap()
    }

    #[test]
    fn a_bare_debian_gets_either_route() {
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
                "python3 -m venv target/tools/zig, and there: pip install ziglang==0.17.1 \
                 cargo-zigbuild==0.24.0",
            ]
        );
    }

    #[test]
    fn containers_get_an_engine_and_cross() {
        assert_eq!(
            announced(Route::Cross, &debian()),
            [
                "apt-get install --no-install-recommends podman",
                "cargo install cross --version 0.2.5 --locked --root target/tools/cross-0.2.5",
            ]
        );
    }

    #[test]
    fn a_python_without_environments_gets_them() {
        let environment = Environment { python: None, mingw: true, ..debian() };
        let announced = announced(Route::Distro, &environment);
        assert!(announced[0].ends_with("rust-web-src python3-venv"), "{announced:?}");
        assert!(announced[1].starts_with("/usr/bin/python3 -m venv"), "{announced:?}");
    }

    #[test]
    fn what_cannot_be_installed_is_told() {
        for (route, environment, expected) in [
            (Route::Distro, Environment { apt: false, ..debian() }, "no apt-get here; install"),
            (Route::Rustup, Environment { rustup: None, ..debian() }, "not rustup's"),
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
                "no toolchain is updated here",
            ),
        ] {
            let error = actions(route, &missing(route, &environment), &environment)
                .unwrap_err()
                .to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn what_rustup_does_not_have_is_told() {
        let missing = [Requirement::Std(Target::Linux), Requirement::Std(Target::Windows7)];
        let error = actions(Route::Rustup, &missing, &debian()).unwrap_err().to_string();
        assert!(error.contains("--toolchain distro"), "{error}");
    }

    #[test]
    fn no_toolchain_is_ever_updated() {
        let environment = debian();
        for route in [Route::Rustup, Route::Cross, Route::Distro] {
            for line in announced(route, &environment) {
                assert!(!line.contains("update") && !line.contains("toolchain install"), "{line}");
            }
        }
    }
}
