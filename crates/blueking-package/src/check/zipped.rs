//! Reads a zip through its central directory, one entry at a time. The number of entries is checked
//! before the zip crate loads the directory into memory.

use std::io::{self, Read, Seek, SeekFrom};

use zip::ZipArchive;
use zip::result::ZipError;

use super::container::{
    ARCHIVE_DAMAGED, ARCHIVE_DUPLICATE, ARCHIVE_LINK, ARCHIVE_MEMBERS, ARCHIVE_METHOD,
    ARCHIVE_SPECIAL, ARCHIVE_TRUNCATED, MAX_MEMBERS, Name, Unpacker,
};
use crate::texts::{check_archive as texts, sources};

/// Signature of the end of the central directory, and the offset of its entry count.
const END: &[u8] = b"PK\x05\x06";
const END_ENTRIES: usize = 10;

/// Signature and size of the record that precedes [`END`] in a zip with 64-bit sizes.
const LOCATOR: &[u8] = b"PK\x06\x07";
const LOCATOR_SIZE: usize = 20;

/// Maximum distance of [`END`] from the end of the file: its own size plus the longest comment.
const TAIL: u64 = 22 + 65_535;

/// The file type bits of a Unix mode, and their value for a regular file.
const FILE_TYPE: u32 = 0o170_000;
const REGULAR: u32 = 0o100_000;

/// Reads a zip; true if it was read to its end.
pub(super) fn read(
    reader: &mut (impl Read + Seek),
    unpacker: &mut Unpacker<'_>,
) -> io::Result<bool> {
    match entries(reader, unpacker) {
        Ok(whole) => Ok(whole),
        Err(ZipError::Io(error)) if error.raw_os_error().is_some() => Err(error),
        Err(ZipError::Io(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
            unpacker.report(&ARCHIVE_TRUNCATED, texts::archive_is_truncated());
            Ok(false)
        }
        Err(error) => {
            unpacker.report(&ARCHIVE_DAMAGED, texts::archive_is_damaged(&error.to_string()));
            Ok(false)
        }
    }
}

fn entries(reader: &mut (impl Read + Seek), unpacker: &mut Unpacker<'_>) -> Result<bool, ZipError> {
    match number_of_entries(reader)? {
        // A zip without a central directory is truncated.
        None => {
            unpacker.report(&ARCHIVE_TRUNCATED, texts::archive_is_truncated());
            return Ok(false);
        }
        Some(number) if number > MAX_MEMBERS => {
            unpacker.report(&ARCHIVE_MEMBERS, texts::too_many_members(MAX_MEMBERS));
            return Ok(false);
        }
        Some(_) => {}
    }
    let mut archive = ZipArchive::new(io::BufReader::with_capacity(64 << 10, reader))?;
    if archive.has_duplicate_names() {
        unpacker.findings.add(&ARCHIVE_DUPLICATE, "", "", texts::entries_share_a_path());
    } else {
        // This treats duplicate paths as damage.
        archive.validate_header_consistency()?;
    }
    for index in 0..archive.len() {
        if !unpacker.count_member() {
            return Ok(false);
        }
        let entry = archive.by_index_data(index)?;
        let Name::Valid(path) = unpacker.check_name(entry.name_raw()) else { continue };
        let declared = entry.size();
        if !unpacker.check_declared_size(&path, declared) {
            return Ok(false);
        }
        if entry.is_dir() {
            continue;
        }
        let mode = entry.unix_mode();
        if entry.is_symlink() {
            unpacker.findings.add(&ARCHIVE_LINK, &path, "", texts::entry_is_a_link());
            continue;
        }
        if mode.is_some_and(|mode| ![0, REGULAR].contains(&(mode & FILE_TYPE))) {
            let wording = (texts::entry_is_special(), sources::remove_it());
            unpacker.findings.add(&ARCHIVE_SPECIAL, &path, "", wording);
            continue;
        }
        let mut content = match archive.by_index(index) {
            Ok(content) => content,
            Err(ZipError::UnsupportedArchive(reason)) => {
                let message = texts::entry_cannot_be_unpacked(reason);
                unpacker.findings.add(&ARCHIVE_METHOD, &path, "", message);
                continue;
            }
            Err(error) => return Err(error),
        };
        if !unpacker.read_file(path.clone(), mode, &mut content)? {
            return Ok(false);
        }
        let found = unpacker.contents.get(&path).map_or(0, |member| member.size);
        if found != declared {
            let reason = texts::size_differs(&path, found, declared);
            unpacker.report(&ARCHIVE_DAMAGED, texts::archive_is_damaged(&reason));
            return Ok(false);
        }
    }
    Ok(true)
}

/// The largest entry count that any end record declares, because zip readers differ in which record
/// they use; `None` without an end record. A record with 64-bit sizes counts as too many entries:
/// no package needs it.
fn number_of_entries(reader: &mut (impl Read + Seek)) -> io::Result<Option<usize>> {
    let length = reader.seek(SeekFrom::End(0))?;
    reader.seek(SeekFrom::Start(length.saturating_sub(TAIL + LOCATOR_SIZE as u64)))?;
    let mut tail = Vec::new();
    reader.take(TAIL + LOCATOR_SIZE as u64).read_to_end(&mut tail)?;
    let ends = (0..tail.len()).filter(|at| tail[*at..].starts_with(END));
    let numbers = ends.filter_map(|at| {
        if at.checked_sub(LOCATOR_SIZE).is_some_and(|at| tail[at..].starts_with(LOCATOR)) {
            return Some(usize::MAX);
        }
        let number = tail.get(at + END_ENTRIES..)?.first_chunk()?;
        Some(u16::from_le_bytes(*number).into())
    });
    Ok(numbers.max())
}
