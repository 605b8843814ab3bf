//! Memory that the kernel merges because it is the same: `/sys/kernel/mm/ksm`.

use exporter_kit::{CollectError, CollectorDef, Field, Samples, ScheduledCollector, Unit};

use super::node::{counter, gauge};
use crate::files::Folder;
use crate::host::Host;

/// By the file.
const FILES: &[Field] = &[
    Field::counter(
        "full_scans",
        counter("node_ksmd_full_scans_total", "KSM扫描次数", "Scans of all areas for equal pages."),
    ),
    Field::gauge(
        "general_profit",
        gauge(
            "node_ksmd_general_profit_bytes",
            "KSM节省内存",
            "Memory saved, less what that cost.",
        )
        .unit(Unit::Bytes),
    )
    .signed(),
    Field::gauge(
        "merge_across_nodes",
        gauge(
            "node_ksmd_merge_across_nodes",
            "KSM跨节点合并",
            "Whether pages of different NUMA nodes are merged (1) or not (0).",
        ),
    ),
    Field::gauge(
        "pages_shared",
        gauge("node_ksmd_pages_shared", "KSM共享页", "Pages that stand for several equal ones."),
    ),
    Field::gauge(
        "pages_sharing",
        gauge("node_ksmd_pages_sharing", "KSM节省页", "Pages saved because they were equal."),
    ),
    Field::gauge(
        "pages_to_scan",
        gauge("node_ksmd_pages_to_scan", "KSM每轮扫描页", "Pages to scan before the next pause."),
    ),
    Field::gauge(
        "pages_unshared",
        gauge(
            "node_ksmd_pages_unshared",
            "KSM未共享页",
            "Pages checked again and again, equal to none.",
        ),
    ),
    Field::gauge(
        "pages_volatile",
        gauge("node_ksmd_pages_volatile", "KSM易变页", "Pages that change too often to be merged."),
    ),
    Field::gauge(
        "run",
        gauge(
            "node_ksmd_run",
            "KSM运行状态",
            "What ksmd does: 0 nothing, 1 merge, 2 undo all merges.",
        ),
    ),
    Field::gauge(
        "sleep_millisecs",
        gauge("node_ksmd_sleep_seconds", "KSM扫描间隔", "Pause between two scans.")
            .unit(Unit::Seconds),
    )
    .divided_by(1000.0),
];

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "ksmd",
    "KSM内存合并",
    "Memory merged because it is the same.",
    &[],
    |settings| {
        let path = Host::new(settings).sys("kernel/mm/ksm");
        let collect = move |out: &mut Samples| {
            to_samples(&Folder::open(&path).ok_or(CollectError::NoData)?, out);
            Ok(())
        };
        Ok(ScheduledCollector::on_scrape(collect))
    },
)
.fields(&[FILES])
.off_by_default()
.source("/sys/kernel/mm/ksm");

fn to_samples(folder: &Folder, out: &mut Samples) {
    for field in FILES {
        if let Some(number) = folder.number(field.key()) {
            field.set(number, out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_is_a_metric() {
        let temporary = tempfile::tempdir().unwrap();
        for (name, text) in [
            ("full_scans", "3\n"),
            ("general_profit", "-64\n"),
            ("sleep_millisecs", "20\n"),
            ("run", "x"),
        ] {
            std::fs::write(temporary.path().join(name), text).unwrap();
        }
        let mut out = Samples::default();
        to_samples(&Folder::open(temporary.path()).unwrap(), &mut out);
        let page = out.page();
        let samples: Vec<_> = page.lines().filter(|line| !line.starts_with('#')).collect();
        let expected = [
            "node_ksmd_full_scans_total 3",
            "node_ksmd_general_profit_bytes -64",
            "node_ksmd_sleep_seconds 0.02",
        ];
        assert_eq!(samples, expected);
    }
}
