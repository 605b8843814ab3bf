//! The host as a whole, ready-made for a first dashboard: load for each CPU, and uptime.

use exporter_kit::{
    CollectError, CollectorDef, Gauge, KeptFile, Samples, ScheduledCollector, Unit,
};

use crate::host::Host;
use crate::shared_file::SharedFile;
use crate::text::{fields, lines, ranges};

const LOAD: Gauge = Gauge::new(
    "sys_load_per_core",
    "Load average over 1 minute, divided by the number of CPUs online: from 1 on, tasks wait.",
)
.zh("单核平均负载");

const UPTIME: Gauge = Gauge::new("sys_uptime_seconds", "How long the system has been up.")
    .unit(Unit::Seconds)
    .zh("运行时长");

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "system",
    "系统概况",
    "Load for each CPU and uptime, ready-made.",
    &[&LOAD, &UPTIME],
    |settings| {
        let host = Host::new(settings);
        let mut loadavg = SharedFile::with_short_lines(host.proc("loadavg"));
        let mut uptime = KeptFile::new(host.proc("uptime")).short_lines();
        let mut online = SharedFile::with_short_lines(host.sys("devices/system/cpu/online"));
        Ok(ScheduledCollector::on_scrape(move |out: &mut Samples| {
            let uptime = uptime.read()?;
            let cpus = online.with(|online| Ok(ranges(online).count())).unwrap_or(0);
            loadavg.with(|loadavg| to_samples(loadavg, cpus, uptime, out))
        }))
    },
)
.source("/proc/loadavg, /proc/uptime, /sys/devices/system/cpu");

fn to_samples(
    loadavg: &[u8],
    cpus: usize,
    uptime: &[u8],
    out: &mut Samples,
) -> Result<(), CollectError> {
    let first = |text| fields(lines(text).next().unwrap_or_default()).number();
    if cpus > 0 {
        out.set(&LOAD, [], first(loadavg)? / cpus as f64);
    }
    out.set(&UPTIME, [], first(uptime)?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn load_is_divided_by_online_cpus() {
        let mut out = Samples::default();
        to_samples(b"3.0 1 1 1/2 3\n", 4, b"350735.47 234388.90\n", &mut out).unwrap();
        assert_eq!(out.value(&LOAD, []), Some(0.75));
        assert_eq!(out.value(&UPTIME, []), Some(350_735.47));
    }

    #[test]
    fn no_cpu_count_means_no_load_per_cpu() {
        let mut out = Samples::default();
        to_samples(b"3.0 1 1 1/2 3\n", 0, b"5 6\n", &mut out).unwrap();
        assert_eq!((out.value(&LOAD, []), out.len()), (None, 1));
        let damaged = to_samples(b"", 1, b"5 6\n", &mut Samples::default());
        assert!(damaged.is_err());
    }
}
