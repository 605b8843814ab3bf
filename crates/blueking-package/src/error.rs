//! Why a description, a document or an archive could not be read or written at all. What can be
//! read but breaks a rule is not an error here: it is a list of [`Problem`](crate::Problem)s.

use std::io;
use std::path::PathBuf;

use zip::result::ZipError;

use crate::definitions::SCHEMA;

/// What reading or writing a package can fail with.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A package description is not valid TOML, lacks a key or has one that does not exist.
    #[error("{file}: {reason}")]
    Description {
        /// The file, as the caller named it.
        file: String,
        /// What is wrong, with line and column and the line itself.
        reason: Box<toml::de::Error>,
    },
    /// A JSON document has not the expected form.
    #[error("{file}: {reason}")]
    Json {
        /// The document, as the caller or the archive named it.
        file: String,
        /// What is wrong, with line and column.
        reason: serde_json::Error,
    },
    /// An exporter describes itself in a schema that this library does not know.
    #[error(
        "{file}: the schema is {found}, and this tool reads {SCHEMA}; build the exporter and the \
         tool from the same version, or use a newer tool"
    )]
    Schema {
        /// The document, as the caller named it.
        file: String,
        /// The schema as it stands there, or `missing`.
        found: String,
    },
    /// The operating system refused a file operation.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried: `create`, `write`, `rename` and the like.
        action: &'static str,
        /// The file it was tried on.
        path: PathBuf,
        /// The refusal.
        source: io::Error,
    },
    /// An archive is damaged, truncated or uses a feature that packages never have.
    #[error("{} is not a readable package", path.display())]
    Archive {
        /// The archive.
        path: PathBuf,
        /// What the zip reader or writer found.
        source: ZipError,
    },
    /// A tar in gzip is damaged or truncated, or is no such thing.
    #[error("{} is not a readable package", path.display())]
    Tar {
        /// The archive.
        path: PathBuf,
        /// What the tar or gzip reader or writer found.
        source: io::Error,
    },
    /// A member of a tar is something that a package never holds.
    #[error("{} holds {name:?}, which no package may: {reason}", path.display())]
    Member {
        /// The archive.
        path: PathBuf,
        /// Path of the member.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Two entries of an archive have the same base name, which BlueKing refuses to import.
    #[error(
        "{} has two entries named {name}: BlueKing ignores folders, so every base name must be \
         unique",
        path.display()
    )]
    DuplicateEntry {
        /// The archive.
        path: PathBuf,
        /// The base name.
        name: String,
    },
    /// An entry does not have the size that the archive declares for it.
    #[error(
        "{}: the archive declares {declared} bytes for {name}, but the entry has {found}",
        path.display()
    )]
    WrongSize {
        /// The archive.
        path: PathBuf,
        /// Base name of the entry.
        name: String,
        /// Uncompressed size in bytes, as declared.
        declared: u64,
        /// Uncompressed size in bytes, as read.
        found: u64,
    },
    /// An archive, or what is to become one, holds more than a package can sensibly hold.
    #[error("{} holds more than {limit} {unit}", path.display())]
    TooLarge {
        /// The archive.
        path: PathBuf,
        /// The limit.
        limit: u64,
        /// What the limit counts: `bytes` or `entries`.
        unit: &'static str,
    },
    /// An archive lacks a document.
    #[error("the archive has no {name}")]
    MissingEntry {
        /// Name of the missing entry.
        name: &'static str,
    },
}
