//! The whole exporter on the kernel files of other machines, `tests/fixtures`: its pages are those in
//! `tests/golden`, which `UPDATE_GOLDEN=1` writes; and a damaged file costs at most its collector.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use exporter_kit::testing::Running;
use serde_json::Value;

use crate::process::{run, start};

const MACHINES: [&str; 4] = ["arm64", "container", "debian12", "el7"];

/// What the program says of itself, as far as it matters here.
struct Described {
    json: Value,
    /// Collectors of the metrics that have been looked up: pages have thousands of lines.
    known: RefCell<HashMap<String, Option<String>>>,
}

impl Described {
    fn read() -> Self {
        let json = serde_json::from_slice(&run(&["--describe"]).stdout).unwrap();
        Self { json, known: RefCell::default() }
    }

    /// The collectors that read files alone, and those files. Others ask the system that they run
    /// on, whatever the roots.
    fn collectors(&self) -> BTreeMap<&str, Vec<&str>> {
        let all = self.json["collectors"].as_array().unwrap().iter().map(|collector| {
            // What the collector of this name reads on Windows comes behind a semicolon.
            let sources = collector["source"].as_str().unwrap().split("; ").next().unwrap();
            let sources = sources.split(", ").collect();
            (collector["name"].as_str().unwrap(), sources)
        });
        all.filter(|(_, sources): &(_, Vec<&str>)| {
            sources.iter().all(|source| {
                ["/proc/", "/sys/", "/etc/"].iter().any(|root| source.starts_with(root))
            })
        })
        .collect()
    }

    /// The collector of a line of a page; `None` for lines about the exporter itself.
    fn collector_of(&self, line: &str) -> Option<String> {
        let name = line.strip_prefix("# HELP ").or(line.strip_prefix("# TYPE ")).unwrap_or(line);
        let name = name.split([' ', '{']).next().unwrap();
        if let Some(known) = self.known.borrow().get(name) {
            return known.clone();
        }
        let collector = self.find_collector(name);
        self.known.borrow_mut().insert(name.to_owned(), collector.clone());
        collector
    }

    fn find_collector(&self, name: &str) -> Option<String> {
        let families = |list: &str| self.json[list].as_array().unwrap().iter();
        let name_of = |family: &Value| family["name"].as_str().unwrap().to_owned();
        let group_of = |family: &Value| family["group"].as_str().unwrap().to_owned();
        let group =
            families("metrics").find(|it| name_of(it) == name).map(group_of).or_else(|| {
                // One collector's pattern may be the beginning of another's.
                let matches = |it: &&Value| name.starts_with(name_of(it).trim_end_matches('*'));
                let longest =
                    families("patterns").filter(matches).max_by_key(|it| name_of(it).len());
                longest.map(group_of)
            });
        let group = group.unwrap_or_else(|| panic!("{name} is not described"));
        self.collectors().contains_key(group.as_str()).then_some(group)
    }
}

fn fixture(machine: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(machine)
}

/// The exporter on a machine's files, with every collector that reads files alone.
fn start_on(root: &Path, described: &Described) -> Running {
    let names: Vec<_> = described.collectors().into_keys().collect();
    let path = |flag: &str, folder: &str| format!("--path.{flag}={}", root.join(folder).display());
    let args = [
        path("procfs", "proc"),
        path("sysfs", "sys"),
        path("rootfs", "rootfs"),
        path("udev.data", "udev"),
        format!("--collectors.enabled={}", names.join(",")),
    ];
    start(&args.each_ref().map(String::as_str))
}

#[test]
fn pages_of_other_machines_are_as_kept() {
    let described = Described::read();
    let mut differ = Vec::new();
    for machine in MACHINES {
        let page = start_on(&fixture(machine), &described).scrape();
        let of_collectors = |line: &&str| {
            described.collector_of(line).is_some() || line.contains("scrape_collector_success")
        };
        let lines = page.text().lines().filter(of_collectors);
        // A label of rapl holds the path.
        let root = fixture(machine).display().to_string();
        let found: String = lines.map(|line| format!("{}\n", line.replace(&root, ""))).collect();
        let golden =
            Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/{machine}.prom"));
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::create_dir_all(golden.parent().unwrap()).unwrap();
            fs::write(&golden, &found).unwrap();
        }
        let kept = fs::read_to_string(&golden).unwrap_or_default();
        let (kept, found): (BTreeSet<_>, BTreeSet<_>) =
            (kept.lines().collect(), found.lines().collect());
        differ.extend(kept.difference(&found).map(|line| format!("{machine}: - {line}")));
        differ.extend(found.difference(&kept).map(|line| format!("{machine}: + {line}")));
    }
    assert!(differ.is_empty(), "UPDATE_GOLDEN=1 takes these over:\n{}", differ.join("\n"));
}

/// What may become of a file: cut off, empty, no text, without its fields, with numbers that no type
/// holds.
fn damages(content: &[u8]) -> [Vec<u8>; 5] {
    let digits = |byte: &u8| if byte.is_ascii_digit() { vec![*byte; 40] } else { vec![*byte] };
    [
        content[..content.len() / 2].to_vec(),
        Vec::new(),
        (0..=255).cycle().take(content.len().min(3000)).collect(),
        content.iter().map(|byte| if *byte == b' ' { b'\n' } else { *byte }).collect(),
        content.iter().flat_map(digits).collect(),
    ]
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        match entry.file_type().unwrap() {
            kind if kind.is_dir() => files.extend(files_below(&entry.path())),
            kind if kind.is_file() => files.push(entry.path()),
            _ => {}
        }
    }
    files.sort();
    files
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap() {
            kind if kind.is_dir() => copy(&entry.path(), &target),
            #[cfg(unix)]
            kind if kind.is_symlink() => {
                std::os::unix::fs::symlink(fs::read_link(entry.path()).unwrap(), target).unwrap();
            }
            _ => drop(fs::copy(entry.path(), target).unwrap()),
        }
    }
}

/// The samples of each collector.
fn samples<'a>(page: &'a str, described: &Described) -> BTreeMap<String, Vec<&'a str>> {
    let mut samples = BTreeMap::<_, Vec<_>>::new();
    for line in page.lines().filter(|line| !line.starts_with('#')) {
        if let Some(collector) = described.collector_of(line) {
            samples.entry(collector).or_default().push(line);
        }
    }
    samples
}

#[test]
fn a_damaged_file_costs_at_most_its_collector() {
    let described = Described::read();
    // Each kind of damage on one of two machines.
    for (machine, kinds) in [("el7", &[0, 2, 4][..]), ("debian12", &[1, 3])] {
        let temporary = tempfile::tempdir().unwrap();
        copy(&fixture(machine), temporary.path());
        let exporter = start_on(temporary.path(), &described);
        let whole = exporter.scrape();
        let whole = samples(whole.text(), &described);
        let numbered = |path: &&PathBuf| {
            let first = path.strip_prefix(temporary.path().join("proc")).unwrap().iter().next();
            first.unwrap().to_str().unwrap().parse::<u32>().is_ok()
        };
        let proc = files_below(&temporary.path().join("proc"));
        for path in proc.iter().filter(|path| !numbered(path)) {
            let name = format!("/{}", path.strip_prefix(temporary.path()).unwrap().display());
            let content = fs::read(path).unwrap();
            for kind in kinds {
                fs::write(path, &damages(&content)[*kind]).unwrap();
                let page = exporter.scrape();
                let left = samples(page.text(), &described);
                for (collector, sources) in described.collectors() {
                    let reads_it = sources.iter().any(|source| name.starts_with(source));
                    let same = left.get(collector) == whole.get(collector);
                    assert!(reads_it || same, "{machine}: {name} costs {collector}");
                }
            }
            fs::write(path, content).unwrap();
            // Counters that were held have to be let go.
            exporter.scrape();
        }
        // Of sysfs, which has thousands, all at once.
        let sys = files_below(&temporary.path().join("sys"));
        let contents: Vec<_> = sys.iter().map(|path| fs::read(path).unwrap()).collect();
        for kind in kinds {
            for (path, content) in sys.iter().zip(&contents) {
                fs::write(path, &damages(content)[*kind]).unwrap();
            }
            let page = exporter.scrape();
            let left = samples(page.text(), &described);
            for (collector, sources) in described.collectors() {
                let reads_sys = sources.iter().any(|source| source.starts_with("/sys/"));
                assert!(reads_sys || left.get(collector) == whole.get(collector), "{collector}");
            }
        }
        let log = exporter.kill();
        assert!(!log.contains("panicked"), "{machine}: {log}");
    }
}
