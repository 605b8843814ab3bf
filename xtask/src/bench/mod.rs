//! Figures, measured side by side in one run. Nothing here passes or fails; the medians are for
//! people to read.

#[cfg(all(test, target_os = "linux"))]
#[expect(dead_code, reason = "main is for the program")]
#[path = "../../bench/floor/main.rs"]
mod floor;
mod load;
mod machine;
mod peers;
mod replay;
mod table;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use std::{fs, iter};

use anyhow::{Context, Result, bail, ensure};
use serde_json::json;

use crate::flags::Subject;
use crate::workspace::Workspace;
use crate::{dist, flags};
use bkpack::process;
use bkpack::server::{Server, free_port, get, sample};
use load::{Client, Process, load};
use machine::Size;
use table::Row;

/// Starts of each exporter, before the rounds.
const STARTS: usize = 7;

/// Rounds of each exporter, interleaved so that a drift of the machine affects all of them.
const ROUNDS: usize = 7;

/// How long each exporter is scraped in a round. A time, not a number of scrapes: the hundredths of
/// a second that CPU time is counted in are as small a part for the fastest as for the slowest.
const ROUND: Duration = Duration::from_secs(2);

/// How often a starting exporter is asked: the grain of the time that a start takes.
const POLL: Duration = Duration::from_micros(100);

/// One exporter in one scenario.
#[derive(Clone)]
struct Contender {
    /// Its names, and what is measured of it.
    row: Row,
    program: PathBuf,
    arguments: Vec<String>,
    /// Number of concurrent scrapers, each with a keep-alive connection.
    clients: usize,
    /// Series that its page must contain, as a check that it is the right page.
    series: &'static [&'static str],
    /// Whether its page counts memory allocations and runs of its collector.
    is_counting: bool,
    /// Whether the scrapers have different timeouts, so that none of their scrapes share a run.
    is_unshared: bool,
}

/// Measures, prints the table, and writes the same figures as JSON.
///
/// # Errors
/// Something that is measured is missing or does not answer.
pub(crate) fn run(workspace: &Workspace, flags: &flags::Bench) -> Result<()> {
    ensure!(cfg!(target_os = "linux"), "the figures come from /proc: run this on Linux");
    let folder = workspace.target().join("bench");
    fs::create_dir_all(&folder).with_context(|| format!("make {}", folder.display()))?;
    let (file, contenders) = match flags.what {
        None | Some(Subject::Host) => ("host.json", host(workspace, &folder, flags.setup)?),
        Some(Subject::Kit) => ("kit.json", kit(workspace, &folder, flags)?),
    };
    let rows = contend(&folder, contenders)?;
    print!("{}{}", table::render(&rows), growth(&rows));
    let file = folder.join(file);
    let figures = json!({
        "starts": STARTS,
        "rounds": ROUNDS,
        "round_seconds": ROUND.as_secs(),
        "rows": table::to_json(&rows),
    });
    fs::write(&file, format!("{figures:#}\n"))
        .with_context(|| format!("write {}", file.display()))?;
    eprintln!("\n{}", workspace.shown(&file));
    Ok(())
}

/// The packaged `exporter-linux` against Debian's node_exporter: with the same three collectors, and
/// with the defaults of each. What ours reads and sends is also measured alone, and ours on machines
/// that are large.
fn host(workspace: &Workspace, folder: &Path, setup: bool) -> Result<Vec<Contender>> {
    let program = workspace.target().join("dist/stage/hostexporter/exporter-linux");
    ensure!(program.is_file(), "exporter-linux is missing: run `cargo xtask dist` first");
    let node_exporter = peers::node_exporter(folder, setup)?;
    let floor = peers::floor(workspace, folder)?;
    peers::strace(folder, setup)?;
    let three = ["disable-defaults", "loadavg", "meminfo", "cpu"];
    let three = three.map(|name| format!("--collector.{name}"));
    let mut contenders = Vec::new();
    for (collectors, arguments) in [("loadavg, meminfo, cpu", &three[..]), ("defaults", &[])] {
        let files = record(&program, arguments, &folder.join(collectors))?;
        for clients in [1, 4] {
            let scenario = format!("{collectors}; {}", scrapers(clients));
            let ours = Contender {
                row: Row::new(&scenario, "exporter-linux", false),
                program: program.clone(),
                arguments: arguments.to_vec(),
                clients,
                series: &["node_load1", "node_memory_MemTotal_bytes", "node_cpu_seconds_total"],
                is_counting: false,
                is_unshared: false,
            };
            let peer = |name, program: &Path, arguments| Contender {
                row: Row::new(&scenario, name, true),
                program: program.to_owned(),
                arguments,
                ..ours.clone()
            };
            let theirs = peer(peers::NODE_EXPORTER, &node_exporter, arguments.to_vec());
            let floor = peer("the floor", &floor, files.clone());
            contenders.extend([ours, theirs, floor]);
        }
    }
    contenders.extend(large(&program, folder)?);
    Ok(contenders)
}

/// Records what an exporter sends and asks the kernel for at a scrape: the arguments of the floor.
fn record(program: &Path, arguments: &[String], folder: &Path) -> Result<Vec<String>> {
    fs::create_dir_all(folder).with_context(|| format!("make {}", folder.display()))?;
    let ours = Contender {
        row: Row::default(),
        program: program.to_owned(),
        arguments: arguments.to_vec(),
        clients: 1,
        series: &[],
        is_counting: false,
        is_unshared: false,
    };
    let (server, _, mut client) = ours.start(&folder.join("recorded.log"))?;
    let answer = folder.join("answer");
    fs::write(&answer, client.scrape()?).with_context(|| format!("write {}", answer.display()))?;
    let calls = replay::record(server.id(), &mut client, folder)?;
    Ok([answer, calls].map(|path| path.display().to_string()).to_vec())
}

/// The defaults of ours on machines of which the second has ten times as much as the first.
fn large(program: &Path, folder: &Path) -> Result<Vec<Contender>> {
    let sizes = [100, 1000].map(|tens| Size {
        file_systems: tens * 10,
        devices: tens * 5,
        cpus: tens * 512 / 1000,
    });
    let make = |size: Size| {
        let Size { file_systems, devices, cpus } = size;
        let root = folder.join(format!("machine-{file_systems}"));
        if root.exists() {
            fs::remove_dir_all(&root).with_context(|| format!("remove {}", root.display()))?;
        }
        machine::make(&root, size)?;
        let path = |flag, name| format!("--path.{flag}={}", root.join(name).display());
        let scenario = format!("{file_systems} file systems, {devices} devices, {cpus} CPUs");
        let contender = Contender {
            row: Row::new(&scenario, "exporter-linux", false),
            program: program.to_owned(),
            arguments: vec![path("procfs", "proc"), path("sysfs", "sys"), path("rootfs", "rootfs")],
            clients: 1,
            series: &[],
            is_counting: false,
            is_unshared: false,
        };
        let (_server, _, mut client) = contender.start(&folder.join("large.log"))?;
        let page = String::from_utf8_lossy(client.scrape()?).into_owned();
        for (series, expected) in [
            ("node_filesystem_size_bytes{", file_systems + 1),
            ("node_network_receive_bytes_total{", devices),
            ("node_network_mtu_bytes{", devices),
            ("node_schedstat_running_seconds_total{", cpus),
            ("node_softnet_processed_total{", cpus),
            ("node_cpu_seconds_total{", cpus * 8),
        ] {
            let found = page.lines().filter(|line| line.starts_with(series)).count();
            ensure!(found == expected, "{found} of {expected} series {series} are on the page");
        }
        Ok(contender)
    };
    sizes.into_iter().map(make).collect()
}

/// How the figures of the large machines grow.
fn growth(rows: &[Row]) -> String {
    let large: Vec<_> = rows.iter().filter(|row| row.is_large()).collect();
    let [small, large] = large[..] else { return String::new() };
    let cpu = table::median(&large.cpu).zip(table::median(&small.cpu));
    let times = cpu.map_or(f64::NAN, |(large, small)| large / small);
    let peak = table::median(&large.peak).map_or(f64::NAN, |peak| peak / large.page);
    format!(
        "Ten times as much of all takes {times:.1} times the CPU; peak memory is {peak:.1} times \
         the page.\n"
    )
}

/// Pages of 500 and 5,000 gauges with two labels from the kit, built by each route, against
/// promhttp's and against a bare server that sends the same bytes; and the smallest exporter there
/// is. With one scraper every scrape is a run of its own; of four at once some share one, unless
/// their timeouts differ.
fn kit(workspace: &Workspace, folder: &Path, flags: &flags::Bench) -> Result<Vec<Contender>> {
    let go = peers::go_gauges(workspace, folder, flags.setup)?;
    let gauges = |name: &str, program: &Path, count: u32, clients, is_peer| Contender {
        row: Row::new(&format!("{count} gauges; {}", scrapers(clients)), name, is_peer),
        program: program.to_owned(),
        arguments: vec![format!("--gauges.count={count}")],
        clients,
        series: &["demo_value"],
        is_counting: !is_peer,
        is_unshared: false,
    };
    let mut contenders = Vec::new();
    let routes = dist::build_by_each_route(workspace, flags.setup, &["gauges", "minimal"])?;
    for (route, programs) in &routes {
        let [program, minimal] = programs.as_slice() else { bail!("two examples are built") };
        let name = format!("kit, {route} route");
        for (count, clients) in [(500, 4), (500, 1), (5000, 4)] {
            contenders.push(gauges(&name, program, count, clients, false));
        }
        let unshared = gauges(&name, program, 500, 4, false);
        let row = Row::new("500 gauges; 4 scrapers, no run is shared", &name, false);
        contenders.push(Contender { row, is_unshared: true, ..unshared });
        contenders.push(Contender {
            row: Row::new(&format!("minimal; {}", scrapers(4)), &name, false),
            arguments: Vec::new(),
            series: &["queue_depth"],
            is_counting: false,
            ..gauges(&name, minimal, 0, 4, false)
        });
    }
    if let Some(revision) = &flags.against {
        let old = check_out(workspace, folder, revision)?;
        for (route, programs) in dist::build_by_each_route(&old, flags.setup, &["gauges"])? {
            let name = format!("{revision}, {route} route");
            for clients in [1, 4] {
                contenders.push(gauges(&name, &programs[0], 500, clients, false));
            }
        }
    }
    let (_, programs) = routes.first().context("no route builds examples")?;
    let floor = peers::floor(workspace, folder)?;
    let canned = record_answer(gauges("recorded", &programs[0], 500, 1, false), folder)?;
    for clients in [1, 4] {
        contenders.push(gauges("promhttp", &go, 500, clients, true));
        let row = Row::new(&format!("500 gauges; {}", scrapers(clients)), "the floor", true);
        contenders.push(Contender {
            row,
            arguments: canned.clone(),
            ..gauges("", &floor, 500, clients, true)
        });
    }
    Ok(contenders)
}

/// Records what an exporter sends: the arguments of a floor that does nothing else.
fn record_answer(exporter: Contender, folder: &Path) -> Result<Vec<String>> {
    let (_server, _, mut client) = exporter.start(&folder.join("recorded.log"))?;
    let [answer, calls] = ["gauges-answer", "no-calls"].map(|name| folder.join(name));
    fs::write(&answer, client.scrape()?).with_context(|| format!("write {}", answer.display()))?;
    fs::write(&calls, "").with_context(|| format!("write {}", calls.display()))?;
    Ok([answer, calls].map(|path| path.display().to_string()).to_vec())
}

/// A copy of the workspace as it was at this revision.
fn check_out(workspace: &Workspace, folder: &Path, revision: &str) -> Result<Workspace> {
    let copy = folder.join("against");
    if !copy.is_dir() {
        let mut clone = Command::new("git");
        clone.args(["clone", "--quiet", "--no-checkout"]).arg(workspace.root()).arg(&copy);
        process::run(&mut clone, &folder.join("clone.log"))?;
    }
    let mut fetch = Command::new("git");
    fetch.arg("-C").arg(&copy).args(["fetch", "--quiet", "--all", "--tags"]);
    process::run(&mut fetch, &folder.join("fetch.log"))?;
    let mut check_out = Command::new("git");
    check_out.arg("-C").arg(&copy).args(["checkout", "--quiet", "--detach", revision]);
    process::run(&mut check_out, &folder.join("checkout.log"))?;
    Ok(Workspace::at(&copy))
}

fn scrapers(clients: usize) -> String {
    format!("{clients} scraper{}", if clients == 1 { "" } else { "s" })
}

fn contend(folder: &Path, mut contenders: Vec<Contender>) -> Result<Vec<Row>> {
    let log = |number: usize| folder.join(format!("{number}.log"));
    eprintln!("{STARTS} starts of each");
    for _ in 0..STARTS {
        for (number, contender) in contenders.iter_mut().enumerate() {
            let begun = Instant::now();
            let (server, ..) = contender.start(&log(number))?;
            contender.row.start.push(begun.elapsed().as_secs_f64());
            contender.row.idle.push(Process(server.id()).resident()?);
        }
    }
    let running = contenders.into_iter().enumerate();
    let running = running.map(|(number, contender)| Running::begin(contender, &log(number)));
    let mut running: Vec<Running> = running.collect::<Result<_>>()?;
    for round in 1..=ROUNDS {
        eprintln!("[{round}/{ROUNDS}] {} s of scrapes of each", ROUND.as_secs());
        for Running { process, clients, row, is_counting, .. } in &mut running {
            let before = is_counting.then(|| count(&mut clients[0])).transpose()?;
            let cpu = process.cpu()?;
            let wall = load(clients, ROUND)?;
            let scrapes = wall.len() as f64;
            row.cpu.push((process.cpu()? - cpu) / scrapes);
            row.loaded.push(process.resident()?);
            row.wall.extend(wall);
            let Some(before) = before else { continue };
            let now = count(&mut clients[0])?;
            // The scrape that asks for the numbers is one more.
            let [allocations, runs] = [0, 1].map(|n| (now[n] - before[n]) / (scrapes + 1.0));
            row.allocations.push(allocations);
            row.runs.push(runs);
        }
    }
    for Running { process, row, .. } in &mut running {
        row.peak.push(process.peak()?);
    }
    Ok(running.into_iter().map(|running| running.row).collect())
}

impl Contender {
    /// Starts the exporter: its port, and a scraper that has scraped once.
    fn start(&self, log: &Path) -> Result<(Server, u16, Client)> {
        let port = free_port()?;
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).arg(format!("--web.listen-address=127.0.0.1:{port}"));
        let mut server = Server::start(&mut command, log)?;
        let limit = Duration::from_secs(10);
        let client = server.wait_for_every(POLL, limit, || Client::connect(port))?;
        Ok((server, port, client))
    }
}

/// A contender at work, ended when dropped.
struct Running {
    _server: Server,
    process: Process,
    clients: Vec<Client>,
    row: Row,
    is_counting: bool,
}

impl Running {
    fn begin(contender: Contender, log: &Path) -> Result<Self> {
        let (server, port, first) = contender.start(log)?;
        let Contender { mut row, program, clients, series, is_counting, is_unshared, .. } =
            contender;
        let page = get(&format!("http://127.0.0.1:{port}/metrics"))?;
        for series in series {
            ensure!(page.contains(&format!("\n{series}")), "{} has no {series}", row.name);
        }
        let is_sample = |line: &&str| !line.is_empty() && !line.starts_with('#');
        row.samples = page.lines().filter(is_sample).count() as f64;
        row.page = page.len() as f64;
        row.file = program.metadata().with_context(|| program.display().to_string())?.len() as f64;
        let more = (1..clients).map(|number| match is_unshared {
            true => {
                let timeout = format!("X-Prometheus-Scrape-Timeout-Seconds: {}\r\n", 10 + number);
                Client::connect_with(port, &timeout)
            }
            false => Client::connect(port),
        });
        let clients = iter::once(Ok(first)).chain(more).collect::<Result<_>>()?;
        let process = Process(server.id());
        Ok(Self { _server: server, process, clients, row, is_counting })
    }
}

/// How often the exporter has so far allocated memory, and run its collector, by its own page.
fn count(client: &mut Client) -> Result<[f64; 2]> {
    let page = String::from_utf8_lossy(client.scrape()?);
    let value = |series| sample(&page, series).with_context(|| format!("no {series} on the page"));
    Ok([value("demo_allocations_total")?, value("demo_runs_total")?])
}
