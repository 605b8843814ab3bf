//! The system's time zone: `/etc/localtime` in the format TZif (RFC 9636), version 2 and later.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::host::Host;

/// More than the file of any zone.
const MAX_BYTES: u64 = 256 * 1024;

/// The zone as it was last read.
#[derive(Debug, Default)]
pub(super) struct Zone {
    /// The file that `rules` were read from, and when that was written.
    read: Option<(PathBuf, SystemTime)>,
    rules: Rules,
}

/// What a file says.
#[derive(Debug, Default)]
struct Rules {
    /// From when on which of `kinds` holds.
    changes: Vec<(i64, usize)>,
    /// Seconds ahead of UTC, and the abbreviation.
    kinds: Vec<(i32, String)>,
    /// What holds after the last change.
    footer: Option<Footer>,
}

#[derive(Debug)]
struct Footer {
    standard: (i32, String),
    summer: Option<((i32, String), [Change; 2])>,
}

/// A day of a month, and the second of it, in the time that holds before.
#[derive(Clone, Copy, Debug)]
struct Change {
    month: u8,
    week: u8,
    weekday: u8,
    second: i32,
}

/// The file of the host's zone. It is a link, which may name its target by the host's root.
pub(super) fn file(host: &Host) -> PathBuf {
    let file = host.root(Path::new("/etc/localtime"));
    match fs::read_link(&file) {
        Ok(target) if target.is_absolute() => host.root(&target),
        _ => file,
    }
}

impl Zone {
    /// Calls `with` with the abbreviation of the zone that holds at a time, and its offset. A host
    /// without a zone, or with one that cannot be read, is in UTC, as for the C library.
    pub(super) fn at(&mut self, file: &Path, time: i64, with: impl FnOnce(&str, i32)) {
        let written = fs::metadata(file).ok().filter(|file| file.len() <= MAX_BYTES);
        let written = written.and_then(|file| file.modified().ok());
        let known = self.read.as_ref().map(|(path, written)| (&**path, *written));
        if known != written.map(|written| (file, written)) {
            let bytes = written.and_then(|_| fs::read(file).ok());
            self.rules = bytes.and_then(|bytes| read(&bytes)).unwrap_or_default();
            self.read = written.map(|written| (file.to_owned(), written));
        }
        match self.rules.at(time) {
            Some((offset, name)) => with(name, *offset),
            None => with("UTC", 0),
        }
    }
}

impl Rules {
    fn at(&self, time: i64) -> Option<&(i32, String)> {
        let next = self.changes.partition_point(|(from, _)| *from <= time);
        if next == self.changes.len()
            && let Some(footer) = &self.footer
        {
            return Some(footer.at(time));
        }
        let kind = next.checked_sub(1).map_or(0, |at| self.changes[at].1);
        self.kinds.get(kind)
    }
}

fn read(bytes: &[u8]) -> Option<Rules> {
    let (header, counts) = header(bytes)?;
    if header[4] < b'2' {
        return None;
    }
    // Numbers of 64 bits come after those of 32.
    let (_, rest) = bytes[44..].split_at_checked(counts.bytes(4)?)?;
    let (_, counts) = self::header(rest)?;
    let (data, footer) = rest[44..].split_at_checked(counts.bytes(8)?)?;
    let (times, data) = data.split_at_checked(counts.times * 8)?;
    let (indices, data) = data.split_at_checked(counts.times)?;
    let (kinds, data) = data.split_at_checked(counts.kinds * 6)?;
    let names = data.get(..counts.names)?;
    let changes = times
        .chunks_exact(8)
        .zip(indices)
        .map(|(time, &kind)| Some((i64::from_be_bytes(time.try_into().ok()?), usize::from(kind))));
    let kinds = kinds.chunks_exact(6).map(|kind| {
        let offset = i32::from_be_bytes(kind[..4].try_into().ok()?);
        let name = names.get(usize::from(kind[5])..)?.split(|&byte| byte == 0).next()?;
        Some((offset, str::from_utf8(name).ok()?.to_owned()))
    });
    let footer = str::from_utf8(footer).ok()?.trim_matches('\n');
    let footer = self::footer(footer);
    Some(Rules {
        changes: changes.collect::<Option<_>>()?,
        kinds: kinds.collect::<Option<_>>()?,
        footer,
    })
}

struct Counts {
    utc: usize,
    standard: usize,
    leap: usize,
    times: usize,
    kinds: usize,
    names: usize,
}

impl Counts {
    /// The length of the data with times of this size.
    fn bytes(&self, time: usize) -> Option<usize> {
        let Self { utc, standard, leap, times, kinds, names } = *self;
        let parts = [
            times.checked_mul(time + 1)?,
            kinds * 6,
            names,
            leap.checked_mul(time + 4)?,
            standard,
            utc,
        ];
        parts.into_iter().try_fold(0_usize, usize::checked_add)
    }
}

fn header(bytes: &[u8]) -> Option<(&[u8], Counts)> {
    let header = bytes.get(..44).filter(|header| header.starts_with(b"TZif"))?;
    let count = |at: usize| {
        let bytes = header[20 + 4 * at..24 + 4 * at].try_into().ok()?;
        usize::try_from(u32::from_be_bytes(bytes)).ok().filter(|count| *count <= 1 << 20)
    };
    let [utc, standard, leap, times, kinds, names] = [0, 1, 2, 3, 4, 5].map(count);
    let (utc, standard, leap) = (utc?, standard?, leap?);
    Some((header, Counts { utc, standard, leap, times: times?, kinds: kinds?, names: names? }))
}

/// A rule as POSIX writes it: `CET-1CEST,M3.5.0,M10.5.0/3`. The rarer forms of days, `J60` and `59`,
/// are not in the data of any zone of today.
fn footer(text: &str) -> Option<Footer> {
    let (name, rest) = abbreviation(text)?;
    let (west, rest) = clock(rest)?;
    let standard = (-west, name.to_owned());
    if rest.is_empty() {
        return Some(Footer { standard, summer: None });
    }
    let (name, rest) = abbreviation(rest)?;
    let (offset, rest) = match clock(rest) {
        Some((west, rest)) => (-west, rest),
        None => (3600 - west, rest),
    };
    let (from, to) = rest.strip_prefix(',')?.split_once(',')?;
    let summer = ((offset, name.to_owned()), [change(from)?, change(to)?]);
    Some(Footer { standard, summer: Some(summer) })
}

fn abbreviation(text: &str) -> Option<(&str, &str)> {
    if let Some(quoted) = text.strip_prefix('<') {
        return quoted.split_once('>');
    }
    let end = text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len());
    (end >= 3).then(|| text.split_at(end))
}

/// `[+-]hh[:mm[:ss]]` in seconds, and what follows.
fn clock(text: &str) -> Option<(i32, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit() && !"+-:".contains(c)).unwrap_or(text.len());
    let (clock, rest) = text.split_at(end);
    let (sign, clock) = match clock.strip_prefix('-') {
        Some(clock) => (-1, clock),
        None => (1, clock.strip_prefix('+').unwrap_or(clock)),
    };
    let mut seconds = 0;
    for (part, unit) in clock.splitn(3, ':').zip([3600, 60, 1]) {
        seconds += i32::from(part.parse::<u8>().ok()?) * unit;
    }
    Some((sign * seconds, rest))
}

/// `Mm.w.d[/time]`.
fn change(text: &str) -> Option<Change> {
    let (day, second) = match text.split_once('/') {
        Some((day, time)) => (day, clock(time).filter(|(_, rest)| rest.is_empty())?.0),
        None => (text, 2 * 3600),
    };
    let mut parts = day.strip_prefix('M')?.splitn(3, '.').map(|part| part.parse::<u8>().ok());
    let (month, week, weekday) = (parts.next()??, parts.next()??, parts.next()??);
    let sound = (1..=12).contains(&month) && (1..=5).contains(&week) && weekday <= 6;
    sound.then_some(Change { month, week, weekday, second })
}

impl Footer {
    fn at(&self, time: i64) -> &(i32, String) {
        let Some((summer, [from, to])) = &self.summer else { return &self.standard };
        let year = year_of(time + i64::from(self.standard.0));
        let begin = from.at(year) - i64::from(self.standard.0);
        let end = to.at(year) - i64::from(summer.0);
        // South of the equator summer spans the turn of the year.
        let is_summer = match begin <= end {
            true => (begin..end).contains(&time),
            false => !(end..begin).contains(&time),
        };
        if is_summer { summer } else { &self.standard }
    }
}

impl Change {
    /// The local time of the change in a year, as seconds.
    fn at(self, year: i64) -> i64 {
        let first = days_before(year, self.month);
        // 1970-01-01 was a Thursday.
        let weekday = (first + 4).rem_euclid(7);
        let mut day = first + (i64::from(self.weekday) - weekday).rem_euclid(7);
        day += 7 * (i64::from(self.week) - 1);
        let next_month = match self.month {
            12 => days_before(year + 1, 1),
            month => days_before(year, month + 1),
        };
        if day >= next_month {
            day -= 7;
        }
        day * 86_400 + i64::from(self.second)
    }
}

/// The days from 1970 to the first of a month.
fn days_before(year: i64, month: u8) -> i64 {
    let before = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let past = year - 1;
    let leaps = past / 4 - past / 100 + past / 400 - 477;
    let days = before[usize::from(month) - 1];
    (year - 1970) * 365 + leaps + days + i64::from(leap && month > 2)
}

fn year_of(time: i64) -> i64 {
    let day = time.div_euclid(86_400);
    let guess = 1970 + day / 366;
    (guess..).take_while(|year| days_before(*year, 1) <= day).last().unwrap_or(guess)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of version 2 with these changes, kinds and footer.
    fn file(changes: &[(i64, u8)], footer: &str) -> Vec<u8> {
        let header = |times: usize| {
            let mut bytes = b"TZif2".to_vec();
            bytes.resize(20, 0);
            for count in [0, 0, 0, times, 2, 8] {
                bytes.extend((count as u32).to_be_bytes());
            }
            bytes
        };
        let kinds =
            [&3600_i32.to_be_bytes()[..], &[0, 0], &7200_i32.to_be_bytes(), &[1, 4]].concat();
        let names = b"ONE\0TWO\0";
        let mut bytes = [header(0), kinds.clone(), names.to_vec(), header(changes.len())].concat();
        bytes.extend(changes.iter().flat_map(|(time, _)| time.to_be_bytes()));
        bytes.extend(changes.iter().map(|(_, kind)| kind));
        bytes.extend([&kinds[..], names, b"\n", footer.as_bytes(), b"\n"].concat());
        bytes
    }

    fn at(bytes: &[u8], time: i64) -> Option<(i32, String)> {
        read(bytes)?.at(time).cloned()
    }

    #[test]
    fn the_last_change_before_a_time_holds() {
        let bytes = file(&[(100, 1), (200, 0)], "");
        for (time, name) in [(0, "ONE"), (99, "ONE"), (100, "TWO"), (199, "TWO"), (500, "ONE")] {
            assert_eq!(at(&bytes, time).unwrap().1, name, "{time}");
        }
        let bytes = file(&[(100, 1)], "CST-8");
        assert_eq!(at(&bytes, 150), Some((28_800, "CST".to_owned())));
        assert_eq!(at(&bytes, 50), Some((3600, "ONE".to_owned())));
    }

    #[test]
    fn rules_hold_for_ever() {
        let europe = footer("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        // 2026-03-29 and 2026-10-25, each at 01:00 UTC.
        for (time, expected) in [
            (1_774_745_999, 3600),
            (1_774_746_000, 7200),
            (1_792_889_999, 7200),
            (1_792_890_000, 3600),
            (1_798_761_600, 3600),
        ] {
            assert_eq!(europe.at(time).0, expected, "{time}");
        }
        let south = footer("<-03>3<-02>,M10.2.0/0,M2.3.0/-1").unwrap();
        assert_eq!(south.at(1_767_225_600), &(-7200, "-02".to_owned()));
        assert_eq!(south.at(1_783_000_000), &(-10_800, "-03".to_owned()));
        for wrong in ["", "A", "CET", "CET-1CEST", "CET-1CEST,M13.1.0,M1.1.0", "CET-x"] {
            assert!(footer(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn the_zone_is_the_hosts_and_may_change() {
        let temporary = tempfile::tempdir().unwrap();
        let (host, etc) = (Host::at(temporary.path()), temporary.path().join("rootfs/etc"));
        fs::create_dir_all(&etc).unwrap();
        let mut zone = Zone::default();
        for name in ["CST-8", "JST-9"] {
            fs::write(etc.join(name), file(&[], name)).unwrap();
            let _ = fs::remove_file(etc.join("localtime"));
            // To the host, its root is another than to the exporter.
            std::os::unix::fs::symlink(Path::new("/etc").join(name), etc.join("localtime"))
                .unwrap();
            zone.at(&super::file(&host), 0, |zone, _| assert_eq!(zone, &name[..3]));
        }
        fs::remove_file(etc.join("localtime")).unwrap();
        zone.at(&super::file(&host), 0, |zone, offset| assert_eq!((zone, offset), ("UTC", 0)));
    }

    #[test]
    fn damaged_files_are_no_zone() {
        let bytes = file(&[(100, 1)], "CST-8");
        for length in [0, 4, 43, 60, bytes.len() - 20] {
            assert!(read(&bytes[..length]).is_none(), "{length}");
        }
        let mut many = bytes.clone();
        many[32..36].fill(0xff);
        assert!(read(&many).is_none() && read(b"TZif2").is_none());
    }
}
