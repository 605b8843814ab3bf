//! The command line of `docs`.

use gumdrop::Options;

/// Writes docs/metrics.md and docs/zh/metrics.md from what the exporters say of themselves.
#[derive(Debug, Default, Options)]
pub(crate) struct Docs {
    #[options(no_short, help = "print this help")]
    help: bool,
    #[options(no_short, help = "change nothing; fail where they are out of date")]
    pub(crate) check: bool,
}
