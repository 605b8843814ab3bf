//! What a folder holds: two metrics to begin with. Replace them with those of your own source.

use std::fs;
use std::path::PathBuf;

use exporter_kit::{
    CollectError, Collector, CollectorDef, Gauge, Samples, ScheduledCollector, Unit,
};

use super::PATH;

const ENTRIES: Gauge<1> = Gauge::new(
    "@subject@_entries",
    "Entries of the folder by what they are: file, folder or other.",
)
.labels(["kind"])
.zh("目录项数量");

const SIZE: Gauge =
    Gauge::new("@subject@_size_bytes", "Size of the folder's files together.")
        .unit(Unit::Bytes)
        .zh("文件总大小");

/// The names of kinds, in the order in which [`Facts`] counts them.
const KINDS: [&str; 3] = ["file", "folder", "other"];

/// What was read of the folder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Facts {
    /// Entries of each kind.
    entries: [u64; 3],
    /// Size of all files in bytes.
    size: u64,
}

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "folder",
    "目录",
    "What a folder holds.",
    &[&ENTRIES, &SIZE],
    |settings| {
        let path = settings.get(&PATH).to_owned();
        Ok(ScheduledCollector::on_scrape(Folder { path }))
    },
)
.source("the folder");

/// Collects the two metrics.
struct Folder {
    path: PathBuf,
}

impl Folder {
    fn read(&self) -> std::io::Result<Facts> {
        let mut facts = Facts::default();
        for entry in fs::read_dir(&self.path)? {
            // An entry that is gone by now is none.
            let Ok(metadata) = entry?.metadata() else { continue };
            let kind = match metadata.file_type() {
                kind if kind.is_file() => 0,
                kind if kind.is_dir() => 1,
                _ => 2,
            };
            facts.entries[kind] += 1;
            if metadata.is_file() {
                facts.size += metadata.len();
            }
        }
        Ok(facts)
    }
}

impl Collector for Folder {
    fn collect(&mut self, out: &mut Samples) -> Result<(), CollectError> {
        let read = self.read();
        let facts = read.map_err(|error| CollectError::context(self.path.display(), error))?;
        to_samples(facts, out);
        Ok(())
    }
}

fn to_samples(facts: Facts, out: &mut Samples) {
    for (kind, count) in KINDS.into_iter().zip(facts.entries) {
        out.set(&ENTRIES, [kind], count as f64);
    }
    out.set(&SIZE, [], facts.size as f64);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_become_samples() {
        let mut out = Samples::default();
        to_samples(Facts { entries: [3, 2, 1], size: 4096 }, &mut out);
        let entries = KINDS.map(|kind| out.value(&ENTRIES, [kind]));
        assert_eq!(entries, [Some(3.0), Some(2.0), Some(1.0)]);
        assert_eq!(out.value(&SIZE, []), Some(4096.0));
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error_with_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gone");
        let mut out = Samples::default();
        let error = Folder { path: path.clone() }.collect(&mut out).unwrap_err();
        assert!(error.to_string().starts_with(path.to_str().unwrap()), "{error}");
        assert!(out.is_empty());
    }
}
