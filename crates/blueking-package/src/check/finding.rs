//! What a check reports: one finding for each place that breaks a rule, and the list that
//! collects them.

use std::collections::HashSet;
use std::fmt;

use serde::Serialize;

use super::rule::Rule;
use crate::problem::{cut, excerpt};

/// Most findings of one report. What comes after is counted only: a damaged list of a million
/// elements is one mistake.
const MAX_FINDINGS: usize = 500;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// A reader refuses the package, the exporter will not do its work, or nobody can tell what
    /// becomes of it.
    Error,
    /// It works somewhere or somehow, but not as it looks.
    Warning,
}

/// Who objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Reader {
    /// The one-click import of BlueKing 5.1.
    #[serde(rename = "5.1")]
    V51,
    /// The importer of BlueKing monitoring 6.x and 7.x.
    #[serde(rename = "v1")]
    V1,
    /// The stricter importer that replaces it.
    #[serde(rename = "V2")]
    V2,
    /// BlueKing's node management (节点管理), which distributes and starts plugins.
    #[serde(rename = "nodeman")]
    Nodeman,
    /// The pages on which plugins are edited.
    #[serde(rename = "UI")]
    Ui,
    /// The host that the exporter runs on, and the agent there.
    #[serde(rename = "host")]
    Host,
}

/// When it shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// The import is refused.
    Import,
    /// The import looks good, and saving the plugin fails.
    Save,
    /// Nobody says anything, and something of the package is gone.
    Lost,
    /// It shows when the exporter is started or scraped.
    Run,
}

/// That a reader objects: who, when, and in which words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Objection {
    /// When it shows.
    pub stage: Stage,
    /// Who objects.
    pub reader: Reader,
    /// The error code that the server answers with, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<u32>,
    /// What the server says, in its own words, where they are known.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub answer: &'static str,
}

/// One place of a package that breaks one rule.
///
/// Shown as one line, `file: field: message; advice`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// Id of the rule, for example `version-format`; [`rules`](super::rules) has all of them.
    pub rule: &'static str,
    /// Who objects and when, the earliest stage first. Empty where no reader is known to: then the
    /// check itself asks for it.
    pub objections: Vec<Objection>,
    /// Path in the archive; empty where the archive itself is meant.
    pub file: String,
    /// What in the file, as a dotted path; empty for the whole of it.
    pub field: String,
    /// What is wrong, with the offending value.
    pub message: String,
    /// What to do.
    pub advice: String,
}

impl Finding {
    /// Whether it is an error that an import or a save ends at, or one that the check itself stops
    /// at.
    pub fn stops(&self) -> bool {
        let ends = |one: &Objection| matches!(one.stage, Stage::Import | Stage::Save);
        self.severity == Severity::Error
            && (self.objections.is_empty() || self.objections.iter().any(ends))
    }
}

impl Objection {
    /// Whether this is what that reader objects to at that stage.
    pub fn is(&self, reader: Reader, stage: Stage) -> bool {
        self.reader == reader && self.stage == stage
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in [&self.file, &self.field] {
            if !part.is_empty() {
                write!(f, "{part}: ")?;
            }
        }
        write!(f, "{}; {}.", self.message, self.advice)
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

impl fmt::Display for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V51 => "5.1",
            Self::V1 => "v1",
            Self::V2 => "V2",
            Self::Nodeman => "nodeman",
            Self::Ui => "UI",
            Self::Host => "host",
        })
    }
}

impl Reader {
    /// Who that is, for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::V51 => "the one-click import of BlueKing 5.1",
            Self::V1 => "the importer of 6.x and 7.x",
            Self::V2 => "the newer, stricter importer",
            Self::Nodeman => "node management (节点管理)",
            Self::Ui => "the pages on which plugins are edited",
            Self::Host => "the host that runs the exporter, with the agent",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Import => "at import",
            Self::Save => "at save",
            Self::Lost => "lost silently",
            Self::Run => "at run time",
        })
    }
}

/// The findings so far. The same one is kept once.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    in_order: Vec<Finding>,
    known: HashSet<Finding>,
    /// How many came after the list was full.
    left_out: usize,
}

impl Findings {
    /// Adds what breaks `rule`, to all who object to that. `message` and `advice` are the two halves
    /// of one sentence, with neither the semicolon between them nor the full stop.
    pub(crate) fn add(
        &mut self,
        rule: &'static Rule,
        file: &str,
        field: &str,
        message: impl AsRef<str>,
        advice: impl AsRef<str>,
    ) {
        self.add_to(rule, |_| true, file, field, message, advice);
    }

    /// As [`add`](Self::add), where it depends on more than the rule who objects, or when: only the
    /// objections that `applies` holds for are this finding's.
    pub(crate) fn add_to(
        &mut self,
        rule: &'static Rule,
        applies: impl Fn(&Objection) -> bool,
        file: &str,
        field: &str,
        message: impl AsRef<str>,
        advice: impl AsRef<str>,
    ) {
        if self.in_order.len() == MAX_FINDINGS {
            self.left_out += 1;
            return;
        }
        let finding = Finding {
            severity: rule.severity,
            rule: rule.id,
            objections: rule.objections.iter().filter(|one| applies(one)).copied().collect(),
            file: one_line(&excerpt(file)),
            field: one_line(&excerpt(field)),
            message: one_line(&cut(message.as_ref(), 600)),
            advice: one_line(&cut(advice.as_ref(), 400)),
        };
        if self.known.insert(finding.clone()) {
            self.in_order.push(finding);
        }
    }

    /// The findings, errors first, and how many more there were; of objections those of the
    /// readers that see such a package at all.
    pub(crate) fn finish(self, sees: impl Fn(Reader) -> bool) -> (Vec<Finding>, usize) {
        let mut findings = self.in_order;
        findings.iter_mut().for_each(|one| one.objections.retain(|by| sees(by.reader)));
        findings.sort_by_key(|finding| finding.severity);
        (findings, self.left_out)
    }
}

/// Names and values come from files: a line break or an escape code in one must not reach a
/// terminal.
fn one_line(text: &str) -> String {
    text.replace(is_unprintable, "\u{fffd}")
}

/// Control characters, and those that turn the direction of the text after them.
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
    fn the_same_finding_is_kept_once_and_a_flood_is_counted() {
        let mut findings = Findings::default();
        for n in (0..10).chain(0..MAX_FINDINGS + 7) {
            findings.add(&VERSION_FORMAT, "VERSION", &n.to_string(), "bad", "mend it");
        }
        let (list, left_out) = findings.finish(|_| true);
        assert_eq!((list.len(), left_out), (MAX_FINDINGS, 7));
    }

    #[test]
    fn an_error_stops_where_one_reader_does_or_none_is_known_to_go_on() {
        let stops = |rule, applies: &dyn Fn(&Objection) -> bool| {
            let mut findings = Findings::default();
            findings.add_to(rule, applies, "VERSION", "", "bad", "mend it");
            findings.finish(|_| true).0[0].stops()
        };
        // The new importer refuses what the old one loses.
        assert!(stops(&VERSION_FORMAT, &|_| true));
        assert!(!stops(&VERSION_FORMAT, &|one| one.is(Reader::V1, Stage::Lost)));
        assert!(stops(&VERSION_FORMAT, &|_| false), "a rule of the check's own");
        assert!(!stops(&META_LABEL_UNKNOWN, &|_| true), "a warning");
    }

    #[test]
    fn a_finding_is_one_line_without_escape_codes() {
        let mut findings = Findings::default();
        findings.add(&VERSION_FORMAT, "a\n/VERSION", "", "found \u{1b}[31m\u{202e}", "mend it");
        let line = findings.finish(|_| true).0[0].to_string();
        assert_eq!(line, "a\u{fffd}/VERSION: found \u{fffd}[31m\u{fffd}; mend it.");
    }
}
