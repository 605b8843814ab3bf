//! The collectors, one file each, and their flags.

mod folder;

use std::path::Path;

use exporter_kit::{AnyFlag, CollectorDef, Flag};

const PATH: Flag<Path> = Flag::path("folder.path", ".", "Folder whose entries are counted.");

/// The exporter's flags, in addition to those of exporter-kit.
pub(crate) const FLAGS: &[&dyn AnyFlag] = &[&PATH];

/// All collectors. To add one, add a file and a line here.
pub(crate) const ALL: &[CollectorDef] = &[folder::DEF];

/// The Chinese names of labels, which BlueKing shows as dimensions.
pub(crate) const LABELS: &[(&str, &str)] = &[("kind", "类型")];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn collectors_follow_the_conventions() {
        assert_eq!(exporter_kit::lint(ALL, LABELS), []);
    }
}
