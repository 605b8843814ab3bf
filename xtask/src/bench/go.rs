//! The exporters to compare with, built from Debian's packages of Go and its libraries.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::workspace::Workspace;
use crate::{apt, process};

const PACKAGES: [&str; 3] = [
    "golang-go",
    "golang-github-prometheus-client-golang-dev",
    "golang-github-shirou-gopsutil-dev",
];

/// Where Debian puts the sources of Go libraries.
const GOPATH: &str = "/usr/share/gocode";

/// Builds the program in `xtask/bench/<name>`.
pub(crate) fn build(workspace: &Workspace, name: &str, setup: bool) -> Result<PathBuf> {
    let folder = workspace.target().join("bench");
    fs::create_dir_all(&folder).with_context(|| format!("make {}", folder.display()))?;
    if process::find("go").is_none() || !PathBuf::from(GOPATH).is_dir() {
        if !setup {
            bail!("Go or its libraries are missing: run `cargo xtask bench --setup`");
        }
        eprintln!("{}", apt::announcement(&PACKAGES));
        // A source that cannot be reached may not be needed.
        if let Err(error) = apt::update(&folder) {
            eprintln!("{error:#}");
        }
        apt::install(&PACKAGES, &folder)?;
    }
    let program = folder.join(name);
    let mut go = Command::new("go");
    go.current_dir(workspace.root().join("xtask/bench").join(name));
    go.args(["build", "-o"]).arg(&program).arg(".");
    go.env("GO111MODULE", "off").env("GOPATH", GOPATH).env("CGO_ENABLED", "0");
    go.env("GOCACHE", folder.join("go-cache")).env("GOFLAGS", "");
    process::run(&mut go, &folder.join("go-build.log"))?;
    Ok(program)
}
