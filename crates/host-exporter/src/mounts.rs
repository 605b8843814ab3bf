//! The mount table: which file systems are mounted where, and which of them a path still reaches.

mod reach;

use exporter_kit::CollectError;

use crate::host::Host;
use crate::shared_file::SharedFile;

/// One mount of the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mount {
    pub(crate) id: u64,
    parent: u64,
    /// Major and minor number of the file system's device; the major number 0 is of file systems
    /// without a block device.
    pub(crate) device: (u32, u32),
    /// Which folder of the file system is mounted: `/` for the whole.
    pub(crate) root: Vec<u8>,
    /// Where it is mounted, as the host has it.
    pub(crate) point: Vec<u8>,
    pub(crate) kind: Vec<u8>,
    pub(crate) source: Vec<u8>,
    /// By the flags of the mount or those of the file system.
    pub(crate) read_only: bool,
    file_system_is_read_only: bool,
    /// An automount point whose mount expires when idle.
    expires: bool,
    pub(crate) reach: Reach,
    /// Its file system and all those on the path to it answer from memory.
    pub(crate) is_in_memory: bool,
}

/// What the path of a mount leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// The mount.
    Visible,
    /// Another mount, over it or over a folder above it.
    Hidden,
    /// The mount, through an automount point: walking there counts as use, and would keep it
    /// mounted for ever.
    Automounted,
}

/// Whose view of the mounts to read if the exporter has its own mount namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum View {
    /// That of process 1, where it can be read.
    Host,
    /// The exporter's own, which is what paths mean to it.
    Own,
}

/// The mount table of the host, parsed again only when it has changed.
pub(crate) struct MountTable {
    of_host: SharedFile,
    own: SharedFile,
    view: View,
    /// Where the host's root is mounted, without a slash at its end.
    prefix: Vec<u8>,
    text: Vec<u8>,
    mounts: Vec<Mount>,
}

impl MountTable {
    pub(crate) fn new(host: &Host, view: View) -> Self {
        Self {
            of_host: SharedFile::new(host.proc("1/mountinfo")),
            own: SharedFile::new(host.proc("self/mountinfo")),
            view,
            prefix: host.root_prefix(),
            text: Vec::new(),
            mounts: Vec::new(),
        }
    }

    /// Reads the table; whether it differs from the last reading.
    ///
    /// # Errors
    ///
    /// It cannot be read, or has no mount in it.
    pub(crate) fn refresh(&mut self) -> Result<bool, CollectError> {
        let Self { of_host, own, view, prefix, text, mounts } = self;
        // Mounts have numbers of their own in each namespace, so a table of process 1 that is the
        // same is of the same one. Other collectors read it too.
        let is_known = |table: &[u8]| table == *text && !mounts.is_empty();
        if *view == View::Own && of_host.with(|table| Ok(is_known(table))).is_ok_and(|it| it) {
            return Ok(false);
        }
        let mut take = |table: &[u8]| {
            if table == *text && !mounts.is_empty() {
                return Ok(Ok(false));
            }
            text.clear();
            text.extend_from_slice(table);
            *mounts = parse(table, prefix);
            Ok(if mounts.is_empty() { Err("no mount in the table".into()) } else { Ok(true) })
        };
        match view {
            View::Host => of_host.with(&mut take).or_else(|_| own.with(take))?,
            View::Own => own.with(take)?,
        }
    }

    /// The mounts, in the order of the table.
    pub(crate) fn mounts(&self) -> &[Mount] {
        &self.mounts
    }
}

/// The host's mounts in a table. Lines that are damaged are passed over.
pub(crate) fn parse(text: &[u8], prefix: &[u8]) -> Vec<Mount> {
    let lines = text.split(|&byte| byte == b'\n');
    let mut mounts: Vec<Mount> = lines.filter_map(parse_line).collect();
    reach::mark(&mut mounts);
    if prefix.is_empty() {
        reach::mark_in_memory(&mut mounts);
    }
    as_the_host_has_them(&mut mounts, prefix);
    mounts
}

/// Undoes what a container shows of its host: the mounts are below a folder there, and the runtime
/// may have made all of them read-only.
fn as_the_host_has_them(mounts: &mut Vec<Mount>, prefix: &[u8]) {
    let root = mounts.iter().rfind(|mount| !prefix.is_empty() && mount.point == prefix);
    let is_container = root.is_some();
    // Else the flags of the mounts are the host's too.
    let flags_count = !root.is_some_and(|root| root.read_only && !root.file_system_is_read_only);
    mounts.retain_mut(|mount| {
        mount.read_only = mount.file_system_is_read_only || mount.read_only && flags_count;
        match mount.point.strip_prefix(prefix) {
            Some([]) => mount.point = b"/".to_vec(),
            Some(below @ [b'/', ..]) => mount.point = below.to_vec(),
            // The container's own.
            _ => return !is_container,
        }
        true
    });
}

/// `36 35 98:0 /root /mount\040point rw,noatime master:1 - ext3 /dev/root rw`, proc(5).
fn parse_line(line: &[u8]) -> Option<Mount> {
    let mut fields = line.split(|&byte| byte == b' ');
    let (id, parent) = (number(fields.next()?)?, number(fields.next()?)?);
    let device = fields.next()?;
    let colon = device.iter().position(|&byte| byte == b':')?;
    let device = (number(&device[..colon])?, number(&device[colon + 1..])?);
    let root = unescape(fields.next()?);
    let point = unescape(fields.next().filter(|path| path.starts_with(b"/"))?);
    let flags = fields.next()?;
    // Optional fields end with a dash.
    let mut fields = fields.skip_while(|&field| field != b"-").skip(1);
    let (kind, source) = (fields.next()?.to_vec(), unescape(fields.next()?));
    let options = fields.next().unwrap_or_default();
    // A file system that has shut down after an error keeps `rw` and adds this option.
    let file_system_is_read_only = has(options, b"ro") || has(options, b"emergency_ro");
    Some(Mount {
        id,
        parent,
        device,
        root,
        point,
        read_only: has(flags, b"ro"),
        file_system_is_read_only,
        expires: kind == b"autofs" && !has(options, b"timeout=0"),
        kind,
        source,
        reach: Reach::Visible,
        is_in_memory: false,
    })
}

/// Whether a comma-separated list has this entry.
fn has(list: &[u8], entry: &[u8]) -> bool {
    list.split(|&byte| byte == b',').any(|known| known == entry)
}

fn number<N: std::str::FromStr>(digits: &[u8]) -> Option<N> {
    str::from_utf8(digits).ok()?.parse().ok()
}

/// Undoes the kernel's escapes: a backslash and three octal digits.
pub(crate) fn unescape(field: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(field.len());
    let mut rest = field;
    while let [first, after @ ..] = rest {
        if let (b'\\', Some(byte)) = (first, after.get(..3).and_then(octal)) {
            plain.push(byte);
            rest = &after[3..];
        } else {
            plain.push(*first);
            rest = after;
        }
    }
    plain
}

fn octal(digits: &[u8]) -> Option<u8> {
    let digits = digits.iter().all(|digit| (b'0'..=b'7').contains(digit)).then_some(digits)?;
    u8::from_str_radix(str::from_utf8(digits).ok()?, 8).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_only(mountinfo: &str, prefix: &str) -> Vec<(String, bool)> {
        let mounts = parse(mountinfo.as_bytes(), prefix.as_bytes());
        let point = |mount: &Mount| String::from_utf8_lossy(&mount.point).into_owned();
        mounts.iter().map(|mount| (point(mount), mount.read_only)).collect()
    }

    #[test]
    fn mount_or_file_system_flags_make_it_read_only() {
        let mountinfo = "\
1 0 8:1 / / rw - ext4 /dev/sda1 rw,errors=remount-ro
2 1 8:2 / /bind ro,relatime - ext4 /dev/sda2 rw
3 1 8:3 / /super rw - ext4 /dev/sda3 ro
4 1 8:4 / /broken rw - ext4 /dev/sda4 rw,emergency_ro
";
        let expected = [("/", false), ("/bind", true), ("/super", true), ("/broken", true)];
        let expected = expected.map(|(point, is)| (point.to_owned(), is));
        assert_eq!(read_only(mountinfo, ""), expected);
    }

    #[test]
    fn a_container_shows_the_host_below_a_folder() {
        let mountinfo = "\
1 0 0:50 / / rw - overlay overlay rw
2 1 8:1 / /host ro - ext4 /dev/sda1 rw
3 2 8:2 / /host/data ro - xfs /dev/sdb1 rw
4 2 8:3 / /host/image ro - squashfs /dev/loop0 ro
5 1 8:1 /docker/hosts /etc/hosts rw - ext4 /dev/sda1 rw
6 1 8:4 / /hostile rw - ext4 /dev/sdc1 rw
";
        let expected = [("/", false), ("/data", false), ("/image", true)];
        let expected = expected.map(|(point, is)| (point.to_owned(), is));
        assert_eq!(read_only(mountinfo, "/host"), expected);
        // Mounted for writing, the flags below are those of the host.
        let mountinfo = mountinfo.replace("/host ro", "/host rw");
        assert_eq!(read_only(&mountinfo, "/host")[1], ("/data".to_owned(), true));
        // The table of the host itself.
        assert_eq!(read_only("1 0 8:1 / / rw - ext4 /dev/sda1 rw\n", "/host").len(), 1);
    }

    #[test]
    fn escapes_are_undone_in_any_bytes() {
        let cases: [(&[u8], &[u8]); 6] = [
            (b"/a\\040b\\043", b"/a b#"),
            (b"/tab\\011nl\\012", b"/tab\tnl\n"),
            (b"/back\\134slash", b"/back\\slash"),
            (b"/end\\04", b"/end\\04"),
            (b"/no\\999\\777", b"/no\\999\\777"),
            (b"/\xff\\040", b"/\xff "),
        ];
        for (field, plain) in cases {
            assert_eq!(unescape(field), plain);
        }
    }

    #[test]
    fn damaged_lines_are_passed_over() {
        let mountinfo = "\n27\n27 1 8:1 / /x rw\n27 1 8:1 / /x rw - xfs\n27 1 81 / /x rw - xfs /dev/a rw\n\
                         27 1 8:1 / relative rw - xfs /dev/a rw\n28 1 8:2 / /ok rw - xfs /dev/b";
        assert_eq!(read_only(mountinfo, ""), [("/ok".to_owned(), false)]);
    }
}
