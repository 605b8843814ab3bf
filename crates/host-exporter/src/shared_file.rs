//! Files that several collectors read: each scrape reads them once.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use exporter_kit::{CollectError, KeptFile};

/// Far longer than the time between two collectors of one scrape.
const MAX_AGE: Duration = Duration::from_millis(100);

/// The files that collectors share, by their paths.
static FILES: Mutex<Vec<(PathBuf, Weak<Mutex<Shared>>)>> = Mutex::new(Vec::new());

/// One collector's access to a file that others may read too.
pub(crate) struct SharedFile {
    shared: Arc<Mutex<Shared>>,
    /// Its bit in [`Shared::taken`].
    reader: u64,
}

struct Shared {
    file: KeptFile,
    readers: u32,
    /// The readers that have used the last reading, as bits.
    taken: u64,
    read: Option<Instant>,
}

impl SharedFile {
    pub(crate) fn new(path: impl AsRef<Path>) -> Self {
        let path = path.as_ref();
        Self::of(path, || KeptFile::new(path))
    }

    /// See [`KeptFile::short_lines`].
    pub(crate) fn with_short_lines(path: impl AsRef<Path>) -> Self {
        let path = path.as_ref();
        Self::of(path, || KeptFile::new(path).short_lines())
    }

    fn of(path: &Path, open: impl FnOnce() -> KeptFile) -> Self {
        let mut files = FILES.lock().unwrap_or_else(PoisonError::into_inner);
        files.retain(|(_, shared)| shared.strong_count() > 0);
        let known = files.iter().find(|(known, _)| known == path);
        let shared = known.and_then(|(_, shared)| shared.upgrade()).unwrap_or_else(|| {
            let file = open();
            let shared = Shared { file, readers: 0, taken: 0, read: None };
            let shared = Arc::new(Mutex::new(shared));
            files.push((path.to_owned(), Arc::downgrade(&shared)));
            shared
        });
        let mut inner = shared.lock().unwrap_or_else(PoisonError::into_inner);
        let reader = 1_u64.checked_shl(inner.readers).unwrap_or(0);
        inner.readers += 1;
        drop(inner);
        Self { shared, reader }
    }

    /// Calls `use_it` with the content that another collector has just read, or else the current
    /// content.
    ///
    /// # Errors
    ///
    /// That of `use_it`, or that of [`KeptFile::read_if_exists`].
    pub(crate) fn with<T>(
        &mut self,
        use_it: impl FnOnce(&[u8]) -> Result<T, CollectError>,
    ) -> Result<T, CollectError> {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        let Shared { file, taken, read, .. } = &mut *shared;
        let is_young = read.is_some_and(|read| read.elapsed() < MAX_AGE);
        if !is_young || *taken & self.reader != 0 || self.reader == 0 {
            *read = None;
            file.read_if_exists()?;
            *read = Some(Instant::now());
            *taken = 0;
        }
        *taken |= self.reader;
        use_it(file.last())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reader_has_a_reading_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let [mut first, mut second] = [(); 2].map(|()| SharedFile::new(&path));
        let read = |file: &mut SharedFile| file.with(|text| Ok(text.to_vec())).ok();
        assert_eq!(read(&mut first), None);
        for (content, of_second) in [("1", "1"), ("2", "2")] {
            std::fs::write(&path, content).unwrap();
            assert_eq!(read(&mut first).unwrap(), content.as_bytes());
            std::fs::write(&path, "later").unwrap();
            // "later" if the test was delayed in between.
            let text = read(&mut second).unwrap();
            assert!(text == of_second.as_bytes() || text == b"later", "{text:?}");
        }
        first.shared.lock().unwrap().read = Instant::now().checked_sub(MAX_AGE);
        std::fs::write(&path, "present").unwrap();
        let mut third = SharedFile::new(&path);
        assert_eq!(read(&mut third).unwrap(), b"present");
        std::fs::remove_file(&path).unwrap();
        drop([first, second, third]);
        assert_eq!(read(&mut SharedFile::new(&path)), None);
    }
}
