//! The system's clock, its time zone, and what the clock is driven by.

mod zone;

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use exporter_kit::{CollectError, CollectorDef, Gauge, Samples, ScheduledCollector, Unit};

use super::node::gauge;
use crate::files::{Folder, KeptFiles};
use crate::host::Host;

const SECONDS: Gauge =
    gauge("node_time_seconds", "系统时间", "The system's clock, since 1970.").unit(Unit::Seconds);

const ZONE_OFFSET: Gauge<1> = gauge(
    "node_time_zone_offset_seconds",
    "时区偏移",
    "How far the system's time zone is ahead of UTC.",
)
.unit(Unit::Seconds)
.labels(["time_zone"]);

const AVAILABLE: Gauge<2> = gauge(
    "node_time_clocksource_available_info",
    "可用时钟源",
    "Constant 1, for each clock source that the kernel can use.",
)
.labels(["device", "clocksource"]);

const CURRENT: Gauge<2> = gauge(
    "node_time_clocksource_current_info",
    "当前时钟源",
    "Constant 1, for the clock source that the kernel uses.",
)
.labels(["device", "clocksource"]);

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "time",
    "系统时间",
    "System time, time zone and clock sources.",
    &[&SECONDS, &ZONE_OFFSET, &AVAILABLE, &CURRENT],
    |settings| {
        let host = Host::new(settings);
        let mut sources = ClockSources::new(host.sys("devices/system/clocksource"));
        let mut zone = zone::Zone::default();
        let collect = move |out: &mut Samples| {
            sources.collect(out);
            collect(&mut zone, &host, out)
        };
        Ok(ScheduledCollector::on_scrape(collect))
    },
)
.source("clock_gettime(2), /etc/localtime, /sys/devices/system/clocksource");

fn collect(zone: &mut zone::Zone, host: &Host, out: &mut Samples) -> Result<(), CollectError> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
    // In whole nanoseconds, so that it is rounded once.
    out.set(&SECONDS, [], now.as_nanos() as f64 / 1e9);
    let seconds = i64::try_from(now.as_secs())?;
    zone.at(&zone::file(host), seconds, |name, offset| {
        out.set(&ZONE_OFFSET, [name], f64::from(offset))
    });
    Ok(())
}

/// What the kernel's clocks can be driven by.
struct ClockSources {
    path: PathBuf,
    files: KeptFiles,
    /// The devices, of which none comes or goes while the system runs, with the paths of their
    /// files.
    devices: Vec<(String, [String; 2])>,
}

impl ClockSources {
    fn new(path: PathBuf) -> Self {
        Self { files: KeptFiles::new(path.clone()), path, devices: Vec::new() }
    }

    fn collect(&mut self, out: &mut Samples) {
        let Self { path, files, devices } = self;
        if devices.is_empty()
            && let Some(folder) = Folder::open(path)
        {
            folder.names(|name| {
                if let Some(device) = name.strip_prefix("clocksource") {
                    let files = ["available_clocksource", "current_clocksource"];
                    devices.push((device.to_owned(), files.map(|file| format!("{name}/{file}"))));
                }
            });
        }
        files.begin();
        for (device, paths) in devices {
            for (path, metric) in paths.iter().zip([&AVAILABLE, &CURRENT]) {
                let text = files.text(path);
                let names = text.as_ref().and_then(|text| text.trimmed()).unwrap_or_default();
                for name in names.split_ascii_whitespace() {
                    out.set(metric, [device, name], 1.0);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clock_sources_are_listed_by_device() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = temporary.path().join("clocksource0");
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("available_clocksource"), "tsc hpet \n").unwrap();
        std::fs::write(folder.join("current_clocksource"), "tsc\n").unwrap();
        std::fs::create_dir(temporary.path().join("power")).unwrap();
        let (mut out, host) = (Samples::default(), Host::at(temporary.path()));
        collect(&mut zone::Zone::default(), &host, &mut out).unwrap();
        ClockSources::new(temporary.path().to_owned()).collect(&mut out);
        assert_eq!(out.value(&AVAILABLE, ["0", "hpet"]), Some(1.0));
        assert_eq!(out.value(&CURRENT, ["0", "tsc"]), Some(1.0));
        assert_eq!(out.value(&CURRENT, ["0", "hpet"]), None);
        assert_eq!(out.value(&ZONE_OFFSET, ["UTC"]), Some(0.0));
        assert!(out.value(&SECONDS, []).unwrap() > 1.7e9);
        assert_eq!(out.check(&DEF), Ok(()));
    }
}
