//! Asks a Btrfs for its devices: ioctl_btrfs(2).
#![allow(unsafe_code, reason = "calls of a file system that no crate wraps")]

use std::os::fd::{AsFd as _, BorrowedFd};

use rustix::fs::{Mode, OFlags, StatFs, fstatfs, openat};
use rustix::io::Errno;
use rustix::ioctl::{Opcode, Updater, ioctl, opcode};

/// What statfs(2) says that it is.
const MAGIC: u64 = 0x9123_683e;

/// Numbers of devices are small, but grow with each one that is added.
const MAX_ID: u64 = 65_535;

/// The kinds of errors in the order in which the kernel counts them.
const ERRORS: usize = 5;

/// What a Btrfs says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Btrfs {
    pub(crate) uuid: String,
    pub(crate) devices: Vec<BtrfsDevice>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct BtrfsDevice {
    /// The last part of its path; empty for a device that is missing.
    pub(crate) name: String,
    pub(crate) uuid: String,
    pub(crate) size: u64,
    pub(crate) used: u64,
    /// Errors of writing, reading, flushing, and of damaged and outdated blocks.
    pub(crate) errors: Option<[u64; ERRORS]>,
}

/// The arguments of the calls, all of them numbers and bytes of fixed places.
type FsInfo = [u64; 128];
type DevInfo = [u64; 512];
type DevStats = [u64; 129];

const GROUP: u8 = 0x94;
const FS_INFO: Opcode = opcode::read::<FsInfo>(GROUP, 31);
const DEV_INFO: Opcode = opcode::read_write::<DevInfo>(GROUP, 30);
const DEV_STATS: Opcode = opcode::read_write::<DevStats>(GROUP, 52);

/// Where the path of a device is in [`DevInfo`].
const PATH: usize = 384;

/// Whether this file system is a Btrfs.
pub(super) fn is_it(seen: &StatFs) -> bool {
    seen.f_type as u64 == MAGIC
}

/// Asks the file system that a folder is in.
pub(super) fn ask(file: BorrowedFd<'_>) -> Result<Btrfs, Errno> {
    // The file was opened for its path alone, which is not enough for these calls.
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let folder = openat(file, c".", flags, Mode::empty())?;
    if !is_it(&fstatfs(&folder)?) {
        return Err(Errno::NOTTY);
    }
    let folder = folder.as_fd();
    let mut info: FsInfo = [0; _];
    call::<FS_INFO, _>(folder, &mut info)?;
    let [last, _, uuid @ ..] = info;
    let mut devices = Vec::new();
    // Device 0 is there while another is being replaced.
    for id in 0..=last.min(MAX_ID) {
        let mut argument: DevInfo = [0; _];
        argument[0] = id;
        match call::<DEV_INFO, _>(folder, &mut argument) {
            Ok(()) => devices.push(device(&argument, errors(folder, id))),
            Err(Errno::NODEV) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Btrfs { uuid: to_uuid(&uuid), devices })
}

fn errors(folder: BorrowedFd<'_>, id: u64) -> Option<[u64; ERRORS]> {
    let mut argument: DevStats = [0; _];
    // How many numbers are wanted; flags that would set them to 0 stay away.
    argument[..2].copy_from_slice(&[id, ERRORS as u64]);
    call::<DEV_STATS, _>(folder, &mut argument).ok()?;
    let [_, known, _, errors @ ..] = argument;
    if known < ERRORS as u64 {
        return None;
    }
    errors.first_chunk().copied()
}

fn device(argument: &DevInfo, errors: Option<[u64; ERRORS]>) -> BtrfsDevice {
    let [_, uuid_1, uuid_2, used, size, ..] = *argument;
    let path: Vec<u8> = argument[PATH..].iter().flat_map(|word| word.to_ne_bytes()).collect();
    let path = path.split(|&byte| byte == 0).next().unwrap_or_default();
    let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
    let name = String::from_utf8_lossy(name).into_owned();
    BtrfsDevice { name, uuid: to_uuid(&[uuid_1, uuid_2]), size, used, errors }
}

/// A UUID as sysfs writes it, of its 16 bytes at the beginning.
fn to_uuid(words: &[u64]) -> String {
    use std::fmt::Write as _;
    let mut uuid = String::with_capacity(36);
    for (at, byte) in words.iter().flat_map(|word| word.to_ne_bytes()).take(16).enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            uuid.push('-');
        }
        let _ = write!(uuid, "{byte:02x}");
    }
    uuid
}

fn call<const OPCODE: Opcode, const WORDS: usize>(
    folder: BorrowedFd<'_>,
    argument: &mut [u64; WORDS],
) -> Result<(), Errno> {
    const {
        // The number of a call has the size of its argument in it.
        assert!((OPCODE as usize >> 16) & 0x3fff == WORDS * size_of::<u64>());
    }
    // SAFETY: the folder is in a Btrfs, which reads and writes as many bytes as the number of the
    // call says. That is the size of the argument, and any bytes are numbers.
    unsafe { ioctl(folder, Updater::<OPCODE, [u64; WORDS]>::new(argument)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_calls_are_those_of_the_kernel() {
        assert_eq!([FS_INFO, DEV_INFO, DEV_STATS], [0x8400_941f, 0xd000_941e, 0xc408_9434]);
    }

    #[test]
    fn a_device_is_read_from_its_places() {
        let mut argument: DevInfo = [0; _];
        let uuid = [0x0d, 0x16, 0xf5, 0x4d, 0xff, 0xa7, 0x4b, 0x88];
        argument[1] = u64::from_ne_bytes(uuid);
        argument[3..5].copy_from_slice(&[7, 9]);
        argument[PATH] = u64::from_ne_bytes(*b"/dev/map");
        argument[PATH + 1] = u64::from_ne_bytes(*b"per/luks");
        let expected = BtrfsDevice {
            name: "luks".to_owned(),
            uuid: "0d16f54d-ffa7-4b88-0000-000000000000".to_owned(),
            size: 9,
            used: 7,
            errors: None,
        };
        assert_eq!(device(&argument, None), expected);
        assert_eq!(device(&[0; _], None).name, "");
    }
}
