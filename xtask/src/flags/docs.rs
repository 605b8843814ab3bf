//! The command line of `docs`.

use gumdrop::Options;

/// Generates docs/metrics.md and docs/zh/metrics.md from the exporters' definitions.
#[derive(Debug, Default, Options)]
pub(crate) struct Docs {
    #[options(no_short, help = "print this help")]
    help: bool,
    #[options(no_short, help = "change nothing; fail if they are out of date")]
    pub(crate) check: bool,
}
