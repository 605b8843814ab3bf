//! The command line of `bench`.

use std::str::FromStr;

use gumdrop::Options;

/// Compares the packaged exporter with Debian's node_exporter, that for Windows with the calls that
/// it makes, or the kit with promhttp. Prints the figures, and writes them to target/bench as JSON.
#[derive(Debug, Default, Options)]
pub(crate) struct Bench {
    #[options(no_short, help = "print this help")]
    help: bool,
    #[options(
        no_short,
        help = "install what is missing: node_exporter, or Go and the toolchains that build"
    )]
    pub(crate) setup: bool,
    #[options(
        no_short,
        meta = "REVISION",
        help = "for the kit: measures the kit of this commit or tag beside the present one"
    )]
    pub(crate) against: Option<String>,
    #[options(free, parse(try_from_str), help = "host (the default), windows or kit")]
    pub(crate) what: Option<Subject>,
}

/// The subject of a measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// The packaged host exporter.
    Host,
    /// The packaged host exporter for Windows, under Wine.
    Windows,
    /// Pages rendered by the kit.
    Kit,
}

impl FromStr for Subject {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "host" => Ok(Self::Host),
            "windows" => Ok(Self::Windows),
            "kit" => Ok(Self::Kit),
            _ => Err(format!("{text:?} cannot be measured; give host, windows or kit")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Command, parsed};
    use super::*;

    #[test]
    fn host_windows_or_kit_is_measured() {
        for (word, expected) in
            [("host", Subject::Host), ("windows", Subject::Windows), ("kit", Subject::Kit)]
        {
            match parsed(&["bench", word]).unwrap() {
                Command::Bench(Bench { what, .. }) => assert_eq!(what, Some(expected)),
                command => panic!("{command:?}"),
            }
        }
        let error = parsed(&["bench", "redis"]).unwrap_err();
        assert!(error.contains("give host, windows or kit"), "{error}");
    }
}
