//! Which mounts are of disks, and which of them are of the same disk.

use std::ops::Range;
use std::sync::Arc;

use crate::host::Host;
use crate::mounts::{Mount, Reach};
use crate::probe::Target;

/// A file system on a disk, with its mounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Disk {
    /// The places of its mounts among all targets, that which represents it best first.
    pub(super) mounts: Range<usize>,
    /// The mount points of those.
    pub(super) points: Vec<String>,
    /// The file below `/sys/dev/block` that says whether the device is read-only.
    pub(super) read_only_file: Option<String>,
}

/// Images: always full, and nothing can be done about it.
const IMAGES: [&[u8]; 7] =
    [b"squashfs", b"iso9660", b"udf", b"erofs", b"cramfs", b"romfs", b"composefs"];

/// File systems on disks whose device numbers are not those of a block device, since they are on
/// several or on raw flash.
const ON_MANY_DEVICES: [&[u8]; 4] = [b"btrfs", b"zfs", b"bcachefs", b"ubifs"];

/// The disks of a mount table. Bind mounts and repeated mounts are of one disk.
pub(super) fn of(mounts: &[Mount], host: &Host) -> (Vec<Disk>, Arc<[Target]>) {
    let is_wanted = |mount: &&Mount| mount.reach == Reach::Visible && is_disk(mount);
    let mut mounts: Vec<&Mount> = mounts.iter().filter(is_wanted).collect();
    // Subvolumes of btrfs are together then, each behind those that show it.
    mounts.sort_by(|a, b| a.device.cmp(&b.device).then_with(|| components(a).cmp(components(b))));
    let mut groups: Vec<Vec<&Mount>> = Vec::new();
    for mount in mounts {
        match groups.last_mut() {
            Some(group) if group.first().is_some_and(|first| covers(first, mount)) => {
                group.push(mount);
            }
            _ => groups.push(vec![mount]),
        }
    }
    for group in &mut groups {
        // The highest folder, and of several paths to it the shortest.
        group.sort_by_key(|mount| (mount.root.len(), mount.point.len()));
    }
    groups.sort_by(|a, b| a[0].point.cmp(&b[0].point));
    let (mut disks, mut targets) = (Vec::new(), Vec::new());
    for group in groups {
        let start = targets.len();
        let with_path = |mount: &&Mount| Some((Target::of(mount, host)?, label(mount)));
        let (of_group, points): (Vec<_>, Vec<_>) = group.iter().filter_map(with_path).unzip();
        targets.extend(of_group);
        let (major, minor) = group[0].device;
        if targets.len() > start {
            disks.push(Disk {
                mounts: start..targets.len(),
                points,
                read_only_file: (major != 0).then(|| format!("{major}:{minor}/ro")),
            });
        }
    }
    (disks, targets.into())
}

fn is_disk(mount: &Mount) -> bool {
    let on_device = mount.device.0 != 0 || ON_MANY_DEVICES.contains(&&*mount.kind);
    // `pool/dataset@snapshot`: what it holds is all that it has.
    let is_snapshot = mount.kind == b"zfs" && mount.source.contains(&b'@');
    on_device && !is_snapshot && !IMAGES.contains(&&*mount.kind)
}

/// Whether `other`, of the same device or not, shows nothing that `first` does not.
fn covers(first: &Mount, other: &Mount) -> bool {
    if first.device != other.device {
        return false;
    }
    // Subvolumes of btrfs share the device but may have limits of their own, and a mount of the
    // top level must not take `/` and `/home` off the page.
    first.kind != b"btrfs"
        || first.root == other.root
        || other.root.strip_prefix(&*first.root).is_some_and(|below| below.starts_with(b"/"))
}

fn components(mount: &Mount) -> impl Iterator<Item = &[u8]> {
    mount.root.split(|&byte| byte == b'/').filter(|name| !name.is_empty())
}

/// The mount point as a label value; bytes that are not UTF-8 show as U+FFFD.
fn label(mount: &Mount) -> String {
    String::from_utf8_lossy(&mount.point).into_owned()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::mounts::parse;

    /// The mount points of each disk.
    fn disks(mountinfo: &str) -> Vec<Vec<String>> {
        let (disks, targets) = of(&parse(mountinfo.as_bytes(), b""), &Host::at(Path::new("/")));
        let paths = |disk: &Disk| targets[disk.mounts.clone()].iter().map(|target| &target.path);
        for disk in &disks {
            for (path, point) in paths(disk).zip(&disk.points) {
                let path = path.to_str().unwrap().trim_end_matches('/');
                assert_eq!(path, format!("/rootfs{point}").trim_end_matches('/'));
            }
        }
        disks.into_iter().map(|disk| disk.points).collect()
    }

    fn first(mountinfo: &str) -> Vec<String> {
        disks(mountinfo).into_iter().map(|mut points| points.remove(0)).collect()
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
35 27 0:52 / /etc/pve rw - fuse /dev/fuse rw
36 27 0:53 / /tank/.zfs/snapshot/day ro - zfs tank@day ro
37 27 0:54 / /mnt/drive rw - fuse.program /dev/sdz rw
";
        assert_eq!(first(mountinfo), ["/", "/boot/efi", "/data", "/tank"]);
    }

    #[test]
    fn bind_and_repeated_mounts_share_a_disk() {
        let mountinfo = "\
40 27 8:1 /var/lib/kubelet/pods/1 /srv/pod rw - xfs /dev/sda1 rw
27 1 8:1 / / rw - xfs /dev/sda1 rw
41 27 8:2 / /mnt/again rw - xfs /dev/sdb1 rw
42 27 8:2 / /data rw - xfs /dev/sdb1 rw
43 27 8:2 /a /a rw - xfs /dev/sdb1 rw
";
        assert_eq!(disks(mountinfo), [vec!["/", "/srv/pod"], vec!["/data", "/mnt/again", "/a"]]);
    }

    #[test]
    fn btrfs_subvolumes_are_separate_file_systems() {
        let mountinfo = "\
27 1 0:30 /@ / rw - btrfs /dev/vda2 rw,subvol=/@
28 27 0:30 /@home /home rw - btrfs /dev/vda2 rw,subvol=/@home
29 27 0:30 /@home/ann /srv/ann rw - btrfs /dev/vda2 rw,subvol=/@home
30 27 0:30 / /top rw - btrfs /dev/vda2 rw,subvol=/
31 27 0:30 /@/var /chroot/var rw - btrfs /dev/vda2 rw,subvol=/@
";
        let expected = [vec!["/", "/chroot/var"], vec!["/home", "/srv/ann"], vec!["/top"]];
        assert_eq!(disks(mountinfo), expected);
    }

    #[test]
    fn container_with_file_mounts_has_one_entry() {
        let mountinfo = "\
27 1 0:60 / / rw - overlay overlay rw
28 27 8:1 /docker/x/resolv.conf /etc/resolv.conf rw - ext4 /dev/sda1 rw
29 27 8:1 /docker/x/hosts /etc/hosts rw - ext4 /dev/sda1 rw
";
        assert_eq!(first(mountinfo), ["/etc/hosts"]);
    }
}
