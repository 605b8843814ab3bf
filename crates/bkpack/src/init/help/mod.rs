//! Reads what exporters print for `--help` and `--version`, in the forms of the common flag
//! libraries, and says which flag sets the address, the path of the metrics, the log level and so
//! on. Works on text alone: running the exporter is the caller's part.

mod entries;
mod input;
mod listen;
mod notes;
mod prose;
mod role;
mod style;
mod synopsis;
mod text;
mod usage;
mod version;
mod words;

pub use input::{Input, input};
pub use listen::{Listen, ListenForm};
pub use role::{Role, role};
pub use style::Style;
pub use version::version;
pub(super) use words::words;

use self::entries::Section;

/// Flags read at most. Real exporters have up to a few hundred.
pub const MAX_FLAGS: usize = 5000;

/// What a help text says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Help {
    /// The flag library, as far as its form shows it.
    pub style: Style,
    /// Flags in the order of the text, each name once.
    pub flags: Vec<HelpFlag>,
    /// Positional arguments in the order of the text.
    pub arguments: Vec<Argument>,
    /// Names of subcommands.
    pub commands: Vec<String>,
}

/// A flag of an exporter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HelpFlag {
    /// Name as typed, with its dashes, such as `--web.listen-address` or `-telemetry.addr`; the
    /// long name if there is one.
    pub name: String,
    /// Whether `--no-NAME` turns it off.
    pub negatable: bool,
    /// Placeholder of the value, without angle brackets; empty if the text names none. `None` if
    /// the flag is a switch.
    pub value: Option<String>,
    /// Default as the flag takes it, without quotes; `true` or `false` for switches.
    pub default: Option<String>,
    /// What the flag does, on one line, without the notes that the other fields hold.
    pub help: String,
    /// Environment variable that sets it.
    pub env: Option<String>,
    /// Whether the flag may be given several times.
    pub repeated: bool,
    /// Whether the exporter does not start without it.
    pub required: bool,
    /// Values that it accepts; empty if the text does not list them.
    pub choices: Vec<String>,
}

/// A positional argument of an exporter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Argument {
    /// Placeholder without brackets.
    pub name: String,
    /// What it is, on one line; empty if only the usage line has it.
    pub help: String,
    /// Whether the exporter does not start without it.
    pub required: bool,
    /// Whether several values may follow.
    pub repeated: bool,
}

/// Reads the output of `--help`, whether it came on stdout or stderr. Text that is not a help gives
/// no flags. Only the first MiB and [`MAX_FLAGS`] flags are read.
pub fn parse(text: &str) -> Help {
    let lines = text::lines(text);
    let usage = usage::read(&lines);
    let layout = entries::Layout::measure(&lines, &usage);
    let style = style::detect(&lines, &layout);
    let mut help = Help { style, flags: Vec::new(), arguments: Vec::new(), commands: Vec::new() };
    let mut seen = std::collections::HashSet::new();
    for entry in entries::split(&lines, &usage, &layout) {
        match entry.section {
            Section::Flags => {
                let Some(flag) = entry.flag(style, &layout, &usage) else { continue };
                if help.flags.len() < MAX_FLAGS && seen.insert(flag.name.clone()) {
                    help.flags.push(flag);
                }
            }
            Section::Arguments => entry.argument(&usage, &mut help.arguments, &mut help.commands),
            Section::Commands => {
                for name in entry.commands() {
                    if seen.insert(name.clone()) {
                        help.commands.push(name);
                    }
                }
            }
            Section::Examples => {}
        }
    }
    if help.arguments.is_empty() {
        help.arguments = usage.arguments;
    }
    help
}

impl Help {
    /// The role of each flag, in the order of [`Help::flags`]. Unlike [`role`] it sees all flags:
    /// at most one is [`Role::Listen`], and an address beside a port is [`Role::ListenHost`].
    pub fn roles(&self) -> Vec<Role> {
        let mut roles: Vec<Role> = self.flags.iter().map(role).collect();
        listen::settle(&self.flags, &mut roles);
        roles
    }
}

#[cfg(test)]
mod tests;
