//! Processes in `/proc`: those that run from a folder, and their arguments. Only processes that run
//! from a rehearsal's own folder are ever killed.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::texts::programs as texts;

/// Poll interval for conditions.
const POLL: Duration = Duration::from_millis(20);

/// The processes whose program or working directory is in `folder`, a path without links.
pub(crate) fn running_in(folder: &Path) -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let numbers = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let runs_inside = |&pid: &u32| {
        let links = ["exe", "cwd"].map(|link| fs::read_link(format!("/proc/{pid}/{link}")));
        links.iter().flatten().any(|target| target.starts_with(folder))
    };
    numbers.filter(runs_inside).collect()
}

/// Whether a process runs: a zombie has neither program nor working directory. An exiting process
/// loses them one after the other.
pub(crate) fn is_alive(pid: u32) -> bool {
    ["exe", "cwd"].iter().any(|link| fs::read_link(format!("/proc/{pid}/{link}")).is_ok())
}

/// The command line of a process, starting with its name.
pub(crate) fn arguments(pid: u32) -> Result<Vec<String>> {
    let path = format!("/proc/{pid}/cmdline");
    let bytes = fs::read(&path).with_context(|| texts::cannot_read(&path))?;
    let text = String::from_utf8_lossy(&bytes);
    let text = text.strip_suffix('\0').unwrap_or(&text);
    Ok(text.split('\0').map(str::to_owned).collect())
}

/// The TCP ports that a process listens on; none where `/proc` does not say.
pub(crate) fn listening_ports(pid: u32) -> Vec<u16> {
    let Ok(entries) = fs::read_dir(format!("/proc/{pid}/fd")) else { return Vec::new() };
    let links = entries.flatten().filter_map(|entry| fs::read_link(entry.path()).ok());
    let inodes: Vec<String> = links
        .filter_map(|link| {
            Some(link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned())
        })
        .collect();
    let mut ports = Vec::new();
    for file in ["tcp", "tcp6"] {
        let table = fs::read_to_string(format!("/proc/{pid}/net/{file}")).unwrap_or_default();
        for line in table.lines() {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let [_, local, _, LISTENING, _, _, _, _, _, inode, ..] = fields[..] else { continue };
            let port =
                local.rsplit_once(':').and_then(|(_, hex)| u16::from_str_radix(hex, 16).ok());
            if inodes.iter().any(|own| own == inode) {
                ports.extend(port);
            }
        }
    }
    ports.sort_unstable();
    ports.dedup();
    ports
}

/// The state of a listening socket in `/proc/net/tcp`.
const LISTENING: &str = "0A";

/// Kills a process with SIGKILL, as a site does, and waits until it has exited.
pub(crate) fn kill(pid: u32) -> Result<()> {
    // The shell's builtin: not every system has the `kill` program installed.
    let mut command = Command::new("sh");
    command.args(["-c", "kill -9 \"$0\""]).arg(pid.to_string());
    let output =
        command.stdin(Stdio::null()).output().with_context(|| texts::cannot_start("sh"))?;
    if !output.status.success() && is_alive(pid) {
        bail!("{}", String::from_utf8_lossy(&output.stderr).trim());
    }
    wait_until(Duration::from_secs(10), || !is_alive(pid))
        .then_some(())
        .with_context(|| texts::survives_kill(pid))
}

/// Waits until a condition holds; returns whether it did within `limit`.
pub(crate) fn wait_until(limit: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    loop {
        if condition() {
            return true;
        }
        if start.elapsed() > limit {
            return false;
        }
        thread::sleep(POLL);
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn ports_of_a_process_are_found() {
        let before = listening_ports(std::process::id());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        assert!(!before.contains(&port));
        assert!(listening_ports(std::process::id()).contains(&port));
        drop(listener);
        assert!(!listening_ports(std::process::id()).contains(&port));
    }

    #[test]
    fn process_is_found_by_its_folder_and_killed() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().canonicalize().unwrap();
        let mut command = Command::new("sleep");
        let mut child = command.arg("600").current_dir(&folder).spawn().unwrap();
        let pid = child.id();
        assert!(wait_until(Duration::from_secs(30), || running_in(&folder) == [pid]));
        assert!(wait_until(Duration::from_secs(30), || arguments(pid).unwrap() == ["sleep", "600"]));
        kill(pid).unwrap();
        assert!(!is_alive(pid) && running_in(&folder).is_empty());
        child.wait().unwrap();
    }
}
