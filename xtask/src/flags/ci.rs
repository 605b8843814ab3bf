//! The command line of `ci`.

use gumdrop::Options;

/// Runs every check and test, including tests of the packaged binaries.
#[derive(Debug, Default, Options)]
pub(crate) struct Ci {
    #[options(no_short, help = "print this help")]
    help: bool,
    #[options(no_short, help = "install missing tools, and print which")]
    pub(crate) setup: bool,
    #[options(
        no_short,
        help = "only build the packages in containers, and check and rehearse them; installs Docker, \
                debootstrap and cross"
    )]
    pub(crate) with_cross: bool,
    #[options(no_short, help = "only test host_exporter as built for Windows, under Wine")]
    pub(crate) wine: bool,
}
