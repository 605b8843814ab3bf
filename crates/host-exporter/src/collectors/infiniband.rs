//! InfiniBand and RoCE adapters and their ports: `/sys/class/infiniband`.

mod counters;

use std::path::PathBuf;

use exporter_kit::{
    CollectError, Collector, CollectorDef, Flag, Gauge, Pattern, Samples, ScheduledCollector, Unit,
};

use self::counters::{COUNTERS, METRICS};
use super::node::gauge;
use crate::files::{Folder, Text};
use crate::host::Host;
use crate::text::number;
use crate::wanted::Wanted;

const INFO: Gauge<4> = gauge(
    "node_infiniband_info",
    "InfiniBand信息",
    "Constant 1, with what is text about the adapter as labels.",
)
.labels(["device", "board_id", "firmware_version", "hca_type"]);
const STATE: Gauge<2> = gauge(
    "node_infiniband_state_id",
    "端口逻辑状态",
    "Logical state of the port: 1 down, 2 initializing, 3 armed, 4 active, 5 deferred.",
)
.labels(PORT);
const PHYSICAL_STATE: Gauge<2> = gauge(
    "node_infiniband_physical_state_id",
    "端口物理状态",
    "Physical state of the port: 1 asleep, 2 polling, 3 off, 4 training, 5 up, 6 recovering, 7 test.",
)
.labels(PORT);
const RATE: Gauge<2> = gauge(
    "node_infiniband_rate_bytes_per_second",
    "端口速率",
    "Bytes in a second that the port can carry.",
)
.unit(Unit::Bytes)
.labels(PORT);
const LIFESPAN: Gauge<2> = gauge(
    "node_infiniband_lifespan_seconds",
    "计数器刷新周期",
    "How old counters of the adapter may be when they are read.",
)
.unit(Unit::Seconds)
.labels(PORT);

const PORT: [&str; 2] = ["device", "port"];
const BYTES_IN_GIGABIT: f64 = 125_000_000.0;
const MILLISECONDS: f64 = 1000.0;

const INCLUDE: Flag<Pattern> =
    Flag::pattern("collector.infiniband.device-include", "", "Adapters to expose, and no others.");
const EXCLUDE: Flag<Pattern> =
    Flag::pattern("collector.infiniband.device-exclude", "", "Adapters to leave out.");

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "infiniband",
    "InfiniBand",
    "Traffic, errors and state of InfiniBand and RoCE ports.",
    &[&INFO, &STATE, &PHYSICAL_STATE, &RATE, &LIFESPAN],
    |settings| {
        let infiniband = InfiniBand {
            path: Host::new(settings).sys("class/infiniband"),
            wanted: Wanted::new(settings.filter(&INCLUDE, &EXCLUDE)),
        };
        Ok(ScheduledCollector::on_scrape(infiniband))
    },
)
.and(&[&METRICS])
.flags(&[&INCLUDE, &EXCLUDE])
.source("/sys/class/infiniband");

/// Collects the state of adapters.
struct InfiniBand {
    path: PathBuf,
    wanted: Wanted,
}

impl Collector for InfiniBand {
    fn collect(&mut self, out: &mut Samples) -> Result<(), CollectError> {
        let Some(adapters) = Folder::open(&self.path) else { return Err(CollectError::NoData) };
        self.wanted.begin();
        adapters.names(|name| {
            if let Some(folder) = adapters.folder(name).filter(|_| self.wanted.wants(name)) {
                adapter(name, &folder, out);
            }
        });
        Ok(())
    }
}

fn adapter(name: &str, folder: &Folder, out: &mut Samples) {
    let texts = ["board_id", "fw_ver", "hca_type"].map(|file| folder.text(file));
    let [board, firmware, kind] = texts.each_ref().map(|text| {
        // Not every adapter is a physical card: some are software.
        text.as_ref().and_then(Text::trimmed).unwrap_or_default()
    });
    out.set(&INFO, [name, board, firmware, kind], 1.0);
    let Some(ports) = folder.folder("ports") else { return };
    ports.names(|number| {
        if let Some(folder) = ports.folder(number) {
            port([name, number], &folder, out);
        }
    });
}

fn port(labels: [&str; 2], folder: &Folder, out: &mut Samples) {
    // A number, and what it means: `4: ACTIVE`, `100 Gb/sec (4X EDR)`.
    let first = |file: &str, end: char| {
        let text = folder.text(file)?;
        number(text.trimmed()?.split(end).next()?)
    };
    let gauges = [
        (&STATE, first("state", ':')),
        (&PHYSICAL_STATE, first("phys_state", ':')),
        (&RATE, first("rate", ' ').map(|gigabits| gigabits * BYTES_IN_GIGABIT)),
        (&LIFESPAN, folder.number("hw_counters/lifespan").map(|age| age / MILLISECONDS)),
    ];
    for (metric, value) in gauges {
        if let Some(value) = value {
            out.set(metric, labels, value);
        }
    }
    for (file, metric, factor) in &COUNTERS {
        // Which files there are depends on the driver, and some say "N/A (no PMA)".
        if let Some(value) = folder.number(file).filter(|value| *value >= 0.0) {
            out.set(metric, labels, value * factor);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn files_of_ports_become_samples() {
        let root = tempfile::tempdir().unwrap();
        for (file, text) in [
            ("mlx5_0/fw_ver", "16.35.2000\n"),
            ("mlx5_0/ports/1/state", "4: ACTIVE\n"),
            ("mlx5_0/ports/1/phys_state", "x: LinkUp\n"),
            ("mlx5_0/ports/1/rate", "2.5 Gb/sec (1X SDR)\n"),
            ("mlx5_0/ports/1/counters/port_rcv_data", "1000\n"),
            ("mlx5_0/ports/1/counters/symbol_error", "N/A (no PMA)\n"),
            ("mlx5_0/ports/1/hw_counters/lifespan", "10\n"),
            ("mlx5_0/ports/1/hw_counters/out_of_buffer", "7\n"),
            ("mlx5_1/ports/1/state", "4: ACTIVE\n"),
        ] {
            let file = root.path().join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        let filter = exporter_kit::Filter::new(None, Some(Pattern::new("_1$").unwrap()));
        let wanted = Wanted::new(filter);
        let mut collector = InfiniBand { path: root.path().to_owned(), wanted };
        let mut out = Samples::default();
        collector.collect(&mut out).unwrap();
        assert_eq!(out.check(&DEF), Ok(()));
        let counter =
            |name: &str| &COUNTERS.iter().find(|(file, ..)| file.ends_with(name)).unwrap().1;
        let port = ["mlx5_0", "1"];
        assert_eq!(out.value(&INFO, ["mlx5_0", "", "16.35.2000", ""]), Some(1.0));
        assert_eq!(out.value(&STATE, port), Some(4.0));
        assert_eq!(out.value(&RATE, port), Some(312_500_000.0));
        assert_eq!(out.value(&LIFESPAN, port), Some(0.01));
        assert_eq!(out.value(counter("port_rcv_data"), port), Some(4000.0));
        assert_eq!(out.value(counter("out_of_buffer"), port), Some(7.0));
        assert_eq!(out.len(), 6);
    }
}
