//! Starts the binary under test.

use std::process::{Command, Output, Stdio};

use exporter_kit::testing::{Page, Running};

/// A command that runs the binary with `args`.
pub(crate) fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_redis_exporter"));
    command.args(args).stdin(Stdio::null());
    command
}

/// Runs the binary until it exits.
pub(crate) fn run(args: &[&str]) -> Output {
    command(args).output().unwrap()
}

/// Starts an exporter on a free port of loopback, with additional `args` and `environment`.
pub(crate) fn start(args: &[&str], environment: &[(&str, &str)]) -> Running {
    let mut command = command(args);
    command.envs(environment.iter().copied());
    Running::start(command)
}

/// The `err` label of the last scrape; empty if Redis answered.
pub(crate) fn error(page: &Page) -> &str {
    let start = "redis_exporter_last_scrape_error{err=\"";
    let mut lines = page.text().lines();
    let rest = lines.find_map(|line| line.strip_prefix(start)).unwrap();
    rest.split('"').next().unwrap()
}
