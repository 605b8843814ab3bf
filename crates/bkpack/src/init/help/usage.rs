//! The usage line: which flags are required, and positional arguments that no section explains.

use super::Argument;
use super::text::Line;

/// What the usage line says.
#[derive(Debug, Default)]
pub(super) struct Usage {
    /// Flags outside brackets, which are required.
    pub(super) required: Vec<String>,
    /// Positional arguments.
    pub(super) arguments: Vec<Argument>,
    /// Lines that belong to it, as indices.
    lines: std::ops::Range<usize>,
}

impl Usage {
    /// Whether the line with this index is part of the usage.
    pub(super) fn contains(&self, index: usize) -> bool {
        self.lines.contains(&index)
    }
}

/// Placeholders that stand for flags and subcommands.
const NOT_ARGUMENTS: &[&str] = &[
    "flags",
    "flag",
    "options",
    "option",
    "command",
    "commands",
    "subcommand",
    "args",
    "arguments",
    "arg",
    "global options",
    "command options",
    "arguments...",
    "opts",
];

/// Reads the first usage line with its continuations.
pub(super) fn read(lines: &[Line]) -> Usage {
    let Some(start) = lines.iter().position(is_usage) else { return Usage::default() };
    let head = &lines[start].text;
    let mut text = head[USAGE.len()..].to_owned();
    let mut end = start + 1;
    if text.trim().is_empty() {
        // The line below a heading `Usage:`; Go's tools print flags right there.
        if let Some(line) = lines.get(end).filter(|l| l.indent > 0 && !l.text.starts_with('-')) {
            text.clone_from(&line.text);
            end += 1;
        }
    } else {
        // argparse indents by at least the length of `usage: `.
        while let Some(line) = lines.get(end).filter(|l| l.indent >= 7 && !l.after_blank) {
            text.push(' ');
            text.push_str(&line.text);
            end += 1;
        }
    }
    let mut usage = Usage { lines: start..end, ..Usage::default() };
    usage.tokens(&text);
    usage
}

const USAGE: &str = "usage:";

fn is_usage(line: &Line) -> bool {
    line.text.get(..USAGE.len()).is_some_and(|head| head.eq_ignore_ascii_case(USAGE))
}

impl Usage {
    /// Takes the words after the program's name.
    fn tokens(&mut self, text: &str) {
        let mut flag_value = false;
        for token in tokens(text).into_iter().skip(1) {
            if token.starts_with('-') {
                let name = token.split('=').next().unwrap_or(token);
                self.required.push(name.to_owned());
                flag_value = !token.contains('=');
            } else if !std::mem::take(&mut flag_value)
                && (token.contains(['<', '>', '[']) || is_upper(token))
            {
                self.argument(token, !token.starts_with(['[', '(']));
            }
        }
    }

    fn argument(&mut self, token: &str, required: bool) {
        let name = token.trim_matches(|c: char| "[]<>(). ".contains(c));
        if name.starts_with('-')
            || name.contains([' ', '|', '='])
            || NOT_ARGUMENTS.contains(&name.to_lowercase().as_str())
            || self.arguments.iter().any(|argument| argument.name == name)
        {
            return;
        }
        self.arguments.push(Argument {
            name: name.to_owned(),
            help: String::new(),
            required,
            repeated: token.contains("..."),
        });
    }
}

/// Words; what is in angle brackets or in one pair of square brackets stays together.
fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let (mut start, mut depth) = (None, 0_usize);
    for (at, c) in text.char_indices() {
        match c {
            '[' | '<' | '(' => depth += 1,
            ']' | '>' | ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if c == ' ' && depth == 0 {
            tokens.extend(start.take().map(|start: usize| &text[start..at]));
        } else {
            start.get_or_insert(at);
        }
    }
    tokens.extend(start.map(|start| &text[start..]));
    tokens
}

/// Whether a token such as `FILE` or `[FILE]...` is a placeholder by its letters.
fn is_upper(token: &str) -> bool {
    let name = token.trim_matches(|c: char| "[].".contains(c));
    name.len() > 1 && name.chars().all(|c| c.is_ascii_uppercase() || c == '_' || c == '-')
}
