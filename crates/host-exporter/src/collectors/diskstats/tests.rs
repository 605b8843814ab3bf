use std::fs;
use std::path::Path;

use exporter_kit::Filter;

use super::*;

fn devices(folder: &Path) -> Devices {
    let exclude = Pattern::new(r"^(loop|(h|s|v|xv)d[a-z])\d+$").unwrap();
    Devices::new(Host::at(folder), Filter::new(None, Some(exclude)))
}

fn page(stats: &str, devices: &mut Devices) -> Vec<String> {
    let mut out = Samples::default();
    to_samples(stats.as_bytes(), devices, &mut out).unwrap();
    assert_eq!(out.check(&DEF), Ok(()));
    let page = out.page();
    let lines = page.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.replace("node_disk_", "")).collect()
}

#[test]
fn every_kernel_has_its_columns() {
    let nowhere = Path::new("/nowhere");
    let page_of = |line: &str| page(&format!("   8       0 sda {line}\n"), &mut devices(nowhere));
    let eleven = page_of("1 2 3 4 5 6 7 8 9 10 11");
    for line in [
        r#"reads_completed_total{device="sda"} 1"#,
        r#"reads_merged_total{device="sda"} 2"#,
        r#"read_bytes_total{device="sda"} 1536"#,
        r#"read_time_seconds_total{device="sda"} 0.004"#,
        r#"writes_completed_total{device="sda"} 5"#,
        r#"writes_merged_total{device="sda"} 6"#,
        r#"written_bytes_total{device="sda"} 3584"#,
        r#"write_time_seconds_total{device="sda"} 0.008"#,
        r#"io_now{device="sda"} 9"#,
        r#"io_time_seconds_total{device="sda"} 0.01"#,
        r#"io_time_weighted_seconds_total{device="sda"} 0.011"#,
    ] {
        assert!(eleven.iter().any(|known| known == line), "{line}: {eleven:?}");
    }
    // One more is the line of node_disk_info.
    assert_eq!(eleven.len(), 12);
    let all = page_of("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18");
    for line in [
        r#"discards_completed_total{device="sda"} 12"#,
        r#"discards_merged_total{device="sda"} 13"#,
        r#"discarded_sectors_total{device="sda"} 14"#,
        r#"discard_time_seconds_total{device="sda"} 0.015"#,
        r#"flush_requests_total{device="sda"} 16"#,
        r#"flush_requests_time_seconds_total{device="sda"} 0.017"#,
    ] {
        assert!(all.iter().any(|known| known == line), "{line}: {all:?}");
    }
    assert_eq!((all.len(), page_of("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15").len()), (18, 16));
    let old = page_of("1 2 3 4");
    assert!(old.contains(&r#"written_bytes_total{device="sda"} 2048"#.to_owned()), "{old:?}");
}

#[test]
fn a_device_is_described_by_udev_as_it_is_now() {
    let folder = tempfile::tempdir().unwrap();
    let at = |path: &str| folder.path().join(path);
    fs::create_dir_all(at("sys/block/cciss!c0d0/queue")).unwrap();
    fs::create_dir(at("udev")).unwrap();
    fs::write(at("sys/block/cciss!c0d0/queue/rotational"), "1\n").unwrap();
    let mut devices = devices(folder.path());
    let stats = "104 0 cciss/c0d0 1\n8 1 sda1 1\n";
    let info = |model: &str| {
        format!(
            "info{{device=\"cciss/c0d0\",major=\"104\",minor=\"0\",path=\"\",wwn=\"\",\
             model=\"{model}\",serial=\"\",revision=\"\",rotational=\"1\"}} 1"
        )
    };
    let expected =
        |model: &str| [info(model), r#"reads_completed_total{device="cciss/c0d0"} 1"#.to_owned()];
    assert_eq!(page(stats, &mut devices), expected(""));
    fs::write(at("udev/b104:0"), "E:ID_MODEL=one\n").unwrap();
    assert_eq!(page(stats, &mut devices), expected("one"));
    fs::write(at("udev/new"), "E:ID_MODEL=two\n").unwrap();
    fs::rename(at("udev/new"), at("udev/b104:0")).unwrap();
    assert_eq!(page(stats, &mut devices), expected("two"));
}

#[test]
fn devices_may_come_and_go() {
    let mut devices = devices(Path::new("/nowhere"));
    for names in [&["a", "b", "c"][..], &["b", "c"], &["d", "b", "a", "c"], &["c"], &["b", "c"]] {
        let stats: String = names.iter().map(|name| format!("8 0 {name} 1\n")).collect();
        let page = page(&stats, &mut devices);
        assert_eq!(page.len(), 2 * names.len(), "{page:?}");
    }
}

#[test]
fn damaged_lines_are_passed_over() {
    let mut devices = devices(Path::new("/nowhere"));
    let stats =
        "8 0 sda 1 x\n8 0\nx 0 sdb 1\n8 16 sdc\n8 32 sdd -1\n8 48 sde 4294967295\n8 64 sdf 1";
    let page = page(stats, &mut devices);
    assert_eq!(page.len(), 2, "{page:?}");
    assert_eq!(page[1], r#"reads_completed_total{device="sde"} 4294967295"#);
    let damaged = to_samples(b"8 0 sda x\n", &mut devices, &mut Samples::default());
    assert!(damaged.is_err());
}
