//! Times, interrupts and DPCs of each processor, by processor groups of at most 64.
//!
//! `SystemProcessorPerformanceInformation` (class 8) and `SystemInterruptInformation` (class 23),
//! all times in units of 100 ns since boot. A query without a group has the processors of the
//! caller's own group only.
#![cfg_attr(windows, allow(unsafe_code, reason = "a Win32 call that std has no wrapper for"))]

use super::power::Power;
use super::{Bytes, Error};

/// A processor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Processor {
    pub(crate) group: u16,
    /// Its number within the group.
    pub(crate) number: u16,
    pub(crate) times: Times,
    /// DPCs queued since boot; wraps at 2^32.
    pub(crate) dpcs: Option<u32>,
    pub(crate) power: Power,
}

/// Where the time of a processor went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Times {
    pub(crate) idle: u64,
    /// In the kernel, with `idle`, `dpc` and `interrupt`.
    pub(crate) kernel: u64,
    pub(crate) user: u64,
    pub(crate) dpc: u64,
    pub(crate) interrupt: u64,
    /// Hardware interrupts; wraps at 2^32.
    pub(crate) interrupts: u32,
}

/// Every processor that is on line, in the order of groups and numbers.
///
/// # Errors
///
/// The kernel refuses the query or its answer is damaged.
#[cfg(windows)]
pub(crate) fn read(buffer: &mut super::nt::Buffer) -> Result<Vec<Processor>, Error> {
    use std::collections::BTreeMap;

    use windows_sys::Win32::System::Threading::GetActiveProcessorGroupCount;

    use super::power;

    const TIMES: i32 = 8;
    const INTERRUPTS: i32 = 23;
    let mut processors = Vec::new();
    // SAFETY: takes no argument; 0 on failure.
    let groups = unsafe { GetActiveProcessorGroupCount() }.max(1);
    for group in 0..groups {
        // One group needs no call for groups, which Wine lacks for these classes.
        let group_of = (groups > 1).then_some(group);
        let all = times(buffer.query_in(group_of, TIMES)?)?;
        // A system that does not tell of DPCs still tells of times.
        let dpcs = buffer.query_in(group_of, INTERRUPTS).and_then(dpcs).unwrap_or_default();
        let first = processors.len();
        processors.extend(of_group(group, all, &dpcs));
        power::read(buffer, group_of, &mut processors[first..]);
    }
    let parked: BTreeMap<_, _> = power::parked().into_iter().collect();
    for processor in &mut processors {
        let place = (processor.group, processor.number);
        processor.power.is_parked = parked.get(&place).copied();
    }
    Ok(processors)
}

/// The processors of a group, of which the kernel tells in the order of their numbers.
fn of_group(group: u16, times: Vec<Times>, dpcs: &[u32]) -> impl Iterator<Item = Processor> {
    times.into_iter().zip(0..).map(move |(times, number)| {
        let dpcs = dpcs.get(usize::from(number)).copied();
        Processor { group, number, times, dpcs, power: Power::default() }
    })
}

/// The array of `SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION`.
fn times(answer: Bytes<'_>) -> Result<Vec<Times>, Error> {
    array(answer, 48, "processor times", |it| {
        Some(Times {
            idle: it.u64(0)?,
            kernel: it.u64(8)?,
            user: it.u64(16)?,
            dpc: it.u64(24)?,
            interrupt: it.u64(32)?,
            interrupts: it.u32(40)?,
        })
    })
}

/// `DpcCount` of the array of `SYSTEM_INTERRUPT_INFORMATION`.
fn dpcs(answer: Bytes<'_>) -> Result<Vec<u32>, Error> {
    array(answer, 24, "processor interrupts", |it| it.u32(4))
}

/// The structures of an answer, of a fixed size.
pub(super) fn array<T>(
    answer: Bytes<'_>,
    size: usize,
    what: &'static str,
    read: impl Fn(Bytes<'_>) -> Option<T>,
) -> Result<Vec<T>, Error> {
    let short = || Error::Short(what, answer.0.len());
    if answer.0.is_empty() || !answer.0.len().is_multiple_of(size) {
        return Err(short());
    }
    answer.0.chunks_exact(size).map(|chunk| read(Bytes(chunk)).ok_or_else(short)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_each_processor_are_read() {
        let mut answer = Vec::new();
        for first in [10_u64, 20] {
            (0..5).for_each(|field| answer.extend((first + field).to_le_bytes()));
            answer.extend(7_u32.to_le_bytes());
            answer.extend([0xff; 4]);
        }
        let all = times(Bytes(&answer)).unwrap();
        let expected =
            Times { idle: 20, kernel: 21, user: 22, dpc: 23, interrupt: 24, interrupts: 7 };
        assert_eq!((all.len(), all[1]), (2, expected));
        for damaged in [&answer[..47], &answer[..95], &[]] {
            assert_eq!(times(Bytes(damaged)), Err(Error::Short("processor times", damaged.len())));
        }
    }

    #[test]
    fn each_group_numbers_its_own_processors() {
        // 100 processors as Windows splits them evenly, 72 as it fills one group first, and a group
        // that does not tell of all its DPCs.
        for (sizes, dpcs, last) in [
            (&[50, 50][..], 50, (1, 49, Some(2))),
            (&[64, 8], 64, (1, 7, Some(2))),
            (&[64, 64, 2], 1, (2, 1, None)),
        ] {
            let answer: Vec<u8> = [7_u32, 2, 0, 0, 0, 0].map(u32::to_le_bytes).concat();
            let dpcs = self::dpcs(Bytes(&answer.repeat(dpcs))).unwrap();
            let all: Vec<_> = (0..)
                .zip(sizes)
                .flat_map(|(group, &size)| {
                    let times = times(Bytes(&vec![1; 48 * size])).unwrap();
                    of_group(group, times, &dpcs).collect::<Vec<_>>()
                })
                .collect();
            assert_eq!(all.len(), sizes.iter().sum::<usize>());
            let Processor { group, number, dpcs, .. } = all[all.len() - 1];
            assert_eq!((group, number, dpcs), last);
            let mut places: Vec<_> = all.iter().map(|it| (it.group, it.number)).collect();
            places.dedup();
            assert_eq!(places.len(), all.len());
        }
    }

    #[test]
    fn dpcs_are_the_second_field() {
        let answer: Vec<u8> = (1..=12_u32).flat_map(u32::to_le_bytes).collect();
        assert_eq!(dpcs(Bytes(&answer)), Ok(vec![2, 8]));
        assert!(dpcs(Bytes(&answer[..30])).is_err());
    }
}
