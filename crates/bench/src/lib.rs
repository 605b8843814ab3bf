//! Measures exporters side by side in one run. Nothing here passes or fails; the medians are for
//! people to read.

#![allow(clippy::print_stderr, reason = "progress of a command-line tool")]

#[cfg(all(test, target_os = "linux"))]
#[expect(dead_code, reason = "main is for the program")]
#[path = "../floor/main.rs"]
mod floor;
mod load;
pub mod machine;
mod replay;
pub mod table;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use std::{fs, iter};

use anyhow::{Context, Result, ensure};
use bkpack::server::{Server, free_port, get, sample};
use serde_json::{Value, json};

pub use self::load::Client;
use self::load::{Process, load};
use self::table::Row;

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
#[derive(Clone, Debug, Default)]
pub struct Contender {
    /// Its names, and what is measured of it.
    pub row: Row,
    /// The executable.
    pub program: PathBuf,
    /// Its arguments, without the address that it listens on.
    pub arguments: Vec<String>,
    /// Number of concurrent scrapers, each with a keep-alive connection.
    pub clients: usize,
    /// Series that its page must contain, as a check that it is the right page.
    pub series: &'static [&'static str],
    /// Whether its page counts memory allocations and runs of its collector.
    pub is_counting: bool,
    /// Whether the scrapers have different timeouts, so that none of their scrapes share a run.
    pub is_unshared: bool,
}

/// Starts and scrapes every contender, and returns what was measured of each. Logs go to `folder`.
///
/// # Errors
/// An exporter does not start, or does not answer.
pub fn contend(folder: &Path, mut contenders: Vec<Contender>) -> Result<Vec<Row>> {
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

/// The figures as JSON.
#[must_use]
pub fn to_json(rows: &[Row]) -> Value {
    json!({
        "starts": STARTS,
        "rounds": ROUNDS,
        "round_seconds": ROUND.as_secs(),
        "rows": table::to_json(rows),
    })
}

/// How the figures of the large machines grow.
#[must_use]
pub fn growth(rows: &[Row]) -> String {
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

/// Records what an exporter sends and asks the kernel for at a scrape: the arguments of the floor.
///
/// # Errors
/// strace is missing, or the exporter does not answer.
pub fn record(program: &Path, arguments: &[String], folder: &Path) -> Result<Vec<String>> {
    fs::create_dir_all(folder).with_context(|| format!("make {}", folder.display()))?;
    let ours = Contender {
        program: program.to_owned(),
        arguments: arguments.to_vec(),
        clients: 1,
        ..Contender::default()
    };
    let (server, _, mut client) = ours.start(&folder.join("recorded.log"))?;
    let answer = folder.join("answer");
    fs::write(&answer, client.scrape()?).with_context(|| format!("write {}", answer.display()))?;
    let calls = replay::record(server.id(), &mut client, folder)?;
    Ok([answer, calls].map(|path| path.display().to_string()).to_vec())
}

/// Records what an exporter sends: the arguments of a floor that does nothing else.
///
/// # Errors
/// The exporter does not answer.
pub fn record_answer(exporter: Contender, folder: &Path) -> Result<Vec<String>> {
    let (_server, _, mut client) = exporter.start(&folder.join("recorded.log"))?;
    let [answer, calls] = ["gauges-answer", "no-calls"].map(|name| folder.join(name));
    fs::write(&answer, client.scrape()?).with_context(|| format!("write {}", answer.display()))?;
    fs::write(&calls, "").with_context(|| format!("write {}", calls.display()))?;
    Ok([answer, calls].map(|path| path.display().to_string()).to_vec())
}

impl Contender {
    /// Starts the exporter: its port, and a scraper that has scraped once.
    ///
    /// # Errors
    /// It does not start, or does not answer in ten seconds.
    pub fn start(&self, log: &Path) -> Result<(Server, u16, Client)> {
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
