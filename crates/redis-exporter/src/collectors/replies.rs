//! What is asked of Redis in a scrape, and what it has refused. A refusal counts in the error
//! statistics of the server and fills its ACL log, so what was refused is not asked again.

use std::collections::BTreeMap;
use std::mem;
use std::time::{Duration, Instant};

use crate::client::{Connection, Reason, RedisError, Refusal};
use crate::info::Info;
use crate::resp::Value;

/// After this time an INFO is asked again that the server lacks or does not permit. Without INFO it is
/// not known whether Redis has restarted.
const INFO_RETRY: Duration = Duration::from_secs(300);

/// After this time a command is asked again that was refused for a reason of the server's own, which
/// may pass or last: a proxy that does not know it, a full disk.
const RETRY: Duration = INFO_RETRY;

/// After this time what the page cannot do without is asked again after such a refusal; PING also
/// where the server refused it for its state, unless INFO tells before that the state has changed.
const SHORT_RETRY: Duration = Duration::from_secs(60);

/// How a Sentinel refuses to speak of a master that it does not watch.
const NO_SUCH_MASTER: &str = "ERR No such master";

/// The kind of most replies.
const ARRAY: Value = Value::Array(Vec::new());

/// The settings that metrics are made of.
const SETTINGS: [&str; 5] =
    ["client-output-buffer-limit", "databases", "io-threads", "maxclients", "maxmemory"];

/// The replies of one scrape. What the server does not have or refuses is `None`.
#[derive(Default)]
pub(super) struct Replies {
    pub(super) info: String,
    /// Names and values of settings.
    pub(super) config: Vec<Value>,
    pub(super) histograms: Option<Value>,
    pub(super) spikes: Option<Value>,
    pub(super) slowlog_length: Option<Value>,
    /// The latest entry, as a list of one.
    pub(super) slowlog: Option<Value>,
    pub(super) cluster: Option<String>,
    pub(super) masters: Vec<SentinelMaster>,
}

/// What a Sentinel knows of a master.
pub(super) struct SentinelMaster {
    pub(super) master: Value,
    pub(super) sentinels: Option<Value>,
    pub(super) replicas: Option<Value>,
    /// Whether there are enough Sentinels for a failover, and the words of the Sentinel.
    pub(super) quorum: Option<(bool, String)>,
}

/// What this server has refused in its present run.
#[derive(Default)]
pub(super) struct Refused {
    run: String,
    password: String,
    commands: BTreeMap<&'static str, RefusedCommand>,
    /// Refusals since they were last taken.
    new: Vec<Refusal>,
    /// When INFO was refused, and how.
    info: Option<(Instant, Refusal)>,
    ping: Option<RefusedPing>,
}

/// A command that the server refused, while it answers others.
struct RefusedCommand {
    at: Instant,
    reason: Reason,
}

/// A refusal of PING, which INFO does not share.
struct RefusedPing {
    at: Instant,
    refusal: Refusal,
    /// The state of the server as INFO told it.
    state: String,
}

impl Refused {
    /// Begins a connection. Another password may be that of a user with other permissions.
    pub(super) fn begin(&mut self, password: &str) {
        if self.password != password {
            *self = Self { password: password.to_owned(), ..Self::default() };
        }
    }

    /// Forgets that INFO was refused, where the server may have restarted.
    pub(super) fn server_was_away(&mut self) {
        self.info = None;
    }

    /// The commands that are not asked.
    pub(super) fn commands(&self) -> impl Iterator<Item = &'static str> {
        let info = self.info.as_ref().map(|_| "info");
        self.commands.keys().copied().chain(info)
    }

    /// The refusals since the last call.
    pub(super) fn take_new(&mut self) -> Vec<Refusal> {
        mem::take(&mut self.new)
    }

    /// Whether samples are missing that the server has. What it lacks is no failure, and a Redis that
    /// cannot save says so to PING, but answers.
    pub(super) fn lacks_samples(&self) -> bool {
        self.commands.iter().any(|(name, command)| match command.reason {
            Reason::UnknownCommand => false,
            Reason::Other => *name != "ping",
            _ => true,
        })
    }

    /// Whether a command is not asked now.
    fn is_refused(&self, name: &str) -> bool {
        let command = self.commands.get(name);
        command.is_some_and(|it| it.reason.is_lasting() || it.at.elapsed() < RETRY)
    }

    fn note(&mut self, name: &'static str, refusal: Refusal) {
        let refused = RefusedCommand { at: Instant::now(), reason: refusal.reason };
        let before = self.commands.insert(name, refused);
        // One that is refused again after a time is not news.
        if before.is_none_or(|before| before.reason != refusal.reason) {
            self.new.push(refusal);
        }
    }

    /// Sends a command unless it was refused before. `None` if it is refused. A reply that is not of
    /// the kind of `like` counts as a refusal.
    pub(super) fn call(
        &mut self,
        connection: &mut Connection,
        name: &'static str,
        words: &[&str],
        like: &Value,
    ) -> Result<Option<Value>, RedisError> {
        if self.is_refused(name) {
            return Ok(None);
        }
        match connection.call(name, words) {
            Ok(value) if mem::discriminant(&value) != mem::discriminant(like) => {
                self.note(name, Refusal::unexpected(name));
                Ok(None)
            }
            Ok(value) => {
                self.commands.remove(name);
                Ok(Some(value))
            }
            // Between two questions to a Sentinel a master can go.
            Err(RedisError::Refused(refusal)) if refusal.text.starts_with(NO_SUCH_MASTER) => {
                Ok(None)
            }
            Err(RedisError::Refused(refusal)) if refusal.reason.is_of_command() => {
                self.note(name, refusal);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Sends a PING unless it was refused before, and returns whether there was a reply. `info` is
    /// what the server said of its state last.
    pub(super) fn ping(
        &mut self,
        connection: &mut Connection,
        info: &Info<'_>,
    ) -> Result<bool, RedisError> {
        if self.is_refused("ping") {
            return Ok(false);
        }
        let state = ["loading", "master_link_status"].map(|key| info.text(key).unwrap_or_default());
        let state = state.join(" ");
        if let Some(ping) = &self.ping
            && ping.state == state
            && ping.at.elapsed() < SHORT_RETRY
        {
            return Err(RedisError::Refused(ping.refusal.clone()));
        }
        self.ping = None;
        match connection.call("PING", &["PING"]) {
            Ok(_) => {
                self.commands.remove("ping");
                Ok(true)
            }
            // A Redis that cannot save answers PING with an error, and INFO as always.
            Err(RedisError::Refused(refusal)) if refusal.reason.is_of_command() => {
                self.note("ping", refusal);
                Ok(true)
            }
            Err(RedisError::Refused(refusal)) if !refusal.reason.ends_connection() => {
                let at = Instant::now();
                self.ping = Some(RefusedPing { at, refusal: refusal.clone(), state });
                Err(RedisError::Refused(refusal))
            }
            Err(error) => Err(error),
        }
    }

    /// Asks a Sentinel for the quorum of a master. That there is none is a reply, not a refusal.
    fn quorum(
        &mut self,
        connection: &mut Connection,
        master: &str,
    ) -> Result<Option<(bool, String)>, RedisError> {
        let name = "sentinel|ckquorum";
        if self.is_refused(name) {
            return Ok(None);
        }
        match connection.call(name, &["SENTINEL", "CKQUORUM", master]) {
            Ok(reply) => Ok(reply.text().map(|text| (true, text.into_owned()))),
            Err(RedisError::Refused(refusal)) if refusal.text.starts_with("NOQUORUM") => {
                Ok(Some((false, refusal.text)))
            }
            Err(RedisError::Refused(refusal)) if refusal.text.starts_with(NO_SUCH_MASTER) => {
                Ok(None)
            }
            Err(RedisError::Refused(refusal)) if refusal.reason.is_of_command() => {
                self.note(name, refusal);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// The reply to INFO.
    fn info(&mut self, connection: &mut Connection) -> Result<String, RedisError> {
        if let Some((at, refusal)) = &self.info {
            let retry = if refusal.reason.is_lasting() { INFO_RETRY } else { SHORT_RETRY };
            if at.elapsed() < retry {
                return Err(RedisError::Refused(refusal.clone()));
            }
        }
        self.info = None;
        let info = match connection.call("INFO", &["INFO", "all"]) {
            Ok(Value::Bulk(bytes)) => String::from_utf8_lossy(&bytes).into_owned(),
            Ok(_) => String::new(),
            Err(RedisError::Refused(refusal)) => {
                if refusal.reason.is_of_command() {
                    self.info = Some((Instant::now(), refusal.clone()));
                }
                return Err(RedisError::Refused(refusal));
            }
            Err(error) => return Err(error),
        };
        let parsed = Info::parse(&info);
        if parsed.text("redis_version").is_none() {
            return Err(
                connection.not_redis("the reply to INFO has no redis_version; is it Redis?")
            );
        }
        let run = parsed.text("run_id").unwrap_or_default();
        if self.run != run {
            run.clone_into(&mut self.run);
            self.commands.clear();
        }
        Ok(info)
    }
}

/// Asks everything but PING. What was replied before an error is in `replies`.
pub(super) fn ask(
    connection: &mut Connection,
    refused: &mut Refused,
    replies: &mut Replies,
) -> Result<(), RedisError> {
    replies.info = refused.info(connection)?;
    let info = Info::parse(&replies.info);
    if info.text("redis_mode") == Some("sentinel") {
        return ask_sentinel(connection, refused, &mut replies.masters);
    }
    let version = info.text("redis_version").and_then(|version| version.split('.').next());
    let is_7 = version.and_then(|major| major.parse().ok()).is_some_and(|major: u32| major >= 7);
    let is_cluster = info.text("cluster_enabled") == Some("1");
    // Before Redis 7.0 there is one setting to a command.
    for names in if is_7 { SETTINGS.chunks(SETTINGS.len()) } else { SETTINGS.chunks(1) } {
        let words = [&["CONFIG", "GET"][..], names].concat();
        let reply = refused.call(connection, "config|get", &words, &ARRAY)?;
        if let Some(Value::Array(mut pairs)) = reply {
            replies.config.append(&mut pairs);
        }
    }
    if is_cluster {
        let like = Value::Bulk(Vec::new());
        let reply = refused.call(connection, "cluster|info", &["CLUSTER", "INFO"], &like)?;
        replies.cluster = reply.and_then(|reply| Some(reply.text()?.into_owned()));
    }
    let mut call = |name, words: &[&str], like: &Value| refused.call(connection, name, words, like);
    replies.spikes = call("latency|latest", &["LATENCY", "LATEST"], &ARRAY)?;
    if is_7 {
        replies.histograms = call("latency|histogram", &["LATENCY", "HISTOGRAM"], &ARRAY)?;
    }
    replies.slowlog_length = call("slowlog|len", &["SLOWLOG", "LEN"], &Value::Integer(0))?;
    replies.slowlog = call("slowlog|get", &["SLOWLOG", "GET", "1"], &ARRAY)?;
    Ok(())
}

/// Asks a Sentinel, which has few of the commands of a Redis.
fn ask_sentinel(
    connection: &mut Connection,
    refused: &mut Refused,
    masters: &mut Vec<SentinelMaster>,
) -> Result<(), RedisError> {
    let words = ["SENTINEL", "MASTERS"];
    let reply = refused.call(connection, "sentinel|masters", &words, &ARRAY)?;
    let Some(Value::Array(known)) = reply else { return Ok(()) };
    for master in known {
        let Some(name) = master.pairs().get("name").map(|name| name.clone().into_owned()) else {
            continue;
        };
        let mut call =
            |command, word| refused.call(connection, command, &["SENTINEL", word, &name], &ARRAY);
        let sentinels = call("sentinel|sentinels", "SENTINELS")?;
        let replicas = call("sentinel|slaves", "SLAVES")?;
        let quorum = refused.quorum(connection, &name)?;
        masters.push(SentinelMaster { master, sentinels, replicas, quorum });
    }
    Ok(())
}
