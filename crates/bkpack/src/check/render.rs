//! Renders the reports of a check as text and JSON.

use std::env;
use std::fmt::Write as _;
use std::io::{self, IsTerminal};

use blueking_package::check::{Consumer, Finding, Kind, Objection, Report, Severity};
use serde_json::{Value, json};

use super::Checked;
use crate::texts::check as texts;
use crate::texts::{clauses, first_names, labelled, list, padded, parts};

/// A file that cannot be read has `unread` instead of kind, counts and findings.
pub(crate) fn to_json(file: &str, checked: &Checked) -> Value {
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

/// A finding with fields derived from its objections: all consumers; the stage, if it is the same
/// for all; the first known answer.
fn finding_to_json(finding: &Finding) -> Value {
    let mut value = json!(finding);
    let objections = &finding.objections;
    value["readers"] = json!(consumers(objections));
    if let [first, rest @ ..] = &**objections
        && rest.iter().all(|other| other.stage == first.stage)
    {
        value["stage"] = json!(first.stage);
    }
    if let Some(answered) = objections.iter().find(|objection| !objection.answer.is_empty()) {
        value["answer"] = json!(answered.answer);
        if let Some(code) = answered.code {
            value["code"] = json!(code);
        }
    }
    value
}

/// The objecting consumers, each once.
fn consumers<'o>(objections: impl IntoIterator<Item = &'o Objection>) -> Vec<Consumer> {
    let mut consumers: Vec<_> =
        objections.into_iter().map(|objection| objection.consumer).collect();
    consumers.sort();
    consumers.dedup();
    consumers
}

/// Renders the findings, grouped by file.
pub(crate) fn to_text(file: &str, report: &Report, paint: Paint) -> String {
    let mut text = heading(file, report, paint) + "\n";
    let mut files: Vec<&str> = Vec::new();
    for finding in &report.findings {
        if !files.contains(&&*finding.file) {
            files.push(&finding.file);
        }
    }
    let width = report.findings.iter().map(|finding| finding.rule.len()).max().unwrap_or_default();
    for inner in files {
        let heading = if inner.is_empty() { texts::package_itself() } else { inner.to_owned() };
        let _ = writeln!(text, "\n{}", paint.bold(&heading));
        for alike in folded(report.findings.iter().filter(|finding| finding.file == inner)) {
            add_finding(&alike, width, paint, &mut text);
        }
    }
    if report.left_out > 0 {
        let _ = writeln!(text, "\n{}", texts::more_findings(report.left_out));
    }
    let consumers = consumers(report.findings.iter().flat_map(|finding| &finding.objections));
    let legend = |consumer: &Consumer| labelled(consumer, consumer.name());
    let mut known: Vec<_> = consumers.iter().map(legend).collect();
    if report.findings.iter().any(|finding| finding.objections.is_empty()) {
        known.push(texts::own_rule_in_legend());
    }
    if !known.is_empty() {
        let _ = writeln!(text, "\n{}", parts(&known));
    }
    text
}

/// The findings, those that differ only in their field together.
fn folded<'r>(findings: impl Iterator<Item = &'r Finding>) -> Vec<Vec<&'r Finding>> {
    let mut all: Vec<Vec<&Finding>> = Vec::new();
    for finding in findings {
        let is_alike = |first: &Finding| {
            first.rule == finding.rule
                && first.advice == finding.advice
                && first.objections == finding.objections
                && !finding.field.is_empty()
        };
        match all.iter_mut().find(|alike| is_alike(alike[0])) {
            Some(alike) => alike.push(finding),
            None => all.push(vec![finding]),
        }
    }
    all
}

fn heading(file: &str, report: &Report, paint: Paint) -> String {
    let kind = match report.kind {
        Kind::V51 => texts::kind_component(),
        Kind::Plugin => texts::kind_plugin(),
        Kind::Unknown => texts::kind_unknown(),
    };
    let errors = match report.count(Severity::Error) {
        0 => texts::no_errors(),
        1 => texts::one_error(),
        count => texts::errors(count),
    };
    let warnings = match report.count(Severity::Warning) {
        0 => texts::no_warnings(),
        1 => texts::one_warning(),
        count => texts::warnings(count),
    };
    labelled(paint.bold(file), clauses(&[kind, errors, warnings]))
}

fn add_finding(alike: &[&Finding], width: usize, paint: Paint, text: &mut String) {
    let [finding, others @ ..] = alike else { return };
    let severity = paint.severity(finding.severity);
    let Finding { rule, field, message, advice, .. } = finding;
    let _ = writeln!(text, "  {severity}  {rule:width$}  {}", objectors(finding));
    let mut add = |line: &str| {
        let _ = writeln!(text, "           {line}");
    };
    if field.is_empty() {
        add(message);
    } else {
        add(&texts::field_message(field, message));
    }
    for objection in &finding.objections {
        if let Some(answer) = answer(objection) {
            add(&texts::says(objection.consumer, &answer));
        }
    }
    if !others.is_empty() {
        let fields: Vec<_> = others.iter().map(|other| other.field.clone()).collect();
        add(&texts::same_for(&first_names(fields.iter())));
    }
    add(&texts::to_do(advice));
}

/// The objecting consumers by stage: `at import: V2; silently dropped: v1`. A rule that only this
/// tool enforces is marked as such.
pub(crate) fn objectors(finding: &Finding) -> String {
    if finding.objections.is_empty() {
        return texts::own_rule();
    }
    let by_stage = finding.objections.chunk_by(|a, b| a.stage == b.stage);
    let stages = by_stage.map(|same| {
        let consumers: Vec<_> =
            same.iter().map(|objection| objection.consumer.to_string()).collect();
        labelled(same[0].stage, list(&consumers))
    });
    parts(&stages.collect::<Vec<_>>())
}

/// The codes and messages of the servers, where known.
pub(crate) fn server_answer(finding: &Finding) -> Option<String> {
    let answers: Vec<_> = finding.objections.iter().filter_map(answer).collect();
    (!answers.is_empty()).then(|| parts(&answers))
}

fn answer(objection: &Objection) -> Option<String> {
    let code = objection.code.map(|code| code.to_string());
    let text = (!objection.answer.is_empty()).then(|| objection.answer.to_owned());
    let both: Vec<_> = code.into_iter().chain(text).collect();
    (!both.is_empty()).then(|| both.join(" "))
}

/// Whether to use colours.
#[derive(Clone, Copy)]
pub(crate) struct Paint {
    is_on: bool,
}

impl Paint {
    /// Enables colours on a terminal, unless `NO_COLOR` or `TERM=dumb` is set.
    pub(crate) fn for_stdout() -> Self {
        let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
        let is_dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self { is_on: io::stdout().is_terminal() && !is_set("NO_COLOR") && !is_dumb }
    }

    fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    /// The severity, padded to equal width.
    fn severity(self, severity: Severity) -> String {
        let (colour, label) = match severity {
            Severity::Error => ("31", texts::error()),
            Severity::Warning => ("33", texts::warning()),
        };
        self.with(colour, &padded(&label, 7))
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
        consumer: Consumer,
        code: Option<u32>,
        answer: &'static str,
    ) -> Objection {
        Objection { stage, consumer, code, answer }
    }

    fn report() -> Report {
        let finding = |severity, rule, file: &str, field: &str, objections| Finding {
            severity,
            rule,
            objections,
            file: file.to_owned(),
            field: field.to_owned(),
            message: "it is wrong".to_owned(),
            advice: "fix it".to_owned(),
        };
        let both = vec![
            objection(Stage::Import, Consumer::V1, Some(1), "no"),
            objection(Stage::Import, Consumer::V2, None, ""),
        ];
        let apart = vec![
            objection(Stage::Import, Consumer::V2, None, "refused"),
            objection(Stage::SilentlyDropped, Consumer::V1, None, ""),
        ];
        let findings = vec![
            finding(Severity::Error, "meta-type", "a/meta.yaml", "plugin_type", both),
            finding(Severity::Error, "archive-link", "", "", apart),
            finding(Severity::Warning, "meta-label", "a/meta.yaml", "label", Vec::new()),
        ];
        Report { kind: Kind::Plugin, findings, left_out: 3 }
    }

    #[test]
    fn findings_are_grouped_by_file() {
        let text = to_text("p.tgz", &report(), Paint { is_on: false });
        let expected = "\
p.tgz: plugin package of BlueKing 6.x and 7.x, 2 errors, 1 warning

a/meta.yaml
  error    meta-type     at import: v1, V2
           plugin_type: it is wrong
           v1 says: 1 no
           to do: fix it
  warning  meta-label    a rule of this check
           label: it is wrong
           to do: fix it

the package itself
  error    archive-link  at import: V2; silently dropped: v1
           it is wrong
           V2 says: refused
           to do: fix it

and 3 more findings

v1: the importer of 6.x and 7.x; V2: the newer, stricter importer; a rule of this check: no consumer is known to object
";
        assert_eq!(text, expected);
        let painted = to_text("p.tgz", &report(), Paint { is_on: true });
        assert!(painted.contains("\x1b[31merror  \x1b[0m  meta-type"));
    }

    #[test]
    fn findings_that_differ_in_their_field_are_folded() {
        let mut report = report();
        let mut again = report.findings[2].clone();
        again.field = "tag".to_owned();
        let mut other = again.clone();
        other.advice = "leave it".to_owned();
        report.findings.extend([again, other]);
        let text = to_text("p.tgz", &report, Paint { is_on: false });
        let folded = "           label: it is wrong\n           the same for: tag\n           to do: fix it\n";
        assert!(text.contains(folded), "{text}");
        assert!(text.contains("tag: it is wrong\n           to do: leave it\n"), "{text}");
    }

    #[test]
    fn json_has_every_field_of_a_finding() {
        let value = to_json("p.tgz", &Ok(report()));
        let findings = &value["findings"];
        let first = json!({
            "severity": "error", "rule": "meta-type", "readers": ["v1", "V2"], "stage": "import",
            "objections": [
                {"reader": "v1", "stage": "import", "code": 1, "answer": "no"},
                {"reader": "V2", "stage": "import"}
            ],
            "file": "a/meta.yaml", "field": "plugin_type", "code": 1, "answer": "no",
            "message": "it is wrong", "advice": "fix it"
        });
        assert_eq!(findings[0], first);
        assert_eq!((&value["kind"], &value["errors"]), (&json!("plugin"), &json!(2)));
        // Different stages are listed only in the objections.
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
}
