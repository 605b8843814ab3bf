//! Processes of this machine as `/proc` shows them: which run out of a folder, with which arguments.
//! Only those that run out of a rehearsal's own folder are ever ended.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How often a process is looked at.
const POLL: Duration = Duration::from_millis(20);

/// The processes whose program or working folder is in `folder`, a path without links.
pub(crate) fn running_in(folder: &Path) -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let numbers = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let is_there = |&pid: &u32| {
        let links = ["exe", "cwd"].map(|link| fs::read_link(format!("/proc/{pid}/{link}")));
        links.iter().flatten().any(|target| target.starts_with(folder))
    };
    numbers.filter(is_there).collect()
}

/// Whether a process runs: one that has ended and was not waited for has neither program nor folder
/// any more. It gives up one after the other.
pub(crate) fn is_alive(pid: u32) -> bool {
    ["exe", "cwd"].iter().any(|link| fs::read_link(format!("/proc/{pid}/{link}")).is_ok())
}

/// The arguments that a process was started with, its own name first.
pub(crate) fn arguments(pid: u32) -> Result<Vec<String>> {
    let path = format!("/proc/{pid}/cmdline");
    let bytes = fs::read(&path).with_context(|| format!("read {path}"))?;
    let text = String::from_utf8_lossy(&bytes);
    let text = text.strip_suffix('\0').unwrap_or(&text);
    Ok(text.split('\0').map(str::to_owned).collect())
}

/// Ends a process as a site does, with SIGKILL, and waits until it is gone.
pub(crate) fn kill(pid: u32) -> Result<()> {
    // A shell's own kill: the program is in a package that not every system has.
    let mut command = Command::new("sh");
    command.args(["-c", "kill -9 \"$0\""]).arg(pid.to_string());
    let output = command.stdin(Stdio::null()).output().context("start sh")?;
    if !output.status.success() && is_alive(pid) {
        bail!("process {pid}: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    wait_until(Duration::from_secs(10), || !is_alive(pid))
        .then_some(())
        .with_context(|| format!("process {pid} still runs 10 s after kill -9"))
}

/// Waits until something is so; whether it was within `limit`.
pub(crate) fn wait_until(limit: Duration, mut is_so: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    loop {
        if is_so() {
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
    use super::*;

    #[test]
    fn a_process_is_found_by_its_folder_and_ended() {
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
