//! A whole page: split into lines as the agent does it, with everything that goes wrong on the way.

use std::collections::HashMap;
use std::fmt;

use super::line::{self, Sample};
use crate::names;
use crate::problem::excerpt;

/// Most bytes of a line, its line feed among them. A longer one ends the scrape without a word.
pub const LINE_LIMIT: usize = 64 * 1024;

/// Labels of these the agent makes itself.
const OWN_PREFIX: &str = "bkm_metricbeat_";

/// What the agent makes of a page.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// The samples that are sent, in their order.
    pub samples: Vec<Sample>,
    /// What is lost or changed, in the order of the lines.
    pub troubles: Vec<Line>,
    /// Lines that were read, comments among them.
    pub lines: usize,
    /// Size of the page in bytes.
    pub bytes: usize,
}

/// A line that something is wrong with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its number, from 1.
    pub number: usize,
    /// Its beginning.
    pub text: String,
    /// What is wrong.
    pub trouble: Trouble,
}

/// What can be wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trouble {
    /// It is no sample. It is dropped and marks the scrape as bad.
    Unreadable,
    /// Its value is NaN or infinite. It is dropped and marks the scrape as bad.
    NotFinite,
    /// It has more than [`LINE_LIMIT`] bytes: everything from here on is lost, and nobody is told.
    TooLong,
    /// Its exemplar has a trace and no number: the agent cannot send the sample.
    BadExemplar,
    /// The same series was there before: one of the two is lost in storage.
    Repeated,
    /// The agent has metrics of its own under this prefix.
    OwnName,
    /// It has a label that BlueKing overwrites.
    OverwrittenLabel,
    /// It has a timestamp, which the agent takes for seconds and then guesses at.
    Timestamp,
}

impl Trouble {
    /// Which kind it is, in one word.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::NotFinite => "not_finite",
            Self::TooLong => "too_long",
            Self::BadExemplar => "bad_exemplar",
            Self::Repeated => "repeated",
            Self::OwnName => "own_name",
            Self::OverwrittenLabel => "overwritten_label",
            Self::Timestamp => "timestamp",
        }
    }

    /// Whether samples are lost by it, or the scrape marked as bad.
    pub fn is_error(self) -> bool {
        !matches!(self, Self::OwnName | Self::Timestamp)
    }
}

impl Page {
    /// Reads the body of an answer. Neither its status nor its type is looked at.
    pub fn read(body: &[u8]) -> Self {
        let mut page = Self { bytes: body.len(), ..Self::default() };
        let mut series = HashMap::new();
        for line in body.split_inclusive(|&byte| byte == b'\n') {
            let number = page.lines + 1;
            let text = line.strip_suffix(b"\n").unwrap_or(line);
            if line.len() > LINE_LIMIT {
                page.note(number, text, Trouble::TooLong);
                break;
            }
            page.lines = number;
            // A line of one byte is passed over like an empty one.
            if text.len() <= 1 || text.starts_with(b"#") {
                continue;
            }
            let parsed = str::from_utf8(text).ok().and_then(|text| line::parse(text, number));
            let Some(parsed) = parsed else {
                page.note(number, text, Trouble::Unreadable);
                continue;
            };
            let sample = parsed.sample;
            let own = sample.name.starts_with(OWN_PREFIX);
            let overwritten = sample.labels.keys().any(|name| names::is_reserved_label(name));
            for (is_so, trouble) in [
                (!sample.value.is_finite(), Trouble::NotFinite),
                (parsed.has_bad_exemplar, Trouble::BadExemplar),
                (own, Trouble::OwnName),
                (overwritten, Trouble::OverwrittenLabel),
                (parsed.has_timestamp, Trouble::Timestamp),
            ] {
                if is_so {
                    page.note(number, text, trouble);
                }
            }
            if !sample.value.is_finite() || parsed.has_bad_exemplar {
                continue;
            }
            let key = (sample.name.clone(), sample.labels.clone());
            if series.insert(key, number).is_some() {
                page.note(number, text, Trouble::Repeated);
            }
            page.samples.push(sample);
        }
        page
    }

    /// The state that the agent reports in `bkm_metricbeat_endpoint_up`: 0, or 2502 for
    /// `InvalidPromFormat`.
    pub fn code(&self) -> u32 {
        let is_bad = |line: &Line| matches!(line.trouble, Trouble::Unreadable | Trouble::NotFinite);
        if self.troubles.iter().any(is_bad) { 2502 } else { 0 }
    }

    fn note(&mut self, number: usize, text: &[u8], trouble: Trouble) {
        let text = excerpt(&String::from_utf8_lossy(&text[..text.len().min(400)]));
        let text = text.replace(char::is_control, "\u{fffd}");
        self.troubles.push(Line { number, text, trouble });
    }
}

impl Trouble {
    /// What to do about it, as the second half of a sentence.
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Unreadable => "write name{label=\"value\"} number, and end lines with LF alone",
            Self::NotFinite => "leave out the sample while there is no value",
            Self::TooLong => "shorten the values of labels, or the help",
            Self::BadExemplar => "leave out the exemplar",
            Self::Repeated => "expose each series once",
            Self::OwnName => "give the metric another prefix",
            Self::OverwrittenLabel => "rename the label",
            Self::Timestamp => "leave it out",
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unreadable => "the agent cannot read the line and marks the scrape as bad (2502)",
            Self::NotFinite => {
                "the value is no number; it is dropped and the scrape marked as bad (2502)"
            }
            Self::TooLong => {
                "the line has more than 65536 bytes; from here on everything is lost without a word"
            }
            Self::BadExemplar => "the exemplar's value is no number, so the sample cannot be sent",
            Self::Repeated => "the same series is there before; one of the two is lost",
            Self::OwnName => "the agent has metrics of its own under this prefix",
            Self::OverwrittenLabel => "BlueKing overwrites a label of this sample",
            Self::Timestamp => "there is a timestamp, whose unit the agent guesses",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn troubles(body: &[u8]) -> Vec<(usize, Trouble)> {
        let page = Page::read(body);
        page.troubles.iter().map(|line| (line.number, line.trouble)).collect()
    }

    #[test]
    fn each_line_stands_alone() {
        let body = b"# HELP a x\n# TYPE a gauge\n\nx\na 1\na{b=\"c\"} 2\n# EOF\n";
        let page = Page::read(body);
        assert_eq!((page.lines, page.samples.len(), page.bytes), (7, 2, body.len()));
        assert_eq!((page.troubles.len(), page.code()), (0, 0));
        assert_eq!(page.samples[1].line, 6);
        assert_eq!(Page::read(b""), Page::default());
        assert_eq!(Page::read(b"a 1").samples.len(), 1);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        use Trouble::*;
        for (body, expected) in [
            (&b"a NaN\nb 1\n"[..], &[(1, NotFinite)][..]),
            (b"a 1\nb +Inf\nc -Inf\n", &[(2, NotFinite), (3, NotFinite)]),
            (b"500 Internal Server Error\n", &[(1, Unreadable)]),
            (b"a 1\r\n", &[(1, Unreadable)]),
            (b" # a comment that is none\n", &[(1, Unreadable)]),
            (b"a{b=\"\xff\"} 1\n", &[(1, Unreadable)]),
            (b"a 1\na 2\n", &[(2, Repeated)]),
            (b"a{b=\"1\",c=\"2\"} 1\na{c=\"2\",b=\"1\"} 1\n", &[(2, Repeated)]),
            (b"bkm_metricbeat_up 1\n", &[(1, OwnName)]),
            (b"a{ip=\"::1\"} 1\n", &[(1, OverwrittenLabel)]),
            (b"a 1 1700000000000\n", &[(1, Timestamp)]),
            (b"a 1 # {trace_id=\"t\"} NaN\n", &[(1, BadExemplar)]),
        ] {
            assert_eq!(troubles(body), expected, "{}", String::from_utf8_lossy(body));
        }
        assert_eq!(Page::read(b"a NaN\n").code(), 2502);
        assert_eq!(Page::read(b"a 1\na 1\n").code(), 0);
        assert!(Page::read(b"a NaN\nb 1\n").samples.iter().all(|sample| sample.name == "b"));
    }

    #[test]
    fn a_long_line_ends_the_scrape_comments_too() {
        for start in ["# HELP a ", "a{b=\"c\"} 1 "] {
            let line = |length: usize| format!("{start}{}\n", "x".repeat(length - start.len() - 1));
            let body = |length| [&line(length), "z 1\n"].concat().into_bytes();
            assert_eq!(troubles(&body(LINE_LIMIT)), [], "{start}");
            let page = Page::read(&body(LINE_LIMIT + 1));
            assert_eq!(page.troubles[0].trouble, Trouble::TooLong, "{start}");
            assert!(page.samples.is_empty() && page.troubles[0].text.len() < 400);
            assert_eq!(page.code(), 0, "nobody is told");
        }
    }
}
