//! The command line of `fuzz`.

use std::num::NonZeroU32;

use gumdrop::Options;

/// Gives the kit's parsers whatever bytes a fuzzer comes up with.
#[derive(Debug, Default, Options)]
pub(crate) struct Fuzz {
    #[options(no_short, help = "print this help")]
    help: bool,
    #[options(no_short, help = "install cargo-fuzz and a nightly Rust where they are missing")]
    pub(crate) setup: bool,
    #[options(
        no_short,
        meta = "NUMBER",
        parse(try_from_str = "seconds"),
        help = "how long each target is fuzzed: 60 by default"
    )]
    pub(crate) seconds: Option<NonZeroU32>,
}

fn seconds(text: &str) -> Result<NonZeroU32, String> {
    text.parse().map_err(|_| format!("{text:?} is no time; give whole seconds, 1 or more"))
}

#[cfg(test)]
mod tests {
    use super::super::parsed;

    #[test]
    fn no_time_is_wrong_use() {
        assert!(parsed(&["fuzz", "--seconds=1"]).is_ok());
        // To the fuzzer it would be all the time there is.
        let error = parsed(&["fuzz", "--seconds=0"]).unwrap_err();
        assert!(error.contains("give whole seconds, 1 or more"), "{error}");
    }
}
