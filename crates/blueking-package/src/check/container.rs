//! Recognises the archive format and checks the rules common to all archives: no member may escape
//! its folder, be hidden, misstate its size or consume excessive memory.

use std::collections::BTreeSet;
use std::io::{self, Read, Seek, SeekFrom};

use super::contents::{self, Contents, Member};
use super::finding::{Consumer, Findings, Objection, Wording};
use super::rule::{Rule, rules};
use super::{layout, tarball, zipped};
use crate::texts::check_archive as texts;

/// Maximum total size of the files of an archive, uncompressed, in bytes.
pub(crate) const MAX_BYTES: u64 = 256 << 20;

/// Maximum number of members of an archive. A package for four systems has about eighty.
pub(crate) const MAX_MEMBERS: usize = 4096;

/// Maximum length of a member path, in bytes.
const MAX_PATH: usize = 1024;

rules! {
    /// A package is a zip (5.1) or a gzip-compressed tar (6.x, 7.x).
    ARCHIVE_FORMAT = "archive-format": Error, Import [V51, V1, V2, Nodeman]
        => texts::pack_as_tgz_or_zip;
    /// The new importer opens only gzip-compressed tars. The old one and node management also
    /// accept bzip2, xz and uncompressed tars.
    ARCHIVE_COMPRESSION = "archive-compression": Error, Import [V2];
    /// The archive is complete: it has the end marker of its format.
    ARCHIVE_TRUNCATED = "archive-truncated": Error, Import [V51, V1, V2, Nodeman]
        => texts::archive_is_truncated_advice;
    /// The headers and checksums of the archive match its content. No importer notices a wrong
    /// checksum at the end.
    ARCHIVE_DAMAGED = "archive-damaged": Error, Import [V51, V1, V2, Nodeman]
        => texts::archive_is_damaged_advice;
    /// Only padding follows the end of the archive.
    ARCHIVE_TRAILING = "archive-trailing": Warning, SilentlyDropped [V1, V2, Nodeman];
    /// The total size of the files is at most 256 MiB: importers have no limit and keep all files
    /// in memory or on the server's disk.
    ARCHIVE_BOMB = "archive-bomb": Error => texts::unpacks_to_too_much_advice;
    /// No member declares more than 256 MiB.
    ARCHIVE_DECLARED_SIZE = "archive-declared-size": Error => texts::do_not_trust;
    /// The archive has at most 4096 members.
    ARCHIVE_MEMBERS = "archive-members": Error => texts::too_many_members_advice;
    /// Paths stay inside the archive's folder: not absolute, no `..`, no backslash, no drive
    /// letter. The new importer rejects paths that lead outside, node management a leading `/` and
    /// any `../`.
    ARCHIVE_PATH = "archive-path": Error,
        Import [V2, Nodeman says "文件包含非法路径成员 -> …，请检查"] => texts::path_leads_outside_advice;
    /// The archive contains no links: the old importer skips them, the new one rejects those that
    /// lead out of the archive, and node management unpacks them all.
    ARCHIVE_LINK = "archive-link": Error, Import [V2] => texts::link_advice;
    /// The archive contains only files and folders: no devices, pipes or sparse files. The old
    /// importer reads only regular files.
    ARCHIVE_SPECIAL = "archive-special": Warning;
    /// Paths are unique, and no file is also a folder. Consumers differ in which of two different
    /// files they use.
    ARCHIVE_DUPLICATE = "archive-duplicate": Error, Import [V51], SilentlyDropped [V1, V2, Nodeman]
        => texts::pack_once;
    /// Names are UTF-8 without control characters.
    ARCHIVE_NAME = "archive-name": Error;
    /// Extended headers are small and agree with the standard ones: consumers differ in which they
    /// use.
    ARCHIVE_HEADER = "archive-header": Error => texts::do_not_trust;
    /// The archive contains no archives: no consumer unpacks them.
    ARCHIVE_NESTED = "archive-nested": Error, SilentlyDropped [V51, V1, V2]
        => texts::file_is_an_archive_advice;
    /// No member of a zip is encrypted or uses an unsupported compression method.
    ARCHIVE_METHOD = "archive-method": Error, Import [V51]
        => texts::entry_cannot_be_unpacked_advice;
    /// A document has at most 2 MiB, and all documents together at most 12 MiB.
    DOCUMENT_SIZE = "document-size": Error => texts::reduce_to_2_mib;
}

/// The archive format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Container {
    Zip,
    Gzip,
    Tar,
}

/// Reads as much of an archive as possible. The first value is `None` if the file is not an
/// archive, the second if the archive could not be read completely; the findings state why.
///
/// # Errors
/// Only I/O errors: invalid content is a finding.
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
    let mut unpacker = Unpacker::new(findings);
    let whole = match container {
        Container::Zip => zipped::read(reader, &mut unpacker)?,
        Container::Gzip => tarball::read_gzip(reader, &mut unpacker)?,
        Container::Tar => tarball::read(reader, &mut unpacker)?,
    };
    Ok((Some(container), whole.then_some(unpacker.contents)))
}

fn recognise(head: &[u8], findings: &mut Findings) -> Option<Container> {
    match archive_kind(head) {
        Some("zip") => return Some(Container::Zip),
        Some("gzip") => return Some(Container::Gzip),
        Some("tar") => {
            let wording = (texts::tar_is_not_compressed(), texts::tar_is_not_compressed_advice());
            findings.add(&ARCHIVE_COMPRESSION, "", "", wording);
            return Some(Container::Tar);
        }
        Some(other @ ("zstd" | "7z")) => {
            findings.add(&ARCHIVE_FORMAT, "", "", texts::compression_is_unsupported(other));
        }
        Some(other) => {
            let message = texts::compression_is_unknown_here(other);
            let advice = texts::compression_is_unknown_here_advice();
            findings.add(&ARCHIVE_COMPRESSION, "", "", (message, advice));
        }
        None if head.is_empty() => {
            findings.add(&ARCHIVE_FORMAT, "", "", texts::archive_is_empty());
        }
        None => {
            let start = head[..head.len().min(4)].escape_ascii();
            let message = texts::file_is_not_an_archive(&start.to_string());
            findings.add(&ARCHIVE_FORMAT, "", "", message);
        }
    }
    None
}

/// Whether a path, relative to a folder of the archive, leads out of the archive.
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

/// Recognises an archive format by its first bytes.
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

/// Receives the members of either archive format and applies the rules common to both.
pub(crate) struct Unpacker<'f> {
    pub(crate) contents: Contents,
    pub(crate) findings: &'f mut Findings,
    members: usize,
    /// Remaining bytes up to the limit.
    left: u64,
    seen: BTreeSet<String>,
}

/// A checked member name.
pub(crate) enum Name {
    /// A valid path.
    Valid(String),
    /// An invalid name, already reported; the member is skipped.
    Rejected,
}

impl<'f> Unpacker<'f> {
    pub(super) fn new(findings: &'f mut Findings) -> Self {
        let seen = BTreeSet::new();
        Self { contents: Contents::default(), findings, members: 0, left: MAX_BYTES, seen }
    }

    /// Counts a member; false if there are too many.
    pub(crate) fn count_member(&mut self) -> bool {
        self.members += 1;
        if self.members > MAX_MEMBERS {
            self.report(&ARCHIVE_MEMBERS, texts::too_many_members(MAX_MEMBERS));
            return false;
        }
        true
    }

    /// Reports a violation of a rule on the archive itself.
    pub(crate) fn report(&mut self, rule: &'static Rule, wording: impl Into<Wording>) {
        self.findings.add(rule, "", "", wording);
    }

    /// Checks the raw name of a member.
    pub(crate) fn check_name(&mut self, raw: &[u8]) -> Name {
        let Ok(name) = str::from_utf8(raw) else {
            let name = String::from_utf8_lossy(raw);
            let wording = (texts::name_is_not_utf8(), texts::name_is_not_utf8_advice());
            self.findings.add(&ARCHIVE_NAME, &name, "", wording);
            return Name::Rejected;
        };
        if name.chars().any(char::is_control) || name.len() > MAX_PATH {
            let message = texts::name_is_unprintable();
            self.findings.add(&ARCHIVE_NAME, name, "", (message, texts::rename_the_file()));
            return Name::Rejected;
        }
        let has_drive = name.as_bytes().get(1) == Some(&b':');
        let climbs = name.split('/').any(|part| part == "..");
        let is_bad = name.starts_with('/') || has_drive || climbs || name.contains('\\');
        if is_bad {
            let applies = |objection: &Objection| match objection.consumer {
                Consumer::Nodeman => name.starts_with('/') || name.contains("../"),
                _ => leaves("", name),
            };
            self.findings.add_to(&ARCHIVE_PATH, applies, name, "", texts::path_leads_outside());
            // The old importer reads such a package all the same.
            let rooted = name.strip_prefix(['/', '\\']);
            let is_plugin = !has_drive && !climbs && rooted.is_some_and(layout::is_in_os_folder);
            if !is_plugin {
                return Name::Rejected;
            }
        }
        let parts: Vec<_> = name.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
        Name::Valid(parts.join("/"))
    }

    /// Checks a declared size; false if it exceeds the limit.
    pub(crate) fn check_declared_size(&mut self, path: &str, size: u64) -> bool {
        if size > MAX_BYTES {
            let message = texts::member_is_too_large(size, MAX_BYTES);
            self.findings.add(&ARCHIVE_DECLARED_SIZE, path, "", message);
            return false;
        }
        true
    }

    /// Reads a regular file. Returns `Ok(false)` if the total size exceeds the limit.
    pub(crate) fn read_file(
        &mut self,
        path: String,
        mode: Option<u32>,
        reader: &mut dyn Read,
    ) -> io::Result<bool> {
        if !self.seen.insert(path.clone()) {
            let message = texts::path_is_repeated();
            let mut second = Contents::default();
            second.add(path.clone(), mode, &mut reader.take(self.left + 1))?;
            let (first, second) = (self.contents.get(&path), second.members.first());
            let digest = |member: Option<&Member>| member.map(|member| member.digest);
            let differs = digest(first) != digest(second);
            let size = second.map_or(0, |member| member.size);
            let applies = |_: &Objection| differs;
            self.findings.add_or_warn(&ARCHIVE_DUPLICATE, applies, &path, "", message);
            let left = self.left.checked_sub(size);
            left.inspect(|left| self.left = *left);
            if left.is_none() {
                self.report(&ARCHIVE_BOMB, texts::unpacks_to_too_much(MAX_BYTES));
            }
            return Ok(left.is_some());
        }
        // One extra byte distinguishes a file at the limit from one above it.
        self.contents.add(path, mode, &mut reader.take(self.left + 1))?;
        let Some(member) = self.contents.members.last() else { return Ok(true) };
        let Some(left) = self.left.checked_sub(member.size) else {
            self.report(&ARCHIVE_BOMB, texts::unpacks_to_too_much(MAX_BYTES));
            return Ok(false);
        };
        self.left = left;
        let path = &member.path;
        if let Some(kind) = archive_kind(&member.head) {
            self.findings.add(&ARCHIVE_NESTED, path, "", texts::file_is_an_archive(kind));
        }
        // Pictures have a separate limit.
        let is_picture = path.ends_with(".png");
        if contents::is_document(path) && !is_picture && member.bytes.is_none() {
            self.findings.add(&DOCUMENT_SIZE, path, "", texts::document_is_too_large(member.size));
        }
        Ok(true)
    }
}
