//! Renders a step for the terminal: some notes of each kind, and the number of the others.

use super::checklist::{Note, Step};
use crate::output::plain;
use crate::texts::rehearse as texts;
use crate::texts::{labelled, list, padded, remarked};

/// Maximum notes per step, and per kind; the reports have all.
const SHOWN_NOTES: usize = 20;
const SHOWN_OF_A_KIND: usize = 3;

/// Maximum names per note, and in the line on further notes of a kind.
const SHOWN_SUBJECTS: usize = 8;

/// Renders a step with its notes.
pub(super) fn to_text(step: &Step) -> String {
    let mut line = step.label();
    if !step.summary.is_empty() {
        line = labelled(&line, &step.summary);
    }
    if step.seconds >= 0.05 {
        line = remarked(&line, &texts::seconds(step.seconds));
    }
    let mut text = format!("{}  {line}", padded(&step.state.label(), 7));
    let mut lines = Vec::new();
    for notes in by_kind(&step.notes) {
        let level = padded(&notes[0].level.label(), 7);
        let shown = if notes.len() == SHOWN_OF_A_KIND + 1 { notes.len() } else { SHOWN_OF_A_KIND };
        for note in notes.iter().take(shown) {
            let text_with_names =
                note.text_with_names(SHOWN_SUBJECTS).replace('\n', "\n                  ");
            lines.push(format!("\n         {level}  {text_with_names}"));
        }
        if notes.len() > shown {
            lines.push(format!("\n         {level}  {}", more_of_kind(&notes[shown..])));
        }
    }
    let more = lines.len().saturating_sub(SHOWN_NOTES);
    text.extend(lines.into_iter().take(SHOWN_NOTES));
    if more > 0 {
        text += &format!("\n         {}", texts::more(more));
    }
    // Output of an untrusted exporter must not control the terminal.
    plain(&text)
}

/// The line on further notes of a kind, with their subjects.
fn more_of_kind(notes: &[&Note]) -> String {
    let mut subjects: Vec<&str> = notes.iter().map(|note| &*note.subject).collect();
    subjects.retain(|subject| !subject.is_empty());
    // Findings name the file that they are in.
    subjects.dedup();
    let left_out = subjects.len().saturating_sub(SHOWN_SUBJECTS);
    subjects.truncate(SHOWN_SUBJECTS);
    if left_out > 0 {
        subjects.push("…");
    }
    match &*subjects {
        [] => texts::more_of_kind(notes.len()),
        subjects => texts::more_of_kind_named(notes.len(), &list(subjects)),
    }
}

/// Groups the notes by level and kind, in order of their first occurrence.
pub(super) fn by_kind(notes: &[Note]) -> Vec<Vec<&Note>> {
    let mut kinds: Vec<Vec<&Note>> = Vec::new();
    for note in notes {
        let same = |other: &&mut Vec<&Note>| {
            other.first().is_some_and(|first| (first.level, first.kind) == (note.level, note.kind))
        };
        match kinds.iter_mut().find(same) {
            Some(kind) => kind.push(note),
            None => kinds.push(vec![note]),
        }
    }
    kinds
}

impl Note {
    /// The text, with at most `most` of the names.
    pub(super) fn text_with_names(&self, most: usize) -> String {
        let text = self.text.trim_end();
        match self.names.len() {
            0 => text.to_owned(),
            count if count <= most => labelled(text, list(&self.names)),
            count => {
                let names = list(&self.names[..most]);
                labelled(text, texts::names_and_more(&names, count - most))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::checklist::{Checklist, Level, ProgressTo};
    use super::*;

    const KINDS: [&str; 7] = ["a", "b", "c", "d", "e", "f", "g"];

    #[test]
    fn excess_notes_are_counted_and_escapes_removed() {
        let mut list = Checklist::new(ProgressTo::Stderr);
        list.step("scrape", |notes| {
            for kind in KINDS {
                for n in 0..5 {
                    notes.add(Level::Warning, kind, format!("m{n}"), format!("{n}\x1b[31m"));
                }
            }
            Ok(((), String::new()))
        });
        let text = to_text(&list.steps[0]);
        // Four lines per kind, so two kinds exceed the limit.
        assert!(text.ends_with("\n         and 8 more; --json and --html have all"), "{text}");
        let more_of_kind =
            "\n         warning  and 2 more of this kind: m3, m4; --json and --html have all";
        assert_eq!(text.matches(more_of_kind).count(), 5, "{text}");
        assert!(text.contains("\u{fffd}[31m") && !text.contains('\x1b'), "{text}");
    }

    #[test]
    fn names_are_limited_in_text_but_not_in_json() {
        let mut list = Checklist::new(ProgressTo::Stderr);
        list.step("metrics.json", |notes| {
            for count in [2, 9] {
                let names = (0..count).map(|n| format!("m{n}")).collect();
                notes.add_for(Level::Fact, "absent", "g", "absent", names);
            }
            Ok(((), String::new()))
        });
        let text = to_text(&list.steps[0]);
        assert!(text.contains("absent: m0, m1\n"), "{text}");
        assert!(text.ends_with("m6, m7 and 1 more; --json and --html have all"), "{text}");
        // A fact is not a warning.
        assert_eq!(list.counts(), "1 passed, 0 with warnings, 0 failed, 0 skipped");
        assert_eq!(list.to_json()[0]["notes"][1]["names"][8], "m8");
    }
}
