//! `host_exporter`: host metrics for Prometheus and BlueKing, one self-contained binary.

#[cfg(target_os = "linux")]
mod addresses;
mod collectors;
#[cfg(target_os = "linux")]
mod dbus;
#[cfg(target_os = "linux")]
mod files;
mod host;
#[cfg(target_os = "linux")]
mod mounts;
#[cfg_attr(
    not(any(windows, test)),
    allow(dead_code, reason = "other systems only describe the Windows collectors")
)]
mod names;
#[cfg(target_os = "linux")]
mod netlink;
#[cfg(target_os = "linux")]
mod probe;
#[cfg_attr(
    not(any(target_os = "linux", windows, test)),
    allow(dead_code, reason = "other systems have a few collectors only")
)]
mod query_thread;
#[cfg(target_os = "linux")]
mod shared_file;
#[cfg(target_os = "linux")]
mod text;
#[cfg(target_os = "linux")]
mod wanted;
#[cfg_attr(
    not(any(windows, test)),
    allow(dead_code, reason = "other systems only describe the Windows collectors")
)]
mod windows;

use std::process::ExitCode;

use exporter_kit::{Exporter, System};

fn main() -> ExitCode {
    let exporter = Exporter::new("host_exporter", ":9601")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Host metrics for Prometheus and BlueKing.")
        .self_metrics_prefix("node")
        .collector_status_also_as("windows_exporter_collector", &names::WINDOWS, &[System::Windows])
        .flags(host::FLAGS)
        .labels(collectors::LABELS)
        .collectors(collectors::ALL)
        .collectors_elsewhere(collectors::NAMES);
    #[cfg(windows)]
    let exporter = exporter.collectors(collectors::windows::ALL);
    #[cfg(not(windows))]
    let exporter = exporter.collectors_of_other_systems(collectors::windows::ALL);
    exporter.run()
}
