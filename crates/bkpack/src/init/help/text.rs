//! Lines of a help text, without colours, tabs and carriage returns.

/// Bytes read at most; the rest of a longer text is ignored.
pub(super) const MAX_BYTES: usize = 1 << 20;

/// A line that is not blank.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// Columns before the text.
    pub(super) indent: usize,
    /// The line without indentation and trailing blanks.
    pub(super) text: String,
    /// Whether a blank line stands before it.
    pub(super) after_blank: bool,
}

/// The lines of `text` that are not blank.
pub(super) fn lines(text: &str) -> Vec<Line> {
    let mut after_blank = false;
    let mut lines = Vec::new();
    for raw in bounded(text).lines() {
        let flat = flatten(raw);
        let trimmed = flat.trim();
        if trimmed.is_empty() {
            after_blank = true;
            continue;
        }
        let indent = flat.chars().take_while(|c| c.is_whitespace()).count();
        lines.push(Line { indent, text: trimmed.to_owned(), after_blank });
        after_blank = false;
    }
    lines
}

/// At most [`MAX_BYTES`], cut between characters.
pub(super) fn bounded(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_BYTES)]
}

/// Drops control characters and terminal sequences, and replaces tabs by spaces.
fn flatten(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut column = 0;
    let mut chars = raw.chars();
    while let Some(c) = chars.next() {
        match c {
            '\t' => {
                // A tab always separates columns, for which one space is not enough.
                let stop = 8 - column % 8;
                let width = if stop < 2 { stop + 8 } else { stop };
                out.extend(std::iter::repeat_n(' ', width));
                column += width;
            }
            '\u{1b}' => skip_sequence(&mut chars),
            '\u{feff}' => {}
            c if c.is_control() => {}
            c => {
                out.push(c);
                column += 1;
            }
        }
    }
    out
}

/// Skips the rest of an escape sequence: CSI up to its final byte, OSC up to BEL or ST.
fn skip_sequence(chars: &mut std::str::Chars<'_>) {
    match chars.next() {
        Some('[') => {
            chars.find(|c| ('@'..='~').contains(c));
        }
        Some(']') => {
            while let Some(c) = chars.next() {
                if c == '\u{7}' {
                    break;
                }
                if c == '\u{1b}' {
                    chars.next();
                    break;
                }
            }
        }
        _ => {}
    }
}
