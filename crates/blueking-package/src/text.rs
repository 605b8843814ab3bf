//! Texts of other programs, shortened to the room that a form has.

/// A text of at most `limit` characters; a longer one ends in an ellipsis, after a whole word where
/// that is not much shorter.
pub fn abbreviated(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let room = limit.saturating_sub(1);
    let mut ends = text.char_indices().map(|(at, _)| at).skip(room);
    let (head, rest) = text.split_at(ends.next().unwrap_or_default());
    let is_in_word = head.ends_with(|c: char| c.is_ascii_alphanumeric())
        && rest.starts_with(|c: char| c.is_ascii_alphanumeric());
    let blank = if is_in_word { head.rfind(' ') } else { None };
    let kept = blank.filter(|blank| blank * 3 >= head.len() * 2).unwrap_or(head.len());
    format!("{}…", head[..kept].trim_end())
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
        assert_eq!(abbreviated("devices to ignore", 14), "devices to…");
        assert_eq!(abbreviated("devices to ignore", 12), "devices to…");
        assert_eq!(abbreviated("a longlonglongword", 12), "a longlongl…");
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
