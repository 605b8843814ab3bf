//! `bkpack check`: checks packages against the rules of BlueKing before an upload. The rules
//! are in `blueking-package`; this module prints the findings as text or JSON.

mod render;

use std::io;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use blueking_package::Error;
use blueking_package::check::{self, Earlier, Kind, Report, Severity};

use self::render::{Paint, to_json, to_text};
pub(crate) use self::render::{objectors, server_answer};
use crate::UsageError;
use crate::flags;
use crate::output;
use crate::texts::check as texts;
use crate::texts::list;

/// The result for one file: a report, or the reason why it cannot be read.
type Checked = Result<Report>;

/// Checks every file and reports on all of them, even if some cannot be read.
///
/// # Errors
/// A package has errors, or a file cannot be read. The error is a [`UsageError`] if the only
/// problem is that arguments name missing files or folders.
pub(crate) fn run(flags: &flags::Check) -> Result<()> {
    let earlier = flags.earlier.as_deref().map(earlier).transpose()?;
    let files = flags.files.iter().map(String::as_str);
    let checked: Vec<_> = files.map(|file| (file, check(file, earlier.as_ref()))).collect();
    let text = if flags.json {
        let reports: Vec<_> = checked.iter().map(|(file, result)| to_json(file, result)).collect();
        let text = serde_json::to_string_pretty(&reports).context("cannot write the report")?;
        format!("{text}\n")
    } else {
        let paint = Paint::for_stdout();
        let reports =
            checked.iter().filter_map(|(file, result)| Some((file, result.as_ref().ok()?)));
        let texts: Vec<_> = reports.map(|(file, report)| to_text(file, report, paint)).collect();
        texts.join("\n")
    };
    output::print(&text)?;
    verdict(&checked)
}

fn check(file: &str, earlier: Option<&Earlier>) -> Checked {
    let path = Path::new(file);
    let report = check::file_after(path, earlier).map_err(read_failure)?;
    if report.kind == Kind::V51 && earlier.is_some() {
        return Err(UsageError(texts::component_has_no_version(file)).into());
    }
    Ok(report)
}

/// Explains why a package cannot be read, with advice. A missing file or a folder is a
/// [`UsageError`].
pub(crate) fn read_failure(error: Error) -> anyhow::Error {
    let Error::Io { path, source, .. } = &error else { return error.into() };
    let path = path.display().to_string();
    match source.kind() {
        io::ErrorKind::NotFound => UsageError(texts::no_such_file(&path)).into(),
        io::ErrorKind::IsADirectory => UsageError(texts::is_folder(&path)).into(),
        _ => anyhow!(texts::unreadable(&format!("{:#}", anyhow!(error)))),
    }
}

/// The overall result: errors in packages take precedence over files that cannot be read.
fn verdict(checked: &[(&str, Checked)]) -> Result<()> {
    let has_errors = |result: &Checked| result.as_ref().is_ok_and(|r| r.count(Severity::Error) > 0);
    let broken: Vec<_> =
        checked.iter().filter(|(_, result)| has_errors(result)).map(|(file, _)| *file).collect();
    let unread: Vec<_> = checked.iter().filter_map(|(_, result)| result.as_ref().err()).collect();
    let mut messages: Vec<_> = unread.iter().map(|error| format!("{error:#}")).collect();
    match &*broken {
        [] => {}
        [one] => messages.push(texts::unusable(one)),
        [rest @ .., last] => messages.push(texts::several_unusable(&list(rest), last)),
    }
    if messages.is_empty() {
        return Ok(());
    }
    let message = messages.join("\n");
    if broken.is_empty() && unread.iter().all(|error| error.is::<UsageError>()) {
        return Err(UsageError(message).into());
    }
    Err(anyhow!(message))
}

/// Reads the package of `--earlier`.
fn earlier(file: &str) -> Result<Earlier> {
    let not_a_plugin = || UsageError(texts::earlier_is_no_plugin(file));
    if Path::new(file).is_dir() {
        return Err(not_a_plugin().into());
    }
    Earlier::read(Path::new(file)).map_err(read_failure)?.ok_or_else(|| not_a_plugin().into())
}

#[cfg(test)]
mod tests {
    use blueking_package::check::Finding;

    use super::*;

    fn report() -> Report {
        let error = Finding {
            severity: Severity::Error,
            rule: "meta-type",
            objections: Vec::new(),
            file: String::new(),
            field: String::new(),
            message: String::new(),
            advice: String::new(),
        };
        Report { kind: Kind::Plugin, findings: vec![error], left_out: 0 }
    }

    #[test]
    fn missing_files_are_usage_errors_unless_others_fail() {
        let missing = || read_failure(failed(io::ErrorKind::NotFound));
        let denied = || read_failure(failed(io::ErrorKind::PermissionDenied));
        let sound = || Ok(Report { kind: Kind::Plugin, findings: Vec::new(), left_out: 0 });
        let broken = || Ok(report());
        assert!(verdict(&[("a", sound()), ("b", sound())]).is_ok());
        for (checked, is_usage_error, expected) in [
            (vec![("a", sound()), ("b", Err(missing()))], true, "cannot open p: there is no such"),
            (vec![("a", Err(denied())), ("b", Err(missing()))], false, "this user can read it"),
            (
                vec![("a", Err(missing())), ("b", broken())],
                false,
                "\nBlueKing cannot use b as it is",
            ),
            (vec![("a", broken()), ("b", broken())], false, "use a and b as they are"),
            (vec![("a", broken()), ("b", broken()), ("c", broken())], false, "use a, b and c as"),
        ] {
            let error = verdict(&checked).unwrap_err();
            assert_eq!(error.is::<UsageError>(), is_usage_error, "{error}");
            assert!(error.to_string().contains(expected), "{error}");
        }
    }

    fn failed(kind: io::ErrorKind) -> Error {
        Error::Io {
            action: blueking_package::FileAction::Open,
            path: "p".into(),
            source: kind.into(),
        }
    }
}
