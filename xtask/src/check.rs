//! `cargo xtask check`: what BlueKing will say to a package, before anyone uploads it. The rules
//! are `blueking-package`'s; here they become text for people and JSON for machines.

use std::env;
use std::fmt::Write as _;
use std::io::{self, IsTerminal};
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use blueking_package::Error;
use blueking_package::check::{self, Earlier, Finding, Kind, Objection, Reader, Report, Severity};
use serde_json::{Value, json};

use crate::flags;
use crate::output;
use crate::wrong_use::WrongUse;

/// What became of one file that was named: a report, or why there is none.
type Checked = Result<Report>;

/// Checks every file and reports on all of them, whatever becomes of one.
///
/// # Errors
/// A package has an error, or a file cannot be read; where that is all and it is because somebody
/// named what cannot be checked, the error is [`WrongUse`].
pub(crate) fn run(flags: &flags::Check) -> Result<()> {
    let earlier = flags.earlier.as_deref().map(earlier).transpose()?;
    let files = flags.files.iter().map(String::as_str);
    let checked: Vec<_> = files.map(|file| (file, check(file, earlier.as_ref()))).collect();
    let text = if flags.json {
        let reports: Vec<_> = checked.iter().map(|(file, one)| to_json(file, one)).collect();
        let text = serde_json::to_string_pretty(&reports).context("cannot write the report")?;
        format!("{text}\n")
    } else {
        let paint = Paint { is_on: wants_colour() };
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
    let report = report.map_err(unread)?;
    if report.kind == Kind::V51 && earlier.is_some() {
        let told = format!(
            "{file} is a package of 5.1, which has no version to raise; leave out --earlier"
        );
        return Err(WrongUse(told).into());
    }
    Ok(report)
}

/// Why a package that was named could not be read, and what to do. What is not there, or is no
/// file, was named by mistake.
pub(crate) fn unread(error: Error) -> anyhow::Error {
    let Error::Io { path, source, .. } = &error else { return error.into() };
    let path = path.display();
    match source.kind() {
        io::ErrorKind::NotFound => {
            let told = format!(
                "cannot open {path}: there is no such file; give the path of a package, such as \
                 those that `cargo xtask dist` puts into target/dist"
            );
            WrongUse(told).into()
        }
        io::ErrorKind::IsADirectory => {
            let told = format!("{path} is a folder; give the packages in it, one by one");
            WrongUse(told).into()
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
    if broken.is_empty() && unread.iter().all(|error| error.is::<WrongUse>()) {
        return Err(WrongUse(told).into());
    }
    Err(anyhow!(told))
}

/// The package that a site has.
fn earlier(file: &str) -> Result<Earlier> {
    let told = || {
        WrongUse(format!(
            "--earlier {file} is no plugin package that can be read; give the .tgz that the site has, \
             as it was imported or exported"
        ))
    };
    Earlier::read(Path::new(file)).map_err(unread)?.ok_or_else(|| told().into())
}

/// A file that could not be read has `unread`, and no kind, counts and findings.
fn to_json(file: &str, checked: &Checked) -> Value {
    match checked {
        Ok(report) => json!({
            "package": file,
            "kind": report.kind,
            "errors": report.count(Severity::Error),
            "warnings": report.count(Severity::Warning),
            "left_out": report.left_out,
            "findings": report.findings.iter().map(finding_to_json).collect::<Vec<_>>(),
        }),
        Err(error) => json!({ "package": file, "unread": format!("{error:#}") }),
    }
}

/// A finding with what follows from its objections: all readers; the stage, where it is one for all;
/// the first answer that is known.
fn finding_to_json(finding: &Finding) -> Value {
    let mut value = json!(finding);
    let objections = &finding.objections;
    value["readers"] = json!(readers(objections));
    if let [first, rest @ ..] = &**objections
        && rest.iter().all(|one| one.stage == first.stage)
    {
        value["stage"] = json!(first.stage);
    }
    if let Some(answered) = objections.iter().find(|one| !one.answer.is_empty()) {
        value["answer"] = json!(answered.answer);
        if let Some(code) = answered.code {
            value["code"] = json!(code);
        }
    }
    value
}

/// Who objects, each once.
fn readers<'o>(objections: impl IntoIterator<Item = &'o Objection>) -> Vec<Reader> {
    let mut readers: Vec<_> = objections.into_iter().map(|one| one.reader).collect();
    readers.sort();
    readers.dedup();
    readers
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
    let readers = readers(report.findings.iter().flat_map(|one| &one.objections));
    let mut known: Vec<_> =
        readers.iter().map(|reader| format!("{reader}: {}", reader.name())).collect();
    if report.findings.iter().any(|one| one.objections.is_empty()) {
        known.push(format!("{OWN_RULE}: no reader is known to object"));
    }
    if !known.is_empty() {
        let _ = writeln!(text, "\n{}", known.join("; "));
    }
    text
}

fn add_finding(finding: &Finding, width: usize, paint: Paint, text: &mut String) {
    let severity = paint.severity(finding.severity);
    let Finding { rule, field, message, advice, .. } = finding;
    let _ = writeln!(text, "  {severity}  {rule:width$}  {}", objectors(finding));
    let place = if field.is_empty() { String::new() } else { format!("{field}: ") };
    let _ = writeln!(text, "           {place}{message}");
    for one in &finding.objections {
        if let Some(answer) = answer(one) {
            let _ = writeln!(text, "           {} says: {answer}", one.reader);
        }
    }
    let _ = writeln!(text, "           to do: {advice}");
}

/// What is asked for by the check alone.
const OWN_RULE: &str = "a rule of this check";

/// When a finding shows, and to whom: `at import: V2; lost silently: v1`.
pub(crate) fn objectors(finding: &Finding) -> String {
    if finding.objections.is_empty() {
        return OWN_RULE.to_owned();
    }
    let by_stage = finding.objections.chunk_by(|one, next| one.stage == next.stage);
    let shown = by_stage.map(|same| {
        let readers: Vec<_> = same.iter().map(|one| one.reader.to_string()).collect();
        format!("{}: {}", same[0].stage, readers.join(", "))
    });
    shown.collect::<Vec<_>>().join("; ")
}

/// The servers' own codes and words, where they are known.
pub(crate) fn server_answer(finding: &Finding) -> Option<String> {
    let answers: Vec<_> = finding.objections.iter().filter_map(answer).collect();
    (!answers.is_empty()).then(|| answers.join("; "))
}

fn answer(one: &Objection) -> Option<String> {
    let code = one.code.map(|code| code.to_string());
    let words = (!one.answer.is_empty()).then(|| one.answer.to_owned());
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

    fn objection(
        stage: Stage,
        reader: Reader,
        code: Option<u32>,
        answer: &'static str,
    ) -> Objection {
        Objection { stage, reader, code, answer }
    }

    fn report() -> Report {
        let finding = |severity, rule, file: &str, field: &str, objections| Finding {
            severity,
            rule,
            objections,
            file: file.to_owned(),
            field: field.to_owned(),
            message: "it is wrong".to_owned(),
            advice: "mend it".to_owned(),
        };
        let both = vec![
            objection(Stage::Import, Reader::V1, Some(1), "no"),
            objection(Stage::Import, Reader::V2, None, ""),
        ];
        let apart = vec![
            objection(Stage::Import, Reader::V2, None, "refused"),
            objection(Stage::Lost, Reader::V1, None, ""),
        ];
        let findings = vec![
            finding(Severity::Error, "meta-type", "a/meta.yaml", "plugin_type", both),
            finding(Severity::Error, "archive-link", "", "", apart),
            finding(Severity::Warning, "meta-label", "a/meta.yaml", "label", Vec::new()),
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
           v1 says: 1 no
           to do: mend it
  warning  meta-label    a rule of this check
           label: it is wrong
           to do: mend it

the archive itself
  error    archive-link  at import: V2; lost silently: v1
           it is wrong
           V2 says: refused
           to do: mend it

and 3 more findings

v1: the importer of 6.x and 7.x; V2: the newer, stricter importer; a rule of this check: no reader is known to object
";
        assert_eq!(text, expected);
        let painted = to_text("p.tgz", &report(), Paint { is_on: true });
        assert!(painted.contains("\x1b[31merror  \x1b[0m  meta-type"));
    }

    #[test]
    fn json_has_every_part_of_a_finding() {
        let value = to_json("p.tgz", &Ok(report()));
        let findings = &value["findings"];
        let first = json!({
            "severity": "error", "rule": "meta-type", "readers": ["v1", "V2"], "stage": "import",
            "objections": [
                {"reader": "v1", "stage": "import", "code": 1, "answer": "no"},
                {"reader": "V2", "stage": "import"}
            ],
            "file": "a/meta.yaml", "field": "plugin_type", "code": 1, "answer": "no",
            "message": "it is wrong", "advice": "mend it"
        });
        assert_eq!(findings[0], first);
        assert_eq!((&value["kind"], &value["errors"]), (&json!("plugin"), &json!(2)));
        // Stages that differ are told with their readers only.
        let apart = json!([
            {"reader": "V2", "stage": "import", "answer": "refused"},
            {"reader": "v1", "stage": "lost"}
        ]);
        assert_eq!(findings[1]["objections"], apart);
        assert_eq!(findings[1]["readers"], json!(["v1", "V2"]));
        assert!(findings[1].get("stage").is_none() && findings[1].get("code").is_none());
        assert_eq!((&findings[2]["readers"], &findings[2]["objections"]), (&json!([]), &json!([])));
        assert!(findings[2].get("stage").is_none() && findings[2].get("answer").is_none());
    }

    #[test]
    fn what_cannot_be_read_is_wrong_use_unless_a_package_has_errors_or_nobody_could_know() {
        let missing = || unread(failed(io::ErrorKind::NotFound));
        let denied = || unread(failed(io::ErrorKind::PermissionDenied));
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
            assert_eq!(error.is::<WrongUse>(), is_wrong_use, "{error}");
            assert!(error.to_string().contains(expected), "{error}");
        }
    }

    fn failed(kind: io::ErrorKind) -> Error {
        Error::Io { action: "open", path: "p".into(), source: kind.into() }
    }
}
