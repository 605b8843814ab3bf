//! The section `Keyspace`: the keys of each database.

use exporter_kit::{Gauge, Metric, Samples, Unit};

use super::field::NAMES_OF;
use crate::info::Info;

const KEYS: Gauge<1> = Gauge::new("redis_db_keys", "Keys of each database that has any.")
    .labels(["db"])
    .zh("键数量")
    .compatible_with(NAMES_OF);

const EXPIRING: Gauge<1> = Gauge::new("redis_db_keys_expiring", "Keys that have a time to live.")
    .labels(["db"])
    .zh("有过期时间的键数")
    .compatible_with(NAMES_OF);

const TTL: Gauge<1> = Gauge::new(
    "redis_db_avg_ttl_seconds",
    "Mean time to live of the keys that have one, as Redis estimates it.",
)
.labels(["db"])
.unit(Unit::Seconds)
.zh("平均剩余存活时间")
.compatible_with(NAMES_OF);

pub(super) const METRICS: &[&dyn Metric] = &[&KEYS, &EXPIRING, &TTL];

pub(super) fn set(info: &Info<'_>, out: &mut Samples) {
    for (number, list) in info.lists("db") {
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            continue;
        }
        let database = format!("db{number}");
        // avg_ttl is in milliseconds.
        for (metric, name, parts) in
            [(&KEYS, "keys", 1.0), (&EXPIRING, "expires", 1.0), (&TTL, "avg_ttl", 1e3)]
        {
            if let Some(value) = list.number(name) {
                out.set(metric, [&database], value / parts);
            }
        }
    }
}
