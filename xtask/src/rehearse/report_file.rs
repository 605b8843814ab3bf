//! Where a report goes that is asked for as a file: known to be writable before a rehearsal begins, and
//! there only when it is whole.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tempfile::{Builder, NamedTempFile};

use crate::usage_error::UsageError;

/// A place that a report can be written to.
#[derive(Debug)]
pub(super) enum ReportFile {
    /// A file that is replaced.
    File { path: PathBuf, folder: PathBuf },
    /// A pipe, a terminal and the like, which is written to as it is.
    Stream(PathBuf),
}

impl ReportFile {
    /// Looks whether a report on the package `subject` can be written to `path`.
    ///
    /// # Errors
    /// [`UsageError`] where it cannot.
    pub(super) fn find(path: &str, subject: &str) -> Result<Self> {
        let told = |error: io::Error| {
            UsageError(format!(
                "--html: cannot write {path:?}: {error}; nothing was started; name a file in a folder \
                 that is there"
            ))
        };
        let given = Path::new(path);
        match fs::metadata(given) {
            Ok(found) if found.is_dir() => {
                return Err(told(io::ErrorKind::IsADirectory.into()).into());
            }
            // What the shell calls so may be a file that this program prints to.
            Ok(found) if !found.is_file() || given.starts_with("/dev") => {
                return Ok(Self::Stream(given.to_owned()));
            }
            Ok(_) => {
                OpenOptions::new().write(true).open(given).map_err(told)?;
            }
            Err(_) => {}
        }
        // The file behind a link is replaced, not the link.
        let path = given.canonicalize().unwrap_or_else(|_| given.to_owned());
        if fs::canonicalize(subject).is_ok_and(|subject| subject == path) {
            return Err(told(io::Error::other("it is the package")).into());
        }
        let folder = match path.parent() {
            Some(folder) if folder != Path::new("") => folder.to_owned(),
            _ => PathBuf::from("."),
        };
        if path.file_name().is_none() {
            return Err(told(io::ErrorKind::InvalidFilename.into()).into());
        }
        unfinished(&folder).map_err(told)?;
        Ok(Self::File { path, folder })
    }

    /// Writes the report; if that fails, nothing of it is left, and a file that was there is as it
    /// was.
    pub(super) fn write(&self, text: &str) -> Result<()> {
        let (Self::File { path, .. } | Self::Stream(path)) = self;
        let write = || -> io::Result<()> {
            match self {
                Self::File { path, folder } => {
                    let mut file = unfinished(folder)?;
                    file.write_all(text.as_bytes())?;
                    file.persist(path)?;
                    Ok(())
                }
                Self::Stream(path) => {
                    let mut stream = OpenOptions::new().append(true).open(path)?;
                    stream.write_all(text.as_bytes())
                }
            }
        };
        write().with_context(|| format!("--html: cannot write {}", path.display()))
    }
}

/// A file of which nothing is left unless it gets another name.
fn unfinished(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = Builder::new();
    builder.prefix(".rehearse-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As every new file, with what the user's mask leaves of it.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    // The name that it would have had tells nobody anything.
    builder.tempfile_in(folder).map_err(|error| error.kind().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn what_cannot_be_written_is_wrong_use_before_anything_starts() {
        let folder = tempfile::tempdir().unwrap();
        let package = folder.path().join("p.tgz");
        fs::write(&package, "package").unwrap();
        let inside = package.join("r.html");
        for path in [&folder.path().join("no/r.html"), folder.path(), &inside, &package] {
            let found = ReportFile::find(path.to_str().unwrap(), package.to_str().unwrap());
            let error = found.unwrap_err();
            assert!(error.is::<UsageError>(), "{error}");
            assert!(error.to_string().starts_with("--html: cannot write"), "{error}");
        }
        let found = ReportFile::find("", package.to_str().unwrap());
        assert!(found.unwrap_err().is::<UsageError>());
        assert_eq!(names(folder.path()), ["p.tgz"]);
    }

    #[test]
    fn a_report_is_there_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.html");
        let place = ReportFile::find(path.to_str().unwrap(), "p.tgz").unwrap();
        assert_eq!(names(folder.path()), [""; 0]);
        place.write("report").unwrap();
        place.write("new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(names(folder.path()), ["r.html"]);
        // What comes into its way later is no reason to leave a half.
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        let error = format!("{:#}", place.write("other").unwrap_err());
        assert!(error.starts_with("--html: cannot write"), "{error}");
        assert_eq!(names(folder.path()), ["r.html"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_and_a_device_are_not_replaced_and_a_report_can_be_read_as_any_file() {
        use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};

        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("r.html"), folder.path().join("link"));
        fs::write(&file, "old").unwrap();
        symlink("r.html", &link).unwrap();
        ReportFile::find(link.to_str().unwrap(), "p.tgz").unwrap().write("new").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        let other = folder.path().join("other");
        fs::write(&other, "").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(&file), mode(&other));
        ReportFile::find("/dev/null", "p.tgz").unwrap().write("text").unwrap();
        assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    }
}
