//! The command line of `ci`.

use gumdrop::Options;

/// Runs every check and test, on the packaged binaries too.
#[derive(Debug, Default, Options)]
pub(crate) struct Ci {
    #[options(no_short, help = "print this help")]
    help: bool,
    #[options(no_short, help = "install the tools that are missing, saying which")]
    pub(crate) setup: bool,
    #[options(
        no_short,
        help = "instead of all else make the packages in containers, and check and rehearse them; \
                installs Docker, debootstrap and cross"
    )]
    pub(crate) with_cross: bool,
}
