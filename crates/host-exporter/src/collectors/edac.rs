//! Errors of the memory that its controllers corrected, or could not: `/sys/devices/system/edac`.

use std::fmt::Write as _;
use std::path::Path;

use exporter_kit::{CollectError, CollectorDef, Counter, Samples, ScheduledCollector};

use super::node::counter;
use crate::files::Folder;
use crate::host::Host;
use crate::text::number;

const CORRECTED: Counter<1> = counter(
    "node_edac_correctable_errors_total",
    "内存可纠正错误数",
    "Errors of memory that the controller has corrected.",
)
.labels(["controller"]);

const UNCORRECTED: Counter<1> = counter(
    "node_edac_uncorrectable_errors_total",
    "内存不可纠正错误数",
    "Errors of memory that the controller could not correct.",
)
.labels(["controller"]);

const ROW_CORRECTED: Counter<2> = counter(
    "node_edac_csrow_correctable_errors_total",
    "行可纠正错误数",
    "Corrected errors of one row of memory; row unknown for those of which it is not known.",
)
.labels(["controller", "csrow"]);

const ROW_UNCORRECTED: Counter<2> = counter(
    "node_edac_csrow_uncorrectable_errors_total",
    "行不可纠正错误数",
    "Uncorrected errors of one row of memory; row unknown for those of which it is not known.",
)
.labels(["controller", "csrow"]);

const CHANNEL_CORRECTED: Counter<4> = counter(
    "node_edac_channel_correctable_errors_total",
    "通道可纠正错误数",
    "Corrected errors of one channel of a row, with the name of the module there.",
)
.labels(["controller", "csrow", "channel", "dimm_label"]);

const CHANNEL_UNCORRECTED: Counter<4> = counter(
    "node_edac_channel_uncorrectable_errors_total",
    "通道不可纠正错误数",
    "Uncorrected errors of one channel of a row, with the name of the module there.",
)
.labels(["controller", "csrow", "channel", "dimm_label"]);

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "edac",
    "内存错误",
    "Errors of memory, corrected and not, by controller, row and channel.",
    &[
        &CORRECTED,
        &UNCORRECTED,
        &ROW_CORRECTED,
        &ROW_UNCORRECTED,
        &CHANNEL_CORRECTED,
        &CHANNEL_UNCORRECTED,
    ],
    |settings| {
        let path = Host::new(settings).sys("devices/system/edac/mc");
        let mut buffers = [String::new(), String::new()];
        let collect = move |out: &mut Samples| collect(&path, &mut buffers, out);
        Ok(ScheduledCollector::on_scrape(collect))
    },
)
.source("/sys/devices/system/edac/mc");

fn collect(path: &Path, buffers: &mut [String; 2], out: &mut Samples) -> Result<(), CollectError> {
    let controllers = Folder::open(path).ok_or(CollectError::NoData)?;
    controllers.names(|name| {
        let Some(controller) = numbered(name, "mc") else { return };
        let Some(folder) = controllers.folder(name) else { return };
        set(out, &CORRECTED, [controller], folder.number("ce_count"));
        set(out, &UNCORRECTED, [controller], folder.number("ue_count"));
        let unknown = [controller, "unknown"];
        set(out, &ROW_CORRECTED, unknown, folder.number("ce_noinfo_count"));
        set(out, &ROW_UNCORRECTED, unknown, folder.number("ue_noinfo_count"));
        folder.names(|name| {
            let Some(row) = numbered(name, "csrow") else { return };
            if let Some(folder) = folder.folder(name) {
                collect_row(&folder, [controller, row], buffers, out);
            }
        });
    });
    Ok(())
}

fn collect_row(
    folder: &Folder,
    [controller, row]: [&str; 2],
    [file, label]: &mut [String; 2],
    out: &mut Samples,
) {
    set(out, &ROW_CORRECTED, [controller, row], folder.number("ce_count"));
    set(out, &ROW_UNCORRECTED, [controller, row], folder.number("ue_count"));
    folder.names(|name| {
        let Some(channel) = name.strip_suffix("_ce_count") else { return };
        let Some(channel) = numbered(channel, "ch") else { return };
        let mut read = |end: &str| {
            file.clear();
            let _ = write!(file, "ch{channel}_{end}");
            folder.text(file)
        };
        let text = read("dimm_label");
        dimm_label(text.as_ref().and_then(|text| text.trimmed()).unwrap_or_default(), label);
        let labels = [controller, row, channel, label];
        set(out, &CHANNEL_CORRECTED, labels, folder.number(name));
        let uncorrected = read("ue_count");
        let uncorrected = uncorrected.as_ref().and_then(|text| number(text.trimmed()?));
        set(out, &CHANNEL_UNCORRECTED, labels, uncorrected);
    });
}

fn set<const N: usize>(
    out: &mut Samples,
    metric: &Counter<N>,
    labels: [&str; N],
    count: Option<f64>,
) {
    if let Some(count) = count.filter(|count| *count >= 0.0) {
        out.set(metric, labels, count);
    }
}

/// What follows `before` in a name, if it is digits alone.
fn numbered<'a>(name: &'a str, before: &str) -> Option<&'a str> {
    let number = name.strip_prefix(before)?;
    (!number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())).then_some(number)
}

/// The name of a module, as others write it: the kernel's own, `mc#0csrow#2channel#1`, without `#`
/// and with `_` between its parts.
fn dimm_label(text: &str, label: &mut String) {
    label.clear();
    for part in text.split('#') {
        let before = label.len();
        label.push_str(part);
        for word in ["csrow", "channel"] {
            if let Some(at) = label[before..].find(word) {
                label.insert(before + at, '_');
            }
        }
    }
    if label.is_empty() {
        label.push_str("unknown");
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn errors_are_counted_by_controller_row_and_channel() {
        let root = tempfile::tempdir().unwrap();
        let row = root.path().join("mc0/csrow2");
        fs::create_dir_all(&row).unwrap();
        fs::create_dir(root.path().join("mc0/dimm0")).unwrap();
        fs::create_dir(root.path().join("power")).unwrap();
        let write = |path: &str, text: &str| fs::write(root.path().join(path), text).unwrap();
        write("mc0/ce_count", "7\n");
        write("mc0/ue_count", "damaged\n");
        write("mc0/ce_noinfo_count", "1\n");
        write("mc0/csrow2/ce_count", "6\n");
        write("mc0/csrow2/ch1_ce_count", "4\n");
        write("mc0/csrow2/ch1_dimm_label", "mc#0csrow#2channel#1\n");
        write("mc0/csrow2/ch10_ce_count", "2\n");
        write("mc0/csrow2/ch10_ue_count", "3\n");
        let mut out = Samples::default();
        collect(root.path(), &mut Default::default(), &mut out).unwrap();
        assert_eq!(out.value(&CORRECTED, ["0"]), Some(7.0));
        assert_eq!(out.value(&ROW_CORRECTED, ["0", "unknown"]), Some(1.0));
        assert_eq!(out.value(&ROW_CORRECTED, ["0", "2"]), Some(6.0));
        let labels = ["0", "2", "1", "mc0_csrow2_channel1"];
        assert_eq!(out.value(&CHANNEL_CORRECTED, labels), Some(4.0));
        let labels = ["0", "2", "10", "unknown"];
        assert_eq!(out.value(&CHANNEL_CORRECTED, labels), Some(2.0));
        assert_eq!(out.value(&CHANNEL_UNCORRECTED, labels), Some(3.0));
        assert_eq!(out.len(), 6);
    }

    #[test]
    fn names_of_modules_are_those_of_dashboards() {
        let cases = [
            ("", "unknown"),
            ("CPU_SrcID#0_MC#1_Chan#0_DIMM#0", "CPU_SrcID0_MC1_Chan0_DIMM0"),
            ("CPU#1_csrow0_channel2", "CPU1__csrow0__channel2"),
            ("DIMM_A1", "DIMM_A1"),
        ];
        for (text, expected) in cases {
            let mut label = String::from("old");
            dimm_label(text, &mut label);
            assert_eq!(label, expected);
        }
    }
}
