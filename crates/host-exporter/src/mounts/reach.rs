//! Determines which mounts of a table are reachable by their paths. A mount can cover another mount
//! or a folder on the path to it.

use std::collections::HashMap;

use super::{Mount, Reach};

/// The state of the path to a mount, regardless of what covers the mount itself.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    NotKnown,
    Open,
    Automounted,
    Blocked,
}

/// Marks every mount with what its path leads to, in time linear in the table.
pub(super) fn mark(mounts: &mut [Mount]) {
    let table = Table::new(mounts);
    let mut accesses = vec![Access::NotKnown; mounts.len()];
    let mut chain = Vec::new();
    for start in 0..mounts.len() {
        // Up to a mount whose access is known, and down again.
        let mut at = Some(start);
        while let Some(mount) = at.filter(|&mount| accesses[mount] == Access::NotKnown) {
            // In a damaged table, mounts may be their own parents.
            accesses[mount] = Access::Blocked;
            chain.push(mount);
            at = table.parent(mount);
        }
        while let Some(mount) = chain.pop() {
            let parent = table.parent(mount);
            accesses[mount] = match parent.map_or(Access::Open, |parent| accesses[parent]) {
                _ if table.is_blocked(mount) => Access::Blocked,
                Access::Open if parent.is_some_and(|parent| table.mounts[parent].expires) => {
                    Access::Automounted
                }
                access => access,
            };
        }
    }
    let reach = |(at, access): (usize, &Access)| match access {
        _ if table.is_covered(at) => Reach::Hidden,
        // Accessing an automount point triggers the mount.
        Access::Open if mounts[at].kind == b"autofs" => Reach::Automounted,
        Access::Open => Reach::Visible,
        Access::Automounted => Reach::Automounted,
        Access::Blocked | Access::NotKnown => Reach::Hidden,
    };
    let reaches: Vec<_> = accesses.iter().enumerate().map(reach).collect();
    for (mount, reach) in mounts.iter_mut().zip(reaches) {
        mount.reach = reach;
    }
}

/// File systems whose statfs(2) reports kernel counters without reading the device.
const COUNTED: [&[u8]; 6] = [b"ext2", b"ext3", b"ext4", b"tmpfs", b"ramfs", b"vfat"];

/// File systems in which a path to a mount is found in memory: the kernel holds on to the folders
/// above a mount, and does not ask whether they are still there.
const HELD: [&[u8]; 8] =
    [b"ext2", b"ext3", b"ext4", b"tmpfs", b"ramfs", b"xfs", b"btrfs", b"devtmpfs"];

/// Marks the mounts that can be queried without blocking, whatever happens to their devices.
pub(super) fn mark_in_memory(mounts: &mut [Mount]) {
    let table = Table::new(mounts);
    // Up to the root; in a damaged table, the path may be a cycle.
    let is_held = |start: usize| {
        let mut at = start;
        for _ in 0..MAX_DEPTH {
            match table.parent(at) {
                Some(parent) if HELD.contains(&&*mounts[parent].kind) => at = parent,
                Some(_) => return false,
                None => return mounts[at].point == b"/",
            }
        }
        false
    };
    let is_in_memory = |at: usize| COUNTED.contains(&&*mounts[at].kind) && is_held(at);
    let marks: Vec<_> = (0..mounts.len()).map(is_in_memory).collect();
    for (mount, mark) in mounts.iter_mut().zip(marks) {
        mount.is_in_memory = mark;
    }
}

/// The maximum number of mounts above one that is queried without a thread.
const MAX_DEPTH: usize = 8;

struct Table<'a> {
    mounts: &'a [Mount],
    by_id: HashMap<u64, usize>,
    /// By the parent's number and the path.
    by_place: HashMap<(u64, &'a [u8]), usize>,
}

impl<'a> Table<'a> {
    fn new(mounts: &'a [Mount]) -> Self {
        let all = || mounts.iter().enumerate();
        let by_id = all().map(|(at, mount)| (mount.id, at)).collect();
        let by_place = all().map(|(at, mount)| ((mount.parent, &*mount.point), at)).collect();
        Self { mounts, by_id, by_place }
    }

    fn parent(&self, at: usize) -> Option<usize> {
        // The first mount of all is its own parent.
        self.by_id.get(&self.mounts[at].parent).copied().filter(|parent| *parent != at)
    }

    /// Whether another mount lies on the root of this one, or came later to the same place.
    fn is_covered(&self, at: usize) -> bool {
        let Mount { id, parent, point, .. } = &self.mounts[at];
        let there = |parent: u64| self.by_place.get(&(parent, &**point)).copied();
        there(*id).is_some_and(|upper| upper != at) || there(*parent) != Some(at)
    }

    /// Whether the path from the mount's parent to the mount is blocked: something else lies on the
    /// parent's root or on a folder between the two, or the folder is deleted.
    fn is_blocked(&self, at: usize) -> bool {
        let Mount { parent, point, .. } = &self.mounts[at];
        if point.ends_with(b"//deleted") {
            return true;
        }
        let Some(from) = self.parent(at) else { return false };
        let root = &*self.mounts[from].point;
        if root == point {
            return false;
        }
        let slashes = point.iter().enumerate().filter(|&(end, &byte)| byte == b'/' && end > 0);
        let folders = slashes.map(|(end, _)| &point[..end]).chain([&b"/"[..]]);
        folders.filter(|folder| folder.len() >= root.len()).any(|folder| {
            // What lies on the parent's root or on a folder in it has the same parent as the mount.
            // It came later: over an earlier one the mount would have had that for its parent.
            self.by_place.get(&(*parent, folder)).is_some_and(|upper| *upper > at)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    fn reach(mountinfo: &str) -> Vec<(String, Reach)> {
        let mounts = parse(mountinfo.as_bytes(), b"").into_iter();
        mounts
            .map(|mount| (String::from_utf8_lossy(&mount.point).into_owned(), mount.reach))
            .collect()
    }

    fn states(mountinfo: &str) -> Vec<Reach> {
        reach(mountinfo).into_iter().map(|(_, reach)| reach).collect()
    }

    use Reach::{Automounted, Hidden, Visible};

    #[test]
    fn what_lies_below_another_mount_is_hidden() {
        // Over /data with its /data/sub lies another disk, with a folder of the same name.
        let mountinfo = "\
27 1 8:1 / / rw - ext4 /dev/sda1 rw
40 27 7:0 / /data rw - ext4 /dev/loop0 rw
41 40 7:1 / /data/sub rw - ext4 /dev/loop1 rw
42 40 7:2 / /data rw - ext4 /dev/loop2 rw
43 42 7:3 / /data/other rw - ext4 /dev/loop3 rw
50 41 7:4 / /data/sub/deep rw - ext4 /dev/loop4 rw
";
        assert_eq!(states(mountinfo), [Visible, Hidden, Hidden, Visible, Visible, Hidden]);
        // Over a folder above the mount point, of the same parent.
        let mountinfo = "\
27 1 8:1 / / rw - ext4 /dev/sda1 rw
40 27 7:0 / /a/b rw - ext4 /dev/loop0 rw
41 27 0:9 / /a rw - tmpfs tmpfs rw
42 27 7:1 / /ab rw - ext4 /dev/loop1 rw
";
        assert_eq!(states(mountinfo), [Visible, Hidden, Visible, Visible]);
    }

    #[test]
    fn the_root_that_was_switched_to_is_visible() {
        let mountinfo = "\
1 1 0:2 / / rw - rootfs rootfs rw
28 1 0:3 / /old rw - tmpfs tmpfs rw
27 1 8:1 / / rw - ext4 /dev/sda1 rw
30 27 0:4 / /run rw - tmpfs tmpfs rw
31 27 8:2 / /gone//deleted rw - ext4 /dev/sdb1 rw
";
        assert_eq!(states(mountinfo), [Hidden, Hidden, Visible, Visible, Hidden]);
    }

    #[test]
    fn later_of_two_mounts_on_one_path_is_visible() {
        let mountinfo = "\
41 27 8:1 / /data rw - xfs /dev/sda1 rw
42 27 8:2 / /data rw - xfs /dev/sdb1 rw
";
        assert_eq!(states(mountinfo), [Hidden, Visible]);
    }

    #[test]
    fn expiring_automounts_are_recognised() {
        let mountinfo = "\
27 1 8:1 / / rw - ext4 /dev/sda1 rw
40 27 0:40 / /auto rw - autofs systemd-1 rw,fd=9,timeout=120,direct
41 40 8:2 / /auto rw - ext4 /dev/sdb1 rw
42 41 8:3 / /auto/below rw - ext4 /dev/sdc1 rw
50 27 0:41 / /efi rw - autofs systemd-1 rw,fd=9,timeout=0,direct
51 50 8:4 / /efi rw - vfat /dev/sda2 rw
60 27 0:42 / /idle rw - autofs systemd-1 rw,fd=9,timeout=0,direct
";
        let expected = [Visible, Hidden, Automounted, Automounted, Hidden, Visible, Automounted];
        assert_eq!(states(mountinfo), expected);
    }

    #[test]
    fn mounts_that_are_their_own_parents_end() {
        let mountinfo = "1 2 8:1 / /a rw - xfs /dev/a rw\n2 1 8:2 / /b rw - xfs /dev/b rw\n";
        assert_eq!(reach(mountinfo).len(), 2);
    }

    #[test]
    fn in_memory_mounts_need_in_memory_parents() {
        let mountinfo = "\
1 0 8:1 / / rw - ext4 /dev/sda1 rw
2 1 0:20 / /run rw - tmpfs tmpfs rw
3 1 8:2 / /data rw - xfs /dev/sdb1 rw
4 3 8:3 / /data/more rw - ext4 /dev/sdc1 rw
5 1 0:30 / /net rw - nfs4 server:/ rw
6 5 8:4 / /net/disk rw - ext4 /dev/sdd1 rw
7 9 8:5 / /lost rw - ext4 /dev/sde1 rw
8 8 8:6 / /own rw - ext4 /dev/sdf1 rw
10 11 8:7 / /round rw - ext4 /dev/sdg1 rw
11 10 8:8 / /round/and rw - ext4 /dev/sdh1 rw
";
        let marked = |prefix: &[u8]| -> Vec<u64> {
            let mounts = parse(mountinfo.as_bytes(), prefix).into_iter();
            mounts.filter(|mount| mount.is_in_memory).map(|mount| mount.id).collect()
        };
        assert_eq!(marked(b""), [1, 2, 4]);
        // The way there is that of the container too.
        assert!(marked(b"/data").is_empty());
    }
}
