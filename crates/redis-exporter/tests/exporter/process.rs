//! Starts the binary under test.

use std::process::{Command, Output, Stdio};

use exporter_kit::testing::{Page, Running};

/// A command of the binary with `args`, and with nothing of the tests' own environment that would
/// set it up.
pub(crate) fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_redis_exporter"));
    command.args(args).stdin(Stdio::null());
    command
}

/// Runs the binary until it ends by itself.
pub(crate) fn run(args: &[&str]) -> Output {
    command(args).output().unwrap()
}

/// Starts an exporter on a free port of loopback, with `args` and `environment` besides.
pub(crate) fn start(args: &[&str], environment: &[(&str, &str)]) -> Running {
    let mut command = command(args);
    command.envs(environment.iter().copied());
    Running::start(command)
}

/// The word for why Redis did not answer; empty where it did.
pub(crate) fn error(page: &Page) -> &str {
    let start = "redis_exporter_last_scrape_error{err=\"";
    let mut lines = page.text().lines();
    let rest = lines.find_map(|line| line.strip_prefix(start)).unwrap();
    rest.split('"').next().unwrap()
}
