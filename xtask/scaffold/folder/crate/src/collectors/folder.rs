//! Example metrics: the entries of a folder and their size. Replace them with your own.

use std::fs;
use std::path::PathBuf;

use exporter_kit::{
    CollectError, Collector, CollectorDef, Gauge, Samples, ScheduledCollector, Unit,
};

use super::PATH;

const ENTRIES: Gauge<1> = Gauge::new(
    "@subject@_entries",
    "Number of entries in the folder by kind: file, folder or other.",
)
.labels(["kind"])
.zh("目录项数量");

const SIZE: Gauge =
    Gauge::new("@subject@_size_bytes", "Total size of the files in the folder.")
        .unit(Unit::Bytes)
        .zh("文件总大小");

/// The kinds, in the order of [`FolderStats::entries`].
const KINDS: [&str; 3] = ["file", "folder", "other"];

/// The statistics of a folder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct FolderStats {
    /// Number of entries of each kind.
    entries: [u64; 3],
    /// Total size of the files in bytes.
    size: u64,
}

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "folder",
    "目录",
    "Number and size of the entries of a folder.",
    &[&ENTRIES, &SIZE],
    |settings| {
        let path = settings.get(&PATH).to_owned();
        Ok(ScheduledCollector::on_scrape(Folder { path }))
    },
)
.source("the folder");

/// The collector of the two metrics.
struct Folder {
    path: PathBuf,
}

impl Folder {
    fn read(&self) -> std::io::Result<FolderStats> {
        let mut stats = FolderStats::default();
        for entry in fs::read_dir(&self.path)? {
            // The entry may have been removed in the meantime.
            let Ok(metadata) = entry?.metadata() else { continue };
            let kind = match metadata.file_type() {
                kind if kind.is_file() => 0,
                kind if kind.is_dir() => 1,
                _ => 2,
            };
            stats.entries[kind] += 1;
            if metadata.is_file() {
                stats.size += metadata.len();
            }
        }
        Ok(stats)
    }
}

impl Collector for Folder {
    fn collect(&mut self, out: &mut Samples) -> Result<(), CollectError> {
        let read = self.read();
        let stats = read.map_err(|error| CollectError::context(self.path.display(), error))?;
        to_samples(stats, out);
        Ok(())
    }
}

fn to_samples(stats: FolderStats, out: &mut Samples) {
    for (kind, count) in KINDS.into_iter().zip(stats.entries) {
        out.set(&ENTRIES, [kind], count as f64);
    }
    out.set(&SIZE, [], stats.size as f64);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stats_become_samples() {
        let mut out = Samples::default();
        to_samples(FolderStats { entries: [3, 2, 1], size: 4096 }, &mut out);
        let entries = KINDS.map(|kind| out.value(&ENTRIES, [kind]));
        assert_eq!(entries, [Some(3.0), Some(2.0), Some(1.0)]);
        assert_eq!(out.value(&SIZE, []), Some(4096.0));
    }

    #[test]
    fn missing_folder_is_named_in_the_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("missing");
        let mut out = Samples::default();
        let error = Folder { path: path.clone() }.collect(&mut out).unwrap_err();
        assert!(error.to_string().starts_with(path.to_str().unwrap()), "{error}");
        assert!(out.is_empty());
    }
}
