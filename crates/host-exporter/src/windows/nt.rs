//! `NtQuerySystemInformation`, and its form for one processor group. The classes and layouts are
//! those of Windows 7 to 11; the kernel only ever appends fields.
#![allow(unsafe_code, reason = "NT calls that std has no wrapper for")]

use std::ffi::c_void;
use std::mem::transmute;
use std::sync::OnceLock;

use windows_sys::Wdk::System::SystemInformation::NtQuerySystemInformation;
use windows_sys::Win32::Foundation::{
    NTSTATUS, STATUS_BUFFER_OVERFLOW, STATUS_BUFFER_TOO_SMALL, STATUS_INFO_LENGTH_MISMATCH,
};
use windows_sys::Win32::System::LibraryLoader::{GetModuleHandleW, GetProcAddress};
use windows_sys::core::{PCSTR, PCWSTR};
use windows_sys::{s, w};

use super::{Bytes, Error};

/// Far more than the largest answer, the list of processes and threads of a huge server.
const MAX_BYTES: usize = 256 * 1024 * 1024;

/// A buffer for answers, aligned for every structure, that keeps its size between queries.
#[derive(Debug, Default)]
pub(crate) struct Buffer(Vec<u64>);

impl Buffer {
    /// The answer to a query of a class; the buffer grows until it fits.
    ///
    /// # Errors
    ///
    /// The kernel refuses the query.
    pub(crate) fn query(&mut self, class: i32) -> Result<Bytes<'_>, Error> {
        const CALL: &str = "NtQuerySystemInformation";
        self.fill(CALL, |buffer, length, returned| {
            // SAFETY: `buffer` has `length` bytes and is aligned to 8, and `returned` is live.
            unsafe { NtQuerySystemInformation(class, buffer, length, returned) }
        })
    }

    /// As [`Self::query`], with a group for its processors only, from Windows 7 on.
    ///
    /// # Errors
    ///
    /// As [`Self::query`]; or this system does not have the call.
    pub(crate) fn query_in(&mut self, group: Option<u16>, class: i32) -> Result<Bytes<'_>, Error> {
        match group {
            None => self.query(class),
            Some(group) => self.query_group(class, group),
        }
    }

    fn query_group(&mut self, class: i32, group: u16) -> Result<Bytes<'_>, Error> {
        const CALL: &str = "NtQuerySystemInformationEx";
        static QUERY: OnceLock<Option<QueryEx>> = OnceLock::new();
        let query = (*QUERY.get_or_init(find_query_ex)).ok_or(Error::Missing(CALL))?;
        self.fill(CALL, |buffer, length, returned| {
            let group = (&raw const group).cast::<c_void>();
            // SAFETY: `group` points to 2 bytes, `buffer` has `length` bytes and is aligned to 8,
            // and `returned` is live.
            unsafe { query(class, group, 2, buffer, length, returned) }
        })
    }

    /// The address of the answer, for structures that hold pointers into it.
    pub(crate) fn address(&self) -> u64 {
        self.0.as_ptr().addr() as u64
    }

    /// The last answer again, for a caller that needs its address too.
    pub(crate) fn answer(&self, length: usize) -> Bytes<'_> {
        Bytes(self.bytes(length.min(self.0.len() * 8)))
    }

    fn fill(
        &mut self,
        call: &'static str,
        query: impl Fn(*mut c_void, u32, *mut u32) -> NTSTATUS,
    ) -> Result<Bytes<'_>, Error> {
        if self.0.is_empty() {
            self.0.resize(512 / 8, 0);
        }
        loop {
            let (length, mut returned) = (self.0.len() * 8, 0);
            let status = query(self.0.as_mut_ptr().cast(), length as u32, &raw mut returned);
            let is_short = matches!(
                status,
                STATUS_INFO_LENGTH_MISMATCH | STATUS_BUFFER_TOO_SMALL | STATUS_BUFFER_OVERFLOW
            );
            let returned = returned as usize;
            if is_short && length < MAX_BYTES {
                // Processes may start between two calls.
                let length = (length * 2).max(returned + returned / 8).min(MAX_BYTES);
                self.0.resize(length.div_ceil(8), 0);
            } else if status < 0 {
                return Err(Error::Status(call, status));
            } else {
                return Ok(Bytes(self.bytes(returned.min(length))));
            }
        }
    }

    fn bytes(&self, length: usize) -> &[u8] {
        // SAFETY: `length` is at most the size of the vector, whose bytes are all initialised.
        unsafe { std::slice::from_raw_parts(self.0.as_ptr().cast(), length) }
    }
}

/// The answer to a query of a class whose answers have a fixed size, which the kernel insists on.
///
/// # Errors
///
/// The kernel refuses the query.
pub(crate) fn query<const N: usize>(class: i32) -> Result<[u8; N], Error> {
    /// Aligned for every structure.
    #[repr(C, align(8))]
    struct Aligned<const N: usize>([u8; N]);

    let (mut answer, mut returned) = (Aligned([0; N]), 0);
    // SAFETY: the pointer is to `N` bytes, aligned to 8, and `returned` is live.
    let status = unsafe {
        NtQuerySystemInformation(class, answer.0.as_mut_ptr().cast(), N as u32, &raw mut returned)
    };
    match status {
        0.. => Ok(answer.0),
        status => Err(Error::Status("NtQuerySystemInformation", status)),
    }
}

/// `NtQuerySystemInformationEx(class, input, input_length, buffer, length, &mut returned)`.
type QueryEx =
    unsafe extern "system" fn(i32, *const c_void, u32, *mut c_void, u32, *mut u32) -> NTSTATUS;

fn find_query_ex() -> Option<QueryEx> {
    function(s!("NtQuerySystemInformationEx")).map(|address| {
        // SAFETY: the function of this name has this signature since Windows 7.
        unsafe { transmute::<unsafe extern "system" fn() -> isize, QueryEx>(address) }
    })
}

/// Enables the privilege `SeProfileSingleProcessPrivilege` for this process, which administrators
/// have but not enabled. Without it some classes are refused.
pub(crate) fn enable_profile_privilege() {
    const PROFILE_SINGLE_PROCESS: u32 = 13;
    let Some(adjust) = function(s!("RtlAdjustPrivilege")) else { return };
    // SAFETY: the function of this name has this signature on every Windows.
    let adjust =
        unsafe { transmute::<unsafe extern "system" fn() -> isize, AdjustPrivilege>(adjust) };
    let mut was_enabled = 0;
    // SAFETY: `was_enabled` is live. A refusal leaves the privilege as it was.
    unsafe { adjust(PROFILE_SINGLE_PROCESS, 1, 0, &raw mut was_enabled) };
}

/// `RtlAdjustPrivilege(privilege, enable, of_thread, &mut was_enabled)`.
type AdjustPrivilege = unsafe extern "system" fn(u32, u8, u8, *mut u8) -> NTSTATUS;

/// A function of ntdll that has no import library everywhere, or that older systems lack.
fn function(name: PCSTR) -> Option<unsafe extern "system" fn() -> isize> {
    function_of(w!("ntdll.dll"), name)
}

/// A function that older systems lack, of a library that every process has.
pub(super) fn function_of(
    library: PCWSTR,
    name: PCSTR,
) -> Option<unsafe extern "system" fn() -> isize> {
    // SAFETY: both names are NUL-terminated, and the library stays loaded as long as the process.
    unsafe { GetProcAddress(GetModuleHandleW(library), name) }
}
