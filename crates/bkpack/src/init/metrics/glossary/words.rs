//! The list of words: tab-separated lines of an English word or phrase, its Chinese and its kind.

use std::collections::HashMap;
use std::sync::LazyLock;

/// Most words that one entry of the list joins.
const PHRASE: usize = 3;

/// What a word does in a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Something countable: connections.
    Noun,
    /// Something that happens: retries.
    Event,
    /// A quantity, which needs no suffix: latency.
    Measure,
    /// A quantity that also has quantities and events of its own: memory.
    Resource,
    /// Describes the word after it, or before it at the end of a name: active.
    Attribute,
    /// Only names the subject: cache.
    Subject,
    /// Something that happens, or a statement whether it did: success.
    Outcome,
    /// A complete statement: enabled.
    State,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Word {
    /// The Chinese word.
    pub(super) zh: &'static str,
    pub(super) kind: Kind,
    pub(super) is_plural: bool,
    /// Whether the entry joins several words.
    pub(super) is_phrase: bool,
}

static WORDS: LazyLock<HashMap<&str, Word>> =
    LazyLock::new(|| include_str!("words.tsv").lines().filter_map(entry).collect());

/// Looks the tokens up, the longest phrase first.
pub(super) fn parse(mut tokens: &[&str]) -> Option<Vec<Word>> {
    let mut words = Vec::new();
    while !tokens.is_empty() {
        let longest = PHRASE.min(tokens.len());
        let (length, word) = (1..=longest)
            .rev()
            .find_map(|length| Some((length, look_up(&tokens[..length].join("_"))?)))?;
        words.push(word);
        tokens = &tokens[length..];
    }
    Some(words)
}

/// The list holds singular forms, and plurals that mean something else: reads, series.
fn look_up(word: &str) -> Option<Word> {
    if let Some(found) = WORDS.get(word) {
        let is_plural = word.ends_with('s') && !word.ends_with("ss");
        return Some(Word { is_plural, ..*found });
    }
    let singular = word.strip_suffix("ies").and_then(|stem| WORDS.get(&*format!("{stem}y")));
    let found = singular
        .or_else(|| WORDS.get(word.strip_suffix("es")?))
        .or_else(|| WORDS.get(word.strip_suffix('s')?))?;
    Some(Word { is_plural: true, ..*found })
}

fn entry(line: &'static str) -> Option<(&'static str, Word)> {
    let [word, zh, kind] = line.split('\t').collect::<Vec<_>>().try_into().ok()?;
    let kind = match kind {
        "noun" => Kind::Noun,
        "event" => Kind::Event,
        "outcome" => Kind::Outcome,
        "measure" => Kind::Measure,
        "resource" => Kind::Resource,
        "attribute" => Kind::Attribute,
        "subject" => Kind::Subject,
        "state" => Kind::State,
        _ => return None,
    };
    Some((word, Word { zh, kind, is_plural: false, is_phrase: word.contains('_') }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_list_is_well_formed() {
        let list = include_str!("words.tsv");
        let words: Vec<_> = list.lines().map(|line| line.split('\t').next().unwrap()).collect();
        assert!(words.is_sorted_by(|a, b| a < b), "not sorted, or a word is listed twice");
        for line in list.lines() {
            let (word, _) = entry(line).unwrap_or_else(|| panic!("{line}"));
            assert!(word.split('_').count() <= PHRASE, "{line}");
        }
    }
}
