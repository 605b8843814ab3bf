//! Memory of each NUMA node: `/sys/devices/system/node`.

use exporter_kit::{
    CollectError, CollectorDef, CounterPattern, GaugePattern, Samples, ScheduledCollector,
};

use super::node::NODE_EXPORTER;
use crate::files::Folder;
use crate::host::Host;
use crate::text::{fields, lines, number};

const MEMINFO: GaugePattern<1> = GaugePattern::new(
    "node_memory_numa_",
    "Field {} of a NUMA node's meminfo; sizes are in bytes.",
)
.labels(["node"])
.zh("NUMA节点内存")
.compatible_with(NODE_EXPORTER);

const NUMASTAT: CounterPattern<1> =
    CounterPattern::new("node_memory_numa_", "Pages counted as {} in a NUMA node's numastat.")
        .labels(["node"])
        .zh("NUMA内存分配")
        .compatible_with(NODE_EXPORTER);

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "meminfo_numa",
    "NUMA内存",
    "Memory of each NUMA node, and where it was allocated.",
    &[],
    |settings| {
        let path = Host::new(settings).sys("devices/system/node");
        let collect = move |out: &mut Samples| {
            let folder = Folder::open(&path).ok_or(CollectError::NoData)?;
            folder.names(|name| {
                let number = name.strip_prefix("node").filter(|node| is_number(node));
                if let (Some(node), Some(folder)) = (number, folder.folder(name)) {
                    of_node(node, &folder, out);
                }
            });
            if out.is_empty() { Err(CollectError::NoData) } else { Ok(()) }
        };
        Ok(ScheduledCollector::on_scrape(collect))
    },
)
.patterns(&[&MEMINFO, &NUMASTAT])
.off_by_default()
.source("/sys/devices/system/node");

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn of_node(node: &str, folder: &Folder, out: &mut Samples) {
    if let Some(text) = folder.text("meminfo") {
        meminfo(node, text.bytes(), out);
    }
    if let Some(text) = folder.text("numastat") {
        numastat(node, text.bytes(), out);
    }
}

/// Lines such as `Node 0 MemTotal:  65011204 kB`.
fn meminfo(node: &str, text: &[u8], out: &mut Samples) {
    for line in lines(text) {
        let mut fields = fields(line).skip(2);
        let (Some(key), Some(value)) = (fields.next(), fields.next().and_then(number)) else {
            continue;
        };
        let factor = match fields.next() {
            Some("kB") => 1024.0,
            None => 1.0,
            Some(_) => continue,
        };
        out.set_field(&MEMINFO, &[key.trim_end_matches(':')], [node], value * factor);
    }
}

fn numastat(node: &str, text: &[u8], out: &mut Samples) {
    for line in lines(text) {
        let mut fields = fields(line);
        if let (Some(key), Some(count)) = (fields.next(), fields.next().and_then(number)) {
            out.set_field(&NUMASTAT, &[key, "_total"], [node], count);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_named_and_in_bytes() {
        let mut out = Samples::default();
        let text =
            b"Node 0 MemTotal: 3 kB\nNode 0 Active(anon):  1 kB\nNode 0 HugePages_Free:  7\n\
                     Node 0 Odd: 1 MB\nNode 0 Bad: x kB\nNode 0\n";
        meminfo("0", text, &mut out);
        numastat("0", b"numa_hit 5\nnuma_miss\n", &mut out);
        let page = out.page();
        let samples: Vec<_> = page.lines().filter(|line| !line.starts_with('#')).collect();
        let expected = [
            "node_memory_numa_Active_anon{node=\"0\"} 1024",
            "node_memory_numa_HugePages_Free{node=\"0\"} 7",
            "node_memory_numa_MemTotal{node=\"0\"} 3072",
            "node_memory_numa_numa_hit_total{node=\"0\"} 5",
        ];
        assert_eq!(samples, expected);
        assert_eq!(out.check(&DEF), Ok(()));
        assert!(is_number("12") && !is_number("") && !is_number("1x"));
    }
}
