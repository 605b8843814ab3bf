//! Which flag library prints a help text.

use super::entries::Layout;
use super::text::Line;

/// Flag library, by the form of its help. It decides how switches are turned off and whether
/// what follows `=` is a default or a placeholder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Go's kingpin: `--flag=DEFAULT` or `--flag=PLACEHOLDER`, `--no-flag`.
    Kingpin,
    /// Go's kong: as kingpin, but only `--[no-]flag` can be turned off.
    Kong,
    /// Go's `flag`: `-flag type`, help on the next line; `-flag=false`.
    GoFlag,
    /// Go's pflag and cobra: `-f, --flag type   help`; `--flag=false`.
    Pflag,
    /// Go's urfave/cli: `--flag value, -f value  help [$ENV]`; `--flag=false`.
    Urfave,
    /// Rust's clap: `-f, --flag <VALUE>`.
    Clap,
    /// Python's click: `-f, --flag TEXT  help  [default: x]`, `--flag / --no-flag`.
    Click,
    /// Python's argparse: `-f VALUE, --flag VALUE`.
    Argparse,
    /// The exporters of this project: `--flag=VALUE  help [default: x]`, `--no-flag`.
    ExporterKit,
    /// Another one. The text is read by what the others have in common.
    Unknown,
}

impl Style {
    /// Whether a default stands after `=`, where others have a placeholder.
    pub(super) fn shows_default_after_equals(self) -> bool {
        matches!(self, Self::Kingpin | Self::Kong)
    }
}

/// Types that pflag prints in place of a value.
const PFLAG_TYPES: &[&str] = &[
    "string",
    "strings",
    "stringArray",
    "stringSlice",
    "stringToString",
    "int",
    "ints",
    "int32",
    "int64",
    "uint",
    "uint16",
    "uint32",
    "uint64",
    "float",
    "float32",
    "float64",
    "duration",
    "ip",
    "count",
];

/// Headings of argparse in its versions.
const ARGPARSE_HEADINGS: &[&str] = &["options:", "optional arguments:", "positional arguments:"];

/// The style of a text.
pub(super) fn detect(lines: &[Line], layout: &Layout) -> Style {
    let has = |wanted: &dyn Fn(&Line) -> bool| lines.iter().any(wanted);
    if has(&|line| line.text.contains("[--FLAG=VALUE]...")) {
        return Style::ExporterKit;
    }
    if has(&|line| line.text.contains("Show context-sensitive help."))
        && has(&|line| line.text.starts_with("Usage: "))
    {
        return Style::Kong;
    }
    if has(&|line| {
        line.text.contains("[<flags>]") || line.text.contains("Show context-sensitive help")
    }) {
        return Style::Kingpin;
    }
    let flags: Vec<&str> =
        lines.iter().filter(|line| layout.is_flag(line)).map(|line| line.text.as_str()).collect();
    // A help without its first lines, or translated.
    if flags.iter().any(|text| {
        text.split("  ").next().is_some_and(|left| left.contains("--[no-]help") || is_quoted(left))
    }) {
        return Style::Kingpin;
    }
    let share = |wanted: &dyn Fn(&str) -> bool| {
        flags.iter().filter(|text| wanted(text)).count() * 2 > flags.len()
    };
    if !flags.is_empty() && share(&is_go_flag) {
        return Style::GoFlag;
    }
    if has(&|line| line.text.starts_with("usage: "))
        && has(&|line| line.indent == 0 && ARGPARSE_HEADINGS.contains(&line.text.as_str()))
    {
        return Style::Argparse;
    }
    if has(&|line| line.text.contains("Show this message and exit.")) {
        return Style::Click;
    }
    if has(&|line| line.text == "GLOBAL OPTIONS:")
        || (has(&|line| line.text == "NAME:") && has(&|line| line.text == "OPTIONS:"))
    {
        return Style::Urfave;
    }
    if has(&|line| line.text == "Available Commands:" || line.text == "Global Flags:")
        || flags.iter().any(|text| has_pflag_type(text))
    {
        return Style::Pflag;
    }
    // clap is the one that marks values by angle brackets after a space.
    let angle = flags.iter().any(|text| {
        let name_end = text.rfind("--").map_or(0, |at| at + 2);
        text[name_end..].split_whitespace().nth(1).is_some_and(|word| word.starts_with('<'))
    });
    if angle
        || has(&|line| {
            let usage = line.text.to_ascii_lowercase();
            (usage.starts_with("usage:") && line.text.contains("[OPTIONS]"))
                || line.text.contains(" (see a summary with '-h')")
        }) && !has(&|line| line.text.eq_ignore_ascii_case("optional arguments:"))
    {
        return Style::Clap;
    }
    if has(&|line| line.indent == 0 && line.text == "Flags:") {
        Style::Pflag
    } else {
        Style::Unknown
    }
}

/// Whether a flag's line is in the form of Go's `flag`: one dash before a name of several letters.
fn is_go_flag(text: &str) -> bool {
    let name = text.split_whitespace().next().unwrap_or_default();
    !name.starts_with("--") && !name.ends_with(',') && name.len() > 2
}

/// Whether a flag's left column has a default in kingpin's quotes.
fn is_quoted(left: &str) -> bool {
    left.contains("=\"") && !left.contains("[=\"")
}

/// Whether the word after the long name is one of pflag's types, before two spaces.
fn has_pflag_type(text: &str) -> bool {
    let Some(long) = text.find("--") else { return false };
    let left = text[long..].split("  ").next().unwrap_or_default();
    let mut words = left.split(' ');
    let (name, kind) = (words.next(), words.next());
    name.is_some_and(|name| !name.contains('=') && !name.ends_with(','))
        && kind.is_some_and(|kind| PFLAG_TYPES.contains(&kind.split('[').next().unwrap_or(kind)))
        && words.next().is_none()
}
