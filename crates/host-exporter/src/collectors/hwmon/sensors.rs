//! What a file of a chip means, hwmon/sysfs-interface: which metric it is, and in which unit.

use exporter_kit::{AnyPattern, Counter, Gauge, GaugePattern, Metric, Samples, Unit, UnitRule};

use super::super::node::{NODE_EXPORTER, counter, gauge};
use super::chips::clean;

const PREFIX: &str = "node_hwmon_";

const OTHERS: GaugePattern<2> = GaugePattern::new(PREFIX, "Attribute {} of a sensor.")
    .unit_rule(UnitRule::BySuffix)
    .zh("传感器其他属性")
    .compatible_with(NODE_EXPORTER)
    .labels(["chip", "sensor"]);

pub(super) const PATTERNS: &[&dyn AnyPattern] = &[&OTHERS];

const ENERGY: Counter<2> =
    counter("node_hwmon_energy_joule_total", "累计能耗", "Energy used since the driver began.")
        .unit(Unit::Joules)
        .labels(["chip", "sensor"]);

/// Makes the constants of gauges, and the lists of them.
macro_rules! sensors {
    ($($id:ident $name:literal $unit:ident $zh:literal $help:literal;)*) => {
        $(const $id: Gauge<2> = gauge(concat!("node_hwmon_", $name), $zh, $help)
            .unit(Unit::$unit)
            .labels(["chip", "sensor"]);)*
        const GAUGES: &[&Gauge<2>] = &[$(&$id),*];
        pub(super) const METRICS: &[&[&dyn Metric]] = &[&[&ENERGY, $(&$id),*]];
    };
}

sensors! {
    BEEP "beep_enabled" None "蜂鸣器启用" "Whether the chip beeps on alarms (1) or not (0).";
    CURR "curr_amps" Amperes "电流" "Current.";
    CURR_MAX "curr_max_amps" Amperes "电流上限" "Current above which there is an alarm.";
    FAN "fan_rpm" None "风扇转速" "Speed of the fan in turns a minute.";
    FAN_ALARM "fan_alarm" None "风扇告警" "Whether the fan's speed is out of bounds (1) or not (0).";
    FAN_FAULT "fan_fault" None "风扇故障" "Whether the fan is broken or missing (1) or not (0).";
    FAN_MAX "fan_max_rpm" None "风扇最高转速" "Highest speed of the fan in turns a minute.";
    FAN_MIN "fan_min_rpm" None "风扇最低转速" "Lowest speed of the fan in turns a minute.";
    FAN_TARGET "fan_target_rpm" None "风扇目标转速" "Speed that the fan is to have in turns a minute.";
    FREQUENCY "freq_freq_mhz" None "时钟频率" "Clock of the device in MHz.";
    HUMIDITY "humidity" Ratio "湿度" "Relative humidity, from 0 to 1.";
    IN "in_volts" Volts "电压" "Voltage.";
    IN_ALARM "in_alarm" None "电压告警" "Whether the voltage is out of bounds (1) or not (0).";
    IN_MAX "in_max_volts" Volts "电压上限" "Voltage above which there is an alarm.";
    IN_MIN "in_min_volts" Volts "电压下限" "Voltage below which there is an alarm.";
    INTRUSION "intrusion_alarm" None "机箱开启告警" "Whether the chassis was opened (1) or not (0).";
    POWER "power_watt" Watts "功率" "Power at present.";
    POWER_AVERAGE "power_average_watt" Watts "平均功率" "Power on average over the meter's interval.";
    POWER_CAP "power_cap_watt" Watts "功率限额" "Power that the device may take.";
    PWM "pwm" None "风扇PWM值" "How strongly the fan is driven, from 0 to 255.";
    TEMP "temp_celsius" Celsius "温度" "Temperature.";
    TEMP_ALARM "temp_alarm" None "温度告警" "Whether the temperature is out of bounds (1) or not (0).";
    TEMP_CRIT "temp_crit_celsius" Celsius "温度临界值" "Temperature that is dangerous to the hardware.";
    TEMP_CRIT_ALARM "temp_crit_alarm_celsius" None "温度临界告警"
        "Whether the temperature is critical (1) or not (0).";
    TEMP_FAULT "temp_fault" None "温度传感器故障" "Whether the sensor is broken (1) or not (0).";
    TEMP_MAX "temp_max_celsius" Celsius "温度上限" "Temperature above which there is an alarm.";
    TEMP_MIN "temp_min_celsius" Celsius "温度下限" "Temperature below which there is an alarm.";
    UPDATE_INTERVAL "update_interval_seconds" Seconds "采样间隔" "How often the chip measures.";
    VRM "voltage_regulator_version" None "稳压模块版本" "Version of the voltage regulator's standard.";
}

/// The kinds of sensors; files that begin otherwise are not of a sensor.
const KINDS: [&str; 14] = [
    "vrm",
    "beep_enable",
    "update_interval",
    "in",
    "cpu",
    "fan",
    "pwm",
    "temp",
    "curr",
    "power",
    "energy",
    "humidity",
    "intrusion",
    "freq",
];

/// A file's name in parts: `temp1_max` is the attribute `max` of the sensor `temp1`.
#[derive(Debug, PartialEq)]
pub(super) struct SensorFile<'a> {
    pub(super) sensor: String,
    pub(super) attribute: &'a str,
}

impl<'a> SensorFile<'a> {
    pub(super) fn of(file: &'a str) -> Option<Self> {
        let digits = file.find(|c: char| c.is_ascii_digit()).unwrap_or(file.len());
        let (kind, rest) = file.split_at(digits);
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (index, attribute) = rest.split_at(end);
        let index = if index.is_empty() { 0 } else { index.parse::<u32>().ok()? };
        let attribute = match attribute {
            "" => "",
            attribute => attribute.strip_prefix('_').filter(|attribute| !attribute.is_empty())?,
        };
        KINDS.contains(&kind).then(|| Self { sensor: format!("{kind}{index}"), attribute })
    }
}

/// How a number becomes a sample.
#[derive(Debug)]
pub(super) struct Reading {
    metric: Shown,
    /// How many of the file's units are one of the metric's.
    divisor: f64,
}

#[derive(Debug)]
enum Shown {
    Gauge(&'static Gauge<2>),
    Energy,
    Other(String),
}

impl Reading {
    /// What an attribute of a kind of sensor is. Without an attribute a file is the value itself;
    /// if there is also one with `input`, that one has it in its name.
    pub(super) fn of(kind: &str, attribute: &str, both: bool) -> Self {
        let base = match attribute {
            "" => kind.to_owned(),
            "input" if !both => kind.to_owned(),
            attribute => format!("{kind}_{}", clean(attribute)),
        };
        let is_interval = attribute.starts_with("average_interval");
        // Flags have no unit, though the names of some of them have.
        let is_flag = attribute.ends_with("alarm") || attribute == "is_battery";
        let (end, divisor) = match (kind, attribute) {
            (_, "fault" | "alarm") => ("", 1.0),
            (_, "beep") => ("_enabled", 1.0),
            ("in" | "cpu", _) => ("_volts", 1000.0),
            ("temp", "type") => ("", 1.0),
            ("temp", _) => ("_celsius", 1000.0),
            ("curr", _) => ("_amps", 1000.0),
            ("energy", _) => ("_joule_total", 1e6),
            ("power", "accuracy") => ("", 1e6),
            ("power", _) if is_interval => ("_seconds", 1000.0),
            ("power", _) => ("_watt", 1e6),
            // Thousandths of a percent.
            ("humidity", _) => ("", 1e5),
            ("freq", _) => ("_freq_mhz", 1e6),
            ("fan", "input" | "min" | "max" | "target") => ("_rpm", 1.0),
            ("update_interval", _) => ("_seconds", 1000.0),
            _ => ("", 1.0),
        };
        let name = match kind {
            "beep_enable" => "beep_enabled".to_owned(),
            "vrm" => "voltage_regulator_version".to_owned(),
            _ => base + end,
        };
        let known = |gauge: &&Gauge<2>| gauge.name().strip_prefix(PREFIX) == Some(name.as_str());
        let metric = match GAUGES.iter().copied().find(known) {
            Some(gauge) => Shown::Gauge(gauge),
            None if name == "energy_joule_total" => Shown::Energy,
            None => Shown::Other(name),
        };
        Self { metric, divisor: if is_flag { 1.0 } else { divisor } }
    }

    pub(super) fn set(&self, labels: [&str; 2], number: f64, out: &mut Samples) {
        let value = number / self.divisor;
        match &self.metric {
            Shown::Gauge(gauge) => out.set(gauge, labels, value),
            Shown::Energy if value < 0.0 => {}
            Shown::Energy => out.set(&ENERGY, labels, value),
            Shown::Other(name) => out.set_field(&OTHERS, &[name], labels, value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_are_split_into_sensor_and_attribute() {
        let cases = [
            ("temp1_input", Some(("temp1", "input"))),
            ("pwm1_auto_point2_temp", Some(("pwm1", "auto_point2_temp"))),
            ("beep_enable", Some(("beep_enable0", ""))),
            ("temp", Some(("temp0", ""))),
            ("pwm2", Some(("pwm2", ""))),
            ("temp1x", None),
            ("temp1_", None),
            ("temp_input", None),
            ("uevent", None),
            ("1", None),
            ("temp99999999999_input", None),
        ];
        for (file, expected) in cases {
            let file = SensorFile::of(file);
            let found = file.as_ref().map(|file| (file.sensor.as_str(), file.attribute));
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn attributes_have_the_names_and_units_of_dashboards() {
        let cases = [
            ("temp", "input", 84850.0, "temp_celsius", 84.85),
            ("temp", "max", -273_150.0, "temp_max_celsius", -273.15),
            ("temp", "type", 4.0, "temp_type", 4.0),
            ("temp", "crit_alarm", 1.0, "temp_crit_alarm_celsius", 1.0),
            ("in", "min_alarm", 1.0, "in_min_alarm_volts", 1.0),
            ("cpu", "vid", 1050.0, "cpu_vid_volts", 1.05),
            ("curr", "crit", 2500.0, "curr_crit_amps", 2.5),
            (
                "power",
                "average_interval_max",
                3_600_000.0,
                "power_average_interval_max_seconds",
                3600.0,
            ),
            ("power", "cap", 5e8, "power_cap_watt", 500.0),
            ("energy", "input", 1_500_000.0, "energy_joule_total", 1.5),
            ("humidity", "input", 41_207.0, "humidity", 0.41207),
            ("fan", "input", 900.0, "fan_rpm", 900.0),
            ("fan", "pulses", 2.0, "fan_pulses", 2.0),
            ("fan", "beep", 1.0, "fan_beep_enabled", 1.0),
            ("pwm", "", 153.0, "pwm", 153.0),
            ("freq", "input", 3e8, "freq_freq_mhz", 300.0),
            ("vrm", "", 120.0, "voltage_regulator_version", 120.0),
            ("beep_enable", "", 1.0, "beep_enabled", 1.0),
            ("update_interval", "", 2000.0, "update_interval_seconds", 2.0),
        ];
        for (kind, attribute, number, name, value) in cases {
            let mut out = Samples::default();
            Reading::of(kind, attribute, false).set(["c", "s"], number, &mut out);
            let expected = format!("node_hwmon_{name}{{chip=\"c\",sensor=\"s\"}} {value}");
            let page = out.page();
            assert_eq!(page.lines().last(), Some(expected.as_str()), "{kind} {attribute}");
        }
        let mut out = Samples::default();
        Reading::of("fan", "input", true).set(["c", "s"], 1.0, &mut out);
        assert!(out.page().contains("node_hwmon_fan_input_rpm{"));
    }
}
