//! Names of flags and environment variables taken apart into words.

/// Words of a name in lower case: `--web.listen-address` and `webListenAddress` give `web`,
/// `listen`, `address`.
pub(in crate::init) fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before_lower = false;
    for c in name.chars() {
        let upper = c.is_ascii_uppercase();
        if !c.is_alphanumeric() || (upper && before_lower) {
            words.push(String::new());
        }
        if c.is_alphanumeric() {
            let word = words.last_mut().expect("one word is there from the start");
            word.extend(c.to_lowercase());
        }
        before_lower = c.is_ascii_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Words of prose in lower case, without punctuation around them.
pub(super) fn prose_words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// Whether there are words and all are among `allowed`, words with spaces between.
pub(super) fn only(words: &[String], allowed: &str) -> bool {
    !words.is_empty() && words.iter().all(|word| contains(allowed, word))
}

/// Whether one of the words is among `wanted`, words with spaces between.
pub(super) fn any(words: &[String], wanted: &str) -> bool {
    words.iter().any(|word| contains(wanted, word))
}

/// Whether a word is in a list of words with spaces between.
pub(super) fn contains(list: &str, word: &str) -> bool {
    list.split(' ').any(|item| item == word)
}

/// Whether this is a name that people give environment variables: upper case, at least two
/// characters.
pub(super) fn is_env_name(name: &str) -> bool {
    name.len() >= 2
        && name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}
