//! The calls of the service control manager.

use std::ptr;

use windows_sys::Win32::Foundation::{CloseHandle, ERROR_MORE_DATA, FILETIME};
use windows_sys::Win32::System::Services::{
    CloseServiceHandle, EnumServicesStatusExW, OpenSCManagerW, OpenServiceW, QueryServiceConfigW,
    SC_ENUM_PROCESS_INFO, SC_HANDLE, SC_MANAGER_CONNECT, SC_MANAGER_ENUMERATE_SERVICE,
    SERVICE_QUERY_CONFIG, SERVICE_STATE_ALL, SERVICE_WIN32,
};
use windows_sys::Win32::System::Threading::{
    GetProcessTimes, OpenProcess, PROCESS_QUERY_LIMITED_INFORMATION,
};

use super::{Config, Service, parse_config, parse_services};
use crate::windows::{Bytes, Error, unix_seconds, wide};

/// Larger than any answer.
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// A handle of the service control manager.
struct Handle(SC_HANDLE);

// SAFETY: the manager's handles may be used from any thread.
unsafe impl Send for Handle {}

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: the handle is open, and not used again.
        unsafe { CloseServiceHandle(self.0) };
    }
}

/// A connection to the service control manager.
pub(crate) struct Manager {
    manager: Handle,
    /// Aligned for the pointers of answers.
    buffer: Vec<u64>,
}

impl Manager {
    /// Connects, for which no privilege is needed.
    ///
    /// # Errors
    ///
    /// The manager does not answer.
    pub(crate) fn open() -> Result<Self, Error> {
        let access = SC_MANAGER_CONNECT | SC_MANAGER_ENUMERATE_SERVICE;
        // SAFETY: null stands for this machine and its services.
        let manager = unsafe { OpenSCManagerW(ptr::null(), ptr::null(), access) };
        match manager.is_null() {
            true => Err(Error::last("OpenSCManager")),
            false => Ok(Self { manager: Handle(manager), buffer: vec![0; 8 * 1024] }),
        }
    }

    /// All services but drivers.
    ///
    /// # Errors
    ///
    /// The manager refuses, or its answer is damaged.
    pub(crate) fn services(&mut self) -> Result<Vec<Service>, Error> {
        const CALL: &str = "EnumServicesStatusEx";
        loop {
            let length = self.buffer.len() * 8;
            let (mut more, mut count, mut resume) = (0, 0, 0);
            // SAFETY: the manager is open, the buffer has `length` bytes, and the other pointers
            // are live.
            let done = unsafe {
                EnumServicesStatusExW(
                    self.manager.0,
                    SC_ENUM_PROCESS_INFO,
                    SERVICE_WIN32,
                    SERVICE_STATE_ALL,
                    self.buffer.as_mut_ptr().cast(),
                    length as u32,
                    &raw mut more,
                    &raw mut count,
                    &raw mut resume,
                    ptr::null(),
                )
            };
            if done != 0 {
                return parse_services(self.answer(length), self.address(), count as usize);
            }
            match Error::last(CALL) {
                Error::Win32(_, ERROR_MORE_DATA) if length < MAX_BYTES => {
                    self.grow(length + more as usize);
                }
                error => return Err(error),
            }
        }
    }

    /// The configuration of a service.
    ///
    /// # Errors
    ///
    /// This user may not read it, or the service is gone.
    pub(crate) fn config(&mut self, name: &str) -> Result<Config, Error> {
        // The call takes no larger buffer, and ours is never smaller.
        const MAX_LENGTH: u32 = 8192;
        let name = wide(name);
        // SAFETY: the manager is open, and the name ends in NUL.
        let service = unsafe { OpenServiceW(self.manager.0, name.as_ptr(), SERVICE_QUERY_CONFIG) };
        if service.is_null() {
            return Err(Error::last("OpenService"));
        }
        let (service, mut needed) = (Handle(service), 0);
        // SAFETY: the service is open, the buffer has the length stated and is aligned for the
        // struct, and `needed` is live.
        let done = unsafe {
            let buffer = self.buffer.as_mut_ptr().cast();
            QueryServiceConfigW(service.0, buffer, MAX_LENGTH, &raw mut needed)
        };
        match done {
            0 => Err(Error::last("QueryServiceConfig")),
            _ => parse_config(self.answer(MAX_LENGTH as usize), self.address()),
        }
    }

    fn grow(&mut self, length: usize) {
        // Services may be added between two calls.
        let length = length.max(self.buffer.len() * 8 + 4096).min(MAX_BYTES);
        self.buffer.resize(length.div_ceil(8), 0);
    }

    fn address(&self) -> u64 {
        self.buffer.as_ptr().addr() as u64
    }

    fn answer(&self, length: usize) -> Bytes<'_> {
        // SAFETY: `length` is at most the size of the vector, whose bytes are all initialised.
        Bytes(unsafe { std::slice::from_raw_parts(self.buffer.as_ptr().cast(), length) })
    }
}

/// When a process started, in seconds since 1970; `None` if this user may not know.
pub(crate) fn process_start(process: u32) -> Option<f64> {
    // SAFETY: takes no pointer.
    let handle = unsafe { OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, 0, process) };
    if handle.is_null() {
        return None;
    }
    let [mut created, mut exited, mut kernel, mut user] = [FILETIME::default(); 4];
    // SAFETY: the process is open, and the pointers are to live FILETIMEs.
    let done = unsafe {
        GetProcessTimes(handle, &raw mut created, &raw mut exited, &raw mut kernel, &raw mut user)
    };
    // SAFETY: the handle is open, and not used again.
    unsafe { CloseHandle(handle) };
    let created = u64::from(created.dwHighDateTime) << 32 | u64::from(created.dwLowDateTime);
    if done == 0 { None } else { unix_seconds(created) }
}
