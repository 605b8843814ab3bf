//! The file of `--html`: checked for writability before a rehearsal starts, and written atomically.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tempfile::{Builder, NamedTempFile};

use crate::UsageError;
use crate::texts::rehearse as texts;

/// A writable destination for a report.
#[derive(Debug)]
pub(super) enum ReportFile {
    /// A regular file, which is replaced.
    File { path: PathBuf, folder: PathBuf },
    /// A pipe, terminal or other device, which is written to directly.
    Stream(PathBuf),
}

impl ReportFile {
    /// Checks that a report on `package` can be written to `path`.
    ///
    /// # Errors
    /// [`UsageError`] if it cannot.
    pub(super) fn new(path: &str, package: &str) -> Result<Self> {
        let cannot_write =
            |error: io::Error| UsageError(texts::cannot_write_report(path, &error.to_string()));
        let given = Path::new(path);
        match fs::metadata(given) {
            Ok(found) if found.is_dir() => {
                return Err(cannot_write(io::ErrorKind::IsADirectory.into()).into());
            }
            // `/dev/stdout` may be a redirected regular file.
            Ok(found) if !found.is_file() || given.starts_with("/dev") => {
                return Ok(Self::Stream(given.to_owned()));
            }
            Ok(_) => {
                OpenOptions::new().write(true).open(given).map_err(cannot_write)?;
            }
            Err(_) => {}
        }
        // The file behind a link is replaced, not the link.
        let path = given.canonicalize().unwrap_or_else(|_| given.to_owned());
        if fs::canonicalize(package).is_ok_and(|package| package == path) {
            return Err(cannot_write(io::Error::other(texts::report_is_package())).into());
        }
        let folder = match path.parent() {
            Some(folder) if folder != Path::new("") => folder.to_owned(),
            _ => PathBuf::from("."),
        };
        if path.file_name().is_none() {
            return Err(cannot_write(io::ErrorKind::InvalidFilename.into()).into());
        }
        temporary(&folder).map_err(cannot_write)?;
        Ok(Self::File { path, folder })
    }

    /// Writes the report. On failure, no partial file remains and an existing file is unchanged.
    pub(super) fn write(&self, text: &str) -> Result<()> {
        let (Self::File { path, .. } | Self::Stream(path)) = self;
        let write = || -> io::Result<()> {
            match self {
                Self::File { path, folder } => {
                    let mut file = temporary(folder)?;
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
        write().with_context(|| texts::report_not_written(&path.display().to_string()))
    }
}

/// Creates a temporary file, deleted unless it is renamed.
fn temporary(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = Builder::new();
    builder.prefix(".rehearse-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // The mode of a new file, subject to the umask.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    // The error without the temporary name.
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
    fn unwritable_destination_is_a_usage_error() {
        let folder = tempfile::tempdir().unwrap();
        let package = folder.path().join("p.tgz");
        fs::write(&package, "package").unwrap();
        let inside = package.join("r.html");
        for path in [&folder.path().join("no/r.html"), folder.path(), &inside, &package] {
            let found = ReportFile::new(path.to_str().unwrap(), package.to_str().unwrap());
            let error = found.unwrap_err();
            assert!(error.is::<UsageError>(), "{error}");
            assert!(error.to_string().starts_with("--html: cannot write"), "{error}");
        }
        let found = ReportFile::new("", package.to_str().unwrap());
        assert!(found.unwrap_err().is::<UsageError>());
        assert_eq!(names(folder.path()), ["p.tgz"]);
    }

    #[test]
    fn report_is_written_atomically() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.html");
        let report = ReportFile::new(path.to_str().unwrap(), "p.tgz").unwrap();
        assert_eq!(names(folder.path()), [""; 0]);
        report.write("report").unwrap();
        report.write("new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(names(folder.path()), ["r.html"]);
        // A later failure leaves no partial file.
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        let error = format!("{:#}", report.write("other").unwrap_err());
        assert!(error.starts_with("--html: cannot write"), "{error}");
        assert_eq!(names(folder.path()), ["r.html"]);
    }

    #[cfg(unix)]
    #[test]
    fn links_and_devices_are_not_replaced() {
        use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};

        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("r.html"), folder.path().join("link"));
        fs::write(&file, "old").unwrap();
        symlink("r.html", &link).unwrap();
        ReportFile::new(link.to_str().unwrap(), "p.tgz").unwrap().write("new").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        let other = folder.path().join("other");
        fs::write(&other, "").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(&file), mode(&other));
        ReportFile::new("/dev/null", "p.tgz").unwrap().write("text").unwrap();
        assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    }
}
