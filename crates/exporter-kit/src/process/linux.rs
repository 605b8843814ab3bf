//! Reads `/proc/self/stat`, `/proc/self/fd`, limits and clocks.

use std::fs::File;
use std::io;
use std::mem::MaybeUninit;

use rustix::fs::{RawDir, SeekFrom, seek};
use rustix::param::{clock_ticks_per_second, page_size};
use rustix::process::{Resource, getrlimit};
use rustix::time::{ClockId, DynamicClockId, clock_gettime_dynamic};

use super::ProcessStats;
use crate::kept_file::KeptFile;

/// Holds about 170 entries of `/proc/self/fd`.
const ENTRIES_BYTES: usize = 4096;

/// Keeps the files in `/proc` open.
#[derive(Debug)]
pub(super) struct Reader {
    stat: KeptFile,
    descriptors: Option<File>,
    started: Option<f64>,
}

impl Default for Reader {
    fn default() -> Self {
        Self {
            stat: KeptFile::new("/proc/self/stat").short_lines(),
            descriptors: None,
            started: None,
        }
    }
}

impl Reader {
    pub(super) fn read(&mut self) -> ProcessStats {
        let stat = self.stat.read().ok().and_then(parse_stat);
        if let Some(read) = stat.and_then(|stat| start_time(stat.start_ticks)) {
            self.started = Some(stable(self.started, read));
        }
        // A running process has pages and threads, so 0 means that /proc does not provide them.
        let nonzero = |value: u64| (value > 0).then_some(value);
        ProcessStats {
            // The clock is exact; `utime` and `stime` of the stat file are in ticks of 10 ms.
            cpu_seconds: clock(DynamicClockId::Known(ClockId::ProcessCPUTime)),
            open_fds: self.count_descriptors(),
            max_fds: getrlimit(Resource::Nofile).current,
            virtual_memory_bytes: stat.and_then(|stat| nonzero(stat.virtual_bytes)),
            virtual_memory_max_bytes: getrlimit(Resource::As).current,
            resident_memory_bytes: stat
                .and_then(|stat| nonzero(stat.resident_pages))
                .and_then(|pages| pages.checked_mul(page_size() as u64)),
            start_time_seconds: self.started,
            threads: stat.and_then(|stat| nonzero(stat.threads)),
        }
    }

    fn count_descriptors(&mut self) -> Option<u64> {
        let directory = match &mut self.descriptors {
            Some(directory) => directory,
            None => self.descriptors.insert(File::open("/proc/self/fd").ok()?),
        };
        let count = open_descriptors(directory).ok();
        if count.is_none() {
            self.descriptors = None;
        }
        count
    }
}

/// The fields used of `/proc/self/stat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stat {
    threads: u64,
    /// From boot to the start of the process.
    start_ticks: u64,
    virtual_bytes: u64,
    resident_pages: u64,
}

/// Parses fields 20 and 22 to 24, numbered as in proc_pid_stat(5).
fn parse_stat(line: &[u8]) -> Option<Stat> {
    // Without the line feed the last field may be truncated.
    let line = line.strip_suffix(b"\n")?;
    // Field 2 is the name of the program in parentheses, and may contain parentheses itself.
    let name_end = line.iter().rposition(|&byte| byte == b')')?;
    let mut fields = str::from_utf8(&line[name_end + 1..]).ok()?.split_ascii_whitespace();
    let mut skip = |fields_between| fields.nth(fields_between)?.parse().ok();
    Some(Stat {
        threads: skip(17)?,
        start_ticks: skip(1)?,
        virtual_bytes: skip(0)?,
        resident_pages: skip(0)?,
    })
}

/// The number of entries in `/proc/self/fd`.
fn open_descriptors(directory: &File) -> io::Result<u64> {
    // Since Linux 6.2 the size of the directory is the number of entries. Before it is 0, which
    // cannot be the number, because the directory itself is open.
    match directory.metadata()?.len() {
        0 => count_entries(directory),
        count => Ok(count),
    }
}

fn count_entries(directory: &File) -> io::Result<u64> {
    seek(directory, SeekFrom::Start(0))?;
    let mut buffer = [MaybeUninit::uninit(); ENTRIES_BYTES];
    let mut entries = RawDir::new(directory, &mut buffer);
    let mut count = 0;
    while let Some(entry) = entries.next() {
        // Skips `.` and `..`.
        if entry?.file_name().to_bytes().iter().all(u8::is_ascii_digit) {
            count += 1;
        }
    }
    Ok(count)
}

/// When the process started, in seconds since the Unix epoch.
fn start_time(start_ticks: u64) -> Option<f64> {
    let now = clock(DynamicClockId::Known(ClockId::Realtime))?;
    // The difference equals `btime` of `/proc/stat`, but with a fraction. Generating that file
    // takes the kernel milliseconds on a host with many processors.
    let boot = now - clock(DynamicClockId::Boottime)?;
    let start = boot + start_ticks as f64 / clock_ticks_per_second() as f64;
    (start > 0.0).then(|| (start * 100.0).round() / 100.0)
}

/// Returns `held` unless `read` is so far from it that the system clock must have been set. The
/// start time must not vary with the delay between the readings of two clocks.
fn stable(held: Option<f64>, read: f64) -> f64 {
    held.filter(|held| (held - read).abs() < 1.0).unwrap_or(read)
}

fn clock(id: DynamicClockId<'_>) -> Option<f64> {
    let time = clock_gettime_dynamic(id).ok()?;
    Some(time.tv_sec as f64 + time.tv_nsec as f64 / 1e9)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::tests::in_own_process;

    /// A stat line with the name, field 20, and the fields from 22 on.
    fn line(name: &str, threads: &str, rest: &str) -> String {
        format!("26553 ({name}) R 1 2 3 0 -1 4194304 101 0 0 0 5 6 0 0 20 0 {threads} 0 {rest}\n")
    }

    const STAT: Stat =
        Stat { threads: 7, start_ticks: 451_594, virtual_bytes: 3_133_440, resident_pages: 390 };

    #[test]
    fn fields_are_found_after_any_name() {
        let rest = "451594 3133440 390 18446744073709551615 1 1 0 0";
        for name in ["cat", "", "a b", ") R 1 2", "((", "\n", "名", "a) S 9 9 9 (b"] {
            assert_eq!(parse_stat(line(name, "7", rest).as_bytes()), Some(STAT), "{name:?}");
        }
        let mut latin = line("?", "7", rest).into_bytes();
        latin[7] = 0xe9;
        assert_eq!(parse_stat(&latin), Some(STAT));
        // Further fields are optional.
        assert_eq!(parse_stat(line("x", "7", "451594 3133440 390").as_bytes()), Some(STAT));
    }

    #[test]
    fn damaged_lines_have_no_values() {
        let whole = line("x", "7", "451594 3133440 390 1");
        for length in 0..whole.len() {
            assert_eq!(parse_stat(&whole.as_bytes()[..length]), None, "{length} bytes");
        }
        let cases = [
            line("x", "-7", "451594 3133440 390 1"),
            line("x", "7", "451594 3133440 x 1"),
            line("x", "7", "451594 18446744073709551616 390 1"),
            line("x", "7", "451594 3133440"),
            line("x", "7", "451594 3133440 \u{e9}390 1"),
            "26553 x R 1 2\n".to_owned(),
            ")\n".to_owned(),
        ];
        for case in cases {
            assert_eq!(parse_stat(case.as_bytes()), None, "{case}");
        }
    }

    #[test]
    fn descriptors_are_counted_on_old_kernels() {
        in_own_process(module_path!(), "descriptors_are_counted_on_old_kernels", || {
            let directory = File::open("/proc/self/fd").unwrap();
            let before = count_entries(&directory).unwrap();
            assert_eq!(open_descriptors(&directory).unwrap(), before);
            // More entries than one buffer holds.
            let more = [(); 500].map(|()| File::open("/proc/self/stat").unwrap());
            for _ in 0..2 {
                assert_eq!(count_entries(&directory).unwrap(), before + 500);
                assert_eq!(open_descriptors(&directory).unwrap(), before + 500);
            }
            drop(more);
            assert_eq!(count_entries(&directory).unwrap(), before);
        });
    }

    #[test]
    fn start_time_changes_only_with_the_clock() {
        let cases = [
            (None, 5.0, 5.0),
            (Some(5.0), 5.01, 5.0),
            (Some(5.0), 4.01, 5.0),
            (Some(5.0), 6.0, 6.0),
            (Some(1.8e9), 5.0, 5.0),
        ];
        for (held, read, expected) in cases {
            assert_eq!(stable(held, read), expected, "{held:?} {read}");
        }
    }
}
