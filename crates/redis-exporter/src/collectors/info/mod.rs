//! Server metrics from `INFO all` and command latencies from `LATENCY HISTOGRAM`. The metric names
//! are those of redis_exporter, so that its dashboards and alerts work.

mod commands;
mod field;
mod keyspace;
mod latency;
mod memory;
mod persistence;
mod replication;
mod server;
mod stats;

use std::time::Duration;

use exporter_kit::{CollectError, Collector, CollectorDef, Field, Samples, ScheduledCollector};

#[cfg(test)]
use self::field::NAMES_OF;
use super::{INTERVAL, target};
use crate::client::{RedisError, Target};
use crate::info::Info;
use crate::resp::Value;

/// The keys that map directly to metrics, by section of `INFO`.
const FIELDS: [&[Field]; 5] =
    [server::FIELDS, memory::FIELDS, persistence::FIELDS, replication::FIELDS, stats::FIELDS];

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "info",
    "运行状态",
    "What Redis says of itself: memory, persistence, replication, keys, commands.",
    server::METRICS,
    |settings| {
        let server = Server::new(target(settings)?);
        Ok(match settings.get(&INTERVAL) {
            Duration::ZERO => ScheduledCollector::on_scrape(server),
            interval => ScheduledCollector::every(interval, server),
        })
    },
)
.and(&[replication::METRICS, commands::METRICS, latency::METRICS, keyspace::METRICS])
.fields(&FIELDS)
.source("INFO all, LATENCY HISTOGRAM");

/// Collects everything except `redis_up`.
pub(super) struct Server {
    target: Target,
    /// The run ID of the last Redis that answered, and its count of processed commands.
    last: (String, f64),
    /// The number of counter resets seen.
    resets: u64,
}

/// The replies of one collection.
struct Answers {
    info: String,
    /// `None` if the server does not have the command.
    latency: Option<Value>,
}

impl Server {
    pub(super) fn new(target: Target) -> Self {
        Self { target, last: (String::new(), 0.0), resets: 0 }
    }

    fn read(&self) -> Result<Answers, RedisError> {
        let mut connection = self.target.connect()?;
        let info = match connection.call("INFO", &["INFO", "all"])? {
            Value::Bulk(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            _ => String::new(),
        };
        let latency = match connection.call("LATENCY", &["LATENCY", "HISTOGRAM"]) {
            Ok(value) => Some(value),
            // Added in Redis 7.0; the user may also lack permission for it.
            Err(RedisError::Refused(..)) => None,
            Err(error) => return Err(error),
        };
        Ok(Answers { info, latency })
    }

    /// Identifies the origin of the counters, which restart from zero when Redis restarts and at
    /// CONFIG RESETSTAT.
    fn source(&mut self, info: &Info<'_>) -> String {
        let run = info.text("run_id").unwrap_or_default();
        let commands = info.number("total_commands_processed").unwrap_or_default();
        if self.last.0 != run || commands < self.last.1 {
            self.resets += 1;
        }
        self.last = (run.to_owned(), commands);
        format!("{run} {}", self.resets)
    }
}

impl Collector for Server {
    fn collect(&mut self, out: &mut Samples) -> Result<(), CollectError> {
        let answers = self.read()?;
        let info = Info::parse(&answers.info);
        if info.text("redis_version").is_none() {
            return Err("the reply to INFO has no redis_version; is it Redis?".into());
        }
        out.source(&self.source(&info));
        to_samples(&info, answers.latency.as_ref(), out);
        Ok(())
    }
}

fn to_samples(info: &Info<'_>, latency: Option<&Value>, out: &mut Samples) {
    for field in FIELDS.into_iter().flatten() {
        if let Some(number) = info.number(field.key()) {
            field.set(number, out);
        }
    }
    server::set(info, out);
    replication::set(info, out);
    commands::set(info, out);
    keyspace::set(info, out);
    if let Some(latency) = latency {
        latency::set(latency, info, out);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The answer of a Redis 7.0.15 that had been asked a little.
    const INFO: &str = include_str!("../../../tests/data/info-7.0.15.txt");

    fn page(info: &str) -> (Samples, String) {
        let mut out = Samples::default();
        to_samples(&Info::parse(info), None, &mut out);
        out.check(&DEF).unwrap();
        let page = out.page();
        (out, page)
    }

    #[test]
    fn full_reply_becomes_samples() {
        let (out, page) = page(INFO);
        assert_eq!(out.discarded().total(), 0);
        for line in [
            "redis_instance_info{role=\"master\",redis_version=\"7.0.15\",redis_build_id=\"ae4d7c971a948f0\",redis_mode=\"standalone\",os=\"Linux 6.1.0 x86_64\",maxmemory_policy=\"noeviction\",tcp_port=\"0\",run_id=\"9690d656bb9a1de469892774376c7ae3e0124b5a\",process_id=\"29235\",master_replid=\"211236674240f8f628b98671f473bebc5a6effc1\"} 1",
            "redis_connected_clients 1",
            "redis_memory_used_bytes 941152",
            "redis_memory_max_bytes 0",
            "redis_mem_fragmentation_ratio 13.66",
            "redis_rdb_last_bgsave_status 1",
            "redis_commands_processed_total 2",
            "redis_keyspace_hits_total 0",
            "redis_cpu_sys_seconds_total 0.013841",
            "redis_db_keys{db=\"db0\"} 2",
            "redis_db_keys_expiring{db=\"db0\"} 1",
            "redis_commands_total{cmd=\"set\"} 2",
            "redis_commands_duration_seconds_total{cmd=\"set\"} 0.000024",
            "redis_errors_total{err=\"ERR\"} 1",
        ] {
            assert!(page.lines().any(|found| found == line), "no {line} in {page}");
        }
        // -1 means never saved, which is not a time.
        assert!(!page.contains("\nredis_rdb_last_bgsave_duration_sec "), "{page}");
    }

    #[test]
    fn only_redis_exporter_names_claim_compatibility() {
        let own: Vec<_> = DEF
            .metrics()
            .map(|metric| metric.describe())
            .filter(|metric| metric.compatible_with != NAMES_OF)
            .map(|metric| metric.name)
            .collect();
        assert_eq!(own, ["redis_commands_latency_seconds", "redis_mem_aof_buffer_bytes"]);
    }

    #[test]
    fn full_reply_has_every_field_except_aof() {
        let info = Info::parse(INFO);
        let keys = FIELDS.into_iter().flatten().map(Field::key);
        let absent: Vec<_> = keys.filter(|key| info.text(key).is_none()).collect();
        assert_eq!(absent, ["aof_current_size", "aof_base_size"]);
    }

    #[test]
    fn restart_and_reset_change_the_source() {
        let mut server = Server::new(Target {
            address: String::new(),
            username: String::new(),
            password: crate::client::Password::None,
            timeout: Duration::ZERO,
        });
        let answers = ["a 5", "a 6", "a 2", "a 3", "b 9"];
        let sources = answers.map(|answer| {
            let (run, commands) = answer.split_once(' ').unwrap();
            let text = format!("run_id:{run}\r\ntotal_commands_processed:{commands}\r\n");
            server.source(&Info::parse(&text))
        });
        assert_eq!(sources, ["a 1", "a 1", "a 2", "a 2", "b 3"]);
    }

    proptest! {
        #[test]
        fn any_text_makes_samples_that_fit(text in "\\PC*") {
            page(&text);
        }

        #[test]
        fn a_damaged_answer_makes_samples_that_fit(
            changes in proptest::collection::vec((0..INFO.len(), "[-0-9:=,._a-z\r\n]{0,3}"), 1..20)
        ) {
            let mut text = INFO.to_owned();
            for (at, with) in changes {
                let at = at.min(text.len() - 1);
                text.replace_range(at..at + 1, &with);
            }
            page(&text);
        }
    }
}
