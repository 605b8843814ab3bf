//! Batteries and power supplies: `/sys/class/power_supply`.

use std::path::Path;

use exporter_kit::{
    CollectError, CollectorDef, Flag, Gauge, Metric, Pattern, Samples, ScheduledCollector, Unit,
};

use super::node::gauge;
use crate::files::Folder;
use crate::host::Host;

const INFO: Gauge<12> = gauge(
    "node_power_supply_info",
    "电源信息",
    "Constant 1, with what the power supply says of itself.",
)
.labels([
    "power_supply",
    "capacity_level",
    "charge_type",
    "health",
    "manufacturer",
    "model_name",
    "serial_number",
    "status",
    "technology",
    "type",
    "usb_type",
    "scope",
]);

const TEXTS: [&str; 11] = [
    "capacity_level",
    "charge_type",
    "health",
    "manufacturer",
    "model_name",
    "serial_number",
    "status",
    "technology",
    "type",
    "usb_type",
    "scope",
];

/// Makes the metrics, and the table of the files that they are from, with how many of a file's
/// units are one of the metric's.
macro_rules! numbers {
    ($($file:literal $divisor:literal $name:literal $unit:ident $zh:literal $help:literal;)*) => {
        const NUMBERS: &[(&str, f64, Gauge<1>)] = &[$(($file, $divisor,
            gauge(concat!("node_power_supply_", $name), $zh, $help)
                .unit(Unit::$unit)
                .labels(["power_supply"]),
        )),*];
    };
}

numbers! {
    "authentic" 1.0 "authentic" None "是否正品" "Whether the battery is a genuine one (1) or not (0).";
    "calibrate" 1.0 "calibrate" None "是否在校准" "Whether the battery is being calibrated (1) or not (0).";
    "capacity" 1.0 "capacity" Percent "剩余电量" "Charge that is left, in percent.";
    "capacity_alert_max" 1.0 "capacity_alert_max" Percent "电量告警上限" "Charge above which there is an alarm, in percent.";
    "capacity_alert_min" 1.0 "capacity_alert_min" Percent "电量告警下限" "Charge below which there is an alarm, in percent.";
    "charge_control_limit" 1e6 "charge_control_limit" None "充电控制限额" "How much charging is held back, in millionths of the driver's steps.";
    "charge_control_limit_max" 1e6 "charge_control_limit_max" None "充电控制最大限额" "The most that charging can be held back, in millionths of the driver's steps.";
    "charge_counter" 1e6 "charge_counter" None "电荷计数" "Charge that went into the battery less what came out, in ampere-hours.";
    "charge_empty" 1e6 "charge_empty" None "放空时电荷" "Charge of the battery when it is empty, in ampere-hours.";
    "charge_empty_design" 1e6 "charge_empty_design" None "设计放空电荷" "Charge of the battery when it is empty by its design, in ampere-hours.";
    "charge_full" 1e6 "charge_full" None "充满时电荷" "Charge of the battery when it is full, in ampere-hours.";
    "charge_full_design" 1e6 "charge_full_design" None "设计充满电荷" "Charge of the battery when it is full by its design, in ampere-hours.";
    "charge_now" 1e6 "charge_ampere" None "当前电荷" "Charge of the battery at present, in ampere-hours.";
    "charge_term_current" 1e6 "charge_term_current" Amperes "充电截止电流" "Current below which charging ends.";
    "constant_charge_current" 1e6 "constant_charge_current" Amperes "恒流充电电流" "Current of charging.";
    "constant_charge_current_max" 1e6 "constant_charge_current_max" Amperes "最大恒流充电电流" "The highest current of charging.";
    "constant_charge_voltage" 1e6 "constant_charge_voltage" Volts "恒压充电电压" "Voltage of charging.";
    "constant_charge_voltage_max" 1e6 "constant_charge_voltage_max" Volts "最大恒压充电电压" "The highest voltage of charging.";
    "current_boot" 1e6 "current_boot" Amperes "启动时电流" "Current at the machine's start.";
    "current_max" 1e6 "current_max" Amperes "最大电流" "The highest current.";
    "current_now" 1e6 "current_ampere" Amperes "当前电流" "Current at present, below 0 while the battery is used.";
    "cycle_count" 1.0 "cyclecount" None "充放电次数" "How often the battery was charged and used.";
    "energy_empty" 1e6 "energy_empty" None "放空时电能" "Energy of the battery when it is empty, in watt-hours.";
    "energy_empty_design" 1e6 "energy_empty_design" None "设计放空电能" "Energy of the battery when it is empty by its design, in watt-hours.";
    "energy_full" 1e6 "energy_full" None "充满时电能" "Energy of the battery when it is full, in watt-hours.";
    "energy_full_design" 1e6 "energy_full_design" None "设计充满电能" "Energy of the battery when it is full by its design, in watt-hours.";
    "energy_now" 1e6 "energy_watthour" None "当前电能" "Energy of the battery at present, in watt-hours.";
    "input_current_limit" 1e6 "input_current_limit" Amperes "输入电流限额" "Current that may be taken from the charger.";
    "online" 1.0 "online" None "是否供电" "Whether the supply gives power (1) or not (0).";
    "power_now" 1e6 "power_watt" Watts "当前功率" "Power at present.";
    "precharge_current" 1e6 "precharge_current" Amperes "预充电电流" "Current of charging while the battery is nearly empty.";
    "present" 1.0 "present" None "是否在位" "Whether there is a battery (1) or not (0).";
    "temp" 10.0 "temp_celsius" Celsius "电池温度" "Temperature of the battery.";
    "temp_alert_max" 10.0 "temp_alert_max_celsius" Celsius "温度告警上限" "Temperature above which there is an alarm.";
    "temp_alert_min" 10.0 "temp_alert_min_celsius" Celsius "温度告警下限" "Temperature below which there is an alarm.";
    "temp_ambient" 10.0 "temp_ambient_celsius" Celsius "环境温度" "Temperature around the battery.";
    "temp_ambient_alert_max" 10.0 "temp_ambient_max_celsius" Celsius "环境温度上限" "Temperature around the battery above which there is an alarm.";
    "temp_ambient_alert_min" 10.0 "temp_ambient_min_celsius" Celsius "环境温度下限" "Temperature around the battery below which there is an alarm.";
    "temp_max" 10.0 "temp_max_celsius" Celsius "最高允许温度" "The highest temperature that is allowed.";
    "temp_min" 10.0 "temp_min_celsius" Celsius "最低允许温度" "The lowest temperature that is allowed.";
    "time_to_empty_now" 1.0 "time_to_empty_seconds" Seconds "放空剩余时间" "Time until the battery is empty.";
    "time_to_full_now" 1.0 "time_to_full_seconds" Seconds "充满剩余时间" "Time until the battery is full.";
    "voltage_boot" 1e6 "voltage_boot" Volts "启动时电压" "Voltage at the machine's start.";
    "voltage_max" 1e6 "voltage_max" Volts "最高电压" "Voltage of the full battery.";
    "voltage_max_design" 1e6 "voltage_max_design" Volts "设计最高电压" "Voltage of the full battery by its design.";
    "voltage_min" 1e6 "voltage_min" Volts "最低电压" "Voltage of the empty battery.";
    "voltage_min_design" 1e6 "voltage_min_design" Volts "设计最低电压" "Voltage of the empty battery by its design.";
    "voltage_now" 1e6 "voltage_volt" Volts "当前电压" "Voltage at present.";
    "voltage_ocv" 1e6 "voltage_ocv" Volts "开路电压" "Voltage without load.";
}

const METRICS: &[&dyn Metric] = &{
    let mut metrics: [&dyn Metric; NUMBERS.len() + 1] = [&INFO; NUMBERS.len() + 1];
    let mut at = 0;
    while at < NUMBERS.len() {
        metrics[at] = &NUMBERS[at].2;
        at += 1;
    }
    metrics
};

const IGNORED: Flag<Pattern> =
    Flag::pattern("collector.powersupply.ignored-supplies", "^$", "Power supplies to leave out.");

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "powersupplyclass",
    "电源",
    "Charge, voltage and state of batteries and power supplies.",
    METRICS,
    |settings| {
        let path = Host::new(settings).sys("class/power_supply");
        let ignored = settings.get(&IGNORED).cloned();
        let collect = move |out: &mut Samples| collect(&path, ignored.as_ref(), out);
        Ok(ScheduledCollector::on_scrape(collect))
    },
)
.flags(&[&IGNORED])
.source("/sys/class/power_supply");

fn collect(path: &Path, ignored: Option<&Pattern>, out: &mut Samples) -> Result<(), CollectError> {
    let class = Folder::open(path).ok_or(CollectError::NoData)?;
    class.names(|supply| {
        if ignored.is_some_and(|ignored| ignored.is_match(supply)) {
            return;
        }
        let Some(folder) = class.folder(supply) else { return };
        // Few of the files that there can be are there, and reading one may ask the hardware.
        folder.names(|file| {
            let Ok(at) = NUMBERS.binary_search_by(|(known, ..)| known.cmp(&file)) else { return };
            let (_, divisor, metric) = &NUMBERS[at];
            if let Some(number) = folder.number(file) {
                out.set(metric, [supply], number / divisor);
            }
        });
        let texts = TEXTS.map(|file| folder.text(file));
        let mut labels = [supply; 12];
        for (label, text) in labels[1..].iter_mut().zip(&texts) {
            *label = text.as_ref().and_then(|text| text.trimmed()).unwrap_or_default();
        }
        out.set(&INFO, labels, 1.0);
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_table_is_sorted_by_file() {
        assert!(NUMBERS.is_sorted_by(|(a, ..), (b, ..)| a < b));
    }

    #[test]
    fn millionths_and_tenths_become_units() {
        let root = tempfile::tempdir().unwrap();
        for (file, text) in [
            ("BAT0/voltage_now", "12084000\n"),
            ("BAT0/current_now", "-1000000\n"),
            ("BAT0/temp", "315\n"),
            ("BAT0/capacity", "81\n"),
            ("BAT0/energy_now", "damaged\n"),
            ("BAT0/type", "Battery\n"),
            ("AC/online", "1\n"),
        ] {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let mut out = Samples::default();
        let ignored = Pattern::new("^AC").unwrap();
        collect(root.path(), Some(&ignored), &mut out).unwrap();
        let page = out.page();
        let mut samples: Vec<_> = page.lines().filter(|line| !line.starts_with('#')).collect();
        samples.sort_unstable();
        let info = samples.remove(2);
        let expected = [
            "node_power_supply_capacity{power_supply=\"BAT0\"} 81",
            "node_power_supply_current_ampere{power_supply=\"BAT0\"} -1",
            "node_power_supply_temp_celsius{power_supply=\"BAT0\"} 31.5",
            "node_power_supply_voltage_volt{power_supply=\"BAT0\"} 12.084",
        ];
        assert_eq!(samples, expected);
        assert!(info.contains("type=\"Battery\",usb_type=\"\""));
    }
}
