//! The error of a call.

use std::fmt;

/// A call that failed or whose answer cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Error {
    /// The call returned a Win32 error code.
    #[cfg(windows)]
    Win32(&'static str, u32),
    /// The call returned an NTSTATUS.
    #[cfg(windows)]
    Status(&'static str, i32),
    /// The answer is shorter than its structure: the number of its bytes.
    Short(&'static str, usize),
    /// This Windows does not have the function.
    #[cfg(windows)]
    Missing(&'static str),
}

impl Error {
    /// The error of a call that has just failed: `GetLastError`.
    #[cfg(windows)]
    pub(crate) fn last(call: &'static str) -> Self {
        let code = std::io::Error::last_os_error().raw_os_error();
        Self::Win32(call, code.unwrap_or_default() as u32)
    }
}

#[cfg(windows)]
impl Error {
    /// For a collector that has nothing else: a call or class that this system lacks is no failure.
    pub(crate) fn of_collector(self) -> exporter_kit::CollectError {
        use windows_sys::Win32::Foundation::{STATUS_INVALID_INFO_CLASS, STATUS_NOT_IMPLEMENTED};
        match self {
            Self::Missing(_)
            | Self::Status(_, STATUS_INVALID_INFO_CLASS | STATUS_NOT_IMPLEMENTED) => {
                exporter_kit::CollectError::Unsupported
            }
            error => error.into(),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            #[cfg(windows)]
            Self::Win32(call, code) => {
                let error = std::io::Error::from_raw_os_error(*code as i32);
                write!(f, "{call}: {error}")
            }
            #[cfg(windows)]
            Self::Status(call, status) => write!(f, "{call}: status {:#010x}", *status as u32),
            Self::Short(what, length) => write!(f, "{what}: only {length} bytes"),
            #[cfg(windows)]
            Self::Missing(call) => write!(f, "{call}: not on this version of Windows"),
        }
    }
}

impl std::error::Error for Error {}
