//! What processors there are.

#[cfg(windows)]
use exporter_kit::{CollectError, Samples, ScheduledCollector, SettingError, Settings};
use exporter_kit::{CollectorDef, Gauge};

#[cfg(not(windows))]
use super::definitions::build;
use super::definitions::gauge;
#[cfg(windows)]
use crate::names::Names;
use crate::names::Page;
use crate::windows::topology::Package;

const INFO: Gauge<5> = gauge(
    "windows_cpu_info",
    "处理器信息",
    "Constant 1, with the model of the processor as labels; family is empty.",
)
.labels(["architecture", "device_id", "description", "family", "name"]);
const CORES: Gauge<1> =
    gauge("windows_cpu_info_core", "处理器核数", "Cores of the processor.").labels(["device_id"]);
const ENABLED: Gauge<1> = gauge(
    "windows_cpu_info_enabled_core",
    "处理器可用核数",
    "Cores of the processor that are enabled.",
)
.labels(["device_id"]);
const LOGICAL: Gauge<1> = gauge(
    "windows_cpu_info_logical_processor",
    "处理器逻辑核数",
    "Logical processors of the processor.",
)
.labels(["device_id"]);
const THREADS: Gauge<1> =
    gauge("windows_cpu_info_thread", "处理器线程数", "Hardware threads of the processor.")
        .labels(["device_id"]);
const L2: Gauge<1> = gauge(
    "windows_cpu_info_l2_cache_size",
    "二级缓存",
    "Size in KiB of all second-level caches of the processor.",
)
.labels(["device_id"]);
const L3: Gauge<1> = gauge(
    "windows_cpu_info_l3_cache_size",
    "三级缓存",
    "Size in KiB of all third-level caches of the processor.",
)
.labels(["device_id"]);

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "cpu_info",
    "处理器型号",
    "Model, cores and caches of each processor.",
    &[&INFO, &CORES, &ENABLED, &LOGICAL, &THREADS, &L2, &L3],
    build,
)
.source("GetLogicalProcessorInformationEx, registry");

/// The model, which all processors share.
#[derive(Clone, Debug, Default)]
struct Model {
    /// The number of the architecture.
    architecture: &'static str,
    description: String,
    name: String,
}

#[cfg(windows)]
fn build(settings: &Settings) -> Result<ScheduledCollector, SettingError> {
    use crate::windows::{topology, version};
    let names = Names::new(settings);
    let [description, name] = version::processor();
    // As WMI numbers them.
    let architecture = match version::machine() {
        "AMD64" => "9",
        "ARM64" => "12",
        _ => "",
    };
    let model = Model { architecture, description, name };
    let collect = move |out: &mut Samples| {
        // Processors can be added to a virtual machine that runs.
        to_samples(&topology::read()?.packages, &model, &mut names.of(out));
        Ok::<(), CollectError>(())
    };
    Ok(ScheduledCollector::on_scrape(collect))
}

fn to_samples(packages: &[Package], model: &Model, out: &mut Page<'_>) {
    for (number, package) in packages.iter().enumerate() {
        let id = &*format!("CPU{number}");
        let Model { architecture, description, name } = model;
        out.set(&INFO, [architecture, id, description, "", name], 1.0);
        for (metrics, count) in
            [([&CORES, &ENABLED], package.cores), ([&LOGICAL, &THREADS], package.threads)]
        {
            metrics.iter().for_each(|metric| out.set(metric, [id], count));
        }
        for (metric, bytes) in [&L2, &L3].into_iter().zip(package.caches) {
            // A virtual machine may not tell.
            out.set_some(metric, [id], (bytes > 0).then_some(bytes as f64 / 1024.0));
        }
    }
}

#[cfg(test)]
mod tests {
    use exporter_kit::Samples;

    use super::*;
    use crate::names::Names;

    #[test]
    fn each_package_is_a_device() {
        let package = Package { cores: 2, threads: 4, caches: [524_288, 0] };
        let model = Model { name: "Some CPU".to_owned(), ..Model::default() };
        let mut out = Samples::default();
        to_samples(&[package.clone(), package], &model, &mut Names::ALL.of(&mut out));
        assert_eq!(out.check(&DEF), Ok(()));
        assert_eq!(out.value(&INFO, ["", "CPU1", "", "", "Some CPU"]), Some(1.0));
        assert_eq!(out.value(&ENABLED, ["CPU1"]), Some(2.0));
        assert_eq!(out.value(&LOGICAL, ["CPU0"]), Some(4.0));
        assert_eq!((out.value(&L2, ["CPU0"]), out.value(&L3, ["CPU0"])), (Some(512.0), None));
    }
}
