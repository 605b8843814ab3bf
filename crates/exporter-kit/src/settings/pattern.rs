//! Regular expressions that operators write to choose devices, mount points, fields and the like.

use regex_lite::Regex;

/// A regular expression, as node_exporter's flags take it (RE2 but for Unicode classes): it matches
/// anywhere in a text unless it has `^` and `$`.
#[derive(Clone, Debug)]
pub struct Pattern(Regex);

impl Pattern {
    /// Compiles an expression.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn new(expression: &str) -> Result<Self, String> {
        Regex::new(expression).map(Self).map_err(|error| error.to_string())
    }

    /// Whether it matches somewhere in `text`.
    pub fn is_match(&self, text: &str) -> bool {
        self.0.is_match(text)
    }

    /// The expression.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Pattern {}

/// Which names are wanted: those that match `include`, where there is one, and not `exclude`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    include: Option<Pattern>,
    exclude: Option<Pattern>,
}

impl Filter {
    /// A filter of two expressions; without either, every name is wanted.
    pub fn new(include: Option<Pattern>, exclude: Option<Pattern>) -> Self {
        Self { include, exclude }
    }

    /// Whether `name` is wanted.
    pub fn wants(&self, name: &str) -> bool {
        self.include.as_ref().is_none_or(|include| include.is_match(name))
            && !self.exclude.as_ref().is_some_and(|exclude| exclude.is_match(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_match_as_go_has_them() {
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
    fn a_filter_wants_what_is_included_and_not_excluded() {
        let pattern = |text: &str| Some(Pattern::new(text).unwrap());
        assert!(Filter::default().wants("eth0"));
        let include = Filter::new(pattern("^eth"), None);
        assert!(include.wants("eth0") && !include.wants("lo"));
        let exclude = Filter::new(None, pattern("^eth"));
        assert!(!exclude.wants("eth0") && exclude.wants("lo"));
    }
}
