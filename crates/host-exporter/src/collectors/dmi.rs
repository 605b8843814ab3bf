//! What the firmware says of the machine: `/sys/class/dmi/id`.

use std::path::{Path, PathBuf};

use exporter_kit::{CollectError, Collector, CollectorDef, Gauge, Samples, ScheduledCollector};

use super::node::gauge;
use crate::files::Folder;
use crate::host::Host;

/// The labels, and the files that they are from.
const COUNT: usize = 20;
const FILES: [(&str, &str); COUNT] = [
    ("bios_date", "bios_date"),
    ("bios_release", "bios_release"),
    ("bios_vendor", "bios_vendor"),
    ("bios_version", "bios_version"),
    ("board_asset_tag", "board_asset_tag"),
    ("board_name", "board_name"),
    ("board_serial", "board_serial"),
    ("board_vendor", "board_vendor"),
    ("board_version", "board_version"),
    ("chassis_asset_tag", "chassis_asset_tag"),
    ("chassis_serial", "chassis_serial"),
    ("chassis_vendor", "chassis_vendor"),
    ("chassis_version", "chassis_version"),
    ("product_family", "product_family"),
    ("product_name", "product_name"),
    ("product_serial", "product_serial"),
    ("product_sku", "product_sku"),
    ("product_uuid", "product_uuid"),
    ("product_version", "product_version"),
    ("system_vendor", "sys_vendor"),
];

const fn labels() -> [&'static str; COUNT] {
    let mut labels = [""; COUNT];
    let mut at = 0;
    while at < COUNT {
        labels[at] = FILES[at].0;
        at += 1;
    }
    labels
}

const INFO: Gauge<COUNT> = gauge(
    "node_dmi_info",
    "硬件信息",
    "Constant 1, with what the firmware says of the machine; serial numbers for root alone.",
)
.labels(labels());

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "dmi",
    "硬件信息",
    "Names, versions and serial numbers of the machine and its firmware.",
    &[&INFO],
    |settings| {
        let path = Host::new(settings).sys("class/dmi/id");
        Ok(ScheduledCollector::on_scrape(Dmi { path, texts: None }))
    },
)
.source("/sys/class/dmi/id");

struct Dmi {
    path: PathBuf,
    /// Nothing of it changes while the machine runs.
    texts: Option<[String; COUNT]>,
}

impl Collector for Dmi {
    fn collect(&mut self, out: &mut Samples) -> Result<(), CollectError> {
        if self.texts.is_none() {
            self.texts = Some(read(&self.path)?);
        }
        if let Some(texts) = &self.texts {
            out.set(&INFO, texts.each_ref().map(String::as_str), 1.0);
        }
        Ok(())
    }
}

fn read(path: &Path) -> Result<[String; COUNT], CollectError> {
    let folder = Folder::open(path).ok_or(CollectError::NoData)?;
    Ok(FILES.map(|(_, file)| {
        let text = folder.text(file);
        let text = text.as_ref().map(|text| text.bytes()).unwrap_or_default();
        // Firmware is not held to any encoding.
        String::from_utf8_lossy(text).trim().to_owned()
    }))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_the_firmware_does_not_say_is_empty() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("sys_vendor"), "QEMU \n").unwrap();
        fs::write(root.path().join("product_sku"), b"\xff\"\n").unwrap();
        let mut dmi = Dmi { path: root.path().to_owned(), texts: None };
        for _ in 0..2 {
            let mut out = Samples::default();
            dmi.collect(&mut out).unwrap();
            let mut expected = [""; COUNT];
            (expected[16], expected[19]) = ("\u{fffd}\"", "QEMU");
            assert_eq!(out.value(&INFO, expected), Some(1.0));
        }
        let gone = read(&root.path().join("gone"));
        assert!(matches!(gone, Err(CollectError::NoData)));
    }
}
