//! Cuts a help text into flags, arguments and commands by its indentation.

use std::collections::HashMap;

use super::style::Style;
use super::synopsis::{self, Synopsis};
use super::text::Line;
use super::usage::Usage;
use super::{Argument, HelpFlag, notes};

/// What a heading announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    Flags,
    Arguments,
    Commands,
    Examples,
}

/// Where flags and their help begin.
#[derive(Debug, Default)]
pub(super) struct Layout {
    indent: usize,
    /// Column of most help texts, if several have the same.
    pub(super) help_column: Option<usize>,
}

/// Long names stand this far right of short ones in kingpin, pflag and clap: below `-h, `.
const SHORT_WIDTH: usize = 4;

impl Layout {
    /// Finds the columns of a text.
    pub(super) fn measure(lines: &[Line], usage: &Usage) -> Self {
        let mut indents: HashMap<usize, usize> = HashMap::new();
        for (index, line) in lines.iter().enumerate() {
            if !usage.contains(index) && starts_like_flag(&line.text) {
                *indents.entry(line.indent).or_default() += 1;
            }
        }
        // Column 0 is prose that begins with a flag's name, unless there is nothing else.
        if indents.keys().any(|indent| *indent > 0) {
            indents.remove(&0);
        }
        let weight = |indent: usize| {
            let at = |indent| indents.get(&indent).copied().unwrap_or(0);
            at(indent) + at(indent + SHORT_WIDTH)
        };
        let best = indents.keys().copied().max_by_key(|at| (weight(*at), std::cmp::Reverse(*at)));
        let mut layout =
            Self { indent: best.unwrap_or(usize::MAX - SHORT_WIDTH), help_column: None };
        let mut columns: HashMap<usize, usize> = HashMap::new();
        for line in lines.iter().filter(|line| layout.is_flag(line)) {
            if let Some(column) = help_column(line) {
                *columns.entry(column).or_default() += 1;
            }
        }
        // Of a text that is not aligned, two lines may agree by chance.
        let all: usize = columns.values().sum();
        let most = columns.into_iter().max_by_key(|(column, count)| (*count, *column));
        let most = most.filter(|(_, count)| *count > 1 && *count * 2 >= all);
        layout.help_column = most.map(|(column, _)| column);
        layout
    }

    /// Whether a flag begins on the line, not a help text that begins with a flag's name.
    pub(super) fn is_flag(&self, line: &Line) -> bool {
        (line.indent == self.indent
            || (line.indent == self.indent + SHORT_WIDTH && line.text.starts_with("--")))
            && starts_like_flag(&line.text)
    }
}

/// Whether a text begins with dashes and a name.
fn starts_like_flag(text: &str) -> bool {
    let name = text.strip_prefix("--").or_else(|| text.strip_prefix('-')).unwrap_or_default();
    name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '?') || name.starts_with("[no-]")
}

/// Column after the last gap of two spaces of a flag's line.
fn help_column(line: &Line) -> Option<usize> {
    let gap = line.text.find("  ")?;
    let help = line.text[gap..].trim_start();
    let bytes = line.text.len() - help.len();
    Some(line.indent + line.text[..bytes].chars().count())
}

/// A flag, argument or command with its help.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    pub(super) section: Section,
    head: &'a Line,
    body: Vec<&'a Line>,
}

/// The entries of a text, in order.
pub(super) fn split<'a>(lines: &'a [Line], usage: &Usage, layout: &Layout) -> Vec<Entry<'a>> {
    let mut entries: Vec<Entry<'a>> = Vec::new();
    let mut section = Section::Flags;
    let mut open = false;
    // Arguments and commands stand as far right as the first one of their section.
    let mut item_indent = None;
    for (index, line) in lines.iter().enumerate() {
        if usage.contains(index) {
            open = false;
            continue;
        }
        if let Some(heading) = heading(line) {
            (section, open, item_indent) = (heading, false, None);
            continue;
        }
        let starts = match section {
            Section::Flags => layout.is_flag(line),
            Section::Arguments | Section::Commands => {
                line.indent > 0 && line.indent <= *item_indent.get_or_insert(line.indent)
            }
            Section::Examples => false,
        };
        if starts {
            entries.push(Entry { section, head: line, body: Vec::new() });
            open = true;
        } else if open {
            let entry = entries.last_mut().expect("an entry is open");
            open = line.indent > entry.head.indent;
            if open {
                entry.body.push(line);
            }
        }
    }
    entries
}

/// The section that begins at a line such as `Global Flags:`.
fn heading(line: &Line) -> Option<Section> {
    let title = line.text.strip_suffix(':')?;
    if line.indent > 1 || title.len() > 60 || title.starts_with('-') {
        return None;
    }
    let title = title.to_ascii_lowercase();
    Some(if title.ends_with("commands") {
        Section::Commands
    } else if title == "args" || title.ends_with("arguments") && title != "optional arguments" {
        Section::Arguments
    } else if title.starts_with("example") {
        Section::Examples
    } else {
        Section::Flags
    })
}

impl Entry<'_> {
    /// The flag of an entry of [`Section::Flags`].
    pub(super) fn flag(&self, style: Style, layout: &Layout, usage: &Usage) -> Option<HelpFlag> {
        let column = layout.help_column.and_then(|column| column.checked_sub(self.head.indent));
        let mut text = self.head.text.clone();
        let mut body = self.body.iter();
        while synopsis::is_quote_open(&text) && text.len() < synopsis::MAX_BYTES {
            let Some(line) = body.next() else { break };
            text.push(' ');
            text.push_str(&line.text);
        }
        let Synopsis { names, negatable, value, repeated, default, choices, help } =
            synopsis::read(&text, style, column)?;
        let help = join(help, body.copied(), style);
        let required = names.iter().any(|name| usage.required.contains(name));
        let name = names.iter().find(|name| name.starts_with("--")).or(names.first())?.clone();
        // A counter has no opposite.
        let negatable = negatable || (style == Style::Kingpin && value.is_none() && !repeated);
        let mut flag = HelpFlag {
            name,
            negatable,
            value,
            default,
            repeated,
            required,
            choices,
            ..HelpFlag::default()
        };
        notes::take(&mut flag, help, style);
        Some(flag)
    }

    /// Adds the argument of an entry of [`Section::Arguments`]. argparse lists subcommands there,
    /// as `{start,stop}`.
    pub(super) fn argument(
        &self,
        usage: &Usage,
        arguments: &mut Vec<Argument>,
        commands: &mut Vec<String>,
    ) {
        let (left, help) = self.head.text.split_once("  ").unwrap_or((&self.head.text, ""));
        if left.starts_with('{') {
            commands.extend(self.commands());
            return;
        }
        let name = left.trim_matches(|c: char| "[]<>. ".contains(c));
        if name.is_empty() || name.contains(' ') {
            return;
        }
        let from_usage = usage.arguments.iter().find(|argument| argument.name == name);
        let in_brackets = from_usage.map_or(left.starts_with('['), |argument| !argument.required);
        arguments.push(Argument {
            name: name.to_owned(),
            help: join(help.trim().to_owned(), self.body.iter().copied(), Style::Unknown),
            required: !in_brackets,
            repeated: left.contains("...") || from_usage.is_some_and(|argument| argument.repeated),
        });
    }

    /// The name of an entry of [`Section::Commands`], or all of argparse's `{start,stop}`.
    pub(super) fn commands(&self) -> Vec<String> {
        let first = self.head.text.split("  ").next().unwrap_or_default();
        let names = match first.strip_prefix('{').and_then(|first| first.strip_suffix('}')) {
            Some(names) => names.split(',').collect(),
            None => first.split([' ', ',']).take(1).collect::<Vec<_>>(),
        };
        names
            .into_iter()
            .map(|name| name.trim_end_matches(['*', ':']))
            .filter(|name| {
                name.starts_with(|c: char| c.is_ascii_alphanumeric())
                    && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
            })
            .map(str::to_owned)
            .collect()
    }
}

/// Bytes of a help text at most; real ones have up to two thousand.
const MAX_HELP: usize = 8 << 10;

/// Joins the lines of a help text.
fn join<'a>(mut help: String, lines: impl Iterator<Item = &'a Line>, style: Style) -> String {
    for line in lines {
        // argparse breaks words at their hyphens, paths too.
        let broken = style == Style::Argparse
            && help.ends_with('-')
            && help[..help.len() - 1].ends_with(|c: char| c.is_alphanumeric());
        if !help.is_empty() && !broken {
            help.push(' ');
        }
        help.push_str(&line.text);
        if help.len() > MAX_HELP {
            break;
        }
    }
    help.truncate(help.floor_char_boundary(MAX_HELP));
    help
}
