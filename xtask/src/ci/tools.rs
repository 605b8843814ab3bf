//! The tools of the steps besides Rust: detection, and installation with `--setup`.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use super::redis;
use super::report::{Done, Report};
use crate::apt;
use crate::workspace::Workspace;
use bkpack::process;
use bkpack::rehearse::machine;

/// Checks licences, bans and sources of dependencies. Pinned, because it is built from source.
const CARGO_DENY: &str = "0.20.2";

/// Debian packages with the real programs for the tests.
const PACKAGES: [&str; 12] = [
    "prometheus",
    "prometheus-node-exporter",
    "prometheus-blackbox-exporter",
    "prometheus-redis-exporter",
    "wine64",
    "gcc-mingw-w64-x86-64",
    "python3-venv",
    "shellcheck",
    "qemu-user-static",
    "redis-server",
    "iproute2",
    "e2fsprogs",
];

/// The advice of a step whose tool is missing.
pub(crate) const HINT: &str = "run `cargo xtask ci --setup`";

/// The paths of the tools.
#[derive(Debug)]
pub(crate) struct Tools {
    pub(crate) cargo: PathBuf,
    setup: bool,
    /// Tools installed for this workspace only.
    folder: PathBuf,
    /// Their source files in the repository.
    sources: PathBuf,
    pub(crate) logs: PathBuf,
}

impl Tools {
    pub(crate) fn new(workspace: &Workspace, setup: bool) -> Self {
        Self {
            cargo: workspace.cargo(),
            setup,
            folder: workspace.target().join("tools"),
            sources: workspace.root().join("xtask"),
            logs: workspace.target().join("ci/log"),
        }
    }

    /// Installs missing tools if `--setup` is given.
    pub(crate) fn prepare(&self, report: &mut Report) {
        if !self.setup {
            return;
        }
        let missing = self.missing_packages();
        if !missing.is_empty() && apt::is_available() {
            report.step(&apt::announcement(&missing), || {
                // An unreachable source matters only if a package is missing.
                let updated = apt::update(&self.logs);
                apt::install(&missing, &self.logs).with_context(|| match updated {
                    Ok(()) => "the package lists are up to date".to_owned(),
                    Err(error) => format!("{error:#}"),
                })?;
                Ok(Done::Passed(1))
            });
        }
        report.step("cargo fetch", || {
            // `cargo deny` reads the dependencies of every target, offline.
            let mut fetch = Command::new(&self.cargo);
            fetch.current_dir(&self.sources).args(["fetch", "--locked"]);
            process::run(&mut fetch, &self.logs.join("fetch.log"))?;
            Ok(Done::Passed(1))
        });
        if self.cargo_deny().is_none() {
            let root = self.folder.join("cargo-deny");
            report.step(&format!("cargo install cargo-deny {CARGO_DENY}"), || {
                let mut install = Command::new(&self.cargo);
                // Unoptimised: it runs for a second, and an optimised build takes minutes.
                install.args(["install", "cargo-deny", "--version", CARGO_DENY, "--locked"]);
                install.args(["--debug", "--no-default-features", "--root"]).arg(&root);
                process::run(&mut install, &self.logs.join("cargo-deny.log"))?;
                Ok(Done::Passed(1))
            });
        }
        if self.manifest_python().is_none() {
            report.step("Python environment for the manifests", || {
                self.create_python_environment()?;
                Ok(Done::Passed(1))
            });
        }
    }

    fn missing_packages(&self) -> Vec<&'static str> {
        let installed = [
            self.prometheus().is_some() && self.promtool().is_some(),
            // References for tests of the exporters, and exporters of others to pack.
            process::find("prometheus-node-exporter").is_some(),
            process::find("prometheus-blackbox-exporter").is_some(),
            process::find("prometheus-redis-exporter").is_some(),
            self.wine().is_some(),
            self.mingw().is_some(),
            self.manifest_python().is_some() || has_venv(),
            self.shellcheck().is_some(),
            self.qemu_aarch64().is_some(),
            // A test of redis_exporter fails without it.
            self.redis_server().is_some(),
            // Tests of host_exporter create network devices and disks.
            process::find("ip").is_some(),
            process::find("mkfs.ext4").is_some(),
        ];
        let missing = PACKAGES.iter().zip(installed).filter(|(_, installed)| !installed);
        missing.map(|(package, _)| *package).collect()
    }

    fn create_python_environment(&self) -> Result<()> {
        let python = process::find("python3").context("python3 is not installed")?;
        let environment = self.python_environment();
        let mut venv = Command::new(python);
        venv.args(["-m", "venv", "--clear"]).arg(&environment);
        process::run(&mut venv, &self.logs.join("venv.log"))?;
        let mut pip = Command::new(environment.join("bin/python"));
        pip.args(["-m", "pip", "install", "--disable-pip-version-check", "--requirement"]);
        pip.arg(self.sources.join("manifests/requirements.txt"));
        process::run(&mut pip, &self.logs.join("pip.log"))?;
        std::fs::write(self.python_marker(), self.requirements()?)
            .context("cannot write the marker of the Python environment")
    }

    fn requirements(&self) -> Result<Vec<u8>> {
        let path = self.sources.join("manifests/requirements.txt");
        std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))
    }

    fn python_environment(&self) -> PathBuf {
        self.folder.join("manifests")
    }

    /// Contains the installed requirements; written last.
    fn python_marker(&self) -> PathBuf {
        self.python_environment().join("installed.txt")
    }

    pub(crate) fn cargo_deny(&self) -> Option<PathBuf> {
        let own = self.folder.join("cargo-deny/bin/cargo-deny");
        let path = if own.is_file() { own } else { process::find("cargo-deny")? };
        let version = process::output(Command::new(&path).arg("--version"))?;
        (version.trim() == format!("cargo-deny {CARGO_DENY}")).then_some(path)
    }

    pub(crate) fn prometheus(&self) -> Option<PathBuf> {
        process::find("prometheus")
    }

    pub(crate) fn promtool(&self) -> Option<PathBuf> {
        process::find("promtool")
    }

    pub(crate) fn wine(&self) -> Option<PathBuf> {
        machine::wine()
    }

    pub(crate) fn mingw(&self) -> Option<PathBuf> {
        machine::mingw()
    }

    pub(crate) fn shellcheck(&self) -> Option<PathBuf> {
        process::find("shellcheck")
    }

    pub(crate) fn redis_server(&self) -> Option<PathBuf> {
        redis::program()
    }

    pub(crate) fn qemu_aarch64(&self) -> Option<PathBuf> {
        machine::qemu_aarch64()
    }

    /// A Python with all packages for the manifest check.
    pub(crate) fn manifest_python(&self) -> Option<PathBuf> {
        let installed = std::fs::read(self.python_marker()).ok()?;
        let python = self.python_environment().join("bin/python");
        (installed == self.requirements().ok()? && python.is_file()).then_some(python)
    }

    pub(crate) fn source(&self, name: &str) -> PathBuf {
        self.sources.join(name)
    }
}

/// Whether Python can create environments; Debian packages that separately.
fn has_venv() -> bool {
    process::output(Command::new("python3").args(["-c", "import ensurepip, venv"])).is_some()
}
