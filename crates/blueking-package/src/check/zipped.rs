//! Reads a zip by its table of contents, one entry at a time. How long the table is, is looked at
//! before the zip reader builds it in memory.

use std::io::{self, Read, Seek, SeekFrom};

use zip::ZipArchive;
use zip::result::ZipError;

use super::container::{
    ARCHIVE_DUPLICATE, ARCHIVE_LINK, ARCHIVE_METHOD, ARCHIVE_SPECIAL, Intake, MAX_MEMBERS, Name,
};

/// What the table of contents ends with, and where that has the number of entries.
const END: &[u8] = b"PK\x05\x06";
const END_ENTRIES: usize = 10;

/// What stands in front of [`END`] where sizes have 64 bits, and how long it is.
const LOCATOR: &[u8] = b"PK\x06\x07";
const LOCATOR_SIZE: usize = 20;

/// As far from the end of the file as [`END`] can be: its own size and the longest comment.
const TAIL: u64 = 22 + 65_535;

/// The bits of a Unix mode that tell what a file is, and those of an ordinary one.
const KIND: u32 = 0o170_000;
const ORDINARY: u32 = 0o100_000;

/// Reads a zip; true when it was read to its end.
pub(super) fn read(reader: &mut (impl Read + Seek), intake: &mut Intake<'_>) -> io::Result<bool> {
    match entries(reader, intake) {
        Ok(whole) => Ok(whole),
        Err(ZipError::Io(error)) if error.raw_os_error().is_some() => Err(error),
        Err(ZipError::Io(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
            intake.truncated();
            Ok(false)
        }
        Err(error) => {
            intake.damaged(error);
            Ok(false)
        }
    }
}

fn entries(reader: &mut (impl Read + Seek), intake: &mut Intake<'_>) -> Result<bool, ZipError> {
    match number_of_entries(reader)? {
        // What starts like a zip and has no table of contents has lost its end.
        None => {
            intake.truncated();
            return Ok(false);
        }
        Some(number) if number > MAX_MEMBERS => {
            intake.too_many();
            return Ok(false);
        }
        Some(_) => {}
    }
    let mut archive = ZipArchive::new(io::BufReader::with_capacity(64 << 10, reader))?;
    if archive.has_duplicate_names() {
        let advice = "pack each file once";
        intake.findings.add(&ARCHIVE_DUPLICATE, "", "", "two entries have one path", advice);
    } else {
        // It counts two entries of one path as damage.
        archive.validate_header_consistency()?;
    }
    for index in 0..archive.len() {
        if !intake.count() {
            return Ok(false);
        }
        let entry = archive.by_index_data(index)?;
        let Name::Sound(path) = intake.name(entry.name_raw()) else { continue };
        let declared = entry.size();
        if !intake.declared(&path, declared) {
            return Ok(false);
        }
        if entry.is_dir() {
            continue;
        }
        let mode = entry.unix_mode();
        if entry.is_symlink() {
            let advice = "pack the file that it stands for";
            intake.findings.add(&ARCHIVE_LINK, &path, "", "the entry is a link", advice);
            continue;
        }
        if mode.is_some_and(|mode| ![0, ORDINARY].contains(&(mode & KIND))) {
            let message = "the entry is no ordinary file";
            intake.findings.add(&ARCHIVE_SPECIAL, &path, "", message, "leave it out");
            continue;
        }
        let mut content = match archive.by_index(index) {
            Ok(content) => content,
            Err(ZipError::UnsupportedArchive(reason)) => {
                let message = format!("the entry cannot be unpacked: {reason}");
                let advice = "pack it with deflate and without a password";
                intake.findings.add(&ARCHIVE_METHOD, &path, "", message, advice);
                continue;
            }
            Err(error) => return Err(error),
        };
        if !intake.file(path.clone(), mode, &mut content)? {
            return Ok(false);
        }
        let found = intake.contents.get(&path).map_or(0, |member| member.size);
        if found != declared {
            intake.damaged(format!("{path} has {found} bytes, and {declared} are declared"));
            return Ok(false);
        }
    }
    Ok(true)
}

/// The most entries that any end of a table of contents declares, for readers differ in which
/// they take; `None` without such an end. One with 64-bit numbers counts as far too many: no
/// package needs it.
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
