//! Reads a tar, compressed with gzip or not, one member after the other and never back. Its
//! extended headers are read here, not by the tar reader, which would keep whatever they hold.

use std::cell::Cell;
use std::io::{self, BufReader, Read};
use std::rc::Rc;

use flate2::bufread::MultiGzDecoder;
use tar::{Archive, EntryType, PaxExtensions};

use super::container::{
    ARCHIVE_HEADER, ARCHIVE_LINK, ARCHIVE_SPECIAL, ARCHIVE_TRAILING, Intake, MAX_BYTES, Name,
    leaves,
};
use super::finding::{Objection, Reader};

/// Largest extended header, in bytes.
const MAX_HEADER: u64 = 64 << 10;

/// What a tar may have beside its files: headers and padding.
const OVERHEAD: u64 = 16 << 20;

/// Reads a gzip-compressed tar; true when it was read to its end.
pub(super) fn read_gzip(reader: &mut impl Read, intake: &mut Intake<'_>) -> io::Result<bool> {
    read(&mut MultiGzDecoder::new(BufReader::with_capacity(64 << 10, reader)), intake)
}

/// Reads a tar; true when it was read to its end.
pub(super) fn read(reader: &mut dyn Read, intake: &mut Intake<'_>) -> io::Result<bool> {
    let state = Rc::new(State::default());
    let mut archive = Archive::new(Metered { reader, state: Rc::clone(&state) });
    let outcome = members(&mut archive, intake);
    let outcome = outcome.and_then(|whole| {
        if whole && state.has_ended.get() {
            // Only the two blocks of zeros at the end say that nothing is missing.
            intake.truncated();
            return Ok(false);
        }
        if whole {
            drain(&mut archive.into_inner(), intake)?;
        }
        Ok(whole)
    });
    match outcome {
        Ok(whole) => Ok(whole),
        Err(_) if state.is_too_much.get() => {
            intake.bomb();
            Ok(false)
        }
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof || state.has_ended.get() => {
            intake.truncated();
            Ok(false)
        }
        Err(error) if error.raw_os_error().is_some() => Err(error),
        Err(error) => {
            intake.damaged(error);
            Ok(false)
        }
    }
}

/// What the stream under the tar reader has come to.
#[derive(Default)]
struct State {
    read: Cell<u64>,
    has_ended: Cell<bool>,
    is_too_much: Cell<bool>,
}

/// Counts what comes out, and stops what does not end.
struct Metered<'r> {
    reader: &'r mut dyn Read,
    state: Rc<State>,
}

impl Read for Metered<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.reader.read(buffer)?;
        let read = self.state.read.get() + length as u64;
        self.state.read.set(read);
        if read > MAX_BYTES + OVERHEAD {
            self.state.is_too_much.set(true);
            return Err(io::Error::other("more comes out than a package can hold"));
        }
        if length == 0 && !buffer.is_empty() {
            self.state.has_ended.set(true);
        }
        Ok(length)
    }
}

/// What extended headers say of the member after them.
#[derive(Default)]
struct Extended {
    path: Option<Vec<u8>>,
    size: Option<u64>,
    is_sparse: bool,
}

/// Reads all members; false when a finding made it pointless to go on.
fn members(archive: &mut Archive<Metered<'_>>, intake: &mut Intake<'_>) -> io::Result<bool> {
    let mut extended = Extended::default();
    for entry in archive.entries()?.raw(true) {
        let mut entry = entry?;
        if !intake.count() {
            return Ok(false);
        }
        let header = entry.header();
        let kind = header.entry_type();
        let size = header.entry_size()?;
        let mode = header.mode().ok();
        let raw = entry.path_bytes().into_owned();
        if is_extended(kind) {
            if size > MAX_HEADER {
                let message = format!("the extended header has {size} bytes");
                let advice = "do not trust this archive; pack it anew";
                intake.findings.add(&ARCHIVE_HEADER, "", "", message, advice);
                return Ok(false);
            }
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes)?;
            extended.learn(kind, &bytes)?;
            continue;
        }
        let extended = std::mem::take(&mut extended);
        let raw = extended.path.unwrap_or(raw);
        if extended.size.is_some_and(|other| other != size) {
            let name = String::from_utf8_lossy(&raw);
            let message = format!(
                "the header says {size} bytes, the extended header {}",
                extended.size.unwrap_or_default()
            );
            let advice = "do not trust this archive; pack it anew";
            intake.findings.add(&ARCHIVE_HEADER, &name, "", message, advice);
            return Ok(false);
        }
        let Name::Sound(path) = intake.name(&raw) else { continue };
        if !intake.declared(&path, size) {
            return Ok(false);
        }
        if kind.is_dir() {
            continue;
        }
        if kind.is_symlink() || kind.is_hard_link() {
            let target = entry.link_name_bytes().unwrap_or_default().into_owned();
            let target = String::from_utf8_lossy(&target);
            let message = format!("the member is a link to {target:?}");
            let advice = "pack the file that it stands for";
            // A hard link is told from the top of the archive, a symbolic one from its own folder.
            let folder = path.rsplit_once('/').filter(|_| kind.is_symlink());
            let is_outside = leaves(folder.map_or("", |(folder, _)| folder), &target);
            let applies = |one: &Objection| one.reader == Reader::V1 || is_outside;
            intake.findings.add_to(&ARCHIVE_LINK, applies, &path, "", message, advice);
            continue;
        }
        if extended.is_sparse || !(kind.is_file() || kind.is_contiguous()) {
            let message = "the member is no ordinary file (a device, a pipe or a sparse file)";
            // A sparse file is an ordinary one to who knows how to read it.
            let applies = |_: &Objection| !extended.is_sparse;
            let advice = "leave it out";
            intake.findings.add_to(&ARCHIVE_SPECIAL, applies, &path, "", message, advice);
            continue;
        }
        if !intake.file(path, mode, &mut entry)? {
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
    fn learn(&mut self, kind: EntryType, bytes: &[u8]) -> io::Result<()> {
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

/// Reads what follows the end of the tar: the checksum of the compression is behind it.
fn drain(reader: &mut Metered<'_>, intake: &mut Intake<'_>) -> io::Result<()> {
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
        let message = "more follows the end of the tar, and nobody reads it";
        let advice = "pack one tar, not several behind one another";
        intake.findings.add(&ARCHIVE_TRAILING, "", "", message, advice);
    }
    Ok(())
}
