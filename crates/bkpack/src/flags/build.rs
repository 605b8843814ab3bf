//! The command line of `build`.

use std::str::FromStr;

use gumdrop::Options;

use crate::build::Formats;

/// Packs a folder that `init` drafted.
#[derive(Debug, Default, Options)]
pub(crate) struct Build {
    #[options(no_short, help = "print this help")]
    help: bool,
    #[options(
        no_short,
        long = "for",
        meta = "VERSIONS",
        parse(try_from_str),
        help = "versions of BlueKing, such as 6,7 (default: 5.1,6,7)"
    )]
    pub(crate) versions: Option<Formats>,
    #[options(no_short, meta = "DIR", help = "where to write the packages (default: DIR/dist)")]
    pub(crate) out: Option<String>,
    #[options(free, help = "the folder")]
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
                other => return Err(format!("{other:?} is not one of 5.1, 6, 7")),
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
