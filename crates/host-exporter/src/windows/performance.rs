//! `SystemPerformanceInformation` (class 2): counts of the whole kernel since boot, and how memory
//! is used, in pages. Counts have 32 bits and wrap.

use super::{Bytes, Error};

/// A 32-bit field, by its offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Field(usize);

pub(crate) const AVAILABLE_PAGES: Field = Field(44);
pub(crate) const PAGE_FAULTS: Field = Field(60);
/// Copies of pages that were written to while shared.
pub(crate) const WRITE_COPIES: Field = Field(64);
/// Faults served from the standby and modified lists or from shared pages, without disk.
pub(crate) const TRANSITION_FAULTS: Field = Field(68);
pub(crate) const DEMAND_ZERO_FAULTS: Field = Field(76);
pub(crate) const PAGES_READ: Field = Field(80);
pub(crate) const PAGE_READS: Field = Field(84);
pub(crate) const PAGES_WRITTEN: Field = Field(96);
pub(crate) const PAGE_WRITES: Field = Field(100);
pub(crate) const PAGED_POOL_PAGES: Field = Field(112);
pub(crate) const NONPAGED_POOL_PAGES: Field = Field(116);
pub(crate) const PAGED_POOL_ALLOCS: Field = Field(120);
pub(crate) const NONPAGED_POOL_ALLOCS: Field = Field(128);
pub(crate) const FREE_SYSTEM_PTES: Field = Field(136);
pub(crate) const RESIDENT_CODE_PAGES: Field = Field(140);
pub(crate) const DRIVER_PAGES: Field = Field(144);
pub(crate) const CODE_PAGES: Field = Field(148);
pub(crate) const RESIDENT_CACHE_PAGES: Field = Field(164);
pub(crate) const RESIDENT_PAGED_POOL_PAGES: Field = Field(168);
pub(crate) const RESIDENT_DRIVER_PAGES: Field = Field(172);
pub(crate) const CONTEXT_SWITCHES: Field = Field(296);
pub(crate) const SYSTEM_CALLS: Field = Field(308);

/// The size of the structure on Windows 7; later ones append to it.
const SIZE: usize = 312;

/// The structure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Performance<'a>(&'a [u8; SIZE]);

impl<'a> Performance<'a> {
    /// # Errors
    ///
    /// The answer is shorter than on any Windows.
    pub(crate) fn new(answer: Bytes<'a>) -> Result<Self, Error> {
        let short = Error::Short("SystemPerformanceInformation", answer.0.len());
        answer.0.first_chunk().map(Self).ok_or(short)
    }

    /// The value of a field.
    pub(crate) fn get(&self, Field(at): Field) -> u32 {
        // Every field above is within SIZE.
        Bytes(self.0).u32(at).unwrap_or_default()
    }
}

/// Queries the kernel.
///
/// # Errors
///
/// The kernel refuses the query or its answer is damaged.
#[cfg(windows)]
pub(crate) fn read(buffer: &mut super::nt::Buffer) -> Result<Performance<'_>, Error> {
    Performance::new(buffer.query(2)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_in_old_and_new_answers() {
        // Each 32-bit field holds its own offset.
        let answer: Vec<u8> = (0..344_u32).step_by(4).flat_map(u32::to_le_bytes).collect();
        for length in [312, 328, 344] {
            let performance = Performance::new(Bytes(&answer[..length])).unwrap();
            for (field, expected) in
                [(AVAILABLE_PAGES, 44), (CONTEXT_SWITCHES, 296), (SYSTEM_CALLS, 308)]
            {
                assert_eq!(performance.get(field), expected);
            }
        }
        for length in [0, 311] {
            let error = Performance::new(Bytes(&answer[..length])).err();
            assert_eq!(error, Some(Error::Short("SystemPerformanceInformation", length)));
        }
    }

    #[cfg(windows)]
    #[test]
    fn offsets_are_those_of_the_documented_copy() {
        use std::mem::offset_of;

        // Minidumps hold the structure as it is.
        use windows_sys::Win32::System::Diagnostics::Debug::MINIDUMP_SYSTEM_PERFORMANCE_INFORMATION as Dump;

        for (field, expected) in [
            (AVAILABLE_PAGES, offset_of!(Dump, AvailablePages)),
            (PAGE_FAULTS, offset_of!(Dump, PageFaultCount)),
            (WRITE_COPIES, offset_of!(Dump, CopyOnWriteCount)),
            (TRANSITION_FAULTS, offset_of!(Dump, TransitionCount)),
            (DEMAND_ZERO_FAULTS, offset_of!(Dump, DemandZeroCount)),
            (PAGES_READ, offset_of!(Dump, PageReadCount)),
            (PAGE_READS, offset_of!(Dump, PageReadIoCount)),
            (PAGES_WRITTEN, offset_of!(Dump, DirtyPagesWriteCount)),
            (PAGE_WRITES, offset_of!(Dump, DirtyWriteIoCount)),
            (PAGED_POOL_PAGES, offset_of!(Dump, PagedPoolPages)),
            (NONPAGED_POOL_PAGES, offset_of!(Dump, NonPagedPoolPages)),
            (PAGED_POOL_ALLOCS, offset_of!(Dump, PagedPoolAllocs)),
            (NONPAGED_POOL_ALLOCS, offset_of!(Dump, NonPagedPoolAllocs)),
            (FREE_SYSTEM_PTES, offset_of!(Dump, FreeSystemPtes)),
            (RESIDENT_CODE_PAGES, offset_of!(Dump, ResidentSystemCodePage)),
            (DRIVER_PAGES, offset_of!(Dump, TotalSystemDriverPages)),
            (CODE_PAGES, offset_of!(Dump, TotalSystemCodePages)),
            (RESIDENT_CACHE_PAGES, offset_of!(Dump, ResidentSystemCachePage)),
            (RESIDENT_PAGED_POOL_PAGES, offset_of!(Dump, ResidentPagedPoolPage)),
            (RESIDENT_DRIVER_PAGES, offset_of!(Dump, ResidentSystemDriverPage)),
            (CONTEXT_SWITCHES, offset_of!(Dump, ContextSwitches)),
            (SYSTEM_CALLS, offset_of!(Dump, SystemCalls)),
        ] {
            assert_eq!(field.0, expected);
        }
    }
}
