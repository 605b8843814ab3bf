//! Records the system calls of a scrape, for the floor to repeat.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::load::Client;
use bkpack::server::Server;

/// Where a scrape begins in a record of system calls.
const SCRAPE: &str = "\"GET /metrics";

/// How long a scrape may take under strace to be recorded.
const LIMIT: Duration = Duration::from_secs(30);

/// Records the calls of one scrape of a running exporter with strace. The file that is written has a
/// line for each file of `/proc` and `/sys`: `kept` or `opened`, and its path.
pub(crate) fn record(pid: u32, client: &mut Client, folder: &Path) -> Result<PathBuf> {
    let record = folder.join("calls.strace");
    fs::write(&record, "").with_context(|| format!("write {}", record.display()))?;
    let mut strace = Command::new("strace");
    strace.args(["-f", "-y", "-e", "trace=openat,pread64,recvfrom", "-p", &pid.to_string(), "-o"]);
    let mut strace = Server::start(strace.arg(&record), &folder.join("strace.log"))?;
    let begun = Instant::now();
    let calls = loop {
        client.scrape()?;
        let text = fs::read_to_string(&record).context("read the record of strace")?;
        let calls = calls(&text, pid);
        if !calls.is_empty() {
            break calls;
        }
        ensure!(begun.elapsed() < LIMIT, "strace has recorded nothing: see {}", record.display());
    };
    strace.terminate(LIMIT)?;
    let file = folder.join("calls");
    fs::write(&file, calls.join("\n")).with_context(|| format!("write {}", file.display()))?;
    Ok(file)
}

/// The calls between the last two scrapes of a record, without those that only find an end or
/// nothing.
fn calls(record: &str, pid: u32) -> Vec<String> {
    let scrapes: Vec<_> = record.match_indices(SCRAPE).map(|(at, _)| at).collect();
    let [.., first, last] = scrapes[..] else { return Vec::new() };
    let own = format!("/proc/{pid}/");
    let mut calls: Vec<String> = Vec::new();
    for line in record[first..last].lines() {
        let (kind, path) = match line.split_once("pread64(") {
            Some(_) if line.ends_with(" = 0") => continue,
            Some((_, call)) => ("kept", in_brackets(call)),
            None if line.contains("openat") => {
                ("opened", line.rsplit_once(" = ").and_then(|(_, file)| in_brackets(file)))
            }
            None => continue,
        };
        let Some(path) =
            path.filter(|path| ["/proc/", "/sys/"].iter().any(|it| path.starts_with(it)))
        else {
            continue;
        };
        // A long file is one that is read in several pieces.
        let call = format!("{kind} {}", path.replace(&own, "/proc/self/"));
        if calls.last() != Some(&call) {
            calls.push(call);
        }
    }
    calls
}

/// The path that strace writes behind the number of a file.
fn in_brackets(text: &str) -> Option<&str> {
    let (number, path) = text.split_once('<')?;
    number.bytes().all(|byte| byte.is_ascii_digit()).then(|| path.split_once('>').map(|it| it.0))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_one_scrape_are_found() {
        let scrape = "7 recvfrom(11<socket:[2]>, \"GET /metrics HTTP/1.1\"..., 2048) = 34\n";
        let record = [
            "7 pread64(9</proc/uptime>, \"1 2\"..., 256, 0) = 4\n",
            scrape,
            "7 pread64(12</proc/7/net/dev>, \"x\"..., 256, 0) = 256\n",
            "7 pread64(12</proc/7/net/dev>, \"x\"..., 256, 256) = 100\n",
            "7 pread64(12</proc/7/net/dev>, \"\", 156, 356) = 0\n",
            "7 openat(AT_FDCWD</root>, \"/sys/fs/zfs\", O_RDONLY) = -1 ENOENT (No such file)\n",
            "7 openat(5</sys/class/net>, \"lo\", O_RDONLY <unfinished ...>\n",
            "8 <... openat resumed>) = 6</sys/devices/virtual/net/lo>\n",
            "7 openat(AT_FDCWD</root>, \"/etc/passwd\", O_RDONLY) = 6</etc/passwd>\n",
        ]
        .concat();
        assert!(calls(&record, 7).is_empty());
        let expected = ["kept /proc/self/net/dev", "opened /sys/devices/virtual/net/lo"];
        assert_eq!(calls(&(record + scrape), 7), expected);
    }
}
