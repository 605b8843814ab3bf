//! What a disk is and whether it expects to fail: `IOCTL_STORAGE_QUERY_PROPERTY`,
//! `IOCTL_DISK_GET_DRIVE_GEOMETRY_EX`, `IOCTL_DISK_GET_DRIVE_LAYOUT_EX` and
//! `IOCTL_STORAGE_PREDICT_FAILURE`, none of which needs a privilege. All may block on a disk that
//! does not answer.

use super::{Bytes, Error};

/// A disk; `None` for what it does not tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Drive {
    /// Vendor and product.
    pub(crate) model: Option<String>,
    /// In bytes.
    pub(crate) size: Option<u64>,
    /// Without reserved ones and containers of others.
    pub(crate) partitions: Option<u32>,
    /// Whether the disk expects to fail.
    pub(crate) will_fail: Option<bool>,
}

impl Drive {
    /// Whether the disk has answered anything.
    pub(crate) fn has_answered(&self) -> bool {
        self != &Self::default()
    }
}

/// `DiskSize` of `DISK_GEOMETRY_EX`.
fn size(answer: Bytes<'_>) -> Result<u64, Error> {
    answer.u64(24).ok_or(Error::Short("DISK_GEOMETRY_EX", answer.0.len()))
}

/// The partitions that hold data, of `DRIVE_LAYOUT_INFORMATION_EX`.
fn partitions(answer: Bytes<'_>) -> Result<u32, Error> {
    const ENTRIES: usize = 48;
    const ENTRY: usize = 144;
    const GPT: u32 = 1;
    /// Partitions in which Windows keeps room for its own use.
    const RESERVED: [u8; 16] = [
        0x16, 0xe3, 0xc9, 0xe3, 0x5c, 0x0b, 0xb8, 0x4d, 0x81, 0x7d, 0xf9, 0x2d, 0xf0, 0x02, 0x15,
        0xae,
    ];
    /// Unused entries, and containers of other partitions.
    const MBR_NONE: [u8; 3] = [0, 5, 0x0f];

    let count = || {
        let mut partitions = 0;
        for entry in 0..answer.u32(4)? as usize {
            let at = ENTRIES + entry * ENTRY;
            let kind = answer.0.get(at + 32..at + 48)?;
            partitions += u32::from(match answer.u32(at)? {
                GPT => kind != RESERVED,
                _ => !MBR_NONE.contains(&kind[0]),
            });
        }
        Some(partitions)
    };
    count().ok_or(Error::Short("DRIVE_LAYOUT_INFORMATION_EX", answer.0.len()))
}

/// Asks everything about a disk; may block for ever.
#[cfg(windows)]
pub(crate) fn ask(number: &u32) -> Drive {
    use windows_sys::Win32::System::Ioctl::{
        IOCTL_DISK_GET_DRIVE_GEOMETRY_EX, IOCTL_DISK_GET_DRIVE_LAYOUT_EX,
        IOCTL_STORAGE_PREDICT_FAILURE,
    };

    super::device::without_dialogs();
    let Ok(device) = super::disks::open(*number) else {
        return Drive::default();
    };
    // Room for the 128 partitions of a usual GPT.
    let mut answer = vec![0; 48 + 128 * 144];
    let mut query = |code: u32| {
        let length = device.query(code, &[], &mut answer).ok()?;
        Some(answer[..length].to_vec())
    };
    Drive {
        size: query(IOCTL_DISK_GET_DRIVE_GEOMETRY_EX).and_then(|it| size(Bytes(&it)).ok()),
        partitions: query(IOCTL_DISK_GET_DRIVE_LAYOUT_EX)
            .and_then(|it| partitions(Bytes(&it)).ok()),
        will_fail: query(IOCTL_STORAGE_PREDICT_FAILURE)
            .and_then(|it| Bytes(&it).u32(0))
            .map(|fails| fails != 0),
        model: super::disks::description(&device).map(|it| it.model),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A layout with entries of a style and the first bytes of their type.
    fn layout(style: u32, kinds: &[&[u8]]) -> Vec<u8> {
        let mut layout = vec![0; 48];
        layout[..4].copy_from_slice(&style.to_le_bytes());
        layout[4..8].copy_from_slice(&(kinds.len() as u32).to_le_bytes());
        for kind in kinds {
            let mut entry = vec![0; 144];
            entry[..4].copy_from_slice(&style.to_le_bytes());
            entry[32..32 + kind.len()].copy_from_slice(kind);
            layout.extend(entry);
        }
        layout
    }

    #[test]
    fn only_partitions_with_data_are_counted() {
        let reserved = b"\x16\xe3\xc9\xe3\x5c\x0b\xb8\x4d\x81\x7d\xf9\x2d\xf0\x02\x15\xae";
        for (style, kinds, expected) in [
            (0, &[&[7][..], &[0x0f], &[0], &[5], &[0x83]][..], 2),
            (1, &[&[7][..], reserved, &[0]], 2),
            (2, &[], 0),
        ] {
            let layout = layout(style, kinds);
            assert_eq!(partitions(Bytes(&layout)), Ok(expected), "{style}");
        }
        let layout = layout(1, &[&[7], &[8]]);
        for length in [0, 47, 48 + 144 + 40] {
            assert!(partitions(Bytes(&layout[..length])).is_err(), "{length}");
        }
    }

    #[test]
    fn size_is_behind_the_geometry() {
        let mut answer = [0; 40];
        answer[24..32].copy_from_slice(&500_107_862_016_u64.to_le_bytes());
        assert_eq!(size(Bytes(&answer)), Ok(500_107_862_016));
        assert!(size(Bytes(&answer[..31])).is_err());
    }
}
