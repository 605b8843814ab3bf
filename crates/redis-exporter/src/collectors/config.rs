//! `CONFIG GET`: the settings that metrics are compared with, and the databases there are.

use std::borrow::Cow;

use exporter_kit::{Gauge, Metric, Samples, Unit};

use super::info::NAMES_OF;
use super::replies::Replies;
use crate::info::Info;
use crate::resp::Value;

const MAX_CLIENTS: Gauge =
    Gauge::new("redis_config_maxclients", "Setting maxclients: clients at once.")
        .zh("设置maxclients")
        .compatible_with(NAMES_OF);

const MAX_MEMORY: Gauge =
    Gauge::new("redis_config_maxmemory", "Setting maxmemory: limit of memory; 0 is none.")
        .unit(Unit::Bytes)
        .zh("设置maxmemory")
        .compatible_with(NAMES_OF);

const IO_THREADS: Gauge =
    Gauge::new("redis_config_io_threads", "Setting io-threads: threads that serve clients.")
        .zh("设置io-threads")
        .compatible_with(NAMES_OF);

const OUTPUT_LIMIT: Gauge<2> = Gauge::new(
    "redis_config_client_output_buffer_limit_bytes",
    "Setting client-output-buffer-limit: how much a client of this class may leave unread; 0 is any.",
)
.labels(["class", "limit"])
.unit(Unit::Bytes)
.zh("设置输出缓冲上限")
.compatible_with(NAMES_OF);

const OUTPUT_LIMIT_TIME: Gauge<2> = Gauge::new(
    "redis_config_client_output_buffer_limit_overcome_seconds",
    "Setting client-output-buffer-limit: how long a client may be over the soft limit.",
)
.labels(["class", "limit"])
.unit(Unit::Seconds)
.zh("设置输出缓冲超限时长")
.compatible_with(NAMES_OF);

pub(super) const METRICS: &[&dyn Metric] =
    &[&MAX_CLIENTS, &MAX_MEMORY, &IO_THREADS, &OUTPUT_LIMIT, &OUTPUT_LIMIT_TIME];

/// The most databases that are listed while they are empty.
const MAX_DATABASES: u32 = 1024;

pub(super) fn set(config: &[Value], out: &mut Samples) {
    for (name, metric) in
        [("maxclients", &MAX_CLIENTS), ("maxmemory", &MAX_MEMORY), ("io-threads", &IO_THREADS)]
    {
        if let Some(number) = setting(config, name) {
            out.set(metric, [], number as f64);
        }
    }
    let limits = text(config, "client-output-buffer-limit").unwrap_or_default();
    let words: Vec<_> = limits.split_ascii_whitespace().collect();
    // For each class: the hard limit, the soft limit, and the seconds of the latter.
    for words in words.chunks_exact(4) {
        for (metric, limit, word) in [
            (&OUTPUT_LIMIT, "hard", words[1]),
            (&OUTPUT_LIMIT, "soft", words[2]),
            (&OUTPUT_LIMIT_TIME, "soft", words[3]),
        ] {
            if let Ok(number) = word.parse::<u64>() {
                out.set(metric, [words[0], limit], number as f64);
            }
        }
    }
}

/// How many databases there are; 0 where that is not known.
pub(super) fn databases(replies: &Replies, info: &Info<'_>) -> u32 {
    // A cluster has one, whatever the setting says.
    match info.text("cluster_enabled") {
        Some("1") => 1,
        _ => {
            let count = setting(&replies.config, "databases").unwrap_or_default();
            u32::try_from(count).unwrap_or_default().min(MAX_DATABASES)
        }
    }
}

fn setting(config: &[Value], name: &str) -> Option<u64> {
    text(config, name)?.parse().ok()
}

fn text<'a>(config: &'a [Value], name: &str) -> Option<Cow<'a, str>> {
    let mut pairs = config.chunks_exact(2);
    let pair = pairs.find(|pair| pair[0].text().as_deref() == Some(name))?;
    pair[1].text()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_become_samples() {
        let bulk = |text: &str| Value::Bulk(text.into());
        let config =
            ["maxmemory", "104857600", "maxclients", "x", "requirepass", "secret", "io-threads"];
        let mut out = Samples::default();
        set(&config.map(bulk), &mut out);
        assert_eq!(out.value(&MAX_MEMORY, []), Some(104_857_600.0));
        assert_eq!(out.len(), 1, "neither what is not a number nor what has no value");
    }

    #[test]
    fn limits_of_output_are_by_class() {
        let limits = "normal 0 0 0 slave 268435456 67108864 60 pubsub x 8388608 60 odd 1";
        let config = ["client-output-buffer-limit", limits].map(|it| Value::Bulk(it.into()));
        let mut out = Samples::default();
        set(&config, &mut out);
        for (class, hard, soft, seconds) in [
            ("normal", Some(0.0), Some(0.0), Some(0.0)),
            ("slave", Some(268_435_456.0), Some(67_108_864.0), Some(60.0)),
            ("pubsub", None, Some(8_388_608.0), Some(60.0)),
            ("odd", None, None, None),
        ] {
            assert_eq!(out.value(&OUTPUT_LIMIT, [class, "hard"]), hard, "{class}");
            assert_eq!(out.value(&OUTPUT_LIMIT, [class, "soft"]), soft, "{class}");
            assert_eq!(out.value(&OUTPUT_LIMIT_TIME, [class, "soft"]), seconds, "{class}");
        }
    }

    #[test]
    fn databases_are_those_of_the_setting() {
        let bulk = |text: &str| Value::Bulk(text.into());
        for (value, cluster, expected) in
            [("16", "0", 16), ("16", "1", 1), ("x", "0", 0), ("2000000000", "0", MAX_DATABASES)]
        {
            let config = ["databases", value].map(bulk).to_vec();
            let replies = Replies { config, ..Replies::default() };
            let info = format!("cluster_enabled:{cluster}\r\n");
            assert_eq!(databases(&replies, &Info::parse(&info)), expected, "{value}");
        }
        assert_eq!(databases(&Replies::default(), &Info::parse("")), 0);
    }
}
