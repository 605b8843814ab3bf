//! Checks texts that a site HTML-escapes and writes to YAML without quotes: they must remain
//! unchanged.

use crate::problem::Violation;
use crate::texts::{sources, sources_plugin as texts};

/// Returns the problem of such a text, if any.
pub(super) fn plain_rule(text: &str) -> Option<Violation> {
    let (message, advice) = if text.contains(char::is_control) {
        (texts::text_has_control_character(text), sources::remove_it())
    } else if text.trim() != text {
        (texts::text_has_outer_spaces(text), texts::text_has_outer_spaces_advice())
    } else if text.contains(": ") || text.ends_with(':') || text.contains(" #") {
        (texts::text_breaks_yaml(text), texts::text_breaks_yaml_advice())
    } else if text.contains(['&', '<', '>', '\'', '"']) {
        (texts::text_is_escaped(text), texts::text_is_escaped_advice())
    } else if text.starts_with(|c: char| c.is_ascii_punctuation()) {
        (texts::text_starts_with_special(text), texts::text_starts_with_special_advice())
    } else if is_not_a_string(text) {
        (texts::text_is_not_a_string(text), texts::text_is_not_a_string_advice())
    } else {
        return None;
    };
    Some(Violation { message, advice })
}

/// Whether YAML parses it as something other than a string.
fn is_not_a_string(text: &str) -> bool {
    let words = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    let number = |c: char| c.is_ascii_digit() || "_.:-+eExX abcdefABCDEFTZ".contains(c);
    words.contains(&&*text.to_ascii_lowercase())
        || text.starts_with(|c: char| c.is_ascii_digit()) && text.chars().all(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_unchanged_texts_pass() {
        for text in
            ["主机指标采集", "A:b", "A#1", "x - y", "Redis 7", "3个", "2x Redis", "on call", ""]
        {
            assert_eq!(plain_rule(text), None, "{text}");
        }
        let broken = [
            "A: b",
            "A:",
            "A #b",
            " a",
            "a ",
            "a\nb",
            "- a",
            "? a",
            ", a",
            "[a",
            "{a",
            "*a",
            "!a",
            "%a",
            "@a",
            "`a",
            "|a",
            ">a",
            "&a",
            "<a",
            "'a",
            "\"a",
            "a & b",
            "#a",
            "~",
            "true",
            "No",
            "12",
            "1.5",
            "0x1f",
            "1e3",
            "2026-01-01",
            "12:30",
        ];
        for text in broken {
            assert!(plain_rule(text).is_some(), "{text}");
        }
    }
}
