//! What is wrong with what somebody typed, as against what went wrong: the exit code tells them
//! apart.

use std::fmt;

/// The command line asks for what there is not, or for what cannot be; nothing was done.
#[derive(Debug)]
pub(crate) struct UsageError(pub(crate) String);

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UsageError {}
