//! Disk space from `/proc/self/mountinfo` and `statvfs`.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use exporter_kit::{CollectError, KeptFile, Settings};
use rustix::fs::statvfs;

use super::Space;
use super::mounts::{self, Mount};
use crate::host::Host;

/// Reads the mount table and asks each real file system for its space.
pub(super) struct Reader {
    host: Host,
    mountinfo: KeptFile,
}

impl Reader {
    pub(super) fn new(settings: &Settings) -> Self {
        let host = Host::new(settings);
        let mountinfo = KeptFile::new(host.proc("self/mountinfo"));
        Self { host, mountinfo }
    }

    /// Calls `each` with every real mount point and its space.
    pub(super) fn read(&mut self, mut each: impl FnMut(&str, Space)) -> Result<(), CollectError> {
        for Mount { mount_point, .. } in mounts::real(self.mountinfo.read()?) {
            // It may have been unmounted by now, or be closed to us: then it has no sample.
            let Ok(stat) = statvfs(self.host.root(Path::new(OsStr::from_bytes(&mount_point))))
            else {
                continue;
            };
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
