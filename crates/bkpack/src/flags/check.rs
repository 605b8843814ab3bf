//! The command line of `check`.

use blueking_package::Language;
use gumdrop::Options;

/// Checks packages, from any source, against the rules of BlueKing before they are uploaded.
#[derive(Debug, Default, Options)]
pub(crate) struct Check {
    #[options(no_short)]
    help: bool,
    #[options(no_short)]
    pub(crate) json: bool,
    #[options(no_short, meta = "FILE")]
    pub(crate) earlier: Option<String>,
    #[options(no_short, meta = "zh|en")]
    // Only checked here: `language` has read it.
    lang: Option<Language>,
    #[options(free)]
    pub(crate) files: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::super::{Command, parsed};
    use super::*;

    #[test]
    fn files_and_json_come_in_any_order() {
        match parsed(&["check", "a.zip", "--json", "--earlier=c.tgz", "b.tgz"]).unwrap() {
            Command::Check(Check { files, json, earlier, .. }) => {
                assert_eq!((files, json), (vec!["a.zip".to_owned(), "b.tgz".to_owned()], true));
                assert_eq!(earlier.as_deref(), Some("c.tgz"));
            }
            command => panic!("{command:?}"),
        }
    }
}
