//! The system's clock and its time zone.

use std::time::Duration;

#[cfg(windows)]
use exporter_kit::{CollectError, Samples, ScheduledCollector, SettingError, Settings};
use exporter_kit::{CollectorDef, Gauge, Unit};

#[cfg(not(windows))]
use super::definitions::build;
use super::definitions::{gauge, retired};
use crate::collectors::node;
#[cfg(windows)]
use crate::names::Names;
use crate::names::Page;
use crate::windows::clock::Zone;

const NOW: Gauge =
    gauge("windows_time_current_timestamp_seconds", "系统时间", "The system's clock, since 1970.")
        .unit(Unit::Seconds);
const TIMEZONE: Gauge<1> = gauge(
    "windows_time_timezone",
    "时区",
    "Constant 1, with the English name of the time zone as a label.",
)
.labels(["timezone"]);

const OS_TIMEZONE: Gauge<1> = retired(
    "windows_os_timezone",
    "时区(旧名)",
    "Constant 1, with the name of the time zone as a label; now windows_time_timezone.",
)
.labels(["timezone"]);

const NODE_SECONDS: Gauge =
    node::gauge("node_time_seconds", "系统时间", "The system's clock, since 1970.")
        .unit(Unit::Seconds);
const NODE_ZONE_OFFSET: Gauge<1> = node::gauge(
    "node_time_zone_offset_seconds",
    "时区偏移",
    "How far the system's time zone is ahead of UTC.",
)
.unit(Unit::Seconds)
.labels(["time_zone"]);

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "time",
    "系统时间",
    "System time and time zone.",
    &[&NOW, &TIMEZONE, &OS_TIMEZONE, &NODE_SECONDS, &NODE_ZONE_OFFSET],
    build,
)
.source("GetSystemTimePreciseAsFileTime, GetDynamicTimeZoneInformation");

#[cfg(windows)]
fn build(settings: &Settings) -> Result<ScheduledCollector, SettingError> {
    use std::time::{SystemTime, UNIX_EPOCH};
    let names = Names::new(settings);
    let collect = move |out: &mut Samples| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
        to_samples(now, crate::windows::clock::zone().as_ref(), &mut names.of(out));
        Ok::<(), CollectError>(())
    };
    Ok(ScheduledCollector::on_scrape(collect))
}

fn to_samples(now: Duration, zone: Option<&Zone>, out: &mut Page<'_>) {
    for metric in [&NOW, &NODE_SECONDS] {
        // In whole nanoseconds, so that it is rounded once.
        out.set(metric, [], now.as_nanos() as f64 / 1e9);
    }
    if let Some(Zone { name, offset }) = zone {
        for metric in [&TIMEZONE, &OS_TIMEZONE] {
            out.set(metric, [name], 1.0);
        }
        out.set(&NODE_ZONE_OFFSET, [name], *offset);
    }
}

#[cfg(test)]
mod tests {
    use exporter_kit::Samples;

    use super::*;
    use crate::names::Names;

    #[test]
    fn the_clock_does_not_need_its_zone() {
        let mut out = Samples::default();
        let zone = Zone { name: "China Standard Time".to_owned(), offset: 28_800 };
        let now = Duration::from_millis(1_700_000_000_500);
        to_samples(now, Some(&zone), &mut Names::ALL.of(&mut out));
        assert_eq!(out.value(&NODE_SECONDS, []), Some(1_700_000_000.5));
        assert_eq!(out.value(&NODE_ZONE_OFFSET, [&zone.name]), Some(28_800.0));
        assert_eq!(out.value(&OS_TIMEZONE, [&zone.name]), Some(1.0));
        assert_eq!(out.check(&DEF), Ok(()));
        let mut out = Samples::default();
        to_samples(now, None, &mut Names::ALL.of(&mut out));
        assert_eq!(out.len(), 2);
    }
}
