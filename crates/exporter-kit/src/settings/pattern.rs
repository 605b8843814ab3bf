//! Regular expressions with which operators select devices, mount points, fields and so on.

use regex_lite::Regex;

/// A regular expression in the syntax of node_exporter's flags (RE2 without Unicode classes). It
/// matches anywhere in a text unless anchored with `^` and `$`.
#[derive(Clone, Debug)]
pub struct Pattern {
    expression: Box<str>,
    regex: Regex,
}

impl Pattern {
    /// Compiles an expression.
    ///
    /// # Errors
    ///
    /// The expression is invalid; the message says why.
    pub fn new(expression: &str) -> Result<Self, String> {
        // An error should refer to the original expression.
        let regex = Regex::new(&without_captures(expression)).or_else(|_| Regex::new(expression));
        let regex = regex.map_err(|error| error.to_string())?;
        Ok(Self { expression: expression.into(), regex })
    }

    /// Like [`new`](Self::new), for an expression that matches whole texts only.
    pub(crate) fn new_whole(expression: &str) -> Result<Self, String> {
        Self::new(expression)?;
        let regex = Regex::new(&without_captures(&format!("^(?:{expression})$")));
        let regex = regex.map_err(|error| error.to_string())?;
        Ok(Self { expression: expression.into(), regex })
    }

    /// Whether the expression matches anywhere in `text`, or all of it if the flag of the pattern is
    /// [`whole`](crate::Flag::whole).
    pub fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    /// Whether the expression matches the whole of `text`, for what must not slip through, such as
    /// the targets of requests. Compiles an expression at each call.
    ///
    /// Host names compare without case: that of `DB-1:6379` and `http://DB-1`, not that of a text
    /// with a path.
    pub fn is_whole_match(&self, text: &str) -> bool {
        let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
        let case = if rest.contains('/') { "" } else { "i" };
        let anchored = without_captures(&format!("^(?{case}:{})$", self.expression));
        Regex::new(&anchored).is_ok_and(|regex| regex.is_match(text))
    }

    /// The expression as text.
    pub fn as_str(&self) -> &str {
        &self.expression
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Pattern {}

/// Turns capturing groups into non-capturing ones. For each start and end of a captured group the
/// matcher keeps a table of all states, which takes a quarter of a megabyte for some defaults.
fn without_captures(expression: &str) -> String {
    let mut result = String::with_capacity(expression.len() + 16);
    let mut rest = expression;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\\' => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
            '[' => class_bytes(rest),
            _ => first.len_utf8(),
        };
        result.push_str(&rest[..length]);
        rest = &rest[length..];
        if first == '(' && !rest.starts_with('?') {
            result.push_str("?:");
        }
    }
    result
}

/// The length of the character class at the start of the text.
fn class_bytes(text: &str) -> usize {
    let after = |at: usize, what: char| at + usize::from(text[at..].starts_with(what));
    // A bracket in first position does not close the class.
    let mut at = after(after(1, '^'), ']');
    while let Some(next) = text[at..].chars().next() {
        at += match next {
            ']' => return at + 1,
            '\\' => 1 + text[at + 1..].chars().next().map_or(0, char::len_utf8),
            // [:alpha:]
            '[' => text[at..]
                .find(":]")
                .filter(|_| text[at..].starts_with("[:"))
                .map_or(1, |end| end + 2),
            _ => next.len_utf8(),
        };
    }
    at
}

/// Selects names that match `include`, if set, and do not match `exclude`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    include: Option<Pattern>,
    exclude: Option<Pattern>,
}

impl Filter {
    /// A filter of two expressions; without either, it selects every name.
    pub fn new(include: Option<Pattern>, exclude: Option<Pattern>) -> Self {
        Self { include, exclude }
    }

    /// Whether the filter selects `name`.
    pub fn wants(&self, name: &str) -> bool {
        self.include.as_ref().is_none_or(|include| include.is_match(name))
            && !self.exclude.as_ref().is_some_and(|exclude| exclude.is_match(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_match_as_in_go() {
        for (expression, text, expected) in [
            ("eth", "veth0", true),
            ("^(eth|lo)$", "eth0", false),
            (r"^(z?ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+$", "nvme0n1p1", true),
            (r"^(z?ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+$", "sda", false),
            (r"^(z?ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+$", "sda٣", false),
            ("^$", "", true),
            (r"^/(dev|proc|run/credentials/.+)($|/)", "/run/credentials/x/y", true),
            (r"^/(dev|proc|run/credentials/.+)($|/)", "/development", false),
        ] {
            assert_eq!(Pattern::new(expression).unwrap().is_match(text), expected, "{text}");
        }
        assert!(Pattern::new("a(b").is_err() && Pattern::new("*").is_err());
    }

    #[test]
    fn whole_pattern_matches_whole_texts() {
        let pattern = Pattern::new_whole("a|b.+").unwrap();
        let texts = ["a", "bc", "ab", "b", "xa", "A"];
        assert_eq!(
            texts.map(|text| pattern.is_match(text)),
            [true, true, false, false, false, false]
        );
        assert_eq!(pattern.as_str(), "a|b.+");
        // Each of these has a bracket too few or too many.
        for expression in ["a)(?:b", "a)|(b", "("] {
            assert!(Pattern::new_whole(expression).is_err(), "{expression}");
        }
    }

    #[test]
    fn whole_match_needs_no_anchors() {
        for (expression, text, expected) in [
            ("a|ab", "ab", true),
            ("a|ab", "abc", false),
            ("^(a|b)$", "b", true),
            ("b", "ab", false),
            ("", "", true),
            ("", "a", false),
            ("a", "a\n", false),
            (r"DB-\d+:6379", "db-1:6379", true),
            (r"db-\d:\D+", "DB-1:6379", false),
            ("(?-i)DB", "db", false),
            ("http://DB", "http://db", true),
            ("http://db/A", "http://db/A", true),
            ("http://db/A", "http://db/a", false),
            ("/run/Db", "/run/db", false),
        ] {
            let pattern = Pattern::new(expression).unwrap();
            assert_eq!(pattern.is_whole_match(text), expected, "{expression} {text}");
        }
    }

    #[test]
    fn groups_do_not_capture_and_match_the_same() {
        for (expression, expected) in [
            ("^(a|(b|c)d)$", "^(?:a|(?:b|c)d)$"),
            (r"\((x)\\(y)", r"\((?:x)\\(?:y)"),
            ("[(](a)[^](](b)[]()](c)", "[(](?:a)[^](](?:b)[]()](?:c)"),
            (r"[\](](a)[[:alpha:](](b)[[(](c)", r"[\](](?:a)[[:alpha:](](?:b)[[(](?:c)"),
            ("(?i)(?:a)(?P<n>b)(é)[é(]", "(?i)(?:a)(?P<n>b)(?:é)[é(]"),
            ("[", "["),
            ("[(", "[("),
            ("\\", "\\"),
        ] {
            assert_eq!(without_captures(expression), expected);
        }
        let pattern = Pattern::new("^(a)[(]$").unwrap();
        assert!(pattern.is_match("a(") && !pattern.is_match("a?"));
        assert_eq!(pattern.as_str(), "^(a)[(]$");
    }

    #[test]
    fn filters_select_included_and_not_excluded_names() {
        let pattern = |text: &str| Some(Pattern::new(text).unwrap());
        assert!(Filter::default().wants("eth0"));
        let include = Filter::new(pattern("^eth"), None);
        assert!(include.wants("eth0") && !include.wants("lo"));
        let exclude = Filter::new(None, pattern("^eth"));
        assert!(!exclude.wants("eth0") && exclude.wants("lo"));
    }
}
