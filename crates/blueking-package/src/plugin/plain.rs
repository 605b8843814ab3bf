//! Texts that a site writes into YAML without quotes, after making HTML of them: which of them come
//! out as they went in.

/// What is wrong with a text for such a place, if anything.
pub(super) fn plain_rule(text: &str) -> Option<String> {
    let why = if text.contains(char::is_control) {
        "has a control character; remove it."
    } else if text.trim() != text {
        "has blanks around it, which get lost; remove them."
    } else if text.contains(": ") || text.ends_with(':') || text.contains(" #") {
        "holds \": \", \" #\" or a ':' at its end, and BlueKing could not read its own file; \
         use other signs, such as the full-width '：'."
    } else if text.contains(['&', '<', '>', '\'', '"']) {
        "holds one of & < > ' \", which BlueKing turns into HTML; use other signs."
    } else if text.starts_with(|c: char| c.is_ascii_punctuation()) {
        "starts with a sign that can mean something else in YAML; start with a letter."
    } else if is_no_text(text) {
        "would be read as a number or as a word such as \"true\"; add a word."
    } else {
        return None;
    };
    Some(format!("The text {text:?} {why}"))
}

/// Whether YAML takes it for something else than a text.
fn is_no_text(text: &str) -> bool {
    let words = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    let number = |c: char| c.is_ascii_digit() || "_.:-+eExX abcdefABCDEFTZ".contains(c);
    words.contains(&&*text.to_ascii_lowercase())
        || text.starts_with(|c: char| c.is_ascii_digit()) && text.chars().all(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stays_as_it_is_passes() {
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
