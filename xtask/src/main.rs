//! Development tasks of this workspace, `cargo xtask <command>`. Each command is a module that
//! plans, then calls; rules about packages live in `blueking-package`, not here.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool reports on its terminal"
)]

mod apt;
mod bench;
mod ci;
mod dist;
mod docs;
mod flags;
mod fuzz;
mod progress;
#[cfg(test)]
#[path = "../../crates/blueking-package/tests/rules/support/samples.rs"]
mod samples;
mod scaffold;
mod workspace;

use std::env;
use std::process::ExitCode;

use anyhow::Result;
use bkpack::{UsageError, output};

use crate::flags::{Command, Parsed};
use crate::workspace::Workspace;

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args_os().skip(1).collect();
    // These are commands of bkpack, for which nothing has to be installed.
    if matches!(arguments.first().and_then(|word| word.to_str()), Some("check" | "rehearse")) {
        return bkpack::run("cargo xtask", &arguments);
    }
    let command = match flags::parse(&arguments) {
        Ok(Parsed::Run(command)) => command,
        Ok(Parsed::Help(text)) => {
            return match output::print(&format!("{text}\n")) {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => {
                    eprintln!("xtask: {error:#}");
                    ExitCode::FAILURE
                }
            };
        }
        Err(error) => {
            eprintln!("xtask: {error}");
            return ExitCode::from(2);
        }
    };
    match run(&command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            if error.is::<UsageError>() { ExitCode::from(2) } else { ExitCode::FAILURE }
        }
    }
}

fn run(command: &Command) -> Result<()> {
    let workspace = Workspace::open;
    match command {
        Command::Dist(flags) => dist::run(&workspace()?, flags),
        Command::Docs(flags) => docs::run(&workspace()?, flags.check),
        Command::Ci(flags) => ci::run(&workspace()?, flags),
        Command::Bench(flags) => bench::run(&workspace()?, flags),
        Command::Fuzz(flags) => fuzz::run(&workspace()?, flags),
        Command::New(flags) => scaffold::run(&workspace()?, flags),
    }
}
