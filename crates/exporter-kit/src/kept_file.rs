//! A file whose content the kernel generates at every read.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use crate::collector::CollectError;

/// Larger than any file that is read this way; the kernel bounds them too.
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// Half of the smallest page. One read returns as many lines as fit a page.
const HALF_PAGE: usize = 2048;

/// A file such as those in `/proc`, kept open. Reading it is cheaper than opening it again, and
/// works when the process has run out of file descriptors.
#[derive(Debug)]
pub struct KeptFile {
    path: PathBuf,
    file: Option<File>,
    buffer: Vec<u8>,
    /// How many bytes of the buffer the last read filled.
    length: usize,
    has_short_lines: bool,
}

impl KeptFile {
    /// The file at `path`, opened at the first read.
    pub fn new(path: impl AsRef<Path>) -> Self {
        let path = path.as_ref().to_owned();
        Self { path, file: None, buffer: Vec::new(), length: 0, has_short_lines: false }
    }

    /// Promises that no line is longer than 2,000 bytes, or that the kernel generates the file in
    /// one piece. Most files in `/proc` and `/sys` qualify; tables of mounts or interrupts do not.
    /// For a small file this saves the read that only finds the end.
    #[must_use]
    pub fn short_lines(self) -> Self {
        Self { has_short_lines: true, ..self }
    }

    /// The path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the file's current content.
    ///
    /// # Errors
    ///
    /// The file cannot be opened or read, or exceeds 16 MiB.
    pub fn read(&mut self) -> Result<&[u8], CollectError> {
        self.length = 0;
        match self.fill() {
            Ok(length) => {
                self.length = length;
                Ok(self.last())
            }
            Err(error) => {
                self.file = None;
                Err(CollectError::context(format_args!("read {}", self.path.display()), error))
            }
        }
    }

    /// The content of the last read; empty before the first read and after a failed one.
    pub fn last(&self) -> &[u8] {
        &self.buffer[..self.length]
    }

    /// Like [`KeptFile::read`], for a file that not every system has.
    ///
    /// # Errors
    ///
    /// [`CollectError::NoData`] if the file does not exist; otherwise as [`KeptFile::read`].
    pub fn read_if_exists(&mut self) -> Result<&[u8], CollectError> {
        if self.file.is_none() {
            match File::open(&self.path) {
                Ok(file) => self.file = Some(file),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    return Err(CollectError::NoData);
                }
                // `read` opens the file again and reports the error.
                Err(_) => {}
            }
        }
        self.read()
    }

    fn fill(&mut self) -> io::Result<usize> {
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(File::open(&self.path)?),
        };
        if self.buffer.is_empty() {
            // Many files, such as those in sysfs, hold a single number.
            self.buffer.resize(256, 0);
        }
        let mut length = 0;
        loop {
            if length == self.buffer.len() {
                if length >= MAX_BYTES {
                    return Err(io::Error::other("the file is larger than 16 MiB"));
                }
                self.buffer.resize(length * 2, 0);
            }
            let rest = &mut self.buffer[length..];
            let bytes = rest.len();
            match read_at(file, rest, length as u64) {
                Ok(0) => return Ok(length),
                // Another line would have fitted both the kernel's page and the buffer.
                Ok(read) if self.has_short_lines && read < bytes && read <= HALF_PAGE => {
                    return Ok(length + read);
                }
                Ok(read) => length += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

#[cfg(unix)]
fn read_at(file: &File, into: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, into, offset)
}

#[cfg(windows)]
fn read_at(file: &File, into: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, into, offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_read_returns_current_content() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let long = "x".repeat(10_000);
        for mut file in [KeptFile::new(&path), KeptFile::new(&path).short_lines()] {
            assert!(file.read().is_err());
            for content in ["one\n", &long, "", &long[..256], &long[..HALF_PAGE]] {
                std::fs::write(&path, content).unwrap();
                assert_eq!(file.read().unwrap(), content.as_bytes());
                assert_eq!(file.last(), content.as_bytes());
            }
            std::fs::remove_file(&path).unwrap();
        }
    }

    #[test]
    fn errors_name_the_file() {
        let error = KeptFile::new("/nowhere/at/all").read().unwrap_err().to_string();
        assert!(error.starts_with("read /nowhere/at/all: "), "{error}");
    }

    #[test]
    fn optional_file_may_come_and_go() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = KeptFile::new(folder.path().join("file"));
        assert!(matches!(file.read_if_exists(), Err(CollectError::NoData)));
        std::fs::write(file.path(), "here").unwrap();
        assert_eq!(file.read_if_exists().unwrap(), b"here");
        let mut folder = KeptFile::new(folder.path());
        assert!(matches!(folder.read_if_exists(), Err(CollectError::Failed(_))));
        assert!(folder.last().is_empty());
    }
}
