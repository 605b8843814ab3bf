//! Errors from reading or writing a description, a document or an archive. Input that can be read
//! but breaks a rule is not an error: it yields [`Problem`](crate::Problem)s.

use std::io;
use std::path::PathBuf;

use zip::result::ZipError;

use crate::definitions::SCHEMA;

/// Error from reading or writing a package.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A package description is not valid TOML, lacks a key or has an unknown one.
    #[error("{file}: {reason}")]
    Description {
        /// The file, as the caller named it.
        file: String,
        /// The cause, with line, column and the line itself.
        reason: Box<toml::de::Error>,
    },
    /// A JSON document does not have the expected form.
    #[error("{file}: {reason}")]
    Json {
        /// The document, as the caller or the archive named it.
        file: String,
        /// The cause, with line and column.
        reason: serde_json::Error,
    },
    /// The description of an exporter uses an unsupported schema.
    #[error(
        "{file}: the schema is {found}, but this tool reads {SCHEMA}; build the exporter and the \
         tool from the same version, or use a newer tool"
    )]
    Schema {
        /// The document, as the caller named it.
        file: String,
        /// The schema found, or `missing`.
        found: String,
    },
    /// A file operation failed.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// The operation, such as `create`, `write` or `rename`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// An archive is damaged, truncated or uses a feature that packages never use.
    #[error("{} is not a readable package", path.display())]
    Archive {
        /// The archive.
        path: PathBuf,
        /// The error of the zip reader or writer.
        source: ZipError,
    },
    /// A file is not a gzip-compressed tar, or is damaged or truncated.
    #[error("{} is not a readable package", path.display())]
    Tar {
        /// The archive.
        path: PathBuf,
        /// The error of the tar or gzip reader or writer.
        source: io::Error,
    },
    /// A tar contains a member that packages must not contain.
    #[error("{} contains the invalid member {name:?}: {reason}", path.display())]
    Member {
        /// The archive.
        path: PathBuf,
        /// Path of the member.
        name: String,
        /// Why it is invalid.
        reason: &'static str,
    },
    /// Two entries of an archive have the same base name, which BlueKing cannot import.
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
    /// The size of an entry differs from the size that the archive declares.
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
    /// An archive, or its content before packing, exceeds the limits of a package.
    #[error("{} contains more than {limit} {unit}", path.display())]
    TooLarge {
        /// The archive.
        path: PathBuf,
        /// The limit.
        limit: u64,
        /// The unit of the limit: `bytes`, `entries` or `files`.
        unit: &'static str,
    },
    /// A document is missing from an archive.
    #[error("the archive has no {name}")]
    MissingEntry {
        /// Name of the missing entry.
        name: &'static str,
    },
}
