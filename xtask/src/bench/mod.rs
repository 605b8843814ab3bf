//! `cargo xtask bench`: chooses the exporters that crate `bench` measures side by side.

mod peers;
mod windows;

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use bench::machine::{self, Size};
use bench::table::{self, Row};
use bench::{Contender, record, record_answer};
use bkpack::process;

use crate::flags::Subject;
use crate::workspace::Workspace;
use crate::{dist, flags};

/// Measures, prints the table, and writes the same figures as JSON.
///
/// # Errors
/// Something that is measured is missing or does not answer.
pub(crate) fn run(workspace: &Workspace, flags: &flags::Bench) -> Result<()> {
    ensure!(cfg!(target_os = "linux"), "the figures come from /proc: run this on Linux");
    let folder = workspace.target().join("bench");
    fs::create_dir_all(&folder).with_context(|| format!("make {}", folder.display()))?;
    let (file, contenders) = match flags.what {
        Some(Subject::Windows) => return windows::run(workspace, &folder, flags.setup),
        None | Some(Subject::Host) => ("host.json", host(workspace, &folder, flags.setup)?),
        Some(Subject::Kit) => ("kit.json", kit(workspace, &folder, flags)?),
    };
    let rows = bench::contend(&folder, contenders)?;
    print!("{}{}", table::render(&rows), bench::growth(&rows));
    let file = folder.join(file);
    fs::write(&file, format!("{:#}\n", bench::to_json(&rows)))
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
                ..Contender::default()
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
            ..Contender::default()
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
