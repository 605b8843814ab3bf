//! Figures, measured side by side in one run. Nothing here passes or fails; the medians are for
//! people to read.

mod go;
mod load;
mod table;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::flags::Subject;
use crate::server::{Server, free_port, sample};
use crate::workspace::Workspace;
use crate::{dist, flags};
use load::{Client, Process};
use table::Row;

/// Rounds of each exporter, taken in turn so that a drift of the machine meets both.
const ROUNDS: usize = 7;

/// Scrapes in a round: enough that the clock's grain does not show.
const SCRAPES: u32 = 4000;

/// One exporter to measure.
struct Contender {
    name: String,
    program: PathBuf,
    arguments: Vec<String>,
    /// Scrapers at once, each on a connection that it keeps.
    clients: u32,
    /// What its page must hold, so that it is the page that is meant.
    sample: &'static str,
    /// Whether its page tells how often it has allocated memory and run its collector.
    is_counting: bool,
}

/// Measures and prints the table.
///
/// # Errors
/// Something that is measured is missing or does not answer.
pub(crate) fn run(workspace: &Workspace, flags: &flags::Bench) -> Result<()> {
    ensure!(cfg!(target_os = "linux"), "the figures come from /proc: run this on Linux");
    let contenders = match flags.what {
        None | Some(Subject::Host) => host(workspace, flags.setup)?,
        Some(Subject::Kit) => kit(workspace, flags.setup)?,
    };
    let rows = contend(workspace, contenders)?;
    print!("{}", table::render(&rows, ROUNDS * SCRAPES as usize));
    Ok(())
}

/// The packaged `exporter-linux` against the same exporter written in Go.
fn host(workspace: &Workspace, setup: bool) -> Result<Vec<Contender>> {
    let ours = workspace.target().join("dist/stage/hostexporter/exporter-linux");
    ensure!(ours.is_file(), "there is no exporter-linux: run `cargo xtask dist` first");
    let go = go::build(workspace, "go-example", setup)?;
    let contender = |name: &str, program| Contender {
        name: name.to_owned(),
        program,
        arguments: Vec::new(),
        clients: 1,
        sample: "sys_mem_usage",
        is_counting: false,
    };
    Ok(vec![contender("exporter-linux", ours), contender("Go: client_golang + gopsutil", go)])
}

/// Pages of 500 and 5,000 gauges with two labels from the kit, built by each route, against
/// promhttp's; and the smallest exporter there is. With one scraper every scrape is a run of its
/// own; of four at once some share one.
fn kit(workspace: &Workspace, setup: bool) -> Result<Vec<Contender>> {
    let go = go::build(workspace, "go-gauges", setup)?;
    let contender = |name: String, program: &Path, count: Option<u32>, clients| Contender {
        name,
        program: program.to_owned(),
        arguments: count.map(|count| format!("--gauges.count={count}")).into_iter().collect(),
        clients,
        sample: if count.is_some() { "demo_value" } else { "queue_depth" },
        is_counting: false,
    };
    let mut contenders = Vec::new();
    for (route, programs) in dist::build_by_each_route(workspace, setup, &["gauges", "minimal"])? {
        let [gauges, minimal] = programs.as_slice() else { bail!("two examples are built") };
        for (count, clients) in [(500, 4), (500, 1), (5000, 4)] {
            let name = format!("kit, {route} route, {count} gauges, {clients} scrapers");
            let contender = contender(name, gauges, Some(count), clients);
            contenders.push(Contender { is_counting: true, ..contender });
        }
        contenders.push(contender(format!("kit, {route} route, minimal"), minimal, None, 4));
    }
    for clients in [1, 4] {
        let name = format!("Go: promhttp, 500 gauges, {clients} scrapers");
        contenders.push(contender(name, &go, Some(500), clients));
    }
    Ok(contenders)
}

fn contend(workspace: &Workspace, contenders: Vec<Contender>) -> Result<Vec<Row>> {
    let mut running: Vec<Running> = Vec::new();
    for contender in contenders {
        running.push(start(&workspace.target().join("bench"), contender)?);
    }
    for round in 1..=ROUNDS {
        eprintln!("[{round}/{ROUNDS}] {SCRAPES} scrapes of each");
        for Running { clients, row, is_counting, .. } in &mut running {
            let before = is_counting.then(|| count(&mut clients[0])).transpose()?;
            let cpu = row.process.cpu()?;
            row.latencies.extend(load(clients)?);
            row.cpu.push(row.process.cpu()?.saturating_sub(cpu) / SCRAPES);
            let Some(before) = before else { continue };
            let now = count(&mut clients[0])?;
            // The scrape that asks for the numbers is one more.
            let [allocations, runs] = [0, 1].map(|n| (now[n] - before[n]) / f64::from(SCRAPES + 1));
            row.allocations.push(allocations);
            row.runs.push(runs);
        }
    }
    let finish = |Running { mut row, .. }: Running| {
        row.resident_after = row.process.resident()?;
        Ok(row)
    };
    running.into_iter().map(finish).collect()
}

/// A contender at work, ended when dropped.
struct Running {
    _server: Server,
    clients: Vec<Client>,
    row: Row,
    is_counting: bool,
}

fn start(folder: &Path, contender: Contender) -> Result<Running> {
    let Contender { name, program, arguments, clients, sample, is_counting } = contender;
    let port = free_port()?;
    let mut command = Command::new(&program);
    command.args(arguments).arg(format!("--web.listen-address=127.0.0.1:{port}"));
    let mut server = Server::start(&mut command, &folder.join(format!("{port}.log")))?;
    let mut first = server.wait_for(Duration::from_secs(10), || Client::connect(port))?;
    let process = Process::new(server.id());
    let resident = process.resident()?;
    let page = String::from_utf8_lossy(first.scrape()?);
    ensure!(page.contains(&format!("\n{sample}")), "{name} has no {sample}");
    let more = (1..clients).map(|_| Client::connect(port));
    let clients = [Ok(first)].into_iter().chain(more).collect::<Result<Vec<_>>>()?;
    let size = program.metadata().with_context(|| format!("{name} is gone"))?.len();
    let row = Row::new(name, size, resident, process, clients.len());
    Ok(Running { _server: server, clients, row, is_counting })
}

/// How often the exporter has so far allocated memory, and run its collector, by its own page.
fn count(client: &mut Client) -> Result<[f64; 2]> {
    let page = String::from_utf8_lossy(client.scrape()?);
    let value = |series| sample(&page, series).with_context(|| format!("no {series} on the page"));
    Ok([value("demo_allocations_total")?, value("demo_runs_total")?])
}

/// One round: all clients at once, the scrapes shared out among them; how long each took.
fn load(clients: &mut [Client]) -> Result<Vec<Duration>> {
    let each = SCRAPES as usize / clients.len();
    let scrape_all = |client: &mut Client| -> Result<Vec<Duration>> {
        let timed = || {
            let begun = Instant::now();
            client.scrape().map(|_| begun.elapsed())
        };
        std::iter::repeat_with(timed).take(each).collect()
    };
    thread::scope(|scope| {
        let threads: Vec<_> =
            clients.iter_mut().map(|client| scope.spawn(move || scrape_all(client))).collect();
        let mut latencies = Vec::new();
        for thread in threads {
            let done = thread.join().map_err(|_| anyhow::anyhow!("a client has panicked"))?;
            latencies.extend(done?);
        }
        Ok(latencies)
    })
}
