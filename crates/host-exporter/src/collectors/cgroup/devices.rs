//! The names of block devices by their numbers: `/sys/dev/block`.

use std::path::PathBuf;

use crate::files::Folder;

/// The devices that cgroups have used since the last scrape.
pub(super) struct Devices {
    path: PathBuf,
    folder: Option<Folder>,
    known: Vec<Device>,
    /// Cgroups name devices in the same order.
    at: usize,
}

struct Device {
    number: String,
    name: String,
    /// The name was looked up at this scrape: another device may get the number.
    is_fresh: bool,
}

impl Devices {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, folder: None, known: Vec::new(), at: 0 }
    }

    /// Begins a scrape. Devices that the last one has not met are forgotten.
    pub(super) fn begin(&mut self) {
        self.known.retain(|device| device.is_fresh);
        self.known.iter_mut().for_each(|device| device.is_fresh = false);
        self.folder = Folder::open(&self.path);
        self.at = 0;
    }

    /// The name of a device such as `8:0`, or the number where the name is not known.
    pub(super) fn name(&mut self, number: &str) -> &str {
        let (before, after) = self.known.split_at(self.at.min(self.known.len()));
        let is_it = |device: &Device| device.number == number;
        let found = after.iter().position(is_it).map(|at| before.len() + at);
        let at = found.or_else(|| before.iter().position(is_it)).unwrap_or_else(|| {
            let number = number.to_owned();
            self.known.push(Device { number, name: String::new(), is_fresh: false });
            self.known.len() - 1
        });
        // The next key is of the same device.
        self.at = at;
        let device = &mut self.known[at];
        if !device.is_fresh {
            device.is_fresh = true;
            let link = self.folder.as_ref().and_then(|folder| folder.link(number));
            let link = link.as_ref().and_then(|link| link.trimmed());
            let name = link.and_then(|path| path.rsplit('/').next()).unwrap_or(number);
            // `cciss!c0d0` is `cciss/c0d0` elsewhere.
            if !device.name.bytes().eq(name.bytes().map(slash)) {
                device.name = name.replace('!', "/");
            }
        }
        &device.name
    }
}

fn slash(byte: u8) -> u8 {
    if byte == b'!' { b'/' } else { byte }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_number_may_become_another_device() {
        let folder = tempfile::tempdir().unwrap();
        let link = |number: &str, path: &str| symlink(path, folder.path().join(number)).unwrap();
        link("8:0", "../../devices/pci/block/sda");
        link("104:0", "../../devices/cciss!c0d0");
        let mut devices = Devices::new(folder.path().to_owned());
        for _ in 0..3 {
            devices.begin();
            assert_eq!(devices.name("8:0"), "sda");
            assert_eq!(devices.name("104:0"), "cciss/c0d0");
            assert_eq!(devices.name("7:9"), "7:9");
            assert_eq!(devices.name("8:0"), "sda");
        }
        assert_eq!(devices.known.len(), 3);
        fs::remove_file(folder.path().join("8:0")).unwrap();
        link("8:0", "../../devices/sdz");
        assert_eq!(devices.name("8:0"), "sda", "one name for all of a scrape");
        devices.begin();
        assert_eq!(devices.name("8:0"), "sdz");
        devices.begin();
        assert_eq!(devices.known.len(), 1);
    }
}
