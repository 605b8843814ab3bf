//! A device and its control codes: `CreateFileW` and `DeviceIoControl`.
#![allow(unsafe_code, reason = "Win32 calls that std has no wrapper for")]

use std::fs::{File, OpenOptions};
use std::os::windows::fs::OpenOptionsExt as _;
use std::os::windows::io::AsRawHandle as _;
use std::ptr;

use windows_sys::Win32::System::Diagnostics::Debug::{SEM_FAILCRITICALERRORS, SetThreadErrorMode};
use windows_sys::Win32::System::IO::DeviceIoControl;

use super::Error;

/// An open device.
pub(crate) struct Device(File);

impl Device {
    /// Opens a device by a path such as `\\.\C:`, without access to its content, for which no
    /// privilege is needed. May block for ever.
    ///
    /// # Errors
    ///
    /// There is no such device.
    pub(crate) fn open(path: &str) -> Result<Self, Error> {
        // Sharing everything is the default of std.
        let file = OpenOptions::new().access_mode(0).open(path);
        file.map(Self).map_err(|error| {
            Error::Win32("CreateFile", error.raw_os_error().unwrap_or_default() as u32)
        })
    }

    /// Sends a control code with its input, and returns the length of the answer. May block for
    /// ever.
    ///
    /// # Errors
    ///
    /// The device does not know the code, or has no medium.
    pub(crate) fn query(&self, code: u32, input: &[u8], answer: &mut [u8]) -> Result<usize, Error> {
        let mut length = 0;
        // SAFETY: the handle is open, and both buffers have the lengths stated.
        let done = unsafe {
            DeviceIoControl(
                self.0.as_raw_handle(),
                code,
                input.as_ptr().cast(),
                input.len() as u32,
                answer.as_mut_ptr().cast(),
                answer.len() as u32,
                &raw mut length,
                ptr::null_mut(),
            )
        };
        match done {
            0 => Err(Error::last("DeviceIoControl")),
            _ => Ok((length as usize).min(answer.len())),
        }
    }
}

/// Makes calls of this thread fail where Windows would ask the user to insert a medium.
pub(crate) fn without_dialogs() {
    // SAFETY: null is allowed for the old mode.
    unsafe { SetThreadErrorMode(SEM_FAILCRITICALERRORS, ptr::null_mut()) };
}
