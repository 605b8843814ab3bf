//! Disk space from the mount table, sysfs and statfs(2).

use std::sync::Arc;

use exporter_kit::{CollectError, Settings};

use super::Space;
use super::groups::{self, Disk};
use crate::files::KeptFiles;
use crate::host::Host;
use crate::mounts::{MountTable, View};
use crate::probe::{self, Answer, MAX_WAIT, Target};

/// Reads the mount table and asks each disk for its space, once.
pub(super) struct Reader {
    host: Host,
    table: MountTable,
    /// Below `/sys/dev/block`.
    devices: KeptFiles,
    disks: Vec<Disk>,
    /// One for each mount of a disk, in the order of the disks.
    targets: Arc<[Target]>,
    answers: Vec<Answer>,
}

impl Reader {
    pub(super) fn new(settings: &Settings) -> Self {
        let host = Host::new(settings);
        // Paths that are the exporter's own are looked up in its own mounts.
        let view = if host.root_prefix().is_empty() { View::Own } else { View::Host };
        Self {
            table: MountTable::new(&host, view),
            devices: KeptFiles::new(host.sys("dev/block")),
            host,
            disks: Vec::new(),
            targets: Arc::default(),
            answers: Vec::new(),
        }
    }

    /// Calls `each` with one mount point of every disk and its space, or `None` where the disk
    /// cannot be asked.
    pub(super) fn read(
        &mut self,
        mut each: impl FnMut(&str, Option<Space>),
    ) -> Result<(), CollectError> {
        if self.table.refresh()? {
            (self.disks, self.targets) = groups::of(self.table.mounts(), &self.host);
        }
        let Self { devices, disks, targets, answers, .. } = self;
        devices.begin();
        let mut is_disk = |disk: &Disk| {
            let mut number = |file: &String| devices.number(file);
            // Nothing can be written to it, so how full it is never changes.
            disk.read_only_file.as_ref().and_then(&mut number) != Some(1.0)
        };
        answers.clear();
        answers.resize(targets.len(), Answer::Unwanted);
        for disk in disks.iter().filter(|disk| is_disk(disk)) {
            answers[disk.mounts.start] = Answer::Wanted;
        }
        probe::take_kept(targets, answers);
        probe::ask_all(targets, MAX_WAIT, answers);
        // The other mounts of those that could not be asked by their first.
        let mut is_left = false;
        for disk in disks.iter() {
            let (first, others) = answers[disk.mounts.clone()].split_at_mut(1);
            if !matches!(first, [Answer::Space(_) | Answer::Unwanted]) && !others.is_empty() {
                others.fill(Answer::Wanted);
                is_left = true;
            }
        }
        if is_left {
            probe::ask_all(targets, MAX_WAIT, answers);
        }
        for disk in disks.iter() {
            let answers = &answers[disk.mounts.clone()];
            let found = answers.iter().zip(&disk.points).find_map(|(answer, point)| match answer {
                Answer::Space(space) => Some((point, space)),
                _ => None,
            });
            let failed = |answer: &Answer| matches!(answer, Answer::Failed(_) | Answer::Late);
            match found {
                Some((point, space)) => {
                    // Implausible numbers give no sample.
                    if let (Some(free), Some(available)) = (space.free(), space.available()) {
                        let inodes = space.files_free().map(|free| [space.files, free]);
                        let used = space.blocks - free;
                        each(point, Some(Space { used, available, inodes }));
                    }
                }
                None => {
                    if let Some(at) = answers.iter().position(failed) {
                        each(&disk.points[at], None);
                    }
                }
            }
        }
        Ok(())
    }
}
