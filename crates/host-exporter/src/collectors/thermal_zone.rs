//! Temperatures of the zones that the kernel cools, and how far it does: `/sys/class/thermal`.

use std::path::Path;

use exporter_kit::{CollectError, CollectorDef, Gauge, Samples, ScheduledCollector, Unit};

use super::node::gauge;
use crate::files::Folder;
use crate::host::Host;

const TEMPERATURE: Gauge<2> =
    gauge("node_thermal_zone_temp", "热区温度", "Temperature of the zone in degrees Celsius.")
        .unit(Unit::Celsius)
        .labels(["zone", "type"]);

const COOLING: Gauge<2> = gauge(
    "node_cooling_device_cur_state",
    "散热设备当前级别",
    "How strongly the device cools at present, from 0 to its highest state.",
)
.labels(["name", "type"]);

const COOLING_MAX: Gauge<2> = gauge(
    "node_cooling_device_max_state",
    "散热设备最高级别",
    "The state in which the device cools most.",
)
.labels(["name", "type"]);

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "thermal_zone",
    "热区",
    "Temperatures of thermal zones, and states of cooling devices.",
    &[&TEMPERATURE, &COOLING, &COOLING_MAX],
    |settings| {
        let path = Host::new(settings).sys("class/thermal");
        Ok(ScheduledCollector::on_scrape(move |out: &mut Samples| collect(&path, out)))
    },
)
.source("/sys/class/thermal");

fn collect(path: &Path, out: &mut Samples) -> Result<(), CollectError> {
    let class = Folder::open(path).ok_or(CollectError::NoData)?;
    class.names(|name| {
        let zone = name.strip_prefix("thermal_zone");
        let cooling = name.strip_prefix("cooling_device");
        let Some(index) = zone.or(cooling) else { return };
        let Some(folder) = class.folder(name) else { return };
        let kind = folder.text("type");
        let Some(kind) = kind.as_ref().and_then(|kind| kind.trimmed()) else { return };
        // Drivers refuse to be read while their device is off.
        let mut set = |metric: &Gauge<2>, file: &str, divisor: f64| {
            if let Some(number) = folder.number(file) {
                out.set(metric, [index, kind], number / divisor);
            }
        };
        if zone.is_some() {
            set(&TEMPERATURE, "temp", 1000.0);
        } else {
            set(&COOLING, "cur_state", 1.0);
            set(&COOLING_MAX, "max_state", 1.0);
        }
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_zone_that_cannot_be_read_costs_no_other() {
        let root = tempfile::tempdir().unwrap();
        let write = |folder: &str, files: &[(&str, &str)]| {
            fs::create_dir(root.path().join(folder)).unwrap();
            for (name, text) in files {
                fs::write(root.path().join(folder).join(name), text).unwrap();
            }
        };
        write("thermal_zone0", &[("type", "acpitz\n"), ("temp", "-48250\n")]);
        write("thermal_zone1", &[("type", "off\n"), ("temp", "")]);
        write("thermal_zone2", &[("temp", "1\n")]);
        write("cooling_device7", &[("type", "Fan\n"), ("cur_state", "-1\n"), ("max_state", "x")]);
        write("other", &[("type", "a\n"), ("temp", "1\n")]);
        let mut out = Samples::default();
        collect(root.path(), &mut out).unwrap();
        assert_eq!(out.value(&TEMPERATURE, ["0", "acpitz"]), Some(-48.25));
        assert_eq!(out.value(&COOLING, ["7", "Fan"]), Some(-1.0));
        assert_eq!(out.len(), 2);
        let nowhere = collect(&root.path().join("gone"), &mut out);
        assert!(matches!(nowhere, Err(CollectError::NoData)));
    }
}
