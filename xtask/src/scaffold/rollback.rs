//! Reverts file changes if a later step fails.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Reverts all changes on drop, unless committed.
#[derive(Debug, Default)]
pub(crate) struct Rollback {
    files: Vec<PathBuf>,
    /// New folders, outer ones first.
    folders: Vec<PathBuf>,
    /// Original contents of files that other programs change.
    copies: Vec<(PathBuf, Vec<u8>)>,
}

impl Rollback {
    /// Writes a new file and creates its folders below `root`.
    pub(crate) fn write(&mut self, root: &Path, path: &str, bytes: &[u8]) -> Result<()> {
        let mut folder = root.to_owned();
        let parents = Path::new(path).parent().into_iter().flat_map(Path::components);
        for part in parents {
            folder.push(part);
            if !folder.is_dir() {
                fs::create_dir(&folder)
                    .with_context(|| format!("cannot create {}", folder.display()))?;
                self.folders.push(folder.clone());
            }
        }
        let path = root.join(path);
        let context = || format!("cannot write {}", path.display());
        let mut file = File::create_new(&path).with_context(context)?;
        self.files.push(path.clone());
        file.write_all(bytes).with_context(context)
    }

    /// Saves a file that another program is about to change.
    pub(crate) fn keep_copy(&mut self, path: &Path) -> Result<()> {
        let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        self.copies.push((path.to_owned(), bytes));
        Ok(())
    }

    /// Keeps all changes.
    pub(crate) fn commit(mut self) {
        self.files.clear();
        self.folders.clear();
        self.copies.clear();
    }
}

impl Drop for Rollback {
    fn drop(&mut self) {
        // Best effort: an earlier error is being reported already.
        for file in &self.files {
            let _ = fs::remove_file(file);
        }
        for folder in self.folders.iter().rev() {
            let _ = fs::remove_dir(folder);
        }
        for (path, bytes) in &self.copies {
            if fs::read(path).is_ok_and(|now| now != *bytes) {
                let _ = fs::write(path, bytes);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drop_reverts_all_changes() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir(root.join("crates")).unwrap();
        fs::write(root.join("Cargo.lock"), "before").unwrap();
        let mut rollback = Rollback::default();
        rollback.write(root, "crates/a/src/main.rs", b"fn main() {}").unwrap();
        rollback.write(root, "config/a/logo.png", b"").unwrap();
        assert!(rollback.write(root, "config/a/logo.png", b"again").is_err());
        rollback.keep_copy(&root.join("Cargo.lock")).unwrap();
        fs::write(root.join("Cargo.lock"), "after").unwrap();
        drop(rollback);
        let left: Vec<_> = fs::read_dir(root).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(left.len(), 2, "{left:?}");
        assert!(fs::read_dir(root.join("crates")).unwrap().next().is_none());
        assert_eq!(fs::read_to_string(root.join("Cargo.lock")).unwrap(), "before");
    }

    #[test]
    fn committed_changes_stay() {
        let folder = tempfile::tempdir().unwrap();
        let mut rollback = Rollback::default();
        rollback.write(folder.path(), "crates/a/main.rs", b"1").unwrap();
        rollback.commit();
        assert_eq!(fs::read(folder.path().join("crates/a/main.rs")).unwrap(), b"1");
    }
}
