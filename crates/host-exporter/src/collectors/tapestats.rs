//! Tape drives: `/sys/class/scsi_tape/st*/stats`.

use std::path::Path;

use exporter_kit::{
    CollectError, CollectorDef, Counter, Flag, Gauge, Pattern, Samples, ScheduledCollector, Unit,
};

use super::node::{counter, gauge};
use crate::files::Folder;
use crate::host::Host;

const fn count(name: &'static str, zh: &'static str, help: &'static str) -> Counter<1> {
    counter(name, zh, help).labels(["device"])
}

const IO_NOW: Gauge<1> =
    gauge("node_tape_io_now", "磁带进行中请求数", "Reads and writes that the drive has not ended.")
        .labels(["device"]);
const IO_OTHERS: Counter<1> = count(
    "node_tape_io_others_total",
    "磁带其他操作数",
    "Operations that are neither reads nor writes, such as rewinding.",
);
const IO_TIME: Counter<1> = count(
    "node_tape_io_time_seconds_total",
    "磁带操作时间",
    "Time that operations of all kinds have taken.",
)
.unit(Unit::Seconds);
const READ_BYTES: Counter<1> =
    count("node_tape_read_bytes_total", "磁带读字节数", "Bytes read from the tape.")
        .unit(Unit::Bytes);
const READS: Counter<1> =
    count("node_tape_reads_completed_total", "磁带读次数", "Reads that have ended.");
const READ_TIME: Counter<1> =
    count("node_tape_read_time_seconds_total", "磁带读时间", "Time that reads have taken.")
        .unit(Unit::Seconds);
const RESIDUAL: Counter<1> = count(
    "node_tape_residual_total",
    "磁带块长不符次数",
    "Reads and writes that were longer or shorter than asked for.",
);
const WRITTEN_BYTES: Counter<1> =
    count("node_tape_written_bytes_total", "磁带写字节数", "Bytes written to the tape.")
        .unit(Unit::Bytes);
const WRITES: Counter<1> =
    count("node_tape_writes_completed_total", "磁带写次数", "Writes that have ended.");
const WRITE_TIME: Counter<1> =
    count("node_tape_write_time_seconds_total", "磁带写时间", "Time that writes have taken.")
        .unit(Unit::Seconds);

/// The counters' files, with how many of their units are one of the metric's.
const COUNTERS: [(&str, &Counter<1>, f64); 9] = [
    ("other_cnt", &IO_OTHERS, 1.0),
    ("io_ns", &IO_TIME, 1e9),
    ("read_byte_cnt", &READ_BYTES, 1.0),
    ("read_cnt", &READS, 1.0),
    ("read_ns", &READ_TIME, 1e9),
    ("resid_cnt", &RESIDUAL, 1.0),
    ("write_byte_cnt", &WRITTEN_BYTES, 1.0),
    ("write_cnt", &WRITES, 1.0),
    ("write_ns", &WRITE_TIME, 1e9),
];

const IGNORED: Flag<Pattern> =
    Flag::pattern("collector.tapestats.ignored-devices", "^$", "Tape drives to leave out.");

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "tapestats",
    "磁带机",
    "Reads, writes and times of tape drives.",
    &[
        &IO_NOW,
        &IO_OTHERS,
        &IO_TIME,
        &READ_BYTES,
        &READS,
        &READ_TIME,
        &RESIDUAL,
        &WRITTEN_BYTES,
        &WRITES,
        &WRITE_TIME,
    ],
    |settings| {
        let path = Host::new(settings).sys("class/scsi_tape");
        let ignored = settings.get(&IGNORED).cloned();
        let collect = move |out: &mut Samples| collect(&path, ignored.as_ref(), out);
        Ok(ScheduledCollector::on_scrape(collect))
    },
)
.flags(&[&IGNORED])
.source("/sys/class/scsi_tape");

fn collect(path: &Path, ignored: Option<&Pattern>, out: &mut Samples) -> Result<(), CollectError> {
    let class = Folder::open(path).ok_or(CollectError::NoData)?;
    class.names(|device| {
        // A drive has other names for its other modes: nst0, st0a, …
        let index = device.strip_prefix("st").unwrap_or_default();
        let is_drive = !index.is_empty() && index.bytes().all(|byte| byte.is_ascii_digit());
        if !is_drive || ignored.is_some_and(|ignored| ignored.is_match(device)) {
            return;
        }
        let Some(stats) = class.folder(device).and_then(|drive| drive.folder("stats")) else {
            return;
        };
        if let Some(number) = stats.number("in_flight") {
            out.set(&IO_NOW, [device], number);
        }
        for (file, metric, divisor) in COUNTERS {
            if let Some(number) = stats.number(file).filter(|number| *number >= 0.0) {
                out.set(metric, [device], number / divisor);
            }
        }
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_drive_is_counted_once() {
        let root = tempfile::tempdir().unwrap();
        for device in ["st0", "st0a", "nst0", "st1", "st"] {
            let stats = root.path().join(device).join("stats");
            fs::create_dir_all(&stats).unwrap();
            for (file, text) in [("io_ns", "1500000000\n"), ("in_flight", "1\n"), ("read_cnt", "")]
            {
                fs::write(stats.join(file), text).unwrap();
            }
        }
        let mut out = Samples::default();
        let ignored = Pattern::new("^st1$").unwrap();
        collect(root.path(), Some(&ignored), &mut out).unwrap();
        assert_eq!(out.value(&IO_TIME, ["st0"]), Some(1.5));
        assert_eq!(out.value(&IO_NOW, ["st0"]), Some(1.0));
        assert_eq!(out.len(), 2);
    }
}
