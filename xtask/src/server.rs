//! Programs that serve while a task looks at them, and the looking: HTTP on loopback.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use ureq::Agent;

use crate::process;

/// Larger than any page.
const MAX_BODY: u64 = 256 << 20;

/// How often a condition is looked at.
const POLL: Duration = Duration::from_millis(50);

/// A running program; it is ended when this is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    shown: String,
    log: PathBuf,
}

impl Server {
    /// Starts a program that prints to the file `log`.
    pub(crate) fn start(command: &mut Command, log: &Path) -> Result<Self> {
        if let Some(folder) = log.parent() {
            fs::create_dir_all(folder).with_context(|| format!("make {}", folder.display()))?;
        }
        let output = File::create(log).with_context(|| format!("create {}", log.display()))?;
        let errors = output.try_clone().with_context(|| format!("reopen {}", log.display()))?;
        let shown = process::shown(command);
        let child = command
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .spawn()
            .with_context(|| format!("cannot start `{shown}`"))?;
        Ok(Self { child, shown, log: log.to_owned() })
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Asks the program to end, as a service manager does, and waits until it has.
    pub(crate) fn terminate(&mut self, limit: Duration) -> Result<()> {
        // A shell's own kill: the program is in a package that not every system has.
        let mut kill = Command::new("sh");
        kill.args(["-c", "kill \"$0\""]).arg(self.id().to_string());
        process::output(&mut kill).with_context(|| format!("cannot end `{}`", self.shown))?;
        let start = Instant::now();
        while self.child.try_wait().context("look after a process")?.is_none() {
            if start.elapsed() > limit {
                bail!("`{}` still runs after {} s", self.shown, limit.as_secs());
            }
            thread::sleep(POLL);
        }
        Ok(())
    }

    /// Waits until `look` finds what it looks for.
    ///
    /// # Errors
    /// The program ended, or `limit` passed; with what was seen last and what the program printed.
    pub(crate) fn wait_for<T>(
        &mut self,
        limit: Duration,
        look: impl FnMut() -> Result<T>,
    ) -> Result<T> {
        self.wait_for_every(POLL, limit, look)
    }

    /// As [`Self::wait_for`], looking this often.
    pub(crate) fn wait_for_every<T>(
        &mut self,
        poll: Duration,
        limit: Duration,
        mut look: impl FnMut() -> Result<T>,
    ) -> Result<T> {
        let start = Instant::now();
        loop {
            let error = match look() {
                Ok(found) => return Ok(found),
                Err(error) => error,
            };
            let printed = || fs::read_to_string(&self.log).unwrap_or_default();
            if let Some(status) = self.child.try_wait().context("look after a process")? {
                bail!("`{}` ended ({status}): {}", self.shown, printed());
            }
            if start.elapsed() > limit {
                bail!("`{}` in {} s: {error:#}\n{}", self.shown, limit.as_secs(), printed());
            }
            thread::sleep(poll);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port of loopback that nothing listens on.
pub(crate) fn free_port() -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").context("find a free port")?;
    Ok(listener.local_addr().context("find a free port")?.port())
}

/// The body that `url` is answered with, if the status is 200.
pub(crate) fn get(url: &str) -> Result<String> {
    let config = Agent::config_builder().timeout_global(Some(Duration::from_secs(10))).build();
    let mut response = Agent::new_with_config(config).get(url).call().context(url.to_owned())?;
    let body = response.body_mut().with_config().limit(MAX_BODY);
    body.read_to_string().with_context(|| url.to_owned())
}

/// The value of the first sample on a metrics page whose series starts with `prefix`.
pub(crate) fn sample(page: &str, prefix: &str) -> Option<f64> {
    let line = page.lines().find(|line| line.starts_with(prefix))?;
    line.rsplit_once(' ')?.1.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_program_is_asked_to_end_and_may_say_goodbye() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let mut command = Command::new("sh");
        // `read` comes back at once when a signal does.
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
    fn a_sample_is_found_by_its_series() {
        let page = "# TYPE a gauge\na{x=\"1 2\"} 3.5\nab 7\n";
        assert_eq!(sample(page, "a{"), Some(3.5));
        assert_eq!(sample(page, "ab "), Some(7.0));
        assert_eq!(sample(page, "c"), None);
    }
}
