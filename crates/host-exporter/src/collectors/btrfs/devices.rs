//! Size, use and errors of devices. A Btrfs itself is asked, by a thread that can be left behind.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use exporter_kit::{Counter, Gauge, Samples, Unit};

use super::super::node::{counter, gauge};
use crate::files::Folder;
use crate::host::Host;
use crate::mounts::{Mount, MountTable, Reach, View};
use crate::probe::{self, Answer, Btrfs, MAX_WAIT, Question, Target};
use crate::text::{fields, lines};

pub(super) const SIZE: Gauge<3> =
    gauge("node_btrfs_device_size_bytes", "Btrfs设备大小", "Size of a device of the file system.")
        .unit(Unit::Bytes)
        .labels(["uuid", "device", "btrfs_dev_uuid"]);

pub(super) const UNUSED: Gauge<3> = gauge(
    "node_btrfs_device_unused_bytes",
    "Btrfs设备未分配空间",
    "Space of a device that is in no block group yet.",
)
.unit(Unit::Bytes)
.labels(["uuid", "device", "btrfs_dev_uuid"]);

pub(super) const ERRORS: Counter<4> = counter(
    "node_btrfs_device_errors_total",
    "Btrfs设备错误数",
    "Errors of a device: of writing, reading and flushing, and damaged and outdated blocks.",
)
.labels(["uuid", "device", "btrfs_dev_uuid", "type"]);

/// What sysfs calls the errors, in the order of the file system, and their types.
const TYPES: [(&str, &str); 5] = [
    ("write_errs", "write"),
    ("read_errs", "read"),
    ("flush_errs", "flush"),
    ("corruption_errs", "corruption"),
    ("generation_errs", "generation"),
];

/// How many mounts of a file system are tried. Each subvolume can be one, and there are thousands
/// where containers have them.
const MAX_MOUNTS: usize = 8;

/// Asks each file system through one of its mounts.
pub(super) struct Devices {
    host: Host,
    table: MountTable,
    systems: Vec<System>,
    targets: Arc<[Target]>,
    answers: Vec<Answer>,
    is_asked: bool,
}

/// The places of a file system's mounts among the targets.
#[derive(Debug, PartialEq, Eq)]
struct System {
    mounts: Range<usize>,
    asked: usize,
}

impl Devices {
    pub(super) fn new(host: Host) -> Self {
        let table = MountTable::new(&host, View::Host);
        let (systems, answers) = (Vec::new(), Vec::new());
        Self { host, table, systems, targets: Arc::default(), answers, is_asked: false }
    }

    /// Forgets the answers of the last scrape.
    pub(super) fn forget(&mut self) {
        self.answers.clear();
        self.is_asked = false;
    }

    /// Asks all file systems, once for each scrape.
    pub(super) fn ask(&mut self) {
        if std::mem::replace(&mut self.is_asked, true) {
            return;
        }
        match self.table.refresh() {
            Ok(false) => {}
            Ok(true) => (self.systems, self.targets) = group(self.table.mounts(), &self.host),
            Err(_) => return,
        }
        self.answers.resize(self.targets.len(), Answer::Unwanted);
        for system in &self.systems {
            self.answers[system.asked] = Answer::Wanted;
        }
        probe::ask_all(&self.targets, MAX_WAIT, &mut self.answers);
        for System { mounts, asked } in &mut self.systems {
            // The next scrape tries another mount, which may be one that the exporter can open.
            if matches!(self.answers[*asked], Answer::Failed(_) | Answer::Elsewhere) {
                let next = *asked + 1;
                *asked = if next < mounts.end { next } else { mounts.start };
            }
        }
    }

    /// Sets what the file system of this UUID has answered; whether it has.
    pub(super) fn to_samples(&self, uuid: &str, out: &mut Samples) -> bool {
        let of_system = |answer: &&Answer| match answer {
            Answer::Devices(system) => system.uuid == uuid,
            _ => false,
        };
        let Some(Answer::Devices(system)) = self.answers.iter().find(of_system) else {
            return false;
        };
        to_samples(system, out);
        true
    }
}

/// The mounts that can be asked, those of one file system together.
fn group(mounts: &[Mount], host: &Host) -> (Vec<System>, Arc<[Target]>) {
    let mut systems = BTreeMap::<_, Vec<Target>>::new();
    for mount in mounts {
        if mount.kind != b"btrfs" || mount.reach != Reach::Visible {
            continue;
        }
        let system = systems.entry(mount.device).or_default();
        if let Some(target) = Target::of(mount, host).filter(|_| system.len() < MAX_MOUNTS) {
            system.push(Target { question: Question::Devices, ..target });
        }
    }
    let (mut grouped, mut targets) = (Vec::new(), Vec::new());
    for system in systems.into_values().filter(|system| !system.is_empty()) {
        let asked = targets.len();
        targets.extend(system);
        grouped.push(System { mounts: asked..targets.len(), asked });
    }
    (grouped, targets.into())
}

fn to_samples(system: &Btrfs, out: &mut Samples) {
    for device in &system.devices {
        let labels @ [uuid, name, device_uuid] = [&*system.uuid, &device.name, &device.uuid];
        out.set(&SIZE, labels, device.size as f64);
        if let Some(unused) = device.size.checked_sub(device.used) {
            out.set(&UNUSED, labels, unused as f64);
        }
        for ((_, kind), errors) in TYPES.into_iter().zip(device.errors.into_iter().flatten()) {
            out.set(&ERRORS, [uuid, name, device_uuid, kind], errors as f64);
        }
    }
}

/// The errors of the only device of a file system, which sysfs has since Linux 5.14.
pub(super) fn errors_of_single(system: &Folder, uuid: &str, device: &str, out: &mut Samples) {
    let Some(folder) = system.folder("devinfo") else { return };
    let (mut known, mut stats) = (0, None);
    folder.names(|id| {
        known += 1;
        stats = folder.folder(id).and_then(|folder| folder.text("error_stats"));
    });
    let Some(stats) = stats.filter(|_| known == 1) else { return };
    for line in lines(stats.bytes()) {
        let mut line = fields(line);
        let (key, count) = (line.next().unwrap_or_default(), line.number());
        let kind = TYPES.iter().find(|(known, _)| *known == key);
        if let (Some((_, kind)), Ok(count @ 0.0..)) = (kind, count) {
            out.set(&ERRORS, [uuid, device, "", kind], count);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::mounts::parse;

    #[test]
    fn file_system_is_queried_through_one_mount() {
        let subvolumes: String = (0..20)
            .map(|at| format!("{at} 1 0:41 /{at} /sub/{at} rw - btrfs /dev/sda rw\n"))
            .collect();
        let table = format!(
            "90 1 0:40 / / rw - btrfs /dev/sdb rw\n{subvolumes}91 1 8:3 / /x rw - xfs /dev/sdc rw\n\
             92 1 0:42 / /y rw - btrfs /dev/sdd rw\n93 1 0:43 / /y rw - tmpfs none rw\n"
        );
        let host = Host::at(Path::new("/nowhere"));
        let (systems, targets) = group(&parse(table.as_bytes(), b""), &host);
        let system = |mounts: Range<usize>| System { asked: mounts.start, mounts };
        assert_eq!(systems, [system(0..1), system(1..9)]);
        assert!(targets.iter().all(|target| target.question == Question::Devices));
        let mut devices = Devices { systems, targets, ..Devices::new(host) };
        // Without a mount table nothing is asked, and nothing is known.
        devices.ask();
        assert!(!devices.to_samples("u", &mut Samples::default()));
    }

    #[test]
    fn answers_are_those_of_their_file_system() {
        let device = probe::BtrfsDevice {
            name: "sda".to_owned(),
            uuid: "d".to_owned(),
            size: 100,
            used: 60,
            errors: Some([1, 2, 3, 4, 5]),
        };
        let absent = probe::BtrfsDevice { used: 1, ..Default::default() };
        let system = Btrfs { uuid: "u".to_owned(), devices: vec![device, absent] };
        let mut devices = Devices::new(Host::at(Path::new("/nowhere")));
        devices.answers = vec![Answer::Unwanted, Answer::Devices(Arc::new(system))];
        let mut out = Samples::default();
        assert!(!devices.to_samples("other", &mut out) && out.is_empty());
        assert!(devices.to_samples("u", &mut out));
        assert_eq!(out.value(&SIZE, ["u", "sda", "d"]), Some(100.0));
        assert_eq!(out.value(&UNUSED, ["u", "sda", "d"]), Some(40.0));
        assert_eq!(out.value(&ERRORS, ["u", "sda", "d", "flush"]), Some(3.0));
        // A device that is missing has no path, and may have no numbers.
        assert_eq!(out.value(&SIZE, ["u", "", ""]), Some(0.0));
        assert_eq!(out.len(), 2 + 5 + 1);
        devices.forget();
        assert!(!devices.to_samples("u", &mut out));
    }
}
