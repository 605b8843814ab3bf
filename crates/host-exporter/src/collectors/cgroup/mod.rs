//! What slices, services and containers use, and their limits: cgroup v2, by `/sys/fs/cgroup`.

mod accounts;
mod devices;
mod metrics;
mod tree;

use exporter_kit::{
    CollectError, Collector, CollectorDef, Filter, Flag, Pattern, Samples, ScheduledCollector,
    Settings,
};
use rustix::io::Errno;

use self::accounts::{FILES, controllers};
use self::devices::Devices;
use self::metrics::LIMIT_REACHED;
use self::tree::Tree;
use crate::files::Folder;
use crate::host::Host;
use crate::mounts::{MountTable, View};
use crate::wanted::Known;

const LEVEL: Flag<u64> = Flag::number(
    "collector.cgroup.level",
    "2",
    "How deep cgroups are read: 1 for slices, 2 for the services in them, 0 for the root alone.",
);
const INCLUDE: Flag<Pattern> = Flag::pattern(
    "collector.cgroup.include",
    "",
    "Cgroups to expose, by path, such as ^/system\\.slice/.",
);
const EXCLUDE: Flag<Pattern> =
    Flag::pattern("collector.cgroup.exclude", "", "Cgroups to leave out, by path.");
const MAX: Flag<u64> = Flag::number(
    "collector.cgroup.max",
    "1000",
    "Most cgroups to read, outer ones first; cgroup_limit_reached tells when there are more.",
)
.positive();

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "cgroup",
    "控制组用量",
    "CPU, memory, I/O, pressure and limits of cgroups; nothing where cgroup v2 is not mounted.",
    &[&LIMIT_REACHED],
    |settings| Ok(ScheduledCollector::on_scrape(Cgroups::new(settings))),
)
.and(metrics::ALL)
.flags(&[&LEVEL, &INCLUDE, &EXCLUDE, &MAX])
.off_by_default()
.source("/sys/fs/cgroup, /proc/1/mountinfo, /sys/dev/block");

/// The usual mount points of cgroup v2: alone, or next to the v1 hierarchies.
const USUAL: [&str; 2] = ["fs/cgroup", "fs/cgroup/unified"];

/// A file that was missing may come: `cgroup.pressure` hides those of pressure and shows them again.
/// After this many scrapes all are tried.
const TRY_AGAIN: u32 = 64;

/// Reads the cgroups.
struct Cgroups {
    host: Host,
    mounts: MountTable,
    level: u64,
    filter: Filter,
    max: u64,
    tree: Tree,
    known: Known<Cgroup>,
    devices: Devices,
    buffer: Vec<u8>,
    scrapes: u32,
}

/// What is known of a cgroup.
struct Cgroup {
    is_wanted: bool,
    controllers: u8,
    /// The files that it does not have, as bits.
    missing: u32,
}

impl Cgroups {
    fn new(settings: &Settings) -> Self {
        let host = Host::new(settings);
        let filter = settings.filter(&INCLUDE, &EXCLUDE);
        Self::of(host, settings.get(&LEVEL), filter, settings.get(&MAX))
    }

    fn of(host: Host, level: u64, filter: Filter, max: u64) -> Self {
        Self {
            mounts: MountTable::new(&host, View::Host),
            devices: Devices::new(host.sys("dev/block")),
            host,
            level,
            filter,
            max,
            tree: Tree::default(),
            known: Known::new(),
            buffer: Vec::new(),
            scrapes: 0,
        }
    }

    /// The folder of the root, which is not kept open: that would keep it mounted.
    fn open_root(&mut self) -> Result<Folder, CollectError> {
        // v1 has no such file.
        let is_root = |folder: &Folder| folder.has("cgroup.controllers");
        let mut usual = USUAL.iter().filter_map(|path| Folder::open(&self.host.sys(path)));
        if let Some(root) = usual.find(is_root) {
            return Ok(root);
        }
        self.mounts.refresh()?;
        let mounts = self.mounts.mounts().iter().filter(|mount| mount.kind == b"cgroup2");
        let points = mounts.filter_map(|mount| str::from_utf8(&mount.point).ok());
        let mut folders = points.filter_map(|point| Folder::open(&self.host.root(point.as_ref())));
        folders.find(is_root).ok_or(CollectError::NoData)
    }
}

impl Collector for Cgroups {
    fn collect(&mut self, out: &mut Samples) -> Result<(), CollectError> {
        let root = self.open_root()?;
        self.scrapes = self.scrapes.wrapping_add(1);
        let tries_again = self.scrapes.is_multiple_of(TRY_AGAIN);
        let mut read = 0;
        let mut is_over = false;
        self.known.begin();
        self.devices.begin();
        self.tree.begin();
        while let Some((path, level)) = self.tree.next() {
            let cgroup = self.known.look_up(path, |path| Cgroup {
                is_wanted: self.filter.wants(path),
                controllers: 0,
                missing: 0,
            });
            if cgroup.is_wanted && read == self.max {
                is_over = true;
                break;
            }
            if !cgroup.is_wanted && level == self.level {
                continue;
            }
            // One that is not there any more has ended meanwhile.
            let Some(folder) = root.folder(Tree::below_root(path)) else { continue };
            if cgroup.is_wanted {
                if tries_again {
                    cgroup.missing = 0;
                }
                read += 1;
                read_files(&folder, path, cgroup, &mut self.buffer, &mut self.devices, out);
            }
            if level < self.level {
                is_over |= !self.tree.add_children(&folder);
            }
        }
        if read > 0 && out.is_empty() {
            return Err("no cgroup can be read".into());
        }
        out.set(&LIMIT_REACHED, [], f64::from(u8::from(is_over)));
        Ok(())
    }
}

fn read_files(
    folder: &Folder,
    path: &str,
    cgroup: &mut Cgroup,
    buffer: &mut Vec<u8>,
    devices: &mut Devices,
    out: &mut Samples,
) {
    let Ok(text) = folder.read("cgroup.controllers", buffer) else { return };
    let controllers = controllers(text);
    if controllers != cgroup.controllers {
        (cgroup.controllers, cgroup.missing) = (controllers, 0);
    }
    let mut missing = cgroup.missing;
    for (at, file) in FILES.iter().enumerate() {
        if missing & 1 << at != 0 || !file.is_of(controllers) {
            continue;
        }
        match folder.read(file.name, buffer) {
            Ok(text) => file.set(text, path, devices, out),
            Err(Errno::NOENT) => missing |= 1 << at,
            // It ends just now, or the kernel has it switched off.
            Err(_) => {}
        }
    }
    // Of one that has ended meanwhile all are missing, and one of its name may come.
    if missing != cgroup.missing && folder.has("cgroup.controllers") {
        cgroup.missing = missing;
    }
}

#[cfg(test)]
mod tests;
