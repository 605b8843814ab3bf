//! What the NFS client counts for each mount: `/proc/self/mountstats`.

mod metrics;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use exporter_kit::{
    CollectError, Collector, CollectorDef, Counter, KeptFile, Samples, ScheduledCollector, Settings,
};

use self::metrics::{
    AGE, BYTES, EVENTS, IDLE_TIME, INFO, MAX_SLOTS, METRICS, OPERATIONS, TRANSPORT,
};
use crate::host::Host;
use crate::mounts::unescape;
use crate::text::{Fields, fields, lines, number, with_text};

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "mountstats",
    "NFS挂载统计",
    "Traffic, operations and connections of the NFS client, by export.",
    &[&AGE, &INFO, &IDLE_TIME, &MAX_SLOTS],
    |settings| Ok(ScheduledCollector::on_scrape(MountStats::new(settings))),
)
.and(METRICS)
.off_by_default()
.source("/proc/self/mountstats, /proc/self/mountinfo");

/// The column of [`EVENTS`] that no kernel counts any more, and that has no metric.
const CONGESTION_WAIT: usize = 18;

/// The columns of [`OPERATIONS`] that are in milliseconds.
const TIMES: std::ops::Range<usize> = 5..8;

/// The kernel writes a time that is below 0 as if it had no sign.
const SIGN: f64 = 9_223_372_036_854_775_808.0;

struct MountStats {
    stats: KeptFile,
    table: KeptFile,
}

impl MountStats {
    fn new(settings: &Settings) -> Self {
        let file = |name: &str| KeptFile::new(Host::new(settings).proc(name));
        Self { stats: file("self/mountstats"), table: file("self/mountinfo") }
    }
}

impl Collector for MountStats {
    fn collect(&mut self, out: &mut Samples) -> Result<(), CollectError> {
        let stats = self.stats.read_if_exists()?;
        // Without it, all is there but the servers' addresses.
        to_samples(stats, self.table.read().unwrap_or_default(), out)
    }
}

fn to_samples(stats: &[u8], table: &[u8], out: &mut Samples) -> Result<(), CollectError> {
    let mut rest = stats;
    if !std::iter::from_fn(|| take_line(&mut rest)).any(is_mount) {
        return Err("no mount in /proc/self/mountstats".into());
    }
    let addresses = addresses(table);
    // Mounts of one export share what is counted, and there may be hundreds.
    let mut seen = HashSet::new();
    for mount in Mounts(stats) {
        let Some(protocol) = mount.protocol() else { continue };
        let Mount { export, point, stats } = mount;
        let address = addresses.get(&[point, export]).copied().unwrap_or_default();
        let [export_label, point_label] = [export, point].map(label);
        let labels = [&*export_label, protocol, address];
        if seen.insert((export, protocol, address, Some(point))) {
            let [export, protocol, address] = labels;
            out.set(&INFO, [export, protocol, address, &*point_label], 1.0);
        }
        if seen.insert((export, protocol, address, None)) {
            statistics(stats, labels, out);
        }
    }
    Ok(())
}

/// A mount of NFS; the paths are escaped as the kernel has them.
struct Mount<'a> {
    export: &'a [u8],
    point: &'a [u8],
    /// The lines about it.
    stats: &'a [u8],
}

impl<'a> Mount<'a> {
    /// `device SERVER:/PATH mounted on /POINT with fstype nfs statvers=1.1`
    fn parse(line: &'a [u8]) -> Option<Self> {
        let mut words = line.split(|&byte| byte == b' ');
        let words: [&[u8]; 9] = std::array::from_fn(|_| words.next().unwrap_or_default());
        match words {
            [b"device", export, b"mounted", b"on", point, b"with", b"fstype", kind, version]
                if is_nfs(kind) && version.starts_with(b"statvers=") =>
            {
                Some(Self { export, point, stats: b"" })
            }
            _ => None,
        }
    }

    /// What carries the calls: `tcp`, `udp` or `rdma`, the same for all connections of a mount.
    fn protocol(&self) -> Option<&'a str> {
        lines(self.stats).map(fields).find_map(|mut line| match line.next() {
            Some("xprt:") => line.next(),
            _ => None,
        })
    }
}

/// The mounts of NFS that have statistics.
struct Mounts<'a>(&'a [u8]);

impl<'a> Iterator for Mounts<'a> {
    type Item = Mount<'a>;

    fn next(&mut self) -> Option<Mount<'a>> {
        loop {
            let Some(mut mount) = Mount::parse(take_line(&mut self.0)?) else { continue };
            let mut rest = self.0;
            while take_line(&mut rest).is_some_and(|line| !line.is_empty() && !is_mount(line)) {
                mount.stats = &self.0[..self.0.len() - rest.len()];
            }
            self.0 = &self.0[mount.stats.len()..];
            return Some(mount);
        }
    }
}

fn is_nfs(kind: &[u8]) -> bool {
    matches!(kind, b"nfs" | b"nfs4")
}

fn is_mount(line: &[u8]) -> bool {
    line.starts_with(b"device ") || line.starts_with(b"no device ")
}

/// Takes a whole line, without its end. Lines with paths may be of any bytes.
fn take_line<'a>(text: &mut &'a [u8]) -> Option<&'a [u8]> {
    let end = text.iter().position(|&byte| byte == b'\n')?;
    let line = &text[..end];
    *text = &text[end + 1..];
    Some(line)
}

/// The addresses of NFS servers in the mount table, by mount point and export.
fn addresses(mut table: &[u8]) -> HashMap<[&[u8]; 2], &str> {
    let mut addresses = HashMap::new();
    while let Some(line) = take_line(&mut table) {
        let mut words = line.split(|&byte| byte == b' ');
        let point = words.nth(4).unwrap_or_default();
        // Optional fields end with a dash.
        let mut words = words.skip_while(|&word| word != b"-").skip(1);
        if !words.next().is_some_and(is_nfs) {
            continue;
        }
        let (export, options) = (words.next().unwrap_or_default(), words.next());
        let mut options = options.unwrap_or_default().split(|&byte| byte == b',');
        let address = options.find_map(|option| option.strip_prefix(b"addr="));
        if let Some(Ok(address)) = address.map(str::from_utf8) {
            addresses.insert([point, export], address);
        }
    }
    addresses
}

/// A path as it is on the page.
fn label(path: &[u8]) -> Cow<'_, str> {
    if path.contains(&b'\\') {
        return Cow::Owned(String::from_utf8_lossy(&unescape(path)).into_owned());
    }
    String::from_utf8_lossy(path)
}

/// What the lines about a mount count.
fn statistics(stats: &[u8], labels: [&str; 3], out: &mut Samples) {
    let mut transports = 0_u32;
    let mut operations = false;
    for line in lines(stats) {
        let mut line = fields(line);
        let key = line.next().unwrap_or_default();
        if operations {
            operation(key, line, labels, out);
            continue;
        }
        match key {
            "age:" => {
                if let Some([Some(age)]) = numbers(line) {
                    out.set(&AGE, labels, age);
                }
            }
            "bytes:" => {
                for (metric, value) in BYTES.iter().zip(numbers::<8>(line).unwrap_or_default()) {
                    set(metric, labels, value, out);
                }
            }
            "events:" => {
                let values = numbers::<27>(line).unwrap_or([None; 27]).into_iter().enumerate();
                let values = values.filter(|(at, _)| *at != CONGESTION_WAIT);
                for (metric, (_, value)) in EVENTS.iter().zip(values) {
                    set(metric, labels, value, out);
                }
            }
            "xprt:" => {
                with_text(transports, |transport| transport_line(line, labels, transport, out));
                transports += 1;
            }
            "per-op" => operations = true,
            _ => {}
        }
    }
}

/// `READ: 1298 1298 0 207680 106253252 1 12 15 0`; the errors are there since Linux 5.3.
fn operation(key: &str, line: Fields<'_>, labels: [&str; 3], out: &mut Samples) {
    let [export, protocol, address] = labels;
    let (Some(operation), Some(values)) = (key.strip_suffix(':'), numbers::<9>(line)) else {
        return;
    };
    for (at, (metric, value)) in OPERATIONS.iter().zip(values).enumerate() {
        let value = match TIMES.contains(&at) {
            true => value.filter(|it| *it < SIGN).map(|milliseconds| milliseconds / 1000.0),
            false => value,
        };
        set(metric, [export, protocol, address, operation], value, out);
    }
}

/// `xprt: tcp PORT BINDS CONNECTS CONNECT_TIME IDLE SENDS RECEIVES BAD_XIDS ACTIVE BACKLOG
/// MAX_SLOTS SENDING PENDING`. The last three are of version 1.1; UDP has no connections, and RDMA
/// has its own numbers in place of the last.
fn transport_line(mut line: Fields<'_>, labels: [&str; 3], transport: &str, out: &mut Samples) {
    let values = match line.next() {
        Some("tcp") => numbers::<13>(line),
        Some("udp") => numbers::<10>(line).map(|udp| {
            let mut values = [None; 13];
            values[..2].copy_from_slice(&udp[..2]);
            values[5..].copy_from_slice(&udp[2..]);
            values
        }),
        Some("rdma") => numbers::<10>(line).map(|common| {
            let mut values = [None; 13];
            values[..10].copy_from_slice(&common);
            values
        }),
        _ => None,
    };
    let Some(values) = values else { return };
    let [_, binds, connects, _, idle, sends, receives, bad, _, backlog, slots, sending, pending] =
        values;
    let [export, protocol, address] = labels;
    let labels = [export, protocol, address, transport];
    let counts = [binds, connects, sends, receives, bad, backlog, sending, pending];
    for (metric, value) in TRANSPORT.iter().zip(counts) {
        set(metric, labels, value, out);
    }
    let idle = idle.filter(|it| *it < SIGN);
    for (metric, value) in [(&IDLE_TIME, idle), (&MAX_SLOTS, slots)] {
        if let Some(value) = value {
            out.set(metric, labels, value);
        }
    }
}

fn set<const N: usize>(
    metric: &Counter<N>,
    labels: [&str; N],
    value: Option<f64>,
    out: &mut Samples,
) {
    if let Some(value) = value {
        out.set(metric, labels, value);
    }
}

/// The first numbers of a line, as far as they are there; `None` where one of them is damaged.
fn numbers<const N: usize>(columns: Fields<'_>) -> Option<[Option<f64>; N]> {
    let mut numbers = [None; N];
    for (value, column) in numbers.iter_mut().zip(columns) {
        *value = Some(number(column)?).filter(|it| *it >= 0.0);
    }
    Some(numbers)
}

#[cfg(test)]
mod tests;
