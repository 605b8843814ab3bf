//! Drive letters from `GetLogicalDrives` and their space from `GetDiskFreeSpaceExW`.
//!
//! sysinfo enumerates volumes and asks for the type of each by its volume name. A drive without a
//! volume name (`subst`, some virtual disks) is missing there, and Wine 8 lacks all of them: its
//! `GetDriveTypeW` answers "unknown" to a volume name. Asked by letter, they are there.
#![allow(unsafe_code, reason = "three Win32 calls that std has no wrapper for")]

use std::ptr;

use windows_sys::Win32::Storage::FileSystem::{
    GetDiskFreeSpaceExW, GetDriveTypeW, GetLogicalDrives,
};

use super::Space;

/// `GetDriveTypeW`: has removable media, such as a USB stick.
const DRIVE_REMOVABLE: u32 = 2;
/// `GetDriveTypeW`: a hard disk or flash drive.
const DRIVE_FIXED: u32 = 3;

/// Calls `each` with every local drive (`C:`) and its space.
pub(super) fn drives(mut each: impl FnMut(&str, Space)) {
    // SAFETY: takes no argument; 0 on failure, which means no drives.
    let letters = unsafe { GetLogicalDrives() };
    for (bit, letter) in ('A'..='Z').enumerate() {
        if letters >> bit & 1 == 1
            && let Some(space) = space(letter)
        {
            each(&format!("{letter}:"), space);
        }
    }
}

fn space(letter: char) -> Option<Space> {
    let root: Vec<u16> = format!("{letter}:\\\0").encode_utf16().collect();
    // SAFETY: `root` is a NUL-terminated UTF-16 string that outlives the call.
    let kind = unsafe { GetDriveTypeW(root.as_ptr()) };
    if kind != DRIVE_FIXED && kind != DRIVE_REMOVABLE {
        return None;
    }
    let (mut total, mut available) = (0, 0);
    // SAFETY: `root` as above; the pointers are to live u64, and null is allowed for the first.
    let done = unsafe {
        GetDiskFreeSpaceExW(root.as_ptr(), ptr::null_mut(), &raw mut total, &raw mut available)
    };
    // A drive without a medium fails.
    (done != 0).then(|| Space { used: total.saturating_sub(available), available, inodes: None })
}
