//! A violated rule, and the list in which a check collects them.

use std::collections::HashSet;
use std::fmt;

/// A rule that a description, a definition or a package violates.
///
/// Displayed as one line, `file: field: rule`, or `file: rule` if it concerns the whole file.
///
/// ```
/// let problem = blueking_package::Problem {
///     file: "metrics.json".to_owned(),
///     field: "memory.table_desc".to_owned(),
///     rule: "The text is empty.".to_owned(),
/// };
/// assert_eq!(problem.to_string(), "metrics.json: memory.table_desc: The text is empty.");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Problem {
    /// The location: a file, an entry of the archive, or `definitions of <exporter>`.
    pub file: String,
    /// The field as a dotted path; empty for the whole file.
    pub field: String,
    /// The rule as a sentence: the limit, the offending value and the correction.
    pub rule: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = format!("{}: ", self.file);
        if !self.field.is_empty() {
            line += &format!("{}: ", self.field);
        }
        line += &self.rule;
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
    pub(crate) fn add(&mut self, location: Location, rule: impl Into<String>) {
        // Far longer than any rule that quotes a reasonable value.
        let rule = cut(&rule.into(), 1000);
        let problem = Problem { file: location.file, field: location.field, rule };
        if self.known.insert(problem.clone()) {
            self.in_order.push(problem);
        }
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
        problems.add(Location::new("info.json", "name"), "The name \"a\r\nb\" is bad.");
        problems.add(Location::whole("logo.png"), "It is missing.");
        let lines: Vec<_> = problems.into_vec().iter().map(Problem::to_string).collect();
        assert_eq!(
            lines,
            ["info.json: name: The name \"a  b\" is bad.", "logo.png: It is missing."]
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
        problems.add(Location::whole("a"), "b");
        problems.add(Location::whole("a"), "b");
        assert_eq!(problems.into_vec().len(), 1);
    }
}
