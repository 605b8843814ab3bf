//! The command line of `fuzz`.

use std::num::NonZeroU32;

use gumdrop::Options;

/// Fuzzes the kit's parsers.
#[derive(Debug, Default, Options)]
pub(crate) struct Fuzz {
    #[options(no_short, help = "print this help")]
    help: bool,
    #[options(no_short, help = "install cargo-fuzz and a nightly Rust if they are missing")]
    pub(crate) setup: bool,
    #[options(
        no_short,
        meta = "NUMBER",
        parse(try_from_str = "seconds"),
        help = "seconds per target: 60 by default"
    )]
    pub(crate) seconds: Option<NonZeroU32>,
}

fn seconds(text: &str) -> Result<NonZeroU32, String> {
    text.parse().map_err(|_| format!("{text:?} is not a duration; give whole seconds, 1 or more"))
}

#[cfg(test)]
mod tests {
    use super::super::parsed;

    #[test]
    fn zero_seconds_is_a_usage_error() {
        assert!(parsed(&["fuzz", "--seconds=1"]).is_ok());
        // libFuzzer takes 0 for no limit.
        let error = parsed(&["fuzz", "--seconds=0"]).unwrap_err();
        assert!(error.contains("give whole seconds, 1 or more"), "{error}");
    }
}
