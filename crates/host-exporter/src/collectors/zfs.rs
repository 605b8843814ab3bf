//! OpenZFS: `/proc/spl/kstat/zfs`.

use std::path::PathBuf;

use exporter_kit::{
    AnyPattern, CollectError, Collector, CollectorDef, Field, Fields, Gauge, KeptFile, Samples,
    ScheduledCollector, UntypedPattern,
};

use super::node::{NODE_EXPORTER, gauge, untyped};
use crate::files::Folder;
use crate::host::Host;
use crate::text::{fields, lines, number};

/// What dashboards ask for; the rest, which differs from version to version, is made at run time.
const ARC: &[Field] = &[
    arc("hits", "node_zfs_arc_hits", "ARC命中数", "Reads that the cache answered."),
    arc("misses", "node_zfs_arc_misses", "ARC未命中数", "Reads that the cache could not answer."),
    arc("c", "node_zfs_arc_c", "ARC目标大小", "Size that the cache is to have."),
    arc("c_min", "node_zfs_arc_c_min", "ARC最小大小", "The least that it can be."),
    arc("c_max", "node_zfs_arc_c_max", "ARC最大大小", "The most that it can be."),
    arc("size", "node_zfs_arc_size", "ARC当前大小", "Size of the cache."),
    arc("l2_hits", "node_zfs_arc_l2_hits", "L2ARC命中数", "Reads that the second cache answered."),
    arc(
        "l2_misses",
        "node_zfs_arc_l2_misses",
        "L2ARC未命中数",
        "Reads that the second cache could not answer.",
    ),
    arc("l2_size", "node_zfs_arc_l2_size", "L2ARC大小", "Size of the second cache."),
];

const fn arc(key: &'static str, name: &'static str, zh: &'static str, help: &'static str) -> Field {
    Field::untyped(key, untyped(name, zh, help))
}

const STATE: Gauge<2> = gauge(
    "node_zfs_zpool_state",
    "存储池状态",
    "Whether the pool is in this state (1) or not (0).",
)
.labels(["zpool", "state"]);

const STATES: [&str; 7] =
    ["online", "degraded", "faulted", "offline", "removed", "unavail", "suspended"];

const fn pattern(prefix: &'static str, zh: &'static str) -> UntypedPattern {
    UntypedPattern::new(prefix, "Field {} of a file in /proc/spl/kstat/zfs.")
        .zh(zh)
        .compatible_with(NODE_EXPORTER)
}

/// A file, what the names of its fields begin with, and those that are known.
type File = (&'static str, UntypedPattern, &'static [Field]);

static FILES: [File; 12] = [
    ("abdstats", pattern("node_zfs_abd_", "ZFS缓冲统计"), &[]),
    ("arcstats", pattern("node_zfs_arc_", "ZFS缓存统计"), ARC),
    ("dbufstats", pattern("node_zfs_dbuf_", "ZFS数据缓冲统计"), &[]),
    ("dbuf_stats", pattern("node_zfs_dbuf_", "ZFS数据缓冲统计"), &[]),
    ("dmu_tx", pattern("node_zfs_dmu_tx_", "ZFS事务统计"), &[]),
    ("dnodestats", pattern("node_zfs_dnode_", "ZFS节点统计"), &[]),
    ("fm", pattern("node_zfs_fm_", "ZFS故障统计"), &[]),
    ("vdev_cache_stats", pattern("node_zfs_vdev_cache_", "ZFS设备缓存统计"), &[]),
    ("vdev_mirror_stats", pattern("node_zfs_vdev_mirror_", "ZFS镜像统计"), &[]),
    ("xuio_stats", pattern("node_zfs_xuio_", "ZFS零拷贝统计"), &[]),
    ("zfetchstats", pattern("node_zfs_zfetch_", "ZFS预取统计"), &[]),
    ("zil", pattern("node_zfs_zil_", "ZFS意图日志统计"), &[]),
];

static POOL: UntypedPattern<1> = pattern("node_zfs_zpool_", "存储池读写统计").labels(["zpool"]);
static DATASET: UntypedPattern<2> =
    pattern("node_zfs_zpool_dataset_", "数据集统计").labels(["zpool", "dataset"]);

static PATTERNS: [&dyn AnyPattern; FILES.len() + 2] = {
    let mut patterns: [&dyn AnyPattern; FILES.len() + 2] = [&POOL; FILES.len() + 2];
    let mut at = 0;
    while at < FILES.len() {
        patterns[at] = &FILES[at].1;
        at += 1;
    }
    patterns[at] = &DATASET;
    patterns
};

pub(super) const DEF: CollectorDef =
    CollectorDef::new("zfs", "ZFS", "Caches, pools and datasets of ZFS.", &[&STATE], |settings| {
        let path = Host::new(settings).proc("spl/kstat/zfs");
        let files = FILES.each_ref().map(|(file, ..)| KeptFile::new(path.join(file)));
        Ok(ScheduledCollector::on_scrape(Zfs { path, files }))
    })
    .fields(&[ARC])
    .patterns(&PATTERNS)
    .source("/proc/spl/kstat/zfs");

struct Zfs {
    path: PathBuf,
    files: [KeptFile; FILES.len()],
}

impl Collector for Zfs {
    fn collect(&mut self, out: &mut Samples) -> Result<(), CollectError> {
        let folder = Folder::open(&self.path).ok_or(CollectError::NoData)?;
        for (file, (_, pattern, known)) in self.files.iter_mut().zip(&FILES) {
            if let Ok(text) = file.read_if_exists() {
                to_samples(text, pattern, known, out);
            }
        }
        folder.names(|pool| {
            // Pools are folders among the files.
            if !FILES.iter().any(|(file, ..)| *file == pool)
                && let Some(folder) = folder.folder(pool)
            {
                collect_pool(&folder, pool, out);
            }
        });
        Ok(())
    }
}

/// The fields of a file that are numbers; the second column is their type.
fn numbers(text: &[u8]) -> impl Iterator<Item = (&str, f64)> {
    lines(text).filter_map(|line| {
        let mut columns = fields(line);
        let (key, kind) = (columns.next()?, columns.next()?);
        let value = columns.next().and_then(number)?;
        // INT64 and UINT64; the heading has more columns.
        (["3", "4"].contains(&kind) && columns.next().is_none()).then_some((key, value))
    })
}

fn to_samples(text: &[u8], pattern: &UntypedPattern, known: &'static [Field], out: &mut Samples) {
    let mut known = Fields::of(known);
    for (key, value) in numbers(text) {
        if !known.set(key, value, out) {
            out.set_field(pattern, &[key], [], value);
        }
    }
}

fn collect_pool(folder: &Folder, pool: &str, out: &mut Samples) {
    let state = folder.text("state");
    if let Some(state) = state.as_ref().and_then(|state| state.trimmed()) {
        for known in STATES {
            let is_it = known.eq_ignore_ascii_case(state);
            out.set(&STATE, [pool, known], f64::from(u8::from(is_it)));
        }
    }
    if let Some(io) = folder.text("io") {
        pool_io(io.bytes(), pool, out);
    }
    folder.names(|file| {
        let objset = if file.starts_with("objset-") { folder.text(file) } else { None };
        if let Some(objset) = objset {
            dataset(objset.bytes(), pool, out);
        }
    });
}

/// A line of names and one of numbers; ZFS before 2.1 has them.
fn pool_io(text: &[u8], pool: &str, out: &mut Samples) {
    let mut lines = lines(text).skip_while(|line| !line.starts_with("nread"));
    let (Some(names), Some(values)) = (lines.next(), lines.next()) else { return };
    for (name, value) in fields(names).zip(fields(values)) {
        if let Some(value) = number(value) {
            out.set_field(&POOL, &[name], [pool], value);
        }
    }
}

fn dataset(text: &[u8], pool: &str, out: &mut Samples) {
    let name = lines(text).find_map(|line| {
        // The name may have blanks.
        let rest = line.strip_prefix("dataset_name")?.trim_start().strip_prefix('7')?;
        Some(rest.trim())
    });
    let Some(name) = name else { return };
    for (key, value) in numbers(text) {
        out.set_field(&DATASET, &[key], [pool, name], value);
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn samples(out: &mut Samples) -> Vec<String> {
        let page = out.page();
        page.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
    }

    #[test]
    fn only_numeric_fields_are_exposed() {
        let text = b"9 1 0x01 91 4368 5266997922 97951858082072\n\
            name                            type data\n\
            hits                            4    8772612\n\
            memory_available_bytes          3    -922337\n\
            text                            7    12\nl2-x 4 x\nnovel 4 5\n";
        let mut out = Samples::default();
        to_samples(text, &FILES[1].1, ARC, &mut out);
        let mut seen = samples(&mut out);
        seen.sort();
        let expected = [
            "node_zfs_arc_hits 8772612",
            "node_zfs_arc_memory_available_bytes -922337",
            "node_zfs_arc_novel 5",
        ];
        assert_eq!(seen, expected);
        let mut out = Samples::default();
        to_samples(b"hits 4 3\n", &FILES[10].1, &[], &mut out);
        assert_eq!(samples(&mut out), ["node_zfs_zfetch_hits 3"]);
    }

    #[test]
    fn pools_have_states_and_datasets() {
        let root = tempfile::tempdir().unwrap();
        let pool = root.path().join("backup pool");
        fs::create_dir(&pool).unwrap();
        for (file, text) in [
            ("state", "DEGRADED\n"),
            ("io", "12 3 0x00 1 80 1 2\nnread nwritten\n1884160 x\n"),
            (
                "objset-0x36",
                "28 1 0x01 7 2160 1 2\nname type data\ndataset_name 7 backup pool/a b\nwrites 4 10\n",
            ),
            ("objset-0x37", "writes 4 10\n"),
        ] {
            fs::write(pool.join(file), text).unwrap();
        }
        let files = FILES.each_ref().map(|(file, ..)| KeptFile::new(root.path().join(file)));
        let mut zfs = Zfs { path: root.path().to_owned(), files };
        let mut out = Samples::default();
        zfs.collect(&mut out).unwrap();
        assert_eq!(out.value(&STATE, ["backup pool", "degraded"]), Some(1.0));
        assert_eq!(out.value(&STATE, ["backup pool", "online"]), Some(0.0));
        let seen = samples(&mut out);
        assert_eq!(seen.len(), 7 + 2);
        let dataset =
            "node_zfs_zpool_dataset_writes{zpool=\"backup pool\",dataset=\"backup pool/a b\"} 10";
        assert!(seen.iter().any(|line| line == dataset), "{seen:?}");
        assert!(
            seen.iter().any(|line| line == "node_zfs_zpool_nread{zpool=\"backup pool\"} 1884160")
        );
    }
}
