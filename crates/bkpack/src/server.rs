//! Server processes that a task starts and queries over HTTP on loopback.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use ureq::Agent;

use crate::process;
use crate::texts::programs as texts;

/// Body size limit, larger than any page.
const MAX_BODY: u64 = 256 << 20;

/// Poll interval for conditions.
const POLL: Duration = Duration::from_millis(50);

/// A running program, killed on drop.
#[derive(Debug)]
pub struct Server {
    child: Child,
    command_line: String,
    log: PathBuf,
}

impl Server {
    /// Starts a program; stdout and stderr go to the file `log`.
    pub fn start(command: &mut Command, log: &Path) -> Result<Self> {
        if let Some(folder) = log.parent() {
            fs::create_dir_all(folder)
                .with_context(|| texts::cannot_create(&folder.display().to_string()))?;
        }
        let path = log.display().to_string();
        let output = File::create(log).with_context(|| texts::cannot_create(&path))?;
        let errors = output.try_clone().with_context(|| texts::cannot_open(&path))?;
        let command_line = process::command_line(command);
        let child = command
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .spawn()
            .with_context(|| texts::cannot_start(&command_line))?;
        Ok(Self { child, command_line, log: log.to_owned() })
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends SIGTERM, as a service manager does, and waits for the exit.
    pub fn terminate(&mut self, limit: Duration) -> Result<()> {
        // The shell's builtin: not every system has the `kill` program installed.
        let mut kill = Command::new("sh");
        kill.args(["-c", "kill \"$0\""]).arg(self.id().to_string());
        process::output(&mut kill).with_context(|| texts::cannot_terminate(&self.command_line))?;
        let start = Instant::now();
        while self.has_ended()?.is_none() {
            if start.elapsed() > limit {
                bail!(texts::still_runs(&self.command_line, limit.as_secs()));
            }
            thread::sleep(POLL);
        }
        Ok(())
    }

    /// Retries `attempt` until it succeeds.
    ///
    /// # Errors
    /// The program exited, or `limit` passed. The message holds the last error and the program's
    /// output.
    pub fn wait_for<T>(
        &mut self,
        limit: Duration,
        attempt: impl FnMut() -> Result<T>,
    ) -> Result<T> {
        self.wait_for_every(POLL, limit, attempt)
    }

    /// Like [`Self::wait_for`], with this poll interval.
    pub fn wait_for_every<T>(
        &mut self,
        poll: Duration,
        limit: Duration,
        mut attempt: impl FnMut() -> Result<T>,
    ) -> Result<T> {
        let start = Instant::now();
        loop {
            let error = match attempt() {
                Ok(found) => return Ok(found),
                Err(error) => error,
            };
            let ended = self.has_ended()?;
            let printed = || fs::read_to_string(&self.log).unwrap_or_default();
            if let Some(status) = ended {
                bail!(texts::exited(&self.command_line, &status.to_string(), &printed()));
            }
            if start.elapsed() > limit {
                let (seconds, error) = (limit.as_secs(), format!("{error:#}"));
                bail!(texts::not_within(&self.command_line, seconds, &error, &printed()));
            }
            thread::sleep(poll);
        }
    }

    /// The exit status, if the program has ended.
    ///
    /// # Errors
    /// Its state cannot be read.
    pub fn has_ended(&mut self) -> Result<Option<ExitStatus>> {
        self.child.try_wait().with_context(|| texts::cannot_wait_for(&self.command_line))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have exited already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns a loopback port that nothing listens on.
pub fn free_port() -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").with_context(texts::no_free_port)?;
    Ok(listener.local_addr().with_context(texts::no_free_port)?.port())
}

/// Fetches `url`; any status but 200 is an error.
pub fn get(url: &str) -> Result<String> {
    let config = Agent::config_builder().timeout_global(Some(Duration::from_secs(10))).build();
    let mut response = Agent::new_with_config(config).get(url).call().context(url.to_owned())?;
    let body = response.body_mut().with_config().limit(MAX_BODY);
    body.read_to_string().with_context(|| url.to_owned())
}

/// The value of the first sample on a metrics page whose series starts with `prefix`.
pub fn sample(page: &str, prefix: &str) -> Option<f64> {
    let line = page.lines().find(|line| line.starts_with(prefix))?;
    line.rsplit_once(' ')?.1.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn terminated_program_can_still_print() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let mut command = Command::new("sh");
        // A signal interrupts `read`.
        let script = "trap 'echo goodbye; exit' TERM; echo ready; mkfifo $0; read _ < $0";
        command.args(["-c", script]).arg(folder.path().join("pipe"));
        let mut server = Server::start(&mut command, &log).unwrap();
        let printed = || fs::read_to_string(&log).unwrap();
        let ready = || printed().contains("ready").then_some(()).context("not ready");
        server.wait_for(Duration::from_secs(30), ready).unwrap();
        server.terminate(Duration::from_secs(30)).unwrap();
        assert!(printed().ends_with("goodbye\n"), "{}", printed());
    }

    #[test]
    fn sample_is_found_by_its_series() {
        let page = "# TYPE a gauge\na{x=\"1 2\"} 3.5\nab 7\n";
        assert_eq!(sample(page, "a{"), Some(3.5));
        assert_eq!(sample(page, "ab "), Some(7.0));
        assert_eq!(sample(page, "c"), None);
    }
}
