//! The command line as typed, a file for each task. Only syntax is checked here; this is the one
//! module that knows gumdrop.

mod bench;
mod check;
mod ci;
mod dist;
mod docs;
mod fuzz;
mod new;
mod rehearse;

use std::ffi::OsString;

use gumdrop::{Options, ParsingStyle};

pub(crate) use self::bench::{Bench, Subject};
pub(crate) use self::check::Check;
pub(crate) use self::ci::Ci;
pub(crate) use self::dist::Dist;
pub(crate) use self::docs::Docs;
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
    #[options(help = "write the references of metrics from what the exporters say of themselves")]
    Docs(Docs),
    #[options(help = "run every check and test, on the packaged binaries too")]
    Ci(Ci),
    #[options(
        help = "measure the packaged exporter beside node_exporter, or the kit beside promhttp"
    )]
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

/// Where the help is for who typed these arguments: that of the task, if they name one.
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
            let codes = command.exit_codes();
            let codes = codes.map(|codes| format!("\n\n{codes}")).unwrap_or_default();
            let flags = command.self_usage();
            format!("Usage: cargo xtask {name} [FLAGS]{free}\n\n{flags}{codes}")
        }
        None => {
            let tasks = Xtask::command_list().unwrap_or_default();
            format!("Usage: cargo xtask TASK [FLAGS]\n\n{}\n\nTasks:\n{tasks}", Xtask::usage())
        }
    }
}

impl Command {
    /// What stands behind the flags.
    fn free(&self) -> Option<&'static str> {
        match self {
            Self::Check(_) => Some("FILE…"),
            Self::Rehearse(_) => Some("FILE"),
            Self::New(_) => Some("NAME"),
            Self::Bench(_) => Some("[host|kit]"),
            Self::Dist(_) | Self::Docs(_) | Self::Ci(_) | Self::Fuzz(_) => None,
        }
    }

    /// What the exit codes mean, where programs may ask.
    fn exit_codes(&self) -> Option<&'static str> {
        match self {
            Self::Check(_) => Some(
                "Exit code: 0 without errors; 1 where a package has errors or a file that is there \
                 cannot be\nread; else 2 for wrong use, which a file that is not there is too. All \
                 other files are\nchecked all the same.",
            ),
            Self::Rehearse(_) => Some("Exit code: 1 where a step failed, 2 for wrong use."),
            _ => None,
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
    fn wrong_flags_are_sent_to_the_help_that_explains_them() {
        for (words, expected) in [
            (&["dist", "--targets=aix"][..], "; see `cargo xtask dist --help`"),
            (&["rehearse", "--os", "aix", "p.tgz"], "; see `cargo xtask rehearse --help`"),
            (&["--jsn"], "; see `cargo xtask --help`"),
            (&["release"], "; see `cargo xtask --help`"),
        ] {
            let error = parsed(words).unwrap_err();
            assert!(error.ends_with(expected), "{error}");
        }
    }

    #[test]
    fn help_is_no_task() {
        for (words, expected) in [
            (&["--help"][..], "Tasks:"),
            (&["dist", "--help"], "--toolchain ROUTE"),
            (&["check", "--help"], "Usage: cargo xtask check [FLAGS] FILE…\n"),
            (&["check", "--help"], "\nExit code: 0 without errors; 1"),
            (&["rehearse", "--help"], "Usage: cargo xtask rehearse [FLAGS] FILE\n"),
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
