//! `cargo xtask check`: what BlueKing will say to a package, before anyone uploads it. The rules
//! are `blueking-package`'s; here they become text for people and JSON for machines.

use std::env;
use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write as _};
use std::path::Path;

use anyhow::{Context, Result, bail};
use blueking_package::check::{self, Earlier, Finding, Kind, Reader, Report, Severity};
use serde_json::{Value, json};

use crate::flags;
use crate::wrong_use::WrongUse;

/// Checks every file and reports on all of them.
///
/// # Errors
/// A file cannot be read, or a package has an error.
pub(crate) fn run(flags: &flags::Check) -> Result<()> {
    let earlier = flags.earlier.as_deref().map(earlier).transpose()?;
    let mut reports = Vec::new();
    for file in &flags.files {
        let path = Path::new(file);
        let report = match &earlier {
            Some(earlier) => check::file_after(path, earlier)?,
            None => check::file(path)?,
        };
        if report.kind == Kind::V51 && earlier.is_some() {
            let told = format!(
                "{file} is a package of 5.1, which has no version to raise; leave out \
                                --earlier"
            );
            return Err(WrongUse(told).into());
        }
        reports.push((file.as_str(), report));
    }
    let text = if flags.json {
        let reports: Vec<_> = reports.iter().map(|(file, report)| to_json(file, report)).collect();
        let text = serde_json::to_string_pretty(&reports).context("cannot write the report")?;
        format!("{text}\n")
    } else {
        let paint = Paint { is_on: wants_colour() };
        let texts: Vec<_> =
            reports.iter().map(|(file, report)| to_text(file, report, paint)).collect();
        texts.join("\n")
    };
    // A reader such as `head` that has seen enough is no failure.
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        written => written.context("cannot write the report")?,
    }
    let broken: Vec<_> = reports
        .iter()
        .filter(|(_, report)| report.count(Severity::Error) > 0)
        .map(|(file, _)| *file)
        .collect();
    if !broken.is_empty() {
        bail!("BlueKing cannot use {} as it is", broken.join(", "));
    }
    Ok(())
}

/// The package that a site has.
fn earlier(file: &str) -> Result<Earlier> {
    let told = || {
        WrongUse(format!(
            "--earlier {file} is no plugin package that can be read; give the .tgz that the site has, \
             as it was imported or exported"
        ))
    };
    Earlier::read(Path::new(file))?.ok_or_else(|| told().into())
}

fn to_json(file: &str, report: &Report) -> Value {
    json!({
        "package": file,
        "kind": report.kind,
        "errors": report.count(Severity::Error),
        "warnings": report.count(Severity::Warning),
        "left_out": report.left_out,
        "findings": report.findings,
    })
}

/// The findings, grouped by the file that they are about.
fn to_text(file: &str, report: &Report, paint: Paint) -> String {
    let kind = match report.kind {
        Kind::V51 => "one-click package of BlueKing 5.1",
        Kind::Plugin => "plugin package of BlueKing 6.x and 7.x",
        Kind::Unknown => "no package that can be read",
    };
    let mut text = format!("{}: {kind}, {}\n", paint.bold(file), summary(report));
    let mut files: Vec<&str> = Vec::new();
    for finding in &report.findings {
        if !files.contains(&&*finding.file) {
            files.push(&finding.file);
        }
    }
    let width = report.findings.iter().map(|finding| finding.rule.len()).max().unwrap_or_default();
    for inner in files {
        let shown = if inner.is_empty() { "the archive itself" } else { inner };
        let _ = writeln!(text, "\n{}", paint.bold(shown));
        for finding in report.findings.iter().filter(|finding| finding.file == inner) {
            add_finding(finding, width, paint, &mut text);
        }
    }
    if report.left_out > 0 {
        let _ = writeln!(text, "\nand {} more findings", report.left_out);
    }
    let mut readers: Vec<Reader> =
        report.findings.iter().flat_map(|one| one.readers).copied().collect();
    readers.sort();
    readers.dedup();
    if !readers.is_empty() {
        let known = readers.iter().map(|reader| format!("{reader}: {}", reader.name()));
        let _ = writeln!(text, "\n{}", known.collect::<Vec<_>>().join("; "));
    }
    text
}

fn add_finding(finding: &Finding, width: usize, paint: Paint, text: &mut String) {
    let severity = paint.severity(finding.severity);
    let Finding { rule, field, message, advice, .. } = finding;
    let _ = writeln!(text, "  {severity}  {rule:width$}  {}", objectors(finding));
    let place = if field.is_empty() { String::new() } else { format!("{field}: ") };
    let _ = writeln!(text, "           {place}{message}");
    if let Some(answer) = server_answer(finding) {
        let _ = writeln!(text, "           server: {answer}");
    }
    let _ = writeln!(text, "           to do: {advice}");
}

/// When a finding shows, and to whom: `at import: v1, V2`.
pub(crate) fn objectors(finding: &Finding) -> String {
    let readers: Vec<_> = finding.readers.iter().map(ToString::to_string).collect();
    format!("{}: {}", finding.stage, readers.join(", "))
}

/// The server's own code and words, where they are known.
pub(crate) fn server_answer(finding: &Finding) -> Option<String> {
    let code = finding.code.map(|code| code.to_string());
    let words = (!finding.answer.is_empty()).then(|| finding.answer.to_owned());
    let parts: Vec<_> = code.into_iter().chain(words).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

fn summary(report: &Report) -> String {
    let counted = |severity, word: &str| match report.count(severity) {
        0 => format!("no {word}s"),
        1 => format!("1 {word}"),
        number => format!("{number} {word}s"),
    };
    format!("{}, {}", counted(Severity::Error, "error"), counted(Severity::Warning, "warning"))
}

/// Whether a terminal shows the text to somebody who has not asked for no colours.
fn wants_colour() -> bool {
    let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
    io::stdout().is_terminal() && !is_set("NO_COLOR") && !is_dumb
}

/// Colours, or none.
#[derive(Clone, Copy)]
struct Paint {
    is_on: bool,
}

impl Paint {
    fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    /// The word, as wide as the longer of the two.
    fn severity(self, severity: Severity) -> String {
        let colour = match severity {
            Severity::Error => "31",
            Severity::Warning => "33",
        };
        self.with(colour, &format!("{:7}", severity.to_string()))
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.is_on { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use blueking_package::check::Stage;

    use super::*;

    fn report() -> Report {
        let finding = |severity, rule, file: &str, field: &str, code, answer| Finding {
            severity,
            rule,
            readers: &[Reader::V1, Reader::V2],
            stage: Stage::Import,
            file: file.to_owned(),
            field: field.to_owned(),
            code,
            answer,
            message: "it is wrong".to_owned(),
            advice: "mend it".to_owned(),
        };
        let findings = vec![
            finding(Severity::Error, "meta-type", "a/meta.yaml", "plugin_type", Some(1), "no"),
            finding(Severity::Error, "archive-link", "", "", None, "refused"),
            finding(Severity::Warning, "meta-tag", "a/meta.yaml", "tag", None, ""),
        ];
        Report { kind: Kind::Plugin, findings, left_out: 3 }
    }

    #[test]
    fn findings_stand_under_their_file() {
        let text = to_text("p.tgz", &report(), Paint { is_on: false });
        let expected = "\
p.tgz: plugin package of BlueKing 6.x and 7.x, 2 errors, 1 warning

a/meta.yaml
  error    meta-type     at import: v1, V2
           plugin_type: it is wrong
           server: 1 no
           to do: mend it
  warning  meta-tag      at import: v1, V2
           tag: it is wrong
           to do: mend it

the archive itself
  error    archive-link  at import: v1, V2
           it is wrong
           server: refused
           to do: mend it

and 3 more findings

v1: the importer of 6.x and 7.x; V2: the newer, stricter importer
";
        assert_eq!(text, expected);
        let painted = to_text("p.tgz", &report(), Paint { is_on: true });
        assert!(painted.contains("\x1b[31merror  \x1b[0m  meta-type"));
    }

    #[test]
    fn json_has_every_part_of_a_finding() {
        let value = to_json("p.tgz", &report());
        let first = json!({
            "severity": "error", "rule": "meta-type", "readers": ["v1", "V2"], "stage": "import",
            "file": "a/meta.yaml", "field": "plugin_type", "code": 1, "answer": "no",
            "message": "it is wrong", "advice": "mend it"
        });
        assert_eq!(value["findings"][0], first);
        assert_eq!((&value["kind"], &value["errors"]), (&json!("plugin"), &json!(2)));
        assert!(value["findings"][1].get("code").is_none());
    }

    #[test]
    fn errors_fail_and_what_cannot_be_read_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p.tgz");
        std::fs::write(&path, "text").unwrap();
        let flags = |path: &Path| {
            let mut flags = flags::Check::default();
            flags.files.push(path.to_str().unwrap().to_owned());
            flags
        };
        let error = format!("{:#}", run(&flags(&path)).unwrap_err());
        assert!(error.contains("cannot use") && error.contains("p.tgz"), "{error}");
        let error = format!("{:#}", run(&flags(&folder.path().join("no.tgz"))).unwrap_err());
        assert!(error.starts_with("cannot open") && error.contains("no.tgz"), "{error}");
    }
}
