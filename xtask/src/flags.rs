//! The command line as typed. Only syntax is checked here; this is the one file that knows
//! gumdrop.

use std::ffi::OsString;
use std::str::FromStr;

use blueking_package::plugin::System;
use gumdrop::{Options, ParsingStyle};

use crate::dist::{Choice, Target, Targets};
use crate::rehearse::name_of;

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

/// Flags of `check`.
#[derive(Debug, Default, Options)]
pub(crate) struct Check {
    #[options(no_short, help = "print this help")]
    help: bool,
    #[options(no_short, help = "print the findings as JSON")]
    pub(crate) json: bool,
    #[options(free, help = "packages: .zip of BlueKing 5.1, .tgz of 6.x and 7.x")]
    pub(crate) files: Vec<String>,
}

/// Flags of `rehearse`.
#[derive(Debug, Default, Options)]
pub(crate) struct Rehearse {
    #[options(no_short, help = "print this help")]
    help: bool,
    #[options(no_short, help = "print the report as JSON; the list then goes to stderr")]
    pub(crate) json: bool,
    #[options(no_short, meta = "FILE", help = "write the report as a page for browsers too")]
    pub(crate) html: Option<String>,
    #[options(
        no_short,
        meta = "SYSTEM",
        parse(try_from_str),
        help = "linux (the default), linux-aarch64 (under qemu) or windows (under Wine)"
    )]
    pub(crate) os: Option<Os>,
    #[options(
        no_short,
        meta = "NAME=VALUE",
        help = "fill in a row of the form, such as port=9700; may be given many times"
    )]
    pub(crate) param: Vec<String>,
    #[options(free, help = "a package: .zip of BlueKing 5.1, .tgz of 6.x and 7.x")]
    pub(crate) file: Option<String>,
}

/// A system as it is called on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Os(pub(crate) System);

/// Flags of `ci`.
#[derive(Debug, Default, Options)]
pub(crate) struct Ci {
    #[options(no_short, help = "print this help")]
    help: bool,
    #[options(no_short, help = "install the tools that are missing, saying which")]
    pub(crate) setup: bool,
    #[options(
        no_short,
        help = "instead of all else make the packages in containers, and check and rehearse them; \
                installs Docker, debootstrap and cross"
    )]
    pub(crate) with_cross: bool,
}

/// Flags of `bench`.
#[derive(Debug, Default, Options)]
pub(crate) struct Bench {
    #[options(no_short, help = "print this help")]
    help: bool,
    #[options(no_short, help = "install Go and its libraries where they are missing")]
    pub(crate) setup: bool,
    #[options(free, help = "host (the default) or kit")]
    pub(crate) what: Option<String>,
}

/// Flags of `fuzz`.
#[derive(Debug, Default, Options)]
pub(crate) struct Fuzz {
    #[options(no_short, help = "print this help")]
    help: bool,
    #[options(no_short, help = "install cargo-fuzz and a nightly Rust where they are missing")]
    pub(crate) setup: bool,
    #[options(no_short, meta = "NUMBER", help = "how long each target is fuzzed: 60 by default")]
    pub(crate) seconds: Option<u64>,
}

/// Flags of `new`.
#[derive(Debug, Default, Options)]
pub(crate) struct New {
    #[options(no_short, help = "print this help")]
    help: bool,
    #[options(
        no_short,
        meta = "PORT",
        help = "where it listens, 1 to 65535; without this a port that no exporter here has"
    )]
    pub(crate) port: Option<u16>,
    #[options(free, help = "name of the crate, such as redis-exporter")]
    pub(crate) name: Option<String>,
}

/// Flags of `dist`.
#[derive(Debug, Default, Options)]
pub(crate) struct Dist {
    #[options(no_short, help = "print this help")]
    help: bool,
    #[options(
        no_short,
        meta = "ROUTE",
        parse(try_from_str),
        help = "where std and linkers for the targets come from: auto (the default), rustup, cross \
                (in containers) or distro"
    )]
    pub(crate) toolchain: Choice,
    #[options(no_short, help = "install what is missing, after saying what that is")]
    pub(crate) setup: bool,
    #[options(
        no_short,
        help = "also make executables with TLS, to be run alone or from a container image (target/dist/standalone)"
    )]
    pub(crate) standalone: bool,
    #[options(no_short, help = "print the plan and do nothing")]
    pub(crate) dry_run: bool,
    #[options(
        no_short,
        meta = "LIST",
        parse(try_from_str),
        help = "targets, separated by commas: linux,linux-aarch64,windows (the default); windows7 \
                in place of windows is for hosts before Windows 10"
    )]
    pub(crate) targets: Targets,
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

impl FromStr for Choice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "rustup" => Ok(Self::Rustup),
            "cross" => Ok(Self::Cross),
            "distro" => Ok(Self::Distro),
            _ => Err(format!("{text:?} is none of auto, rustup, cross and distro")),
        }
    }
}

impl FromStr for Os {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = System::ALL.into_iter().find(|&system| name_of(system) == text);
        found.map(Self).ok_or_else(|| {
            let names = System::ALL.map(name_of).join(", ");
            format!("{text:?} is none of {names}")
        })
    }
}

impl FromStr for Targets {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut targets = text
            .split(',')
            .map(|name| {
                let known = Target::ALL.into_iter().find(|target| target.name() == name);
                known.ok_or_else(|| {
                    let names = Target::ALL.map(Target::name).join(", ");
                    format!("{name:?} is none of {names}")
                })
            })
            .collect::<Result<Vec<_>, _>>()?;
        targets.sort();
        targets.dedup();
        if targets.contains(&Target::Windows) && targets.contains(&Target::Windows7) {
            return Err("a package has one executable for Windows: windows or windows7".to_owned());
        }
        Ok(Self(targets))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dist(arguments: &[&str]) -> Result<Dist, String> {
        let arguments = ["dist"].iter().chain(arguments).map(OsString::from).collect::<Vec<_>>();
        match parse(&arguments)? {
            Parsed::Run(Command::Dist(dist)) => Ok(dist),
            parsed => panic!("{parsed:?}"),
        }
    }

    #[test]
    fn flags_have_defaults() {
        let dist = dist(&[]).unwrap();
        assert_eq!(dist.toolchain, Choice::Auto);
        assert_eq!(dist.targets.0, [Target::Linux, Target::LinuxAarch64, Target::Windows]);
        assert!(!dist.setup && !dist.dry_run);
    }

    #[test]
    fn both_forms_of_a_value_are_taken() {
        for arguments in [
            &["--toolchain=distro", "--targets=windows,linux,windows", "--dry-run"][..],
            &["--toolchain", "distro", "--targets", "linux,windows", "--dry-run"],
        ] {
            let dist = dist(arguments).unwrap();
            assert_eq!(dist.toolchain, Choice::Distro);
            assert_eq!(dist.targets.0, [Target::Linux, Target::Windows]);
            assert!(dist.dry_run);
        }
    }

    #[test]
    fn wrong_use_is_told() {
        for (arguments, expected) in [
            (&["--toolchain=nix"][..], "none of auto, rustup, cross and distro"),
            (&["--targets=linux,aix"], "none of linux, linux-aarch64, windows, windows7"),
            (&["--targets="], "none of linux, linux-aarch64, windows, windows7"),
            (&["--targets=windows,windows7"], "one executable for Windows"),
            (&["--setup=true"], "setup"),
            (&["--offline"], "offline"),
            (&["everything"], "everything"),
        ] {
            let error = dist(arguments).unwrap_err();
            assert!(error.contains(expected) && error.contains("--help"), "{error}");
        }
        assert!(parse(&[]).unwrap_err().contains("Tasks:"));
        assert!(parse(&["check".into(), "--json".into()]).unwrap_err().contains("which packages?"));
        assert!(parse(&["release".into()]).unwrap_err().contains("release"));
    }

    #[test]
    fn check_takes_files_and_json_in_any_order() {
        let arguments = ["check", "a.zip", "--json", "b.tgz"].map(OsString::from);
        match parse(&arguments).unwrap() {
            Parsed::Run(Command::Check(Check { files, json, .. })) => {
                assert_eq!((files, json), (vec!["a.zip".to_owned(), "b.tgz".to_owned()], true));
            }
            parsed => panic!("{parsed:?}"),
        }
    }

    #[test]
    fn rehearse_takes_rows_of_the_form_as_they_are_named() {
        let arguments = [
            "rehearse",
            "--param=--web.listen-address=:1",
            "--param",
            "port=2",
            "--os=windows",
            "p",
        ];
        match parse(&arguments.map(OsString::from)).unwrap() {
            Parsed::Run(Command::Rehearse(Rehearse { param, os, file, .. })) => {
                assert_eq!(param, ["--web.listen-address=:1", "port=2"]);
                assert_eq!((os, file.as_deref()), (Some(Os(System::WindowsX86_64)), Some("p")));
            }
            parsed => panic!("{parsed:?}"),
        }
        for (arguments, expected) in [
            (&["rehearse"][..], "which package?"),
            (&["rehearse", "--os=aix", "p"], "none of linux-aarch64, linux, windows"),
            (&["rehearse", "p", "q"], "q"),
        ] {
            let arguments: Vec<_> = arguments.iter().map(OsString::from).collect();
            let error = parse(&arguments).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn new_takes_one_name_and_a_port() {
        let new =
            |arguments: &[&str]| parse(&arguments.iter().map(OsString::from).collect::<Vec<_>>());
        match new(&["new", "redis-exporter", "--port", "9121"]).unwrap() {
            Parsed::Run(Command::New(New { name, port, .. })) => {
                assert_eq!((name.as_deref(), port), (Some("redis-exporter"), Some(9121)));
            }
            parsed => panic!("{parsed:?}"),
        }
        for wrong in [&["new"][..], &["new", "a-exporter", "b-exporter"]] {
            assert!(new(wrong).unwrap_err().contains("--help"));
        }
        assert!(new(&["new", "a-exporter", "--port=65536"]).unwrap_err().contains("port"));
    }

    #[test]
    fn help_is_no_task() {
        for (arguments, expected) in
            [(&["--help"][..], "Tasks:"), (&["dist", "--help"], "--toolchain ROUTE")]
        {
            let arguments: Vec<_> = arguments.iter().map(OsString::from).collect();
            match parse(&arguments).unwrap() {
                Parsed::Help(text) => assert!(text.contains(expected), "{text}"),
                parsed => panic!("{parsed:?}"),
            }
        }
    }
}
