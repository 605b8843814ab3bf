//! A metrics page, split into lines as the agent does, with a diagnosis of each defect.

use std::collections::HashMap;
use std::fmt;

use super::line::{self, Sample};
use crate::names;
use crate::problem::excerpt;
use crate::texts::agent as texts;

/// Maximum length of a line in bytes, including the line feed. A longer line ends the scrape
/// silently.
pub const LINE_LIMIT: usize = 64 * 1024;

/// Prefix of the metrics that the agent generates itself.
const OWN_PREFIX: &str = "bkm_metricbeat_";

/// A page as the agent reads it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// The samples that the agent sends, in order.
    pub samples: Vec<Sample>,
    /// Lost or changed lines, in order.
    pub troubles: Vec<Line>,
    /// Number of lines read, including comments.
    pub lines: usize,
    /// Size of the page in bytes.
    pub bytes: usize,
}

/// A line with a defect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Line number, from 1.
    pub number: usize,
    /// The beginning of the line.
    pub text: String,
    /// The defect.
    pub trouble: Trouble,
}

/// Defects of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trouble {
    /// Not a sample. The agent drops it and marks the scrape as failed.
    Unreadable,
    /// The value is NaN or infinite. The agent drops it and marks the scrape as failed.
    NotFinite,
    /// More than [`LINE_LIMIT`] bytes: the agent silently drops the rest of the page.
    TooLong,
    /// The exemplar has a trace id but no finite value: the agent cannot send the sample.
    BadExemplar,
    /// A duplicate series: storage keeps only one of the two samples.
    Repeated,
    /// The prefix is reserved for metrics of the agent.
    OwnName,
    /// The sample has a label that BlueKing overwrites.
    OverwrittenLabel,
    /// The sample has a timestamp, whose unit the agent guesses.
    Timestamp,
}

impl Trouble {
    /// A machine-readable identifier of the kind.
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

    /// Whether it loses samples or marks the scrape as failed.
    pub fn is_error(self) -> bool {
        !matches!(self, Self::OwnName | Self::Timestamp)
    }
}

impl Page {
    /// Reads the body of a response. As in the agent, status and content type are ignored.
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
            // The agent skips a line of one byte like an empty one.
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
            for (applies, trouble) in [
                (!sample.value.is_finite(), Trouble::NotFinite),
                (parsed.has_bad_exemplar, Trouble::BadExemplar),
                (own, Trouble::OwnName),
                (overwritten, Trouble::OverwrittenLabel),
                (parsed.has_timestamp, Trouble::Timestamp),
            ] {
                if applies {
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

    /// The status that the agent reports in `bkm_metricbeat_endpoint_up`: 0, or 2502 for
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
    /// The correction, as the second half of a sentence.
    pub fn advice(self) -> String {
        self.wording().1
    }

    /// The defect and its correction.
    fn wording(self) -> (String, String) {
        match self {
            Self::Unreadable => (texts::line_is_unreadable(), texts::line_is_unreadable_advice()),
            Self::NotFinite => (texts::value_is_not_finite(), texts::value_is_not_finite_advice()),
            Self::TooLong => (texts::line_is_too_long(), texts::line_is_too_long_advice()),
            Self::BadExemplar => {
                (texts::exemplar_is_not_finite(), texts::exemplar_is_not_finite_advice())
            }
            Self::Repeated => (texts::series_is_repeated(), texts::series_is_repeated_advice()),
            Self::OwnName => (texts::prefix_is_reserved(), texts::prefix_is_reserved_advice()),
            Self::OverwrittenLabel => {
                (texts::label_is_overwritten(), texts::label_is_overwritten_advice())
            }
            Self::Timestamp => {
                (texts::sample_has_timestamp(), texts::sample_has_timestamp_advice())
            }
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.wording().0)
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
    fn lines_are_read_independently() {
        let body = b"# HELP a x\n# TYPE a gauge\n\nx\na 1\na{b=\"c\"} 2\n# EOF\n";
        let page = Page::read(body);
        assert_eq!((page.lines, page.samples.len(), page.bytes), (7, 2, body.len()));
        assert_eq!((page.troubles.len(), page.code()), (0, 0));
        assert_eq!(page.samples[1].line, 6);
        assert_eq!(Page::read(b""), Page::default());
        assert_eq!(Page::read(b"a 1").samples.len(), 1);
    }

    #[test]
    fn defects_are_reported_with_line_numbers() {
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
    fn overlong_line_ends_the_scrape() {
        for start in ["# HELP a ", "a{b=\"c\"} 1 "] {
            let line = |length: usize| format!("{start}{}\n", "x".repeat(length - start.len() - 1));
            let body = |length| [&line(length), "z 1\n"].concat().into_bytes();
            assert_eq!(troubles(&body(LINE_LIMIT)), [], "{start}");
            let page = Page::read(&body(LINE_LIMIT + 1));
            assert_eq!(page.troubles[0].trouble, Trouble::TooLong, "{start}");
            assert!(page.samples.is_empty() && page.troubles[0].text.len() < 400);
            assert_eq!(page.code(), 0, "dropped silently");
        }
    }
}
