//! The files of a folder that holds an unpacked package. Links are not followed.

use std::fs::{self, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::plugin::Member;
use crate::texts::sources_files as texts;
use crate::{Error, FileAction, LimitUnit};

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    File,
    Folder,
    Link,
    /// A device, a pipe or a socket.
    Special,
}

/// An entry of a folder or of one of its subfolders.
#[derive(Debug)]
pub(crate) struct Entry {
    /// The path from the folder, with `/` as separator, not necessarily UTF-8.
    pub(crate) name: Vec<u8>,
    /// The path from here.
    pub(crate) path: PathBuf,
    pub(crate) kind: Kind,
    /// Unix permissions; `None` on other systems.
    pub(crate) mode: Option<u32>,
}

/// Lists what is below a folder, sorted by name; at most one more than `limit` entries.
pub(crate) fn entries(root: &Path, limit: usize) -> io::Result<Vec<Entry>> {
    let mut found = Vec::new();
    let mut folders = vec![(root.to_owned(), Vec::new())];
    while let Some((folder, start)) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            if found.len() > limit {
                return Ok(found);
            }
            let entry = entry?;
            let mut name = start.clone();
            name.extend_from_slice(entry.file_name().as_encoded_bytes());
            let metadata = entry.metadata()?;
            let kind = kind(&metadata);
            if kind == Kind::Folder {
                folders.push((entry.path(), [&name, &b"/"[..]].concat()));
            }
            found.push(Entry { name, path: entry.path(), kind, mode: mode(&metadata) });
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// Reads all files below a folder into memory.
///
/// # Errors
/// [`Error::Member`] for a link, a device or a name that is not UTF-8, [`Error::TooLarge`] above a
/// limit, and [`Error::Io`].
pub(crate) fn files(root: &Path, max_files: usize, max_bytes: u64) -> Result<Vec<Member>, Error> {
    let failed = Error::io(FileAction::Read, root);
    let too_large = |limit, unit| Error::too_large(root, limit, unit);
    // Folders count, too: each file of a package may have a few of its own.
    let limit = max_files.saturating_mul(4);
    let entries = entries(root, limit).map_err(&failed)?;
    if entries.len() > limit {
        return Err(too_large(max_files as u64, LimitUnit::Files));
    }
    let mut files = Vec::new();
    let mut left = max_bytes;
    for Entry { name, path, kind, mode } in entries {
        let invalid = |name: &[u8], reason| Error::Member {
            path: root.to_owned(),
            name: String::from_utf8_lossy(name).into_owned(),
            reason,
        };
        match kind {
            Kind::Folder => continue,
            Kind::Link | Kind::Special => return Err(invalid(&name, texts::member_is_special())),
            Kind::File => {}
        }
        if files.len() == max_files {
            return Err(too_large(max_files as u64, LimitUnit::Files));
        }
        let name = String::from_utf8(name)
            .map_err(|error| invalid(error.as_bytes(), texts::member_is_not_utf8()))?;
        let mut bytes = Vec::new();
        // One extra byte distinguishes a file at the limit from one above it.
        let file = fs::File::open(&path).map_err(&failed)?;
        file.take(left.saturating_add(1)).read_to_end(&mut bytes).map_err(&failed)?;
        left = left
            .checked_sub(bytes.len() as u64)
            .ok_or_else(|| too_large(max_bytes, LimitUnit::Bytes))?;
        files.push(Member { path: name, mode: mode.unwrap_or(0o755) & 0o777, bytes });
    }
    Ok(files)
}

fn kind(metadata: &Metadata) -> Kind {
    if metadata.is_symlink() {
        Kind::Link
    } else if metadata.is_dir() {
        Kind::Folder
    } else if metadata.is_file() {
        Kind::File
    } else {
        Kind::Special
    }
}

#[cfg(unix)]
fn mode(metadata: &Metadata) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;

    Some(metadata.permissions().mode())
}

#[cfg(not(unix))]
fn mode(_: &Metadata) -> Option<u32> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_apply_to_files_and_bytes() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("a/b")).unwrap();
        fs::write(folder.path().join("a/b/c"), "four").unwrap();
        fs::write(folder.path().join("d"), "12").unwrap();
        let names =
            |files: Vec<Member>| files.into_iter().map(|file| file.path).collect::<Vec<_>>();
        assert_eq!(names(files(folder.path(), 2, 6).unwrap()), ["a/b/c", "d"]);
        for (max_files, max_bytes, unit) in
            [(1, 6, LimitUnit::Files), (0, 6, LimitUnit::Files), (2, 5, LimitUnit::Bytes)]
        {
            let error = files(folder.path(), max_files, max_bytes).unwrap_err();
            assert!(matches!(error, Error::TooLarge { unit: found, .. } if found == unit));
        }
        assert_eq!(entries(folder.path(), 1).unwrap().len(), 2);
    }

    #[cfg(unix)]
    #[test]
    fn links_and_pipes_are_refused() {
        use std::os::unix::fs::symlink;
        use std::os::unix::net::UnixListener;

        for plant in [
            (|path| symlink("/etc/passwd", path)) as fn(PathBuf) -> io::Result<()>,
            |path| symlink("..", path),
            |path| UnixListener::bind(path).map(drop),
        ] {
            let folder = tempfile::tempdir().unwrap();
            plant(folder.path().join("l")).unwrap();
            let error = files(folder.path(), 10, 10).unwrap_err().to_string();
            assert!(error.contains("\"l\": it is a link or a device"), "{error}");
        }
    }
}
