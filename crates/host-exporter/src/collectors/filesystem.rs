//! Space, inodes and state of the mounted file systems: the mount table, statx(2) and statfs(2).

mod plan;
mod reason;

use std::time::Duration;

use exporter_kit::{
    CollectError, Collector, CollectorDef, Flag, Gauge, Pattern, Samples, ScheduledCollector,
    Settings, Unit,
};

use self::plan::{Entry, Plan};
use super::node::gauge;
use crate::host::Host;
use crate::mounts::{MountTable, View};
use crate::probe::{self, Answer, Space};

const LABELS: [&str; 4] = ["device", "mountpoint", "fstype", "device_error"];

const SIZE: Gauge<4> =
    gauge("node_filesystem_size_bytes", "文件系统容量", "Size of the file system.")
        .unit(Unit::Bytes)
        .labels(LABELS);

const FREE: Gauge<4> = gauge(
    "node_filesystem_free_bytes",
    "文件系统空闲空间",
    "Space that holds no data, with what is kept for root.",
)
.unit(Unit::Bytes)
.labels(LABELS);

const AVAIL: Gauge<4> = gauge(
    "node_filesystem_avail_bytes",
    "文件系统可用空间",
    "Space that users other than root can fill; 0 where the reserve of root is in use.",
)
.unit(Unit::Bytes)
.labels(LABELS);

const FILES: Gauge<4> =
    gauge("node_filesystem_files", "inode总数", "How many inodes the file system can have.")
        .labels(LABELS);

const FILES_FREE: Gauge<4> = gauge(
    "node_filesystem_files_free",
    "空闲inode数",
    "How many inodes can still be made; absent where that is not known.",
)
.labels(LABELS);

const READONLY: Gauge<4> = gauge(
    "node_filesystem_readonly",
    "文件系统是否只读",
    "Whether the mount or its file system is read-only (1) or not (0).",
)
.labels(LABELS);

const DEVICE_ERROR: Gauge<4> = gauge(
    "node_filesystem_device_error",
    "文件系统读取失败",
    "Whether the file system could not be asked for its space (1), or could (0).",
)
.labels(LABELS);

const MOUNT_INFO: Gauge<4> = gauge(
    "node_filesystem_mount_info",
    "挂载信息",
    "Constant 1, with the device numbers of each mount.",
)
.labels(["device", "major", "minor", "mountpoint"]);

const POINTS_INCLUDE: Flag<Pattern> = Flag::pattern(
    "collector.filesystem.mount-points-include",
    "",
    "Mount points to expose; not with mount-points-exclude.",
);
const POINTS_EXCLUDE: Flag<Pattern> = Flag::pattern(
    "collector.filesystem.mount-points-exclude",
    "^/(dev|proc|run/credentials/.+|sys|var/lib/docker/.+|var/lib/containers/storage/.+)($|/)",
    "Mount points to leave out.",
);
const TYPES_INCLUDE: Flag<Pattern> = Flag::pattern(
    "collector.filesystem.fs-types-include",
    "",
    "Types of file systems to expose; not with fs-types-exclude.",
);
const TYPES_EXCLUDE: Flag<Pattern> = Flag::pattern(
    "collector.filesystem.fs-types-exclude",
    "^(autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl|hugetlbfs|iso9660|\
     mqueue|nsfs|overlay|proc|procfs|pstore|rpc_pipefs|securityfs|selinuxfs|squashfs|erofs|sysfs|\
     tracefs)$",
    "Types of file systems to leave out.",
);
const TIMEOUT: Flag<Duration> = Flag::duration(
    "collector.filesystem.mount-timeout",
    "5s",
    "Longest wait of a scrape for mounts, at most 500ms; a later answer is on the next page.",
)
.positive();
const WORKERS: Flag<u64> = Flag::number(
    "collector.filesystem.stat-workers",
    "4",
    "No effect, for compatibility: one thread asks all mounts, and more start only when some hang.",
);

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "filesystem",
    "文件系统",
    "Space, inodes and state of mounted file systems, without those on automount points that expire.",
    &[&SIZE, &FREE, &AVAIL, &FILES, &FILES_FREE, &READONLY, &DEVICE_ERROR, &MOUNT_INFO],
    |settings| Ok(ScheduledCollector::on_scrape(Filesystem::new(settings))),
)
.flags(&[
    &POINTS_INCLUDE,
    &POINTS_EXCLUDE,
    &TYPES_INCLUDE,
    &TYPES_EXCLUDE,
    &TIMEOUT,
    &WORKERS,
])
.source("/proc/1/mountinfo, statx, statfs");

/// Collects what is known of file systems.
struct Filesystem {
    host: Host,
    table: MountTable,
    wanted: plan::Wanted,
    timeout: Duration,
    plan: Plan,
    answers: Vec<Answer>,
}

impl Filesystem {
    fn new(settings: &Settings) -> Self {
        let host = Host::new(settings);
        Self {
            table: MountTable::new(&host, View::Host),
            host,
            wanted: plan::Wanted {
                points: settings.filter(&POINTS_INCLUDE, &POINTS_EXCLUDE),
                types: settings.filter(&TYPES_INCLUDE, &TYPES_EXCLUDE),
            },
            timeout: settings.get(&TIMEOUT),
            plan: Plan::default(),
            answers: Vec::new(),
        }
    }
}

impl Collector for Filesystem {
    fn collect(&mut self, out: &mut Samples) -> Result<(), CollectError> {
        if self.table.refresh()? {
            self.plan = Plan::new(self.table.mounts(), &self.wanted, &self.host);
        }
        let Plan { entries, targets } = &self.plan;
        self.answers.clear();
        self.answers.extend(entries.iter().map(Entry::question));
        probe::ask_all_and_keep(targets, self.timeout, &mut self.answers);
        for (entry, answer) in entries.iter().zip(&self.answers) {
            to_samples(entry, answer, out);
        }
        Ok(())
    }
}

fn to_samples(entry: &Entry, answer: &Answer, out: &mut Samples) {
    let Entry { device, point, kind, major, minor, .. } = entry;
    let error = match answer {
        Answer::Space(_) | Answer::Devices(_) | Answer::Unwanted => "",
        Answer::Elsewhere => "another file system is mounted there",
        Answer::Late | Answer::Wanted => "mountpoint timeout",
        Answer::Failed(error) => reason::of(*error),
    };
    let labels = [&**device, point, kind, error];
    let as_number = |is: bool| f64::from(u8::from(is));
    if *answer != Answer::Unwanted {
        out.set(&DEVICE_ERROR, labels, as_number(!error.is_empty()));
    }
    out.set(&READONLY, labels, as_number(entry.read_only));
    out.set(&MOUNT_INFO, [device, major, minor, point], 1.0);
    let Answer::Space(space) = answer else { return };
    let Space { block, blocks, files, .. } = *space;
    let sizes = [(&SIZE, Some(blocks)), (&FREE, space.free()), (&AVAIL, space.available())];
    for (metric, blocks) in sizes {
        if let Some(blocks) = blocks {
            out.set(metric, labels, blocks as f64 * block as f64);
        }
    }
    out.set(&FILES, labels, files as f64);
    if let Some(free) = space.files_free() {
        out.set(&FILES_FREE, labels, free as f64);
    }
}

#[cfg(test)]
mod tests {
    use rustix::io::Errno;

    use super::*;

    fn page(answer: Answer) -> Vec<String> {
        let entry = Entry {
            device: "/dev/sda1".to_owned(),
            point: "/a b".to_owned(),
            kind: "ext4".to_owned(),
            major: "8".to_owned(),
            minor: "1".to_owned(),
            read_only: true,
            is_asked: true,
        };
        let mut out = Samples::default();
        to_samples(&entry, &answer, &mut out);
        assert_eq!(out.check(&DEF), Ok(()));
        let page = out.page();
        let lines = page.lines().filter(|line| !line.starts_with('#'));
        lines.map(|line| line.replace("node_filesystem_", "")).collect()
    }

    #[test]
    fn blocks_become_bytes() {
        let space =
            Space { block: 4096, blocks: 100, free: 50, available: 40, files: 9, files_free: 7 };
        let labels = r#"{device="/dev/sda1",mountpoint="/a b",fstype="ext4",device_error=""}"#;
        let expected = [
            ("size_bytes", 409_600),
            ("free_bytes", 204_800),
            ("avail_bytes", 163_840),
            ("files", 9),
            ("files_free", 7),
            ("readonly", 1),
            ("device_error", 0),
        ];
        let page = page(Answer::Space(space));
        for (name, value) in expected {
            assert!(page.contains(&format!("{name}{labels} {value}")), "{name}: {page:?}");
        }
        let info =
            r#"mount_info{device="/dev/sda1",major="8",minor="1",mountpoint="/a b"} 1"#.to_owned();
        assert!(page.contains(&info) && page.len() == 8, "{page:?}");
    }

    #[test]
    fn failed_query_reports_its_reason() {
        for (answer, error) in [
            (Answer::Late, "mountpoint timeout"),
            (Answer::Failed(Errno::ACCESS), "permission denied"),
            (Answer::Elsewhere, "another file system is mounted there"),
        ] {
            let page = page(answer);
            let line = format!(
                r#"device_error{{device="/dev/sda1",mountpoint="/a b",fstype="ext4",device_error="{error}"}} 1"#
            );
            assert!(page.contains(&line) && page.len() == 3, "{page:?}");
        }
        assert_eq!(page(Answer::Unwanted).len(), 2);
    }
}
