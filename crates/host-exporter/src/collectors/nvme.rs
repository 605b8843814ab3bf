//! NVMe controllers and their namespaces: `/sys/class/nvme`.

use std::path::Path;

use exporter_kit::{CollectError, CollectorDef, Gauge, Samples, ScheduledCollector, Unit};

use super::node::gauge;
use crate::files::Folder;
use crate::host::Host;

const INFO: Gauge<6> =
    gauge("node_nvme_info", "NVMe信息", "Constant 1, with what the controller says of itself.")
        .labels(["device", "firmware_revision", "model", "serial", "state", "cntlid"]);

const NAMESPACE: Gauge<3> = gauge(
    "node_nvme_namespace_info",
    "NVMe命名空间信息",
    "Constant 1, with the state of the controller's path to the namespace.",
)
.labels(["device", "nsid", "ana_state"]);

const fn bytes(name: &'static str, zh: &'static str, help: &'static str) -> Gauge<2> {
    gauge(name, zh, help).unit(Unit::Bytes).labels(["device", "nsid"])
}

const CAPACITY: Gauge<2> = bytes(
    "node_nvme_namespace_capacity_bytes",
    "NVMe命名空间容量",
    "Capacity of the namespace, which is its size.",
);
const SIZE: Gauge<2> =
    bytes("node_nvme_namespace_size_bytes", "NVMe命名空间大小", "Size of the namespace.");
const USED: Gauge<2> = bytes(
    "node_nvme_namespace_used_bytes",
    "NVMe命名空间已用",
    "How much of the namespace is allocated, as the device says.",
);
const BLOCK: Gauge<2> = bytes(
    "node_nvme_namespace_logical_block_size_bytes",
    "NVMe逻辑块大小",
    "Size of a logical block of the namespace.",
);

/// The kernel counts the size of every block device in these, whatever the device's own blocks.
const SECTOR: f64 = 512.0;

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "nvme",
    "NVMe",
    "NVMe controllers, and the sizes of their namespaces.",
    &[&INFO, &NAMESPACE, &CAPACITY, &SIZE, &USED, &BLOCK],
    |settings| {
        let path = Host::new(settings).sys("class/nvme");
        Ok(ScheduledCollector::on_scrape(move |out: &mut Samples| collect(&path, out)))
    },
)
.source("/sys/class/nvme");

fn collect(path: &Path, out: &mut Samples) -> Result<(), CollectError> {
    let class = Folder::open(path).ok_or(CollectError::NoData)?;
    class.names(|device| {
        let Some(folder) = class.folder(device) else { return };
        let texts = ["firmware_rev", "model", "serial", "state", "cntlid"].map(|f| folder.text(f));
        let text = |at: usize| texts[at].as_ref().and_then(|text| text.trimmed());
        let [firmware, model, serial, state, cntlid] =
            [0, 1, 2, 3, 4].map(|at| text(at).unwrap_or_default());
        out.set(&INFO, [device, firmware, model, serial, state, cntlid], 1.0);
        folder.names(|name| {
            let Some(nsid) = namespace(name) else { return };
            if let Some(folder) = folder.folder(name) {
                collect_namespace(&folder, [device, nsid], out);
            }
        });
    });
    Ok(())
}

fn collect_namespace(folder: &Folder, labels: [&str; 2], out: &mut Samples) {
    let state = folder.text("ana_state");
    let state = state.as_ref().and_then(|state| state.trimmed()).unwrap_or("unknown");
    out.set(&NAMESPACE, [labels[0], labels[1], state], 1.0);
    if let Some(sectors) = folder.number("size") {
        out.set(&SIZE, labels, sectors * SECTOR);
        out.set(&CAPACITY, labels, sectors * SECTOR);
    }
    let Some(block) = folder.number("queue/logical_block_size") else { return };
    out.set(&BLOCK, labels, block);
    if let Some(blocks) = folder.number("nuse") {
        out.set(&USED, labels, blocks * block);
    }
}

/// The number of a namespace by the name of its folder: `nvme0n1`, or `nvme0c1n1` for one of
/// several paths.
fn namespace(name: &str) -> Option<&str> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (controller, number) = name.strip_prefix("nvme")?.split_once('n')?;
    let (subsystem, path) = controller.split_once('c').unwrap_or((controller, "0"));
    (digits(subsystem) && digits(path) && digits(number)).then_some(number)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn namespaces_are_recognised_by_name() {
        let cases = [
            ("nvme0n1", Some("1")),
            ("nvme10c2n33", Some("33")),
            ("nvme0", None),
            ("nvme0n1p1", None),
            ("nvme0cn1", None),
            ("numa_node", None),
        ];
        for (name, expected) in cases {
            assert_eq!(namespace(name), expected, "{name}");
        }
    }

    #[test]
    fn sizes_are_sectors_and_use_is_blocks() {
        let root = tempfile::tempdir().unwrap();
        let queue = root.path().join("nvme0/nvme0n1/queue");
        fs::create_dir_all(&queue).unwrap();
        fs::write(queue.join("logical_block_size"), "4096\n").unwrap();
        let files = [("nvme0/state", "live\n"), ("nvme0/model", "ACME SSD  \n")];
        for (file, text) in files.into_iter().chain([
            ("nvme0/nvme0n1/size", "1000\n"),
            ("nvme0/nvme0n1/nuse", "100\n"),
            ("nvme0/nvme0n1/nsid", "1\n"),
        ]) {
            fs::write(root.path().join(file), text).unwrap();
        }
        let mut out = Samples::default();
        collect(root.path(), &mut out).unwrap();
        assert_eq!(out.value(&INFO, ["nvme0", "", "ACME SSD", "", "live", ""]), Some(1.0));
        assert_eq!(out.value(&NAMESPACE, ["nvme0", "1", "unknown"]), Some(1.0));
        assert_eq!(out.value(&SIZE, ["nvme0", "1"]), Some(512_000.0));
        assert_eq!(out.value(&USED, ["nvme0", "1"]), Some(409_600.0));
        assert_eq!(out.len(), 6);
    }
}
