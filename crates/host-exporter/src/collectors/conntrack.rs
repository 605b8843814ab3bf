//! Connections that the firewall tracks: `/proc/sys/net/netfilter` and
//! `/proc/net/stat/nf_conntrack`.

use exporter_kit::{
    CollectError, Collector, CollectorDef, Field, Gauge, KeptFile, Samples, ScheduledCollector,
};

use super::node::gauge;
use crate::host::Host;
use crate::text::{fields, lines};

const ENTRIES: Gauge = gauge("node_nf_conntrack_entries", "连接跟踪数", "Connections tracked.");
const LIMIT: Gauge = gauge(
    "node_nf_conntrack_entries_limit",
    "连接跟踪上限",
    "Connections that can be tracked; packets of further ones are dropped.",
);

/// Columns of the statistics. They only grow, but their metrics have always been gauges.
const STATS: [Field; 8] = [
    stat(
        "found",
        "node_nf_conntrack_stat_found",
        "找到的跟踪表项数",
        "Lookups that found a connection.",
    ),
    stat(
        "invalid",
        "node_nf_conntrack_stat_invalid",
        "无法跟踪的包数",
        "Packets that belong to no connection that can be tracked.",
    ),
    stat(
        "ignore",
        "node_nf_conntrack_stat_ignore",
        "忽略的包数",
        "Packets that were tracked already, or are not to be.",
    ),
    stat(
        "insert",
        "node_nf_conntrack_stat_insert",
        "插入表项数",
        "Connections that were put into the table.",
    ),
    stat(
        "insert_failed",
        "node_nf_conntrack_stat_insert_failed",
        "插入失败数",
        "Connections that could not be put into the table, such as for being there already.",
    ),
    stat(
        "drop",
        "node_nf_conntrack_stat_drop",
        "跟踪丢包数",
        "Packets dropped because no connection could be tracked for them.",
    ),
    stat(
        "early_drop",
        "node_nf_conntrack_stat_early_drop",
        "提前淘汰表项数",
        "Connections thrown out of the full table to make room.",
    ),
    stat(
        "search_restart",
        "node_nf_conntrack_stat_search_restart",
        "重新查找次数",
        "Lookups begun again, as the table was resized meanwhile.",
    ),
];

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "conntrack",
    "连接跟踪",
    "Connections that the firewall tracks.",
    &[&ENTRIES, &LIMIT],
    |settings| {
        let host = Host::new(settings);
        let file = |path| KeptFile::new(host.proc(path)).short_lines();
        let conntrack = Conntrack {
            entries: file("sys/net/netfilter/nf_conntrack_count"),
            limit: file("sys/net/netfilter/nf_conntrack_max"),
            stats: file("net/stat/nf_conntrack"),
        };
        Ok(ScheduledCollector::on_scrape(conntrack))
    },
)
.fields(&[&STATS])
.source("/proc/sys/net/netfilter, /proc/net/stat/nf_conntrack");

const fn stat(
    key: &'static str,
    name: &'static str,
    zh: &'static str,
    help: &'static str,
) -> Field {
    Field::gauge(key, gauge(name, zh, help))
}

/// Collects what the firewall tracks. The files are there while its module is loaded.
struct Conntrack {
    entries: KeptFile,
    limit: KeptFile,
    stats: KeptFile,
}

impl Collector for Conntrack {
    fn collect(&mut self, out: &mut Samples) -> Result<(), CollectError> {
        for (metric, file) in [(&ENTRIES, &mut self.entries), (&LIMIT, &mut self.limit)] {
            let text = file.read_if_exists()?;
            out.set(metric, [], fields(lines(text).next().unwrap_or_default()).number()?);
        }
        // Kernels can be built without it.
        match self.stats.read_if_exists() {
            Ok(text) => to_samples(text, out),
            Err(CollectError::NoData) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

/// Adds up the lines, one for each CPU, of those columns that the heading names.
fn to_samples(text: &[u8], out: &mut Samples) {
    let mut lines = lines(text);
    let heading = fields(lines.next().unwrap_or_default());
    let stats = &STATS;
    let places = stats.each_ref().map(|stat| heading.clone().position(|name| name == stat.key()));
    let mut sums = None;
    for line in lines {
        let sums = sums.get_or_insert([Some(0); STATS.len()]);
        for (sum, place) in sums.iter_mut().zip(places) {
            let text = place.and_then(|place| fields(line).nth(place));
            let number = text.and_then(|text| u32::from_str_radix(text, 16).ok());
            // A sum without one of its parts would look like a counter that has begun again.
            *sum = sum.zip(number).map(|(sum, number)| sum + u64::from(number));
        }
    }
    for (stat, sum) in stats.iter().zip(sums.into_iter().flatten()) {
        if let Some(sum) = sum {
            stat.set(sum as f64, out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(text: &str) -> Vec<String> {
        let mut out = Samples::default();
        to_samples(text.as_bytes(), &mut out);
        assert_eq!(out.check(&DEF), Ok(()));
        let page = out.page();
        page.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
    }

    #[test]
    fn columns_are_found_by_their_names_and_added_up() {
        let text = "entries  clashres found new drop\n\
                    000004b4  00000001 0000000a 5 00000001\n000004b4  00000001 00000006 5 x\n";
        assert_eq!(samples(text), ["node_nf_conntrack_stat_found 16"]);
    }

    #[test]
    fn a_file_without_a_cpu_has_no_sums() {
        for text in ["", "entries found\n", "entries found\n1 2"] {
            assert!(samples(text).is_empty(), "{text:?}");
        }
    }
}
