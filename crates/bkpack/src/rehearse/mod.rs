//! `bkpack rehearse`: runs a package on this machine as BlueKing does, before an upload. The
//! rules of BlueKing are in `blueking-package`; this module applies them to real processes.

mod checklist;
mod checks;
pub mod debug;
mod deployment;
mod described;
mod html;
mod labels;
pub mod machine;
mod ports;
mod processes;
mod render;
mod report_file;
pub mod scrape;
pub(crate) mod signals;
mod steps;
mod target;
mod target_health;

use std::path::Path;

use anyhow::{Context, Result, bail};
use blueking_package::plugin::System;
use serde_json::{Value, json};

pub use self::checklist::{Checklist, Level, Note, ProgressTo, State};
pub use self::deployment::Deployment;
pub use self::described::{Described, MetricText};
pub use self::machine::Machine;
pub use self::ports::Port;
pub(crate) use self::processes::{kill, listening_ports, running_in as processes_in};
use self::report_file::ReportFile;
pub use self::steps::{Outcome, Rehearsal};
pub use self::target::{Target, Values, name_of};
pub(crate) use self::target_health::down;
use crate::flags;
use crate::output;
use crate::texts::{list as join_names, programs, rehearse as texts};

/// Number of preview rows in the terminal; the reports have all.
const SHOWN_ROWS: usize = 10;

/// The version of this tool, for the reports.
const BKPACK: &str = env!("CARGO_PKG_VERSION");

/// Rehearses a package and reports on every step.
///
/// # Errors
/// A step failed, or the package cannot be read.
pub(crate) fn run(flags: &flags::Rehearse) -> Result<()> {
    let file = flags.file.as_deref().context("no package")?;
    let html = flags.html.as_deref().map(|path| ReportFile::new(path, file)).transpose()?;
    let scratch = tempfile::Builder::new().prefix("rehearse-").tempdir();
    let scratch = scratch.with_context(programs::no_scratch_folder)?;
    let rehearsal = Rehearsal {
        file: Path::new(file),
        system: flags.os.map(|os| os.0),
        parameters: &flags.param,
        scratch: scratch.path(),
    };
    signals::clean_up_on_signal(scratch.path())?;
    let mut list = Checklist::new(if flags.json { ProgressTo::Stderr } else { ProgressTo::Stdout });
    let outcome = steps::run(&rehearsal, &mut list)?;
    let text = if flags.json {
        let report = to_json(file, &list, &outcome);
        serde_json::to_string_pretty(&report).context("cannot write the report")?
    } else {
        to_text(&list, &outcome)
    };
    let printed = output::print(&format!("{text}\n"));
    // A failure to write one report does not affect the other.
    let written =
        html.map(|report_file| report_file.write(&html::page(file, &list, &outcome))).transpose();
    let written = written.map(drop);
    if list.count(State::Failed) > 0 {
        let errors = [printed, written].into_iter().filter_map(Result::err);
        let errors: String = errors.map(|error| format!("{error:#}\n")).collect();
        let failure = match &*outcome.parameters {
            [] => texts::would_not_work(file),
            // They may be the cause.
            names => texts::would_not_work_with(file, &join_names(names)),
        };
        bail!("{errors}{failure}");
    }
    printed.and(written)
}

/// Rehearses one system of a package in an existing folder, for other tasks.
///
/// # Errors
/// The package cannot be read, or lacks the system or a row. A failed step is not an error.
pub fn rehearse(
    file: &Path,
    system: System,
    parameters: &[String],
    scratch: &Path,
) -> Result<(Checklist, Outcome)> {
    let mut list = Checklist::new(ProgressTo::Stdout);
    let rehearsal = Rehearsal { file, system: Some(system), parameters, scratch };
    let outcome = steps::run(&rehearsal, &mut list)?;
    Ok((list, outcome))
}

fn to_json(file: &str, list: &Checklist, outcome: &Outcome) -> Value {
    json!({
        "package": file,
        "id": outcome.id,
        "version": outcome.version,
        "date": outcome.date,
        "bkpack": BKPACK,
        "os": outcome.system,
        "url": outcome.url,
        "arguments": outcome.arguments,
        "failed": list.count(State::Failed),
        "warned": list.count(State::Warned),
        "steps": list.to_json(),
        "preview": outcome.preview,
    })
}

/// Renders the preview and the counts.
fn to_text(list: &Checklist, outcome: &Outcome) -> String {
    let mut text = String::new();
    if let Some(preview) = &outcome.preview {
        text += &format!("\n{}\n", texts::debug_preview());
        for row in preview.rows.iter().take(SHOWN_ROWS) {
            let labels: Vec<_> = row
                .dimensions
                .iter()
                .map(|label| format!("{}={:?}", label.dimension_name, label.dimension_value))
                .collect();
            text += &format!("  {} {} {}\n", row.metric_name, row.metric_value, labels.join(" "));
        }
        let more = preview.rows.len().saturating_sub(SHOWN_ROWS);
        if more > 0 {
            text += &format!("  {}\n", texts::more(more));
        }
    }
    text + "\n" + &list.counts()
}
