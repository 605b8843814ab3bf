//! Volumes by drive letter or mount folder: type, label, file system, space, and the I/O of the
//! volume. Everything but the list may block on a device or server that does not answer.
#![cfg_attr(windows, allow(unsafe_code, reason = "Win32 calls that std has no wrapper for"))]

use super::Bytes;
use super::disks::Performance;

/// A volume, and how it is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Volume {
    /// `C:`, the mount folder `C:\data`, or `HarddiskVolume1` for a volume that is not mounted.
    pub(crate) name: String,
    /// The root folder, with a backslash at its end.
    pub(crate) root: String,
    /// The device, without one.
    pub(crate) device: String,
}

/// What a volume is, as far as it tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) kind: Kind,
    pub(crate) information: Option<Information>,
    pub(crate) space: Option<Space>,
    pub(crate) performance: Option<Performance>,
    /// The numbers of the disks that it is on, sorted.
    pub(crate) disks: Vec<u32>,
}

/// `GetDriveTypeW`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Kind {
    #[default]
    Unknown,
    Removable,
    Fixed,
    Remote,
    Cdrom,
    RamDisk,
}

/// `GetVolumeInformationW`; a drive without a medium has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Information {
    pub(crate) label: String,
    pub(crate) file_system: String,
    pub(crate) serial: u32,
    pub(crate) is_read_only: bool,
}

/// `GetDiskFreeSpaceExW`, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Space {
    pub(crate) size: u64,
    pub(crate) free: u64,
    /// What this user can fill; less than `free` under a quota.
    pub(crate) available: u64,
}

impl Kind {
    fn new(drive_type: u32) -> Self {
        match drive_type {
            2 => Self::Removable,
            3 => Self::Fixed,
            4 => Self::Remote,
            5 => Self::Cdrom,
            6 => Self::RamDisk,
            _ => Self::Unknown,
        }
    }

    /// The name of the kind.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Removable => "removable",
            Self::Fixed => "fixed",
            Self::Remote => "remote",
            Self::Cdrom => "cdrom",
            Self::RamDisk => "ramdisk",
        }
    }
}

/// The disks of `VOLUME_DISK_EXTENTS`, sorted; none if the answer is damaged.
fn disks_of(extents: Bytes<'_>) -> Vec<u32> {
    let count = extents.u32(0).unwrap_or_default();
    let disks = (0..count as usize).map_while(|extent| extents.u32(8 + 24 * extent));
    let mut disks: Vec<_> = disks.collect();
    disks.sort_unstable();
    disks.dedup();
    disks
}

/// The name of a volume: where it is mounted first, a drive letter if there is one; else the last
/// part of its device's path.
fn name(mount_points: &[String], device_path: &str) -> String {
    let is_letter = |point: &&String| point.len() == 3;
    let letter = mount_points.iter().find(is_letter).or(mount_points.first());
    match letter {
        Some(point) => point.trim_end_matches('\\').to_owned(),
        None => device_path.rsplit('\\').next().unwrap_or_default().to_owned(),
    }
}

/// The texts of a list of texts that each end in NUL.
fn list(units: &[u16]) -> Vec<String> {
    units.split(|&unit| unit == 0).filter(|text| !text.is_empty()).map(super::text).collect()
}

/// Lists and asks all volumes; `None` for one that does not answer. Collectors of one scrape share
/// the answers, and a volume that hangs blocks one thread of the process.
#[cfg(windows)]
pub(crate) fn answers() -> Answers {
    use std::sync::{Mutex, PoisonError};
    use std::time::{Duration, Instant};

    use super::prober::Prober;

    /// Far longer than the time between two collectors of one scrape.
    const MAX_AGE: Duration = Duration::from_millis(500);

    struct Shared {
        prober: Prober<Volume, Answer>,
        last: Option<(Instant, Answers)>,
    }

    static SHARED: Mutex<Shared> =
        Mutex::new(Shared { prober: Prober::new(calls::ask), last: None });

    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((since, answers)) = &shared.last
        && since.elapsed() < MAX_AGE
    {
        return answers.clone();
    }
    let volumes: std::sync::Arc<[Volume]> = calls::volumes().into();
    let answers = shared.prober.ask_all(&volumes);
    let answers: Answers = volumes.iter().cloned().zip(answers).collect();
    shared.last = Some((Instant::now(), answers.clone()));
    answers
}

/// Volumes with their answers.
pub(crate) type Answers = Vec<(Volume, Option<Answer>)>;

#[cfg(windows)]
mod calls;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_is_the_first_name_of_a_volume() {
        let points = |points: &[&str]| points.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        let device = r"\Device\HarddiskVolume4";
        assert_eq!(name(&points(&[r"C:\data\", r"D:\"]), device), "D:");
        assert_eq!(name(&points(&[r"C:\data\"]), device), r"C:\data");
        assert_eq!(name(&[], device), "HarddiskVolume4");
        assert_eq!(name(&[], ""), "");
        let units: Vec<u16> = "C:\\\0D:\\\0\0rest".encode_utf16().collect();
        assert_eq!(list(&units[..8]), [r"C:\", r"D:\"]);
    }

    #[test]
    fn kinds_are_those_of_get_drive_type() {
        let kinds = [0, 1, 2, 3, 4, 5, 6, 7].map(|number| Kind::new(number).as_str());
        let expected =
            ["unknown", "unknown", "removable", "fixed", "remote", "cdrom", "ramdisk", "unknown"];
        assert_eq!(kinds, expected);
    }

    #[test]
    fn disks_of_extents_are_listed_once() {
        let mut extents = vec![0; 8 + 3 * 24];
        extents[0] = 3;
        [2, 0, 2].iter().enumerate().for_each(|(at, disk)| extents[8 + 24 * at] = *disk);
        assert_eq!(disks_of(Bytes(&extents)), [0, 2]);
        assert_eq!(disks_of(Bytes(&extents[..34])), [2]);
        assert!(disks_of(Bytes(&[])).is_empty());
        assert!(disks_of(Bytes(&[0xff; 6])).is_empty());
    }
}
