//! The flags as data, and what was typed of them. The one file that touches gumdrop, whose parser
//! reads the normalised arguments.

use gumdrop::{Opt, Parser, ParsingStyle};

use super::argv;

/// One command line flag.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flag {
    /// Name without dashes.
    pub(crate) name: &'static str,
    /// What help calls the value; `None` for a boolean.
    pub(crate) value: Option<&'static str>,
    /// The default; empty where there is none or where the exporter gives it.
    pub(crate) default: &'static str,
    /// What it does, one sentence.
    pub(crate) help: &'static str,
}

impl Flag {
    pub(crate) fn is_called(&self, name: &str) -> bool {
        self.name == name || (name == "h" && self.name == HELP)
    }

    pub(crate) fn placeholder(&self) -> &'static str {
        self.value.unwrap_or("true|false")
    }
}

pub(crate) const LISTEN_ADDRESS: &str = "web.listen-address";
pub(crate) const TELEMETRY_PATH: &str = "web.telemetry-path";
const DESCRIBE: &str = "describe";
const VERSION: &str = "version";
const HELP: &str = "help";

/// The flags that every exporter has.
pub(crate) const KIT_FLAGS: &[Flag] = &[
    Flag {
        name: LISTEN_ADDRESS,
        value: Some("ADDRESS"),
        default: "",
        help: "Address to listen on: :PORT for all interfaces, HOST:PORT or [IPV6]:PORT.",
    },
    Flag {
        name: TELEMETRY_PATH,
        value: Some("PATH"),
        default: "/metrics",
        help: "Path under which the metrics are served.",
    },
    Flag {
        name: DESCRIBE,
        value: None,
        default: "",
        help: "Print the flags and all metrics as JSON, and exit.",
    },
    Flag { name: VERSION, value: None, default: "", help: "Print the version, and exit." },
    Flag { name: HELP, value: None, default: "", help: "Print this help, and exit." },
];

/// Exactly what was typed; nothing is checked yet.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) listen_address: Option<String>,
    pub(crate) telemetry_path: Option<String>,
    pub(crate) describe: bool,
    pub(crate) version: bool,
    pub(crate) help: bool,
}

impl Options {
    /// Reads the arguments after the program's name. Of a flag given twice the last one counts.
    ///
    /// # Errors
    ///
    /// All that is wrong with them, one line each.
    pub(crate) fn parse(args: &[String]) -> Result<Self, Vec<String>> {
        let args = argv::normalise(args, KIT_FLAGS)?;
        let mut options = Self::default();
        let mut errors = Vec::new();
        let mut parser = Parser::new(&args, ParsingStyle::AllOptions);
        while let Some(option) = parser.next_opt() {
            let Opt::LongWithArg(name, value) = option else {
                errors.push(format!("unexpected argument {option:?}"));
                continue;
            };
            match name {
                LISTEN_ADDRESS => options.listen_address = Some(value.to_owned()),
                TELEMETRY_PATH => options.telemetry_path = Some(value.to_owned()),
                DESCRIBE => options.describe = value == "true",
                VERSION => options.version = value == "true",
                HELP => options.help = value == "true",
                _ => errors.push(format!("flag --{name} is not read")),
            }
        }
        if errors.is_empty() { Ok(options) } else { Err(errors) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(args: &[&str]) -> Result<Options, Vec<String>> {
        Options::parse(&args.iter().map(|&arg| arg.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn options_hold_what_was_typed() {
        let typed = parse(&["-web.listen-address", ":1", "--web.telemetry-path=", "-h"]).unwrap();
        let expected = Options {
            listen_address: Some(":1".to_owned()),
            telemetry_path: Some(String::new()),
            help: true,
            ..Options::default()
        };
        assert_eq!(typed, expected);
    }

    #[test]
    fn the_last_of_a_repeated_flag_counts() {
        let typed = parse(&["--version", "--version=false", "-describe", "false", "-describe"]);
        assert_eq!(typed.unwrap(), Options { describe: true, ..Options::default() });
    }

    #[test]
    fn every_flag_is_read() {
        for flag in KIT_FLAGS {
            let value = if flag.value.is_some() { "x" } else { "true" };
            let typed = parse(&[&format!("--{}={value}", flag.name)]).unwrap();
            assert_ne!(typed, Options::default(), "{}", flag.name);
        }
    }
}
