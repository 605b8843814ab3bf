//! What kind of file it is, and the rules that hold for any archive: nothing may leave its folder,
//! hide, lie about its size or cost more memory than a package can be worth.

use std::collections::BTreeSet;
use std::io::{self, Read, Seek, SeekFrom};

use super::contents::{self, Contents};
use super::finding::{Findings, Objection, Reader};
use super::rule::rules;
use super::{tarball, zipped};

/// Most bytes that the files of an archive may have together, uncompressed.
pub(crate) const MAX_BYTES: u64 = 256 << 20;

/// Most members of an archive. A package for four systems has some eighty.
pub(crate) const MAX_MEMBERS: usize = 4096;

/// Longest path of a member, in bytes.
const MAX_PATH: usize = 1024;

rules! {
    /// A package is a zip (5.1) or a gzip-compressed tar (6.x, 7.x).
    ARCHIVE_FORMAT = "archive-format": Error, Import [V51, V1, V2, Nodeman];
    /// The new importer opens gzip-compressed tars only. The old one and node management also read
    /// tars that are not compressed, and bzip2 and xz.
    ARCHIVE_COMPRESSION = "archive-compression": Error, Import [V2];
    /// The archive is whole: it has the end that its format asks for.
    ARCHIVE_TRUNCATED = "archive-truncated": Error, Import [V51, V1, V2, Nodeman];
    /// What the archive says of itself agrees with its bytes.
    ARCHIVE_DAMAGED = "archive-damaged": Error, Import [V51, V1, V2, Nodeman];
    /// Nothing follows the end of the archive.
    ARCHIVE_TRAILING = "archive-trailing": Warning, Lost [V1, V2, Nodeman];
    /// The files have at most 256 MiB together: importers keep all of them in memory or on the
    /// server's disk, and have no limit of their own.
    ARCHIVE_BOMB = "archive-bomb": Error;
    /// No member declares more than 256 MiB.
    ARCHIVE_DECLARED_SIZE = "archive-declared-size": Error;
    /// There are at most 4096 members.
    ARCHIVE_MEMBERS = "archive-members": Error;
    /// Paths stay inside the archive's folder: not absolute, no `..`, no backslash, no drive. The
    /// new importer refuses what comes to lie outside, node management a `/` in front and any `../`.
    ARCHIVE_PATH = "archive-path": Error,
        Import [V2, Nodeman says "文件包含非法路径成员 -> …，请检查"];
    /// There are no links: the old importer skips them, the new one refuses those that lead out of
    /// the archive, and node management unpacks any.
    ARCHIVE_LINK = "archive-link": Error, Import [V2], Lost [V1];
    /// There are only files and folders: no devices, pipes or sparse files. The old importer reads
    /// ordinary files only.
    ARCHIVE_SPECIAL = "archive-special": Error, Lost [V1];
    /// Each path is there once. Which of two files counts depends on who reads.
    ARCHIVE_DUPLICATE = "archive-duplicate": Error, Import [V51], Lost [V1, V2, Nodeman];
    /// Names are UTF-8, without control characters.
    ARCHIVE_NAME = "archive-name": Error;
    /// Extended headers are small and do not contradict the plain ones: readers differ in which
    /// they believe.
    ARCHIVE_HEADER = "archive-header": Error;
    /// Nobody unpacks an archive in an archive.
    ARCHIVE_NESTED = "archive-nested": Error, Lost [V51, V1, V2];
    /// No member of a zip is encrypted or compressed in a way that servers do not know.
    ARCHIVE_METHOD = "archive-method": Error, Import [V51];
    /// A document is small: at most 2 MiB, and at most 12 MiB for all of them.
    DOCUMENT_SIZE = "document-size": Error;
}

/// What the bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Container {
    Zip,
    Gzip,
    Tar,
}

/// Reads an archive as far as it can be read. The first is `None` for what is no archive, the second
/// for one that could not be read to its end; the findings say why.
///
/// # Errors
/// The operating system's: what is wrong with the bytes is a finding.
pub(crate) fn read(
    reader: &mut (impl Read + Seek),
    findings: &mut Findings,
) -> io::Result<(Option<Container>, Option<Contents>)> {
    let mut head = Vec::new();
    reader.by_ref().take(512).read_to_end(&mut head)?;
    reader.seek(SeekFrom::Start(0))?;
    let Some(container) = recognise(&head, findings) else {
        return Ok((None, None));
    };
    let mut intake = Intake::new(findings);
    let whole = match container {
        Container::Zip => zipped::read(reader, &mut intake)?,
        Container::Gzip => tarball::read_gzip(reader, &mut intake)?,
        Container::Tar => tarball::read(reader, &mut intake)?,
    };
    Ok((Some(container), whole.then_some(intake.contents)))
}

fn recognise(head: &[u8], findings: &mut Findings) -> Option<Container> {
    let pack = "pack the files as a .tgz (6.x, 7.x) or a .zip (5.1)";
    match archive_kind(head) {
        Some("zip") => return Some(Container::Zip),
        Some("gzip") => return Some(Container::Gzip),
        Some("tar") => {
            let message = "the tar is not compressed, and the new importer opens gzip only";
            findings.add(
                &ARCHIVE_COMPRESSION,
                "",
                "",
                message,
                "compress it: gzip, then name it .tgz",
            );
            return Some(Container::Tar);
        }
        Some(other @ ("zstd" | "7z")) => {
            let message = format!("the archive is compressed with {other}, which nobody opens");
            findings.add(&ARCHIVE_FORMAT, "", "", message, pack);
        }
        Some(other) => {
            let message = format!(
                "the archive is compressed with {other}; the new importer opens gzip only, and \
                 this check does not look inside either"
            );
            findings.add(&ARCHIVE_COMPRESSION, "", "", message, "compress the tar with gzip");
        }
        None if head.is_empty() => {
            findings.add(&ARCHIVE_FORMAT, "", "", "the file is empty", pack);
        }
        None => {
            let start = head[..head.len().min(4)].escape_ascii();
            let message = format!("the file is no archive (it starts with \"{start}\")");
            findings.add(&ARCHIVE_FORMAT, "", "", message, pack);
        }
    }
    None
}

/// Whether a path, seen from a folder of the archive, leads out of the archive.
pub(crate) fn leaves(folder: &str, path: &str) -> bool {
    let mut depth = 0_usize;
    let mut parts = folder.split('/').chain(path.split('/'));
    path.starts_with('/')
        || parts.any(|part| match part {
            "" | "." => false,
            ".." if depth == 0 => true,
            ".." => {
                depth -= 1;
                false
            }
            _ => {
                depth += 1;
                false
            }
        })
}

/// What kind of archive starts like this.
fn archive_kind(head: &[u8]) -> Option<&'static str> {
    let starts: [(&[u8], &str); 7] = [
        (b"PK\x03\x04", "zip"),
        (b"PK\x05\x06", "zip"),
        (b"\x1f\x8b", "gzip"),
        (b"BZh", "bzip2"),
        (b"\xfd7zXZ\0", "xz"),
        (b"\x28\xb5\x2f\xfd", "zstd"),
        (b"7z\xbc\xaf\x27\x1c", "7z"),
    ];
    if let Some((_, kind)) = starts.iter().find(|(start, _)| head.starts_with(start)) {
        return Some(kind);
    }
    head.get(257..262).is_some_and(|magic| magic == b"ustar").then_some("tar")
}

/// Where both kinds of archive put their files, by the rules that are the same for both.
pub(crate) struct Intake<'f> {
    pub(crate) contents: Contents,
    pub(crate) findings: &'f mut Findings,
    members: usize,
    /// Bytes that may still come.
    left: u64,
    seen: BTreeSet<String>,
}

/// A member's name, after the rules on names.
pub(crate) enum Name {
    /// A sound one.
    Sound(String),
    /// One that is reported already; the member is passed over.
    Refused,
}

impl<'f> Intake<'f> {
    fn new(findings: &'f mut Findings) -> Self {
        let seen = BTreeSet::new();
        Self { contents: Contents::default(), findings, members: 0, left: MAX_BYTES, seen }
    }

    /// Counts a member; false when there are too many.
    pub(crate) fn count(&mut self) -> bool {
        self.members += 1;
        if self.members > MAX_MEMBERS {
            self.too_many();
            return false;
        }
        true
    }

    pub(crate) fn too_many(&mut self) {
        let message = format!("the archive has more than {MAX_MEMBERS} members");
        let advice = "pack only what the exporter needs";
        self.findings.add(&ARCHIVE_MEMBERS, "", "", message, advice);
    }

    /// Checks the name of a member, given as the archive has it.
    pub(crate) fn name(&mut self, raw: &[u8]) -> Name {
        let Ok(name) = str::from_utf8(raw) else {
            let shown = String::from_utf8_lossy(raw);
            let advice =
                "give the file a name of ASCII letters, or pack on a system with UTF-8 names";
            self.findings.add(&ARCHIVE_NAME, &shown, "", "the name is not UTF-8", advice);
            return Name::Refused;
        };
        if name.chars().any(char::is_control) || name.len() > MAX_PATH {
            let message = "the name holds control characters or is far too long";
            self.findings.add(&ARCHIVE_NAME, name, "", message, "rename the file");
            return Name::Refused;
        }
        let has_drive = name.as_bytes().get(1) == Some(&b':');
        let climbs = name.split('/').any(|part| part == "..");
        if name.starts_with('/') || has_drive || climbs || name.contains('\\') {
            let message = "the path is absolute, climbs out with \"..\" or holds a backslash";
            let advice =
                "pack from within the folder that holds the files, with paths relative to it";
            let applies = |one: &Objection| match one.reader {
                Reader::Nodeman => name.starts_with('/') || name.contains("../"),
                _ => leaves("", name),
            };
            self.findings.add_to(&ARCHIVE_PATH, applies, name, "", message, advice);
            return Name::Refused;
        }
        let parts: Vec<_> = name.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
        Name::Sound(parts.join("/"))
    }

    /// Checks a size that is only declared; false when it is absurd.
    pub(crate) fn declared(&mut self, path: &str, size: u64) -> bool {
        if size > MAX_BYTES {
            let message = format!("the member declares {size} bytes, and {MAX_BYTES} are the most");
            let advice = "do not trust this archive; pack it anew";
            self.findings.add(&ARCHIVE_DECLARED_SIZE, path, "", message, advice);
            return false;
        }
        true
    }

    /// Reads a regular file. What comes out in the end is `Ok(false)` when it was too much.
    pub(crate) fn file(
        &mut self,
        path: String,
        mode: Option<u32>,
        reader: &mut dyn Read,
    ) -> io::Result<bool> {
        if !self.seen.insert(path.clone()) {
            let advice = "pack each file once";
            self.findings.add(&ARCHIVE_DUPLICATE, &path, "", "the path is there twice", advice);
            return Ok(true);
        }
        // One byte more than is left tells "too much" from "just enough".
        self.contents.add(path, mode, &mut reader.take(self.left + 1))?;
        let Some(member) = self.contents.members.last() else { return Ok(true) };
        let Some(left) = self.left.checked_sub(member.size) else {
            self.bomb();
            return Ok(false);
        };
        self.left = left;
        let path = &member.path;
        if let Some(kind) = archive_kind(&member.head) {
            let message = format!("the file is itself an archive ({kind}), and nobody unpacks it");
            let advice = "pack the files in it, or check and import it alone";
            self.findings.add(&ARCHIVE_NESTED, path, "", message, advice);
        }
        // A picture has a limit of its own.
        let is_picture = path.ends_with(".png");
        if contents::is_document(path) && !is_picture && member.bytes.is_none() {
            let message = format!("the document has {} bytes", member.size);
            self.findings.add(&DOCUMENT_SIZE, path, "", message, "make it smaller than 2 MiB");
        }
        Ok(true)
    }

    pub(crate) fn bomb(&mut self) {
        let message = format!("more than {MAX_BYTES} bytes come out of the archive");
        let advice = "do not upload it; pack only what the exporter needs";
        self.findings.add(&ARCHIVE_BOMB, "", "", message, advice);
    }

    pub(crate) fn truncated(&mut self) {
        let advice = "copy or download it again, in binary mode";
        self.findings.add(&ARCHIVE_TRUNCATED, "", "", "the archive ends too soon", advice);
    }

    pub(crate) fn damaged(&mut self, reason: impl std::fmt::Display) {
        let message = format!("the archive is damaged: {reason}");
        self.findings.add(&ARCHIVE_DAMAGED, "", "", message, "copy or pack it again");
    }
}
