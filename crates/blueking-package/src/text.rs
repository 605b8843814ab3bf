//! Texts of other programs, shortened to the room that a form has.

use crate::problem::cut;

/// A text of at most `limit` characters; a longer one ends in an ellipsis.
pub fn abbreviated(text: &str, limit: usize) -> String {
    if text.chars().count() > limit { cut(text, limit.saturating_sub(1)) } else { text.to_owned() }
}

/// The text up to a full stop before a capital, without it: `e.g. x` goes on.
pub fn first_sentence(text: &str) -> &str {
    let is_end = |at: &usize| text[at + 2..].starts_with(|c: char| c.is_uppercase());
    let end = text.match_indices(". ").map(|(at, _)| at).find(is_end);
    text[..end.unwrap_or(text.len())].trim().trim_end_matches('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn abbreviations_fit() {
        assert_eq!(abbreviated("内存使用率", 5), "内存使用率");
        assert_eq!(abbreviated("内存使用率", 4), "内存使…");
        assert_eq!(abbreviated("ab", 0), "…");
    }

    #[test]
    fn sentences_end_before_a_capital() {
        for (text, expected) in
            [("For e.g. this. And that.", "For e.g. this"), (" How many. ", "How many"), ("", "")]
        {
            assert_eq!(first_sentence(text), expected);
        }
    }
}
