//! The command line of `build`.

use std::str::FromStr;

use blueking_package::Language;
use gumdrop::Options;

use crate::build::Formats;

/// Packs a folder that `init` drafted.
#[derive(Debug, Default, Options)]
pub(crate) struct Build {
    #[options(no_short)]
    help: bool,
    #[options(no_short, meta = "zh|en")]
    // Only checked here: `language` has read it.
    lang: Option<Language>,
    #[options(no_short, long = "for", meta = "VERSIONS", parse(try_from_str))]
    pub(crate) versions: Option<Formats>,
    #[options(no_short, meta = "DIR")]
    pub(crate) out: Option<String>,
    #[options(free)]
    pub(crate) folder: Option<String>,
}

impl FromStr for Formats {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut formats = Self { zip: false, plugin: false };
        for version in text.split(',') {
            match version.trim() {
                "5.1" => formats.zip = true,
                "6" | "7" => formats.plugin = true,
                other => return Err(crate::texts::help::not_one_of(other, "5.1, 6, 7")),
            }
        }
        Ok(formats)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_select_the_packages() {
        for (text, zip, plugin) in
            [("5.1", true, false), ("6", false, true), ("5.1, 6,7", true, true), ("7", false, true)]
        {
            assert_eq!(text.parse(), Ok(Formats { zip, plugin }), "{text}");
        }
        assert!("5".parse::<Formats>().unwrap_err().contains("5.1, 6, 7"));
    }
}
