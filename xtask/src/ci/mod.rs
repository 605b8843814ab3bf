//! The test command: sets up the tools, starts every check and test as a cargo step, and prints the
//! counts. The tests themselves are those of the crates; `crates/e2e` has those of the packages.

mod report;
mod steps;
mod tools;

use std::env;
use std::process::Command;

use anyhow::{Result, bail};
use bkpack::process;

use self::report::Report;
use self::steps::Steps;
use self::tools::Tools;
use crate::flags;
use crate::workspace::Workspace;

/// Runs every step, regardless of failures of others, and prints the counts as the last line.
///
/// # Errors
/// A step failed, or was skipped with `CI=true`.
pub(crate) fn run(workspace: &Workspace, flags: &flags::Ci) -> Result<()> {
    let tools = Tools::new(workspace);
    let mut report = Report::default();
    if flags.setup || flags.with_cross {
        tools.install(flags, &mut report);
    }
    let mut steps = Steps { workspace, tools: &tools, report };
    if flags.with_cross {
        steps.test_containers();
    } else if flags.wine {
        steps.test_under_wine(flags.setup);
    } else {
        steps.check_sources();
        steps.test_crates();
        steps.test_under_wine(flags.setup);
        steps.test_packages(flags.setup);
    }
    steps.report.close();
    let is_strict = env::var_os("CI").is_some_and(|value| value == "true");
    if steps.report.failed > 0 || (is_strict && steps.report.skipped > 0) {
        bail!("some steps failed or were skipped; they are listed above");
    }
    Ok(())
}

/// The output of a program that only reads; `None` if it is missing or fails.
fn output_of(program: &str, arguments: &[&str]) -> Option<String> {
    process::output(Command::new(program).args(arguments))
}
