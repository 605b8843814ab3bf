//! One broken rule, and the list in which a check collects all of them.

use std::collections::HashSet;
use std::fmt;

/// A rule that a description, a definition or a package breaks.
///
/// Shown as one line, `file: field: rule`, or `file: rule` where the whole file is meant.
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
    /// Where to look: a file, an entry of the archive, or `definitions of <exporter>`.
    pub file: String,
    /// What in it, as a dotted path; empty for the whole file.
    pub field: String,
    /// The rule as a sentence: the limit, the offending value and what to do.
    pub rule: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = format!("{}: ", self.file);
        if !self.field.is_empty() {
            line += &format!("{}: ", self.field);
        }
        line += &self.rule;
        // Names and values come from files: a line break in one must not make two problems.
        f.write_str(&line.replace(char::is_control, " "))
    }
}

/// Where a rule is looked at: the `file` and `field` of a [`Problem`] to be.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    file: String,
    field: String,
}

impl Place {
    pub(crate) fn new(file: impl Into<String>, field: impl Into<String>) -> Self {
        Self { file: file.into(), field: excerpt(&field.into()) }
    }

    pub(crate) fn whole(file: impl Into<String>) -> Self {
        Self::new(file, "")
    }
}

/// The problems found so far. The same problem is kept once: one fact of a description can end
/// up in several documents.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    in_order: Vec<Problem>,
    known: HashSet<Problem>,
}

impl Problems {
    pub(crate) fn add(&mut self, place: Place, rule: impl Into<String>) {
        // Far longer than any rule, unless a value that it quotes is absurdly long.
        let rule = cut(&rule.into(), 1000);
        let problem = Problem { file: place.file, field: place.field, rule };
        if self.known.insert(problem.clone()) {
            self.in_order.push(problem);
        }
    }

    pub(crate) fn into_vec(self) -> Vec<Problem> {
        self.in_order
    }
}

/// A value as a problem quotes it: whole in any sensible case, cut where a damaged file would
/// fill the screen.
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
    fn a_problem_is_one_line_whatever_it_quotes() {
        let mut problems = Problems::default();
        problems.add(Place::new("info.json", "name"), "The name \"a\r\nb\" is bad.");
        problems.add(Place::whole("logo.png"), "It is missing.");
        let lines: Vec<_> = problems.into_vec().iter().map(Problem::to_string).collect();
        assert_eq!(
            lines,
            ["info.json: name: The name \"a  b\" is bad.", "logo.png: It is missing."]
        );
    }

    #[test]
    fn long_values_are_cut_between_characters() {
        assert_eq!(excerpt(&"内".repeat(120)), "内".repeat(120));
        assert_eq!(excerpt(&"内".repeat(121)), "内".repeat(120) + "…");
    }

    #[test]
    fn the_same_problem_is_kept_once() {
        let mut problems = Problems::default();
        problems.add(Place::whole("a"), "b");
        problems.add(Place::whole("a"), "b");
        assert_eq!(problems.into_vec().len(), 1);
    }
}
