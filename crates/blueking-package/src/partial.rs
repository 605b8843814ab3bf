//! Files that appear only when they are whole: written under `<name>.partial` in the same
//! folder, flushed to the disk, then renamed.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use crate::Error;

/// Makes the file `path` hold what `fill` writes. If anything fails, or `fill` panics, nothing
/// of it is left behind and a file that was there before is untouched.
pub(crate) fn save(
    path: &Path,
    fill: impl FnOnce(&mut File) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut name = path.as_os_str().to_owned();
    name.push(".partial");
    let partial = PathBuf::from(name);
    let failed = |action| {
        let path = partial.clone();
        move |source| Error::Io { action, path, source }
    };

    match fs::remove_file(&partial) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(failed("remove the stale")(error));
        }
        _ => {}
    }
    // A name that exists again by now is somebody else's work, or a link to somewhere else.
    let created = OpenOptions::new().write(true).create_new(true).open(&partial);
    let mut file = created.map_err(failed("create"))?;
    // Only from here on is the file ours to remove.
    let _guard = RemoveOnDrop(&partial);
    fill(&mut file)?;
    file.sync_all().map_err(failed("flush"))?;
    // Windows does not rename a file that is open.
    drop(file);
    fs::rename(&partial, path).map_err(|source| Error::Io {
        action: "rename the finished file to",
        path: path.to_owned(),
        source,
    })
}

/// Removes an unfinished file, however its writing ends.
struct RemoveOnDrop<'a>(&'a Path);

impl Drop for RemoveOnDrop<'_> {
    fn drop(&mut self) {
        // After the rename there is nothing to remove, and that is the good case.
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
    fn a_whole_file_replaces_the_old_one_and_a_stale_partial() {
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
    fn a_failing_write_leaves_the_old_file_alone() {
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
    fn a_panic_while_writing_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.zip");
        let fill = |_: &mut File| -> Result<(), Error> { panic!("while writing") };
        catch_unwind(AssertUnwindSafe(|| save(&path, fill))).unwrap_err();
        assert_eq!(names(folder.path()), [""; 0]);
    }

    #[test]
    fn a_missing_folder_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let error = save(&folder.path().join("no/a.zip"), |_| Ok(())).unwrap_err();
        assert!(error.to_string().starts_with("cannot create"), "{error}");
    }
}
