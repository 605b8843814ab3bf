//! Reads times, memory, handles and threads of the process from Win32.
#![allow(unsafe_code, reason = "a handful of Win32 calls that std has no wrapper for")]

use std::mem::{size_of, transmute};
use std::ptr;
use std::sync::OnceLock;

use windows_sys::Win32::Foundation::{
    CloseHandle, FILETIME, HANDLE, NTSTATUS, STATUS_NO_MORE_ENTRIES, STATUS_SUCCESS,
};
use windows_sys::Win32::System::LibraryLoader::{GetModuleHandleW, GetProcAddress};
use windows_sys::Win32::System::ProcessStatus::{
    K32GetProcessMemoryInfo, PROCESS_MEMORY_COUNTERS, PROCESS_MEMORY_COUNTERS_EX,
};
use windows_sys::Win32::System::Threading::{
    GetCurrentProcess, GetProcessHandleCount, GetProcessTimes, THREAD_QUERY_LIMITED_INFORMATION,
};
use windows_sys::{s, w};

use super::ProcessStats;

/// The limit of the handle table, which is the same for every process and cannot be queried.
const MAX_HANDLES: u64 = 16 * 1024 * 1024;

/// Units of a FILETIME in a second.
const PER_SECOND: f64 = 1e7;

/// 1970-01-01 as a FILETIME, which counts from 1601-01-01.
const UNIX_EPOCH: u64 = 116_444_736_000_000_000;

/// Queries the system at each scrape.
#[derive(Debug, Default)]
pub(super) struct Reader;

impl Reader {
    pub(super) fn read(&mut self) -> ProcessStats {
        // SAFETY: takes no argument; the pseudo handle is valid as long as the process.
        let process = unsafe { GetCurrentProcess() };
        let times = times(process);
        let memory = memory(process);
        ProcessStats {
            cpu_seconds: times.map(|times| times.cpu_seconds),
            open_fds: handles(process),
            max_fds: Some(MAX_HANDLES),
            virtual_memory_bytes: memory.and_then(|memory| memory.private_bytes),
            virtual_memory_max_bytes: None,
            resident_memory_bytes: memory.and_then(|memory| memory.resident_bytes),
            start_time_seconds: times.and_then(|times| times.start_seconds),
            threads: threads(process),
        }
    }
}

#[derive(Clone, Copy)]
struct Times {
    cpu_seconds: f64,
    start_seconds: Option<f64>,
}

fn times(process: HANDLE) -> Option<Times> {
    let [mut created, mut exited, mut kernel, mut user] = [FILETIME::default(); 4];
    // SAFETY: `process` is valid, and the pointers are to live FILETIMEs.
    let done = unsafe {
        GetProcessTimes(process, &raw mut created, &raw mut exited, &raw mut kernel, &raw mut user)
    };
    (done != 0).then(|| Times {
        cpu_seconds: (units(kernel) + units(user)) as f64 / PER_SECOND,
        start_seconds: unix_seconds(units(created)),
    })
}

fn units(time: FILETIME) -> u64 {
    u64::from(time.dwHighDateTime) << 32 | u64::from(time.dwLowDateTime)
}

fn unix_seconds(units: u64) -> Option<f64> {
    let since_epoch = units.checked_sub(UNIX_EPOCH)?;
    // Whole milliseconds are more than a start time needs.
    Some((since_epoch / 10_000) as f64 / 1e3)
}

#[derive(Clone, Copy)]
struct Memory {
    private_bytes: Option<u64>,
    resident_bytes: Option<u64>,
}

fn memory(process: HANDLE) -> Option<Memory> {
    let mut counters = PROCESS_MEMORY_COUNTERS_EX::default();
    let size = size_of::<PROCESS_MEMORY_COUNTERS_EX>() as u32;
    // SAFETY: `process` is valid; the larger struct begins with the fields of the smaller, and
    // `size` is its size.
    let done = unsafe {
        let counters = (&raw mut counters).cast::<PROCESS_MEMORY_COUNTERS>();
        K32GetProcessMemoryInfo(process, counters, size)
    };
    // Both fields hold the same figure, but Windows 7 leaves one at 0 and Wine 8 the other.
    let private = counters.PrivateUsage.max(counters.PagefileUsage) as u64;
    let nonzero = |value: u64| (value > 0).then_some(value);
    (done != 0).then(|| Memory {
        private_bytes: nonzero(private),
        resident_bytes: nonzero(counters.WorkingSetSize as u64),
    })
}

fn handles(process: HANDLE) -> Option<u64> {
    let mut count = 0;
    // SAFETY: `process` is valid, and the pointer is to a live u32.
    let done = unsafe { GetProcessHandleCount(process, &raw mut count) };
    // Every process has handles; Wine 8 does not count them.
    (done != 0 && count > 0).then_some(u64::from(count))
}

/// `NtGetNextThread(process, previous, access, attributes, flags, &mut next)`.
type NextThread = unsafe extern "system" fn(HANDLE, HANDLE, u32, u32, u32, *mut HANDLE) -> NTSTATUS;

/// Walks the threads of this process. The documented API (Toolhelp) lists the threads of all
/// processes, which takes milliseconds. Without the call there is no value.
fn threads(process: HANDLE) -> Option<u64> {
    static NEXT_THREAD: OnceLock<Option<NextThread>> = OnceLock::new();
    let next_thread = (*NEXT_THREAD.get_or_init(find_next_thread))?;
    let mut count = 0;
    let mut thread: HANDLE = ptr::null_mut();
    loop {
        let mut next: HANDLE = ptr::null_mut();
        // SAFETY: `process` is valid, `thread` is null or the open handle of one of its threads,
        // and `next` is live.
        let status = unsafe {
            next_thread(process, thread, THREAD_QUERY_LIMITED_INFORMATION, 0, 0, &raw mut next)
        };
        if !thread.is_null() {
            // SAFETY: the handle is open, is ours, and is not used again.
            unsafe { CloseHandle(thread) };
        }
        match status {
            STATUS_SUCCESS if !next.is_null() => count += 1,
            STATUS_NO_MORE_ENTRIES if count > 0 => return Some(count),
            _ => return None,
        }
        thread = next;
    }
}

fn find_next_thread() -> Option<NextThread> {
    // SAFETY: both names are NUL-terminated, and ntdll stays loaded as long as the process.
    let address =
        unsafe { GetProcAddress(GetModuleHandleW(w!("ntdll.dll")), s!("NtGetNextThread")) };
    // SAFETY: the function of this name has this signature since Windows Vista.
    address.map(|address| unsafe {
        transmute::<unsafe extern "system" fn() -> isize, NextThread>(address)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_times_become_unix_seconds() {
        let time = FILETIME { dwLowDateTime: 0xd53e_8000, dwHighDateTime: 0x019d_b1de };
        assert_eq!(units(time), UNIX_EPOCH);
        let cases = [
            (UNIX_EPOCH, Some(0.0)),
            (UNIX_EPOCH + 15_000_000, Some(1.5)),
            (UNIX_EPOCH + 17_636_000_001_239_999, Some(1_763_600_000.123)),
            (UNIX_EPOCH - 1, None),
            (0, None),
        ];
        for (units, seconds) in cases {
            assert_eq!(unix_seconds(units), seconds, "{units}");
        }
    }
}
