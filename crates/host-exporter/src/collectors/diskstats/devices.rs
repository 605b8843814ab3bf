//! The devices that were there at the last scrape, with what is dear to find out about them.

use std::path::PathBuf;

use exporter_kit::Filter;

use super::udev::{Udev, Version};
use crate::files::KeptFiles;
use crate::host::Host;

/// A block device.
#[derive(Default)]
pub(super) struct Device {
    major: String,
    minor: String,
    name: String,
    /// Whether the flags want it.
    is_wanted: bool,
    /// The file of its queue below `/sys/block`.
    rotational_file: String,
    udev_file: PathBuf,
    udev_version: Version,
    /// Whether it is a disk that turns, as the kernel has it.
    pub(super) rotational: bool,
    pub(super) udev: Udev,
}

/// The devices in the order of `/proc/diskstats`, which changes only when some come or go.
pub(super) struct Devices {
    host: Host,
    filter: Filter,
    known: Vec<Device>,
    seen: usize,
    /// Below `/sys/block`.
    files: KeptFiles,
}

impl Devices {
    pub(super) fn new(host: Host, filter: Filter) -> Self {
        let files = KeptFiles::new(host.sys("block"));
        Self { host, filter, known: Vec::new(), seen: 0, files }
    }

    /// Begins with the first line.
    pub(super) fn begin(&mut self) {
        self.seen = 0;
        self.files.begin();
    }

    /// The device of the next line as it is now; `None` where it is not wanted.
    pub(super) fn look_up(&mut self, major: &str, minor: &str, name: &str) -> Option<&Device> {
        let is_it = |device: &Device| {
            (&*device.major, &*device.minor, &*device.name) == (major, minor, name)
        };
        let at = self.seen;
        self.seen += 1;
        if !self.known.get(at).is_some_and(is_it) {
            // The devices before it were removed, or it is new.
            match self.known[at.min(self.known.len())..].iter().position(is_it) {
                Some(gone) => drop(self.known.drain(at..at + gone)),
                None => self.known.insert(at, self.discover(major, minor, name)),
            }
        }
        let device = &mut self.known[at];
        if !device.is_wanted {
            return None;
        }
        device.rotational = self.files.number(&device.rotational_file) == Some(1.0);
        let version = Version::of(&device.udev_file);
        if version != device.udev_version {
            device.udev = Udev::read(&device.udev_file);
            device.udev_version = version;
        }
        Some(device)
    }

    /// Forgets devices that were removed.
    pub(super) fn end(&mut self) {
        self.known.truncate(self.seen);
    }

    fn discover(&self, major: &str, minor: &str, name: &str) -> Device {
        Device {
            major: major.to_owned(),
            minor: minor.to_owned(),
            name: name.to_owned(),
            is_wanted: self.filter.wants(name),
            // `cciss/c0d0` is a folder `cciss!c0d0`.
            rotational_file: format!("{}/queue/rotational", name.replace('/', "!")),
            udev_file: self.host.udev(&format!("b{major}:{minor}")),
            ..Device::default()
        }
    }
}
