//! The section `Keyspace`: the keys of each database.

use std::collections::BTreeMap;

use exporter_kit::{Gauge, Metric, Samples, Unit};

use super::field::NAMES_OF;
use crate::info::Info;

const KEYS: Gauge<1> = Gauge::new("redis_db_keys", "Keys of each database.")
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

/// Sets the keys of each database, of `databases` even where they are empty.
pub(super) fn set(info: &Info<'_>, databases: u32, out: &mut Samples) {
    let mut keys: BTreeMap<u32, [Option<f64>; 3]> = BTreeMap::new();
    for (number, list) in info.lists("db") {
        let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
        let Some(number) = number.parse().ok().filter(|_| is_number) else { continue };
        let values = keys.entry(number).or_default();
        for (value, name) in values.iter_mut().zip(["keys", "expires", "avg_ttl"]) {
            *value = value.or(list.number(name));
        }
    }
    for number in 0..databases {
        keys.entry(number).or_insert([Some(0.0), Some(0.0), None]);
    }
    for (number, [keys, expiring, milliseconds]) in keys {
        let database = format!("db{number}");
        let ttl = milliseconds.map(|number| number / 1e3);
        for (metric, value) in [(&KEYS, keys), (&EXPIRING, expiring), (&TTL, ttl)] {
            if let Some(value) = value {
                out.set(metric, [&database], value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_databases_have_no_keys() {
        let text =
            "db1:keys=2,expires=1,avg_ttl=1500\r\ndb20:keys=7\r\ndbx:keys=1\r\ndb+3:keys=1\r\n";
        let mut out = Samples::default();
        set(&Info::parse(text), 3, &mut out);
        for (database, keys, expiring, ttl) in [
            ("db0", Some(0.0), Some(0.0), None),
            ("db1", Some(2.0), Some(1.0), Some(1.5)),
            ("db2", Some(0.0), Some(0.0), None),
            ("db3", None, None, None),
            ("db20", Some(7.0), None, None),
        ] {
            let values = [&KEYS, &EXPIRING, &TTL].map(|metric| out.value(metric, [database]));
            assert_eq!(values, [keys, expiring, ttl], "{database}");
        }
    }
}
