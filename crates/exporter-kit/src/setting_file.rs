//! Files that settings name. All are read by one rule, so that a file from any editor means the
//! same everywhere.

use std::fs::File;
use std::io::{self, ErrorKind, Read as _};
use std::path::Path;

/// The largest file. Device files such as `/dev/zero` never end.
const MAX_BYTES: u64 = 1024 * 1024;

const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Reads the text of a file that a setting names, such as a file with a password: without a byte
/// order mark, with line feeds for CRLF, and without line breaks at its end.
///
/// # Errors
///
/// The file cannot be read, is larger than 1 MiB, or is not UTF-8.
///
/// ```
/// let folder = std::env::temp_dir().join("read_setting_file");
/// std::fs::create_dir_all(&folder)?;
/// let path = folder.join("password");
/// std::fs::write(&path, "\u{feff}secret\r\n")?;
/// assert_eq!(exporter_kit::read_setting_file(&path)?, "secret");
/// # std::io::Result::Ok(())
/// ```
pub fn read_setting_file(path: impl AsRef<Path>) -> io::Result<String> {
    let text = String::from_utf8(read_bytes(path.as_ref())?)
        .map_err(|_| io::Error::new(ErrorKind::InvalidData, "the file is not UTF-8 text"))?;
    let text = text.replace("\r\n", "\n");
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

/// Reads a file without its byte order mark. For formats with line breaks of their own.
pub(crate) fn read_bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(io::Error::other("the file is larger than 1 MiB"));
    }
    if bytes.starts_with(BYTE_ORDER_MARK.as_bytes()) {
        bytes.drain(..BYTE_ORDER_MARK.len());
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content: &[u8]) -> Result<String, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, content).unwrap();
        read_setting_file(&path).map_err(|error| error.to_string())
    }

    #[test]
    fn editors_make_no_difference() {
        for (content, expected) in [
            ("secret", "secret"),
            ("secret\n", "secret"),
            ("secret\r\n", "secret"),
            ("secret\r\n\r\n", "secret"),
            ("\u{feff}secret\r\n", "secret"),
            (" se cret \n", " se cret "),
            ("\u{feff}a\r\nb\r\n", "a\nb"),
            ("a\rb", "a\rb"),
            ("a\u{feff}b", "a\u{feff}b"),
            ("\r\n", ""),
            ("", ""),
        ] {
            assert_eq!(read(content.as_bytes()).as_deref(), Ok(expected), "{content:?}");
        }
    }

    #[test]
    fn binary_and_huge_files_are_errors() {
        let utf_16 = [0xff, 0xfe, b's', 0];
        assert_eq!(read(&utf_16).unwrap_err(), "the file is not UTF-8 text");
        let large = vec![b'x'; MAX_BYTES as usize + 1];
        assert_eq!(read(&large).unwrap_err(), "the file is larger than 1 MiB");
    }
}
