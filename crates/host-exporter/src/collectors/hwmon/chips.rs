//! Finds the chips, names them in a way that lasts, and lists what they measure.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use exporter_kit::Filter;

use super::sensors::{Reading, SensorFile};
use crate::files::Folder;

/// A chip, in its folder `hwmonN`, whose number may be another after the next start.
pub(super) struct Chip {
    pub(super) folder: String,
    /// No other chip has this one.
    pub(super) label: String,
    /// What the driver calls it.
    pub(super) name: Option<String>,
    /// Files of older drivers are in the folder of the device.
    pub(super) has_device: bool,
    /// Whether a label could not be read, which another reading may mend.
    pub(super) lacks_label: bool,
    pub(super) sensors: Vec<Sensor>,
}

/// One sensor of a chip, such as `temp1`.
pub(super) struct Sensor {
    pub(super) name: String,
    pub(super) label: Option<String>,
    /// Whether there is a file of the label.
    has_label: bool,
    /// The name that its samples have instead.
    pub(super) shown_as: Option<String>,
    pub(super) inputs: Vec<Input>,
}

/// A file that is one sample.
pub(super) struct Input {
    pub(super) file: String,
    pub(super) in_device: bool,
    pub(super) reading: Reading,
}

/// The wanted chips in the class's folder.
pub(super) fn find(class: &Path, chips_wanted: &Filter, sensors_wanted: &Filter) -> Vec<Chip> {
    let Some(folder) = Folder::open(class) else { return Vec::new() };
    let mut chips = Vec::new();
    folder.names(|chip| {
        if folder.folder(chip).is_some() {
            chips.push(named(class, chip));
        }
    });
    chips.sort_by(|a, b| a.folder.cmp(&b.folder));
    disambiguate(&mut chips);
    chips.retain(|chip| chips_wanted.wants(&chip.label));
    for chip in &mut chips {
        chip.sensors = sensors(&class.join(&chip.folder), &chip.label, sensors_wanted);
        chip.lacks_label = chip.sensors.iter().any(|s| s.label.is_none() && s.has_label);
        chip.has_device = chip.sensors.iter().flat_map(|s| &s.inputs).any(|i| i.in_device);
    }
    chips
}

/// A chip with the name of its device, which does not change as long as the hardware does not;
/// that of its driver, and at last the number of its folder have to do where there is no device.
fn named(class: &Path, folder: &str) -> Chip {
    let path = class.join(folder);
    let name = fs::read(path.join("name")).unwrap_or_default();
    let name = Some(clean(&String::from_utf8_lossy(&name))).filter(|name| !name.is_empty());
    let device = fs::canonicalize(path.join("device")).ok();
    let part = |path: Option<&Path>| {
        let part = path.and_then(Path::file_name).unwrap_or_default();
        clean(&part.to_string_lossy())
    };
    let by_device = device.as_deref().map(|device| (part(device.parent()), part(Some(device))));
    let label = match by_device {
        Some((bus, device)) if !bus.is_empty() && !device.is_empty() => format!("{bus}_{device}"),
        Some((_, device)) if !device.is_empty() => device,
        _ => name.clone().unwrap_or_else(|| clean(folder)),
    };
    Chip {
        folder: folder.to_owned(),
        label,
        name,
        has_device: false,
        lacks_label: false,
        sensors: Vec::new(),
    }
}

/// Gives chips of one device labels of their own: by the driver's name, or else the folder.
fn disambiguate(chips: &mut [Chip]) {
    let before: Vec<_> = chips.iter().map(|c| (c.label.clone(), c.name.clone())).collect();
    for chip in chips.iter_mut() {
        if before.iter().filter(|(label, _)| *label == chip.label).count() < 2 {
            continue;
        }
        let same = |(label, name): &&(_, _)| (label, name) == (&chip.label, &chip.name);
        let is_alone = before.iter().filter(same).count() == 1;
        let end = chip.name.as_ref().filter(|_| is_alone).unwrap_or(&chip.folder);
        chip.label = format!("{}_{end}", chip.label);
    }
}

fn sensors(chip: &Path, label: &str, wanted: &Filter) -> Vec<Sensor> {
    // By sensor and attribute, so that of two files of one meaning the device's stays.
    let mut found: BTreeMap<String, BTreeMap<String, (String, bool)>> = BTreeMap::new();
    for (path, in_device) in [(chip.to_owned(), false), (chip.join("device"), true)] {
        let Some(folder) = Folder::open(&path) else { continue };
        folder.names(|file| {
            let Some(SensorFile { sensor, attribute, .. }) = SensorFile::of(file) else { return };
            let attributes = found.entry(sensor).or_default();
            attributes.insert(attribute.to_owned(), (file.to_owned(), in_device));
        });
    }
    found.retain(|sensor, _| wanted.wants(&format!("{label};{sensor}")));
    let sensors = found.into_iter().map(|(name, attributes)| {
        let text = attributes.get("label").and_then(|(file, in_device)| {
            let folder = if *in_device { chip.join("device") } else { chip.to_owned() };
            let text = fs::read(folder.join(file)).ok()?;
            Some(String::from_utf8_lossy(&text).trim_matches('\n').to_owned())
        });
        let kind = name.trim_end_matches(|digit: char| digit.is_ascii_digit());
        let is_clock = kind == "freq";
        let has_label = attributes.contains_key("label");
        let both = attributes.contains_key("");
        let mut inputs = Vec::new();
        for (attribute, (file, in_device)) in attributes {
            // A clock that does not say of what is not shown.
            if attribute == "label" || is_clock && (attribute != "input" || text.is_none()) {
                continue;
            }
            let reading = Reading::of(kind, &attribute, both);
            inputs.push(Input { file, in_device, reading });
        }
        let shown_as = text.as_deref().filter(|_| is_clock).map(clean);
        Sensor { name, label: text, has_label, shown_as, inputs }
    });
    sensors.collect()
}

/// What names and labels are made of: small letters, digits, `:` and `_`, without `_` around.
pub(super) fn clean(text: &str) -> String {
    let replace = |c: char| match c.to_ascii_lowercase() {
        c @ ('a'..='z' | '0'..='9' | ':' | '_') => c,
        _ => '_',
    };
    let text: String = text.chars().map(replace).collect();
    text.trim_matches('_').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chip(folder: &str, label: &str, name: Option<&str>) -> Chip {
        let (folder, label, name) = (folder.into(), label.into(), name.map(str::to_owned));
        Chip { folder, label, name, has_device: false, lacks_label: false, sensors: Vec::new() }
    }

    #[test]
    fn chips_of_one_device_have_labels_of_their_own() {
        let mut chips = [
            chip("hwmon0", "platform_a", Some("fan")),
            chip("hwmon1", "platform_a", Some("wmi")),
            chip("hwmon2", "platform_b", Some("wmi")),
            chip("hwmon3", "phy0", Some("x")),
            chip("hwmon4", "phy0", Some("x")),
            chip("hwmon5", "phy0", None),
        ];
        disambiguate(&mut chips);
        let labels = chips.map(|chip| chip.label);
        let expected = [
            "platform_a_fan",
            "platform_a_wmi",
            "platform_b",
            "phy0_hwmon3",
            "phy0_hwmon4",
            "phy0_hwmon5",
        ];
        assert_eq!(labels, expected);
    }

    #[test]
    fn names_have_letters_that_labels_can_have() {
        let cases =
            [("0000:00:1f.3\n", "0000:00:1f_3"), ("BAT0", "bat0"), ("_é_", ""), ("a b", "a_b")];
        for (text, expected) in cases {
            assert_eq!(clean(text), expected, "{text}");
        }
    }
}
