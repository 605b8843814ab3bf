//! Disk space from sysinfo, on Windows with the drives that sysinfo does not list.

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
            // `C:` and not `C:\`, which is how other exporters name drives.
            let mount_point = match mount_point.trim_end_matches('\\') {
                "" => &mount_point,
                trimmed => trimmed,
            };
            // sysinfo leaves 0 where it could not ask.
            if disk.total_space() > 0 && !seen.iter().any(|known| known == mount_point) {
                let available = disk.available_space();
                let used = disk.total_space().saturating_sub(available);
                each(mount_point, Some(Space { used, available, inodes: None }));
                seen.push(mount_point.to_owned());
            }
        }
        #[cfg(windows)]
        super::windows::drives(|drive, space| {
            if !seen.iter().any(|known| known.eq_ignore_ascii_case(drive)) {
                each(drive, Some(space));
            }
        });
        Ok(())
    }
}
