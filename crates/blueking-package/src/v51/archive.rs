//! The zip: written reproducibly, read without trusting declared values.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, Write};
use std::path::Path;

use zip::result::{ZipError, ZipResult};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, System, ZipArchive, ZipWriter};

use super::{AIX_EXPORTER, LINUX_EXPORTER, Package, WINDOWS_EXPORTER};
use crate::folder;
use crate::partial;
use crate::texts::sources_files as texts;
use crate::{Error, FileAction, LimitUnit};

/// The files of an archive by base name; BlueKing 5.1 ignores folders.
pub type Entries = BTreeMap<String, Vec<u8>>;

/// Maximum total size of the entries of an archive, uncompressed, in bytes; also the maximum size
/// of the zip. Far above any package, and far below the point where a zip needs 64-bit sizes.
pub const MAX_BYTES: u64 = 256 * 1024 * 1024;

/// Maximum number of entries of an archive. BlueKing 5.1 uses eight.
pub const MAX_ENTRIES: usize = 1000;

/// Writes a package to `path`, atomically. The same package always produces the same bytes.
///
/// # Errors
/// [`Error::TooLarge`] above [`MAX_BYTES`], else [`Error::Io`] or [`Error::Archive`]. On error no
/// partial file remains, and an existing file is unchanged.
pub fn write(path: &Path, package: &Package) -> Result<(), Error> {
    write_up_to(path, &package.to_entries(), MAX_BYTES)
}

fn write_up_to(path: &Path, entries: &Entries, limit: u64) -> Result<(), Error> {
    let total: u64 = entries.values().map(|bytes| bytes.len() as u64).sum();
    if total > limit {
        return Err(Error::too_large(path, limit, LimitUnit::Bytes));
    }
    partial::save(path, |file| {
        write_entries(BufWriter::new(file), entries)
            .map_err(|error| failed(path, FileAction::Write, error))
    })
}

fn write_entries(writer: impl Write + Seek, entries: &Entries) -> ZipResult<()> {
    let mut archive = ZipWriter::new(writer);
    // The map sorts the entries by name.
    for (name, bytes) in entries {
        let is_exporter = [LINUX_EXPORTER, WINDOWS_EXPORTER, AIX_EXPORTER].contains(&&**name);
        let options = SimpleFileOptions::DEFAULT
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(9))
            .last_modified_time(DateTime::DEFAULT)
            .system(System::Unix)
            .unix_permissions(if is_exporter { 0o755 } else { 0o644 });
        archive.start_file(&**name, options)?;
        archive.write_all(bytes)?;
    }
    archive.finish()?.flush()?;
    Ok(())
}

/// Reads all files of an archive, or of a folder that holds an unpacked one, into memory, by base
/// name; folders are ignored.
///
/// # Errors
/// [`Error::DuplicateEntry`] for two files with the same base name ([`Error::Archive`] if their
/// paths are also equal), [`Error::TooLarge`] above [`MAX_BYTES`] or [`MAX_ENTRIES`],
/// [`Error::WrongSize`] for an entry whose size differs from the declared one, [`Error::Archive`]
/// for detectable damage, and [`Error::Io`]. The limit applies to the bytes actually unpacked, not
/// to declared sizes.
pub fn read(path: &Path) -> Result<Entries, Error> {
    read_up_to(path, MAX_BYTES)
}

fn read_up_to(path: &Path, limit: u64) -> Result<Entries, Error> {
    if path.is_dir() {
        return read_folder(path, limit);
    }
    let failed_to_open = Error::io(FileAction::Open, path);
    let file = File::open(path).map_err(&failed_to_open)?;
    // The central directory is kept in memory and is no larger than the file.
    if file.metadata().map_err(failed_to_open)?.len() > limit {
        return Err(Error::too_large(path, limit, LimitUnit::Bytes));
    }
    let damaged = |error| failed(path, FileAction::Read, error);
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(damaged)?;
    if archive.len() > MAX_ENTRIES {
        return Err(Error::too_large(path, MAX_ENTRIES as u64, LimitUnit::Files));
    }
    // The zip reader keeps only the last of several entries with the same path.
    if archive.has_duplicate_names() {
        return Err(damaged(ZipError::InvalidArchive(texts::entries_share_a_path().into())));
    }

    let mut entries = Entries::new();
    let mut left = limit;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(damaged)?;
        if entry.is_dir() {
            continue;
        }
        let name = entry.name().map_err(damaged)?;
        let name = name.rsplit('/').next().unwrap_or_default().to_owned();
        let declared = entry.size();

        let mut bytes = Vec::new();
        // One extra byte distinguishes a file at the limit from one above it.
        let limited = &mut entry.by_ref().take(left.saturating_add(1));
        limited.read_to_end(&mut bytes).map_err(|error| damaged(error.into()))?;
        let found = bytes.len() as u64;
        left = left
            .checked_sub(found)
            .ok_or_else(|| Error::too_large(path, limit, LimitUnit::Bytes))?;
        if found != declared {
            return Err(Error::WrongSize { path: path.to_owned(), name, declared, found });
        }
        if entries.contains_key(&name) {
            return Err(Error::DuplicateEntry { path: path.to_owned(), name });
        }
        entries.insert(name, bytes);
    }
    Ok(entries)
}

fn read_folder(path: &Path, limit: u64) -> Result<Entries, Error> {
    let mut entries = Entries::new();
    for file in folder::files(path, MAX_ENTRIES, limit)? {
        let name = file.path.rsplit('/').next().unwrap_or_default().to_owned();
        if entries.contains_key(&name) {
            return Err(Error::DuplicateEntry { path: path.to_owned(), name });
        }
        entries.insert(name, file.bytes);
    }
    Ok(entries)
}

/// Errors of the operating system become [`Error::Io`], all others [`Error::Archive`].
fn failed(path: &Path, action: FileAction, error: ZipError) -> Error {
    let path = path.to_owned();
    match error {
        // Truncation and invalid compressed data are damage.
        ZipError::Io(source) if source.raw_os_error().is_some() => {
            Error::Io { action, path, source }
        }
        source => Error::Archive { path, source },
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const LIMIT: u64 = 100_000;

    fn zeros(sizes: &[usize]) -> Entries {
        sizes.iter().enumerate().map(|(n, size)| (n.to_string(), vec![0; *size])).collect()
    }

    #[test]
    fn oversized_packages_are_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.zip");
        let error = write_up_to(&path, &zeros(&[60_000, 40_001]), LIMIT).unwrap_err();
        assert!(matches!(error, Error::TooLarge { limit: LIMIT, .. }), "{error:?}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        write_up_to(&path, &zeros(&[60_000, 40_000]), LIMIT).unwrap();
        assert_eq!(read_up_to(&path, LIMIT).unwrap(), zeros(&[60_000, 40_000]));
    }

    #[test]
    fn bombs_are_stopped_at_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.zip");
        for sizes in [&[100_001][..], &[60_000, 40_001], &[10_000_000], &[50_000; 3]] {
            write(&path, sizes);
            assert!(fs::metadata(&path).unwrap().len() < 20_000);
            let error = read_up_to(&path, LIMIT).unwrap_err();
            assert!(matches!(error, Error::TooLarge { limit: LIMIT, .. }), "{sizes:?}: {error:?}");
        }

        fn write(path: &Path, sizes: &[usize]) {
            write_entries(File::create(path).unwrap(), &zeros(sizes)).unwrap();
        }
    }

    #[test]
    fn oversized_files_are_not_parsed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.zip");
        File::create(&path).unwrap().set_len(LIMIT + 1).unwrap();
        let error = read_up_to(&path, LIMIT).unwrap_err();
        assert!(matches!(error, Error::TooLarge { .. }), "{error:?}");
    }
}
