//! The udev properties of a device: lines of `E:KEY=value`.

use std::fs::{self, File};
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use crate::text::number;

/// Far more than udev keeps of a device.
const MAX_BYTES: u64 = 1024 * 1024;

/// The properties of a device; empty if udev does not have them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Udev {
    pub(super) path: String,
    pub(super) wwn: String,
    pub(super) model: String,
    pub(super) revision: String,
    /// The best of them first: what is printed on the disk.
    serials: [String; 3],
    /// Type, usage, UUID, version.
    pub(super) file_system: [String; 4],
    /// Name, UUID, volume group, logical volume, layer.
    pub(super) mapper: [String; 5],
    /// Write cache, whether it is on, rotation rate; of ATA disks alone.
    pub(super) ata: [Option<f64>; 3],
}

/// Identifies the version of a file, which udev replaces on change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Version(Option<(u64, u64, i64, i64)>);

impl Version {
    pub(super) fn of(path: &Path) -> Self {
        let file = fs::metadata(path).ok();
        Self(file.map(|file| (file.ino(), file.size(), file.mtime(), file.mtime_nsec())))
    }
}

impl Udev {
    pub(super) fn read(path: &Path) -> Self {
        let mut text = Vec::new();
        let read = File::open(path).and_then(|file| file.take(MAX_BYTES).read_to_end(&mut text));
        if read.is_ok() { Self::parse(&String::from_utf8_lossy(&text)) } else { Self::default() }
    }

    fn parse(text: &str) -> Self {
        let mut udev = Self::default();
        let mut is_ata = false;
        let properties = text.lines().filter_map(|line| line.strip_prefix("E:")?.split_once('='));
        for (key, value) in properties {
            let slot = match key {
                "ID_PATH" => &mut udev.path,
                "ID_WWN" => &mut udev.wwn,
                "ID_MODEL" => &mut udev.model,
                "ID_REVISION" => &mut udev.revision,
                "SCSI_IDENT_SERIAL" => &mut udev.serials[0],
                "ID_SERIAL_SHORT" => &mut udev.serials[1],
                "ID_SERIAL" => &mut udev.serials[2],
                "ID_FS_TYPE" => &mut udev.file_system[0],
                "ID_FS_USAGE" => &mut udev.file_system[1],
                "ID_FS_UUID" => &mut udev.file_system[2],
                "ID_FS_VERSION" => &mut udev.file_system[3],
                "DM_NAME" => &mut udev.mapper[0],
                "DM_UUID" => &mut udev.mapper[1],
                "DM_VG_NAME" => &mut udev.mapper[2],
                "DM_LV_NAME" => &mut udev.mapper[3],
                "DM_LV_LAYER" => &mut udev.mapper[4],
                "ID_ATA" => {
                    is_ata = !value.is_empty();
                    continue;
                }
                "ID_ATA_WRITE_CACHE" => {
                    udev.ata[0] = number(value);
                    continue;
                }
                "ID_ATA_WRITE_CACHE_ENABLED" => {
                    udev.ata[1] = number(value);
                    continue;
                }
                "ID_ATA_ROTATION_RATE_RPM" => {
                    udev.ata[2] = number(value);
                    continue;
                }
                _ => continue,
            };
            value.clone_into(slot);
        }
        if !is_ata {
            udev.ata = [None; 3];
        }
        udev
    }

    /// The serial number.
    pub(super) fn serial(&self) -> &str {
        self.serials.iter().find(|serial| !serial.is_empty()).map_or("", String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_are_read_and_other_lines_skipped() {
        let udev = Udev::parse(
            "S:disk/by-id/x\nE:ID_ATA=1\nE:ID_MODEL=A=B\nE:ID_SERIAL=long\nE:ID_SERIAL_SHORT=short\n\
             E:ID_ATA_WRITE_CACHE=1\nE:ID_ATA_WRITE_CACHE_ENABLED=x\nE:ID_ATA_ROTATION_RATE_RPM=7200\n\
             E:damaged\nE:DM_NAME=vg-lv\nE:ID_FS_TYPE=xfs\nID_WWN=1\nE:ID_WWN",
        );
        assert_eq!((udev.serial(), &*udev.model, &*udev.wwn), ("short", "A=B", ""));
        assert_eq!(udev.ata, [Some(1.0), None, Some(7200.0)]);
        assert_eq!((&*udev.mapper[0], &*udev.file_system[0]), ("vg-lv", "xfs"));
        assert_eq!(Udev::parse("E:SCSI_IDENT_SERIAL=a\nE:ID_SERIAL_SHORT=b\n").serial(), "a");
        assert_eq!(Udev::parse("E:ID_ATA_WRITE_CACHE=1\n").ata, [None; 3]);
    }
}
