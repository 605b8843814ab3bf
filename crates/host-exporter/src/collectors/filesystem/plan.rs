//! Which mounts are on the page, under which labels. It is made once for each state of the mount
//! table.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use exporter_kit::Filter;

use crate::host::Host;
use crate::mounts::{Mount, Reach};
use crate::probe::{Answer, Target};

/// What is wanted by the flags.
pub(super) struct Wanted {
    pub(super) points: Filter,
    pub(super) types: Filter,
}

/// The mounts that are on the page, and what is asked about each.
#[derive(Default)]
pub(super) struct Plan {
    pub(super) entries: Vec<Entry>,
    /// One for each entry.
    pub(super) targets: Arc<[Target]>,
}

/// The labels of a mount, and what its numbers in the table say.
pub(super) struct Entry {
    pub(super) device: String,
    pub(super) point: String,
    pub(super) kind: String,
    pub(super) major: String,
    pub(super) minor: String,
    pub(super) read_only: bool,
    pub(super) is_asked: bool,
}

impl Entry {
    pub(super) fn question(&self) -> Answer {
        if self.is_asked { Answer::Wanted } else { Answer::Unwanted }
    }
}

impl Plan {
    pub(super) fn new(mounts: &[Mount], wanted: &Wanted, host: &Host) -> Self {
        let (mut entries, mut targets) = (Vec::new(), Vec::new());
        let mut seen = HashSet::new();
        for mount in mounts.iter().filter(|mount| mount.reach != Reach::Hidden) {
            // Bytes that are not UTF-8 show as U+FFFD.
            let [point, kind, device] = [&mount.point, &mount.kind, &mount.source]
                .map(|bytes| String::from_utf8_lossy(bytes).into_owned());
            if !wanted.points.wants(&point) || !wanted.types.wants(&kind) {
                continue;
            }
            // Two paths may look alike then.
            if matches!(String::from_utf8_lossy(&mount.point), Cow::Owned(_))
                && !seen.insert((device.clone(), point.clone()))
            {
                continue;
            }
            let Some(target) = Target::of(mount, host) else { continue };
            targets.push(target);
            entries.push(Entry {
                device,
                point,
                kind,
                major: mount.device.0.to_string(),
                minor: mount.device.1.to_string(),
                read_only: mount.read_only,
                is_asked: mount.reach == Reach::Visible,
            });
        }
        Self { entries, targets: targets.into() }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use exporter_kit::Pattern;

    use super::*;
    use crate::mounts::parse;

    fn plan(mountinfo: &[u8]) -> Plan {
        let exclude = |flag: &str| Filter::new(None, Some(Pattern::new(flag).unwrap()));
        let wanted =
            Wanted { points: exclude("^/(dev|proc)($|/)"), types: exclude("^(autofs|tmpfs)$") };
        Plan::new(&parse(mountinfo, b""), &wanted, &Host::at(Path::new("/")))
    }

    #[test]
    fn filtered_and_hidden_mounts_are_left_out() {
        let plan = plan(
            b"27 1 8:1 / / rw - ext4 /dev/sda1 rw\n28 27 8:2 / /dev/x rw - ext4 /dev/sdb1 rw\n\
              29 27 0:9 / /run rw - tmpfs tmpfs rw\n30 27 8:3 / /a rw - ext4 /dev/sdc1 rw\n\
              31 30 8:4 / /a ro - xfs /dev/sdd1 rw\n\
              40 27 0:40 / /auto rw - autofs systemd-1 rw,timeout=9\n41 40 8:5 / /auto rw - ext4 /dev/sde1 rw\n\
              50 27 0:50 / /nfs rw - nfs4 //server/a\\040b rw\n",
        );
        let entry = |entry: &Entry| {
            (entry.device.clone(), entry.point.clone(), entry.read_only, entry.is_asked)
        };
        let entries: Vec<_> = plan.entries.iter().map(entry).collect();
        let expected = [
            ("/dev/sda1", "/", false, true),
            ("/dev/sdd1", "/a", true, true),
            ("/dev/sde1", "/auto", false, false),
            ("//server/a b", "/nfs", false, true),
        ];
        assert_eq!(entries, expected.map(|(a, b, c, d)| (a.to_owned(), b.to_owned(), c, d)));
        assert_eq!(plan.targets[1].path.to_bytes(), b"/rootfs/a");
    }

    #[test]
    fn paths_that_are_not_utf8_are_asked_as_they_are() {
        let plan = plan(
            b"27 1 8:1 / /\xff rw - ext4 /dev/sda1 rw\n28 1 8:1 / /\xfe rw - ext4 /dev/sda1 rw\n",
        );
        assert_eq!((plan.entries.len(), &*plan.entries[0].point), (1, "/\u{fffd}"));
        assert_eq!(plan.targets[0].path.to_bytes(), b"/rootfs/\xff");
    }

    #[test]
    fn ten_thousand_mounts_are_planned_at_once() {
        use std::fmt::Write as _;
        let mut mountinfo = "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n".to_owned();
        for at in 2..10_002 {
            let _ = writeln!(mountinfo, "{at} 1 8:1 /{at} /srv/{at} rw - ext4 /dev/sda1 rw");
        }
        let begun = std::time::Instant::now();
        assert_eq!(plan(mountinfo.as_bytes()).entries.len(), 10_001);
        assert!(begun.elapsed().as_secs() < 5, "{:?}", begun.elapsed());
    }
}
