//! A violated rule, and the list in which a check collects them.

use std::collections::HashSet;
use std::fmt;

use crate::texts::{located, sentence};

/// A rule that a description, a definition or a package violates.
///
/// Displayed as one line, `file: field: message; advice.`, without the field if it concerns the
/// whole file.
///
/// ```
/// let problem = blueking_package::Problem {
///     file: "metrics.json".to_owned(),
///     field: "memory.table_desc".to_owned(),
///     message: "the text is empty".to_owned(),
///     advice: "add one".to_owned(),
/// };
/// assert_eq!(problem.to_string(), "metrics.json: memory.table_desc: the text is empty; add one.");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Problem {
    /// The location: a file, an entry of the archive, or `definitions of <exporter>`.
    pub file: String,
    /// The field as a dotted path; empty for the whole file.
    pub field: String,
    /// The violation: the limit and the offending value.
    pub message: String,
    /// The correction.
    pub advice: String,
}

/// What is wrong with a value, and the correction, wherever it stands. Displayed as
/// `message; advice.`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The violation: the limit and the offending value.
    pub message: String,
    /// The correction.
    pub advice: String,
}

impl Violation {
    pub(crate) fn new(message: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { message: message.into(), advice: advice.into() }
    }
}

/// From a message and its advice.
impl From<(String, String)> for Violation {
    fn from((message, advice): (String, String)) -> Self {
        Self { message, advice }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&sentence(&self.message, &self.advice))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, field, message, advice } = self;
        let line = located(&[file, field], &sentence(message, advice));
        // Names and values come from files: a line break in one must not produce two problems.
        f.write_str(&line.replace(char::is_control, " "))
    }
}

/// A location to check: the `file` and `field` of a potential [`Problem`].
#[derive(Clone, Debug)]
pub(crate) struct Location {
    file: String,
    field: String,
}

impl Location {
    pub(crate) fn new(file: impl Into<String>, field: impl Into<String>) -> Self {
        Self { file: file.into(), field: excerpt(&field.into()) }
    }

    pub(crate) fn whole(file: impl Into<String>) -> Self {
        Self::new(file, "")
    }
}

/// The problems found so far. Duplicates are dropped: one fact of a description can appear in
/// several documents.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    in_order: Vec<Problem>,
    known: HashSet<Problem>,
}

impl Problems {
    pub(crate) fn add(
        &mut self,
        Location { file, field }: Location,
        violation: impl Into<Violation>,
    ) {
        let violation = violation.into();
        // Far longer than any text that quotes a reasonable value.
        let [message, advice] = [violation.message, violation.advice].map(|text| cut(&text, 600));
        let problem = Problem { file, field, message, advice };
        if self.known.insert(problem.clone()) {
            self.in_order.push(problem);
        }
    }

    /// Adds all violations at one place.
    pub(crate) fn add_all(
        &mut self,
        location: &Location,
        violations: impl IntoIterator<Item = Violation>,
    ) {
        violations.into_iter().for_each(|violation| self.add(location.clone(), violation));
    }

    /// The value, or the problems if there are any.
    pub(crate) fn into_result<T>(self, value: T) -> Result<T, Vec<Problem>> {
        if self.in_order.is_empty() { Ok(value) } else { Err(self.in_order) }
    }

    pub(crate) fn into_vec(self) -> Vec<Problem> {
        self.in_order
    }
}

/// A value as quoted in a problem: complete in normal cases, truncated so that a damaged file does
/// not flood the output.
pub(crate) fn excerpt(text: &str) -> String {
    cut(text, 120)
}

/// At most `limit` characters of a text.
pub(crate) fn cut(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_are_one_line() {
        let mut problems = Problems::default();
        let name = Violation::new("the name \"a\r\nb\" is bad", "rename it");
        problems.add(Location::new("info.json", "name"), name);
        problems.add(Location::whole("logo.png"), Violation::new("the file is missing", "add it"));
        let lines: Vec<_> = problems.into_vec().iter().map(Problem::to_string).collect();
        assert_eq!(
            lines,
            [
                "info.json: name: the name \"a  b\" is bad; rename it.",
                "logo.png: the file is missing; add it.",
            ]
        );
    }

    #[test]
    fn long_values_are_cut_at_characters() {
        assert_eq!(excerpt(&"内".repeat(120)), "内".repeat(120));
        assert_eq!(excerpt(&"内".repeat(121)), "内".repeat(120) + "…");
    }

    #[test]
    fn duplicate_problems_are_dropped() {
        let mut problems = Problems::default();
        problems.add(Location::whole("a"), Violation::new("b", "c"));
        problems.add(Location::whole("a"), Violation::new("b", "c"));
        assert_eq!(problems.into_vec().len(), 1);
    }
}
