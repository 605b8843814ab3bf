//! Disk space from `/proc/self/mountinfo` and `statvfs`.

use std::borrow::Cow;

use exporter_kit::CollectError;
use rustix::fs::statvfs;

use super::Space;
use super::mounts::{self, Mount};
use crate::collectors::kernel_file::KernelFile;

/// Reads the mount table and asks each real file system for its space.
pub(super) struct Source {
    mountinfo: KernelFile,
}

impl Source {
    pub(super) fn new() -> Self {
        Self { mountinfo: KernelFile::new("/proc/self/mountinfo") }
    }

    /// Calls `each` with every real mount point and its space.
    pub(super) fn read(&mut self, mut each: impl FnMut(&str, Space)) -> Result<(), CollectError> {
        for Mount { mount_point, .. } in mounts::real(self.mountinfo.read()?) {
            // It may have been unmounted by now, or be closed to us: then it has no sample.
            let Ok(stat) = statvfs(mount_point.as_ref()) else { continue };
            let space = Space {
                used: stat.f_blocks.saturating_sub(stat.f_bfree),
                available: stat.f_bavail,
            };
            each(&label(&mount_point), space);
        }
        Ok(())
    }
}

/// The mount point as a label value; bytes that are no UTF-8 show as U+FFFD.
fn label(mount_point: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(mount_point)
}
