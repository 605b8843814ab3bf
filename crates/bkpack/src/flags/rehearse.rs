//! The command line of `rehearse`.

use std::str::FromStr;

use blueking_package::Language;
use blueking_package::plugin::System;
use gumdrop::Options;

use crate::rehearse::name_of;
use crate::texts::help as texts;

/// Runs a package on this machine as BlueKing does.
#[derive(Debug, Default, Options)]
pub(crate) struct Rehearse {
    #[options(no_short)]
    help: bool,
    #[options(no_short)]
    pub(crate) json: bool,
    #[options(no_short, meta = "FILE")]
    pub(crate) html: Option<String>,
    #[options(no_short, meta = "SYSTEM", parse(try_from_str))]
    pub(crate) os: Option<Os>,
    #[options(no_short, meta = "NAME=VALUE")]
    pub(crate) param: Vec<String>,
    #[options(no_short, meta = "zh|en")]
    // Only checked here: `language` has read it.
    lang: Option<Language>,
    #[options(free)]
    pub(crate) file: Option<String>,
}

/// A system, by its name on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Os(pub(crate) System);

impl FromStr for Os {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = System::ALL.into_iter().find(|&system| name_of(system) == text);
        found.map(Self).ok_or_else(|| texts::not_one_of(text, &System::ALL.map(name_of).join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Command, parsed};
    use super::*;

    #[test]
    fn rows_of_the_form_are_parsed() {
        let words = [
            "rehearse",
            "--param=--web.listen-address=:1",
            "--param",
            "port=2",
            "--os=windows",
            "p",
        ];
        match parsed(&words).unwrap() {
            Command::Rehearse(Rehearse { param, os, file, .. }) => {
                assert_eq!(param, ["--web.listen-address=:1", "port=2"]);
                assert_eq!((os, file.as_deref()), (Some(Os(System::WindowsX86_64)), Some("p")));
            }
            command => panic!("{command:?}"),
        }
        for (words, expected) in [
            (&["rehearse", "--os=aix", "p"], "not one of linux-aarch64, linux, windows"),
            (&["rehearse", "p", "q"], "q"),
        ] {
            let error = parsed(words).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }
}
