//! The arguments that a user gives for the exporter, matched with its help. Pure.

use std::fmt;

use super::help::Help;

/// One argument of `--args`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Given {
    /// A flag and its value; a switch has none.
    Flag(String, Option<String>),
    /// A positional argument.
    Argument(String),
}

/// Splits the text of `--args` at blanks; quotes keep blanks together.
///
/// # Errors
/// The quote that is not closed.
pub(super) fn split(text: &str) -> Result<Vec<String>, char> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in text.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    quote.map_or(Ok(words), Err)
}

impl fmt::Display for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name, Some(value)) => write!(f, "{name}={value}"),
            Self::Flag(word, None) | Self::Argument(word) => f.write_str(word),
        }
    }
}

impl Given {
    /// The words as BlueKing passes them: a value is a word of its own, unless it is a switch's.
    pub(super) fn words(given: &[Self], help: &Help) -> Vec<String> {
        let is_switch = |name: &str| {
            let bare = name.trim_start_matches('-');
            let known = help.flags.iter().find(|flag| flag.name.trim_start_matches('-') == bare);
            known.is_some_and(|flag| flag.value.is_none())
        };
        let words = given.iter().flat_map(|given| match given {
            Self::Flag(name, Some(value)) if !is_switch(name) => vec![name.clone(), value.clone()],
            given => vec![given.to_string()],
        });
        words.collect()
    }

    /// Recognises flags and their values among words.
    pub(super) fn parse(words: &[String], help: &Help) -> Vec<Self> {
        let mut given = Vec::new();
        let mut rest = words.iter();
        while let Some(word) = rest.next() {
            if !word.starts_with('-') || word == "-" {
                given.push(Self::Argument(word.clone()));
                continue;
            }
            if let Some((name, value)) = word.split_once('=') {
                given.push(Self::Flag(name.to_owned(), Some(value.to_owned())));
                continue;
            }
            let known = help
                .flags
                .iter()
                .find(|flag| flag.name.trim_start_matches('-') == word.trim_start_matches('-'));
            let value = match known {
                Some(flag) => flag.value.is_some(),
                // An unknown flag has a value if the next word can be one.
                None => rest.as_slice().first().is_some_and(|next| !next.starts_with('-')),
            };
            let value = if value { rest.next().cloned() } else { None };
            given.push(Self::Flag(word.clone(), value));
        }
        given
    }
}

#[cfg(test)]
mod tests {
    use super::super::help;
    use super::*;

    #[test]
    fn words_are_split_like_in_a_shell() {
        for (text, expected) in [
            ("", &[][..]),
            ("  a  b ", &["a", "b"]),
            ("a=\"b c\" 'd e'f", &["a=b c", "d ef"]),
            ("\"\"", &[""]),
            ("\"it's\"", &["it's"]),
        ] {
            assert_eq!(split(text).unwrap(), expected, "{text}");
        }
        assert_eq!(split("a 'b"), Err('\''));
    }

    #[test]
    fn values_belong_to_their_flags() {
        let help = help::parse(
            "Usage of x:\n  -addr string\n    \tWhere. (default \":1\")\n  -deep\n    \tAll of it.\n",
        );
        let words = split("-addr :2 -deep main --addr=:3 -other v -last").unwrap();
        let flag = |name: &str, value: Option<&str>| {
            Given::Flag(name.to_owned(), value.map(str::to_owned))
        };
        let expected = [
            flag("-addr", Some(":2")),
            flag("-deep", None),
            Given::Argument("main".to_owned()),
            flag("--addr", Some(":3")),
            flag("-other", Some("v")),
            flag("-last", None),
        ];
        assert_eq!(Given::parse(&words, &help), expected);
        let words =
            Given::words(&Given::parse(&split("--addr=:3 -deep=false x").unwrap(), &help), &help);
        assert_eq!(words, ["--addr", ":3", "-deep=false", "x"]);
    }
}
