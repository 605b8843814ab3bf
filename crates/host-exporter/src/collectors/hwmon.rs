//! Temperatures, fans, voltages, currents and power as the hardware's drivers report them:
//! `/sys/class/hwmon`.

mod chips;
mod sensors;

use std::hash::{BuildHasher, RandomState};
use std::path::PathBuf;

use exporter_kit::{
    CollectError, Collector, CollectorDef, Filter, Flag, Gauge, Pattern, Samples,
    ScheduledCollector,
};

use self::chips::Chip;
use super::node::gauge;
use crate::files::Folder;
use crate::host::Host;
use crate::text::number;

const CHIP_NAMES: Gauge<2> = gauge(
    "node_hwmon_chip_names",
    "传感器芯片名称",
    "Constant 1, with the name that the driver gives to the chip.",
)
.labels(["chip", "chip_name"]);

const SENSOR_LABEL: Gauge<3> = gauge(
    "node_hwmon_sensor_label",
    "传感器标签",
    "Constant 1, with what the driver says that the sensor measures.",
)
.labels(["chip", "sensor", "label"]);

const CHIP_INCLUDE: Flag<Pattern> =
    Flag::pattern("collector.hwmon.chip-include", "", "Chips to expose.");
const CHIP_EXCLUDE: Flag<Pattern> =
    Flag::pattern("collector.hwmon.chip-exclude", "", "Chips to leave out.");
const SENSOR_INCLUDE: Flag<Pattern> =
    Flag::pattern("collector.hwmon.sensor-include", "", "Sensors to expose, as chip;sensor.");
const SENSOR_EXCLUDE: Flag<Pattern> =
    Flag::pattern("collector.hwmon.sensor-exclude", "", "Sensors to leave out, as chip;sensor.");

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "hwmon",
    "硬件传感器",
    "Temperatures, fans, voltages and power of the hardware's sensors.",
    &[&CHIP_NAMES, &SENSOR_LABEL],
    |settings| {
        let hwmon = Hwmon {
            path: Host::new(settings).sys("class/hwmon"),
            chips_wanted: settings.filter(&CHIP_INCLUDE, &CHIP_EXCLUDE),
            sensors_wanted: settings.filter(&SENSOR_INCLUDE, &SENSOR_EXCLUDE),
            hasher: RandomState::new(),
            shape: None,
            chips: Vec::new(),
        };
        Ok(ScheduledCollector::on_scrape(hwmon))
    },
)
.and(sensors::METRICS)
.patterns(sensors::PATTERNS)
.flags(&[&CHIP_INCLUDE, &CHIP_EXCLUDE, &SENSOR_INCLUDE, &SENSOR_EXCLUDE])
.source("/sys/class/hwmon");

struct Hwmon {
    path: PathBuf,
    chips_wanted: Filter,
    sensors_wanted: Filter,
    hasher: RandomState,
    /// Of the folders for which `chips` was made.
    shape: Option<u64>,
    chips: Vec<Chip>,
}

impl Collector for Hwmon {
    fn collect(&mut self, out: &mut Samples) -> Result<(), CollectError> {
        let class = Folder::open(&self.path).ok_or(CollectError::NoData)?;
        let shape = Some(shape(&class, &self.hasher));
        // What is a sensor, and of what, changes only with the folders: chips come and go, and some
        // drivers add files when a CPU comes online.
        if self.shape != shape {
            self.chips = chips::find(&self.path, &self.chips_wanted, &self.sensors_wanted);
            let is_whole = !self.chips.iter().any(|chip| chip.lacks_label);
            self.shape = shape.filter(|_| is_whole);
        }
        for chip in &mut self.chips {
            read(&class, chip, out);
        }
        Ok(())
    }
}

/// A number for what is in the folders of all chips, whatever the order.
fn shape(class: &Folder, hasher: &RandomState) -> u64 {
    let mut shape = 0_u64;
    class.names(|chip| {
        let link = class.link(chip);
        let link = link.as_ref().map(|link| link.bytes());
        shape = shape.wrapping_add(hasher.hash_one((chip, link)));
        let Some(folder) = class.folder(chip) else { return };
        for (at, folder) in [folder.folder("device"), Some(folder)].into_iter().enumerate() {
            if let Some(folder) = folder {
                folder.names(|file| {
                    shape = shape.wrapping_add(hasher.hash_one((chip, at, file)));
                });
            }
        }
    });
    shape
}

fn read(class: &Folder, chip: &mut Chip, out: &mut Samples) {
    let Some(folder) = class.folder(&chip.folder) else { return };
    let device = if chip.has_device { folder.folder("device") } else { None };
    let Chip { label, name, sensors, .. } = chip;
    if let Some(name) = name {
        out.set(&CHIP_NAMES, [label, name], 1.0);
    }
    for sensor in sensors {
        if let Some(text) = &sensor.label {
            out.set(&SENSOR_LABEL, [label, &sensor.name, text], 1.0);
        }
        for input in &sensor.inputs {
            let folder = if input.in_device { device.as_ref() } else { Some(&folder) };
            let text = folder.and_then(|folder| folder.text(&input.file));
            if let Some(value) = text.as_ref().and_then(|text| number(text.trimmed()?)) {
                let name = sensor.shown_as.as_ref().unwrap_or(&sensor.name);
                input.reading.set([label, name], value, out);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::path::Path;

    use super::*;

    fn write(folder: &Path, files: &[(&str, &str)]) {
        fs::create_dir_all(folder).unwrap();
        for (name, text) in files {
            fs::write(folder.join(name), text).unwrap();
        }
    }

    fn hwmon(path: PathBuf, sensors_wanted: Filter) -> Hwmon {
        let chips_wanted = Filter::default();
        let hasher = RandomState::new();
        Hwmon { path, chips_wanted, sensors_wanted, hasher, shape: None, chips: Vec::new() }
    }

    fn samples(hwmon: &mut Hwmon) -> Vec<String> {
        let mut out = Samples::default();
        hwmon.collect(&mut out).unwrap();
        let page = out.page();
        page.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
    }

    #[test]
    fn sensors_are_followed_as_their_files_come_and_go() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("class/hwmon");
        let device = root.path().join("devices/platform/coretemp.0");
        let chip = path.join("hwmon0");
        write(&device, &[("temp1_input", "48000\n"), ("temp1_label", "Core 0\n")]);
        write(&chip, &[("name", "coretemp\n"), ("fan1_input", "x\n"), ("in0_input", "1096\n")]);
        symlink(&device, chip.join("device")).unwrap();
        let mut hwmon = hwmon(path, Filter::default());
        let mut expected = vec![
            "node_hwmon_chip_names{chip=\"platform_coretemp_0\",chip_name=\"coretemp\"} 1",
            "node_hwmon_in_volts{chip=\"platform_coretemp_0\",sensor=\"in0\"} 1.096",
            "node_hwmon_sensor_label{chip=\"platform_coretemp_0\",sensor=\"temp1\",label=\"Core 0\"} 1",
            "node_hwmon_temp_celsius{chip=\"platform_coretemp_0\",sensor=\"temp1\"} 48",
        ];
        let mut seen = samples(&mut hwmon);
        seen.sort();
        assert_eq!(seen, expected);
        // The number is read at each scrape, and a new file is found.
        write(&device, &[("temp1_input", "48500\n"), ("temp2_input", "-1000\n")]);
        fs::remove_file(chip.join("in0_input")).unwrap();
        expected[3] = "node_hwmon_temp_celsius{chip=\"platform_coretemp_0\",sensor=\"temp1\"} 48.5";
        expected.push("node_hwmon_temp_celsius{chip=\"platform_coretemp_0\",sensor=\"temp2\"} -1");
        expected.remove(1);
        let mut seen = samples(&mut hwmon);
        seen.sort();
        assert_eq!(seen, expected);
    }

    #[test]
    fn a_sensor_is_left_out_by_chip_and_name() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("hwmon");
        write(&path.join("hwmon3"), &[("temp1_input", "1000\n"), ("temp2_input", "2000\n")]);
        let exclude = Pattern::new("^hwmon3;temp2$").unwrap();
        let mut hwmon = hwmon(path, Filter::new(None, Some(exclude)));
        let expected = ["node_hwmon_temp_celsius{chip=\"hwmon3\",sensor=\"temp1\"} 1"];
        assert_eq!(samples(&mut hwmon), expected);
    }

    #[test]
    fn a_machine_without_sensors_has_no_data() {
        let mut hwmon = hwmon(PathBuf::from("/nowhere"), Filter::default());
        let result = hwmon.collect(&mut Samples::default());
        assert!(matches!(result, Err(CollectError::NoData)));
    }
}
