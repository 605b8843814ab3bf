//! All processes and the states of their threads: `SystemProcessInformation` (class 5).

use super::{Bytes, Error};

/// A process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) id: u64,
    pub(crate) parent: u64,
    /// The file name of the program; empty for the idle process.
    pub(crate) name: String,
    /// A FILETIME.
    pub(crate) started: u64,
    /// In units of 100 ns.
    pub(crate) user_time: u64,
    /// In units of 100 ns.
    pub(crate) kernel_time: u64,
    pub(crate) priority: i32,
    pub(crate) threads: u32,
    pub(crate) handles: u32,
    /// Wraps at 2^32.
    pub(crate) page_faults: u32,
    pub(crate) virtual_bytes: u64,
    pub(crate) working_set: u64,
    pub(crate) working_set_peak: u64,
    /// The part of the working set that no other process can share.
    pub(crate) working_set_private: u64,
    pub(crate) paged_pool: u64,
    pub(crate) nonpaged_pool: u64,
    pub(crate) page_file: u64,
    /// Memory that is promised to this process alone.
    pub(crate) private: u64,
    /// Reads, writes and other operations.
    pub(crate) operations: [u64; 3],
    /// Bytes of reads, writes and other operations.
    pub(crate) transferred: [u64; 3],
}

/// How many threads, of all processes but the idle one, have a processor or wait for one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Runnable {
    pub(crate) running: u32,
    pub(crate) ready: u32,
}

/// The size of a process without its threads, and of a thread.
const PROCESS: usize = 256;
const THREAD: usize = 80;

const CALL: &str = "SystemProcessInformation";

/// The processes of an answer that was written to `address`.
fn parse(answer: Bytes<'_>, address: u64) -> Result<Vec<Process>, Error> {
    let mut processes = Vec::new();
    each(answer, |at| {
        let u64_at = |offset: usize| answer.u64(at + offset);
        let three = |offset| Some([u64_at(offset)?, u64_at(offset + 8)?, u64_at(offset + 16)?]);
        let name = match u64_at(64)? {
            0 => String::new(),
            pointer => {
                let start = usize::try_from(pointer.checked_sub(address)?).ok()?;
                answer.text(start, answer.u16(at + 56)?.into())?
            }
        };
        processes.push(Process {
            id: u64_at(80)?,
            parent: u64_at(88)?,
            name,
            started: u64_at(32)?,
            user_time: u64_at(40)?,
            kernel_time: u64_at(48)?,
            priority: answer.u32(at + 72)?.cast_signed(),
            threads: answer.u32(at + 4)?,
            handles: answer.u32(at + 96)?,
            page_faults: answer.u32(at + 128)?,
            virtual_bytes: u64_at(120)?,
            working_set: u64_at(144)?,
            working_set_peak: u64_at(136)?,
            working_set_private: u64_at(8)?,
            paged_pool: u64_at(160)?,
            nonpaged_pool: u64_at(176)?,
            page_file: u64_at(184)?,
            private: u64_at(200)?,
            operations: three(208)?,
            transferred: three(232)?,
        });
        Some(())
    })?;
    Ok(processes)
}

/// The states of the threads of an answer.
fn parse_runnable(answer: Bytes<'_>) -> Result<Runnable, Error> {
    /// `KTHREAD_STATE`.
    const READY: u32 = 1;
    const RUNNING: u32 = 2;
    let mut runnable = Runnable::default();
    each(answer, |at| {
        // The threads of the idle process run whenever no other does.
        let threads = if answer.u64(at + 80)? == 0 { 0 } else { answer.u32(at + 4)? };
        for thread in 0..threads as usize {
            match answer.u32(at + PROCESS + thread * THREAD + 68)? {
                READY => runnable.ready += 1,
                RUNNING => runnable.running += 1,
                _ => {}
            }
        }
        Some(())
    })?;
    Ok(runnable)
}

/// Calls `read` with the offset of each process.
fn each(answer: Bytes<'_>, mut read: impl FnMut(usize) -> Option<()>) -> Result<(), Error> {
    let short = || Error::Short(CALL, answer.0.len());
    let mut at = 0;
    loop {
        let next = answer.u32(at).ok_or_else(short)?;
        read(at).ok_or_else(short)?;
        match next as usize {
            0 => return Ok(()),
            next => at += next,
        }
    }
}

/// All processes.
///
/// # Errors
///
/// The kernel refuses the query or its answer is damaged.
#[cfg(windows)]
pub(crate) fn processes(buffer: &mut super::nt::Buffer) -> Result<Vec<Process>, Error> {
    let length = buffer.query(5)?.0.len();
    parse(buffer.answer(length), buffer.address())
}

/// How many threads are runnable; `None` where the system does not tell the states of threads: the
/// one that asks always runs.
///
/// # Errors
///
/// As [`processes`].
#[cfg(windows)]
pub(crate) fn runnable(buffer: &mut super::nt::Buffer) -> Result<Option<Runnable>, Error> {
    let runnable = parse_runnable(buffer.query(5)?)?;
    Ok((runnable.running > 0).then_some(runnable))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: u64 = 0x7000;

    /// The idle process, and one with four threads.
    fn answer() -> Vec<u8> {
        let mut answer = vec![0; PROCESS + THREAD];
        put(&mut answer, 0, &336_u32.to_le_bytes());
        put(&mut answer, 4, &1_u32.to_le_bytes());
        put(&mut answer, PROCESS + 68, &2_u32.to_le_bytes());
        let at = answer.len();
        // Each 64-bit field holds its own offset.
        (0..PROCESS as u64).step_by(8).for_each(|offset| answer.extend(offset.to_le_bytes()));
        for state in [1_u32, 1, 2, 5] {
            answer.extend([0; 68]);
            answer.extend(state.to_le_bytes());
            answer.extend([0; 8]);
        }
        let name = ADDRESS + answer.len() as u64;
        answer.extend("a.exe".encode_utf16().flat_map(u16::to_le_bytes));
        put(&mut answer, at, &0_u32.to_le_bytes());
        put(&mut answer, at + 4, &4_u32.to_le_bytes());
        put(&mut answer, at + 56, &10_u16.to_le_bytes());
        put(&mut answer, at + 64, &name.to_le_bytes());
        answer
    }

    fn put(answer: &mut [u8], at: usize, bytes: &[u8]) {
        answer[at..at + bytes.len()].copy_from_slice(bytes);
    }

    #[test]
    fn processes_follow_each_other() {
        let answer = answer();
        let processes = parse(Bytes(&answer), ADDRESS).unwrap();
        assert_eq!((processes.len(), &*processes[0].name), (2, ""));
        let it = &processes[1];
        assert_eq!((&*it.name, it.id, it.parent, it.threads), ("a.exe", 80, 88, 4));
        assert_eq!((it.started, it.user_time, it.kernel_time), (32, 40, 48));
        assert_eq!((it.priority, it.handles, it.page_faults), (72, 96, 128));
        assert_eq!((it.working_set_peak, it.working_set, it.virtual_bytes), (136, 144, 120));
        assert_eq!((it.paged_pool, it.nonpaged_pool, it.page_file), (160, 176, 184));
        assert_eq!((it.private, it.working_set_private), (200, 8));
        assert_eq!((it.operations, it.transferred), ([208, 216, 224], [232, 240, 248]));
    }

    #[test]
    fn threads_of_the_idle_process_do_not_count() {
        let expected = Runnable { running: 1, ready: 2 };
        assert_eq!(parse_runnable(Bytes(&answer())), Ok(expected));
    }

    #[test]
    fn damaged_answers_are_errors() {
        let answer = answer();
        for length in [0, 3, 255, 337, 336 + 250] {
            let short = Bytes(&answer[..length]);
            assert!(parse(short, ADDRESS).is_err(), "{length}");
            assert!(parse_runnable(short).is_err(), "{length}");
        }
        assert!(parse(Bytes(&answer), ADDRESS + 0x1000).is_err());
        let mut loose = answer.clone();
        put(&mut loose, 0, &u32::MAX.to_le_bytes());
        assert!(parse(Bytes(&loose), ADDRESS).is_err());
    }
}
