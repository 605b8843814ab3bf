//! What the files of one process say.

use crate::text::lines;

/// `/proc/<pid>/stat`, as far as it is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stat<'a> {
    pub(super) comm: &'a [u8],
    pub(super) state: u8,
    pub(super) parent: u32,
    pub(super) minor_faults: u64,
    pub(super) major_faults: u64,
    pub(super) user_ticks: u64,
    pub(super) system_ticks: u64,
    pub(super) threads: u64,
    /// In ticks since the host started.
    pub(super) start: u64,
    pub(super) virtual_bytes: u64,
    pub(super) resident_pages: u64,
}

/// The name is in parentheses, may hold any byte, and ends with the last of these.
pub(super) fn stat(text: &[u8]) -> Option<Stat<'_>> {
    let name_start = text.iter().position(|&byte| byte == b'(')? + 1;
    let name_end = text.iter().rposition(|&byte| byte == b')')?;
    let comm = text.get(name_start..name_end)?;
    let mut fields = str::from_utf8(&text[name_end + 1..]).ok()?.split_ascii_whitespace();
    let state = *fields.next()?.as_bytes().first()?;
    let parent = fields.next()?.parse().ok()?;
    let mut skip = |fields_between: usize| -> Option<u64> {
        let field = fields.nth(fields_between)?;
        // The kernel writes -1 for a size that it does not know.
        Some(field.parse::<i128>().ok()?.clamp(0, u64::MAX.into()) as u64)
    };
    Some(Stat {
        comm,
        state,
        parent,
        minor_faults: skip(5)?,
        major_faults: skip(1)?,
        user_ticks: skip(1)?,
        system_ticks: skip(0)?,
        threads: skip(4)?,
        start: skip(1)?,
        virtual_bytes: skip(0)?,
        resident_pages: skip(0)?,
    })
}

/// The first number behind `key` in a file of `key: value`. Compares bytes, since this is asked of
/// every process: only the line that is wanted has to be text.
pub(super) fn number_of(text: &[u8], key: &str) -> Option<u64> {
    let end = text.iter().rposition(|&byte| byte == b'\n')?;
    let mut lines = text[..end].split(|&byte| byte == b'\n');
    let value = lines.find_map(|line| line.strip_prefix(key.as_bytes())?.strip_prefix(b":"))?;
    str::from_utf8(value).ok()?.split_ascii_whitespace().next()?.parse().ok()
}

/// The effective user in `/proc/<pid>/status`: real, effective, saved and of files.
pub(super) fn user_id(status: &[u8]) -> Option<u32> {
    let line = lines(status).find_map(|line| line.strip_prefix("Uid:"))?;
    line.split_ascii_whitespace().nth(1)?.parse().ok()
}

/// The soft limit of open files in `/proc/<pid>/limits`.
pub(super) fn fd_limit(limits: &[u8]) -> Option<f64> {
    let line = lines(limits).find_map(|line| line.strip_prefix("Max open files"))?;
    match line.split_ascii_whitespace().next()? {
        "unlimited" => Some(f64::INFINITY),
        limit => limit.parse().ok(),
    }
}

/// The name of a user in `/etc/passwd`.
pub(super) fn user_name(passwd: &str, id: u32) -> Option<&str> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(id)).then_some(name)
    })
}

/// The innermost service or scope of systemd in `/proc/<pid>/cgroup`; empty for a process outside of them.
pub(super) fn unit(cgroup: &[u8]) -> &str {
    let path = |line: &'_ str| {
        let mut parts = line.splitn(3, ':');
        let (id, controllers, path) = (parts.next()?, parts.next()?, parts.next()?);
        let is_systemds = controllers == "name=systemd" || (id == "0" && controllers.is_empty());
        let at = is_systemds.then_some(line.len() - path.len())?;
        Some(at)
    };
    let is_unit = |part: &&str| part.ends_with(".service") || part.ends_with(".scope");
    let units = lines(cgroup).filter_map(|line| line[path(line)?..].rsplit('/').find(is_unit));
    units.into_iter().next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAT: &[u8] =
        b"42 (a) R (b) S 7 3 4 5 6 99 11 12 13 14 15 16 17 18 19 20 21 22 23 2400 25 26 27\n";

    #[test]
    fn stat_is_read_by_place() {
        let expected = Stat {
            comm: b"a) R (b",
            state: b'S',
            parent: 7,
            minor_faults: 11,
            major_faults: 13,
            user_ticks: 15,
            system_ticks: 16,
            threads: 21,
            start: 23,
            virtual_bytes: 2400,
            resident_pages: 25,
        };
        assert_eq!(stat(STAT), Some(expected));
        for text in [&b""[..], b"1 (a", b"1 a) S 1", b"1 )(", &STAT[..60]] {
            assert_eq!(stat(text), None);
        }
    }

    #[test]
    fn other_files_are_read_by_key() {
        let status =
            b"Name:\tx\nUid:\t0\t33\t0\t0\nVmSwap:\t  12 kB\nvoluntary_ctxt_switches:\t5\n";
        assert_eq!((number_of(status, "VmSwap"), user_id(status)), (Some(12), Some(33)));
        assert_eq!(number_of(status, "voluntary_ctxt_switches"), Some(5));
        assert_eq!(number_of(&status[..status.len() - 1], "voluntary_ctxt_switches"), None);
        assert_eq!(number_of(status, "nonvoluntary_ctxt_switches"), None);
        let limits = b"Limit   Soft  Hard Units\nMax open files            1024   4096   files\n";
        assert_eq!(fd_limit(limits), Some(1024.0));
        assert_eq!(fd_limit(b"Max open files unlimited unlimited files\n"), Some(f64::INFINITY));
        assert_eq!(fd_limit(b"Max processes 7 7\n"), None);
        let passwd = "root:x:0:0::/:\nbroken\nwww:x:33:33:::\n";
        assert_eq!((user_name(passwd, 33), user_name(passwd, 5)), (Some("www"), None));
    }

    #[test]
    fn the_unit_is_the_innermost_one() {
        let cases: [(&[u8], &str); 6] = [
            (b"0::/system.slice/nginx.service\n", "nginx.service"),
            (b"0::/user.slice/user@1.service/app.slice/a.scope/x\n", "a.scope"),
            (b"4:memory:/x.service\n1:name=systemd:/system.slice/a:b.service\n", "a:b.service"),
            (b"0::/\n", ""),
            (b"", ""),
            (b"nonsense\n", ""),
        ];
        for (text, expected) in cases {
            assert_eq!(unit(text), expected);
        }
    }
}
