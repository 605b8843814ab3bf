//! What sysfs says of one device.

use exporter_kit::{Counter, Gauge, Samples};

use super::{COUNTERS, FLAGS, GAUGES, INFO, SPEED, UP};
use crate::files::Folder;
use crate::text::number;

/// The lowest bit of the flags: the device has been switched on.
const ADMIN_UP: u32 = 1;
const BYTES_IN_MEGABIT: f64 = 125_000.0;

/// The attributes of a device, as they were when they were read.
#[derive(Debug)]
pub(super) struct Device {
    pub(super) address: Box<str>,
    broadcast: Box<str>,
    duplex: Box<str>,
    operstate: Box<str>,
    alias: Box<str>,
    flags: Option<f64>,
    gauges: [Option<f64>; GAUGES.len()],
    counters: [Option<f64>; COUNTERS.len()],
    /// In megabits.
    speed: Option<f64>,
}

impl Device {
    pub(super) fn read(folder: &Folder) -> Self {
        // A device without a link has no duplex mode, and some have no address.
        let text = |file: &str| -> Box<str> {
            let text = folder.text(file);
            text.as_ref().and_then(|text| text.trimmed()).unwrap_or_default().into()
        };
        let value = |file: &str| folder.text(file).and_then(|text| whole(text.trimmed()?));
        Self {
            address: text("address"),
            broadcast: text("broadcast"),
            duplex: text("duplex"),
            operstate: text("operstate"),
            alias: text("ifalias"),
            flags: value("flags"),
            gauges: GAUGES.map(|(file, _)| value(file)),
            counters: COUNTERS.map(|(file, _)| value(file).filter(|value| *value >= 0.0)),
            speed: value("speed"),
        }
    }

    /// The number by which the kernel knows the device.
    pub(super) fn number(&self) -> Option<u32> {
        let at = GAUGES.iter().position(|(file, _)| *file == "ifindex")?;
        self.gauges[at].map(|number| number as u32)
    }

    #[cfg(test)]
    pub(super) fn alias(&self) -> &str {
        &self.alias
    }

    pub(super) fn to_samples(&self, name: &str, ignore_invalid_speed: bool, out: &mut Samples) {
        let Self { address, broadcast, duplex, operstate, alias, flags, .. } = self;
        let admin = match flags {
            None => "unknown",
            Some(flags) if *flags as u32 & ADMIN_UP != 0 => "up",
            Some(_) => "down",
        };
        if !operstate.is_empty() {
            out.set(&UP, [name], f64::from(u8::from(&**operstate == "up")));
        }
        out.set(&INFO, [name, address, broadcast, duplex, operstate, admin, alias], 1.0);
        let mut set = |metric: &Gauge<1>, value: Option<f64>| {
            if let Some(value) = value {
                out.set(metric, [name], value);
            }
        };
        set(&FLAGS, *flags);
        let speed = self.speed.filter(|speed| *speed >= 0.0 || !ignore_invalid_speed);
        set(&SPEED, speed.map(|speed| speed * BYTES_IN_MEGABIT));
        for ((_, metric), value) in GAUGES.iter().zip(self.gauges) {
            set(metric, value);
        }
        let counters = COUNTERS.iter().zip(self.counters);
        for ((_, metric), value) in counters.filter_map(|(it, value)| Some((it, value?))) {
            let metric: &Counter<1> = metric;
            out.set(metric, [name], value);
        }
    }
}

/// A whole number, in hexadecimal where it begins so.
fn whole(text: &str) -> Option<f64> {
    match text.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).ok().map(f64::from),
        None => number(text),
    }
}
