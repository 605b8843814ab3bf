//! Software RAID: `/proc/mdstat` and `/sys/block/md*/md`.

use exporter_kit::{
    CollectError, Collector, CollectorDef, Gauge, KeptFile, Samples, ScheduledCollector, Settings,
};

use super::node::gauge;
use crate::files::Folder;
use crate::host::Host;
use crate::text::{fields, lines, number};

const STATE: Gauge<2> = gauge(
    "node_md_state",
    "RAID状态",
    "Whether the array is in this state (1) or not (0); in one that is not active nothing runs.",
)
.labels(["device", "state"]);
const DISKS: Gauge<2> =
    gauge("node_md_disks", "RAID磁盘数", "How many disks of the array are in this state.")
        .labels(["device", "state"]);
const DISKS_REQUIRED: Gauge<1> = gauge(
    "node_md_disks_required",
    "RAID所需磁盘数",
    "How many disks the array needs to be complete, without spares.",
)
.labels(["device"]);
const BLOCKS: Gauge<1> =
    gauge("node_md_blocks", "RAID块数", "Size of the array in blocks of 1 KiB.").labels(["device"]);
const BLOCKS_SYNCED: Gauge<1> = gauge(
    "node_md_blocks_synced",
    "RAID已同步块数",
    "Blocks of 1 KiB that the present rebuild or check has done; all where none runs.",
)
.labels(["device"]);
const RAID_DISKS: Gauge<1> = gauge(
    "node_md_raid_disks",
    "RAID成员盘数",
    "How many disks the array has when it is complete, from sysfs.",
)
.labels(["device"]);
const DEGRADED: Gauge<1> = gauge(
    "node_md_degraded",
    "RAID缺失盘数",
    "How many disks the array lacks; absent where the level has no redundancy.",
)
.labels(["device"]);

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "mdadm",
    "软件RAID",
    "State, disks and progress of software RAID arrays.",
    &[&STATE, &DISKS, &DISKS_REQUIRED, &BLOCKS, &BLOCKS_SYNCED, &RAID_DISKS, &DEGRADED],
    |settings| Ok(ScheduledCollector::on_scrape(Mdadm::new(settings))),
)
.source("/proc/mdstat, /sys/block");

const STATES: [&str; 5] = ["active", "inactive", "recovering", "resync", "check"];

/// What can run on an array, as `/proc/mdstat` calls it, and the state that the array is in then.
/// One that is being reshaped works as ever.
const ACTIONS: [(&str, &str); 4] =
    [("recovery", "recovering"), ("resync", "resync"), ("check", "check"), ("reshape", "active")];

/// Collects what is known of arrays.
struct Mdadm {
    mdstat: KeptFile,
    host: Host,
}

impl Mdadm {
    fn new(settings: &Settings) -> Self {
        let host = Host::new(settings);
        Self { mdstat: KeptFile::new(host.proc("mdstat")), host }
    }
}

impl Collector for Mdadm {
    fn collect(&mut self, out: &mut Samples) -> Result<(), CollectError> {
        to_samples(self.mdstat.read_if_exists()?, out);
        // On a machine without arrays sysfs is not even listed.
        if !out.is_empty()
            && let Some(devices) = Folder::open(&self.host.sys("block"))
        {
            devices.names(|name| {
                let folder = name.starts_with("md").then(|| devices.folder(name)).flatten();
                if let Some(array) = folder.and_then(|folder| folder.folder("md")) {
                    of_array(name, &array, out);
                }
            });
        }
        Ok(())
    }
}

fn of_array(name: &str, array: &Folder, out: &mut Samples) {
    for (metric, file) in [(&RAID_DISKS, "raid_disks"), (&DEGRADED, "degraded")] {
        // While an array is reshaped the old number stands behind the new one.
        let text = array.text(file);
        let first = text.as_ref().and_then(|text| fields(text.trimmed()?).next());
        if let Some(number) = first.and_then(number) {
            out.set(metric, [name], number);
        }
    }
}

/// An array with its lines.
struct Array<'a> {
    name: &'a str,
    /// `active raid1 sdb1[1] sda1[0](F)`.
    state: &'a str,
    blocks: Option<f64>,
    /// How many disks it needs and has, of levels with redundancy.
    disks: Option<(f64, f64)>,
    /// What runs, and how many blocks are done.
    action: Option<(&'static str, Option<f64>)>,
}

fn to_samples(mdstat: &[u8], out: &mut Samples) {
    let mut array: Option<Array<'_>> = None;
    for line in lines(mdstat) {
        if line.starts_with([' ', '\t']) {
            if let Some(array) = &mut array {
                array.read(line.trim());
            }
            continue;
        }
        if let Some(array) = array.take() {
            array.put(out);
        }
        array = line
            .split_once(" : ")
            .filter(|(name, _)| name.starts_with("md"))
            .map(|(name, state)| Array { name, state, blocks: None, disks: None, action: None });
    }
    if let Some(array) = array {
        array.put(out);
    }
}

impl Array<'_> {
    /// Reads a line below the array's first.
    fn read(&mut self, line: &str) {
        if let Some((blocks, rest)) = line.split_once(" blocks") {
            self.blocks = number(blocks);
            // `[2/1] [U_]` is the only pair of numbers in brackets.
            let pairs = rest.split('[').filter_map(|part| part.split_once(']')?.0.split_once('/'));
            self.disks =
                pairs.filter_map(|(needs, has)| Some((number(needs)?, number(has)?))).next();
        } else if let Some((_, state)) = ACTIONS.iter().find(|(action, _)| runs(line, action)) {
            // `recovery = 12.6% (123/975) finish=95.7min speed=148310K/sec`, or `resync=PENDING`.
            let waits = ["PENDING", "DELAYED"].iter().any(|word| line.contains(word));
            let done = || number(line.split_once('(')?.1.split_once('/')?.0);
            self.action = Some((state, if waits { Some(0.0) } else { done() }));
        }
    }

    fn put(&self, out: &mut Samples) {
        let Self { name, state, blocks, disks, action } = self;
        let is_inactive = state.starts_with("inactive");
        let without_redundancy = state.contains("raid0") || state.contains("linear");
        let present = match action {
            Some((state, _)) => state,
            None if is_inactive => "inactive",
            None => "active",
        };
        for state in STATES {
            out.set(&STATE, [name, state], f64::from(u8::from(state == present)));
        }
        let count = |mark: &str| state.matches(mark).count() as f64;
        let disks = match disks {
            _ if without_redundancy => Some((count("["), count("["))),
            _ if is_inactive => Some((0.0, 0.0)),
            disks => *disks,
        };
        if let Some((needs, has)) = disks {
            out.set(&DISKS_REQUIRED, [name], needs);
            out.set(&DISKS, [name, "active"], has);
        }
        out.set(&DISKS, [name, "failed"], count("(F)"));
        out.set(&DISKS, [name, "spare"], count("(S)"));
        if let Some(blocks) = *blocks {
            out.set(&BLOCKS, [name], blocks);
        }
        if let Some(synced) = action.map_or(*blocks, |(_, synced)| synced) {
            out.set(&BLOCKS_SYNCED, [name], synced);
        }
    }
}

/// Whether a line says that this runs: `[==>.....]  check = 3.4% …` or `resync=DELAYED`.
fn runs(line: &str, action: &str) -> bool {
    line.split_once(action).is_some_and(|(_, after)| after.trim_start().starts_with('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MDSTAT: &str = "Personalities : [raid1] [raid6] [raid0]
md1 : active raid1 sdb2[2] sda2[0] sdc2[3](F) sdd2[4](S)
      975557632 blocks super 1.2 [2/1] [U_]
      [==>..................]  recovery = 12.6% (123456789/975557632) finish=95.7min speed=148310K/sec
      bitmap: 5/8 pages [20KB], 65536KB chunk

md2 : active (auto-read-only) raid1 sda3[0] sdb3[1]
      100 blocks super 1.2 [2/2] [UU]
      \tresync=PENDING
md3 : active raid0 sdh[1] sdg[0]
      300 blocks super 1.2 512k chunks
md4 : inactive sdk[0](S)
      400 blocks super 1.2
md5 : active raid6 sde[3] sdd[2] sdc[1] sdb[0]
      500 blocks super 1.2 level 6, 512k chunk, algorithm 2 [4/4] [UUUU]
      bitmap: 3/30 pages [12KB], 65536KB chunk
unused devices: <none>
";

    fn samples(mdstat: &str) -> Samples {
        let mut out = Samples::default();
        to_samples(mdstat.as_bytes(), &mut out);
        assert_eq!(out.check(&DEF), Ok(()));
        out
    }

    #[test]
    fn arrays_are_read_with_their_disks_and_progress() {
        let out = samples(MDSTAT);
        for (name, state, needs, active, failed, spare, blocks, synced) in [
            ("md1", "recovering", 2.0, 1.0, 1.0, 1.0, 975_557_632.0, 123_456_789.0),
            ("md2", "resync", 2.0, 2.0, 0.0, 0.0, 100.0, 0.0),
            ("md3", "active", 2.0, 2.0, 0.0, 0.0, 300.0, 300.0),
            ("md4", "inactive", 0.0, 0.0, 0.0, 1.0, 400.0, 400.0),
            ("md5", "active", 4.0, 4.0, 0.0, 0.0, 500.0, 500.0),
        ] {
            for known in STATES {
                let expected = f64::from(u8::from(known == state));
                assert_eq!(out.value(&STATE, [name, known]), Some(expected), "{name} {known}");
            }
            assert_eq!(out.value(&DISKS_REQUIRED, [name]), Some(needs), "{name}");
            for (state, disks) in [("active", active), ("failed", failed), ("spare", spare)] {
                assert_eq!(out.value(&DISKS, [name, state]), Some(disks), "{name} {state}");
            }
            assert_eq!(out.value(&BLOCKS, [name]), Some(blocks), "{name}");
            assert_eq!(out.value(&BLOCKS_SYNCED, [name]), Some(synced), "{name}");
        }
    }

    #[test]
    fn what_is_damaged_is_absent() {
        let out =
            samples("md1 : active raid1 sda[0]\n      x blocks [2/y]\nmd2\nx : y\n  resync = 1%\n");
        assert_eq!(out.len(), STATES.len() + 2);
        assert!(
            samples("").is_empty()
                && samples("Personalities : \nunused devices: <none>\n").is_empty()
        );
    }

    #[test]
    fn sysfs_has_what_an_array_lacks() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("raid_disks"), "4 (3)\n").unwrap();
        std::fs::write(folder.path().join("degraded"), "1\n").unwrap();
        let mut out = Samples::default();
        of_array("md1", &Folder::open(folder.path()).unwrap(), &mut out);
        assert_eq!(out.value(&RAID_DISKS, ["md1"]), Some(4.0));
        assert_eq!(out.value(&DEGRADED, ["md1"]), Some(1.0));
    }
}
