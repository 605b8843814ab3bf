//! Release notes, limited to the width of BlueKing's database column.

use crate::description::PackageDescription;
use crate::names;
use crate::problem::{Problem, Problems};
use crate::texts::{sources, sources_plugin as texts};

/// Maximum length of the release notes, in characters.
pub const RELEASE_LIMIT: usize = 100;

/// The release notes of a package: those of its description, else the newest section of a change
/// log, under its first second-level heading. A section of more than [`RELEASE_LIMIT`] characters
/// is truncated to complete sentences.
///
/// # Errors
/// The text of the description is empty, or longer than the limit.
///
/// ```
/// use blueking_package::{PackageDescription, plugin::release_notes};
///
/// let head = "plugin_id = 'p'\ncomponent_name = 'p'\ndisplay_name = 'P'\nlisten = '127.0.0.1:1'\n";
/// let log = "# Changes\n\n## 1.2.0\n\n- Faster.\n- Smaller.\n\n## 1.1.0\n\n- Older.\n";
///
/// let silent = PackageDescription::parse("blueking.toml", head)?;
/// assert_eq!(release_notes(&silent, log).unwrap(), "1.2.0\n- Faster.\n- Smaller.\n");
///
/// let text = format!("{head}release = '修复内存统计'\n");
/// let described = PackageDescription::parse("blueking.toml", &text)?;
/// assert_eq!(release_notes(&described, log).unwrap(), "修复内存统计");
/// # Ok::<(), blueking_package::Error>(())
/// ```
pub fn release_notes(
    description: &PackageDescription,
    change_log: &str,
) -> Result<String, Vec<Problem>> {
    let Some(text) = description.release.as_deref().map(str::trim) else {
        return Ok(newest(change_log));
    };
    let mut problems = Problems::default();
    if text.is_empty() {
        let rule = (sources::text_is_empty(), texts::release_is_empty_advice());
        problems.add(description.location("release"), rule);
    }
    problems.add_all(&description.location("release"), names::length_rule(text, RELEASE_LIMIT));
    problems.into_result(text.to_owned())
}

fn newest(change_log: &str) -> String {
    let mut text = String::new();
    for (index, item) in items(change_log).iter().enumerate() {
        let room = RELEASE_LIMIT.saturating_sub(text.chars().count() + 1);
        if item.chars().count() <= room {
            text += &format!("{item}\n");
            continue;
        }
        let sentences = cut(item, room, ends_sentence);
        if !sentences.is_empty() {
            text += &format!("{sentences}\n");
        } else if index <= 1 {
            // A version without text is not useful. One character is reserved for the ellipsis.
            let words = cut(item, room.saturating_sub(1), ends_word);
            if words.chars().any(char::is_alphanumeric) {
                text += &format!("{words}…\n");
            }
        }
        break;
    }
    text
}

/// The heading of the newest section, then its paragraphs and list items, one line each.
fn items(change_log: &str) -> Vec<String> {
    let mut lines = change_log.lines().skip_while(|line| !line.starts_with("## "));
    let heading = lines.next().and_then(|line| line.strip_prefix("## ")).unwrap_or_default();
    let mut items = vec![heading.trim().to_owned()];
    let mut in_item = false;
    for line in lines.take_while(|line| !line.starts_with("## ")).map(str::trim) {
        match items.last_mut() {
            Some(item) if in_item && !line.is_empty() && !begins_item(line) => {
                // Chinese text wraps without spaces.
                if item.ends_with(|c: char| c.is_ascii())
                    && line.starts_with(|c: char| c.is_ascii())
                {
                    item.push(' ');
                }
                item.push_str(line);
            }
            _ if line.is_empty() => in_item = false,
            _ => {
                items.push(line.to_owned());
                in_item = true;
            }
        }
    }
    items.retain(|item| !item.is_empty());
    items
}

fn begins_item(line: &str) -> bool {
    ["- ", "* ", "+ ", "#"].iter().any(|mark| line.starts_with(mark))
}

/// The longest prefix of at most `room` characters that ends where `ends_at` returns true for a
/// character and its successor.
fn cut(text: &str, room: usize, ends_at: fn(char, Option<char>) -> bool) -> &str {
    let mut kept = 0;
    for (at, character) in text.char_indices().take(room) {
        let end = at + character.len_utf8();
        if ends_at(character, text[end..].chars().next()) {
            kept = end;
        }
    }
    text[..kept].trim_end()
}

fn ends_sentence(character: char, next: Option<char>) -> bool {
    matches!(character, '。' | '！' | '？' | '；')
        || matches!(character, '.' | '!' | '?') && next.is_none_or(char::is_whitespace)
}

fn ends_word(character: char, next: Option<char>) -> bool {
    matches!(character, '，' | '、' | '：' | '；') || next.is_none_or(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn change_log_is_cut_after_a_sentence() {
        let long = "word ".repeat(30);
        for (section, expected) in [
            ("- One.\n- Two.", "1.2.0\n- One.\n- Two.\n"),
            ("First\nrelease.\n\n- `a`: b\n  c.", "1.2.0\nFirst release.\n- `a`: b c.\n"),
            ("- 第一\n  行。", "1.2.0\n- 第一行。\n"),
            (&*format!("First.\n\n- {long}"), "1.2.0\nFirst.\n"),
            (&format!("- One 1.5 s. Two! {long}"), "1.2.0\n- One 1.5 s. Two!\n"),
            (&format!("- 修复一。修复二{}", "长".repeat(100)), "1.2.0\n- 修复一。\n"),
            (&format!("- One.\n- {long}\n- Two."), "1.2.0\n- One.\n"),
            ("", "1.2.0\n"),
        ] {
            let log = format!("# Changes\n\n## 1.2.0\n\n{section}\n\n## 1.1.0\n\n- Older.\n");
            assert_eq!(newest(&log), expected, "{section}");
        }
        assert_eq!(newest("# Changes\n"), "");
    }

    #[test]
    fn long_sentence_is_cut_after_a_word() {
        for (word, kept) in [("word ", "word…\n"), ("一二三，", "一二三，…\n")] {
            let notes = newest(&format!("## 1.2.0\n\n- {}\n", word.repeat(40)));
            assert!(notes.starts_with("1.2.0\n- ") && notes.ends_with(kept), "{notes}");
            let length = notes.chars().count();
            assert!((RELEASE_LIMIT - 5..=RELEASE_LIMIT).contains(&length), "{length}: {notes}");
        }
        assert_eq!(newest(&format!("## 1.2.0\n\n- {}\n", "长".repeat(200))), "1.2.0\n");
    }

    #[test]
    fn limit_is_used_completely() {
        // 5 for the version, 2 line breaks, the full stop.
        for (length, fits) in [(92, true), (93, false)] {
            let log = format!("## 1.2.0\n\n{}.\n", "a".repeat(length));
            let notes = newest(&log);
            assert_eq!(notes.ends_with("a.\n"), fits, "{length}");
            assert_eq!(notes.chars().count(), if fits { RELEASE_LIMIT } else { 6 });
        }
    }

    #[test]
    fn description_overrides_the_change_log() {
        let read = |release: &str| {
            let text = format!(
                "plugin_id = 'p'\ncomponent_name = 'p'\ndisplay_name = 'p'\nlisten = ''\n\
                 release = '''{release}'''\n"
            );
            let description = PackageDescription::parse("f.toml", &text).unwrap();
            release_notes(&description, "## 1.2.0\n\n- One.\n")
        };
        assert_eq!(read(&"新".repeat(100)).unwrap(), "新".repeat(100));
        assert_eq!(read("\n 新\n").unwrap(), "新");
        for (release, rule) in [("新".repeat(101), "at most 100"), (" \n".to_owned(), "is empty")]
        {
            let problems = read(&release).unwrap_err();
            let problem = problems[0].to_string();
            assert!(
                problem.starts_with("f.toml: release: ") && problem.contains(rule),
                "{problem}"
            );
            assert_eq!(problems.len(), 1);
        }
    }
}
