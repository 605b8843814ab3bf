//! The programs that our exporters are compared with.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::apt;
use crate::workspace::Workspace;
use bkpack::process;

/// Debian's name of the package and of the program in it.
pub(crate) const NODE_EXPORTER: &str = "prometheus-node-exporter";

/// Where Debian puts the sources of Go libraries.
const GOPATH: &str = "/usr/share/gocode";

/// Debian's node_exporter.
pub(crate) fn node_exporter(folder: &Path, setup: bool) -> Result<PathBuf> {
    if process::find(NODE_EXPORTER).is_none() {
        install(&[NODE_EXPORTER], folder, setup)?;
    }
    process::find(NODE_EXPORTER).with_context(|| format!("{NODE_EXPORTER} is not in PATH"))
}

/// Makes sure that strace is there, by which the floor learns what to read.
pub(crate) fn strace(folder: &Path, setup: bool) -> Result<()> {
    match process::find("strace") {
        Some(_) => Ok(()),
        None => install(&["strace"], folder, setup),
    }
}

/// A page of gauges by promhttp: `crates/bench/go-gauges`, built from Debian's packages.
pub(crate) fn go_gauges(workspace: &Workspace, folder: &Path, setup: bool) -> Result<PathBuf> {
    if process::find("go").is_none() || !Path::new(GOPATH).is_dir() {
        install(&["golang-go", "golang-github-prometheus-client-golang-dev"], folder, setup)?;
    }
    let program = folder.join("go-gauges");
    let mut go = Command::new("go");
    go.current_dir(workspace.root().join("crates/bench/go-gauges"));
    go.args(["build", "-o"]).arg(&program).arg(".");
    go.env("GO111MODULE", "off").env("GOPATH", GOPATH).env("CGO_ENABLED", "0");
    go.env("GOCACHE", folder.join("go-cache")).env("GOFLAGS", "");
    process::run(&mut go, &folder.join("go-build.log"))?;
    Ok(program)
}

/// The least that a scrape can cost: `crates/bench/floor`. It is not a binary of this crate, which
/// is normally built without optimization.
pub(crate) fn floor(workspace: &Workspace, folder: &Path) -> Result<PathBuf> {
    let program = folder.join("floor");
    let mut rustc = Command::new("rustc");
    rustc.args(["-O", "-Cstrip=symbols", "--edition=2024", "-o"]).arg(&program);
    rustc.arg(workspace.root().join("crates/bench/floor/main.rs"));
    process::run(&mut rustc, &folder.join("floor-build.log"))?;
    Ok(program)
}

fn install(packages: &[&str], folder: &Path, setup: bool) -> Result<()> {
    if !setup {
        bail!("not installed: {}; run this with --setup", packages.join(", "));
    }
    eprintln!("{}", apt::announcement(packages));
    // A source that cannot be reached may not be needed.
    if let Err(error) = apt::update(folder) {
        eprintln!("{error:#}");
    }
    apt::install(packages, folder)
}
