//! Reads a tar, optionally gzip-compressed, sequentially and without seeking. Extended headers are
//! parsed here, because the tar crate would buffer them without a limit.

use std::io::{self, Read};

use tar::{Archive, EntryType, PaxExtensions};

use super::container::{
    ARCHIVE_BOMB, ARCHIVE_DAMAGED, ARCHIVE_HEADER, ARCHIVE_LINK, ARCHIVE_SPECIAL, ARCHIVE_TRAILING,
    ARCHIVE_TRUNCATED, MAX_BYTES, Name, Unpacker, leaves,
};
use super::finding::{Consumer, Objection};
use super::gzip::Gzip;
use crate::texts::{check_archive as texts, sources};

/// Maximum size of an extended header, in bytes.
const MAX_HEADER: u64 = 64 << 10;

/// Allowance for headers and padding of a tar, in bytes.
const OVERHEAD: u64 = 16 << 20;

/// Reads a gzip-compressed tar; true if it was read to its end.
pub(super) fn read_gzip(reader: &mut impl Read, unpacker: &mut Unpacker<'_>) -> io::Result<bool> {
    let mut gzip = Gzip::new(reader);
    let whole = read(&mut gzip, unpacker)?;
    if whole && gzip.has_other_data() {
        let wording = (texts::data_follows_the_gzip(), texts::data_follows_the_gzip_advice());
        unpacker.findings.add(&ARCHIVE_TRAILING, "", "", wording);
    }
    Ok(whole)
}

/// Reads a tar; true if it was read to its end.
pub(super) fn read(reader: &mut dyn Read, unpacker: &mut Unpacker<'_>) -> io::Result<bool> {
    let mut metered = Metered { reader, read: 0, at_end: false, exceeds_limit: false };
    let outcome = members(&mut Archive::new(&mut metered), unpacker);
    let outcome = outcome.and_then(|whole| {
        if whole && metered.at_end {
            // Only the two zero blocks at the end prove that the tar is complete.
            unpacker.report(&ARCHIVE_TRUNCATED, texts::archive_is_truncated());
            return Ok(false);
        }
        if whole && let Err(error) = drain(&mut metered, unpacker) {
            // No importer reads on to a wrong checksum.
            if error.kind() == io::ErrorKind::InvalidInput {
                let message = texts::archive_is_damaged(&error.to_string());
                unpacker.findings.add_or_warn(&ARCHIVE_DAMAGED, |_| false, "", "", message);
            } else {
                return Err(error);
            }
        }
        Ok(whole)
    });
    match outcome {
        Ok(whole) => return Ok(whole),
        Err(_) if metered.exceeds_limit => {
            unpacker.report(&ARCHIVE_BOMB, texts::unpacks_to_too_much(MAX_BYTES));
        }
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof || metered.at_end => {
            unpacker.report(&ARCHIVE_TRUNCATED, texts::archive_is_truncated());
        }
        Err(error) if error.raw_os_error().is_some() => return Err(error),
        Err(error) => {
            let message = texts::archive_is_damaged(&error.to_string());
            unpacker.report(&ARCHIVE_DAMAGED, message);
        }
    }
    Ok(false)
}

/// Counts the bytes read and enforces the limit.
struct Metered<'r> {
    reader: &'r mut dyn Read,
    read: u64,
    at_end: bool,
    exceeds_limit: bool,
}

impl Read for Metered<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.reader.read(buffer)?;
        self.read += length as u64;
        if self.read > MAX_BYTES + OVERHEAD {
            self.exceeds_limit = true;
            return Err(io::Error::other("the archive exceeds the size limit of a package"));
        }
        self.at_end |= length == 0 && !buffer.is_empty();
        Ok(length)
    }
}

/// Properties of the next member from extended headers.
#[derive(Default)]
struct Extended {
    path: Option<Vec<u8>>,
    size: Option<u64>,
    is_sparse: bool,
}

/// Reads all members; false if a finding ends the scan.
fn members(archive: &mut Archive<impl Read>, unpacker: &mut Unpacker<'_>) -> io::Result<bool> {
    let mut extended = Extended::default();
    for entry in archive.entries()?.raw(true) {
        let mut entry = entry?;
        if !unpacker.count_member() {
            return Ok(false);
        }
        let header = entry.header();
        let kind = header.entry_type();
        let size = header.entry_size()?;
        let mode = header.mode().ok();
        let raw = entry.path_bytes().into_owned();
        if is_extended(kind) {
            if size > MAX_HEADER {
                let message = texts::extended_header_is_large(size);
                unpacker.findings.add(&ARCHIVE_HEADER, "", "", message);
                return Ok(false);
            }
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes)?;
            extended.update(kind, &bytes)?;
            continue;
        }
        let extended = std::mem::take(&mut extended);
        let raw = extended.path.unwrap_or(raw);
        if let Some(other) = extended.size.filter(|other| *other != size) {
            let name = String::from_utf8_lossy(&raw);
            let message = texts::extended_header_differs(size, other);
            unpacker.findings.add(&ARCHIVE_HEADER, &name, "", message);
            return Ok(false);
        }
        let Name::Valid(path) = unpacker.check_name(&raw) else { continue };
        if !unpacker.check_declared_size(&path, size) {
            return Ok(false);
        }
        if kind.is_dir() {
            continue;
        }
        if kind.is_symlink() || kind.is_hard_link() {
            let target = entry.link_name_bytes().unwrap_or_default().into_owned();
            let target = String::from_utf8_lossy(&target);
            let message = texts::member_is_a_link(&target);
            // The target of a hard link is relative to the archive, that of a symbolic link to its
            // folder.
            let folder = path.rsplit_once('/').filter(|_| kind.is_symlink());
            let is_outside = leaves(folder.map_or("", |(folder, _)| folder), &target);
            let applies = |objection: &Objection| objection.consumer == Consumer::V2;
            if is_outside {
                unpacker.findings.add_to(&ARCHIVE_LINK, applies, &path, "", message);
            } else {
                // What the old importer misses without the link is reported for that file.
                unpacker.findings.add_or_warn(&ARCHIVE_LINK, |_| false, &path, "", message);
                unpacker.contents.add_link(path);
            }
            continue;
        }
        if extended.is_sparse || !(kind.is_file() || kind.is_contiguous()) {
            let wording = (texts::member_is_special(), sources::remove_it());
            unpacker.findings.add(&ARCHIVE_SPECIAL, &path, "", wording);
            continue;
        }
        if !unpacker.read_file(path, mode, &mut entry)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn is_extended(kind: EntryType) -> bool {
    kind.is_gnu_longname()
        || kind.is_gnu_longlink()
        || kind.is_pax_local_extensions()
        || kind.is_pax_global_extensions()
}

impl Extended {
    fn update(&mut self, kind: EntryType, bytes: &[u8]) -> io::Result<()> {
        if kind.is_gnu_longname() {
            let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
            self.path = Some(bytes[..end].to_vec());
        }
        if kind.is_pax_local_extensions() {
            for record in PaxExtensions::new(bytes) {
                let record = record?;
                match record.key_bytes() {
                    b"path" => self.path = Some(record.value_bytes().to_vec()),
                    b"size" => {
                        let size = record.value().ok().and_then(|text| text.parse().ok());
                        self.size = Some(size.unwrap_or(u64::MAX));
                    }
                    key => self.is_sparse |= key.starts_with(b"GNU.sparse."),
                }
            }
        }
        Ok(())
    }
}

/// Reads the rest of the stream after the end of the tar, to verify the checksum of the
/// compression.
fn drain(reader: &mut Metered<'_>, unpacker: &mut Unpacker<'_>) -> io::Result<()> {
    let mut buffer = vec![0; 64 << 10];
    let mut is_padding = true;
    loop {
        let length = reader.read(&mut buffer)?;
        if length == 0 {
            break;
        }
        is_padding &= buffer[..length].iter().all(|byte| *byte == 0);
    }
    if !is_padding {
        let wording = (texts::data_follows(), texts::data_follows_advice());
        unpacker.findings.add(&ARCHIVE_TRAILING, "", "", wording);
    }
    Ok(())
}
