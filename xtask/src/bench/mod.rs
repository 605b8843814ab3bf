//! Figures, measured side by side in one run: the packaged `exporter-linux` against the same
//! exporter written in Go. Nothing here passes or fails; the medians are for people to read.

mod go;
mod load;
mod table;

use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::flags;
use crate::server::{Server, free_port};
use crate::workspace::Workspace;
use load::{Client, Process};
use table::Row;

/// Rounds of each exporter, taken in turn so that a drift of the machine meets both.
const ROUNDS: usize = 7;

/// Scrapes in a round: enough that the clock's grain does not show.
const SCRAPES: u32 = 4000;

/// Measures and prints the table.
///
/// # Errors
/// Something that is measured is missing or does not answer.
pub(crate) fn run(workspace: &Workspace, flags: &flags::Bench) -> Result<()> {
    ensure!(cfg!(target_os = "linux"), "the figures come from /proc: run this on Linux");
    let ours = workspace.target().join("dist/stage/hostexporter/exporter-linux");
    ensure!(ours.is_file(), "there is no exporter-linux: run `cargo xtask dist` first");
    let go = go::build(workspace, flags.setup)?;
    let mut contenders = Vec::new();
    for (name, program) in [("exporter-linux", ours), ("Go: client_golang + gopsutil", go)] {
        let port = free_port()?;
        let mut command = Command::new(&program);
        command.arg(format!("--web.listen-address=127.0.0.1:{port}"));
        let log = workspace.target().join(format!("bench/{port}.log"));
        let mut server = Server::start(&mut command, &log)?;
        let limit = std::time::Duration::from_secs(10);
        let client = server.wait_for(limit, || Client::connect(port))?;
        let process = Process::new(server.id());
        let page = client.scrape()?;
        ensure!(page.contains("\nsys_mem_usage "), "{name} has no sys_mem_usage");
        let first = process.resident()?;
        let size = program.metadata().with_context(|| format!("{name} is gone"))?.len();
        contenders.push((server, client, Row::new(name, size, first, process)));
    }
    for round in 1..=ROUNDS {
        eprintln!("[{round}/{ROUNDS}] {SCRAPES} scrapes of each");
        for (_, client, row) in &mut contenders {
            let before = row.process.cpu()?;
            for _ in 0..SCRAPES {
                let begun = std::time::Instant::now();
                client.scrape()?;
                row.latencies.push(begun.elapsed());
            }
            let spent = row.process.cpu()?.saturating_sub(before);
            row.cpu.push(spent / SCRAPES);
        }
    }
    for (_, _, row) in &mut contenders {
        row.resident_after = row.process.resident()?;
    }
    let rows: Vec<Row> = contenders.into_iter().map(|(_, _, row)| row).collect();
    print!("{}", table::render(&rows, ROUNDS * SCRAPES as usize));
    Ok(())
}
