//! Starts the binary under test.

use std::process::{Command, Output, Stdio};

use exporter_kit::testing::Running;

/// Runs the binary until it ends by itself.
pub(crate) fn run(args: &[&str]) -> Output {
    command(args).output().unwrap()
}

/// As [`run`], with these environment variables.
pub(crate) fn run_in(args: &[&str], environment: &[(&str, &str)]) -> Output {
    command(args).envs(environment.iter().copied()).output().unwrap()
}

/// Starts an exporter on a free port of loopback, with `args` besides.
pub(crate) fn start(args: &[&str]) -> Running {
    Running::start(command(args))
}

/// As [`start`], with these environment variables.
#[cfg(target_os = "linux")]
pub(crate) fn start_in(args: &[&str], environment: &[(&str, &str)]) -> Running {
    let mut command = command(args);
    command.envs(environment.iter().copied());
    Running::start(command)
}

/// Starts one with `args` alone, which make it listen on a free port.
pub(crate) fn start_as_it_is(args: &[&str]) -> Running {
    Running::start_as_it_is(command(args))
}

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_host_exporter"));
    command.args(args).stdin(Stdio::null());
    command
}
