//! One line of a page as the agent parses it: in isolation, so that HELP and TYPE have no effect,
//! and more leniently than Prometheus.

use std::collections::BTreeMap;

/// A sample of a page.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Exposed name, such as `wait_seconds_bucket`.
    pub name: String,
    /// Labels with their values; the last value wins if a label is repeated.
    pub labels: BTreeMap<String, String>,
    /// The value. The agent drops values that are not finite.
    pub value: f64,
    /// Line number, from 1.
    pub line: usize,
}

/// A sample with the properties of its line.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Parsed {
    pub(super) sample: Sample,
    pub(super) has_timestamp: bool,
    /// The exemplar has a value that is not finite, which the agent cannot send.
    pub(super) has_bad_exemplar: bool,
}

/// Parses a line that is neither empty nor a comment; `None` if the agent cannot parse it.
pub(super) fn parse(line: &str, number: usize) -> Option<Parsed> {
    let line = line.trim_start_matches([' ', '\t']);
    let end = line.find(|c: char| !is_name_char(c)).unwrap_or(line.len());
    let (name, rest) = line.split_at(end);
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let rest = rest.trim_start_matches([' ', '\t']);
    let (mut labels, rest) = match rest.strip_prefix('{') {
        Some(rest) => labels(rest)?,
        None => (BTreeMap::new(), rest),
    };
    labels.remove("__name__");
    let mut words = rest.split([' ', '\t']).filter(|word| !word.is_empty());
    let value = parse_number(words.next()?)?;
    // The agent ignores a word in place of the timestamp if it is not a number.
    let has_timestamp = words.next().is_some_and(|word| parse_number(word).is_some());
    let sample = Sample { name: name.to_owned(), labels, value, line: number };
    Some(Parsed { sample, has_timestamp, has_bad_exemplar: has_bad_exemplar(rest) })
}

/// The labels after a `{`, and the text after the matching `}`.
fn labels(mut rest: &str) -> Option<(BTreeMap<String, String>, &str)> {
    let mut labels = BTreeMap::new();
    loop {
        rest = rest.trim_start_matches([' ', '\t']);
        if let Some(rest) = rest.strip_prefix('}') {
            return Some((labels, rest));
        }
        let (name, after) = rest.split_once('=')?;
        let name = name.trim_matches([' ', '\t']);
        let is_name = !name.is_empty()
            && !name.starts_with(|c: char| c.is_ascii_digit())
            && name.chars().all(|c| is_name_char(c) && c != ':');
        if !is_name {
            return None;
        }
        let (value, after) = quoted(after.trim_start_matches([' ', '\t']).strip_prefix('"')?)?;
        labels.insert(name.to_owned(), value);
        rest = after.trim_start_matches([' ', '\t']);
        match rest.strip_prefix(',') {
            Some(after) => rest = after,
            None if rest.starts_with('}') => {}
            None => return None,
        }
    }
}

/// A text up to its closing quote, and the text after it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => match chars.next()?.1 {
                'n' => value.push('\n'),
                escaped @ ('\\' | '"') => value.push(escaped),
                _ => return None,
            },
            _ => value.push(c),
        }
    }
    None
}

/// Whether the text after a sample's labels ends with an exemplar that has a trace id and a value
/// that is not finite.
fn has_bad_exemplar(rest: &str) -> bool {
    let Some((_, exemplar)) = rest.split_once("# {") else { return false };
    let Some((labels, after)) = labels(exemplar) else { return false };
    let mut words = after.split([' ', '\t']).filter(|word| !word.is_empty());
    let value = words.next().and_then(parse_number);
    labels.contains_key("trace_id") && value.is_some_and(|value| !value.is_finite())
}

/// Parses a number like Go's `ParseFloat`; Rust accepts the same spellings of infinity and NaN.
fn parse_number(word: &str) -> Option<f64> {
    word.parse().ok()
}

fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == ':'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_parsed() {
        for (line, name, labels, value) in [
            ("a 1", "a", "", 1.0),
            ("a:b_c 1e3 ", "a:b_c", "", 1000.0),
            ("  \ta\t2", "a", "", 2.0),
            ("a{} -0.5", "a", "", -0.5),
            ("a {b=\"c\"} 1", "a", "b=c", 1.0),
            ("a{b=\"c\",}1", "a", "b=c", 1.0),
            ("a{ b = \"c\" , d=\"e\" } 1", "a", "b=c d=e", 1.0),
            (r#"a{b="\\\"\n}"} 1"#, "a", "b=\\\"\n}", 1.0),
            ("a{b=\"磁盘 {,\"} 1", "a", "b=磁盘 {,", 1.0),
            ("a{b=\"1\",b=\"2\"} 1", "a", "b=2", 1.0),
            ("a{__name__=\"x\",b=\"2\"} 1", "a", "b=2", 1.0),
            ("a_bucket{le=\"+Inf\"} 7", "a_bucket", "le=+Inf", 7.0),
            ("a 1 junk", "a", "", 1.0),
            ("a 1 # text", "a", "", 1.0),
            ("a 1 # {trace_id=\"x\"} 0.5", "a", "", 1.0),
            ("a +Inf", "a", "", f64::INFINITY),
            ("a -inf", "a", "", f64::NEG_INFINITY),
        ] {
            let parsed = parse(line, 3).unwrap_or_else(|| panic!("{line}"));
            let found: Vec<_> = parsed
                .sample
                .labels
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            assert_eq!((&*parsed.sample.name, &*found.join(" ")), (name, labels), "{line}");
            assert_eq!((parsed.sample.value, parsed.sample.line), (value, 3), "{line}");
            assert!(!parsed.has_timestamp && !parsed.has_bad_exemplar, "{line}");
        }
        assert!(parse("a NaN", 1).is_some_and(|parsed| parsed.sample.value.is_nan()));
        assert!(parse("a 1 1700000000", 1).is_some_and(|parsed| parsed.has_timestamp));
        let exemplar = parse("a 1 # {trace_id=\"x\"} NaN", 1);
        assert!(exemplar.is_some_and(|parsed| parsed.has_bad_exemplar));
    }

    #[test]
    fn other_lines_are_rejected() {
        for line in [
            "a",
            "a ",
            "a x",
            "1a 1",
            "{b=\"c\"} 1",
            "a{b=\"c\" 1",
            "a{b=c} 1",
            "a{b=\"c} 1",
            "a{b=\"c\"d=\"e\"} 1",
            "a{1b=\"c\"} 1",
            "a{b:c=\"d\"} 1",
            "a{b=\"\\x\"} 1",
            "{\"a\",b=\"c\"} 1",
            "a-b 1",
            "温度 1",
            "a 1\r",
            "<html>",
            "a{b=\"\\",
            "a{,} 1",
        ] {
            assert_eq!(parse(line, 1), None, "{line}");
        }
    }
}
