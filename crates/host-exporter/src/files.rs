//! Reads folders of small files, as sysfs has them: too many to be kept open, so each is opened,
//! read and closed, relative to its folder and without allocation.

use std::collections::HashMap;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FileType, Mode, OFlags, RawDir, SeekFrom, openat};
use rustix::io::{Errno, pread, read};

use crate::text::number;

/// More than a file of sysfs can hold.
const MAX_BYTES: usize = 4096;

/// More than a file of cgroups can hold, where one has a line for each disk.
const MAX_LONG_BYTES: usize = 4 * 1024 * 1024;

/// An open folder.
pub(crate) struct Folder(OwnedFd);

/// What a small file holds.
pub(crate) struct Text {
    bytes: [u8; MAX_BYTES],
    length: usize,
}

impl Folder {
    /// The folder at `path`; `None` where there is none that can be read.
    pub(crate) fn open(path: &Path) -> Option<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        openat(CWD, path, flags, Mode::empty()).ok().map(Self)
    }

    /// A folder in this one, or behind a link in it.
    pub(crate) fn folder(&self, name: &str) -> Option<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        openat(&self.0, name, flags, Mode::empty()).ok().map(Self)
    }

    fn file(&self, name: &str) -> Result<OwnedFd, Errno> {
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        openat(&self.0, name, flags, Mode::empty())
    }

    /// Whether there is something of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        rustix::fs::accessat(
            &self.0,
            name,
            rustix::fs::Access::EXISTS,
            rustix::fs::AtFlags::empty(),
        )
        .is_ok()
    }

    /// What a file in this folder, or below it, holds; `None` where it cannot be read, as many of
    /// sysfs cannot while a device is off.
    pub(crate) fn text(&self, name: &str) -> Option<Text> {
        Text::of(&self.file(name).ok()?)
    }

    /// What a file in this folder holds, where that may be more than 4 KiB. `buffer` keeps its memory
    /// from file to file.
    ///
    /// # Errors
    ///
    /// It cannot be opened or read, or has no end.
    pub(crate) fn read<'a>(&self, name: &str, buffer: &'a mut Vec<u8>) -> Result<&'a [u8], Errno> {
        let file = self.file(name)?;
        let mut length = 0;
        loop {
            if length == buffer.len() {
                if length >= MAX_LONG_BYTES {
                    return Err(Errno::FBIG);
                }
                buffer.resize((2 * length).max(MAX_BYTES), 0);
            }
            match read(&file, &mut buffer[length..]) {
                Ok(more) => length += more,
                Err(Errno::INTR) => continue,
                Err(error) => return Err(error),
            }
            // The kernel fills the buffer while it has more.
            if length < buffer.len() {
                return Ok(&buffer[..length]);
            }
        }
    }

    /// Where a link in this folder leads to; `None` for what is not a link.
    pub(crate) fn link(&self, name: &str) -> Option<Text> {
        let mut text = Text { bytes: [0; MAX_BYTES], length: 0 };
        text.length = rustix::fs::readlinkat_raw(&self.0, name, &mut text.bytes[..]).ok()?;
        Some(text)
    }

    /// The number that a file holds.
    pub(crate) fn number(&self, name: &str) -> Option<f64> {
        number(self.text(name)?.trimmed()?)
    }

    /// How many entries a folder in this one has, at most `most`, without `.` and `..`; `None`
    /// where it cannot be read.
    pub(crate) fn count(&self, name: &str, most: usize) -> Option<usize> {
        let folder = self.folder(name)?;
        let mut buffer = [std::mem::MaybeUninit::uninit(); 4096];
        let mut entries = RawDir::new(&folder.0, &mut buffer);
        let mut count = 0_usize;
        while count < most.saturating_add(2)
            && let Some(Ok(_)) = entries.next()
        {
            count += 1;
        }
        Some(count.saturating_sub(2))
    }

    /// Calls `each` with every name in the folder, in no order, without `.` and `..` and those that
    /// are not UTF-8. `each` does not do so with the same folder.
    pub(crate) fn names(&self, mut each: impl FnMut(&str)) {
        self.entries(|name, _| each(name));
    }

    /// As [`Folder::names`], of the folders in it alone.
    pub(crate) fn folders(&self, mut each: impl FnMut(&str)) {
        self.entries(|name, kind| {
            if kind == FileType::Directory {
                each(name);
            }
        });
    }

    fn entries(&self, mut each: impl FnMut(&str, FileType)) {
        // From its beginning, wherever the last reading ended.
        if rustix::fs::seek(&self.0, SeekFrom::Start(0)).is_err() {
            return;
        }
        let mut buffer = [std::mem::MaybeUninit::uninit(); 4096];
        let mut entries = RawDir::new(&self.0, &mut buffer);
        while let Some(Ok(entry)) = entries.next() {
            match entry.file_name().to_str() {
                Ok("." | "..") | Err(_) => {}
                Ok(name) => each(name, entry.file_type()),
            }
        }
    }
}

/// How many files are kept open for one collector.
const MAX_KEPT: usize = 64;

/// Small files below a folder that are read at every scrape. They are kept open while they are few,
/// since most of what a reading costs is opening.
pub(crate) struct KeptFiles {
    path: PathBuf,
    /// The folder, once a file had to be opened in this round.
    folder: Option<Option<Folder>>,
    files: HashMap<String, Kept>,
}

struct Kept {
    file: OwnedFd,
    was_read: bool,
}

impl KeptFiles {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { path: folder, folder: None, files: HashMap::new() }
    }

    /// Begins a round: closes what was not read in the last one.
    pub(crate) fn begin(&mut self) {
        self.folder = None;
        self.files.retain(|_, kept| std::mem::take(&mut kept.was_read));
    }

    /// As [`Folder::text`].
    pub(crate) fn text(&mut self, path: &str) -> Option<Text> {
        if let Some(kept) = self.files.get_mut(path) {
            if let Some(text) = Text::of(&kept.file) {
                kept.was_read = true;
                return Some(text);
            }
            // The device was removed; another may have taken its name.
            self.files.remove(path);
        }
        let folder = self.folder.get_or_insert_with(|| Folder::open(&self.path)).as_ref()?;
        let file = folder.file(path).ok()?;
        let text = Text::of(&file)?;
        if self.files.len() < MAX_KEPT {
            self.files.insert(path.to_owned(), Kept { file, was_read: true });
        }
        Some(text)
    }

    /// The number that a file holds.
    pub(crate) fn number(&mut self, path: &str) -> Option<f64> {
        number(self.text(path)?.trimmed()?)
    }
}

impl Text {
    fn of(file: &OwnedFd) -> Option<Self> {
        let mut text = Self { bytes: [0; MAX_BYTES], length: 0 };
        loop {
            // The kernel hands over such a file in one piece.
            match pread(file, &mut text.bytes, 0) {
                Ok(length) => {
                    text.length = length;
                    return Some(text);
                }
                Err(Errno::INTR) => {}
                Err(_) => return None,
            }
        }
    }

    /// The text without blanks and line feeds around it; `None` where it is not UTF-8.
    pub(crate) fn trimmed(&self) -> Option<&str> {
        str::from_utf8(self.bytes()).ok().map(str::trim)
    }

    /// As it was read, at most 4 KiB.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_kept_open_while_they_are_read() {
        let root = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(root.path().join(name), text).unwrap();
        let mut files = KeptFiles::new(root.path().to_owned());
        write("a", "1\n");
        for text in ["1\n", "22\n"] {
            write("a", text);
            files.begin();
            assert_eq!(files.number("a"), Some(text.trim().parse().unwrap()));
            assert_eq!(files.number("gone"), None);
            assert_eq!(files.files.len(), 1);
        }
        for number in 0..MAX_KEPT + 9 {
            write(&format!("b{number}"), "3");
            assert_eq!(files.number(&format!("b{number}")), Some(3.0));
        }
        assert_eq!(files.files.len(), MAX_KEPT);
        files.begin();
        assert_eq!(files.number("a"), Some(22.0));
        files.begin();
        assert_eq!(files.files.len(), 1);
        // As a device that is removed, and another of its name.
        let folder = OFlags::RDONLY | OFlags::DIRECTORY;
        files.files.get_mut("a").unwrap().file =
            openat(CWD, root.path(), folder, Mode::empty()).unwrap();
        assert_eq!(files.number("a"), Some(22.0));
    }

    #[test]
    fn files_of_a_folder_are_read_by_their_names() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path();
        std::fs::create_dir(path.join("below")).unwrap();
        std::fs::write(path.join("number"), " 42\n").unwrap();
        std::fs::write(path.join("below/text"), "a b\n").unwrap();
        std::fs::write(path.join("binary"), b"\xff").unwrap();
        let folder = Folder::open(path).unwrap();
        assert_eq!(folder.number("number"), Some(42.0));
        assert_eq!(folder.text("below/text").unwrap().trimmed(), Some("a b"));
        assert_eq!(folder.folder("below").unwrap().number("text"), None);
        assert_eq!((folder.number("binary"), folder.number("gone")), (None, None));
        std::os::unix::fs::symlink("below/text", path.join("link")).unwrap();
        assert_eq!(folder.link("link").unwrap().bytes(), b"below/text");
        assert!(folder.link("number").is_none());
        std::fs::remove_file(path.join("link")).unwrap();
        assert_eq!((folder.count(".", 9), folder.count(".", 1)), (Some(3), Some(1)));
        assert_eq!(folder.count("gone", 9), None);
        assert!(folder.has("below") && !folder.has("gone") && folder.folder("number").is_none());
        for _ in 0..2 {
            let mut names = Vec::new();
            folder.names(|name| names.push(name.to_owned()));
            names.sort();
            assert_eq!(names, ["below", "binary", "number"]);
        }
        let mut folders = Vec::new();
        folder.folders(|name| folders.push(name.to_owned()));
        assert_eq!(folders, ["below"]);
        assert!(Folder::open(&path.join("gone")).is_none());
    }

    #[test]
    fn files_of_any_length_are_read_whole() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = Folder::open(temporary.path()).unwrap();
        let mut buffer = Vec::new();
        for length in [0, 10, MAX_BYTES - 1, MAX_BYTES, MAX_BYTES + 1, 10 * MAX_BYTES, 3] {
            let text: Vec<u8> = (0..=255).cycle().take(length).collect();
            std::fs::write(temporary.path().join("file"), &text).unwrap();
            assert_eq!(folder.read("file", &mut buffer), Ok(&text[..]), "{length}");
        }
        assert_eq!(folder.read("gone", &mut buffer), Err(Errno::NOENT));
        std::fs::write(temporary.path().join("endless"), vec![b'x'; MAX_LONG_BYTES + 1]).unwrap();
        assert_eq!(folder.read("endless", &mut buffer), Err(Errno::FBIG));
    }
}
