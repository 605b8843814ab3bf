//! The command line: flags in every form their users know, checked into a [`Config`].

mod argv;
mod flags;

use std::ffi::OsString;
use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::web::ListenAddress;
use flags::{Flag, KIT_FLAGS, LISTEN_ADDRESS, Options, TELEMETRY_PATH};

/// What the arguments ask for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Help,
    Version,
    Describe,
    Run(Config),
}

/// Checked settings of a run.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Config {
    pub(crate) listen_address: ListenAddress,
    pub(crate) telemetry_path: String,
}

/// Reads the arguments after the program's name.
///
/// # Errors
///
/// All that is wrong with them, one line each.
pub(crate) fn read(args: &[OsString], default_address: &str) -> Result<Command, Vec<String>> {
    let options = Options::parse(&to_unicode(args)?)?;
    if options.help {
        return Ok(Command::Help);
    }
    if options.version {
        return Ok(Command::Version);
    }
    if options.describe {
        return Ok(Command::Describe);
    }
    let address = options.listen_address.as_deref().unwrap_or(default_address);
    let path = options.telemetry_path.unwrap_or_else(|| default_of(TELEMETRY_PATH).to_owned());
    let listen_address =
        address.parse::<ListenAddress>().map_err(|error| format!("--{LISTEN_ADDRESS}: {error}"));
    let path =
        check_path(&path).map(|()| path).map_err(|error| format!("--{TELEMETRY_PATH}: {error}"));
    match (listen_address, path) {
        (Ok(listen_address), Ok(telemetry_path)) => {
            Ok(Command::Run(Config { listen_address, telemetry_path }))
        }
        (address, path) => Err([address.err(), path.err()].into_iter().flatten().collect()),
    }
}

fn to_unicode(args: &[OsString]) -> Result<Vec<String>, Vec<String>> {
    let mut errors = Vec::new();
    let mut unicode = Vec::new();
    for arg in args {
        match arg.to_str() {
            Some(arg) => unicode.push(arg.to_owned()),
            None => errors.push(format!("argument {arg:?} is not Unicode")),
        }
    }
    if errors.is_empty() { Ok(unicode) } else { Err(errors) }
}

fn default_of(name: &str) -> &'static str {
    KIT_FLAGS.iter().find(|flag| flag.name == name).map_or("", |flag| flag.default)
}

fn check_path(path: &str) -> Result<(), String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    if path.is_empty() {
        Err("the path is empty; give one such as /metrics".to_owned())
    } else if !path.starts_with('/') {
        Err(format!("{path:?} does not begin with a slash; give /{path}"))
    } else if path == "/" {
        Err("/ is the landing page; give another path, such as /metrics".to_owned())
    } else if path.starts_with("//") || !path.bytes().all(plain) {
        Err(format!("{path:?} is no plain path; use letters, digits, - . _ ~ and single slashes"))
    } else {
        Ok(())
    }
}

/// The text of `--help`.
pub(crate) fn help(name: &str, about: &str, default_address: &str) -> String {
    let mut text = String::new();
    if !about.is_empty() {
        let _ = writeln!(text, "{about}\n");
    }
    let _ = writeln!(text, "Usage: {name} [--FLAG=VALUE]...\n\nFlags:");
    for flag in KIT_FLAGS {
        let usage = match flag.value {
            Some(value) => format!("--{}={value}", flag.name),
            None => format!("--{}", flag.name),
        };
        let _ = write!(text, "  {usage:<30} {}", flag.help);
        match default_for(flag, default_address) {
            "" => text.push('\n'),
            default => {
                let _ = writeln!(text, " [default: {default}]");
            }
        }
    }
    text.push_str(
        "\nA flag may be given as --flag=value, --flag value, -flag=value or -flag value.\n",
    );
    text
}

/// The flags as `--describe` shows them; `value` is null for a boolean.
pub(crate) fn describe_flags(default_address: &str) -> Value {
    let describe = |flag: &Flag| {
        json!({
            "name": flag.name,
            "value": flag.value,
            "default": default_for(flag, default_address),
            "help": flag.help,
        })
    };
    KIT_FLAGS.iter().map(describe).collect()
}

fn default_for<'a>(flag: &Flag, default_address: &'a str) -> &'a str {
    if flag.name == LISTEN_ADDRESS { default_address } else { flag.default }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(args: &[&str]) -> Result<Command, Vec<String>> {
        read(&args.iter().map(OsString::from).collect::<Vec<_>>(), ":9601")
    }

    #[test]
    fn defaults_and_flags_become_a_config() {
        let config = |address: &str, path: &str| {
            let telemetry_path = path.to_owned();
            Ok(Command::Run(Config { listen_address: address.parse().unwrap(), telemetry_path }))
        };
        assert_eq!(run(&[]), config(":9601", "/metrics"));
        assert_eq!(
            run(&["-web.listen-address", "[::1]:1", "--web.telemetry-path=/a/b"]),
            config("[::1]:1", "/a/b")
        );
    }

    #[test]
    fn help_wins_over_version_and_both_over_what_is_wrong() {
        assert_eq!(run(&["--version", "-h"]), Ok(Command::Help));
        assert_eq!(run(&["--version", "--web.telemetry-path="]), Ok(Command::Version));
        assert_eq!(run(&["--describe"]), Ok(Command::Describe));
    }

    #[test]
    fn a_path_that_cannot_be_served_is_refused() {
        for path in ["", "/", "metrics", "//metrics", "/a b", "/a?b", "/a#b", "/%61", "/指标"] {
            let errors = run(&[&format!("--web.telemetry-path={path}")]).unwrap_err();
            assert_eq!(errors.len(), 1, "{path}");
            assert!(errors[0].starts_with("--web.telemetry-path: "), "{errors:?}");
        }
    }

    #[test]
    fn all_errors_are_told_together() {
        let errors = run(&["--web.listen-address=9601", "--web.telemetry-path="]).unwrap_err();
        assert_eq!(errors.len(), 2, "{errors:?}");
    }

    #[test]
    fn help_tells_every_flag_and_default() {
        let help = help("host_exporter", "", ":9601");
        for flag in KIT_FLAGS {
            assert!(help.contains(&format!("--{}", flag.name)), "{help}");
        }
        assert!(
            help.contains("[default: :9601]") && help.contains("[default: /metrics]"),
            "{help}"
        );
    }
}
