//! Why an exporter cannot be packed for BlueKing.

use std::fmt;

use crate::texts::init as texts;

/// A property of an exporter that BlueKing cannot cope with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The file is not an executable that runs on hosts; what it is instead.
    NotExecutable { file: String, reason: String },
    /// An executable for another system than the flag says.
    WrongMachine { file: String, flag: &'static str, found: &'static str },
    /// Libraries that hosts lack.
    NeedsLibraries { file: String, libraries: String },
    /// It asks for a target at this path, and its own page has only metrics about itself.
    MultiTarget(&'static str),
    /// The page needs a password.
    Authentication(u16),
    /// The page is served by TLS alone.
    Tls,
    /// The page is elsewhere than at /metrics; the paths that it links.
    OtherPath(String),
    /// What was given as its page is none.
    NotAPage(String),
    /// It leaves the foreground.
    Daemon,
    /// It needs a file beside itself; what it printed.
    NeedsFile(String),
    /// It ends by itself; what it printed.
    Exits(String),
    /// It runs but does not answer; what it printed.
    DoesNotAnswer(String),
    /// It listens on these ports instead of the one that it was given; what it printed.
    ListensElsewhere(String, String),
    /// No flag and no variable sets the listen address.
    NoListen,
    /// The page has no samples.
    NoSamples,
    /// None of the executables runs on this machine, and no page was given.
    NothingRuns,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&match self {
            Self::NotExecutable { file, reason } => texts::not_executable(file, reason),
            Self::WrongMachine { file, flag, found } => texts::wrong_machine(file, flag, found),
            Self::NeedsLibraries { file, libraries } => texts::needs_libraries(file, libraries),
            Self::MultiTarget(path) => texts::multi_target(path),
            Self::Authentication(status) => texts::authentication(*status),
            Self::Tls => texts::tls(),
            Self::OtherPath(links) => texts::other_path(links),
            Self::NotAPage(page) => texts::not_a_page(page),
            Self::Daemon => texts::daemon(),
            Self::NeedsFile(printed) => texts::needs_file(printed),
            Self::Exits(printed) => texts::exits(printed),
            Self::DoesNotAnswer(printed) => texts::does_not_answer(printed),
            Self::ListensElsewhere(ports, printed) => texts::listens_elsewhere(ports, printed),
            Self::NoListen => texts::no_listen(),
            Self::NoSamples => texts::no_samples(),
            Self::NothingRuns => texts::nothing_runs(),
        })
    }
}

impl std::error::Error for Refusal {}
