//! Software RAID: `/proc/mdstat` and `/sys/block/md*/md`.

use std::path::PathBuf;

use exporter_kit::{
    CollectError, Collector, CollectorDef, Gauge, KeptFile, Samples, ScheduledCollector,
};

use super::node::gauge;
use crate::files::Folder;
use crate::host::Host;
use crate::text::{fields, lines, number};

const STATE: Gauge<2> =
    gauge("node_md_state", "阵列状态", "Whether the array is in this state (1) or not (0).")
        .labels(["device", "state"]);

const DISKS: Gauge<2> =
    gauge("node_md_disks", "阵列磁盘数", "How many disks of the array are in this state.")
        .labels(["device", "state"]);

const REQUIRED: Gauge<1> = gauge(
    "node_md_disks_required",
    "阵列应有磁盘数",
    "How many disks the array has when it is whole, without spares.",
)
.labels(["device"]);

const BLOCKS: Gauge<1> =
    gauge("node_md_blocks", "阵列块数", "Size of the array in blocks of 1 KiB.").labels(["device"]);

const SYNCED: Gauge<1> = gauge(
    "node_md_blocks_synced",
    "阵列已同步块数",
    "Blocks of a disk that are in sync, or all of the array's while nothing is being synced.",
)
.labels(["device"]);

const RAID_DISKS: Gauge<1> =
    gauge("node_md_raid_disks", "阵列RAID磁盘数", "How many disks the array is made for.")
        .labels(["device"]);

const DEGRADED: Gauge<1> =
    gauge("node_md_degraded", "阵列缺失磁盘数", "How many disks the array misses.")
        .labels(["device"]);

const STATES: [&str; 5] = ["active", "inactive", "recovering", "resync", "check"];

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "mdadm",
    "软件RAID",
    "State, disks and progress of software RAID arrays.",
    &[&STATE, &DISKS, &REQUIRED, &BLOCKS, &SYNCED, &RAID_DISKS, &DEGRADED],
    |settings| {
        let host = Host::new(settings);
        let file = KeptFile::new(host.proc("mdstat"));
        Ok(ScheduledCollector::on_scrape(Mdadm { file, block: host.sys("block") }))
    },
)
.source("/proc/mdstat, /sys/block/md*/md");

struct Mdadm {
    file: KeptFile,
    block: PathBuf,
}

impl Collector for Mdadm {
    fn collect(&mut self, out: &mut Samples) -> Result<(), CollectError> {
        let text = self.file.read_if_exists()?;
        // Without arrays too there is a line of what the kernel can do.
        if lines(text).next().is_none() {
            return Err("nothing in /proc/mdstat can be read".into());
        }
        let mut block = None;
        for array in Arrays::of(text) {
            array.set(out);
            // Without arrays nothing is opened.
            let block = block.get_or_insert_with(|| Folder::open(&self.block));
            let folder = block.as_ref().and_then(|block| block.folder(array.device));
            let Some(folder) = folder.and_then(|device| device.folder("md")) else { continue };
            for (file, metric) in [("raid_disks", &RAID_DISKS), ("degraded", &DEGRADED)] {
                if let Some(number) = folder.number(file) {
                    out.set(metric, [array.device], number);
                }
            }
        }
        Ok(())
    }
}

/// What `/proc/mdstat` says of an array.
#[derive(Debug, PartialEq)]
struct Array<'a> {
    device: &'a str,
    state: &'static str,
    /// What is there of the disks that it needs, and how many these are.
    disks: Option<[f64; 2]>,
    failed: f64,
    spare: f64,
    blocks: Option<f64>,
    synced: Option<f64>,
}

impl<'a> Array<'a> {
    /// The line that begins an array, such as
    /// `md0 : active raid6 sdf[4](S) sde[3] sdd[2](F)`.
    fn of(line: &'a str) -> Option<Self> {
        let (device, rest) = line.split_once(" : ")?;
        let mut words = fields(rest);
        let state = match words.next()? {
            "active" => "active",
            "inactive" => "inactive",
            _ => return None,
        };
        let all = words.clone().filter(|word| word.contains('[')).count() as f64;
        // These have no redundancy, and say nothing of the disks that they have.
        let disks = match words.any(|word| ["raid0", "linear"].contains(&word)) {
            _ if state == "inactive" => Some([0.0, 0.0]),
            true => Some([all, all]),
            false => None,
        };
        let [failed, spare] = ["(F)", "(S)"].map(|mark| rest.matches(mark).count() as f64);
        Some(Self { device, state, disks, failed, spare, blocks: None, synced: None })
    }

    /// One of the lines below it, which are indented.
    fn add(&mut self, line: &str) {
        if let Some((blocks, _)) = line.trim_start().split_once(" blocks") {
            self.blocks = number(blocks);
            self.synced = self.blocks;
            // `[4/3] [UUU_]`: there should be four, and three are there.
            let mut counts = line.split('[').filter_map(|part| {
                let (needed, present) = part.split_once(']')?.0.split_once('/')?;
                Some([number(present)?, number(needed)?])
            });
            self.disks = self.disks.or(counts.next_back());
            return;
        }
        let action = |word: &str, state| line.contains(word).then_some(state);
        let state = action("recovery", "recovering")
            .or_else(|| action("resync", "resync"))
            .or_else(|| action("check", "check"))
            .or_else(|| action("reshape", "reshape"));
        let Some(state) = state else { return };
        self.state = state;
        // `recovery = 12.6% (123/975) finish=95.7min`; one that waits has done nothing.
        let done = line.split_once('(').and_then(|(_, rest)| number(rest.split_once('/')?.0));
        let waits = ["PENDING", "DELAYED", "REMOTE"].iter().any(|word| line.contains(word));
        self.synced = if waits { Some(0.0) } else { done };
    }

    fn set(&self, out: &mut Samples) {
        let device = self.device;
        for state in STATES {
            out.set(&STATE, [device, state], f64::from(u8::from(state == self.state)));
        }
        if let Some([present, needed]) = self.disks {
            out.set(&DISKS, [device, "active"], present);
            out.set(&REQUIRED, [device], needed);
        }
        out.set(&DISKS, [device, "failed"], self.failed);
        out.set(&DISKS, [device, "spare"], self.spare);
        for (metric, blocks) in [(&BLOCKS, self.blocks), (&SYNCED, self.synced)] {
            if let Some(blocks) = blocks {
                out.set(metric, [device], blocks);
            }
        }
    }
}

/// The arrays in the text of `/proc/mdstat`.
struct Arrays<'a, L: Iterator<Item = &'a str>>(std::iter::Peekable<L>);

impl<'a> Arrays<'a, std::iter::Empty<&'a str>> {
    fn of(text: &'a [u8]) -> impl Iterator<Item = Array<'a>> {
        Arrays(lines(text).peekable())
    }
}

impl<'a, L: Iterator<Item = &'a str>> Iterator for Arrays<'a, L> {
    type Item = Array<'a>;

    fn next(&mut self) -> Option<Array<'a>> {
        let mut array = loop {
            if let Some(array) = Array::of(self.0.next()?) {
                break array;
            }
        };
        while let Some(line) = self.0.next_if(|line| line.starts_with([' ', '\t'])) {
            array.add(line);
        }
        Some(array)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(text: &str) -> Vec<String> {
        let mut out = Samples::default();
        Arrays::of(text.as_bytes()).for_each(|array| array.set(&mut out));
        let page = out.page();
        let samples = page.lines().filter(|line| !line.starts_with('#') && !line.ends_with(" 0"));
        samples.map(|line| line.strip_prefix("node_md_").unwrap().to_owned()).collect()
    }

    #[test]
    fn an_array_that_is_being_rebuilt_says_how_far() {
        let text = "Personalities : [raid6] [raid5]\n\
            md0 : active raid6 sdf[4](S) sde[3] sdd[2](F) sdc[1] sdb[0]\n      \
            7813770240 blocks super 1.2 level 6, 512k chunk, algorithm 2 [4/3] [UU_U]\n      \
            [==>....]  recovery = 12.6% (123456789/975557632) finish=95.7min speed=148310K/sec\n      \
            bitmap: 3/30 pages [12KB], 65536KB chunk\n\nunused devices: <none>\n";
        let expected = [
            "blocks_synced{device=\"md0\"} 123456789",
            "blocks{device=\"md0\"} 7813770240",
            "disks_required{device=\"md0\"} 4",
            "disks{device=\"md0\",state=\"active\"} 3",
            "disks{device=\"md0\",state=\"failed\"} 1",
            "disks{device=\"md0\",state=\"spare\"} 1",
            "state{device=\"md0\",state=\"recovering\"} 1",
        ];
        let mut samples = page(text);
        samples.sort();
        assert_eq!(samples, expected);
    }

    #[test]
    fn states_and_disks_are_read_of_any_array() {
        let cases = [
            (
                "active raid0 sdh[1] sdg[0]\n 9 blocks super 1.2 512k chunks\n",
                "active",
                Some([2.0, 2.0]),
                Some(9.0),
            ),
            ("inactive sdk[0](S)\n 9 blocks super 1.2\n", "inactive", Some([0.0, 0.0]), Some(9.0)),
            (
                "active (auto-read-only) raid1 a[0]\n 9 blocks [2/1] [U_]\n \tresync=PENDING\n",
                "resync",
                Some([1.0, 2.0]),
                Some(0.0),
            ),
            (
                "active raid1 a[0]\n 9 blocks super 1.2 [2/2] [UU]\n [=>] check = 1% (5/9) finish=1min\n",
                "check",
                Some([2.0, 2.0]),
                Some(5.0),
            ),
            (
                "active raid5 a[0]\n 9 blocks super 1.2 [2/2] [UU]\n [=>] reshape = 1% (4/9)\n",
                "reshape",
                Some([2.0, 2.0]),
                Some(4.0),
            ),
            ("active faulty a[0]\n 9 blocks nfaults=0\n", "active", None, Some(9.0)),
            ("active raid1 a[0]\n x blocks [x/2] [UU]\n", "active", None, None),
        ];
        for (text, state, disks, synced) in cases {
            let text = format!("md9 : {text}");
            let array = Arrays::of(text.as_bytes()).next().unwrap();
            assert_eq!((array.state, array.disks, array.synced), (state, disks, synced), "{text}");
        }
        for text in ["", "Personalities : \nunused devices: <none>\n", "md0 : broken\n", "md0\n"] {
            assert_eq!(Arrays::of(text.as_bytes()).next(), None, "{text}");
        }
    }

    #[test]
    fn empty_file_fails_and_missing_file_is_no_data() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("mdstat");
        let collect = || {
            let block = root.path().join("block");
            Mdadm { file: KeptFile::new(&path), block }.collect(&mut Samples::default())
        };
        assert!(matches!(collect(), Err(CollectError::NoData)));
        for (text, is_ok) in
            [("", false), ("Personalities : ", false), ("Personalities : \n", true)]
        {
            std::fs::write(&path, text).unwrap();
            assert_eq!(collect().is_ok(), is_ok, "{text:?}");
        }
    }
}
