//! The sections `Commandstats`, `Errorstats` and `Latencystats`: calls, failures and latencies by
//! command.

use std::collections::{BTreeMap, BTreeSet};

use exporter_kit::{Counter, Metric, Samples, Summary, Unit};

use super::field::NAMES_OF;
use crate::info::Info;

const CALLS: Counter<1> = Counter::new("redis_commands_total", "Calls of each command.")
    .labels(["cmd"])
    .zh("命令调用次数")
    .compatible_with(NAMES_OF);

const DURATION: Counter<1> = Counter::new(
    "redis_commands_duration_seconds_total",
    "Time that the calls of each command took together.",
)
.labels(["cmd"])
.unit(Unit::Seconds)
.zh("命令累计耗时")
.compatible_with(NAMES_OF);

const REJECTED: Counter<1> = Counter::new(
    "redis_commands_rejected_calls_total",
    "Calls of each command that were refused before they ran.",
)
.labels(["cmd"])
.zh("命令被拒绝次数")
.compatible_with(NAMES_OF);

const FAILED: Counter<1> = Counter::new(
    "redis_commands_failed_calls_total",
    "Calls of each command that failed as they ran.",
)
.labels(["cmd"])
.zh("命令失败次数")
.compatible_with(NAMES_OF);

const ERRORS: Counter<1> = Counter::new("redis_errors_total", "Error replies by their first word.")
    .labels(["err"])
    .zh("各类错误次数")
    .compatible_with(NAMES_OF);

const PERCENTILES: Summary<1> = Summary::new(
    "redis_latency_percentiles_usec",
    "How many microseconds the calls of each command took; Redis 7.0 and later.",
)
.percentiles(&[50.0, 99.0, 99.9])
.labels(["cmd"])
.zh("命令耗时百分位")
.compatible_with(NAMES_OF);

pub(super) const METRICS: &[&dyn Metric] =
    &[&CALLS, &DURATION, &REJECTED, &FAILED, &ERRORS, &PERCENTILES];

/// In a second. Divided by it, a whole number of them is the nearest number of seconds.
pub(crate) const MICROSECONDS: f64 = 1e6;

pub(super) fn set(info: &Info<'_>, out: &mut Samples) {
    // A name that repeats, as that of two modules may, counts as one command.
    let mut commands: BTreeMap<_, [Option<f64>; 4]> = BTreeMap::new();
    for (command, list) in info.lists("cmdstat_") {
        let sums = commands.entry(command).or_default();
        for (sum, name) in sums.iter_mut().zip(["calls", "usec", "rejected_calls", "failed_calls"])
        {
            add(sum, list.number(name));
        }
    }
    for (command, [calls, microseconds, rejected, failed]) in commands {
        let seconds = microseconds.map(|number| number / MICROSECONDS);
        let values =
            [(&CALLS, calls), (&DURATION, seconds), (&REJECTED, rejected), (&FAILED, failed)];
        for (metric, value) in values {
            if let Some(value) = value {
                out.set(metric, [command], value);
            }
        }
    }
    let mut errors: BTreeMap<_, Option<f64>> = BTreeMap::new();
    for (error, list) in info.lists("errorstat_") {
        add(errors.entry(error).or_default(), list.number("count"));
    }
    for (error, count) in errors {
        if let Some(count) = count {
            out.set(&ERRORS, [error], count);
        }
    }
    percentiles(info, out);
}

/// Sets the percentiles that Redis 7.0 and later give for each command.
fn percentiles(info: &Info<'_>, out: &mut Samples) {
    let mut totals = BTreeMap::new();
    for (command, list) in info.lists("cmdstat_") {
        totals.entry(command).or_insert(list);
    }
    let mut seen = BTreeSet::new();
    for (command, list) in info.lists("latency_percentiles_usec_") {
        let Some(total) = totals.get(command).filter(|_| seen.insert(command)) else { continue };
        let (Some(calls), Some(sum)) = (total.number("calls"), total.number("usec")) else {
            continue;
        };
        // The setting latency-tracking-info-percentiles may have others.
        let values = ["p50", "p99", "p99.9"].map(|name| list.number(name).unwrap_or(f64::NAN));
        out.set_summary(&PERCENTILES, [command], calls as u64, sum, &values);
    }
}

fn add(sum: &mut Option<f64>, number: Option<f64>) {
    if let Some(number) = number {
        *sum = Some(sum.unwrap_or_default() + number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_repeat_add_up() {
        let text = "cmdstat_get:calls=2,usec=1000000,rejected_calls=1\r\n\
                    cmdstat_set:calls=18446744073709551615,usec=1\r\n\
                    cmdstat_get:calls=3,usec=500000\r\n\
                    errorstat_ERR:count=1\r\nerrorstat_ERR:count=2\r\nerrorstat_X:count=-1\r\n";
        let mut out = Samples::default();
        set(&Info::parse(text), &mut out);
        assert_eq!(out.value(&CALLS, ["get"]), Some(5.0));
        assert_eq!(out.value(&DURATION, ["get"]), Some(1.5));
        assert_eq!(out.value(&REJECTED, ["get"]), Some(1.0));
        assert_eq!(out.value(&FAILED, ["get"]), None);
        assert_eq!(out.value(&CALLS, ["set"]), None, "it has wrapped");
        assert_eq!(out.value(&ERRORS, ["ERR"]), Some(3.0));
        assert_eq!(out.value(&ERRORS, ["X"]), None);
    }

    #[test]
    fn percentiles_have_the_totals_of_the_command() {
        let text = "cmdstat_get:calls=2,usec=15\r\n\
                    latency_percentiles_usec_get:p50=6.015,p99=9.023,p99.99=9.1\r\n\
                    latency_percentiles_usec_set:p50=1\r\n";
        let mut out = Samples::default();
        set(&Info::parse(text), &mut out);
        let page = out.page();
        let lines: Vec<_> = page.lines().filter(|line| line.contains("_usec")).collect();
        let expected = [
            "{cmd=\"get\",quantile=\"50.0\"} 6.015",
            "{cmd=\"get\",quantile=\"99.0\"} 9.023",
            "_sum{cmd=\"get\"} 15",
            "_count{cmd=\"get\"} 2",
        ];
        let expected = expected.map(|line| format!("redis_latency_percentiles_usec{line}"));
        let samples: Vec<_> = lines.into_iter().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(samples, expected, "{page}");
    }
}
