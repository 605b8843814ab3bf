//! Fibre Channel adapters: `/sys/class/fc_host`.

use std::path::PathBuf;

use exporter_kit::{
    CollectError, CollectorDef, Counter, Gauge, Metric, Samples, ScheduledCollector,
};

use super::node::{counter, gauge};
use crate::files::{Folder, Text};
use crate::host::Host;

const INFO: Gauge<11> = gauge(
    "node_fibrechannel_info",
    "光纤通道信息",
    "Constant 1, with what is text about the adapter as labels.",
)
.labels([
    "fc_host",
    "speed",
    "port_state",
    "port_type",
    "port_id",
    "port_name",
    "fabric_name",
    "symbolic_name",
    "supported_classes",
    "supported_speeds",
    "dev_loss_tmo",
]);

/// The files of those labels but the first.
const TEXTS: [&str; 10] = [
    "speed",
    "port_state",
    "port_type",
    "port_id",
    "port_name",
    "fabric_name",
    "symbolic_name",
    "supported_classes",
    "supported_speeds",
    "dev_loss_tmo",
];

/// Files of an adapter that hold a number, and its metric.
static COUNTERS: [(&str, Counter<1>); 14] = [
    (
        "statistics/dumped_frames",
        of_host("node_fibrechannel_dumped_frames_total", "丢弃帧数", "Frames dropped."),
    ),
    (
        "statistics/error_frames",
        of_host("node_fibrechannel_error_frames_total", "错误帧数", "Frames with an error."),
    ),
    (
        "statistics/fcp_packet_aborts",
        of_host(
            "node_fibrechannel_fcp_packet_aborts_total",
            "FCP中止数",
            "Commands to disks that were aborted.",
        ),
    ),
    (
        "statistics/invalid_crc_count",
        of_host(
            "node_fibrechannel_invalid_crc_total",
            "CRC错误数",
            "Frames with a wrong checksum.",
        ),
    ),
    (
        "statistics/invalid_tx_word_count",
        of_host(
            "node_fibrechannel_invalid_tx_words_total",
            "无效传输字数",
            "Words received that no sender can mean.",
        ),
    ),
    (
        "statistics/link_failure_count",
        of_host("node_fibrechannel_link_failure_total", "链路故障数", "How often the link failed."),
    ),
    (
        "statistics/loss_of_signal_count",
        of_host(
            "node_fibrechannel_loss_of_signal_total",
            "信号丢失次数",
            "How often the signal was lost.",
        ),
    ),
    (
        "statistics/loss_of_sync_count",
        of_host(
            "node_fibrechannel_loss_of_sync_total",
            "同步丢失次数",
            "How often the link fell out of step.",
        ),
    ),
    (
        "statistics/nos_count",
        of_host(
            "node_fibrechannel_nos_total",
            "NOS次数",
            "Notices that the link is not in operation.",
        ),
    ),
    (
        "statistics/rx_frames",
        of_host("node_fibrechannel_rx_frames_total", "接收帧数", "Frames received."),
    ),
    (
        "statistics/rx_words",
        of_host("node_fibrechannel_rx_words_total", "接收字数", "Words of four bytes received."),
    ),
    (
        "statistics/seconds_since_last_reset",
        of_host(
            "node_fibrechannel_seconds_since_last_reset_total",
            "计数器运行时长",
            "Seconds since the counters were set to 0.",
        ),
    ),
    (
        "statistics/tx_frames",
        of_host("node_fibrechannel_tx_frames_total", "发送帧数", "Frames sent."),
    ),
    (
        "statistics/tx_words",
        of_host("node_fibrechannel_tx_words_total", "发送字数", "Words of four bytes sent."),
    ),
];

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "fibrechannel",
    "光纤通道",
    "Traffic, errors and state of Fibre Channel adapters.",
    &[&INFO],
    |settings| {
        let path: PathBuf = Host::new(settings).sys("class/fc_host");
        let collect = move |out: &mut Samples| {
            let adapters = Folder::open(&path).ok_or(CollectError::NoData)?;
            adapters.names(|name| {
                if let Some(folder) = adapters.folder(name) {
                    adapter(name, &folder, out);
                }
            });
            Ok(())
        };
        Ok(ScheduledCollector::on_scrape(collect))
    },
)
.and(&[&METRICS])
.source("/sys/class/fc_host");

const METRICS: [&dyn Metric; COUNTERS.len()] = {
    let mut metrics: [&dyn Metric; COUNTERS.len()] = [&COUNTERS[0].1; COUNTERS.len()];
    let mut at = 0;
    while at < metrics.len() {
        metrics[at] = &COUNTERS[at].1;
        at += 1;
    }
    metrics
};

const fn of_host(name: &'static str, zh: &'static str, help: &'static str) -> Counter<1> {
    counter(name, zh, help).labels(["fc_host"])
}

fn adapter(name: &str, folder: &Folder, out: &mut Samples) {
    let texts = TEXTS.map(|file| folder.text(file));
    let mut labels = [name; 11];
    for (label, text) in labels[1..].iter_mut().zip(&texts) {
        let text = text.as_ref().and_then(Text::trimmed).unwrap_or_default();
        // Names and addresses are numbers, and known without the sign for that.
        *label = text.strip_prefix("0x").unwrap_or(text);
    }
    out.set(&INFO, labels, 1.0);
    for (file, metric) in &COUNTERS {
        if let Some(value) = folder.text(file).and_then(|text| count(text.trimmed()?)) {
            out.set(metric, [name], value);
        }
    }
}

/// A number in hexadecimal, where the adapter has it: all bits are set where it has not.
fn count(text: &str) -> Option<f64> {
    let value = u64::from_str_radix(text.strip_prefix("0x")?, 16).ok()?;
    (value != u64::MAX).then_some(value as f64)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn files_become_labels_and_counters() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("statistics")).unwrap();
        for (file, text) in [
            ("port_id", "0x010a00\n"),
            ("speed", "16 Gbit\n"),
            ("symbolic_name", "Example  HN:a \n"),
            ("statistics/rx_frames", "0x2cc08991\n"),
            ("statistics/dumped_frames", "0xffffffffffffffff\n"),
            ("statistics/tx_frames", "12\n"),
        ] {
            fs::write(root.path().join(file), text).unwrap();
        }
        let mut out = Samples::default();
        adapter("host7", &Folder::open(root.path()).unwrap(), &mut out);
        assert_eq!(out.check(&DEF), Ok(()));
        let labels = ["host7", "16 Gbit", "", "", "010a00", "", "", "Example  HN:a", "", "", ""];
        assert_eq!(out.value(&INFO, labels), Some(1.0));
        let frames = |metric: &Counter<1>| out.value(metric, ["host7"]);
        assert_eq!(frames(&COUNTERS[9].1), Some(750_815_633.0));
        assert_eq!(out.len(), 2);
    }
}
