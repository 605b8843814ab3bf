//! The command line, one file per task. Checks only syntax. No other module uses gumdrop.

mod bench;
mod ci;
mod dist;
mod docs;
mod fuzz;
mod new;

use std::ffi::OsString;

use gumdrop::{Options, ParsingStyle};

pub(crate) use self::bench::{Bench, Subject};
pub(crate) use self::ci::Ci;
pub(crate) use self::dist::Dist;
pub(crate) use self::docs::Docs;
pub(crate) use self::fuzz::Fuzz;
pub(crate) use self::new::New;

/// The parsed command line.
#[derive(Debug)]
pub(crate) enum Parsed {
    Run(Command),
    Help(String),
}

#[derive(Debug, Options)]
struct Xtask {
    #[options(no_short, help = "print this help")]
    help: bool,
    #[options(command)]
    command: Option<Command>,
}

/// The tasks.
#[derive(Debug, Options)]
pub(crate) enum Command {
    #[options(help = "build for every target, check, and package into target/dist")]
    Dist(Dist),
    #[options(help = "generate the metric references from the exporters' definitions")]
    Docs(Docs),
    #[options(help = "run every check and test, including tests of the packaged binaries")]
    Ci(Ci),
    #[options(help = "compare the packaged exporter with node_exporter, or the kit with promhttp")]
    Bench(Bench),
    #[options(help = "fuzz the kit's parsers")]
    Fuzz(Fuzz),
    #[options(help = "create a new exporter that builds, passes its tests and can be packaged")]
    New(New),
}

/// Parses the arguments, without the program's name.
///
/// # Errors
/// A usage error, as a message that names the help command.
pub(crate) fn parse(arguments: &[OsString]) -> Result<Parsed, String> {
    let help = help_for(arguments);
    let arguments = arguments
        .iter()
        .map(|argument| argument.to_str().ok_or(format!("{argument:?} is not UTF-8; {help}")))
        .collect::<Result<Vec<_>, _>>()?;
    let xtask = Xtask::parse_args(&arguments, ParsingStyle::AllOptions)
        .map_err(|error| format!("{error}; {help}"))?;
    if xtask.help_requested() {
        return Ok(Parsed::Help(usage(&xtask)));
    }
    match xtask.command {
        Some(Command::New(New { name: None, .. })) => {
            Err("which name? see `cargo xtask new --help`".to_owned())
        }
        Some(command) => Ok(Parsed::Run(command)),
        None => Err(format!("which task?\n\n{}", usage(&xtask))),
    }
}

/// The help command for these arguments: that of the task, if they name one.
fn help_for(arguments: &[OsString]) -> String {
    let words = arguments.iter().filter_map(|argument| argument.to_str());
    let task = words.into_iter().find(|word| !word.starts_with('-'));
    match task.filter(|task| Xtask::command_usage(task).is_some()) {
        Some(task) => format!("see `cargo xtask {task} --help`"),
        None => "see `cargo xtask --help`".to_owned(),
    }
}

fn usage(xtask: &Xtask) -> String {
    match &xtask.command {
        Some(command) => {
            let name = command.command_name().unwrap_or_default();
            let free = command.free().map(|free| format!(" {free}")).unwrap_or_default();
            let flags = command.self_usage();
            format!("Usage: cargo xtask {name} [FLAGS]{free}\n\n{flags}")
        }
        None => {
            let tasks = Xtask::command_list().unwrap_or_default();
            format!(
                "Usage: cargo xtask TASK [FLAGS]\n\n{}\n\nTasks:\n{tasks}\n\n\
                 `cargo xtask check` and `cargo xtask rehearse` run these commands of bkpack.",
                Xtask::usage()
            )
        }
    }
}

impl Command {
    /// The free arguments in the usage line.
    fn free(&self) -> Option<&'static str> {
        match self {
            Self::New(_) => Some("NAME"),
            Self::Bench(_) => Some("[host|windows|kit]"),
            Self::Dist(_) | Self::Docs(_) | Self::Ci(_) | Self::Fuzz(_) => None,
        }
    }
}
/// Parses a command line that is not a request for help.
#[cfg(test)]
fn parsed(words: &[&str]) -> Result<Command, String> {
    let words: Vec<_> = words.iter().map(OsString::from).collect();
    match parse(&words)? {
        Parsed::Run(command) => Ok(command),
        Parsed::Help(text) => panic!("{text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_or_unknown_tasks_are_reported() {
        for (words, expected) in
            [(&[][..], "Tasks:"), (&["release"], "release"), (&["new"], "which name?")]
        {
            let error = parsed(words).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn usage_errors_name_the_right_help() {
        for (words, expected) in [
            (&["dist", "--targets=aix"][..], "; see `cargo xtask dist --help`"),
            (&["--jsn"], "; see `cargo xtask --help`"),
            (&["release"], "; see `cargo xtask --help`"),
        ] {
            let error = parsed(words).unwrap_err();
            assert!(error.ends_with(expected), "{error}");
        }
    }

    #[test]
    fn help_is_not_a_task() {
        for (words, expected) in [
            (&["--help"][..], "Tasks:"),
            (&["dist", "--help"], "--toolchain ROUTE"),
            (&["new", "--help"], "Usage: cargo xtask new [FLAGS] NAME\n"),
        ] {
            let words: Vec<_> = words.iter().map(OsString::from).collect();
            match parse(&words).unwrap() {
                Parsed::Help(text) => assert!(text.contains(expected), "{text}"),
                parsed => panic!("{parsed:?}"),
            }
        }
    }
}
