//! Detects changed files by modification time, size and inode.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// A file modified less than this ago may change again without a new modification time: the
/// coarsest file systems count time in steps of two seconds.
const STEP: Duration = Duration::from_secs(2);

/// The metadata of files at the time they were read.
#[derive(Debug, Default)]
pub(crate) struct Files {
    seen: Vec<(PathBuf, Option<Stamp>)>,
    /// Whether a file had been modified so recently that its metadata proves nothing.
    is_fresh: bool,
}

/// The metadata that changes with the content of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    bytes: u64,
    /// A file that replaces another, as in Kubernetes volumes with `..data`, may be older and of
    /// the same size. 0 on Windows.
    inode: u64,
}

impl Files {
    /// Records the metadata of a file. Call this before reading the file, so that a write in
    /// between counts as a change.
    pub(crate) fn see(&mut self, path: &Path) {
        let stamp = Stamp::of(path);
        let age = stamp.and_then(|stamp| stamp.modified?.elapsed().ok());
        self.is_fresh |= age.is_some_and(|age| age < STEP);
        self.seen.push((path.to_owned(), stamp));
    }

    /// Whether the files are certainly unchanged since they were read.
    pub(crate) fn are_unchanged(&self) -> bool {
        !self.is_fresh && self.seen.iter().all(|(path, stamp)| Stamp::of(path) == *stamp)
    }

    /// Whether `other` has different files or different versions of them.
    pub(crate) fn differ(&self, other: &Self) -> bool {
        self.seen != other.seen
    }
}

impl Stamp {
    /// `None` if the file does not exist.
    fn of(path: &Path) -> Option<Self> {
        let metadata = fs::metadata(path).ok()?;
        #[cfg(unix)]
        let inode = std::os::unix::fs::MetadataExt::ino(&metadata);
        #[cfg(not(unix))]
        let inode = 0;
        Some(Self { modified: metadata.modified().ok(), bytes: metadata.len(), inode })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sets the modification time of a file to long ago.
    fn age(path: &Path) {
        let long_ago = SystemTime::now() - Duration::from_secs(3600);
        fs::File::options().write(true).open(path).unwrap().set_modified(long_ago).unwrap();
    }

    fn seen(path: &Path) -> Files {
        let mut files = Files::default();
        files.see(path);
        files
    }

    #[test]
    fn changes_are_detected() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let missing = seen(&path);
        assert!(missing.are_unchanged());
        fs::write(&path, "1").unwrap();
        assert!(!missing.are_unchanged(), "the file exists now");
        assert!(!seen(&path).are_unchanged(), "it may change again within a time step");
        age(&path);
        let old = seen(&path);
        assert!(old.are_unchanged() && !old.differ(&seen(&path)));
        fs::write(&path, "2").unwrap();
        assert!(!old.are_unchanged(), "different time");
        fs::write(&path, "22").unwrap();
        age(&path);
        assert!(!old.are_unchanged() && old.differ(&seen(&path)), "different size");
        fs::remove_file(&path).unwrap();
        assert!(!old.are_unchanged(), "the file was removed");
    }

    #[cfg(unix)]
    #[test]
    fn replaced_file_is_detected() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("a"), folder.path().join("b"));
        fs::write(&path, "1").unwrap();
        age(&path);
        let old = seen(&path);
        fs::write(&other, "2").unwrap();
        let modified = fs::metadata(&path).unwrap().modified().unwrap();
        fs::File::options().write(true).open(&other).unwrap().set_modified(modified).unwrap();
        fs::rename(&other, &path).unwrap();
        assert!(!old.are_unchanged());
    }
}
