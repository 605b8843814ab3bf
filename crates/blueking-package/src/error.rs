//! Errors from reading or writing a description, a document or an archive. Input that can be read
//! but breaks a rule is not an error: it yields [`Problem`](crate::Problem)s.

use std::io;
use std::path::{Path, PathBuf};

use zip::result::ZipError;

use crate::texts::{located, sources_files as texts};

/// Error from reading or writing a package.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A package description is not valid TOML, lacks a key or has an unknown one.
    #[error("{}", located(&[.file], &.reason.to_string()))]
    Description {
        /// The file, as the caller named it.
        file: String,
        /// The cause, with line, column and the line itself.
        reason: Box<toml::de::Error>,
    },
    /// A JSON document does not have the expected form.
    #[error("{}", located(&[.file], &.reason.to_string()))]
    Json {
        /// The document, as the caller or the archive named it.
        file: String,
        /// The cause, with line and column.
        reason: serde_json::Error,
    },
    /// The description of an exporter uses an unsupported schema.
    #[error("{}", unsupported(.file, .found.as_deref()))]
    Schema {
        /// The document, as the caller named it.
        file: String,
        /// The schema found, if there is any.
        found: Option<String>,
    },
    /// A file operation failed.
    #[error("{}", .action.failure(&shown(.path)))]
    Io {
        /// The operation.
        action: FileAction,
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// An archive is damaged, truncated or uses a feature that packages never use.
    #[error("{}", texts::is_not_a_package(&shown(.path)))]
    Archive {
        /// The archive.
        path: PathBuf,
        /// The error of the zip reader or writer.
        source: ZipError,
    },
    /// A file is not a gzip-compressed tar, or is damaged or truncated.
    #[error("{}", texts::is_not_a_package(&shown(.path)))]
    Tar {
        /// The archive.
        path: PathBuf,
        /// The error of the tar or gzip reader or writer.
        source: io::Error,
    },
    /// A tar contains a member that packages must not contain.
    #[error("{}", texts::member_is_invalid(&shown(.path), .name, .reason))]
    Member {
        /// The archive.
        path: PathBuf,
        /// Path of the member.
        name: String,
        /// Why it is invalid.
        reason: String,
    },
    /// Two entries of an archive have the same base name, which BlueKing cannot import.
    #[error("{}", texts::entry_is_repeated(&shown(.path), .name))]
    DuplicateEntry {
        /// The archive.
        path: PathBuf,
        /// The base name.
        name: String,
    },
    /// The size of an entry differs from the size that the archive declares.
    #[error("{}", texts::entry_has_other_size(&shown(.path), .name, *.declared, *.found))]
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
    #[error("{}", .unit.excess(&shown(.path), *.limit))]
    TooLarge {
        /// The archive.
        path: PathBuf,
        /// The limit.
        limit: u64,
        /// What the limit counts.
        unit: LimitUnit,
    },
    /// A document is missing from an archive.
    #[error("{}", texts::entry_is_missing(.name))]
    MissingEntry {
        /// Name of the missing entry.
        name: &'static str,
    },
}

/// An operation on a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileAction {
    /// Opening it.
    Open,
    /// Creating it.
    Create,
    /// Reading it.
    Read,
    /// Writing to it.
    Write,
    /// Flushing it to disk.
    Flush,
    /// Removing what an interrupted run left.
    RemoveStale,
    /// Renaming the finished file to its name.
    RenameTo,
}

/// What a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitUnit {
    /// Bytes, unpacked.
    Bytes,
    /// Files of the archive.
    Files,
}

impl Error {
    /// The failure of an operation on a file, from its cause.
    pub(crate) fn io(action: FileAction, path: &Path) -> impl Fn(io::Error) -> Self + '_ {
        move |source| Self::Io { action, path: path.to_owned(), source }
    }

    pub(crate) fn too_large(path: &Path, limit: u64, unit: LimitUnit) -> Self {
        Self::TooLarge { path: path.to_owned(), limit, unit }
    }
}

impl LimitUnit {
    /// That an archive exceeds the limit.
    fn excess(self, path: &str, limit: u64) -> String {
        match self {
            Self::Bytes => texts::more_bytes(path, limit),
            Self::Files => texts::more_files(path, limit),
        }
    }
}

fn unsupported(file: &str, found: Option<&str>) -> String {
    match found {
        Some(found) => texts::schema_is_other(file, found),
        None => texts::schema_is_missing(file),
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

impl FileAction {
    /// That it failed.
    fn failure(self, path: &str) -> String {
        match self {
            Self::Open => texts::cannot_open(path),
            Self::Create => texts::cannot_create(path),
            Self::Read => texts::cannot_read(path),
            Self::Write => texts::cannot_write(path),
            Self::Flush => texts::cannot_flush(path),
            Self::RemoveStale => texts::cannot_remove_stale(path),
            Self::RenameTo => texts::cannot_rename_to(path),
        }
    }
}
