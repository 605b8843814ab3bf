//! The command line, one file per command. Checks only syntax. No other module uses gumdrop.

mod build;
mod check;
mod init;
mod rehearse;

use std::ffi::OsString;

use gumdrop::{Options, ParsingStyle};

pub(crate) use self::build::Build;
pub(crate) use self::check::Check;
pub(crate) use self::init::Init;
pub(crate) use self::rehearse::Rehearse;

/// The parsed command line.
#[derive(Debug)]
pub(crate) enum Parsed {
    /// A command to run.
    Run(Command),
    /// A help text to print.
    Help(String),
}

#[derive(Debug, Options)]
struct Bkpack {
    #[options(no_short, help = "print this help")]
    help: bool,
    #[options(command)]
    command: Option<Command>,
}

/// The commands.
#[derive(Debug, Options)]
pub(crate) enum Command {
    /// Drafts a package.
    #[options(help = "draft a package of any exporter from its executables")]
    Init(Init),
    /// Packs a draft.
    #[options(help = "pack a draft for BlueKing 5.1, 6 and 7, and check the packages")]
    Build(Build),
    /// Checks packages.
    #[options(help = "check packages, from any source, against BlueKing's rules before an upload")]
    Check(Check),
    /// Runs a package.
    #[options(help = "run a package on this machine as BlueKing does")]
    Rehearse(Rehearse),
}

/// Parses the arguments, without the program's name; `program` is named in messages.
///
/// # Errors
/// A usage error, as a message that names the help command.
pub(crate) fn parse(program: &str, arguments: &[OsString]) -> Result<Parsed, String> {
    let help = help_for(program, arguments);
    let arguments = arguments
        .iter()
        .map(|argument| argument.to_str().ok_or(format!("{argument:?} is not UTF-8; {help}")))
        .collect::<Result<Vec<_>, _>>()?;
    let parsed = Bkpack::parse_args(&arguments, ParsingStyle::AllOptions)
        .map_err(|error| format!("{error}; {help}"))?;
    if parsed.help_requested() {
        return Ok(Parsed::Help(usage(program, &parsed)));
    }
    match parsed.command {
        Some(
            Command::Init(Init { folder: None, .. }) | Command::Build(Build { folder: None, .. }),
        ) => Err(format!("which folder? {help}")),
        Some(Command::Check(Check { files, .. })) if files.is_empty() => {
            Err(format!("which packages? {help}"))
        }
        Some(Command::Rehearse(Rehearse { file: None, .. })) => {
            Err(format!("which package? {help}"))
        }
        Some(command) => Ok(Parsed::Run(command)),
        None => Err(format!("which command?\n\n{}", usage(program, &parsed))),
    }
}

/// The help command for these arguments: that of the command, if they name one.
fn help_for(program: &str, arguments: &[OsString]) -> String {
    let words = arguments.iter().filter_map(|argument| argument.to_str());
    let command = words.into_iter().find(|word| !word.starts_with('-'));
    match command.filter(|command| Bkpack::command_usage(command).is_some()) {
        Some(command) => format!("see `{program} {command} --help`"),
        None => format!("see `{program} --help`"),
    }
}

fn usage(program: &str, parsed: &Bkpack) -> String {
    match &parsed.command {
        Some(command) => {
            let name = command.command_name().unwrap_or_default();
            let (free, codes) = match command {
                Command::Init(_) => {
                    ("DIR", "Exit code: 1 if the exporter cannot be packed, 2 for a usage error.")
                }
                Command::Build(_) => {
                    ("DIR", "Exit code: 1 if a package has errors, 2 for a usage error.")
                }
                Command::Check(_) => (
                    "FILE…",
                    "Exit code: 0 without errors; 1 if a package has errors or an existing file \
                     cannot be read;\notherwise 2 for a usage error, such as a missing file. The \
                     other files are checked anyway.",
                ),
                Command::Rehearse(_) => {
                    ("FILE", "Exit code: 1 if a step failed, 2 for a usage error.")
                }
            };
            let flags = command.self_usage();
            format!("Usage: {program} {name} [FLAGS] {free}\n\n{flags}\n\n{codes}")
        }
        None => {
            let commands = Bkpack::command_list().unwrap_or_default();
            let flags = Bkpack::usage();
            format!("Usage: {program} COMMAND [FLAGS]\n\n{flags}\n\nCommands:\n{commands}")
        }
    }
}

/// Parses a command line that is not a request for help.
#[cfg(test)]
fn parsed(words: &[&str]) -> Result<Command, String> {
    let words: Vec<_> = words.iter().map(OsString::from).collect();
    match parse("bkpack", &words)? {
        Parsed::Run(command) => Ok(command),
        Parsed::Help(text) => panic!("{text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_or_unknown_words_are_reported() {
        for (words, expected) in [
            (&[][..], "Commands:"),
            (&["release"], "; see `bkpack --help`"),
            (&["--jsn"], "; see `bkpack --help`"),
            (&["check", "--json"], "which packages?"),
            (&["rehearse"], "which package?"),
            (&["rehearse", "--os", "aix", "p.tgz"], "; see `bkpack rehearse --help`"),
        ] {
            let error = parsed(words).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn help_is_not_a_command() {
        for (words, expected) in [
            (&["--help"][..], "Commands:"),
            (&["check", "--help"], "Usage: cargo xtask check [FLAGS] FILE…\n"),
            (&["check", "--help"], "\nExit code: 0 without errors; 1"),
            (&["rehearse", "--help"], "Usage: cargo xtask rehearse [FLAGS] FILE\n"),
        ] {
            let words: Vec<_> = words.iter().map(OsString::from).collect();
            match parse("cargo xtask", &words).unwrap() {
                Parsed::Help(text) => assert!(text.contains(expected), "{text}"),
                parsed => panic!("{parsed:?}"),
            }
        }
    }
}
