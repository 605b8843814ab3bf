//! The retained content of an archive: all names, complete documents, and only what the rules need
//! of other files.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hasher};
use std::io::{self, Read};

use super::program::{Program, Scan};

/// Maximum size of a retained document, in bytes. Three times the largest `metrics.json` that
/// BlueKing accepts.
pub(crate) const MAX_DOCUMENT: u64 = 2 << 20;

/// Maximum total size of retained documents, in bytes.
const MAX_DOCUMENTS: u64 = 12 << 20;

/// Number of bytes at the start of a file that identify its format.
const HEAD: usize = 1024;

/// Read buffer size, which also limits the search for executable headers.
const CHUNK: usize = 256 << 10;

/// Base names of the files that rules read.
const DOCUMENTS: [&str; 11] = [
    "VERSION",
    "config.json",
    "config_schema.json",
    "description.md",
    "info.json",
    "logo.png",
    "meta.yaml",
    "metrics.json",
    "project.yaml",
    "release.md",
    "signature.yaml",
];

/// A regular file of an archive.
#[derive(Debug)]
pub(crate) struct Member {
    /// Path with `/` as separator, without a leading `./`.
    pub(crate) path: String,
    /// Actual size in bytes.
    pub(crate) size: u64,
    /// Unix permissions, if the archive stores them.
    pub(crate) mode: Option<u32>,
    /// The first bytes of the file.
    pub(crate) head: Vec<u8>,
    /// Whether the whole file is UTF-8; true for an empty file.
    pub(crate) is_utf8: bool,
    /// The complete content, for a document within the size limit.
    pub(crate) bytes: Option<Vec<u8>>,
    /// Requirements of an executable.
    pub(crate) program: Option<Program>,
    /// Hash of the content, to detect changes. Not cryptographic.
    pub(crate) digest: u64,
}

/// The regular files of an archive, in archive order.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    pub(crate) members: Vec<Member>,
    by_path: BTreeMap<String, usize>,
    /// Links to other members.
    links: BTreeSet<String>,
    documents: u64,
    chunk: Vec<u8>,
}

impl Member {
    /// The last part of the path.
    pub(crate) fn base_name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }
}

impl Contents {
    pub(crate) fn get(&self, path: &str) -> Option<&Member> {
        self.members.get(*self.by_path.get(path)?)
    }

    /// Whether a file with this path is present.
    pub(crate) fn contains(&self, path: &str) -> bool {
        self.by_path.contains_key(path)
    }

    /// Records a link to another member.
    pub(crate) fn add_link(&mut self, path: String) {
        self.links.insert(path);
    }

    /// Whether the path, or a folder of it, is a link to another member.
    pub(crate) fn is_linked(&self, path: &str) -> bool {
        let folders = path.match_indices('/').map(|(at, _)| &path[..at]);
        folders.chain([path]).any(|path| self.links.contains(path))
    }

    /// Reads a file to its end and keeps what the rules need. Memory use is bounded regardless of
    /// the length of `reader`.
    pub(crate) fn add(
        &mut self,
        path: String,
        mode: Option<u32>,
        reader: &mut dyn Read,
    ) -> io::Result<()> {
        let mut document = is_document(&path).then(Vec::new);
        let mut utf8 = Utf8::default();
        let mut scan = None;
        let mut head = Vec::new();
        let mut size = 0;
        let mut digest = DefaultHasher::new();
        loop {
            self.chunk.clear();
            let length = reader.take(CHUNK as u64).read_to_end(&mut self.chunk)?;
            let chunk = &*self.chunk;
            if size == 0 {
                head = chunk[..length.min(HEAD)].to_vec();
                scan = Scan::start(chunk);
            }
            utf8.feed(chunk);
            digest.write(chunk);
            if let Some(scan) = &mut scan {
                scan.feed(size, chunk);
            }
            size += length as u64;
            if size > MAX_DOCUMENT || self.documents + size > MAX_DOCUMENTS {
                document = None;
            }
            if let Some(document) = &mut document {
                document.extend_from_slice(chunk);
            }
            if length < CHUNK {
                break;
            }
        }
        if document.is_some() {
            self.documents += size;
        }
        self.by_path.insert(path.clone(), self.members.len());
        self.members.push(Member {
            path,
            size,
            mode,
            head,
            is_utf8: utf8.is_valid(),
            bytes: document,
            program: scan.map(Scan::finish),
            digest: digest.finish(),
        });
        Ok(())
    }
}

/// Whether a rule reads the text of a file with this path.
pub(crate) fn is_document(path: &str) -> bool {
    // The old importer takes any file whose name ends like this for the version.
    path.ends_with("VERSION") || DOCUMENTS.contains(&path.rsplit('/').next().unwrap_or_default())
}

/// Validates UTF-8 incrementally.
#[derive(Default)]
struct Utf8 {
    /// The start of a character that ends in the next chunk.
    incomplete: Vec<u8>,
    is_invalid: bool,
}

impl Utf8 {
    fn feed(&mut self, chunk: &[u8]) {
        let bytes = [&self.incomplete, chunk].concat();
        let error = str::from_utf8(&bytes).err();
        self.is_invalid |= error.is_some_and(|error| error.error_len().is_some());
        let rest = error.map_or(&[][..], |error| &bytes[error.valid_up_to()..]);
        // A character has at most four bytes.
        self.incomplete = rest[..rest.len().min(3)].to_vec();
    }

    fn is_valid(&self) -> bool {
        !self.is_invalid && self.incomplete.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf8_validation_ignores_chunk_boundaries() {
        for (bytes, valid) in [
            (&b""[..], true),
            (b"text", true),
            ("内存 é \u{10ffff}".as_bytes(), true),
            (b"GBK: \xd6\xf7", false),
            (b"cut \xe5\x86", false),
            (b"\xff", false),
            (b"a\xe5b", false),
        ] {
            for length in 1..=bytes.len().max(1) {
                let mut utf8 = Utf8::default();
                bytes.chunks(length).for_each(|chunk| utf8.feed(chunk));
                assert_eq!(utf8.is_valid(), valid, "{bytes:?} in chunks of {length}");
            }
        }
    }

    #[test]
    fn documents_are_kept_up_to_the_limits() {
        let mut contents = Contents::default();
        let limit = usize::try_from(MAX_DOCUMENT).unwrap();
        for (n, size) in
            [limit, limit + 1, limit, limit, limit, limit, limit, 10].iter().enumerate()
        {
            contents.add(format!("{n}/VERSION"), None, &mut &*vec![b'1'; *size]).unwrap();
        }
        contents.add("other".to_owned(), None, &mut &*vec![0; 3 * CHUNK]).unwrap();
        let kept: Vec<_> = contents.members.iter().map(|member| member.bytes.is_some()).collect();
        assert_eq!(kept, [true, false, true, true, true, true, true, false, false]);
        assert_eq!(contents.get("other").unwrap().size, 3 * CHUNK as u64);
        assert_eq!(contents.get("other").unwrap().head.len(), HEAD);
    }
}
