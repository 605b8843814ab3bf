//! Which entries of `/proc/self/mountinfo` are real file systems, each one once.

use std::borrow::Cow;

/// One mount of the mount table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mount<'a> {
    /// `major:minor` of the file system.
    device: &'a [u8],
    /// Which folder of the file system is mounted: `/` for the whole.
    root: Cow<'a, [u8]>,
    /// Where it is mounted.
    pub(super) mount_point: Cow<'a, [u8]>,
    kind: &'a [u8],
    source: &'a [u8],
}

/// Images: always full, and nothing can be done about it.
const IMAGES: [&[u8]; 6] = [b"squashfs", b"iso9660", b"udf", b"erofs", b"cramfs", b"romfs"];

/// Real file systems that are not on a block device of their own.
const WITHOUT_DEVICE: [&[u8]; 2] = [b"zfs", b"ubifs"];

/// The mounts of a mount table that have space of their own, each file system once: bind mounts
/// and repeated mounts are left out, and so is what another mount hides. Lines that are damaged
/// are passed over.
pub(super) fn real(mountinfo: &[u8]) -> Vec<Mount<'_>> {
    let lines = mountinfo.split(|&byte| byte == b'\n');
    let mut mounts: Vec<Mount<'_>> = Vec::new();
    for mount in lines.filter_map(parse) {
        // The last mount on a mount point is the one that can be seen, real or not.
        mounts.retain(|earlier| earlier.mount_point != mount.mount_point);
        if mount.is_real() {
            mounts.push(mount);
        }
    }
    // Of one file system the mount of its highest folder stays, and of those the shortest path.
    mounts.sort_by_key(|mount| (mount.root.len(), mount.mount_point.len()));
    let mut seen: Vec<Mount<'_>> = Vec::with_capacity(mounts.len());
    for mount in mounts {
        if !seen.iter().any(|earlier| earlier.covers(&mount)) {
            seen.push(mount);
        }
    }
    seen.sort_by(|a, b| a.mount_point.cmp(&b.mount_point));
    seen
}

impl Mount<'_> {
    fn is_real(&self) -> bool {
        let on_device = !self.device.starts_with(b"0:") || self.source.starts_with(b"/dev/");
        (on_device || WITHOUT_DEVICE.contains(&self.kind)) && !IMAGES.contains(&self.kind)
    }

    /// Whether `other` shows nothing that `self` does not.
    fn covers(&self, other: &Self) -> bool {
        if self.device != other.device {
            return false;
        }
        // Subvolumes of btrfs share the device but may have limits of their own, and a mount of
        // the top level must not take `/` and `/home` off the page.
        self.kind != b"btrfs"
            || self.root == other.root
            || other.root.strip_prefix(&*self.root).is_some_and(|below| below.starts_with(b"/"))
    }
}

/// `36 35 98:0 /root /mount\040point rw,noatime master:1 - ext3 /dev/root rw`, proc(5).
fn parse(line: &[u8]) -> Option<Mount<'_>> {
    let mut fields = line.split(|&byte| byte == b' ').skip(2);
    let device = fields.next().filter(|device| device.contains(&b':'))?;
    let root = unescape(fields.next()?);
    let mount_point = unescape(fields.next().filter(|path| path.starts_with(b"/"))?);
    // Optional fields end with a dash.
    let mut fields = fields.skip_while(|&field| field != b"-").skip(1);
    let (kind, source) = (fields.next()?, fields.next()?);
    Some(Mount { device, root, mount_point, kind, source })
}

/// Undoes the kernel's escapes: space, tab, line feed and backslash as `\` and three octal digits.
fn unescape(field: &[u8]) -> Cow<'_, [u8]> {
    if !field.contains(&b'\\') {
        return Cow::Borrowed(field);
    }
    let mut plain = Vec::with_capacity(field.len());
    let mut rest = field;
    while let [first, after @ ..] = rest {
        let octal =
            after.get(..3).filter(|digits| digits.iter().all(|d| (b'0'..=b'7').contains(d)));
        if let (b'\\', Some([a, b, c])) = (first, octal) {
            let byte = u16::from(a - b'0') * 64 + u16::from(b - b'0') * 8 + u16::from(c - b'0');
            if let Ok(byte) = u8::try_from(byte) {
                plain.push(byte);
                rest = &after[3..];
                continue;
            }
        }
        plain.push(*first);
        rest = after;
    }
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mount_points(mountinfo: &str) -> Vec<String> {
        let lossy = |mount: Mount<'_>| String::from_utf8_lossy(&mount.mount_point).into_owned();
        real(mountinfo.as_bytes()).into_iter().map(lossy).collect()
    }

    #[test]
    fn a_server_has_its_disks_and_nothing_else() {
        let mountinfo = "\
22 27 0:21 / /proc rw,relatime - proc proc rw
25 24 0:23 / /dev/shm rw,nosuid shared:2 - tmpfs tmpfs rw
27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
28 27 8:1 / /boot/efi rw - vfat /dev/sda1 rw
29 27 0:40 / /tank rw - zfs tank rw
30 27 7:0 / /snap/core/1 ro - squashfs /dev/loop0 ro
31 27 11:0 / /media/cdrom ro - iso9660 /dev/sr0 ro
32 27 0:50 / /var/lib/docker/overlay2/x/merged rw - overlay overlay rw
33 27 0:51 / /nfs rw - nfs4 server:/share rw
34 27 8:17 / /data rw master:3 propagate_from:2 - fuseblk /dev/sdb1 rw
";
        assert_eq!(mount_points(mountinfo), ["/", "/boot/efi", "/data", "/tank"]);
    }

    #[test]
    fn bind_mounts_and_repeated_mounts_are_left_out() {
        let mountinfo = "\
40 27 8:1 /var/lib/kubelet/pods/1 /srv/pod rw - xfs /dev/sda1 rw
27 1 8:1 / / rw - xfs /dev/sda1 rw
41 27 8:2 / /data rw - xfs /dev/sdb1 rw
42 27 8:2 / /mnt/again rw - xfs /dev/sdb1 rw
";
        assert_eq!(mount_points(mountinfo), ["/", "/data"]);
    }

    #[test]
    fn of_two_mounts_on_one_point_the_upper_one_counts() {
        let mountinfo = "\
41 27 8:1 / /data rw - xfs /dev/sda1 rw
42 27 8:2 / /data rw - xfs /dev/sdb1 rw
43 27 8:3 / /hidden rw - xfs /dev/sdc1 rw
44 27 0:9 / /hidden rw - tmpfs tmpfs rw
";
        let mounts = real(mountinfo.as_bytes());
        assert_eq!(mounts.len(), 1);
        assert_eq!((mounts[0].device, &*mounts[0].mount_point), (&b"8:2"[..], &b"/data"[..]));
    }

    #[test]
    fn btrfs_subvolumes_are_file_systems_of_their_own() {
        let mountinfo = "\
27 1 0:30 /@ / rw - btrfs /dev/vda2 rw,subvol=/@
28 27 0:30 /@home /home rw - btrfs /dev/vda2 rw,subvol=/@home
29 27 0:30 /@home/ann /srv/ann rw - btrfs /dev/vda2 rw,subvol=/@home
";
        assert_eq!(mount_points(mountinfo), ["/", "/home"]);
    }

    #[test]
    fn a_container_that_sees_files_alone_has_one_entry() {
        let mountinfo = "\
27 1 0:60 / / rw - overlay overlay rw
28 27 8:1 /docker/x/resolv.conf /etc/resolv.conf rw - ext4 /dev/sda1 rw
29 27 8:1 /docker/x/hosts /etc/hosts rw - ext4 /dev/sda1 rw
";
        assert_eq!(mount_points(mountinfo), ["/etc/hosts"]);
    }

    #[test]
    fn escapes_are_undone_in_any_bytes() {
        let cases: [(&[u8], &[u8]); 6] = [
            (b"/a\\040b", b"/a b"),
            (b"/tab\\011nl\\012", b"/tab\tnl\n"),
            (b"/back\\134slash", b"/back\\slash"),
            (b"/end\\04", b"/end\\04"),
            (b"/no\\999", b"/no\\999"),
            (b"/\xff\\040", b"/\xff "),
        ];
        for (field, plain) in cases {
            assert_eq!(&*unescape(field), plain);
        }
    }

    #[test]
    fn damaged_lines_are_passed_over() {
        let mountinfo = "\n27\n27 1 8:1 / /x rw\n27 1 8:1 / /x rw - xfs\n27 1 81 / /x rw - xfs /dev/a rw\n\
                         27 1 8:1 / relative rw - xfs /dev/a rw\n28 1 8:2 / /ok rw - xfs /dev/b rw";
        assert_eq!(mount_points(mountinfo), ["/ok"]);
    }
}
