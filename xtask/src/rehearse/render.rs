//! How a step is shown in a terminal: some notes of each kind, and how many more there are.

use super::checklist::{Note, Step};

/// Most notes of a step that are shown, and most of one kind; the reports have all.
const SHOWN_NOTES: usize = 20;
const SHOWN_OF_A_KIND: usize = 3;

/// Most names of what a note, or the other notes of a kind, are about.
const SHOWN_SUBJECTS: usize = 8;

/// A step with its notes, as many as can be read.
pub(super) fn to_text(step: &Step) -> String {
    let mut text = format!("{:7}  {}", step.state.label(), step.name);
    if !step.summary.is_empty() {
        text += &format!(": {}", step.summary);
    }
    if step.seconds >= 0.05 {
        text += &format!(" ({:.1} s)", step.seconds);
    }
    let mut lines = Vec::new();
    for notes in by_kind(&step.notes) {
        let level = notes[0].level.label();
        let shown = if notes.len() == SHOWN_OF_A_KIND + 1 { notes.len() } else { SHOWN_OF_A_KIND };
        for note in notes.iter().take(shown) {
            let said = note.said(SHOWN_SUBJECTS).replace('\n', "\n                  ");
            lines.push(format!("\n         {level:7}  {said}"));
        }
        if notes.len() > shown {
            lines.push(format!("\n         {level:7}  {}", likewise(&notes[shown..])));
        }
    }
    let more = lines.len().saturating_sub(SHOWN_NOTES);
    text.extend(lines.into_iter().take(SHOWN_NOTES));
    if more > 0 {
        text += &format!("\n         and {more} more; --json and --html have all");
    }
    // What a stranger's exporter prints must not steer a terminal.
    text.replace(|c: char| c.is_control() && c != '\n', "\u{fffd}")
}

/// That there are more notes of a kind, and what they are about.
fn likewise(notes: &[&Note]) -> String {
    let mut subjects: Vec<&str> = notes.iter().map(|note| &*note.subject).collect();
    subjects.retain(|subject| !subject.is_empty());
    let left_out = subjects.len().saturating_sub(SHOWN_SUBJECTS);
    subjects.truncate(SHOWN_SUBJECTS);
    let names =
        if subjects.is_empty() { String::new() } else { format!(": {}", subjects.join(", ")) };
    let end = if left_out > 0 { ", …" } else { "" };
    format!("and {} more like it{names}{end}; --json and --html have all", notes.len())
}

/// The notes by level and kind, in the order in which the first of each was found.
pub(super) fn by_kind(notes: &[Note]) -> Vec<Vec<&Note>> {
    let mut kinds: Vec<Vec<&Note>> = Vec::new();
    for note in notes {
        let same = |other: &&mut Vec<&Note>| {
            other.first().is_some_and(|one| (one.level, one.kind) == (note.level, note.kind))
        };
        match kinds.iter_mut().find(same) {
            Some(kind) => kind.push(note),
            None => kinds.push(vec![note]),
        }
    }
    kinds
}

impl Note {
    /// The text, with so many of the names at most.
    pub(super) fn said(&self, most: usize) -> String {
        let text = self.text.trim_end();
        match self.names.len() {
            0 => text.to_owned(),
            count if count <= most => format!("{text}: {}", self.names.join(", ")),
            count => {
                let names = self.names[..most].join(", ");
                format!("{text}: {names} and {} more; --json and --html have all", count - most)
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
    fn a_flood_of_notes_is_counted_and_escape_codes_are_not_shown() {
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
        // Four lines for each kind, and so two kinds too many.
        assert!(text.ends_with("\n         and 8 more; --json and --html have all"), "{text}");
        let likewise = "\n         warning  and 2 more like it: m3, m4; --json and --html have all";
        assert_eq!(text.matches(likewise).count(), 5, "{text}");
        assert!(text.contains("\u{fffd}[31m") && !text.contains('\x1b'), "{text}");
    }

    #[test]
    fn names_of_a_note_are_shown_up_to_a_limit_and_kept_for_programs() {
        let mut list = Checklist::new(ProgressTo::Stderr);
        list.step("metrics.json", |notes| {
            for count in [2, 9] {
                let names = (0..count).map(|n| format!("m{n}")).collect();
                notes.add_of(Level::Fact, "absent", "g", "absent", names);
            }
            Ok(((), String::new()))
        });
        let text = to_text(&list.steps[0]);
        assert!(text.contains("absent: m0, m1\n"), "{text}");
        assert!(text.ends_with("m6, m7 and 1 more; --json and --html have all"), "{text}");
        // A fact is no warning.
        assert_eq!(list.counts(), "1 passed, 0 with warnings, 0 failed, 0 skipped");
        assert_eq!(list.to_json()[0]["notes"][1]["names"][8], "m8");
    }
}
