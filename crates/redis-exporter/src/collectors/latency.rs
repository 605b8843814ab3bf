//! Latencies as Redis measures them: of every call of each command (`LATENCY HISTOGRAM`, Redis 7.0
//! and later), and the latest of each kind of delay (`LATENCY LATEST`). From outside, the exporter
//! could only measure its own few calls.

use exporter_kit::{Gauge, Histogram, Metric, Samples, Unit};

use super::info::{MICROSECONDS, NAMES_OF};
use super::replies::Replies;
use crate::info::Info;
use crate::resp::Value;

/// Every other bound of those that Redis counts by, in microseconds. It counts by two significant
/// digits, hence 33 and not 32.
const BOUNDS_MICROSECONDS: [u64; 11] =
    [1, 4, 16, 66, 264, 1056, 4227, 16_908, 67_633, 270_532, 1_082_130];

const LATENCY: Histogram<1> = Histogram::new(
    "redis_commands_latency_seconds",
    "How long the calls of each command took, as Redis measured it; Redis 7.0 and later.",
)
.buckets(&[
    0.000_001, 0.000_004, 0.000_016, 0.000_066, 0.000_264, 0.001_056, 0.004_227, 0.016_908,
    0.067_633, 0.270_532, 1.082_13,
])
.labels(["cmd"])
.unit(Unit::Seconds)
.zh("命令耗时分布");

/// The same in the unit and under the name that dashboards of redis_exporter know.
const LATENCY_MICROSECONDS: Histogram<1> = Histogram::new(
    "redis_commands_latencies_usec",
    "How many microseconds the calls of each command took, as Redis measured it; Redis 7.0 and later.",
)
.buckets(&[
    1.0, 4.0, 16.0, 66.0, 264.0, 1056.0, 4227.0, 16_908.0, 67_633.0, 270_532.0, 1_082_130.0,
])
.labels(["cmd"])
.zh("命令耗时分布微秒")
.compatible_with(NAMES_OF);

const SPIKE_TIME: Gauge<1> = Gauge::new(
    "redis_latency_spike_last",
    "When a delay of this kind was last seen, in seconds since 1970; kinds that exceeded the setting \
     latency-monitor-threshold.",
)
.labels(["event_name"])
.unit(Unit::Seconds)
.zh("最近延迟尖峰时间")
.compatible_with(NAMES_OF);

const SPIKE_DURATION: Gauge<1> =
    Gauge::new("redis_latency_spike_duration_seconds", "How long the last delay of this kind was.")
        .labels(["event_name"])
        .unit(Unit::Seconds)
        .zh("最近延迟尖峰时长")
        .compatible_with(NAMES_OF);

pub(super) const METRICS: &[&dyn Metric] =
    &[&LATENCY, &LATENCY_MICROSECONDS, &SPIKE_TIME, &SPIKE_DURATION];

pub(super) fn set(replies: &Replies, info: &Info<'_>, out: &mut Samples) {
    if let Some(histograms) = &replies.histograms {
        set_histograms(histograms, info, out);
    }
    if let Some(Value::Array(spikes)) = &replies.spikes {
        set_spikes(spikes, out);
    }
}

/// Sets the latest delay of each kind: its name, when it was, how many milliseconds it took, and the
/// most that one took.
fn set_spikes(spikes: &[Value], out: &mut Samples) {
    for spike in spikes {
        let Value::Array(parts) = spike else { continue };
        let [name, Value::Integer(at), Value::Integer(milliseconds), ..] = parts.as_slice() else {
            continue;
        };
        let Some(name) = name.text() else { continue };
        out.set(&SPIKE_TIME, [&name], *at as f64);
        out.set(&SPIKE_DURATION, [&name], *milliseconds as f64 / 1e3);
    }
}

/// Sets a histogram for each command of the answer: a name and then a list of `calls`, a number,
/// `histogram_usec` and pairs of a bound and how many calls took at most as long.
fn set_histograms(answer: &Value, info: &Info<'_>, out: &mut Samples) {
    let Value::Array(commands) = answer else { return };
    for pair in commands.chunks_exact(2) {
        let (Value::Bulk(name), Value::Array(parts)) = (&pair[0], &pair[1]) else { continue };
        let name = String::from_utf8_lossy(name);
        let part = |key: &str| {
            let mut parts = parts.chunks_exact(2);
            parts.find(|part| part[0] == Value::Bulk(key.into())).map(|part| &part[1])
        };
        let Some(Value::Integer(calls)) = part("calls") else { continue };
        let Some(Value::Array(pairs)) = part("histogram_usec") else { continue };
        let (Some(sum), Some(counts)) = (sum(info, &name), cumulative(pairs)) else { continue };
        // A bucket may hold more calls than `calls` had counted, and calls beyond the last bound
        // are only in `calls`.
        let most = counts.last().copied().unwrap_or_default();
        let count = u64::try_from(*calls).unwrap_or_default().max(most);
        out.set_histogram(&LATENCY, [&name], count, sum / MICROSECONDS, &counts);
        out.set_histogram(&LATENCY_MICROSECONDS, [&name], count, sum, &counts);
    }
}

/// The time of all calls of a command in microseconds: the answer has none, `INFO` does.
fn sum(info: &Info<'_>, command: &str) -> Option<f64> {
    let (_, list) = info.lists("cmdstat_").find(|(name, _)| *name == command)?;
    list.number("usec")
}

/// The counts at this histogram's bounds. Redis leaves out bounds at which nothing is added, so the
/// count at a bound is that of the nearest one below it.
fn cumulative(pairs: &[Value]) -> Option<[u64; BOUNDS_MICROSECONDS.len()]> {
    let mut counts = [0; BOUNDS_MICROSECONDS.len()];
    let mut last = (0, 0);
    for pair in pairs.chunks_exact(2) {
        let (Value::Integer(bound), Value::Integer(count)) = (&pair[0], &pair[1]) else {
            return None;
        };
        let next = (u64::try_from(*bound).ok()?, u64::try_from(*count).ok()?);
        if next < last || next.1 < last.1 {
            return None;
        }
        last = next;
        for (count, bound) in counts.iter_mut().zip(BOUNDS_MICROSECONDS) {
            if next.0 <= bound {
                *count = next.1;
            }
        }
    }
    Some(counts)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bulk(text: &str) -> Value {
        Value::Bulk(text.into())
    }

    fn answer(calls: i64, pairs: &[i64]) -> Value {
        let pairs = pairs.iter().map(|number| Value::Integer(*number)).collect();
        let parts =
            vec![bulk("calls"), Value::Integer(calls), bulk("histogram_usec"), Value::Array(pairs)];
        Value::Array(vec![bulk("get"), Value::Array(parts)])
    }

    fn page(answer: &Value) -> (Samples, String) {
        let mut out = Samples::default();
        let info = Info::parse("cmdstat_get:calls=9,usec=900\r\ncmdstat_set:calls=1,usec=1\r\n");
        set_histograms(answer, &info, &mut out);
        out.check(&super::super::redis::DEF).unwrap();
        let page = out.page();
        (out, page)
    }

    #[test]
    fn counts_map_to_the_bounds() {
        // 2 within 2 µs, 3 more within 66 µs, 4 beyond the last bound.
        let (_, page) = page(&answer(9, &[2, 2, 66, 5, 2_164_260, 9]));
        for line in [
            "_bucket{cmd=\"get\",le=\"1e-06\"} 0",
            "_bucket{cmd=\"get\",le=\"4e-06\"} 2",
            "_bucket{cmd=\"get\",le=\"1.6e-05\"} 2",
            "_bucket{cmd=\"get\",le=\"6.6e-05\"} 5",
            "_bucket{cmd=\"get\",le=\"1.08213\"} 5",
            "_bucket{cmd=\"get\",le=\"+Inf\"} 9",
            "_sum{cmd=\"get\"} 0.0009",
            "_count{cmd=\"get\"} 9",
        ] {
            let line = format!("redis_commands_latency_seconds{line}");
            assert!(page.lines().any(|found| found == line), "no {line} in {page}");
        }
        for line in ["_bucket{cmd=\"get\",le=\"66.0\"} 5", "_sum{cmd=\"get\"} 900"] {
            let line = format!("redis_commands_latencies_usec{line}");
            assert!(page.lines().any(|found| found == line), "no {line} in {page}");
        }
    }

    #[test]
    fn lists_of_bounds_agree() {
        let seconds = BOUNDS_MICROSECONDS.map(|bound| (bound as f64 / 1e6).to_string());
        let text = |bounds: &[f64]| bounds.iter().map(f64::to_string).collect::<Vec<_>>();
        assert_eq!(text(LATENCY.describe().bounds), seconds);
        let microseconds = BOUNDS_MICROSECONDS.map(|bound| bound.to_string());
        assert_eq!(text(LATENCY_MICROSECONDS.describe().bounds), microseconds);
    }

    #[test]
    fn invalid_histograms_are_left_out() {
        let none = Value::Array(vec![bulk("nosuch"), Value::Array(Vec::new())]);
        for answer in [
            answer(9, &[4, 5, 2, 6]),
            answer(9, &[2, 5, 4, 3]),
            answer(9, &[-2, 5]),
            none,
            Value::Nil,
            Value::Array(vec![bulk("get")]),
        ] {
            assert!(page(&answer).0.is_empty(), "{answer:?}");
        }
    }

    #[test]
    fn latest_delays_become_samples() {
        let spike = |parts: &[i64]| {
            let numbers = parts.iter().map(|number| Value::Integer(*number));
            Value::Array([bulk("fork")].into_iter().chain(numbers).collect())
        };
        for (spike, expected) in [
            (spike(&[1_700_000_000, 1500, 2000]), [Some(1_700_000_000.0), Some(1.5)]),
            // Redis 8 adds more numbers.
            (spike(&[1_700_000_000, 20, 30, 50, 2]), [Some(1_700_000_000.0), Some(0.02)]),
            (spike(&[1]), [None, None]),
            (Value::Nil, [None, None]),
        ] {
            let mut out = Samples::default();
            set_spikes(&[spike], &mut out);
            let values = [&SPIKE_TIME, &SPIKE_DURATION].map(|metric| out.value(metric, ["fork"]));
            assert_eq!(values, expected);
        }
    }

    proptest! {
        #[test]
        fn any_numbers_fit_or_are_left_out(
            calls in any::<i64>(),
            pairs in proptest::collection::vec(prop_oneof![0..2_000_000_i64, any::<i64>()], 0..12)
        ) {
            page(&answer(calls, &pairs));
        }
    }
}
