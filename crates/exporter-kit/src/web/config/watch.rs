//! Notices that files have changed, from their times, sizes and inodes.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// A file that was changed less than this ago may change again and look the same: file systems
/// count time in steps, the coarsest of two seconds.
const STEP: Duration = Duration::from_secs(2);

/// Files as they looked when they were read.
#[derive(Debug, Default)]
pub(crate) struct Files {
    seen: Vec<(PathBuf, Option<Look>)>,
    /// Whether one had been changed so recently that its looks say nothing.
    is_fresh: bool,
}

/// What changes of a file with its content; `None` for one that is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Look {
    modified: Option<SystemTime>,
    bytes: u64,
    /// A file that is put in the place of another, as `..data` of Kubernetes' volumes is, may be
    /// older and of the same size. 0 on Windows.
    inode: u64,
}

impl Files {
    /// Takes a look at a file. To be called before the file is read: what is written in between
    /// then looks changed.
    pub(crate) fn see(&mut self, path: &Path) {
        let look = Look::at(path);
        let age = look.and_then(|look| look.modified?.elapsed().ok());
        self.is_fresh |= age.is_some_and(|age| age < STEP);
        self.seen.push((path.to_owned(), look));
    }

    /// Whether the files surely are what they were when they were read.
    pub(crate) fn are_as_seen(&self) -> bool {
        !self.is_fresh && self.seen.iter().all(|(path, look)| Look::at(path) == *look)
    }

    /// Whether these are other files, or other versions of the files.
    pub(crate) fn differ(&self, other: &Self) -> bool {
        self.seen != other.seen
    }
}

impl Look {
    fn at(path: &Path) -> Option<Self> {
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

    /// Makes a file look as if it had been changed long ago.
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
    fn changes_are_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let missing = seen(&path);
        assert!(missing.are_as_seen());
        fs::write(&path, "1").unwrap();
        assert!(!missing.are_as_seen(), "it is there now");
        assert!(!seen(&path).are_as_seen(), "it may change again within a step of time");
        age(&path);
        let old = seen(&path);
        assert!(old.are_as_seen() && !old.differ(&seen(&path)));
        fs::write(&path, "2").unwrap();
        assert!(!old.are_as_seen(), "another time");
        fs::write(&path, "22").unwrap();
        age(&path);
        assert!(!old.are_as_seen() && old.differ(&seen(&path)), "another size");
        fs::remove_file(&path).unwrap();
        assert!(!old.are_as_seen(), "it is gone");
    }

    #[cfg(unix)]
    #[test]
    fn another_file_in_its_place_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("a"), folder.path().join("b"));
        fs::write(&path, "1").unwrap();
        age(&path);
        let old = seen(&path);
        fs::write(&other, "2").unwrap();
        let modified = fs::metadata(&path).unwrap().modified().unwrap();
        fs::File::options().write(true).open(&other).unwrap().set_modified(modified).unwrap();
        fs::rename(&other, &path).unwrap();
        assert!(!old.are_as_seen());
    }
}
