//! The error for a wrong command line, which has an exit code of its own.

use std::fmt;

/// The command line asks for something that does not exist or cannot work. Nothing was done.
#[derive(Debug)]
pub struct UsageError(pub String);

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UsageError {}
