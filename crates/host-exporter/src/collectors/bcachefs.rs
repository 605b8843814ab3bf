//! Bcachefs file systems: `/sys/fs/bcachefs`.

use std::path::Path;

use exporter_kit::{
    AnyPattern, CollectError, CollectorDef, Counter, CounterPattern, Gauge, Samples,
    ScheduledCollector, Unit,
};

use super::node::{NODE_EXPORTER, counter, gauge};
use crate::files::{Folder, Text};
use crate::host::Host;
use crate::text::{fields, lines, number};

const INFO: Gauge<1> =
    gauge("node_bcachefs_info", "bcachefs信息", "Constant 1, for each file system.")
        .labels(["uuid"]);

const BTREE_SIZE: Gauge<1> = gauge(
    "node_bcachefs_btree_cache_size_bytes",
    "bcachefs索引缓存大小",
    "Memory that cached nodes of the index take.",
)
.unit(Unit::Bytes)
.labels(["uuid"]);

const COMPRESSED: Gauge<2> = gauge(
    "node_bcachefs_compression_compressed_bytes",
    "bcachefs压缩后大小",
    "Size of data that is compressed in this way.",
)
.unit(Unit::Bytes)
.labels(["uuid", "algorithm"]);

const UNCOMPRESSED: Gauge<2> = gauge(
    "node_bcachefs_compression_uncompressed_bytes",
    "bcachefs压缩前大小",
    "Size that data has without the compression.",
)
.unit(Unit::Bytes)
.labels(["uuid", "algorithm"]);

const ERRORS: Counter<2> =
    counter("node_bcachefs_errors_total", "bcachefs错误数", "Errors found in the file system.")
        .labels(["uuid", "error_type"]);

const BTREE_WRITES: Counter<2> = counter(
    "node_bcachefs_btree_writes_total",
    "bcachefs索引写次数",
    "Nodes of the index written, by the reason.",
)
.labels(["uuid", "type"]);

const BTREE_WRITE_SIZE: Gauge<2> = gauge(
    "node_bcachefs_btree_write_average_size_bytes",
    "bcachefs索引写平均大小",
    "Size of such a write on average.",
)
.unit(Unit::Bytes)
.labels(["uuid", "type"]);

const DEVICE_INFO: Gauge<4> = gauge(
    "node_bcachefs_device_info",
    "bcachefs设备信息",
    "Constant 1, with label and state of the device.",
)
.labels(["uuid", "device", "label", "state"]);

const BUCKET_SIZE: Gauge<2> = gauge(
    "node_bcachefs_device_bucket_size_bytes",
    "bcachefs桶大小",
    "Size of a bucket of the device.",
)
.unit(Unit::Bytes)
.labels(["uuid", "device"]);

const BUCKETS: Gauge<2> =
    gauge("node_bcachefs_device_buckets", "bcachefs桶数", "How many buckets the device has.")
        .labels(["uuid", "device"]);

const DURABILITY: Gauge<2> = gauge(
    "node_bcachefs_device_durability",
    "bcachefs设备副本权重",
    "As how many copies one on this device counts.",
)
.labels(["uuid", "device"]);

const IO_DONE: Counter<4> = counter(
    "node_bcachefs_device_io_done_bytes_total",
    "bcachefs设备读写量",
    "Bytes read from the device and written to it.",
)
.unit(Unit::Bytes)
.labels(["uuid", "device", "operation", "data_type"]);

const IO_ERRORS: Counter<3> = counter(
    "node_bcachefs_device_io_errors_total",
    "bcachefs设备错误数",
    "Errors of the device since the file system was made.",
)
.labels(["uuid", "device", "type"]);

/// What the kernel counts differs from version to version.
const COUNTERS: CounterPattern<1> =
    CounterPattern::new("node_bcachefs_", "Counter {} since the file system was made.")
        .zh("bcachefs计数器")
        .compatible_with(NODE_EXPORTER)
        .labels(["uuid"]);

const PATTERNS: &[&dyn AnyPattern] = &[&COUNTERS];

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "bcachefs",
    "bcachefs",
    "Counters, errors and devices of bcachefs file systems.",
    &[
        &INFO,
        &BTREE_SIZE,
        &COMPRESSED,
        &UNCOMPRESSED,
        &ERRORS,
        &BTREE_WRITES,
        &BTREE_WRITE_SIZE,
        &DEVICE_INFO,
        &BUCKET_SIZE,
        &BUCKETS,
        &DURABILITY,
        &IO_DONE,
        &IO_ERRORS,
    ],
    |settings| {
        let path = Host::new(settings).sys("fs/bcachefs");
        Ok(ScheduledCollector::on_scrape(move |out: &mut Samples| collect(&path, out)))
    },
)
.patterns(PATTERNS)
.source("/sys/fs/bcachefs");

fn collect(path: &Path, out: &mut Samples) -> Result<(), CollectError> {
    let systems = Folder::open(path).ok_or(CollectError::NoData)?;
    systems.names(|uuid| {
        let Some(system) = systems.folder(uuid) else { return };
        out.set(&INFO, [uuid], 1.0);
        if let Some(bytes) = size_in(&system, "btree_cache_size") {
            out.set(&BTREE_SIZE, [uuid], bytes);
        }
        each_line(system.text("compression_stats"), |algorithm, [compressed, uncompressed]| {
            let (Some(compressed), Some(uncompressed)) = (size(compressed), size(uncompressed))
            else {
                return;
            };
            out.set(&COMPRESSED, [uuid, algorithm], compressed);
            out.set(&UNCOMPRESSED, [uuid, algorithm], uncompressed);
        });
        each_line(system.text("errors"), |kind, [count, _]| {
            if let Some(count) = number(count).filter(|count| *count >= 0.0) {
                out.set(&ERRORS, [uuid, kind], count);
            }
        });
        each_line(system.text("btree_write_stats"), |kind, [count, bytes]| {
            if let (Some(count), Some(bytes)) = (number(count), size(bytes)) {
                out.set(&BTREE_WRITES, [uuid, kind], count);
                out.set(&BTREE_WRITE_SIZE, [uuid, kind], bytes);
            }
        });
        if let Some(counters) = system.folder("counters") {
            counters.names(|name| {
                if let Some(count) = counters.text(name).as_ref().and_then(since_creation) {
                    out.set_field(&COUNTERS, &[name, "_total"], [uuid], count);
                }
            });
        }
        system.names(|name| {
            let Some(device) = name.strip_prefix("dev-") else { return };
            if let Some(folder) = system.folder(name) {
                collect_device(&folder, [uuid, device], out);
            }
        });
    });
    if out.is_empty() { Err(CollectError::NoData) } else { Ok(()) }
}

fn collect_device(folder: &Folder, [uuid, device]: [&str; 2], out: &mut Samples) {
    let texts = ["label", "state"].map(|file| folder.text(file));
    let text = |at: usize| texts[at].as_ref().and_then(|text| text.trimmed()).unwrap_or_default();
    out.set(&DEVICE_INFO, [uuid, device, text(0), text(1)], 1.0);
    for (metric, file) in
        [(&BUCKET_SIZE, "bucket_size"), (&BUCKETS, "nbuckets"), (&DURABILITY, "durability")]
    {
        if let Some(number) = size_in(folder, file) {
            out.set(metric, [uuid, device], number);
        }
    }
    if let Some(text) = folder.text("io_done") {
        let mut operation = "";
        for line in lines(text.bytes()) {
            match line.split_once(':') {
                Some((name, "")) => operation = name.trim(),
                Some((kind, bytes)) if !operation.is_empty() => {
                    if let Some(bytes) = number(bytes.trim()).filter(|bytes| *bytes >= 0.0) {
                        out.set(&IO_DONE, [uuid, device, operation, kind.trim()], bytes);
                    }
                }
                _ => {}
            }
        }
    }
    let Some(text) = folder.text("io_errors") else { return };
    // A second part counts since the counters were last set to 0.
    let all =
        lines(text.bytes()).skip_while(|line| !line.starts_with("IO errors since filesystem"));
    for line in all.skip(1).take_while(|line| line.starts_with(' ')) {
        let Some((kind, count)) = line.split_once(':') else { continue };
        if let Some(count) = number(count.trim()).filter(|count| *count >= 0.0) {
            out.set(&IO_ERRORS, [uuid, device, kind.trim()], count);
        }
    }
}

/// Calls `each` with the first word of each line and the two that follow it; a heading is a line
/// too, whose words are not numbers.
fn each_line(text: Option<Text>, mut each: impl FnMut(&str, [&str; 2])) {
    let Some(text) = text else { return };
    for line in lines(text.bytes()) {
        let mut words = fields(line);
        let (Some(key), Some(first)) = (words.next(), words.next()) else { continue };
        each(key.trim_end_matches(':'), [first, words.next().unwrap_or_default()]);
    }
}

fn since_creation(text: &Text) -> Option<f64> {
    let line = |line: &str| line.strip_prefix("since filesystem creation:").and_then(size);
    lines(text.bytes()).find_map(line)
}

fn size_in(folder: &Folder, file: &str) -> Option<f64> {
    size(folder.text(file)?.trimmed()?)
}

/// A number with a unit of 1024s, such as `64.5k`; a part of a byte does not count.
fn size(text: &str) -> Option<f64> {
    let text = text.trim();
    let unit = text.chars().next_back().filter(char::is_ascii_alphabetic);
    let power = match unit {
        Some(unit) => "kMGTPE".find(if unit == 'K' { 'k' } else { unit })? + 1,
        None => 0,
    };
    let value = number(&text[..text.len() - usize::from(unit.is_some())])?;
    Some((value * 1024_f64.powi(power as i32)).floor()).filter(|value| *value >= 0.0)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn sizes_have_units_of_1024() {
        let cases = [
            ("405", Some(405.0)),
            (" 64.5k", Some(66_048.0)),
            ("524M", Some(549_453_824.0)),
            ("9.7G", Some(10_415_295_692.0)),
            ("-1k", None),
            ("", None),
            ("size", None),
            ("k", None),
        ];
        for (text, expected) in cases {
            assert_eq!(size(text), expected, "{text}");
        }
    }

    #[test]
    fn files_of_a_file_system_and_its_devices_are_read() {
        let root = tempfile::tempdir().unwrap();
        for (file, text) in [
            (
                "u/compression_stats",
                "type compressed uncompressed\nlz4   1k   2k  40.0k\nzstd x 1\n",
            ),
            ("u/errors", "checksum_error 2 1717012345\nbad\n"),
            ("u/btree_write_stats", "   nr   size\ninitial: 19088  108k\n"),
            ("u/counters/fsync", "since mount: 54300\nsince filesystem creation:  1.5k\n"),
            ("u/counters/damaged", "since mount: 1\n"),
            ("u/dev-0/label", "ssd.ssd1\n"),
            ("u/dev-0/nbuckets", "524288\n"),
            ("u/dev-0/io_done", "read:\nsb  :  5\nuser: x\nwrite:\nsb  :  7\n"),
            (
                "u/dev-0/io_errors",
                "IO errors since filesystem creation\n  read:  197\nIO errors since 8 y ago\n  read:  1\n",
            ),
        ] {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let mut out = Samples::default();
        collect(root.path(), &mut out).unwrap();
        assert_eq!(out.value(&COMPRESSED, ["u", "lz4"]), Some(1024.0));
        assert_eq!(out.value(&ERRORS, ["u", "checksum_error"]), Some(2.0));
        assert_eq!(out.value(&BTREE_WRITES, ["u", "initial"]), Some(19_088.0));
        assert_eq!(out.value(&BTREE_WRITE_SIZE, ["u", "initial"]), Some(110_592.0));
        assert_eq!(out.value(&DEVICE_INFO, ["u", "0", "ssd.ssd1", ""]), Some(1.0));
        assert_eq!(out.value(&BUCKETS, ["u", "0"]), Some(524_288.0));
        assert_eq!(out.value(&IO_DONE, ["u", "0", "read", "sb"]), Some(5.0));
        assert_eq!(out.value(&IO_DONE, ["u", "0", "write", "sb"]), Some(7.0));
        assert_eq!(out.value(&IO_ERRORS, ["u", "0", "read"]), Some(197.0));
        assert_eq!(out.len(), 12);
        assert!(out.page().contains("node_bcachefs_fsync_total{uuid=\"u\"} 1536\n"));
    }
}
