//! The sections `Commandstats` and `Errorstats`: calls and failures by command.

use exporter_kit::{Counter, Metric, Samples, Unit};

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

pub(super) const METRICS: &[&dyn Metric] = &[&CALLS, &DURATION, &REJECTED, &FAILED, &ERRORS];

/// In a second. Divided by it, a whole number of them is the nearest number of seconds.
pub(super) const MICROSECONDS: f64 = 1e6;

pub(super) fn set(info: &Info<'_>, out: &mut Samples) {
    for (command, list) in info.lists("cmdstat_") {
        for (metric, name, parts) in [
            (&CALLS, "calls", 1.0),
            (&DURATION, "usec", MICROSECONDS),
            (&REJECTED, "rejected_calls", 1.0),
            (&FAILED, "failed_calls", 1.0),
        ] {
            if let Some(value) = list.number(name) {
                out.set(metric, [command], value / parts);
            }
        }
    }
    for (error, list) in info.lists("errorstat_") {
        if let Some(count) = list.number("count") {
            out.set(&ERRORS, [error], count);
        }
    }
}
