//! Side by side with Debian's node_exporter: what it exposes by default is on our page too, with the
//! same type, labels and value, on this machine and on the kernel files of others. What differs on
//! purpose is in `tests/peer-differences.txt`, each with its reason.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::process::start;

const PEER: &str = "/usr/bin/prometheus-node-exporter";

/// Other metrics than the host's: of the program and of the library that it is made with.
const OF_THE_PROGRAM: [&str; 5] =
    ["go_", "process_", "promhttp_", "node_scrape_", "node_exporter_"];

/// Rounds in which a value that changes all the time is met at least once.
const ROUNDS: usize = 30;

/// A page: the value of each series, and the type of each family.
#[derive(Default)]
struct Page {
    values: BTreeMap<Series, f64>,
    types: BTreeMap<String, String>,
}

/// A name and sorted labels.
type Series = (String, Vec<(String, String)>);

impl Page {
    fn read(page: &str) -> Self {
        let mut parsed = Self::default();
        for line in page.lines() {
            if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').unwrap();
                parsed.types.insert(name.to_owned(), kind.to_owned());
            } else if !line.starts_with('#') {
                let (series, value) = line.rsplit_once(' ').unwrap();
                parsed.values.insert(read_series(series), value.parse().unwrap());
            }
        }
        parsed.values.retain(|(name, _), _| !OF_THE_PROGRAM.iter().any(|it| name.starts_with(it)));
        parsed
    }
}

impl Page {
    /// The value of a series; labels that later versions of node_exporter have added do not count.
    fn value(&self, (name, labels): &Series) -> Option<f64> {
        let first = (name.clone(), Vec::new());
        let family = self.values.range(first..).take_while(|((known, _), _)| known == name);
        let has = |known: &[(String, String)]| labels.iter().all(|label| known.contains(label));
        family.filter(|((_, known), _)| has(known)).map(|(_, value)| *value).next()
    }
}

fn read_series(text: &str) -> Series {
    let Some((name, labels)) = text.split_once('{') else { return (text.to_owned(), Vec::new()) };
    let mut rest = labels.strip_suffix('}').unwrap();
    let mut labels = Vec::new();
    while let Some((label, after)) = rest.trim_start_matches(',').split_once("=\"") {
        let mut value = String::new();
        let mut characters = after.char_indices();
        let end = loop {
            match characters.next().unwrap() {
                (at, '"') => break at + 1,
                (_, '\\') => match characters.next().unwrap().1 {
                    'n' => value.push('\n'),
                    other => value.push(other),
                },
                (_, other) => value.push(other),
            }
        };
        labels.push((label.to_owned(), value));
        rest = &after[end..];
    }
    labels.sort();
    (name.to_owned(), labels)
}

fn shown((name, labels): &Series) -> String {
    let labels: Vec<_> = labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
    format!("{name}{{{}}}", labels.join(","))
}

/// What differs on purpose: where, a pattern of series as [`shown`] shows them, and the reason, with
/// tabs between.
struct Differences(Vec<Difference>);

struct Difference {
    line: String,
    /// [`LIVE`], names of fixtures, or `all`.
    places: Vec<String>,
    pattern: exporter_kit::Pattern,
}

/// The machine that the test runs on.
const LIVE: &str = "live";

const FIXTURES: [&str; 4] = ["arm64", "container", "debian12", "el7"];

impl Differences {
    fn read() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peer-differences.txt");
        let text = std::fs::read_to_string(path).unwrap();
        let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        let difference = |line: &str| {
            let fields: Vec<_> = line.split('\t').collect();
            let [places, pattern, reason] = fields[..] else {
                panic!("{line}: not places, a pattern and a reason with tabs between");
            };
            assert!(reason.ends_with('.'), "{line}");
            let places: Vec<_> = places.split(',').map(str::to_owned).collect();
            let is_known = |place: &String| {
                ["all", LIVE].contains(&place.as_str()) || FIXTURES.contains(&place.as_str())
            };
            assert!(places.iter().all(is_known), "{line}");
            let pattern = exporter_kit::Pattern::new(pattern).unwrap();
            Difference { line: line.to_owned(), places, pattern }
        };
        Self(lines.map(difference).collect())
    }

    /// The difference that a series is of.
    fn of(&self, place: &str, series: &Series) -> Option<&Difference> {
        let shown = shown(series);
        self.0.iter().find(|it| it.is_at(place) && it.pattern.is_match(&shown))
    }
}

impl Difference {
    fn is_at(&self, place: &str) -> bool {
        self.places.iter().any(|known| known == "all" || known == place)
    }
}

/// A running node_exporter; killed when dropped.
struct Peer {
    child: Child,
    address: String,
}

impl Peer {
    fn start(args: &[String]) -> Self {
        assert!(Path::new(PEER).is_file(), "{PEER} is missing; run `cargo xtask ci --setup`");
        let mut command = Command::new(PEER);
        command.arg("--web.listen-address=127.0.0.1:0").args(args).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        let address = loop {
            line.clear();
            assert!(log.read_line(&mut line).unwrap() > 0, "{PEER} ends before it listens");
            if let Some((_, address)) = line.split_once("\"Listening on\" address=") {
                break address.trim().to_owned();
            }
        };
        // It must not block on a full pipe.
        let drain = move || std::io::copy(&mut log, &mut std::io::sink());
        std::thread::Builder::new().spawn(drain).unwrap();
        Self { child, address }
    }

    fn scrape(&self) -> Page {
        let url = format!("http://{}/metrics", self.address);
        let mut response = ureq::get(url).call().unwrap();
        Page::read(&response.body_mut().read_to_string().unwrap())
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What is wrong with our page about a series of the peer's, but for its value.
fn lack(series: &Series, peer: &Page, ours: &Page) -> Option<String> {
    let kind = |page: &Page, name: &str| {
        let ends = ["", "_bucket", "_sum", "_count"];
        let family = ends.iter().find_map(|end| page.types.get(name.strip_suffix(end)?));
        family.cloned().unwrap_or_default()
    };
    if ours.value(series).is_none() {
        return Some(format!("no {}", shown(series)));
    }
    let (theirs, ours) = (kind(peer, &series.0), kind(ours, &series.0));
    (theirs != ours).then(|| format!("{} is a {ours} and not a {theirs}", series.0))
}

/// What of the peer's series is not on our page of this machine, or with another type.
fn missing(peer: &Page, ours: &Page, differences: &Differences) -> BTreeSet<String> {
    let series = peer.values.keys().filter(|series| differences.of(LIVE, series).is_none());
    series.filter_map(|series| lack(series, peer, ours)).collect()
}

#[test]
fn node_exporter_series_match_on_this_machine() {
    let differences = Differences::read();
    let (peer, ours) = (Peer::start(&[]), start(&[]));
    let mut unmet = BTreeSet::new();
    let mut lacking = BTreeSet::new();
    for round in 0..ROUNDS {
        // What changes while the pages are made lies between the peer's two.
        let before = peer.scrape();
        let now = Page::read(ours.scrape().text());
        let after = peer.scrape();
        let met = |series: &Series| {
            let known = |page: &Page| page.value(series);
            let (Some(a), Some(value), Some(b)) = (known(&before), known(&now), known(&after))
            else {
                // It is not there for good: a device that has come or gone.
                return known(&before).is_none() || known(&after).is_none();
            };
            let slack = a.abs().max(b.abs()) * 0.01;
            (a.min(b) - slack..=a.max(b) + slack).contains(&value)
        };
        let (first, again) =
            (missing(&before, &now, &differences), missing(&after, &now, &differences));
        lacking = first.intersection(&again).cloned().collect();
        if round == 0 {
            let compared = |it: &&Series| differences.of(LIVE, it).is_none();
            unmet = before.values.keys().filter(compared).cloned().collect();
            assert!(unmet.len() > 100, "node_exporter exposes next to nothing");
        }
        unmet.retain(|series| !met(series));
        if unmet.is_empty() && lacking.is_empty() {
            return;
        }
    }
    assert!(lacking.is_empty(), "{lacking:#?}");
    let unmet: Vec<_> = unmet.iter().map(shown).collect();
    panic!("never with the value of node_exporter: {unmet:#?}");
}

#[test]
fn node_exporter_series_match_on_other_machines() {
    let differences = Differences::read();
    let (mut wrong, mut needed) = (BTreeSet::new(), BTreeSet::new());
    for machine in FIXTURES {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(machine);
        let args = paths(&root);
        // By default it asks the machine that it runs on for network devices.
        let files = [&args[..], &["--no-collector.netdev.netlink".to_owned()]].concat();
        let mut peer = Peer::start(&files).scrape();
        assert!(peer.values.len() > 100, "node_exporter exposes next to nothing");
        let ours = start(&args.iter().map(String::as_str).collect::<Vec<_>>());
        let ours = Page::read(ours.scrape().text());
        // What asks the system that it runs on, whatever the roots; and the mounts are not there.
        let live = ["node_time_", "node_timex_", "node_uname", "node_filesystem_", "node_selinux_"];
        peer.values.retain(|(name, _), _| !live.iter().any(|it| name.starts_with(it)));
        for (series, theirs) in &peer.values {
            let differs = lack(series, &peer, &ours).or_else(|| {
                let value = ours.value(series)?;
                let is_other = (value - theirs).abs() > theirs.abs() * 1e-9;
                is_other.then(|| format!("{} is {value} and not {theirs}", shown(series)))
            });
            match (differs, differences.of(machine, series)) {
                (None, None) => {}
                (Some(differs), None) => drop(wrong.insert(format!("{machine}: {differs}"))),
                (Some(_), Some(known)) => drop(needed.insert(&known.line)),
                // A pattern that is too wide hides what will be wrong one day.
                (None, Some(_)) => {
                    wrong.insert(format!("{machine}: {} does not differ", shown(series)));
                }
            }
        }
    }
    let is_needed = |it: &&Difference| it.places == [LIVE] || needed.contains(&it.line);
    let others = differences.0.iter().filter(|it| !is_needed(it));
    wrong.extend(others.map(|it| format!("nothing differs by {}", it.line)));
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn paths(root: &Path) -> Vec<String> {
    let path = |flag: &str, folder: &str| -> String {
        let folder: PathBuf = root.join(folder);
        format!("--path.{flag}={}", folder.display())
    };
    vec![
        path("procfs", "proc"),
        path("sysfs", "sys"),
        path("rootfs", "rootfs"),
        path("udev.data", "udev"),
    ]
}
