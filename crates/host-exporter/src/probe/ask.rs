//! One question to one file system, without use of what it is asked about.

use std::ffi::CStr;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};

use rustix::fs::{
    AtFlags, CWD, Mode, OFlags, StatVfs, StatxFlags, fstatfs, fstatvfs, major, minor, openat,
    statat, statfs, statvfs, statx,
};
use rustix::io::Errno;

use super::{Answer, Question, Target, btrfs};

/// The space of a file system, as statvfs(3) has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Space {
    /// Bytes in a block.
    pub(crate) block: u64,
    pub(crate) blocks: u64,
    pub(crate) free: u64,
    pub(crate) available: u64,
    pub(crate) files: u64,
    pub(crate) files_free: u64,
}

impl Space {
    /// The blocks that programs can have. Below 0, in two's complement, the reserve is in use, and
    /// programs have none; more than there are blocks is nonsense.
    pub(crate) fn available(&self) -> Option<u64> {
        let available = if self.available > u64::MAX / 2 { 0 } else { self.available };
        (available <= self.blocks).then_some(available)
    }

    /// The blocks that are free, for root too; more than there are is nonsense.
    pub(crate) fn free(&self) -> Option<u64> {
        (self.free <= self.blocks).then_some(self.free)
    }

    /// The files that can still be made; more than there can be is nonsense, or stands for "not
    /// known".
    pub(crate) fn files_free(&self) -> Option<u64> {
        (self.files_free <= self.files).then_some(self.files_free)
    }
}

/// Looks whether the path leads to the mount, and asks what is to be asked.
pub(super) fn ask(target: &Target) -> Answer {
    match try_ask(target) {
        Ok(answer) => answer,
        Err(error) => Answer::Failed(error),
    }
}

fn try_ask(target: &Target) -> Result<Answer, Errno> {
    // By this kind of opening, other than by statfs of a path, nothing is mounted automatically.
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = match openat(CWD, &*target.path, flags, Mode::empty()) {
        Ok(file) => Some(file),
        // Without a file descriptor left, disks must not vanish.
        Err(Errno::MFILE | Errno::NFILE) => None,
        Err(error) => return Err(error),
    };
    if !leads_to_mount(file.as_ref(), target)? {
        return Ok(Answer::Elsewhere);
    }
    match target.question {
        Question::Space => space(file.as_ref(), target).map(Answer::Space),
        Question::Devices => {
            let file = file.ok_or(Errno::MFILE)?;
            btrfs::ask(file.as_fd()).map(|seen| Answer::Devices(seen.into()))
        }
    }
}

fn space(file: Option<&OwnedFd>, target: &Target) -> Result<Space, Errno> {
    let space = match file {
        Some(file) => fstatvfs(file),
        None => statvfs(&*target.path),
    };
    let space = match space {
        // Linux before 3.12 takes no file that is opened like this.
        Err(Errno::BADF) => statvfs(&*target.path),
        space => space,
    };
    space.map(|space| to_space(&space))
}

fn leads_to_mount(file: Option<&OwnedFd>, target: &Target) -> Result<bool, Errno> {
    let (folder, path, flags): (BorrowedFd<'_>, &CStr, _) = match file {
        Some(file) => (file.as_fd(), c"", AtFlags::EMPTY_PATH),
        None => (CWD, &target.path, AtFlags::NO_AUTOMOUNT | AtFlags::SYMLINK_NOFOLLOW),
    };
    // What the kernel knows without asking a server.
    let no_sync = flags | AtFlags::STATX_DONT_SYNC;
    let device = match statx(folder, path, no_sync, StatxFlags::MNT_ID) {
        Ok(seen) => {
            let knows_mount = seen.stx_mask & StatxFlags::MNT_ID.bits() != 0;
            // Numbers of mounts differ between namespaces, and are never the same there.
            if knows_mount && seen.stx_mnt_id == target.mount {
                return Ok(true);
            }
            (seen.stx_dev_major, seen.stx_dev_minor)
        }
        // Linux before 4.11, or a sandbox that does not know the call.
        Err(Errno::NOSYS | Errno::PERM) => {
            let seen = statat(folder, path, flags)?;
            (major(seen.st_dev), minor(seen.st_dev))
        }
        Err(error) => return Err(error),
    };
    if device == target.device {
        return Ok(true);
    }
    let seen = || file.map_or_else(|| statfs(&*target.path), fstatfs);
    Ok(target.is_btrfs && seen().is_ok_and(|seen| btrfs::is_it(&seen)))
}

fn to_space(seen: &StatVfs) -> Space {
    Space {
        // The unit of the counts; f_bsize is how much is best read at once.
        block: seen.f_frsize,
        blocks: seen.f_blocks,
        free: seen.f_bfree,
        available: seen.f_bavail,
        files: seen.f_files,
        files_free: seen.f_ffree,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStrExt as _;

    use super::*;

    #[test]
    fn a_path_answers_for_its_own_file_system_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = std::ffi::CString::new(folder.path().as_os_str().as_bytes()).unwrap();
        let seen = rustix::fs::stat(&*path).unwrap();
        let device = (major(seen.st_dev), minor(seen.st_dev));
        let question = Question::Space;
        let (mount, is_btrfs, is_in_memory) = (u64::MAX, false, false);
        let target = Target { path, mount, device, is_btrfs, question, is_in_memory };
        assert!(matches!(ask(&target), Answer::Space(space) if space.block > 0));
        let other = Target { device: (4095, 1), ..target.clone() };
        assert_eq!(ask(&other), Answer::Elsewhere);
        let devices = ask(&Target { question: Question::Devices, ..target.clone() });
        assert!(
            matches!(devices, Answer::Failed(Errno::NOTTY) | Answer::Devices(_)),
            "{devices:?}"
        );
        // As when no file can be opened.
        assert_eq!(leads_to_mount(None, &target), Ok(true));
        assert_eq!(leads_to_mount(None, &other), Ok(false));
        std::fs::remove_dir(folder.path()).unwrap();
        assert_eq!(ask(&target), Answer::Failed(Errno::NOENT));
    }
}
