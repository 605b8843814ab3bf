//! The command line of `check`.

use gumdrop::Options;

/// Checks packages, from any source, against the rules of BlueKing before they are uploaded.
#[derive(Debug, Default, Options)]
pub(crate) struct Check {
    #[options(no_short, help = "print this help")]
    help: bool,
    #[options(no_short, help = "print the findings as JSON")]
    pub(crate) json: bool,
    #[options(
        no_short,
        meta = "FILE",
        help = "the plugin's .tgz on the site, to check that the version is raised correctly"
    )]
    pub(crate) earlier: Option<String>,
    #[options(free, help = "packages: .zip of BlueKing 5.1, .tgz of 6.x and 7.x")]
    pub(crate) files: Vec<String>,
}

impl Check {
    /// Checks these files as without flags.
    pub(crate) fn of(files: &[String]) -> Self {
        Self { files: files.to_vec(), ..Self::default() }
    }
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
