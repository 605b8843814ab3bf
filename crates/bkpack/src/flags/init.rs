//! The command line of `init`.

use blueking_package::Language;
use gumdrop::Options;

/// Drafts a package of an exporter.
#[derive(Debug, Default, Options)]
pub(crate) struct Init {
    #[options(no_short)]
    help: bool,
    #[options(no_short, meta = "zh|en")]
    // Only checked here: `language` has read it.
    lang: Option<Language>,
    #[options(no_short, meta = "FILE")]
    pub(crate) linux: Option<String>,
    #[options(no_short, meta = "FILE")]
    pub(crate) linux_aarch64: Option<String>,
    #[options(no_short, meta = "FILE.exe")]
    pub(crate) windows: Option<String>,
    #[options(no_short, meta = "ARGUMENTS")]
    pub(crate) args: Option<String>,
    #[options(no_short, meta = "NAME=VALUE")]
    pub(crate) env: Vec<String>,
    #[options(no_short, meta = "FILE|URL")]
    pub(crate) page: Option<String>,
    #[options(no_short, meta = "FILE")]
    pub(crate) help_text: Option<String>,
    #[options(free)]
    pub(crate) folder: Option<String>,
}
