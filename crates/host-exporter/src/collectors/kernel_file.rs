//! Reads a file that the kernel makes anew at every read.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use exporter_kit::CollectError;

/// More than any file that is read this way; the kernel bounds them too.
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// A file of `/proc`, kept open: that is cheaper, and it can be read when the process has no
/// file descriptor left.
pub(super) struct KernelFile {
    path: PathBuf,
    file: Option<File>,
    buffer: Vec<u8>,
}

impl KernelFile {
    pub(super) fn new(path: impl AsRef<Path>) -> Self {
        Self { path: path.as_ref().to_owned(), file: None, buffer: Vec::new() }
    }

    /// The file's present content.
    ///
    /// # Errors
    ///
    /// It cannot be opened or read, or is not of any sensible size.
    pub(super) fn read(&mut self) -> Result<&[u8], CollectError> {
        match self.fill() {
            Ok(length) => Ok(&self.buffer[..length]),
            Err(error) => {
                self.file = None;
                Err(CollectError::context(format_args!("read {}", self.path.display()), error))
            }
        }
    }

    fn fill(&mut self) -> io::Result<usize> {
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(File::open(&self.path)?),
        };
        if self.buffer.is_empty() {
            self.buffer.resize(4096, 0);
        }
        let mut length = 0;
        loop {
            if length == self.buffer.len() {
                if length >= MAX_BYTES {
                    return Err(io::Error::other("the file has no end"));
                }
                self.buffer.resize(length * 2, 0);
            }
            match file.read_at(&mut self.buffer[length..], length as u64) {
                Ok(0) => return Ok(length),
                Ok(read) => length += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_read_sees_the_present_content() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let long = "x".repeat(10_000);
        let mut file = KernelFile::new(&path);
        assert!(file.read().is_err());
        for content in ["one\n", &long, ""] {
            std::fs::write(&path, content).unwrap();
            assert_eq!(file.read().unwrap(), content.as_bytes());
        }
    }

    #[test]
    fn an_error_names_the_file() {
        let error = KernelFile::new("/nowhere/at/all").read().unwrap_err().to_string();
        assert!(error.starts_with("read /nowhere/at/all: "), "{error}");
    }
}
