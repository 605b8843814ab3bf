//! The test command: every check of a change, including runs of the packaged binaries. A step
//! without its tool is reported as skipped; with `CI=true`, a skipped step counts as a failure.

mod code;
mod cross;
mod linux;
mod manifests;
mod package;
mod plugin;
mod prometheus;
mod redis;
mod rehearsal;
mod report;
mod scaffold;
mod tools;
mod values;
mod windows;
mod windows_processes;

use std::env;

use anyhow::{Result, bail};

use crate::flags;
use crate::workspace::Workspace;
use report::Report;
use tools::Tools;

/// Runs every step, regardless of failures of others, and prints the counts as the last line.
///
/// # Errors
/// A step failed, or was skipped with `CI=true`.
pub(crate) fn run(workspace: &Workspace, flags: &flags::Ci) -> Result<()> {
    let mut report = Report::default();
    let tools = Tools::new(workspace, flags.setup);
    if flags.with_cross {
        cross::check(workspace, &tools, &mut report);
    } else {
        check(workspace, flags, &tools, &mut report);
    }
    close(&report)
}

/// Runs the steps of an ordinary run.
fn check(workspace: &Workspace, flags: &flags::Ci, tools: &Tools, report: &mut Report) {
    tools.prepare(report);
    code::check(workspace, tools, report);
    scaffold::check(workspace, tools, report);
    match package::build(workspace, flags.setup, report) {
        Some(package) => {
            linux::check(&package, tools, report);
            rehearsal::check(workspace, &package, tools, report);
            plugin::check(&package, tools, report);
            windows::check(&package, tools, report);
            windows_processes::check(&package, tools, report);
            manifests::check(workspace, &package, tools, report);
        }
        None => {
            report.fail("the packaged binaries", "there is no package to test");
        }
    }
}

/// Prints the counts as the last line.
fn close(report: &Report) -> Result<()> {
    let strict = env::var_os("CI").is_some_and(|value| value == "true");
    let failed = report.failed > 0 || (strict && report.skipped > 0);
    report.close();
    if failed {
        bail!("some steps failed or were skipped; they are listed above");
    }
    Ok(())
}
