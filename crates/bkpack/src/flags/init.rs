//! The command line of `init`.

use gumdrop::Options;

/// Drafts a package of an exporter.
#[derive(Debug, Default, Options)]
pub(crate) struct Init {
    #[options(no_short, help = "print this help")]
    help: bool,
    #[options(no_short, meta = "FILE", help = "the executable for x86-64 Linux")]
    pub(crate) linux: Option<String>,
    #[options(no_short, meta = "FILE", help = "the executable for aarch64 Linux")]
    pub(crate) linux_aarch64: Option<String>,
    #[options(no_short, meta = "FILE.exe", help = "the executable for x86-64 Windows")]
    pub(crate) windows: Option<String>,
    #[options(
        no_short,
        meta = "\"ARGUMENTS\"",
        help = "arguments that the exporter needs; they become defaults of the form"
    )]
    pub(crate) args: Option<String>,
    #[options(
        no_short,
        meta = "NAME=VALUE",
        help = "a variable that the exporter needs; secrets are not written down; repeatable"
    )]
    pub(crate) env: Vec<String>,
    #[options(
        no_short,
        meta = "FILE|URL",
        help = "a metrics page, in place of one of the exporter started here"
    )]
    pub(crate) page: Option<String>,
    #[options(no_short, meta = "FILE", help = "its help, in place of what it prints here")]
    pub(crate) help_text: Option<String>,
    #[options(free, help = "the folder of the draft")]
    pub(crate) folder: Option<String>,
}
