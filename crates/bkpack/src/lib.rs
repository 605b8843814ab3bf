//! The tool that packs any exporter for BlueKing (蓝鲸) monitoring, checks packages, and rehearses
//! them as BlueKing would run them. The formats and rules are in `blueking-package`; this crate
//! starts programs, scrapes them and talks to people.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool reports on its terminal"
)]

pub mod build;
#[cfg(test)]
#[path = "../../blueking-package/tests/rules/support/catalogue.rs"]
mod catalogue;
mod check;
mod flags;
pub mod init;
mod locale;
mod numbers;
pub mod output;
pub mod process;
pub mod rehearse;
pub mod server;
pub mod stage;
mod texts;
mod usage_error;

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::Result;

use crate::flags::{Command, Parsed};
pub use crate::usage_error::UsageError;

/// Runs the tool with these arguments, without the program's name; `program` is how the user
/// started it, such as `bkpack`.
pub fn run(program: &str, arguments: &[OsString]) -> ExitCode {
    let fail = |error: &dyn std::fmt::Display, code: u8| {
        eprintln!("{program}: {error}");
        ExitCode::from(code)
    };
    flags::language(arguments).unwrap_or_else(locale::language).select();
    match flags::parse(program, arguments) {
        Ok(Parsed::Help(text)) => match output::print(&format!("{text}\n")) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(&texts::chain(&error), 1),
        },
        Ok(Parsed::Run(command)) => match execute(&command) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(&texts::chain(&error), if error.is::<UsageError>() { 2 } else { 1 }),
        },
        Err(error) => fail(&error, 2),
    }
}

fn execute(command: &Command) -> Result<()> {
    match command {
        Command::Init(flags) => init::run(flags),
        Command::Build(flags) => build::run(flags),
        Command::Check(flags) => check::run(flags),
        Command::Rehearse(flags) => rehearse::run(flags),
    }
}
