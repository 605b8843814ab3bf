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

/// The style of a text, by its headings, its usage line and the left columns of its flags.
pub(super) fn detect(lines: &[Line], layout: &Layout) -> Style {
    let starts = |start: &str| lines.iter().any(|line| line.text.starts_with(start));
    let heading = |titles: &[&str]| {
        lines.iter().any(|line| line.indent == 0 && titles.contains(&line.text.as_str()))
    };
    let in_text = |part: &str| lines.iter().any(|line| line.text.contains(part));
    let lefts: Vec<&str> = lines
        .iter()
        .filter(|line| layout.is_flag(line))
        .map(|line| line.text.split("  ").next().unwrap_or_default())
        .collect();
    let some = |wanted: fn(&str) -> bool| lefts.iter().any(|left| wanted(left));

    if in_text("[--FLAG=VALUE]...") {
        return Style::ExporterKit;
    }
    // cobra has the same heading, but a space before values.
    let assigned = heading(&["Flags:"]) && some(is_assigned);
    if assigned && starts("Usage: ") && !in_text("[<flags>]") {
        return Style::Kong;
    }
    // The last two are for a help without its first lines.
    if in_text("[<flags>]") || assigned || some(|left| left.contains("--[no-]help")) {
        return Style::Kingpin;
    }
    if lefts.iter().filter(|left| is_go_flag(left)).count() * 2 > lefts.len() {
        return Style::GoFlag;
    }
    if starts("usage: ") && heading(&["options:", "optional arguments:", "positional arguments:"]) {
        return Style::Argparse;
    }
    if heading(&["GLOBAL OPTIONS:"]) || (heading(&["NAME:"]) && heading(&["OPTIONS:"])) {
        return Style::Urfave;
    }
    if heading(&["Available Commands:", "Global Flags:"]) || some(has_pflag_type) {
        return Style::Pflag;
    }
    if some(|left| value(left).is_some_and(|value| value.starts_with('<'))) {
        return Style::Clap;
    }
    let of_options = lines.iter().any(|line| {
        line.text.to_ascii_lowercase().starts_with("usage:") && line.text.contains("[OPTIONS]")
    });
    // gumdrop has this usage line too, and a heading of its own.
    if of_options && !heading(&["Optional arguments:"]) {
        return if some(has_upper_value) { Style::Click } else { Style::Clap };
    }
    if heading(&["Flags:"]) { Style::Pflag } else { Style::Unknown }
}

/// What follows the last long name of a left column and a space.
fn value(left: &str) -> Option<&str> {
    let long = left.rfind("--")?;
    left[long..].split_once(' ').map(|(_, value)| value)
}

/// Whether a value follows `=`, outside pflag's `[="x"]`.
fn is_assigned(left: &str) -> bool {
    left.contains('=') && !left.contains("[=")
}

/// Whether this is the form of Go's `flag`: one dash before a name of several letters.
fn is_go_flag(left: &str) -> bool {
    let name = left.split(' ').next().unwrap_or_default();
    !name.starts_with("--") && !name.ends_with(',') && name.len() > 2
}

/// Whether the value is one of pflag's types.
fn has_pflag_type(left: &str) -> bool {
    let value = value(left).and_then(|value| value.split('[').next());
    value.is_some_and(|value| PFLAG_TYPES.contains(&value))
}

/// Whether the value is a word in upper case or a list: `--port INTEGER`, `--mode [a|b]`.
fn has_upper_value(left: &str) -> bool {
    value(left).is_some_and(|value| {
        value.starts_with('[') || value.chars().all(|c| c.is_ascii_uppercase() || c == '_')
    })
}
