//! What the end-to-end tests share: the workspace under test, its tools, and skipped tests.

use std::env;
use std::fs;
use std::io::{Write, stderr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use anyhow::{Context, Result, bail, ensure};
use bkpack::process;

/// The root of the workspace.
///
/// # Panics
/// Never: this crate is two folders below the root.
#[must_use]
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .expect("the crate is in crates/e2e of the workspace")
}

/// The folder of the packages, `target/dist`, whatever cargo's own target folder is.
#[must_use]
pub fn dist() -> PathBuf {
    root().join("target/dist")
}

/// The log file of a program that a test runs.
#[must_use]
pub fn log(name: &str) -> PathBuf {
    root().join("target/ci/log").join(format!("{name}.log"))
}

/// An empty folder for the files of one test. It remains, so that a failure can be examined.
///
/// # Errors
/// The folder of the last run cannot be removed, or the new one cannot be created.
pub fn scratch(name: &str) -> Result<PathBuf> {
    let folder = root().join("target/ci").join(name);
    clear(&folder)?;
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    Ok(folder)
}

/// Removes a folder, if it exists.
///
/// # Errors
/// It cannot be removed.
pub fn clear(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)
            .with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    Ok(())
}

/// A command of the cargo that runs the tests, in the workspace.
#[must_use]
pub fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root()).args(arguments);
    command
}

/// The names of the exporters: the crates with a `config/<name>/blueking.toml`.
///
/// # Errors
/// There is none, or `config` cannot be read.
pub fn exporters() -> Result<Vec<String>> {
    let folder = root().join("config");
    let entries = fs::read_dir(&folder).context("cannot read config")?;
    let exporters = entries.flatten().filter(|entry| entry.path().join("blueking.toml").is_file());
    let mut names: Vec<_> =
        exporters.map(|entry| entry.file_name().display().to_string()).collect();
    ensure!(!names.is_empty(), "no exporter is packaged: no config/<exporter>/blueking.toml");
    names.sort();
    Ok(names)
}

/// The Python of the tools that `cargo xtask ci --setup` installs; `None` without them.
#[must_use]
pub fn python() -> Option<PathBuf> {
    let folder = root().join("target/tools/python");
    // Written once all packages are installed.
    let installed = fs::read(folder.join("installed.txt")).ok()?;
    let is_complete = installed == fs::read(root().join("xtask/requirements.txt")).ok()?;
    Some(folder.join("bin/python")).filter(|python| is_complete && python.is_file())
}

/// Ends a test that lacks `what`. It prints a line `skipped: <test>: ...`, by which `cargo xtask ci`
/// counts the test as skipped: for the test harness it has passed.
///
/// # Errors
/// With `CI=true`, where a skipped test is a failure.
pub fn skip(what: &str) -> Result<()> {
    let why = format!("{what} is missing; run `cargo xtask ci --setup`");
    if env::var_os("CI").is_some_and(|value| value == "true") {
        bail!(why);
    }
    let test = thread::current().name().unwrap_or("a test").to_owned();
    // Past the harness, which captures what a test prints.
    stderr().write_all(format!("\nskipped: {test}: {why}\n").as_bytes())?;
    Ok(())
}

/// Runs a program that a test needs. Its output goes to [`log`] and, if it fails, into the error.
///
/// # Errors
/// The program cannot be started, or fails.
pub fn run(command: &mut Command, name: &str) -> Result<()> {
    process::run(command, &log(name))
}
