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

use crate::flags;
use crate::process;
use crate::server::{Server, free_port};
use crate::workspace::Workspace;
use load::{Client, Process};
use table::Row;

/// Rounds of each exporter, taken in turn so that a drift of the machine meets both.
const ROUNDS: usize = 7;

/// Scrapes in a round: enough that the clock's grain does not show.
const SCRAPES: u32 = 4000;

/// One exporter to measure.
struct Contender {
    name: &'static str,
    program: PathBuf,
    /// Scrapers at once, each on a connection that it keeps.
    clients: u32,
    /// What its page must hold, so that it is the page that is meant.
    sample: &'static str,
}

/// Measures and prints the table.
///
/// # Errors
/// Something that is measured is missing or does not answer.
pub(crate) fn run(workspace: &Workspace, flags: &flags::Bench) -> Result<()> {
    ensure!(cfg!(target_os = "linux"), "the figures come from /proc: run this on Linux");
    let contenders = match flags.what.as_deref() {
        None | Some("host") => host(workspace, flags.setup)?,
        Some("kit") => kit(workspace, flags.setup)?,
        Some(other) => bail!("{other:?} cannot be measured; give host or kit"),
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
    let contender =
        |name, program| Contender { name, program, clients: 1, sample: "sys_mem_usage " };
    Ok(vec![contender("exporter-linux", ours), contender("Go: client_golang + gopsutil", go)])
}

/// A page of 500 gauges with two labels from the kit against promhttp's.
fn kit(workspace: &Workspace, setup: bool) -> Result<Vec<Contender>> {
    let target = "x86_64-unknown-linux-musl";
    let mut build = Command::new(workspace.cargo());
    build.current_dir(workspace.root());
    build.args(["build", "--locked", "--profile", "shipped", "--target", target]);
    build.args(["-p", "exporter-kit", "--example", "gauges"]);
    process::run(&mut build, &workspace.target().join("bench/gauges.log"))
        .with_context(|| format!("this needs `rustup target add {target}`"))?;
    let ours = workspace.target().join(target).join("shipped/examples/gauges");
    let go = go::build(workspace, "go-gauges", setup)?;
    let contender = |name, program| Contender { name, program, clients: 4, sample: "demo_value{" };
    Ok(vec![contender("exporter-kit, 500 gauges", ours), contender("Go: promhttp", go)])
}

fn contend(workspace: &Workspace, contenders: Vec<Contender>) -> Result<Vec<Row>> {
    let mut running = Vec::new();
    for contender in contenders {
        running.push(start(&workspace.target().join("bench"), contender)?);
    }
    for round in 1..=ROUNDS {
        eprintln!("[{round}/{ROUNDS}] {SCRAPES} scrapes of each");
        for (_, clients, row) in &mut running {
            let before = row.process.cpu()?;
            row.latencies.extend(load(clients)?);
            let spent = row.process.cpu()?.saturating_sub(before);
            row.cpu.push(spent / SCRAPES);
        }
    }
    let finish = |(_server, _clients, mut row): (Server, Vec<Client>, Row)| {
        row.resident_after = row.process.resident()?;
        Ok(row)
    };
    running.into_iter().map(finish).collect()
}

fn start(folder: &Path, contender: Contender) -> Result<(Server, Vec<Client>, Row)> {
    let Contender { name, program, clients, sample } = contender;
    let port = free_port()?;
    let mut command = Command::new(&program);
    command.arg(format!("--web.listen-address=127.0.0.1:{port}"));
    let mut server = Server::start(&mut command, &folder.join(format!("{port}.log")))?;
    let first = server.wait_for(Duration::from_secs(10), || Client::connect(port))?;
    let process = Process::new(server.id());
    let resident = process.resident()?;
    ensure!(first.scrape()?.contains(&format!("\n{sample}")), "{name} has no {sample}");
    let more = (1..clients).map(|_| Client::connect(port));
    let clients = [Ok(first)].into_iter().chain(more).collect::<Result<Vec<_>>>()?;
    let size = program.metadata().with_context(|| format!("{name} is gone"))?.len();
    Ok((server, clients, Row::new(name, size, resident, process)))
}

/// One round: all clients at once, the scrapes shared out among them; how long each took.
fn load(clients: &[Client]) -> Result<Vec<Duration>> {
    let each = SCRAPES as usize / clients.len();
    let scrape_all = |client: &Client| -> Result<Vec<Duration>> {
        let timed = || {
            let begun = Instant::now();
            client.scrape().map(|_| begun.elapsed())
        };
        (0..each).map(|_| timed()).collect()
    };
    thread::scope(|scope| {
        let threads: Vec<_> =
            clients.iter().map(|client| scope.spawn(move || scrape_all(client))).collect();
        let mut latencies = Vec::new();
        for thread in threads {
            let done = thread.join().map_err(|_| anyhow::anyhow!("a client has panicked"))?;
            latencies.extend(done?);
        }
        Ok(latencies)
    })
}
