//! Frequency, idle states and parking of processors: `NtPowerInformation` (level 11),
//! `SystemProcessorIdleInformation` (class 42) and, from Windows 10 on,
//! `GetSystemCpuSetInformation`.
#![cfg_attr(windows, allow(unsafe_code, reason = "Win32 and NT calls that std has no wrapper for"))]

use super::{Bytes, Error};

/// How a processor saves power; `None` for what the system does not tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Power {
    /// In MHz.
    pub(crate) frequency: Option<u32>,
    /// Whether the scheduler avoids the processor to save power.
    pub(crate) is_parked: Option<bool>,
    /// Time in the idle states C1, C2 and C3, since boot in units of 100 ns.
    pub(crate) idle: Option<[u64; 3]>,
}

/// A processor's group and number within the group, and whether it is parked.
type Parking = ((u16, u16), bool);

/// The times in C1, C2 and C3 of each processor of a group, in the order of their numbers: the
/// array of `SYSTEM_PROCESSOR_IDLE_INFORMATION`.
fn idle_times(answer: Bytes<'_>) -> Result<Vec<[u64; 3]>, Error> {
    super::processors::array(answer, 48, "SystemProcessorIdleInformation", |it| {
        Some([it.u64(8)?, it.u64(16)?, it.u64(24)?])
    })
}

/// `CurrentMhz` of the array of `PROCESSOR_POWER_INFORMATION`; 0 stands for unknown.
fn frequencies(answer: Bytes<'_>) -> Result<Vec<Option<u32>>, Error> {
    super::processors::array(answer, 24, "PROCESSOR_POWER_INFORMATION", |it| {
        Some(Some(it.u32(8)?).filter(|mhz| *mhz > 0))
    })
}

/// The list of `SYSTEM_CPU_SET_INFORMATION`, whose records state their sizes.
fn parking(answer: Bytes<'_>) -> Result<Vec<Parking>, Error> {
    const CPU_SET: u32 = 0;
    const PARKED: u8 = 1;
    let read = || {
        let (mut list, mut at) = (Vec::new(), 0);
        while at < answer.0.len() {
            let size = answer.u32(at)? as usize;
            // A record of size 0 would follow itself.
            let record = Bytes(answer.0.get(at..at.checked_add(size.max(8))?)?);
            if record.u32(4)? == CPU_SET {
                let (number, flags) = (*record.0.get(14)?, *record.0.get(19)?);
                list.push(((record.u16(12)?, number.into()), flags & PARKED != 0));
            }
            at += size.max(8);
        }
        Some(list)
    };
    read().ok_or(Error::Short("GetSystemCpuSetInformation", answer.0.len()))
}

/// Fills in what the system tells about the processors of a group, in the order of their numbers.
/// `None` stands for the only group.
#[cfg(windows)]
pub(crate) fn read(
    buffer: &mut super::nt::Buffer,
    group: Option<u16>,
    processors: &mut [super::processors::Processor],
) {
    const IDLE: i32 = 42;
    let idle = buffer.query_in(group, IDLE).and_then(idle_times).unwrap_or_default();
    for (processor, idle) in processors.iter_mut().zip(idle) {
        processor.power.idle = Some(idle);
    }
    // The call knows the processors of the caller's group only.
    if group.is_none() {
        let mhz = call::frequencies(processors.len()).unwrap_or_default();
        for (processor, mhz) in processors.iter_mut().zip(mhz) {
            processor.power.frequency = mhz;
        }
    }
}

/// Which processors are parked, of all groups; empty before Windows 10.
#[cfg(windows)]
pub(crate) fn parked() -> Vec<Parking> {
    call::parking().unwrap_or_default()
}

#[cfg(windows)]
mod call {
    use std::ffi::c_void;
    use std::mem::transmute;
    use std::ptr;
    use std::sync::OnceLock;

    use windows_sys::Win32::Foundation::{HANDLE, NTSTATUS};
    use windows_sys::core::BOOL;
    use windows_sys::{s, w};

    use super::super::nt::function_of;
    use super::{Bytes, Error, Parking};

    /// `NtPowerInformation(level, input, input_length, output, output_length)`.
    type PowerInformation =
        unsafe extern "system" fn(i32, *const c_void, u32, *mut c_void, u32) -> NTSTATUS;

    /// `GetSystemCpuSetInformation(buffer, length, &mut returned, process, flags)`.
    type CpuSets = unsafe extern "system" fn(*mut c_void, u32, *mut u32, HANDLE, u32) -> BOOL;

    pub(super) fn frequencies(processors: usize) -> Result<Vec<Option<u32>>, Error> {
        const CALL: &str = "NtPowerInformation";
        const PROCESSORS: i32 = 11;
        static QUERY: OnceLock<Option<PowerInformation>> = OnceLock::new();
        let query = QUERY.get_or_init(|| {
            // SAFETY: the function of this name has this signature on every Windows.
            function_of(w!("ntdll.dll"), s!("NtPowerInformation")).map(|it| unsafe {
                transmute::<unsafe extern "system" fn() -> isize, PowerInformation>(it)
            })
        });
        let query = (*query).ok_or(Error::Missing(CALL))?;
        // Exactly as long as the answer: the call does not tell how much it has written.
        let mut buffer = vec![0_u8; processors * 24];
        // SAFETY: there is no input, and the buffer has the length stated; the call wants no
        // alignment.
        let status = unsafe {
            query(PROCESSORS, ptr::null(), 0, buffer.as_mut_ptr().cast(), buffer.len() as u32)
        };
        match status {
            0.. => super::frequencies(Bytes(&buffer)),
            status => Err(Error::Status(CALL, status)),
        }
    }

    pub(super) fn parking() -> Result<Vec<Parking>, Error> {
        const CALL: &str = "GetSystemCpuSetInformation";
        static QUERY: OnceLock<Option<CpuSets>> = OnceLock::new();
        let query = QUERY.get_or_init(|| {
            // SAFETY: the function of this name has this signature since Windows 10.
            function_of(w!("kernel32.dll"), s!("GetSystemCpuSetInformation"))
                .map(|it| unsafe { transmute::<unsafe extern "system" fn() -> isize, CpuSets>(it) })
        });
        let query = (*query).ok_or(Error::Missing(CALL))?;
        // 32 bytes a processor, and room for processors that are added.
        let (mut buffer, mut length) = (vec![0_u64; 4 * 64], 0);
        loop {
            // SAFETY: the buffer has the length stated and is aligned to 8, `length` is live, and
            // null stands for any process.
            let done = unsafe {
                let size = (buffer.len() * 8) as u32;
                query(buffer.as_mut_ptr().cast(), size, &raw mut length, ptr::null_mut(), 0)
            };
            let known = buffer.len() * 8;
            if done != 0 {
                // SAFETY: at most the size of the vector, whose bytes are initialised.
                let bytes = unsafe {
                    std::slice::from_raw_parts(buffer.as_ptr().cast(), known.min(length as usize))
                };
                return super::parking(Bytes(bytes));
            }
            if length as usize <= known {
                return Err(Error::last(CALL));
            }
            buffer.resize(length.div_ceil(8) as usize, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_record_of_cpu_sets_is_a_processor() {
        let record = |size: u32, kind: u32, group: u16, number: u8, flags: u8| {
            let mut record = vec![0; size as usize];
            record[..4].copy_from_slice(&size.to_le_bytes());
            record[4..8].copy_from_slice(&kind.to_le_bytes());
            record[12..14].copy_from_slice(&group.to_le_bytes());
            (record[14], record[19]) = (number, flags);
            record
        };
        // Longer records and other kinds may come with later systems.
        let answer =
            [record(32, 0, 0, 0, 0b10), record(24, 1, 0, 9, 1), record(40, 0, 1, 63, 0b101)]
                .concat();
        assert_eq!(parking(Bytes(&answer)), Ok(vec![((0, 0), false), ((1, 63), true)]));
        for length in [3, 31, 95] {
            assert!(parking(Bytes(&answer[..length])).is_err(), "{length}");
        }
        assert!(parking(Bytes(&[0; 32])).is_err());
    }

    #[test]
    fn idle_times_and_frequencies_are_by_processor() {
        let answer: Vec<u8> = (1..=12_u64).flat_map(u64::to_le_bytes).collect();
        assert_eq!(idle_times(Bytes(&answer)), Ok(vec![[2, 3, 4], [8, 9, 10]]));
        assert!(idle_times(Bytes(&answer[..50])).is_err());
        let answer: Vec<u8> =
            [0_u32, 3000, 2800, 0, 0, 0, 1, 3000, 0, 0, 0, 0].map(u32::to_le_bytes).concat();
        assert_eq!(frequencies(Bytes(&answer)), Ok(vec![Some(2800), None]));
    }
}
