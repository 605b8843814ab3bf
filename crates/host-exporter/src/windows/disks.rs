//! What a disk or volume has read and written: `IOCTL_DISK_PERFORMANCE`.

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
}
