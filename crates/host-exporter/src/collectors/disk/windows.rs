//! Disk space of the local drives and mount folders of Windows.

use exporter_kit::{CollectError, Settings};

use super::Space;
use crate::windows::volumes::{self, Kind};

/// Asks each volume.
pub(super) struct Reader;

impl Reader {
    pub(super) fn new(_: &Settings) -> Self {
        Self
    }

    /// Calls `each` with every mount point and its space.
    pub(super) fn read(
        &mut self,
        mut each: impl FnMut(&str, Option<Space>),
    ) -> Result<(), CollectError> {
        for (volume, answer) in volumes::answers() {
            // One that is not mounted has no drive letter.
            if !volume.name.contains(':') {
                continue;
            }
            let Some(answer) = answer else {
                each(&volume.name, None);
                continue;
            };
            // A CD is always full, and a network drive is the disk of another host.
            let is_local = matches!(answer.kind, Kind::Fixed | Kind::Removable | Kind::RamDisk);
            if let Some(space) = answer.space.filter(|_| is_local) {
                let used = space.size.saturating_sub(space.available);
                let space = Space { used, available: space.available, inodes: None };
                each(&volume.name, Some(space));
            }
        }
        Ok(())
    }
}
