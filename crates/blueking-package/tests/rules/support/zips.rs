//! Zips made by hand, and their headers, which tests falsify.

use std::io::{Cursor, Write as _};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Signature of an entry in a zip's central directory, and the offsets of its size and name.
pub(crate) const CENTRAL: &[u8] = b"PK\x01\x02";
const CENTRAL_SIZE: usize = 24;
pub(crate) const CENTRAL_NAME: usize = 46;
/// The same for the local header of an entry.
pub(crate) const LOCAL: &[u8] = b"PK\x03\x04";
const LOCAL_SIZE: usize = 22;
pub(crate) const LOCAL_NAME: usize = 30;

/// A zip of these files, in this order.
pub(crate) fn zip_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        archive.start_file(*name, SimpleFileOptions::DEFAULT).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// Where a signature begins.
pub(crate) fn positions(bytes: &[u8], signature: &[u8]) -> Vec<usize> {
    (0..bytes.len()).filter(|&at| bytes[at..].starts_with(signature)).collect()
}

/// The archive with a different uncompressed size declared for its first entry.
pub(crate) fn declaring(mut bytes: Vec<u8>, size: u32) -> Vec<u8> {
    for (signature, offset) in [(CENTRAL, CENTRAL_SIZE), (LOCAL, LOCAL_SIZE)] {
        let at = positions(&bytes, signature)[0] + offset;
        bytes[at..at + 4].copy_from_slice(&size.to_le_bytes());
    }
    bytes
}
