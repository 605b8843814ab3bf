//! Caches devices until the kernel reports a change: reading a device takes 25 files, and few of
//! them change between two scrapes.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use super::device::Device;
use crate::files::Folder;
use crate::netlink::{self, DeviceChanges, attributes, number_at};

/// How long attributes count whose change the kernel may not tell of, as some of old kernels.
const MAX_AGE: Duration = Duration::from_secs(60);

const GET_LINKS: u16 = 18;
/// What stands before the attributes of a device.
const HEADER_BYTES: usize = 16;
const ADDRESS: u16 = 1;
const NAME: u16 = 3;

/// The devices of a folder of sysfs.
#[derive(Default)]
pub(super) struct Known {
    devices: HashMap<String, Entry>,
    /// `None` if the kernel does not report changes, as in some sandboxes.
    changes: Option<DeviceChanges>,
    is_listening: bool,
    /// Whether the folder has the devices that the kernel reports: it may belong to another network
    /// namespace. `compared` is the time of the last check.
    is_ours: bool,
    compared: Option<Instant>,
    round: u64,
}

struct Entry {
    device: Device,
    read: Instant,
    is_stale: bool,
    /// The last round that had it.
    round: u64,
}

impl Known {
    /// Begins a round through all devices of the folder: asks the kernel what has changed.
    pub(super) fn begin(&mut self) {
        if !self.is_listening {
            self.changes = DeviceChanges::new().ok();
            self.is_listening = true;
        }
        self.round += 1;
        let mut changed = HashSet::new();
        let is_complete = self.changes.as_mut().is_some_and(|changes| {
            changes.each(|number| {
                changed.insert(number);
            })
        });
        let all = !is_complete || !self.is_ours;
        if all || !changed.is_empty() {
            let is_changed =
                |device: &Device| device.number().is_none_or(|it| changed.contains(&it));
            for entry in self.devices.values_mut() {
                entry.is_stale |= all || is_changed(&entry.device);
            }
        }
    }

    /// The device of this name, which is read if what is known may not be so any more. `None` for
    /// other files that are in the folder.
    pub(super) fn device(&mut self, folder: &Folder, name: &str) -> Option<&Device> {
        let round = self.round;
        // Not by the entry interface, which wants a name of its own for every look.
        if let Some(entry) = self.devices.get_mut(name)
            && !entry.is_stale
            && entry.read.elapsed() < MAX_AGE
        {
            entry.round = round;
        } else {
            let device = Device::read(&folder.folder(name)?);
            let entry = Entry { device, read: Instant::now(), is_stale: false, round };
            if self.devices.insert(name.to_owned(), entry).is_none() {
                self.compared = None;
            }
        }
        self.devices.get(name).map(|entry| &entry.device)
    }

    /// Ends the round: drops removed devices.
    pub(super) fn end(&mut self) {
        let (round, before) = (self.round, self.devices.len());
        self.devices.retain(|_, entry| entry.round == round);
        if before != self.devices.len() {
            self.compared = None;
        }
        let is_old = |compared: Instant| !self.is_ours && compared.elapsed() >= MAX_AGE;
        if self.changes.is_some() && self.compared.is_none_or(is_old) {
            self.is_ours = self.is_ours();
            self.compared = Some(Instant::now());
        }
    }

    /// Whether the kernel knows every device of the folder by the same number and address.
    fn is_ours(&self) -> bool {
        let mut same = 0;
        let asked = netlink::dump(None, GET_LINKS, &[0; HEADER_BYTES], |entry| {
            let number = number_at(entry, 4);
            let Some(all) = entry.get(HEADER_BYTES..).map(attributes) else { return };
            let find = |wanted: u16| all.clone().find(|(found, _)| *found == wanted);
            let Some((_, name)) = find(NAME) else { return };
            let name = str::from_utf8(name).unwrap_or_default().trim_end_matches('\0');
            let Some(Entry { device, .. }) = self.devices.get(name) else { return };
            let address = find(ADDRESS).map(|(_, bytes)| bytes).unwrap_or_default();
            same += usize::from(device.number() == number && is_address(&device.address, address));
        });
        // Every namespace has the same `lo`.
        asked.is_ok() && same > 1 && same == self.devices.len()
    }
}

/// Whether this is how sysfs writes these bytes.
fn is_address(text: &str, bytes: &[u8]) -> bool {
    let parts = || text.split(':').filter(|part| !part.is_empty());
    parts().count() == bytes.len()
        && parts().zip(bytes).all(|(part, byte)| u8::from_str_radix(part, 16) == Ok(*byte))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    fn write(root: &Path, device: &str, number: u32, alias: &str) {
        let folder = root.join(device);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("ifindex"), format!("{number}\n")).unwrap();
        fs::write(folder.join("ifalias"), format!("{alias}\n")).unwrap();
    }

    /// The aliases of devices in one round.
    fn round(known: &mut Known, root: &Path, names: &[&str]) -> Vec<String> {
        let folder = Folder::open(root).unwrap();
        known.begin();
        let alias = |name: &&str| known.device(&folder, name).unwrap().alias().to_owned();
        let aliases = names.iter().map(alias).collect();
        known.end();
        aliases
    }

    #[test]
    fn changed_device_is_read_again() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        for (device, number) in [("eth0", 2), ("eth1", 3)] {
            write(root, device, number, "old");
        }
        let (changes, kernel) = DeviceChanges::for_test();
        let changes = Some(changes);
        let mut known = Known { changes, is_listening: true, ..Known::default() };
        let both = ["eth0", "eth1"];
        assert_eq!(round(&mut known, root, &both), ["old", "old"]);
        // The kernel does not know these devices, so they may change without a notification.
        write(root, "eth0", 2, "new");
        assert_eq!(round(&mut known, root, &both), ["new", "old"]);
        known.is_ours = true;
        write(root, "eth0", 2, "newer");
        write(root, "eth1", 3, "newer");
        assert_eq!(round(&mut known, root, &both), ["new", "old"]);
        kernel.changed(3);
        assert_eq!(round(&mut known, root, &both), ["new", "newer"]);
        kernel.lost();
        assert_eq!(round(&mut known, root, &both), ["newer", "newer"]);
        assert_eq!(round(&mut known, root, &both[1..]), ["newer"]);
        assert_eq!((known.devices.len(), known.is_ours), (1, false));
        assert!(known.device(&Folder::open(root).unwrap(), "bonding_masters").is_none());
    }

    #[test]
    fn devices_are_compared_by_their_addresses() {
        for (text, bytes, is_it) in [
            ("02:00:00:00:00:0a", &[2, 0, 0, 0, 0, 10][..], true),
            ("02:00:00:00:00:0b", &[2, 0, 0, 0, 0, 10], false),
            ("02:00", &[2, 0, 0], false),
            ("", &[], true),
        ] {
            assert_eq!(is_address(text, bytes), is_it, "{text}");
        }
    }
}
