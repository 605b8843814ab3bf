//! The archive, a gzip-compressed tar: written reproducibly, read without trusting declared values.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;

use flate2::read::GzDecoder;
use flate2::{Compression, GzBuilder};
use tar::{Archive, Builder, EntryType, Header};

use super::Package;
use crate::folder;
use crate::partial;
use crate::texts::sources_files as texts;
use crate::{Error, FileAction, LimitUnit};

/// Maximum total size of the members of an archive, unpacked, in bytes. Far above any package.
pub const MAX_BYTES: u64 = 256 * 1024 * 1024;

/// Maximum number of members of an archive.
pub const MAX_MEMBERS: usize = 1000;

/// Modification time of all members, 1980-01-01: GNU tar warns about 1970.
const TIME: u64 = 315_532_800;

/// A regular file in an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Path with `/` as separator, for example `external_plugins_linux_x86_64/pool/VERSION`.
    pub path: String,
    /// Permission bits.
    pub mode: u32,
    /// Content.
    pub bytes: Vec<u8>,
}

/// Writes a package to `path`, atomically. The same package always produces the same bytes.
///
/// # Errors
/// [`Error::TooLarge`] above [`MAX_BYTES`], else [`Error::Io`] or [`Error::Tar`]. On error no
/// partial file remains, and an existing file is unchanged.
pub fn write(path: &Path, package: &Package) -> Result<(), Error> {
    let members = package.members();
    if members.iter().map(|member| member.bytes.len() as u64).sum::<u64>() > MAX_BYTES {
        return Err(Error::too_large(path, MAX_BYTES, LimitUnit::Bytes));
    }
    partial::save(path, |file| {
        write_members(BufWriter::new(file), &members)
            .map_err(|error| failed(path, FileAction::Write, error))
    })
}

fn write_members(writer: impl Write, members: &[Member]) -> io::Result<()> {
    // The gzip header contains no time or file name either.
    let gzip = GzBuilder::new().write(writer, Compression::best());
    let mut archive = Builder::new(gzip);
    for member in members {
        let mut header = Header::new_ustar();
        header.set_entry_type(EntryType::Regular);
        header.set_mode(member.mode);
        header.set_mtime(TIME);
        header.set_uid(0);
        header.set_gid(0);
        header.set_size(member.bytes.len() as u64);
        archive.append_data(&mut header, &member.path, &*member.bytes)?;
    }
    archive.into_inner()?.finish()?.flush()
}

/// Reads all regular files of an archive, or of a folder that holds an unpacked one, into memory, in
/// order; folders are skipped.
///
/// # Errors
/// [`Error::Member`] for a link, a device, a path that leads out of the target folder, or a
/// duplicate path; [`Error::TooLarge`] above [`MAX_BYTES`] or [`MAX_MEMBERS`]; [`Error::Tar`] for
/// detectable damage, and [`Error::Io`].
pub fn read(path: &Path) -> Result<Vec<Member>, Error> {
    read_up_to(path, MAX_BYTES)
}

fn read_up_to(path: &Path, limit: u64) -> Result<Vec<Member>, Error> {
    if path.is_dir() {
        return folder::files(path, MAX_MEMBERS, limit);
    }
    let damaged = |error| failed(path, FileAction::Read, error);
    let file = File::open(path).map_err(Error::io(FileAction::Open, path))?;
    // A bomb may consist of headers and padding only. The odd limit prevents a cut at a block
    // boundary, which would look like the end of the archive.
    let bytes =
        GzDecoder::new(BufReader::new(file)).take(limit.saturating_mul(2).saturating_add(1));
    let mut archive = Archive::new(bytes);
    let mut members: Vec<Member> = Vec::new();
    let mut paths = BTreeSet::new();
    let mut left = limit;
    for entry in archive.entries().map_err(damaged)? {
        let mut entry = entry.map_err(damaged)?;
        let name = String::from_utf8(entry.path_bytes().into_owned());
        let name = name.map_err(|error| {
            let name = String::from_utf8_lossy(error.as_bytes()).into_owned();
            invalid_member(path, name, texts::member_is_not_utf8())
        })?;
        if entry.size() > left {
            return Err(Error::too_large(path, limit, LimitUnit::Bytes));
        }
        let kind = entry.header().entry_type();
        if kind.is_dir() || kind.is_pax_global_extensions() {
            continue;
        }
        if !kind.is_file() {
            return Err(invalid_member(path, name, texts::member_is_special()));
        }
        if name.starts_with('/') || name.split('/').any(|part| part == "..") {
            return Err(invalid_member(path, name, texts::member_leads_out()));
        }
        if !paths.insert(name.clone()) {
            return Err(invalid_member(path, name, texts::member_is_repeated()));
        }
        if members.len() == MAX_MEMBERS {
            return Err(Error::too_large(path, MAX_MEMBERS as u64, LimitUnit::Files));
        }
        let mode = entry.header().mode().map_err(damaged)?;
        let mut bytes = Vec::new();
        entry.by_ref().take(left).read_to_end(&mut bytes).map_err(damaged)?;
        if bytes.len() as u64 != entry.size() {
            return Err(damaged(io::ErrorKind::UnexpectedEof.into()));
        }
        left -= bytes.len() as u64;
        members.push(Member { path: name, mode, bytes });
    }
    Ok(members)
}

fn invalid_member(path: &Path, name: String, reason: String) -> Error {
    Error::Member { path: path.to_owned(), name, reason }
}

/// Errors of the operating system become [`Error::Io`], all others [`Error::Tar`].
fn failed(path: &Path, action: FileAction, source: io::Error) -> Error {
    let path = path.to_owned();
    if source.raw_os_error().is_some() {
        Error::Io { action, path, source }
    } else {
        Error::Tar { path, source }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: u64 = 100_000;

    fn write_to(path: &Path, members: &[Member]) {
        write_members(File::create(path).unwrap(), members).unwrap();
    }

    fn zeros(name: &str, size: usize) -> Member {
        Member { path: name.to_owned(), mode: 0o644, bytes: vec![0; size] }
    }

    #[test]
    fn bombs_are_stopped_at_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.tgz");
        write_to(&path, &[zeros("a", 60_000), zeros("b", 40_000)]);
        assert_eq!(read_up_to(&path, LIMIT).unwrap().len(), 2);
        for sizes in [&[100_001][..], &[60_000, 40_001], &[1_000_000]] {
            let members: Vec<_> =
                sizes.iter().enumerate().map(|(n, size)| zeros(&n.to_string(), *size)).collect();
            write_to(&path, &members);
            let error = read_up_to(&path, LIMIT).unwrap_err();
            assert!(matches!(error, Error::TooLarge { limit: LIMIT, .. }), "{sizes:?}: {error:?}");
        }
    }

    #[test]
    fn invalid_members_are_rejected() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.tgz");
        let raw = |name: &str, kind: EntryType| {
            let mut header = Header::new_ustar();
            // The setter of the tar crate rejects such names.
            header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_entry_type(kind);
            header.set_mode(0o644);
            header.set_size(0);
            header.set_cksum();
            header
        };
        for (names, kind, expected) in [
            (&["a/../b"][..], EntryType::Regular, "leads out"),
            (&["/a"], EntryType::Regular, "leads out"),
            (&["a", "a"], EntryType::Regular, "twice"),
            (&["a"], EntryType::Symlink, "a link"),
            (&["a"], EntryType::Link, "a link"),
            (&["a"], EntryType::Fifo, "a link"),
        ] {
            let gzip = GzBuilder::new().write(File::create(&path).unwrap(), Compression::fast());
            let mut archive = Builder::new(gzip);
            for name in names {
                archive.append(&raw(name, kind), io::empty()).unwrap();
            }
            archive.into_inner().unwrap().finish().unwrap();
            let error = read(&path).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn damaged_archives_are_errors() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.tgz");
        let noise: Vec<u8> =
            (0..5000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let members = [Member { bytes: noise, ..zeros("a", 0) }, zeros("b", 10)];
        write_to(&path, &members);
        let whole = std::fs::read(&path).unwrap();
        for length in (0..whole.len() - 200).step_by(97) {
            std::fs::write(&path, &whole[..length]).unwrap();
            let error = read(&path).unwrap_err();
            assert!(matches!(error, Error::Tar { .. }), "{length}: {error:?}");
        }
        assert!(matches!(read(&folder.path().join("none")), Err(Error::Io { .. })));
    }
}
