//! The calls about volumes.

use std::ptr;

use windows_sys::Win32::Foundation::INVALID_HANDLE_VALUE;
use windows_sys::Win32::Storage::FileSystem::{
    FindFirstVolumeW, FindNextVolumeW, FindVolumeClose, GetDiskFreeSpaceExW, GetDriveTypeW,
    GetLogicalDrives, GetVolumeInformationW, GetVolumePathNamesForVolumeNameW,
    IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS, QueryDosDeviceW,
};
use windows_sys::Win32::System::SystemServices::FILE_READ_ONLY_VOLUME;

use super::{Answer, Information, Kind, Space, Volume, disks_of, list, name};
use crate::windows::device::{Device, without_dialogs};
use crate::windows::disks::performance;
use crate::windows::{Bytes, text, wide};

/// All volumes of local devices, and the drives that are none: network drives and those made by
/// `subst`. No device is asked.
pub(super) fn volumes() -> Vec<Volume> {
    let mut volumes = volumes_with_names();
    // SAFETY: takes no argument; 0 on failure, which means no drives.
    let letters = unsafe { GetLogicalDrives() };
    let drives = ('A'..='Z').enumerate().filter(|(bit, _)| letters >> bit & 1 == 1);
    for (_, letter) in drives {
        let name = format!("{letter}:");
        if !volumes.iter().any(|volume| volume.name.eq_ignore_ascii_case(&name)) {
            let (root, device) = (format!("{letter}:\\"), format!(r"\\.\{letter}:"));
            volumes.push(Volume { name, root, device });
        }
    }
    volumes
}

/// The volumes that have a name such as `\\?\Volume{...}\`.
fn volumes_with_names() -> Vec<Volume> {
    let mut volumes = Vec::new();
    let mut units = [0_u16; 64];
    // SAFETY: the buffer has as many units as stated.
    let search = unsafe { FindFirstVolumeW(units.as_mut_ptr(), units.len() as u32) };
    if ptr::eq(search, INVALID_HANDLE_VALUE) {
        return volumes;
    }
    loop {
        let root = text(&units);
        let device = root.trim_end_matches('\\').to_owned();
        let path = device_path(device.trim_start_matches(r"\\?\"));
        let name = name(&mount_points(&root), &path);
        if !name.is_empty() {
            // By its letter, a drive also answers where volume names are not supported.
            let (root, device) = match name.len() {
                2 => (format!("{name}\\"), format!(r"\\.\{name}")),
                _ => (root, device),
            };
            volumes.push(Volume { name, root, device });
        }
        // SAFETY: the search is open, and the buffer has as many units as stated.
        if unsafe { FindNextVolumeW(search, units.as_mut_ptr(), units.len() as u32) } == 0 {
            break;
        }
    }
    // SAFETY: the search is open, and not used again.
    unsafe { FindVolumeClose(search) };
    volumes
}

/// Where the volume is mounted.
fn mount_points(volume: &str) -> Vec<String> {
    let volume = wide(volume);
    let (mut units, mut length) = (vec![0_u16; 4096], 0);
    // SAFETY: the name ends in NUL, and the buffer has as many units as stated.
    let done = unsafe {
        let (buffer, size) = (units.as_mut_ptr(), units.len() as u32);
        GetVolumePathNamesForVolumeNameW(volume.as_ptr(), buffer, size, &raw mut length)
    };
    if done == 0 { Vec::new() } else { list(&units[..(length as usize).min(units.len())]) }
}

/// The kernel's path of a device, such as `\Device\HarddiskVolume1`.
fn device_path(device: &str) -> String {
    let (device, mut units) = (wide(device), [0_u16; 512]);
    // SAFETY: the name ends in NUL, and the buffer has as many units as stated.
    let length =
        unsafe { QueryDosDeviceW(device.as_ptr(), units.as_mut_ptr(), units.len() as u32) };
    if length == 0 { String::new() } else { text(&units) }
}

/// Asks everything about a volume; may block for ever.
pub(super) fn ask(volume: &Volume) -> Answer {
    without_dialogs();
    let root = wide(&volume.root);
    // SAFETY: the path ends in NUL.
    let kind = Kind::new(unsafe { GetDriveTypeW(root.as_ptr()) });
    let device = match kind {
        // A network drive has no device here.
        Kind::Remote => None,
        _ => Device::open(&volume.device).ok(),
    };
    let disks = device.as_ref().map(|device| {
        let mut extents = [0; 8 + 24 * 128];
        let length = device.query(IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS, &[], &mut extents);
        disks_of(Bytes(&extents[..length.unwrap_or_default()]))
    });
    Answer {
        kind,
        information: information(&root),
        space: space(&root),
        performance: device.as_ref().and_then(|device| performance(device).ok()),
        disks: disks.unwrap_or_default(),
    }
}

fn information(root: &[u16]) -> Option<Information> {
    let ([mut label, mut file_system], mut serial, mut flags) = ([[0_u16; 261]; 2], 0, 0);
    // SAFETY: the path ends in NUL, and the buffers have as many units as stated.
    let done = unsafe {
        GetVolumeInformationW(
            root.as_ptr(),
            label.as_mut_ptr(),
            label.len() as u32,
            &raw mut serial,
            ptr::null_mut(),
            &raw mut flags,
            file_system.as_mut_ptr(),
            file_system.len() as u32,
        )
    };
    (done != 0).then(|| Information {
        label: text(&label),
        file_system: text(&file_system),
        serial,
        is_read_only: flags & FILE_READ_ONLY_VOLUME != 0,
    })
}

fn space(root: &[u16]) -> Option<Space> {
    let (mut available, mut size, mut free) = (0, 0, 0);
    // SAFETY: the path ends in NUL, and the pointers are to live u64.
    let done = unsafe {
        GetDiskFreeSpaceExW(root.as_ptr(), &raw mut available, &raw mut size, &raw mut free)
    };
    (done != 0).then_some(Space { size, free, available })
}
