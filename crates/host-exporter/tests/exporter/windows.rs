//! What the Windows build exposes of the machine that runs the test.

mod churn;
mod drive;

use std::thread;

use crate::process::start;

/// Whether a line of the page begins with the prefix.
fn has(page: &str, prefix: &str) -> bool {
    page.lines().any(|line| line.starts_with(prefix))
}

#[test]
fn flags_choose_whose_names_are_exposed() {
    for (flag, [node, windows, retired]) in [
        ("--names.node=true", [true, true, false]),
        ("--no-names.node", [false, true, false]),
        ("--no-names.windows", [true, false, false]),
        ("--names.windows-retired", [true, true, true]),
    ] {
        let page = start(&[flag, "--collectors.enabled=cpu,memory"]).get("/metrics").body;
        assert_eq!(has(&page, "node_cpu_seconds_total{"), node, "{flag}: {page}");
        assert_eq!(has(&page, "windows_cpu_time_total{"), windows, "{flag}: {page}");
        let success = "windows_exporter_collector_success{collector=\"cpu\"} 1";
        assert_eq!(has(&page, success), windows, "{flag}: {page}");
        assert_eq!(has(&page, "windows_cs_physical_memory_bytes "), retired, "{flag}: {page}");
    }
}

#[test]
fn both_names_have_the_machines_numbers() {
    let exporter = start(&["--collector.process", "--collector.cpu_info"]);
    // A machine that is busy tells of its volumes late, and by the next scrape.
    let page = exporter.scrape_until(|page| {
        page.value("windows_logical_disk_size_bytes{volume=\"C:\"}").is_some()
    });
    let value = |series: &str| {
        page.value(series).unwrap_or_else(|| panic!("no {series} in {}", page.text()))
    };
    let processors = thread::available_parallelism().unwrap().get() as f64;
    assert_eq!(value("windows_cpu_logical_processor"), processors);
    let idle = value("windows_cpu_time_total{core=\"0,0\",mode=\"idle\"}");
    assert_eq!(value("node_cpu_seconds_total{cpu=\"0\",mode=\"idle\"}"), idle);
    let total = value("windows_memory_physical_total_bytes");
    assert_eq!(value("node_memory_MemTotal_bytes"), total);
    let free = value("windows_memory_physical_free_bytes");
    assert!(0.0 < free && free < total, "{free} of {total}");
    let size = value("windows_logical_disk_size_bytes{volume=\"C:\"}");
    let free = value("windows_logical_disk_free_bytes{volume=\"C:\"}");
    assert!(0.0 < free && free < size, "{free} of {size}");
    let own = format!("{{process=\"host_exporter\",process_id=\"{}\"}}", exporter.id());
    assert!(value(&format!("windows_process_working_set_bytes{own}")) > 0.0);
    let boot = value("windows_system_boot_time_timestamp");
    assert!(boot < value("node_time_seconds") && boot > 1.5e9, "{boot}");
}

#[test]
fn volumes_and_services_are_filtered_by_whole_names() {
    let exporter = start(&[
        "--collector.logical_disk.volume-exclude=C:|:",
        "--collector.service.include=RpcSs|pc",
        "--collectors.enabled=logical_disk,service",
    ]);
    let page = exporter.get("/metrics").body;
    assert!(!has(&page, "windows_logical_disk_size_bytes{volume=\"C:\"}"), "{page}");
    let names: Vec<_> =
        page.lines().filter(|line| line.starts_with("windows_service_info{")).collect();
    assert!(names.iter().all(|name| name.contains("name=\"RpcSs\"")), "{names:?}");
    assert_eq!(names.len(), 1, "{page}");
}
