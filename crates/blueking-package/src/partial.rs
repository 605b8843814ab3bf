//! Atomic file writes: the content is written to `<name>.partial` in the same folder, flushed to
//! disk, then renamed.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use crate::{Error, FileAction};

/// Writes the file `path` with `fill`. If anything fails or `fill` panics, no partial file remains
/// and an existing file is unchanged.
pub(crate) fn save(
    path: &Path,
    fill: impl FnOnce(&mut File) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut name = path.as_os_str().to_owned();
    name.push(".partial");
    let partial = PathBuf::from(name);
    let failed = |action| Error::io(action, &partial);

    match fs::remove_file(&partial) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(failed(FileAction::RemoveStale)(error));
        }
        _ => {}
    }
    // If the name exists again, another process created it, or it is a symbolic link.
    let created = OpenOptions::new().write(true).create_new(true).open(&partial);
    let mut file = created.map_err(failed(FileAction::Create))?;
    // The file is ours to remove only from here on.
    let _guard = RemoveOnDrop(&partial);
    fill(&mut file)?;
    file.sync_all().map_err(failed(FileAction::Flush))?;
    // Windows cannot rename an open file.
    drop(file);
    fs::rename(&partial, path).map_err(Error::io(FileAction::RenameTo, path))
}

/// Removes the unfinished file on every exit path.
struct RemoveOnDrop<'a>(&'a Path);

impl Drop for RemoveOnDrop<'_> {
    fn drop(&mut self) {
        // After a successful rename there is nothing to remove.
        let _ = fs::remove_file(self.0);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    fn refusal() -> Error {
        Error::MissingEntry { name: "nothing" }
    }

    #[test]
    fn finished_file_replaces_old_and_stale_partial() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.zip");
        fs::write(&path, "old").unwrap();
        fs::write(folder.path().join("a.zip.partial"), "stale and longer").unwrap();
        save(&path, |file| {
            file.write_all(b"new").unwrap();
            assert!(folder.path().join("a.zip.partial").exists());
            Ok(())
        })
        .unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(names(folder.path()), ["a.zip"]);
    }

    #[test]
    fn failed_write_keeps_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.zip");
        fs::write(&path, "old").unwrap();
        save(&path, |file| {
            file.write_all(b"half").unwrap();
            Err(refusal())
        })
        .unwrap_err();
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(names(folder.path()), ["a.zip"]);
    }

    #[test]
    fn panic_while_writing_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.zip");
        let fill = |_: &mut File| -> Result<(), Error> { panic!("while writing") };
        catch_unwind(AssertUnwindSafe(|| save(&path, fill))).unwrap_err();
        assert_eq!(names(folder.path()), [""; 0]);
    }

    #[test]
    fn missing_folder_is_reported() {
        let folder = tempfile::tempdir().unwrap();
        let error = save(&folder.path().join("no/a.zip"), |_| Ok(())).unwrap_err();
        assert!(error.to_string().starts_with("cannot create"), "{error}");
    }
}
