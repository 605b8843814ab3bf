//! The text format of Prometheus, version 0.0.4, as other programs write it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use exporter_kit::Kind;

/// A whole file.
#[derive(Debug, Default)]
pub(super) struct Parsed<'a> {
    pub(super) families: Vec<Family<'a>>,
    pub(super) samples: Vec<Sample>,
    /// The labels of all samples.
    pub(super) labels: Vec<(&'a str, Cow<'a, str>)>,
    by_name: HashMap<&'a str, usize>,
}

#[derive(Debug)]
pub(super) struct Family<'a> {
    pub(super) name: &'a str,
    pub(super) help: Option<Cow<'a, str>>,
    pub(super) kind: Kind,
    /// There was a TYPE line.
    typed: bool,
    /// There was a sample.
    pub(super) used: bool,
}

#[derive(Debug)]
pub(super) struct Sample {
    /// Its place in the list of families.
    pub(super) family: usize,
    /// What its name adds to the family's.
    pub(super) suffix: &'static str,
    pub(super) labels: Range<usize>,
    pub(super) value: f64,
}

/// Reads a file; `None` where something in it is wrong.
pub(super) fn parse(text: &str) -> Option<Parsed<'_>> {
    // A last line without its end may have been cut off.
    if !text.is_empty() && !text.ends_with('\n') {
        return None;
    }
    let mut parsed = Parsed::default();
    for line in text.split_terminator('\n') {
        let line = line.trim_start_matches(is_blank);
        match line.strip_prefix('#') {
            Some(comment) => parsed.comment(comment)?,
            None if line.is_empty() => {}
            None => parsed.sample(line)?,
        }
    }
    Some(parsed)
}

impl<'a> Parsed<'a> {
    fn comment(&mut self, comment: &'a str) -> Option<()> {
        let (keyword, rest) = token(comment.trim_start_matches(is_blank));
        if keyword != "HELP" && keyword != "TYPE" {
            return Some(());
        }
        let (name, rest) = token(rest);
        if !is_name(name, true) {
            return None;
        }
        let at = self.family(name);
        let family = &mut self.families[at];
        if keyword == "HELP" {
            let help = unescaped(rest, false)?;
            return family.help.replace(help).is_none().then_some(());
        }
        let kinds = [Kind::Gauge, Kind::Counter, Kind::Histogram, Kind::Summary, Kind::Untyped];
        let word = rest.trim_end_matches(is_blank);
        family.kind = kinds.into_iter().find(|kind| word.eq_ignore_ascii_case(kind.as_str()))?;
        let is_first = !family.typed && !family.used;
        family.typed = true;
        is_first.then_some(())
    }

    fn sample(&mut self, line: &'a str) -> Option<()> {
        let end = line.find(|c: char| is_blank(c) || c == '{').unwrap_or(line.len());
        let (name, rest) = line.split_at(end);
        if !is_name(name, true) {
            return None;
        }
        let (family, suffix) = self.family_of_sample(name);
        let first = self.labels.len();
        let mut rest = rest.trim_start_matches(is_blank);
        if let Some(labels) = rest.strip_prefix('{') {
            rest = self.labels(labels, first)?;
        }
        let (value, rest) = token(rest.trim_start_matches(is_blank));
        // What follows the value is the time of the sample, which scrapers would take for its age.
        if !rest.is_empty() {
            return None;
        }
        let value: f64 = value.parse().ok()?;
        let labels = first..self.labels.len();
        self.families[family].used = true;
        let number = |name: &str| {
            let label = self.labels[labels.clone()].iter().find(|label| label.0 == name)?;
            label.1.parse::<f64>().ok()
        };
        match (self.families[family].kind, suffix) {
            (Kind::Histogram, "_bucket") => drop(number("le")?),
            (Kind::Histogram, "") => return None,
            (Kind::Counter, _) if value < 0.0 => return None,
            (Kind::Summary, "") => drop(number("quantile")?),
            _ => {}
        }
        self.samples.push(Sample { family, suffix, labels, value });
        Some(())
    }

    /// Reads labels up to their closing brace; returns what follows.
    fn labels(&mut self, labels: &'a str, first: usize) -> Option<&'a str> {
        let mut rest = labels.trim_start_matches(is_blank);
        loop {
            if let Some(rest) = rest.strip_prefix('}') {
                return Some(rest);
            }
            let (name, value) = rest.split_once('=')?;
            let name = name.trim_end_matches(is_blank);
            let known = self.labels[first..].iter().any(|label| label.0 == name);
            if !is_name(name, false) || name == "__name__" || known {
                return None;
            }
            let value = value.trim_start_matches(is_blank).strip_prefix('"')?;
            let end = closing_quote(value)?;
            self.labels.push((name, unescaped(&value[..end], true)?));
            rest = value[end + 1..].trim_start_matches(is_blank);
            match rest.strip_prefix(',') {
                Some(more) => rest = more.trim_start_matches(is_blank),
                None if rest.starts_with('}') => {}
                None => return None,
            }
        }
    }

    /// The family that a sample belongs to, and what its name adds to the family's.
    fn family_of_sample(&mut self, name: &'a str) -> (usize, &'static str) {
        if let Some(&family) = self.by_name.get(name) {
            return (family, "");
        }
        for suffix in ["_bucket", "_sum", "_count"] {
            let Some(base) = name.strip_suffix(suffix) else { continue };
            if let Some(&family) = self.by_name.get(base) {
                match self.families[family].kind {
                    Kind::Histogram => return (family, suffix),
                    Kind::Summary if suffix != "_bucket" => return (family, suffix),
                    _ => {}
                }
            }
        }
        (self.family(name), "")
    }

    fn family(&mut self, name: &'a str) -> usize {
        *self.by_name.entry(name).or_insert_with(|| {
            let kind = Kind::Untyped;
            self.families.push(Family { name, help: None, kind, typed: false, used: false });
            self.families.len() - 1
        })
    }
}

fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t')
}

/// The text up to the next blank, and what follows the blanks.
fn token(text: &str) -> (&str, &str) {
    let (token, rest) = text.split_once(is_blank).unwrap_or((text, ""));
    (token, rest.trim_start_matches(is_blank))
}

fn is_name(name: &str, colons: bool) -> bool {
    let sound = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || colons && byte == b':';
    name.bytes().all(sound) && name.bytes().next().is_some_and(|first| !first.is_ascii_digit())
}

fn closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|byte| {
        let closes = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        closes
    })
}

/// A text without its escapes; `None` where there is one that the format does not have.
fn unescaped(text: &str, quoted: bool) -> Option<Cow<'_, str>> {
    if !text.contains('\\') {
        return Some(text.into());
    }
    let (mut plain, mut characters) = (String::with_capacity(text.len()), text.chars());
    while let Some(character) = characters.next() {
        plain.push(match (character, quoted) {
            ('\\', _) => match characters.next()? {
                'n' => '\n',
                '\\' => '\\',
                '"' if quoted => '"',
                _ => return None,
            },
            _ => character,
        });
    }
    Some(plain.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each sample as it was understood.
    fn samples(text: &str) -> Vec<String> {
        let parsed = parse(text).unwrap();
        let show = |sample: &Sample| {
            let family = &parsed.families[sample.family];
            let labels = &parsed.labels[sample.labels.clone()];
            let labels: Vec<_> =
                labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let (kind, suffix) = (family.kind.as_str(), sample.suffix);
            format!("{kind} {}|{suffix} {} {}", family.name, labels.join(","), sample.value)
        };
        parsed.samples.iter().map(show).collect()
    }

    #[test]
    fn samples_are_read_in_every_form() {
        let text = "\n# a comment\n# EOF\n# HELP x Line\\none \\\\.\n# TYPE x\tGAUGE \nx 1\n\
                    x{a=\"1\"}2\n  x { a = \"b\\\"\\\\\\n}\" , b=\"=,{\", }\t-3.5e2 \nno_type +Inf\na:b NaN\n";
        let expected = [
            "gauge x|  1",
            "gauge x| a=1 2",
            "gauge x| a=b\"\\\n},b==,{ -350",
            "untyped no_type|  inf",
            "untyped a:b|  NaN",
        ];
        assert_eq!(samples(text), expected);
        assert_eq!(parse(text).unwrap().families[0].help.as_deref(), Some("Line\none \\."));
        assert!(samples("").is_empty());
    }

    #[test]
    fn histograms_and_summaries_are_one_family() {
        let text = "# TYPE h histogram\nh_bucket{le=\"0.5\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_sum 3\n\
                    h_count 2\n# TYPE s summary\ns{quantile=\"0.9\"} 4\ns_sum 5\ns_count 6\ns_bucket 7\n";
        let expected = [
            "histogram h|_bucket le=0.5 1",
            "histogram h|_bucket le=+Inf 2",
            "histogram h|_sum  3",
            "histogram h|_count  2",
            "summary s| quantile=0.9 4",
            "summary s|_sum  5",
            "summary s|_count  6",
            "untyped s_bucket|  7",
        ];
        assert_eq!(samples(text), expected);
    }

    #[test]
    fn what_is_wrong_is_no_file() {
        for text in [
            "x 1",
            "x\n",
            "x y\n",
            "x 1 1700000000000\n",
            "x{\n",
            "x{a} 1\n",
            "x{a=\"1} 1\n",
            "x{a=\"\\t\"} 1\n",
            "x{a=\"1\" b=\"2\"} 1\n",
            "x{a=\"1\",a=\"2\"} 1\n",
            "x{__name__=\"y\"} 1\n",
            "x{a:b=\"1\"} 1\n",
            "9x 1\n",
            "x-y 1\n",
            "x 1\r\n",
            "# TYPE x number\n",
            "# TYPE x gauge\n# TYPE x gauge\n",
            "x 1\n# TYPE x gauge\n",
            "# HELP x a\n# HELP x b\n",
            "# HELP x \\t\n",
            "# TYPE c counter\nc -1\n",
            "# TYPE h histogram\nh 1\n",
            "# TYPE h histogram\nh_bucket 1\n",
            "# TYPE s summary\ns{quantile=\"x\"} 1\n",
        ] {
            assert!(parse(text).is_none(), "{text:?}");
        }
    }
}
