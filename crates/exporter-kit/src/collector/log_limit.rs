//! Limits what a collector has logged: BlueKing never rotates the file of an exporter's output.

use std::time::{Duration, Instant};

/// How long a text is not logged again.
const PERIOD: Duration = Duration::from_secs(3600);

/// The most texts in a period.
const MAX_TEXTS: usize = 8;

/// The texts of one collector that were logged lately.
#[derive(Debug, Default)]
pub(crate) struct LogLimit {
    logged: Vec<(String, Instant)>,
}

impl LogLimit {
    /// The lines to log for these texts.
    pub(crate) fn admit(&mut self, texts: Vec<String>, now: Instant) -> Vec<String> {
        if texts.is_empty() {
            return texts;
        }
        self.logged.retain(|(_, at)| now.saturating_duration_since(*at) < PERIOD);
        let mut lines = Vec::new();
        for text in texts {
            let is_known = self.logged.iter().any(|(known, _)| *known == text);
            if is_known || self.logged.len() >= MAX_TEXTS {
                continue;
            }
            self.logged.push((text.clone(), now));
            let is_last = self.logged.len() == MAX_TEXTS;
            let rest = if is_last { " (no more warnings of this collector for now)" } else { "" };
            lines.push(text + rest);
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_text_is_logged_once_an_hour() {
        let (mut limit, begun) = (LogLimit::default(), Instant::now());
        let mut admit = |texts: &[&str], minutes: u64| {
            let texts = texts.iter().map(|&text| text.to_owned()).collect();
            limit.admit(texts, begun + Duration::from_secs(60 * minutes))
        };
        assert_eq!(admit(&["a", "b"], 0), ["a", "b"]);
        assert_eq!(admit(&["a", "c"], 30), ["c"]);
        assert_eq!(admit(&[], 40), [""; 0]);
        assert_eq!(admit(&["a", "c"], 60), ["a"]);
        assert_eq!(admit(&["a", "c"], 90), ["c"]);
    }

    #[test]
    fn texts_that_always_differ_do_not_fill_the_log() {
        let (mut limit, begun) = (LogLimit::default(), Instant::now());
        let line = |number: u64| {
            let now = begun + Duration::from_secs(number);
            limit.admit(vec![number.to_string()], now)
        };
        let lines: Vec<String> = (0..7200).flat_map(line).collect();
        assert_eq!(lines.len(), 2 * MAX_TEXTS, "{lines:?}");
        assert!(lines[7].ends_with("(no more warnings of this collector for now)"), "{lines:?}");
    }
}
