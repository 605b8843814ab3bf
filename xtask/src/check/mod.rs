//! `cargo xtask check`: what BlueKing will say to a package, before anyone uploads it. The rules
//! are `blueking-package`'s; here they become text for people and JSON for machines.

mod render;

use std::io;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use blueking_package::Error;
use blueking_package::check::{self, Earlier, Kind, Report, Severity};

use self::render::{Paint, to_json, to_text};
pub(crate) use self::render::{objectors, server_answer};
use crate::flags;
use crate::output;
use crate::usage_error::UsageError;

/// What became of one file that was named: a report, or why there is none.
type Checked = Result<Report>;

/// Checks every file and reports on all of them, whatever becomes of one.
///
/// # Errors
/// A package has an error, or a file cannot be read; where that is all and it is because somebody
/// named what cannot be checked, the error is [`UsageError`].
pub(crate) fn run(flags: &flags::Check) -> Result<()> {
    let earlier = flags.earlier.as_deref().map(earlier).transpose()?;
    let files = flags.files.iter().map(String::as_str);
    let checked: Vec<_> = files.map(|file| (file, check(file, earlier.as_ref()))).collect();
    let text = if flags.json {
        let reports: Vec<_> = checked.iter().map(|(file, one)| to_json(file, one)).collect();
        let text = serde_json::to_string_pretty(&reports).context("cannot write the report")?;
        format!("{text}\n")
    } else {
        let paint = Paint::wanted();
        let reports = checked.iter().filter_map(|(file, one)| Some((file, one.as_ref().ok()?)));
        let texts: Vec<_> = reports.map(|(file, report)| to_text(file, report, paint)).collect();
        texts.join("\n")
    };
    output::print(&text)?;
    verdict(&checked)
}

fn check(file: &str, earlier: Option<&Earlier>) -> Checked {
    let path = Path::new(file);
    let report = match earlier {
        Some(earlier) => check::file_after(path, earlier),
        None => check::file(path),
    };
    let report = report.map_err(read_failure)?;
    if report.kind == Kind::V51 && earlier.is_some() {
        let told = format!(
            "{file} is a package of 5.1, which has no version to raise; leave out --earlier"
        );
        return Err(UsageError(told).into());
    }
    Ok(report)
}

/// Why a package that was named could not be read, and what to do. What is not there, or is no
/// file, was named by mistake.
pub(crate) fn read_failure(error: Error) -> anyhow::Error {
    let Error::Io { path, source, .. } = &error else { return error.into() };
    let path = path.display();
    match source.kind() {
        io::ErrorKind::NotFound => {
            let told = format!(
                "cannot open {path}: there is no such file; give the path of a package, such as \
                 those that `cargo xtask dist` puts into target/dist"
            );
            UsageError(told).into()
        }
        io::ErrorKind::IsADirectory => {
            let told = format!("{path} is a folder; give the packages in it, one by one");
            UsageError(told).into()
        }
        _ => anyhow!("{:#}; see that this user can read it", anyhow!(error)),
    }
}

/// What it all comes to: errors of packages weigh more than files that could not be read.
fn verdict(checked: &[(&str, Checked)]) -> Result<()> {
    let has_errors = |one: &Checked| one.as_ref().is_ok_and(|r| r.count(Severity::Error) > 0);
    let broken: Vec<_> =
        checked.iter().filter(|(_, one)| has_errors(one)).map(|(file, _)| *file).collect();
    let unread: Vec<_> = checked.iter().filter_map(|(_, one)| one.as_ref().err()).collect();
    let mut told: Vec<_> = unread.iter().map(|error| format!("{error:#}")).collect();
    match &*broken {
        [] => {}
        [one] => told.push(format!("BlueKing cannot use {one} as it is")),
        [rest @ .., last] => {
            told.push(format!("BlueKing cannot use {} and {last} as they are", rest.join(", ")));
        }
    }
    if told.is_empty() {
        return Ok(());
    }
    let told = told.join("\n");
    if broken.is_empty() && unread.iter().all(|error| error.is::<UsageError>()) {
        return Err(UsageError(told).into());
    }
    Err(anyhow!(told))
}

/// The package that a site has.
fn earlier(file: &str) -> Result<Earlier> {
    let told = || {
        UsageError(format!(
            "--earlier {file} is no plugin package that can be read; give the .tgz that the site has, \
             as it was imported or exported"
        ))
    };
    Earlier::read(Path::new(file)).map_err(read_failure)?.ok_or_else(|| told().into())
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
    fn what_cannot_be_read_is_wrong_use_unless_a_package_has_errors_or_nobody_could_know() {
        let missing = || read_failure(failed(io::ErrorKind::NotFound));
        let denied = || read_failure(failed(io::ErrorKind::PermissionDenied));
        let sound = || Ok(Report { kind: Kind::Plugin, findings: Vec::new(), left_out: 0 });
        let broken = || Ok(report());
        assert!(verdict(&[("a", sound()), ("b", sound())]).is_ok());
        for (checked, is_wrong_use, expected) in [
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
            assert_eq!(error.is::<UsageError>(), is_wrong_use, "{error}");
            assert!(error.to_string().contains(expected), "{error}");
        }
    }

    fn failed(kind: io::ErrorKind) -> Error {
        Error::Io { action: "open", path: "p".into(), source: kind.into() }
    }
}
