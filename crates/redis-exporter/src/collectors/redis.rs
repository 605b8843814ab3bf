//! The collector: one connection at each scrape, on which Redis is asked everything, and a page that
//! says what failed with whatever was read before.

use std::time::{Duration, Instant};

use exporter_kit::{
    CollectError, Collector, CollectorDef, Field, Gauge, Metric, Samples, ScheduledCollector, Unit,
};

use super::availability::{self, History, Scrape};
use super::replies::{Refused, Replies, ask};
use super::{
    INTERVAL, cluster, config, info, latency, sentinel, slowlog, target, targets, unread_variables,
};
use crate::client::{Connection, RedisError, Target};
use crate::info::Info;

const AGE: Gauge = Gauge::new(
    "redis_exporter_replies_age_seconds",
    "How long ago Redis gave the replies that the metrics are made of; only with --redis.interval.",
)
.unit(Unit::Seconds)
.zh("数据时长");

const OWN_METRICS: &[&dyn Metric] = &[&AGE];

const FIELDS: [&[Field]; 7] = [
    info::FIELDS[0],
    info::FIELDS[1],
    info::FIELDS[2],
    info::FIELDS[3],
    info::FIELDS[4],
    cluster::FIELDS,
    sentinel::FIELDS,
];

pub(super) const DEF: CollectorDef = CollectorDef::new(
    "redis",
    "Redis",
    "Whether Redis answers, and what it says of itself: memory, persistence, replication, keys, \
     commands, settings, slow commands.",
    availability::METRICS,
    |settings| {
        let redis = Redis::new(target(settings)?, settings.get(&INTERVAL));
        let unread = unread_variables(settings);
        Ok(ScheduledCollector::on_scrape(Redis { is_of_settings: true, unread, ..redis }))
    },
)
.and(&[
    OWN_METRICS,
    info::METRICS[0],
    info::METRICS[1],
    info::METRICS[2],
    info::METRICS[3],
    config::METRICS,
    latency::METRICS,
    slowlog::METRICS,
    sentinel::METRICS,
    targets::METRICS,
])
.fields(&FIELDS)
.patterns(cluster::PATTERNS)
.targets(targets::build)
.target_names(targets::name)
.target_path("/scrape")
.source("PING, INFO all, CONFIG GET, LATENCY, SLOWLOG, CLUSTER INFO, SENTINEL");

/// Asks one Redis.
pub(super) struct Redis {
    target: Target,
    /// How long replies are kept; zero for one scrape.
    interval: Duration,
    kept: Option<Kept>,
    refused: Refused,
    history: History,
    resets: Resets,
    /// Whether this is the Redis of the settings, and not one that a request named.
    is_of_settings: bool,
    /// What is set for another exporter and not read by this one.
    unread: Vec<String>,
}

/// Replies, as the metrics are made of them.
struct Kept {
    at: Instant,
    replies: Replies,
    /// Whether nothing failed. What is missing is asked again at the next scrape.
    is_complete: bool,
}

impl Redis {
    pub(super) fn new(target: Target, interval: Duration) -> Self {
        Self {
            target,
            interval,
            kept: None,
            refused: Refused::default(),
            history: History::new(),
            resets: Resets::default(),
            is_of_settings: false,
            unread: Vec::new(),
        }
    }

    /// Asks Redis, and keeps its replies.
    fn scrape(&mut self, deadline: Option<Instant>) -> Scrape {
        let begun = Instant::now();
        let mut scrape = Scrape::default();
        let connected = self.target.connect(deadline);
        scrape.connecting = begun.elapsed();
        let asked = match connected {
            Ok(mut connection) => self.ask(&mut connection, &mut scrape),
            Err(error) => {
                self.refused.server_was_away();
                Err(error)
            }
        };
        scrape.error = asked.err();
        if let Some(RedisError::Refused(refusal)) = &scrape.error {
            self.target.note_refusal(refusal);
        }
        scrape.is_up |= scrape.error.as_ref().is_none_or(|error| !error.ends_connection());
        scrape.total = begun.elapsed();
        scrape
    }

    fn ask(&mut self, connection: &mut Connection, scrape: &mut Scrape) -> Result<(), RedisError> {
        self.refused.begin(connection.password());
        let is_recent = |kept: &Kept| kept.is_complete && kept.at.elapsed() < self.interval;
        let mut asked = Ok(());
        if !self.kept.as_ref().is_some_and(is_recent) {
            let mut replies = Replies::default();
            asked = ask(connection, &mut self.refused, &mut replies);
            if !replies.info.is_empty() {
                self.kept = Some(Kept { at: Instant::now(), replies, is_complete: asked.is_ok() });
                scrape.is_up = true;
            }
        }
        if asked.as_ref().is_err_and(|error| !error.leaves_others()) {
            return asked;
        }
        let info = self.kept.as_ref().map(|kept| Info::parse(&kept.replies.info));
        let begun = Instant::now();
        let is_answered = self.refused.ping(connection, &info.unwrap_or_default());
        if let Ok(true) = is_answered {
            scrape.ping = Some(begun.elapsed());
        }
        asked.and(is_answered.map(|_| ()))
    }
}

impl Collector for Redis {
    fn collect(&mut self, out: &mut Samples) -> Result<(), CollectError> {
        self.kept.take_if(|kept| kept.at.elapsed() >= self.interval);
        self.unread.drain(..).for_each(|text| out.warn(text));
        let scrape = self.scrape(out.deadline());
        for refusal in self.refused.take_new() {
            out.warn(format!(
                "{}: {}; metrics made of it are missing",
                self.target.address,
                RedisError::Refused(refusal)
            ));
        }
        self.history.record(&scrape, &self.refused, out);
        if self.is_of_settings {
            targets::set(out);
        }
        if let Some(Kept { at, replies, .. }) = &self.kept {
            let info = Info::parse(&replies.info);
            out.source(&self.resets.source(&info));
            to_samples(replies, &info, out);
            if !self.interval.is_zero() {
                out.set(&AGE, [], at.elapsed().as_secs_f64());
            }
        }
        scrape.error.map_or(Ok(()), |error| Err(CollectError::partial(error)))
    }
}

/// Turns replies into samples.
fn to_samples(replies: &Replies, info: &Info<'_>, out: &mut Samples) {
    let is_sentinel = info.text("redis_mode") == Some("sentinel");
    info::set(info, config::databases(replies, info), out);
    config::set(&replies.config, out);
    if let Some(cluster) = &replies.cluster {
        cluster::set(&Info::parse(cluster), out);
    }
    latency::set(replies, info, out);
    slowlog::set(replies, out);
    if is_sentinel {
        sentinel::set(&replies.masters, info, out);
    }
}

/// Tells counters that restarted from zero.
#[derive(Default)]
struct Resets {
    /// The run ID of the last Redis that answered.
    run: String,
    /// What it said of [`Resets::COUNTS`].
    counts: [f64; 4],
    count: u64,
}

impl Resets {
    /// Busy counts: after CONFIG RESETSTAT one of them is soon above its last value, hardly all.
    const COUNTS: [&str; 4] = [
        "total_commands_processed",
        "total_connections_received",
        "total_net_input_bytes",
        "keyspace_hits",
    ];

    /// Identifies the origin of the counters, which restart from zero when Redis restarts and at
    /// CONFIG RESETSTAT.
    fn source(&mut self, info: &Info<'_>) -> String {
        let run = info.text("run_id").unwrap_or_default();
        let counts = Self::COUNTS.map(|key| info.number(key).unwrap_or_default());
        if self.run != run || counts.iter().zip(self.counts).any(|(new, last)| *new < last) {
            self.count += 1;
        }
        run.clone_into(&mut self.run);
        self.counts = counts;
        format!("{run} {}", self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn restart_and_reset_change_the_source() {
        let mut resets = Resets::default();
        let answers = ["a 5 9", "a 6 9", "a 2 1", "a 3 2", "a 7 1", "b 9 9"];
        let sources = answers.map(|answer| {
            let [run, commands, hits] = answer.split(' ').collect::<Vec<_>>()[..] else { panic!() };
            let commands = format!("total_commands_processed:{commands}\r\n");
            let text = format!("run_id:{run}\r\n{commands}keyspace_hits:{hits}\r\n");
            resets.source(&Info::parse(&text))
        });
        assert_eq!(sources, ["a 1", "a 1", "a 2", "a 2", "a 3", "b 4"]);
    }
}
