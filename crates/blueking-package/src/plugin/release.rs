//! What is new in a version, as short as BlueKing's database column is.

/// Most characters of the release notes.
pub const RELEASE_LIMIT: usize = 100;

/// The newest section of a change log, the one under its first second-level heading, cut to
/// [`RELEASE_LIMIT`] characters.
///
/// ```
/// use blueking_package::plugin::release_notes;
///
/// let text = "# Changes\n\n## 1.2.0\n\n- Faster.\n- Smaller.\n\n## 1.1.0\n\n- Older.\n";
/// assert_eq!(release_notes(text), "1.2.0\n- Faster.\n- Smaller.\n");
/// ```
pub fn release_notes(change_log: &str) -> String {
    let mut lines = change_log.lines().skip_while(|line| !line.starts_with("## "));
    let heading = lines.next().and_then(|line| line.strip_prefix("## ")).unwrap_or_default();
    let section = lines.take_while(|line| !line.starts_with("## ")).map(str::trim_end);
    let lines = [heading.trim()].into_iter().chain(section).filter(|line| !line.is_empty());
    let text: String = lines.map(|line| format!("{line}\n")).collect();
    match text.char_indices().nth(RELEASE_LIMIT) {
        None => text,
        Some(_) => {
            // Room for the sign that something is missing, and the line break.
            let kept: String = text.chars().take(RELEASE_LIMIT - 2).collect();
            format!("{}…\n", kept.trim_end())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_more_than_the_limit() {
        for (length, cut) in [(93, false), (94, true), (400, true)] {
            let text = format!("## 1.2.0\n\n{}\n\n## 1.1.0\n", "新".repeat(length));
            let notes = release_notes(&text);
            assert_eq!(notes.ends_with("…\n"), cut, "{length}");
            assert!(notes.starts_with("1.2.0\n新新") && !notes.contains("1.1.0"));
            assert_eq!(notes.chars().count(), RELEASE_LIMIT.min(length + 7), "{length}");
        }
        assert_eq!(release_notes("# Changes\n"), "");
    }
}
