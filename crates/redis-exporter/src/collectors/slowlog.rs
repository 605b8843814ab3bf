//! `SLOWLOG`: how many slow commands are kept, and the latest one. Their words, which may hold data,
//! are not looked at.

use exporter_kit::{Gauge, Metric, Samples, Unit};

use super::info::NAMES_OF;
use super::replies::Replies;
use crate::resp::Value;

const LENGTH: Gauge = Gauge::new("redis_slowlog_length", "Entries that the slow log keeps.")
    .zh("慢日志条数")
    .compatible_with(NAMES_OF);

const LAST_ID: Gauge = Gauge::new(
    "redis_slowlog_last_id",
    "Number of the latest entry of the slow log, counted since the start; 0 if there is none.",
)
.zh("最近慢日志编号")
.compatible_with(NAMES_OF);

const LAST_DURATION: Gauge = Gauge::new(
    "redis_last_slow_execution_duration_seconds",
    "How long the latest command of the slow log took; 0 if there is none.",
)
.unit(Unit::Seconds)
.zh("最近慢命令耗时")
.compatible_with(NAMES_OF);

pub(super) const METRICS: &[&dyn Metric] = &[&LENGTH, &LAST_ID, &LAST_DURATION];

pub(super) fn set(replies: &Replies, out: &mut Samples) {
    if let Some(Value::Integer(length)) = replies.slowlog_length {
        out.set(&LENGTH, [], length as f64);
    }
    let Some(Value::Array(entries)) = &replies.slowlog else { return };
    let (id, microseconds) = match entries.first() {
        None => (0, 0),
        // The number, the time, the duration, the words of the command.
        Some(Value::Array(parts)) => match parts.as_slice() {
            [Value::Integer(id), _, Value::Integer(microseconds), ..] => (*id, *microseconds),
            _ => return,
        },
        Some(_) => return,
    };
    out.set(&LAST_ID, [], id as f64);
    out.set(&LAST_DURATION, [], microseconds as f64 / 1e6);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latest_entry_becomes_samples() {
        let entry = |parts: &[i64]| {
            let parts = parts.iter().map(|number| Value::Integer(*number)).collect();
            Some(Value::Array(vec![Value::Array(parts)]))
        };
        for (slowlog, expected) in [
            (entry(&[14, 1_700_000_000, 15_000]), [Some(14.0), Some(0.015)]),
            (Some(Value::Array(Vec::new())), [Some(0.0), Some(0.0)]),
            (entry(&[14]), [None, None]),
            (Some(Value::Array(vec![Value::Nil])), [None, None]),
            (Some(Value::Nil), [None, None]),
            (None, [None, None]),
        ] {
            let mut out = Samples::default();
            let slowlog_length = Some(Value::Integer(3));
            set(&Replies { slowlog, slowlog_length, ..Replies::default() }, &mut out);
            let values = [out.value(&LAST_ID, []), out.value(&LAST_DURATION, [])];
            assert_eq!(values, expected);
            assert_eq!(out.value(&LENGTH, []), Some(3.0));
        }
    }
}
