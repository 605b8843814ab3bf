//! Disk space from sysinfo.

use exporter_kit::{CollectError, Settings};
use sysinfo::{DiskRefreshKind, Disks};

use super::Space;

/// Asks sysinfo.
pub(super) struct Reader {
    disks: Option<Disks>,
}

impl Reader {
    pub(super) fn new(_: &Settings) -> Self {
        Self { disks: None }
    }

    /// Calls `each` with every mount point and its space.
    pub(super) fn read(
        &mut self,
        mut each: impl FnMut(&str, Option<Space>),
    ) -> Result<(), CollectError> {
        let disks = match &mut self.disks {
            Some(disks) => disks,
            None => self.disks.insert(Disks::new()?),
        };
        disks.refresh_specifics(true, DiskRefreshKind::nothing().with_storage());
        let mut seen = Vec::new();
        for disk in disks.iter() {
            let mount_point = disk.mount_point().to_string_lossy();
            // sysinfo leaves 0 where it could not ask.
            if disk.total_space() > 0 && !seen.contains(&mount_point) {
                let available = disk.available_space();
                let used = disk.total_space().saturating_sub(available);
                each(&mount_point, Some(Space { used, available, inodes: None }));
                seen.push(mount_point);
            }
        }
        Ok(())
    }
}
