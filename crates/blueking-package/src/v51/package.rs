//! A complete package: the documents and the external files.

use super::documents::Documents;
use super::{DESCRIPTION, Entries, LINUX_EXPORTER, LOGO, WINDOWS_EXPORTER};

/// The content of a 5.1 archive. [`check`](crate::check) validates it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// The JSON documents.
    pub documents: Documents,
    /// Description page in Markdown.
    pub description: String,
    /// A PNG of 155 by 65 pixels.
    pub logo: Vec<u8>,
    /// The static executable for x86-64 Linux; without it the package does not support Linux.
    pub linux: Option<Vec<u8>>,
    /// The executable for x86-64 Windows; without it the package does not support Windows.
    pub windows: Option<Vec<u8>>,
}

impl Package {
    /// The entries of the archive. Copies the executables, a few megabytes.
    pub fn to_entries(&self) -> Entries {
        let mut entries = self.documents.to_entries();
        let files = [
            (DESCRIPTION, Some(self.description.as_bytes())),
            (LOGO, Some(&*self.logo)),
            (LINUX_EXPORTER, self.linux.as_deref()),
            (WINDOWS_EXPORTER, self.windows.as_deref()),
        ];
        for (name, bytes) in files {
            entries.extend(bytes.map(|bytes| (name.to_owned(), bytes.to_vec())));
        }
        entries
    }
}
