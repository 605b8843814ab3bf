//! Processes and drives that come and go between scrapes, and what many scrapes leave behind.

use std::process::{Child, Command, Stdio};

use exporter_kit::testing::{Page, Running};

use super::drive::Drive;
use crate::process::start;

/// A process that waits until its input ends.
fn sleeper() -> Child {
    Command::new("cmd").arg("/k").stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap()
}

fn end(mut process: Child) {
    process.kill().unwrap();
    process.wait().unwrap();
}

/// The series of a process.
fn of_process(metric: &str, id: u32) -> String {
    format!("windows_process_{metric}{{process=\"cmd\",process_id=\"{id}\"}}")
}

#[test]
fn processes_come_and_go() {
    let exporter = start(&["--collectors.enabled=process"]);
    for _ in 0..10 {
        let processes: Vec<_> = (0..5).map(|_| sleeper()).collect();
        let threads: Vec<_> = processes.iter().map(|it| of_process("threads", it.id())).collect();
        exporter.scrape_until(|page| threads.iter().all(|it| page.value(it) >= Some(1.0)));
        processes.into_iter().for_each(end);
        exporter.scrape_until(|page| threads.iter().all(|it| page.value(it).is_none()));
    }
    assert_no_failure(&exporter.scrape());
}

#[test]
fn drives_come_and_go() {
    let exporter = start(&["--collectors.enabled=logical_disk,physical_disk,disk"]);
    let of_drive = "windows_logical_disk_size_bytes{volume=\"Q:\"}";
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..5 {
        let drive = Drive::new("Q:", folder.path()).unwrap();
        let page = exporter.scrape_until(|page| page.value(of_drive).is_some());
        let c = "windows_logical_disk_size_bytes{volume=\"C:\"}";
        assert_eq!(page.value(of_drive), page.value(c), "{}", page.text());
        drop(drive);
        exporter.scrape_until(|page| !page.text().contains("volume=\"Q:\""));
    }
    assert_no_failure(&exporter.scrape());
}

/// Scrapes before handles and memory are measured: buffers grow to the size of the machine.
const WARM_UP: usize = 50;
const SCRAPES: usize = 1000;

#[test]
fn a_thousand_scrapes_leave_nothing_behind() {
    // Wine takes seconds for the table of connections on a machine that has thousands.
    let exporter = start(&["--collector.process", "--collector.diskdrive", "--no-collector.tcp"]);
    let measure = |exporter: &Running| {
        // Wine does not tell a process the number of its own handles, but those of others.
        let id = exporter.id();
        let handles =
            format!("windows_process_handles{{process=\"host_exporter\",process_id=\"{id}\"}}");
        let page = exporter.scrape();
        let value = |name: &str| page.value(name).unwrap_or_else(|| panic!("no {name}"));
        [value(&handles), value("process_virtual_memory_bytes")]
    };
    (0..WARM_UP).for_each(|_| drop(exporter.get("/metrics")));
    let [handles, memory] = measure(&exporter);
    for round in 0..SCRAPES {
        // Drives and processes of other programs change all the time, this one on purpose.
        let process = round.is_multiple_of(100).then(sleeper);
        assert_eq!(exporter.get("/metrics").status, 200);
        process.into_iter().for_each(end);
    }
    let [handles_after, memory_after] = measure(&exporter);
    // A few threads and connections may be open at one time and not at another.
    assert!(handles_after <= handles + 16.0, "{handles} handles, then {handles_after}");
    assert!(memory_after <= memory + 4e6, "{memory} bytes, then {memory_after}");
}

fn assert_no_failure(page: &Page) {
    let failed =
        |line: &&str| line.starts_with("node_scrape_collector_success{") && !line.ends_with(" 1");
    let failed: Vec<_> = page.text().lines().filter(failed).collect();
    assert!(failed.is_empty(), "{failed:?}");
}
