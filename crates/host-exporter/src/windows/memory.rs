//! Physical memory, commitment, the cache and the lists of pages.
#![cfg_attr(windows, allow(unsafe_code, reason = "Win32 calls that std has no wrapper for"))]

use super::{Bytes, Error};

/// `GlobalMemoryStatusEx`, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Physical {
    pub(crate) total: u64,
    /// What programs can have without writing anything to disk: free, zeroed and standby pages.
    pub(crate) available: u64,
    /// The address space of this process.
    pub(crate) address_space: u64,
}

/// `GetPerformanceInfo`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Commitment {
    /// Memory that is promised to programs, in bytes.
    pub(crate) total: u64,
    /// The most that can be promised: memory and page files, in bytes.
    pub(crate) limit: u64,
    /// Bytes of a page.
    pub(crate) page: u64,
    pub(crate) processes: u32,
    pub(crate) threads: u32,
}

/// `SystemFileCacheInformation` (class 21): the working set of the file system cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct FileCache {
    /// In bytes.
    pub(crate) size: u64,
    /// In bytes.
    pub(crate) peak: u64,
    /// Wraps at 2^32.
    pub(crate) faults: u32,
    /// Standby pages taken for another use; wraps at 2^32.
    pub(crate) repurposed: u32,
}

/// `SystemMemoryListInformation` (class 80), in pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PageLists {
    /// Zeroed and free pages.
    pub(crate) free: u64,
    /// Pages that must be written to disk before another use.
    pub(crate) modified: u64,
}

const FILE_CACHE: &str = "SystemFileCacheInformation";
const PAGE_LISTS: &str = "SystemMemoryListInformation";

impl FileCache {
    fn parse(answer: Bytes<'_>) -> Result<Self, Error> {
        let read = || {
            Some(Self {
                size: answer.u64(0)?,
                peak: answer.u64(8)?,
                faults: answer.u32(16)?,
                repurposed: answer.u32(56)?,
            })
        };
        read().ok_or(Error::Short(FILE_CACHE, answer.0.len()))
    }
}

impl PageLists {
    fn parse(answer: Bytes<'_>) -> Result<Self, Error> {
        let read = || {
            Some(Self {
                free: answer.u64(0)? + answer.u64(8)?,
                // With the pages that may not be written yet.
                modified: answer.u64(16)? + answer.u64(24)?,
            })
        };
        read().ok_or(Error::Short(PAGE_LISTS, answer.0.len()))
    }
}

/// Calls `GlobalMemoryStatusEx`.
///
/// # Errors
///
/// The call fails.
#[cfg(windows)]
pub(crate) fn physical() -> Result<Physical, Error> {
    use windows_sys::Win32::System::SystemInformation::{GlobalMemoryStatusEx, MEMORYSTATUSEX};
    let length = size_of::<MEMORYSTATUSEX>() as u32;
    let mut status = MEMORYSTATUSEX { dwLength: length, ..MEMORYSTATUSEX::default() };
    // SAFETY: the struct is live and states its size.
    if unsafe { GlobalMemoryStatusEx(&raw mut status) } == 0 {
        return Err(Error::last("GlobalMemoryStatusEx"));
    }
    Ok(Physical {
        total: status.ullTotalPhys,
        available: status.ullAvailPhys,
        address_space: status.ullTotalVirtual,
    })
}

/// Calls `GetPerformanceInfo`.
///
/// # Errors
///
/// The call fails.
#[cfg(windows)]
pub(crate) fn commitment() -> Result<Commitment, Error> {
    use windows_sys::Win32::System::ProcessStatus::{
        K32GetPerformanceInfo, PERFORMANCE_INFORMATION,
    };
    let size = size_of::<PERFORMANCE_INFORMATION>() as u32;
    let mut info = PERFORMANCE_INFORMATION::default();
    // SAFETY: the struct is live, and `size` is its size.
    if unsafe { K32GetPerformanceInfo(&raw mut info, size) } == 0 {
        return Err(Error::last("GetPerformanceInfo"));
    }
    let page = info.PageSize as u64;
    Ok(Commitment {
        total: info.CommitTotal as u64 * page,
        limit: info.CommitLimit as u64 * page,
        page,
        processes: info.ProcessCount,
        threads: info.ThreadCount,
    })
}

/// Queries `SystemFileCacheInformation`.
///
/// # Errors
///
/// The kernel refuses the query or its answer is damaged.
#[cfg(windows)]
pub(crate) fn file_cache() -> Result<FileCache, Error> {
    FileCache::parse(Bytes(&super::nt::query::<64>(21)?))
}

/// Queries `SystemMemoryListInformation`, for which the process needs
/// [a privilege](super::nt::enable_profile_privilege).
///
/// # Errors
///
/// The kernel refuses the query or its answer is damaged.
#[cfg(windows)]
pub(crate) fn page_lists() -> Result<PageLists, Error> {
    // Windows 8 has appended a field.
    super::nt::query::<176>(80)
        .and_then(|answer| PageLists::parse(Bytes(&answer)))
        .or_else(|_| PageLists::parse(Bytes(&super::nt::query::<168>(80)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_cache_is_read() {
        let mut answer = [0_u8; 64];
        answer[0] = 1;
        answer[8] = 2;
        answer[16] = 3;
        answer[56] = 4;
        let expected = FileCache { size: 1, peak: 2, faults: 3, repurposed: 4 };
        assert_eq!(FileCache::parse(Bytes(&answer)), Ok(expected));
        assert_eq!(FileCache::parse(Bytes(&answer[..59])), Err(Error::Short(FILE_CACHE, 59)));
    }

    #[test]
    fn page_lists_are_summed() {
        // Zeroed, free, modified, modified without write, and others.
        let words = [1, 2, 4, 8, 1000, 1000];
        let answer: Vec<u8> = words.iter().flat_map(|word: &u64| word.to_le_bytes()).collect();
        let expected = PageLists { free: 3, modified: 12 };
        assert_eq!(PageLists::parse(Bytes(&answer)), Ok(expected));
        assert_eq!(PageLists::parse(Bytes(&answer[..31])), Err(Error::Short(PAGE_LISTS, 31)));
    }
}
