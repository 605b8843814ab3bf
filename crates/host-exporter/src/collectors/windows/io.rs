//! The I/O of volumes and of disks, which are counted alike.

use exporter_kit::{Counter, Gauge, Metric};

use crate::names::Page;
use crate::windows::disks::Performance;
use crate::windows::{PER_SECOND, Wide};

/// The metrics of one kind of device.
pub(super) struct Io {
    pub(super) queue: Gauge<1>,
    pub(super) read_bytes: Counter<1>,
    pub(super) write_bytes: Counter<1>,
    pub(super) reads: Counter<1>,
    pub(super) writes: Counter<1>,
    pub(super) read_seconds: Counter<1>,
    pub(super) write_seconds: Counter<1>,
    pub(super) idle_seconds: Counter<1>,
    pub(super) splits: Counter<1>,
    pub(super) read_latency: Counter<1>,
    pub(super) write_latency: Counter<1>,
    pub(super) latency: Counter<1>,
}

/// Makes the metrics under a prefix, with a label.
macro_rules! io {
    ($prefix:literal, $label:literal) => {
        $crate::collectors::windows::io::Io {
            queue: gauge(
                concat!("windows_", $prefix, "_requests_queued"),
                "排队请求数",
                "Requests that were given to the device and are not completed.",
            )
            .labels([$label]),
            read_bytes: counter(
                concat!("windows_", $prefix, "_read_bytes_total"),
                "读字节数",
                "Bytes that were read.",
            )
            .labels([$label]),
            write_bytes: counter(
                concat!("windows_", $prefix, "_write_bytes_total"),
                "写字节数",
                "Bytes that were written.",
            )
            .labels([$label]),
            reads: counter(
                concat!("windows_", $prefix, "_reads_total"),
                "读次数",
                "Reads that were completed.",
            )
            .labels([$label]),
            writes: counter(
                concat!("windows_", $prefix, "_writes_total"),
                "写次数",
                "Writes that were completed.",
            )
            .labels([$label]),
            read_seconds: counter(
                concat!("windows_", $prefix, "_read_seconds_total"),
                "读耗时",
                "Time that reads took, each from its request to its end.",
            )
            .labels([$label]),
            write_seconds: counter(
                concat!("windows_", $prefix, "_write_seconds_total"),
                "写耗时",
                "Time that writes took, each from its request to its end.",
            )
            .labels([$label]),
            idle_seconds: counter(
                concat!("windows_", $prefix, "_idle_seconds_total"),
                "空闲时间",
                "Time in which the device had no request.",
            )
            .labels([$label]),
            splits: counter(
                concat!("windows_", $prefix, "_split_ios_total"),
                "拆分IO次数",
                "Requests that had to be split, as those to fragmented files.",
            )
            .labels([$label]),
            read_latency: counter(
                concat!("windows_", $prefix, "_read_latency_seconds_total"),
                "读延迟累计",
                "Time that reads took; divided by their number, the average latency.",
            )
            .labels([$label]),
            write_latency: counter(
                concat!("windows_", $prefix, "_write_latency_seconds_total"),
                "写延迟累计",
                "Time that writes took; divided by their number, the average latency.",
            )
            .labels([$label]),
            latency: counter(
                concat!("windows_", $prefix, "_read_write_latency_seconds_total"),
                "读写延迟累计",
                "Time that reads and writes took; divided by their number, the average latency.",
            )
            .labels([$label]),
        }
    };
}
pub(super) use io;

/// The counters of one device, continued where they wrap.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    reads: Wide,
    writes: Wide,
    splits: Wide,
}

/// Seconds for units of 100 ns.
pub(super) fn seconds(time: u64) -> f64 {
    time as f64 / PER_SECOND
}

impl Io {
    /// All the metrics.
    pub(super) const fn list(&'static self) -> [&'static dyn Metric; 12] {
        [
            &self.queue,
            &self.read_bytes,
            &self.write_bytes,
            &self.reads,
            &self.writes,
            &self.read_seconds,
            &self.write_seconds,
            &self.idle_seconds,
            &self.splits,
            &self.read_latency,
            &self.write_latency,
            &self.latency,
        ]
    }

    /// Sets them for a device, and returns its reads and writes.
    pub(super) fn set(
        &self,
        device: &str,
        it: &Performance,
        counts: &mut Counts,
        out: &mut Page<'_>,
    ) -> [f64; 2] {
        let (reads, writes) = (counts.reads.at(it.reads), counts.writes.at(it.writes));
        let (read, write) = (seconds(it.read_time), seconds(it.write_time));
        out.set(&self.queue, [device], it.queue);
        for (metric, value) in [
            (&self.read_bytes, it.bytes_read as f64),
            (&self.write_bytes, it.bytes_written as f64),
            (&self.reads, reads),
            (&self.writes, writes),
            (&self.read_seconds, read),
            (&self.write_seconds, write),
            (&self.idle_seconds, seconds(it.idle_time)),
            (&self.splits, counts.splits.at(it.splits)),
            (&self.read_latency, read),
            (&self.write_latency, write),
            (&self.latency, read + write),
        ] {
            out.set(metric, [device], value);
        }
        [reads, writes]
    }
}
