//! The collectors, one file each, and the flags that they go by.

mod folder;

use exporter_kit::{Exporter, Flag, SettingError, Settings};

/// The exporter's own flags, beside those that the kit gives to every exporter.
pub(crate) const FLAGS: &[Flag] =
    &[Flag::value(PATH, "PATH", ".", "Folder whose entries are counted.")];

const PATH: &str = "folder.path";

/// Adds every collector to `exporter`.
pub(crate) fn add_all(exporter: Exporter, settings: &Settings) -> Result<Exporter, SettingError> {
    Ok(exporter.collector("folder", folder::Folder::new(settings.text(PATH))))
}
