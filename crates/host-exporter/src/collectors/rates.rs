//! Rates, ready-made for dashboards that cannot take them from counters: how busy CPU and disks are,
//! and how much goes through the network. They need two readings, so these are made in the
//! background, and a scrape never changes what the next one gets.

use std::time::{Duration, Instant};

use exporter_kit::{
    CollectError, Collector, CollectorDef, Filter, Flag, Gauge, KeptFile, Pattern, Samples,
    ScheduledCollector, Unit,
};

use crate::host::Host;
use crate::text::{fields, lines, number};

const CPU: Gauge = Gauge::new(
    "sys_cpu_usage",
    "CPU time in percent that was neither idle nor waiting for disks, of all CPUs together.",
)
.unit(Unit::Percent)
.zh("CPU使用率");

const DISK: Gauge<1> =
    Gauge::new("sys_disk_util", "Time in percent in which the disk had something to do.")
        .labels(["device"])
        .unit(Unit::Percent)
        .zh("磁盘繁忙率");

const RECEIVED: Gauge<1> =
    Gauge::new("sys_net_receive_speed", "Bytes received in each second, by network interface.")
        .labels(["device"])
        .zh("网卡接收速率（B/s）");

const SENT: Gauge<1> =
    Gauge::new("sys_net_transmit_speed", "Bytes sent in each second, by network interface.")
        .labels(["device"])
        .zh("网卡发送速率（B/s）");

const INTERVAL: Flag<Duration> =
    Flag::duration("collector.rates.interval", "10s", "Time between two readings.").positive();
const DISK_INCLUDE: Flag<Pattern> =
    Flag::pattern("collector.rates.disk-include", "", "Disks whose names match, and no others.");
const DISK_EXCLUDE: Flag<Pattern> = Flag::pattern(
    "collector.rates.disk-exclude",
    r"^(z?ram|loop|fd|sr|(h|s|v|xv)d[a-z]|nvme\d+n\d+p|mmcblk\d+p)\d+$",
    "Disks whose names match are left out.",
);
const NET_INCLUDE: Flag<Pattern> = Flag::pattern(
    "collector.rates.net-include",
    "",
    "Network interfaces whose names match, and no others.",
);
const NET_EXCLUDE: Flag<Pattern> = Flag::pattern(
    "collector.rates.net-exclude",
    "^(lo|veth.*|cali.*|tunl.*|docker.*|br-.*|cni.*|flannel.*|kube-ipvs.*|dummy.*)$",
    "Network interfaces whose names match are left out.",
);

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "rates",
    "使用率与速率",
    "How busy CPU and disks are and the network's speed, ready-made.",
    &[&CPU, &DISK, &RECEIVED, &SENT],
    |settings| {
        let host = Host::new(settings);
        let file = |path| KeptFile::new(host.proc(path));
        let rates = Rates {
            stat: file("stat"),
            diskstats: file("diskstats"),
            net: file("net/dev"),
            disks: settings.filter(&DISK_INCLUDE, &DISK_EXCLUDE),
            interfaces: settings.filter(&NET_INCLUDE, &NET_EXCLUDE),
            last: None,
        };
        Ok(ScheduledCollector::every(settings.get(&INTERVAL), rates))
    },
)
.flags(&[&INTERVAL, &DISK_INCLUDE, &DISK_EXCLUDE, &NET_INCLUDE, &NET_EXCLUDE])
.source("/proc/stat, /proc/diskstats, /proc/net/dev, in the background");

/// More devices than anybody looks at on a dashboard; what is beyond has no rate.
const MAX_DEVICES: usize = 1000;

/// Reads counters and keeps them for the next time.
struct Rates {
    stat: KeptFile,
    diskstats: KeptFile,
    net: KeptFile,
    disks: Filter,
    interfaces: Filter,
    last: Option<(Instant, Reading)>,
}

/// Counters at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
struct Reading {
    /// Ticks of all CPUs that were busy, and all of their ticks.
    cpu: Option<[f64; 2]>,
    /// Milliseconds in which each disk had something to do.
    disks: Vec<(String, f64)>,
    /// Bytes that came in and went out through each interface.
    interfaces: Vec<(String, [f64; 2])>,
}

impl Collector for Rates {
    fn collect(&mut self, out: &mut Samples) -> Result<(), CollectError> {
        let reading = Reading {
            cpu: cpu(self.stat.read()?),
            // A container may have neither.
            disks: self.diskstats.read().map_or_else(|_| Vec::new(), |it| disks(it, &self.disks)),
            interfaces: self.net.read().map_or_else(|_| Vec::new(), |it| net(it, &self.interfaces)),
        };
        let now = Instant::now();
        let last = self.last.replace((now, reading));
        let (Some((before, last)), Some((_, reading))) = (last, &self.last) else {
            return Err(CollectError::NoData);
        };
        to_samples(&last, reading, (now - before).as_secs_f64(), out);
        Ok(())
    }
}

fn to_samples(before: &Reading, now: &Reading, seconds: f64, out: &mut Samples) {
    if let (Some([busy, all]), Some([busy_now, all_now])) = (before.cpu, now.cpu)
        && all_now > all
        && busy_now >= busy
    {
        out.set(&CPU, [], ((busy_now - busy) / (all_now - all) * 100.0).min(100.0));
    }
    for (disk, busy, now) in pairs(&before.disks, &now.disks) {
        // The kernel counts in milliseconds, and the two readings are not exactly the interval apart.
        if let Some(busy) = grown(*busy, *now) {
            out.set(&DISK, [disk], (busy / 1000.0 / seconds * 100.0).min(100.0));
        }
    }
    for (interface, bytes, now) in pairs(&before.interfaces, &now.interfaces) {
        for (at, metric) in [&RECEIVED, &SENT].into_iter().enumerate() {
            if let Some(bytes) = grown(bytes[at], now[at]) {
                out.set(metric, [interface], bytes / seconds);
            }
        }
    }
}

/// How much a counter has grown; `None` where it began again or wrapped.
fn grown(before: f64, now: f64) -> Option<f64> {
    (now >= before).then_some(now - before)
}

/// What both readings have, by name.
fn pairs<'a, T>(
    before: &'a [(String, T)],
    now: &'a [(String, T)],
) -> impl Iterator<Item = (&'a str, &'a T, &'a T)> {
    now.iter().filter_map(|(name, now)| {
        let (_, before) = before.iter().find(|(known, _)| known == name)?;
        Some((name.as_str(), before, now))
    })
}

/// The first line of `/proc/stat`: user, nice, system, idle, iowait, irq, softirq, steal; time of
/// guests is in the first two already.
fn cpu(stat: &[u8]) -> Option<[f64; 2]> {
    let line = lines(stat).find_map(|line| line.strip_prefix("cpu "))?;
    let mut ticks = [0.0; 8];
    for (tick, field) in ticks.iter_mut().zip(fields(line)) {
        *tick = number(field)?;
    }
    let all: f64 = ticks.iter().sum();
    Some([all - ticks[3] - ticks[4], all])
}

/// Of `/proc/diskstats` the name and the tenth number after it.
fn disks(diskstats: &[u8], filter: &Filter) -> Vec<(String, f64)> {
    let read = |line| {
        let mut fields = fields(line).skip(2);
        let name = fields.next()?;
        let busy = fields.nth(9).and_then(number)?;
        filter.wants(name).then(|| (name.to_owned(), busy))
    };
    lines(diskstats).filter_map(read).take(MAX_DEVICES).collect()
}

/// Of `/proc/net/dev` the name and the first and ninth number.
fn net(dev: &[u8], filter: &Filter) -> Vec<(String, [f64; 2])> {
    let read = |line: &str| {
        // A name may hold a colon itself, numbers do not.
        let (name, numbers) = line.rsplit_once(':')?;
        let mut fields = fields(numbers);
        let received = number(fields.next()?)?;
        let sent = fields.nth(7).and_then(number)?;
        let name = name.trim_start();
        filter.wants(name).then(|| (name.to_owned(), [received, sent]))
    };
    lines(dev).filter_map(read).take(MAX_DEVICES).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(before: &Reading, now: &Reading) -> Samples {
        let mut out = Samples::default();
        to_samples(before, now, 10.0, &mut out);
        out
    }

    #[test]
    fn rates_are_what_two_readings_differ_by() {
        let disk = |busy| vec![("sda".to_owned(), busy)];
        let net = |bytes| vec![("eth0".to_owned(), bytes)];
        let before = Reading {
            cpu: Some([100.0, 1000.0]),
            disks: disk(500.0),
            interfaces: net([10.0, 50.0]),
        };
        let now = Reading {
            cpu: Some([150.0, 1200.0]),
            disks: disk(3000.0),
            interfaces: net([1010.0, 55.0]),
        };
        let out = rates(&before, &now);
        assert_eq!(out.value(&CPU, []), Some(25.0));
        assert_eq!(out.value(&DISK, ["sda"]), Some(25.0));
        assert_eq!(out.value(&RECEIVED, ["eth0"]), Some(100.0));
        assert_eq!(out.value(&SENT, ["eth0"]), Some(0.5));
    }

    #[test]
    fn what_began_again_or_is_new_has_no_rate() {
        let before = Reading {
            cpu: Some([100.0, 1000.0]),
            disks: vec![("sda".to_owned(), 500.0)],
            interfaces: vec![("eth0".to_owned(), [10.0, 50.0])],
        };
        let now = Reading {
            cpu: Some([90.0, 1200.0]),
            disks: vec![("sda".to_owned(), 1.0), ("sdb".to_owned(), 1.0)],
            interfaces: vec![("eth0".to_owned(), [20.0, 5.0])],
        };
        let out = rates(&before, &now);
        assert_eq!((out.len(), out.value(&RECEIVED, ["eth0"])), (1, Some(1.0)));
        assert!(rates(&Reading::default(), &now).is_empty());
        // A disk cannot be busier than all the time.
        let now = Reading { disks: vec![("sda".to_owned(), 99_999.0)], ..Reading::default() };
        assert_eq!(rates(&before, &now).value(&DISK, ["sda"]), Some(100.0));
    }

    #[test]
    fn counters_are_read_where_the_kernel_has_them() {
        assert_eq!(cpu(b"cpu  1 2 3 4 5 6 7 8 9 10\ncpu0 1\n"), Some([27.0, 36.0]));
        assert_eq!(cpu(b"cpu  1 2 x\n"), None);
        let pattern = |flag: &Flag<Pattern>| {
            let text = exporter_kit::AnyFlag::default_text(flag);
            Filter::new(None, Some(Pattern::new(text).unwrap()))
        };
        let diskstats =
            b"   8  0 sda 1 2 3 4 5 6 7 8 9 10 11\n   8  1 sda1 1 2 3 4 5 6 7 8 9 10 11\n\
                          253 0 dm-0 1 2 3 4 5 6 7 8 9 12 11\n   8 16 sdb 1\n";
        let expected = [("sda".to_owned(), 10.0), ("dm-0".to_owned(), 12.0)];
        assert_eq!(disks(diskstats, &pattern(&DISK_EXCLUDE)), expected);
        let dev = b"Inter-|   Receive |  Transmit\n face |bytes    packets|bytes\n    lo: 1 2 3 4 5 6 7 8 9\n\
                    eth0: 11 2 3 4 5 6 7 8 19 10\n veth1: 1 2 3 4 5 6 7 8 9\neth0:1: 5 2 3 4 5 6 7 8 6 1\n";
        let expected = [("eth0".to_owned(), [11.0, 19.0]), ("eth0:1".to_owned(), [5.0, 6.0])];
        assert_eq!(net(dev, &pattern(&NET_EXCLUDE)), expected);
    }
}
