//! Findings: one for each place that violates a rule, and the list that collects them.

use std::collections::HashSet;
use std::fmt;

use serde::Serialize;

use super::rule::Rule;
use crate::problem::{cut, excerpt};
use crate::texts::{check as texts, located, sentence};

/// Maximum number of findings in a report. Further ones are only counted: a damaged list of a
/// million elements is one mistake.
const MAX_FINDINGS: usize = 500;

/// Severity of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// A consumer rejects the package, the exporter fails, or the result is unpredictable.
    Error,
    /// The package works, but not everywhere or not as expected.
    Warning,
}

/// A consumer of packages, which may object to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Consumer {
    /// The one-click import of BlueKing 5.1.
    #[serde(rename = "5.1")]
    V51,
    /// The importer of BlueKing monitoring 6.x and 7.x.
    #[serde(rename = "v1")]
    V1,
    /// The stricter importer that replaces `V1`.
    #[serde(rename = "V2")]
    V2,
    /// BlueKing's node management (节点管理), which distributes and starts plugins.
    #[serde(rename = "nodeman")]
    Nodeman,
    /// bk-nodemgr, the successor of node management. Its source was read, not run.
    #[serde(rename = "nodemgr")]
    Nodemgr,
    /// The plugin editing pages.
    #[serde(rename = "UI")]
    Ui,
    /// The host that runs the exporter, and its agent.
    #[serde(rename = "host")]
    Host,
}

/// The stage at which a violation takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// The import fails.
    Import,
    /// The import succeeds, but saving the plugin fails.
    Save,
    /// Part of the package is dropped without an error.
    #[serde(rename = "lost")]
    SilentlyDropped,
    /// Starting or scraping the exporter fails.
    Run,
}

/// An objection of a consumer to a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Objection {
    /// The stage at which it occurs.
    pub stage: Stage,
    /// The consumer that objects.
    #[serde(rename = "reader")]
    pub consumer: Consumer,
    /// The error code in the server response, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<u32>,
    /// The error message of the server; empty if unknown.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub answer: &'static str,
}

/// A place in a package that violates a rule.
///
/// Displayed as one line, `file: field: message; advice`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Finding {
    /// Severity.
    pub severity: Severity,
    /// Id of the rule, for example `version-format`; [`rules`](super::rules) lists all rules.
    pub rule: &'static str,
    /// Objections, the earliest stage first. Empty for a rule that only this check enforces.
    pub objections: Vec<Objection>,
    /// Path in the archive; empty for the archive itself.
    pub file: String,
    /// Field in the file, as a dotted path; empty for the whole file.
    pub field: String,
    /// The violation, with the offending value.
    pub message: String,
    /// The correction.
    pub advice: String,
}

impl Finding {
    /// Whether it is an error that aborts the import or the save, or one that only this check
    /// enforces.
    pub fn stops(&self) -> bool {
        let ends = |objection: &Objection| matches!(objection.stage, Stage::Import | Stage::Save);
        self.severity == Severity::Error
            && (self.objections.is_empty() || self.objections.iter().any(ends))
    }
}

impl Objection {
    /// Whether the objection is from this consumer at this stage.
    pub fn is(&self, consumer: Consumer, stage: Stage) -> bool {
        self.consumer == consumer && self.stage == stage
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, field, message, advice, .. } = self;
        f.write_str(&located(&[file, field], &sentence(message, advice)))
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&match self {
            Self::Error => texts::severity_error(),
            Self::Warning => texts::severity_warning(),
        })
    }
}

impl fmt::Display for Consumer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::V51 => f.write_str("5.1"),
            Self::V1 => f.write_str("v1"),
            Self::V2 => f.write_str("V2"),
            Self::Nodeman => f.write_str(&texts::nodeman()),
            Self::Nodemgr => f.write_str("nodemgr"),
            Self::Ui => f.write_str(&texts::ui()),
            Self::Host => f.write_str(&texts::host()),
        }
    }
}

impl Consumer {
    /// What its short name stands for.
    pub fn name(self) -> String {
        match self {
            Self::V51 => texts::v51_name(),
            Self::V1 => texts::v1_name(),
            Self::V2 => texts::v2_name(),
            Self::Nodeman => texts::nodeman_name(),
            Self::Nodemgr => texts::nodemgr_name(),
            Self::Ui => texts::ui_name(),
            Self::Host => texts::host_name(),
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&match self {
            Self::Import => texts::stage_import(),
            Self::Save => texts::stage_save(),
            Self::SilentlyDropped => texts::stage_silently_dropped(),
            Self::Run => texts::stage_run(),
        })
    }
}

/// What is wrong at a place. The correction is that of the rule, unless it is given, too.
pub(crate) struct Wording {
    pub(crate) message: String,
    advice: Option<String>,
}

impl From<String> for Wording {
    fn from(message: String) -> Self {
        Self { message, advice: None }
    }
}

impl From<(String, String)> for Wording {
    fn from((message, advice): (String, String)) -> Self {
        Self { message, advice: Some(advice) }
    }
}

/// The findings so far, without duplicates.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    in_order: Vec<Finding>,
    known: HashSet<Finding>,
    /// Number of findings after the list was full.
    left_out: usize,
}

impl Findings {
    /// Adds a violation of `rule` with all its objections. Message and advice are the two halves of
    /// a sentence, without the semicolon between them and the full stop.
    pub(crate) fn add(
        &mut self,
        rule: &'static Rule,
        file: &str,
        field: &str,
        wording: impl Into<Wording>,
    ) {
        self.add_to(rule, |_| true, file, field, wording);
    }

    /// Like [`add`](Self::add), but only with the objections for which `applies` returns true.
    pub(crate) fn add_to(
        &mut self,
        rule: &'static Rule,
        applies: impl Fn(&Objection) -> bool,
        file: &str,
        field: &str,
        wording: impl Into<Wording>,
    ) {
        self.push(rule, applies, false, [file, field], wording.into());
    }

    /// Like [`add_to`](Self::add_to), but a warning where no objection applies: nothing is lost and
    /// no consumer rejects the package.
    pub(crate) fn add_or_warn(
        &mut self,
        rule: &'static Rule,
        applies: impl Fn(&Objection) -> bool,
        file: &str,
        field: &str,
        wording: impl Into<Wording>,
    ) {
        self.push(rule, applies, true, [file, field], wording.into());
    }

    fn push(
        &mut self,
        rule: &'static Rule,
        applies: impl Fn(&Objection) -> bool,
        may_warn: bool,
        [file, field]: [&str; 2],
        Wording { message, advice }: Wording,
    ) {
        if self.in_order.len() == MAX_FINDINGS {
            self.left_out += 1;
            return;
        }
        let objections: Vec<_> = rule.objections.iter().copied().filter(applies).collect();
        let is_harmless = may_warn && objections.is_empty();
        let advice = advice.or_else(|| rule.advice.map(|advice| advice())).unwrap_or_default();
        let finding = Finding {
            severity: if is_harmless { Severity::Warning } else { rule.severity },
            rule: rule.id,
            objections,
            file: one_line(&excerpt(file)),
            field: one_line(&excerpt(field)),
            message: one_line(&cut(&message, 600)),
            advice: one_line(&cut(&advice, 400)),
        };
        if self.known.insert(finding.clone()) {
            self.in_order.push(finding);
        }
    }

    /// Returns the findings, errors first, and the number left out. Keeps only objections of
    /// consumers that open this kind of package.
    pub(crate) fn finish(self, opens: impl Fn(Consumer) -> bool) -> (Vec<Finding>, usize) {
        let mut findings = self.in_order;
        findings
            .iter_mut()
            .for_each(|finding| finding.objections.retain(|objection| opens(objection.consumer)));
        findings.sort_by_key(|finding| finding.severity);
        (findings, self.left_out)
    }
}

/// Names and values come from files: line breaks and escape codes must not reach a terminal.
fn one_line(text: &str) -> String {
    text.replace(is_unprintable, "\u{fffd}")
}

/// Control characters and those that change the text direction.
fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::meta::META_LABEL_UNKNOWN;
    use crate::check::version::VERSION_FORMAT;

    #[test]
    fn duplicates_are_dropped_and_floods_counted() {
        let mut findings = Findings::default();
        for n in (0..10).chain(0..MAX_FINDINGS + 7) {
            findings.add(&VERSION_FORMAT, "VERSION", &n.to_string(), "bad".to_owned());
        }
        let (list, left_out) = findings.finish(|_| true);
        assert_eq!((list.len(), left_out), (MAX_FINDINGS, 7));
    }

    #[test]
    fn errors_stop_at_import_save_or_own_rules() {
        let stops = |rule, applies: &dyn Fn(&Objection) -> bool| {
            let mut findings = Findings::default();
            findings.add_to(rule, applies, "VERSION", "", "bad".to_owned());
            findings.finish(|_| true).0[0].stops()
        };
        // The new importer rejects what the old one drops.
        assert!(stops(&VERSION_FORMAT, &|_| true));
        assert!(!stops(&VERSION_FORMAT, &|objection| objection
            .is(Consumer::V1, Stage::SilentlyDropped)));
        assert!(stops(&VERSION_FORMAT, &|_| false), "a rule that only this check enforces");
        assert!(!stops(&META_LABEL_UNKNOWN, &|_| true), "a warning");
    }

    #[test]
    fn findings_are_one_line_without_escapes() {
        let mut findings = Findings::default();
        findings.add(
            &VERSION_FORMAT,
            "a\n/VERSION",
            "",
            ("found \u{1b}[31m\u{202e}".to_owned(), "fix it".to_owned()),
        );
        let line = findings.finish(|_| true).0[0].to_string();
        assert_eq!(line, "a\u{fffd}/VERSION: found \u{fffd}[31m\u{fffd}; fix it.");
    }
}
