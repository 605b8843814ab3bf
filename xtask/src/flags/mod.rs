//! The command line as typed, a file for each task. Only syntax is checked here; this is the one
//! module that knows gumdrop.

mod bench;
mod check;
mod ci;
mod dist;
mod fuzz;
mod new;
mod rehearse;

use std::ffi::OsString;

use gumdrop::{Options, ParsingStyle};

pub(crate) use self::bench::{Bench, Subject};
pub(crate) use self::check::Check;
pub(crate) use self::ci::Ci;
pub(crate) use self::dist::Dist;
pub(crate) use self::fuzz::Fuzz;
pub(crate) use self::new::New;
pub(crate) use self::rehearse::Rehearse;

/// What the command line asks for.
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
    #[options(help = "tell what BlueKing will say to a package, anybody's, before it is uploaded")]
    Check(Check),
    #[options(help = "do with a package what BlueKing does, on this machine")]
    Rehearse(Rehearse),
    #[options(help = "run every check and test, on the packaged binaries too")]
    Ci(Ci),
    #[options(help = "measure the packaged exporter, or the kit, beside the same in Go")]
    Bench(Bench),
    #[options(help = "give the kit's parsers whatever bytes a fuzzer comes up with")]
    Fuzz(Fuzz),
    #[options(help = "make a new exporter, which builds, passes its tests and packs as it is")]
    New(New),
}

/// Reads the arguments, without the program's name.
///
/// # Errors
/// Wrong use, as one message that says how to get help.
pub(crate) fn parse(arguments: &[OsString]) -> Result<Parsed, String> {
    let help = "see `cargo xtask --help`";
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
        Some(Command::Check(Check { files, .. })) if files.is_empty() => {
            Err("which packages? see `cargo xtask check --help`".to_owned())
        }
        Some(Command::Rehearse(Rehearse { file: None, .. })) => {
            Err("which package? see `cargo xtask rehearse --help`".to_owned())
        }
        Some(Command::New(New { name: None, .. })) => {
            Err("which name? see `cargo xtask new --help`".to_owned())
        }
        Some(command) => Ok(Parsed::Run(command)),
        None => Err(format!("which task?\n\n{}", usage(&xtask))),
    }
}

fn usage(xtask: &Xtask) -> String {
    match &xtask.command {
        Some(command) => {
            let name = command.command_name().unwrap_or_default();
            format!("Usage: cargo xtask {name} [FLAGS]\n\n{}", command.self_usage())
        }
        None => {
            let tasks = Xtask::command_list().unwrap_or_default();
            format!("Usage: cargo xtask TASK [FLAGS]\n\n{}\n\nTasks:\n{tasks}", Xtask::usage())
        }
    }
}

/// What these words ask for.
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
    fn what_is_no_task_is_told() {
        for (words, expected) in [
            (&[][..], "Tasks:"),
            (&["release"], "release"),
            (&["check", "--json"], "which packages?"),
            (&["rehearse"], "which package?"),
            (&["new"], "which name?"),
        ] {
            let error = parsed(words).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn help_is_no_task() {
        for (words, expected) in
            [(&["--help"][..], "Tasks:"), (&["dist", "--help"], "--toolchain ROUTE")]
        {
            let words: Vec<_> = words.iter().map(OsString::from).collect();
            match parse(&words).unwrap() {
                Parsed::Help(text) => assert!(text.contains(expected), "{text}"),
                parsed => panic!("{parsed:?}"),
            }
        }
    }
}
