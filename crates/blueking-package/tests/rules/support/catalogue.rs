//! A test of catalogues, for the crates that declare texts.

/// Name, English and Chinese text of a function of a catalogue.
type Entry = (&'static str, &'static str, &'static str);

/// Checks that the texts are complete in both languages: Chinese is written in Chinese, and both
/// have the same arguments. Returns a line for each text that is not.
pub(crate) fn incomplete(texts: &[Entry]) -> Vec<String> {
    let is_chinese = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    let mut lines = Vec::new();
    for (name, english, chinese) in texts {
        if english.trim().is_empty() || !is_chinese(chinese) {
            lines.push(format!("{name}: a language is missing: {english:?}, {chinese:?}"));
        }
        if arguments(english) != arguments(chinese) {
            lines.push(format!("{name}: the arguments differ: {english:?}, {chinese:?}"));
        }
    }
    lines
}

/// The names of the arguments in a format string, sorted.
fn arguments(format: &str) -> Vec<&str> {
    // `{{` stands for a brace.
    let parts = format.split("{{").flat_map(|part| part.split('{').skip(1));
    let mut names: Vec<_> =
        parts.map(|part| part.split(['}', ':']).next().unwrap_or_default()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

#[test]
fn missing_and_differing_texts_are_found() {
    let sound = ("a", "{x:?} of {y} in {{}}", "{y} 的 {x:?}，{{}}");
    assert_eq!(incomplete(&[sound]), [""; 0]);
    for broken in [("a", "", "空"), ("a", "b", "b"), ("a", "{x}", "值"), ("a", "v", "{x} 值")] {
        assert_eq!(incomplete(&[broken]).len(), 1, "{broken:?}");
    }
}
