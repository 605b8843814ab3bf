//! What a disk or volume has read and written, `IOCTL_DISK_PERFORMANCE`, and what a disk is,
//! `IOCTL_STORAGE_QUERY_PROPERTY`. Everything but the list may block on a disk that does not answer.
#![cfg_attr(windows, allow(unsafe_code, reason = "a Win32 call that std has no wrapper for"))]

use super::{Bytes, Error};

/// `DISK_PERFORMANCE`, since boot; times in units of 100 ns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Performance {
    pub(crate) bytes_read: u64,
    pub(crate) bytes_written: u64,
    pub(crate) read_time: u64,
    pub(crate) write_time: u64,
    pub(crate) idle_time: u64,
    /// Wraps at 2^32.
    pub(crate) reads: u32,
    /// Wraps at 2^32.
    pub(crate) writes: u32,
    /// Requests that the device has been given and not yet completed.
    pub(crate) queue: u32,
    /// Requests that had to be split; wraps at 2^32.
    pub(crate) splits: u32,
    /// When the device answered, on the clock of the other times.
    pub(crate) time: u64,
}

/// What a disk tells of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Description {
    pub(crate) model: String,
    pub(crate) revision: String,
    pub(crate) serial: String,
}

/// The answer of a disk, as far as it tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) performance: Option<Performance>,
    pub(crate) description: Option<Description>,
    /// Whether it has to move its heads.
    pub(crate) is_rotational: Option<bool>,
}

impl Description {
    /// The `STORAGE_DEVICE_DESCRIPTOR`, which holds offsets of ASCII texts, 0 for none; `None` if
    /// there is no text at all.
    fn parse(answer: Bytes<'_>) -> Option<Self> {
        let text = |at: usize| {
            let start = answer.u32(at)? as usize;
            let rest = if start == 0 { &[] } else { answer.0.get(start..)? };
            let end = rest.iter().position(|byte| *byte == 0).unwrap_or(rest.len());
            Some(String::from_utf8_lossy(&rest[..end]).trim().to_owned())
        };
        let (vendor, product) = (text(12)?, text(16)?);
        let model = format!("{vendor} {product}").trim().to_owned();
        let description = Self { model, revision: text(20)?, serial: text(24)? };
        (description != Self::default()).then_some(description)
    }
}

/// The numbers of the disks among the names of all devices.
fn numbers(names: &[u16]) -> Vec<u32> {
    let names = names.split(|&unit| unit == 0).map(super::text);
    let mut numbers: Vec<_> =
        names.filter_map(|name| name.strip_prefix("PhysicalDrive")?.parse().ok()).collect();
    numbers.sort_unstable();
    numbers
}

impl Performance {
    fn parse(answer: Bytes<'_>) -> Result<Self, Error> {
        let read = || {
            Some(Self {
                bytes_read: answer.u64(0)?,
                bytes_written: answer.u64(8)?,
                read_time: answer.u64(16)?,
                write_time: answer.u64(24)?,
                idle_time: answer.u64(32)?,
                reads: answer.u32(40)?,
                writes: answer.u32(44)?,
                queue: answer.u32(48)?,
                splits: answer.u32(52)?,
                time: answer.u64(56)?,
            })
        };
        read().ok_or(Error::Short("DISK_PERFORMANCE", answer.0.len()))
    }
}

/// Asks a device; may block for ever.
///
/// # Errors
///
/// The device does not count, or its answer is damaged.
#[cfg(windows)]
pub(crate) fn performance(device: &super::device::Device) -> Result<Performance, Error> {
    use windows_sys::Win32::System::Ioctl::IOCTL_DISK_PERFORMANCE;
    let mut answer = [0; 88];
    let length = device.query(IOCTL_DISK_PERFORMANCE, &[], &mut answer)?;
    Performance::parse(Bytes(&answer[..length]))
}

/// The numbers of all disks: `QueryDosDeviceW`. No disk is asked.
#[cfg(windows)]
pub(crate) fn disks() -> Vec<u32> {
    use windows_sys::Win32::Storage::FileSystem::QueryDosDeviceW;
    // A server with many disks has thousands of devices.
    let mut names = vec![0_u16; 64 * 1024];
    loop {
        // SAFETY: null stands for all devices, and the buffer has as many units as stated.
        let length =
            unsafe { QueryDosDeviceW(std::ptr::null(), names.as_mut_ptr(), names.len() as u32) };
        match length as usize {
            0 if names.len() < 4 * 1024 * 1024 => names.resize(names.len() * 4, 0),
            length => return numbers(&names[..length.min(names.len())]),
        }
    }
}

/// Opens a disk; may block for ever.
///
/// # Errors
///
/// There is no such disk.
#[cfg(windows)]
pub(super) fn open(number: u32) -> Result<super::device::Device, Error> {
    super::device::Device::open(&format!(r"\\.\PhysicalDrive{number}"))
}

/// What a disk tells of itself; may block for ever.
#[cfg(windows)]
pub(super) fn description(device: &super::device::Device) -> Option<Description> {
    const DEVICE: u8 = 0;
    property(device, DEVICE).and_then(|answer| Description::parse(Bytes(&answer)))
}

/// The answer for a `STORAGE_PROPERTY_ID`.
#[cfg(windows)]
fn property(device: &super::device::Device, property: u8) -> Option<Vec<u8>> {
    use windows_sys::Win32::System::Ioctl::IOCTL_STORAGE_QUERY_PROPERTY;
    let input = [property, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let mut answer = vec![0; 1024];
    let length = device.query(IOCTL_STORAGE_QUERY_PROPERTY, &input, &mut answer).ok()?;
    answer.truncate(length);
    Some(answer)
}

/// Asks everything about a disk; may block for ever.
#[cfg(windows)]
pub(crate) fn ask(number: &u32) -> Answer {
    const SEEK_PENALTY: u8 = 7;
    super::device::without_dialogs();
    let Ok(device) = open(*number) else {
        return Answer::default();
    };
    // The structure begins with its version and its size.
    let seeks = property(&device, SEEK_PENALTY);
    let is_rotational = seeks.and_then(|answer| answer.get(8).map(|&seeks| seeks != 0));
    let description = description(&device);
    Answer { performance: performance(&device).ok(), description, is_rotational }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_structure_is_read() {
        let mut answer: Vec<u8> = (1..=5_u64).flat_map(u64::to_le_bytes).collect();
        answer.extend((6..=9_u32).flat_map(u32::to_le_bytes));
        answer.extend(10_u64.to_le_bytes());
        answer.extend([0; 24]);
        let expected = Performance {
            bytes_read: 1,
            bytes_written: 2,
            read_time: 3,
            write_time: 4,
            idle_time: 5,
            reads: 6,
            writes: 7,
            queue: 8,
            splits: 9,
            time: 10,
        };
        assert_eq!(answer.len(), 88);
        assert_eq!(Performance::parse(Bytes(&answer)), Ok(expected));
        let short = Performance::parse(Bytes(&answer[..63]));
        assert_eq!(short, Err(Error::Short("DISK_PERFORMANCE", 63)));
    }

    #[test]
    fn a_disk_describes_itself() {
        let mut answer = vec![0; 40];
        for (at, text) in [(12, ""), (16, "VBOX HARDDISK  "), (20, "1.0"), (24, " VB12-34 ")] {
            if !text.is_empty() {
                answer[at] = answer.len() as u8;
                answer.extend(text.as_bytes());
                answer.push(0);
            }
        }
        let expected = Description {
            model: "VBOX HARDDISK".to_owned(),
            revision: "1.0".to_owned(),
            serial: "VB12-34".to_owned(),
        };
        assert_eq!(Description::parse(Bytes(&answer)), Some(expected));
        assert_eq!(Description::parse(Bytes(&answer[..27])), None);
        assert_eq!(Description::parse(Bytes(&answer[..40])), None);
        assert_eq!(Description::parse(Bytes(&[0; 40])), None);
    }

    #[test]
    fn disks_are_found_among_all_devices() {
        let names = "C:\0PhysicalDrive10\0NUL\0PhysicalDrive2\0PhysicalDriveX\0\0";
        let names: Vec<u16> = names.encode_utf16().collect();
        assert_eq!(numbers(&names), [2, 10]);
        assert!(numbers(&[]).is_empty());
    }
}
