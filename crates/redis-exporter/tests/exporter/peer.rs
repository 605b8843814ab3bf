//! Side by side with Debian's redis_exporter on one real Redis: what it exposes by default is on our
//! page too, with the same type, labels and value. What differs on purpose is in
//! `tests/peer-differences.txt`, each with its reason.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use exporter_kit::testing::get;

use crate::process::start;
use crate::redis::Redis;

const PEER: &str = "prometheus-redis-exporter";

/// Rounds in which a value that changes all the time is met at least once.
const ROUNDS: usize = 30;

/// Far above what the peer takes to start, for busy machines.
const SOON: Duration = Duration::from_secs(20);

/// A name and sorted labels.
type Series = (String, Vec<(String, String)>);

/// A page: the value of each series, and the type of each family.
#[derive(Default)]
struct Page {
    values: BTreeMap<Series, f64>,
    types: BTreeMap<String, String>,
}

impl Page {
    fn read(page: &str) -> Self {
        let mut parsed = Self::default();
        for line in page.lines().filter(|line| !line.is_empty()) {
            if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').unwrap();
                parsed.types.insert(name.to_owned(), kind.to_owned());
            } else if line.starts_with("redis_") {
                let (series, value) = line.rsplit_once(' ').unwrap();
                parsed.values.insert(read_series(series), value.parse().unwrap());
            }
        }
        parsed
    }

    /// The value of a series; labels that later versions of redis_exporter have added do not count.
    fn value(&self, (name, labels): &Series) -> Option<f64> {
        let first = (name.clone(), Vec::new());
        let family = self.values.range(first..).take_while(|((known, _), _)| known == name);
        let has = |known: &[(String, String)]| labels.iter().all(|label| known.contains(label));
        family.filter(|((_, known), _)| has(known)).map(|(_, value)| *value).next()
    }

    fn kind(&self, name: &str) -> &str {
        let ends = ["", "_sum", "_count"].into_iter();
        let kind = ends.filter_map(|end| self.types.get(name.strip_suffix(end)?)).next();
        kind.map_or("none", String::as_str)
    }
}

/// Reads a series without escapes. Quantiles are numbers: ours are written as Prometheus 3 does.
fn read_series(text: &str) -> Series {
    let Some((name, labels)) = text.split_once('{') else { return (text.to_owned(), Vec::new()) };
    let mut rest = labels.strip_suffix('}').unwrap();
    let mut labels = Vec::new();
    while let Some((label, after)) = rest.trim_start_matches(',').split_once("=\"") {
        let (value, after) = after.split_once('"').unwrap();
        let value = match label {
            "quantile" => value.parse::<f64>().unwrap().to_string(),
            _ => value.to_owned(),
        };
        labels.push((label.to_owned(), value));
        rest = after;
    }
    labels.sort();
    (name.to_owned(), labels)
}

fn shown((name, labels): &Series) -> String {
    let labels: Vec<_> = labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
    format!("{name}{{{}}}", labels.join(","))
}

/// What differs on purpose: the server or `all`, `absent` or `value`, a pattern of series as
/// [`shown`] shows them, and the reason, with tabs between.
struct Difference {
    line: String,
    server: String,
    is_absent: bool,
    pattern: exporter_kit::Pattern,
}

impl Difference {
    fn read_all() -> Vec<Self> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peer-differences.txt");
        let text = std::fs::read_to_string(path).unwrap();
        let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        let difference = |line: &str| {
            let fields: Vec<_> = line.split('\t').collect();
            let [server, kind @ ("absent" | "value"), pattern, reason] = fields[..] else {
                panic!("{line}: not a server, absent or value, a pattern and a reason");
            };
            assert!(reason.ends_with('.'), "{line}");
            Self {
                line: line.to_owned(),
                server: server.to_owned(),
                is_absent: kind == "absent",
                pattern: exporter_kit::Pattern::new(pattern).unwrap(),
            }
        };
        lines.map(difference).collect()
    }

    fn is_of(&self, server: &str, series: &Series, is_absent: bool) -> bool {
        let is_there = self.server == "all" || self.server == server;
        is_there && self.is_absent == is_absent && self.pattern.is_match(&shown(series))
    }
}

/// A running redis_exporter of Debian; killed when dropped.
struct Peer {
    child: Child,
    address: std::net::SocketAddr,
}

impl Peer {
    fn start(redis: &Redis) -> Self {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut command = Command::new(PEER);
        command.args(["--web.listen-address", &address.to_string()]);
        command.arg(format!("--redis.addr=redis://127.0.0.1:{}", redis.port()));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let peer = Self { child: command.spawn().unwrap(), address };
        let begun = Instant::now();
        while std::net::TcpStream::connect(address).is_err() {
            assert!(begun.elapsed() < SOON, "{PEER} does not listen on {address}");
            std::thread::yield_now();
        }
        peer
    }

    fn scrape(&self) -> Page {
        Page::read(&get(self.address, "/metrics").body)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Compares the pages of one Redis. Returns the differences that were needed.
fn compare(server: &str, redis: &Redis, differences: &[Difference]) -> BTreeSet<String> {
    let (peer, ours) = (Peer::start(redis), start(&[&redis.flag()], &[]));
    // Some series, such as those of a command, are there from the second scrape on.
    let (_, _) = (peer.scrape(), ours.scrape());
    let mut needed = BTreeSet::new();
    let mut unmet: Option<BTreeSet<Series>> = None;
    for _ in 0..ROUNDS {
        // What changes while the pages are made lies between the peer's two.
        let before = peer.scrape();
        let now = Page::read(ours.scrape().text());
        let after = peer.scrape();
        let unmet = unmet.get_or_insert_with(|| before.values.keys().cloned().collect());
        assert!(before.values.len() > 50, "redis_exporter exposes next to nothing");
        unmet.retain(|series| {
            let known = |page: &Page| page.value(series);
            let (Some(a), Some(b)) = (known(&before), known(&after)) else { return false };
            let has_type = before.kind(&series.0) == now.kind(&series.0);
            let slack = a.abs().max(b.abs()) * 0.01;
            let range = a.min(b) - slack..=a.max(b) + slack;
            let value = known(&now).filter(|_| has_type);
            if value.is_some_and(|value| range.contains(&value)) {
                return false;
            }
            let is_absent = known(&now).is_none();
            let difference = differences.iter().find(|it| it.is_of(server, series, is_absent));
            needed.extend(difference.map(|it| it.line.clone()));
            difference.is_none()
        });
        if unmet.is_empty() {
            return needed;
        }
    }
    let unmet: Vec<_> = unmet.iter().flatten().map(shown).collect();
    panic!("{server}: never as redis_exporter has it: {unmet:#?}");
}

/// Starts two nodes that know each other.
fn start_cluster() -> [Redis; 2] {
    let [first, second] = [(), ()].map(|()| Redis::start(&["--cluster-enabled", "yes"]));
    let meet = format!("CLUSTER MEET 127.0.0.1 {}", second.port());
    first.send(&["CLUSTER ADDSLOTSRANGE 0 16383", &meet]);
    let exporter = start(&[&first.flag()], &[]);
    exporter.scrape_until(|page| {
        let ponged = page.value("redis_cluster_stats_messages_pong_received");
        page.value("redis_cluster_state") == Some(1.0) && ponged.is_some()
    });
    [first, second]
}

#[test]
fn redis_exporter_series_match() {
    if Command::new(PEER).arg("--version").output().is_err() {
        // The test command counts this line, which the test harness must not capture.
        let skipped = format!("\nskipped: {PEER} is missing; run `cargo xtask ci --setup`\n");
        return std::io::stderr().write_all(skipped.as_bytes()).unwrap();
    }
    let differences = Difference::read_all();
    let master = Redis::start(&[
        "--enable-debug-command",
        "yes",
        "--latency-monitor-threshold",
        "1",
        "--slowlog-log-slower-than",
        "1000",
        "--appendonly",
        "yes",
        "--databases",
        "5",
    ]);
    master.send(&["SET a 1", "SET b 2 EX 1000", "GET a", "GET none", "NOSUCH", "SELECT 3"]);
    master.send(&["SELECT 3", "SET c 3", "EVAL 'return 1' 0", "DEBUG SLEEP 0.02", "SAVE"]);
    let replica = Redis::start(&["--replicaof", "127.0.0.1", &master.port().to_string()]);
    let exporter = start(&[&replica.flag()], &[]);
    exporter.scrape_until(|page| {
        let mut lines = page.text().lines();
        lines.any(|line| line.starts_with("redis_master_link_up{") && line.ends_with(" 1"))
    });
    drop(exporter);
    let cluster = start_cluster();
    let sentinel = Redis::sentinel_of(&master);
    let mut needed = BTreeSet::new();
    let servers = [
        ("master", &master),
        ("replica", &replica),
        ("cluster", &cluster[0]),
        ("sentinel", &sentinel),
    ];
    for (name, redis) in servers {
        needed.append(&mut compare(name, redis, &differences));
    }
    // A pattern that nothing needs hides what will be wrong one day.
    let lines = differences.iter().map(|difference| &difference.line);
    let others: Vec<_> = lines.filter(|line| !needed.contains(*line)).collect();
    assert!(others.is_empty(), "nothing differs by {others:#?}");
}
