//! Runs an exporter in an empty folder to learn what it prints and exposes. Nothing else from its
//! own folder is there, as on a host of BlueKing.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::refusal::Refusal;
use crate::output::plain;
use crate::process;
use crate::rehearse::scrape::{Answer, Endless, scrape_within};
use crate::rehearse::{kill, listening_ports, processes_in};
use crate::server::{Server, free_port};
use crate::stage::set_mode;
use crate::texts::{init as texts, programs};

/// Time limit for `--help` and `--version`.
const SPEAK_LIMIT: Duration = Duration::from_secs(10);

/// Time limit for the first answer; some exporters ask their service first.
pub(super) const START_LIMIT: Duration = Duration::from_secs(30);

/// How long an exporter may listen on other ports alone, before its own is not expected any more.
const ELSEWHERE_LIMIT: Duration = Duration::from_secs(3);

/// Paths at which multi-target exporters answer for a target.
const TARGET_PATHS: [&str; 5] = ["/probe", "/snmp", "/scrape", "/ipmi", "/redfish"];

/// The HTTP paths of a running exporter, for a look at what it serves.
const METRICS: &str = "/metrics";

/// An exporter that can be run.
#[derive(Debug)]
pub(super) struct Trial<'a> {
    program: PathBuf,
    folder: PathBuf,
    logs: PathBuf,
    /// Arguments of the user, as BlueKing passes them.
    pub(super) arguments: Vec<String>,
    variables: &'a [(String, String)],
}

/// How to set the listen address, with `${host}` and `${port}` in the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listen {
    /// The flag; empty if a variable sets it.
    pub(super) flag: String,
    /// The variable; empty if a flag sets it.
    pub(super) env: String,
    pub(super) value: String,
    /// The exporter's own default.
    pub(super) port: Option<u16>,
}

/// What the scrapes of an exporter gave.
#[derive(Debug)]
pub(super) struct Scraped {
    pub(super) pages: Vec<Vec<u8>>,
    /// The path at which it asks for a target, if there is one.
    pub(super) target_path: Option<&'static str>,
}

impl<'a> Trial<'a> {
    /// Copies the executable into a folder of its own below `scratch`.
    pub(super) fn new(
        executable: &[u8],
        name: &str,
        scratch: &Path,
        variables: &'a [(String, String)],
    ) -> Result<Self> {
        // `/proc` shows paths without links.
        let scratch = scratch.canonicalize().with_context(programs::no_scratch_folder)?;
        let folder = scratch.join("trial");
        fs::create_dir_all(&folder)
            .with_context(|| programs::cannot_create(&folder.display().to_string()))?;
        let program = folder.join(name);
        fs::write(&program, executable)
            .with_context(|| programs::cannot_write(&program.display().to_string()))?;
        set_mode(&program, 0o755)?;
        let logs = scratch.join("logs");
        fs::create_dir_all(&logs)
            .with_context(|| programs::cannot_create(&logs.display().to_string()))?;
        Ok(Self { program, folder, logs, arguments: Vec::new(), variables })
    }

    /// What the exporter prints when it is started with these words alone. The user's variables are
    /// not set: some exporters print them, secrets too, as defaults.
    pub(super) fn ask(&self, words: &[&str]) -> Result<String> {
        let mut command = self.command();
        command.args(words);
        process::transcript(&mut command, &self.logs.join("ask.log"), SPEAK_LIMIT)
    }

    /// Starts the exporter on a free port, with the words `more`, and scrapes it twice: some metrics
    /// exist only after the first scrape.
    ///
    /// # Errors
    /// A [`Refusal`] if BlueKing could not use what it serves.
    pub(super) fn scrape(
        &self,
        listen: &Listen,
        path_flag: &str,
        more: &[String],
        limit: Duration,
        is_about_itself: &dyn Fn(&[Vec<u8>]) -> bool,
    ) -> Result<Scraped> {
        let port = free_port()?;
        let address =
            listen.value.replace("${host}", "127.0.0.1").replace("${port}", &port.to_string());
        let mut command = self.command();
        command.envs(self.variables.iter().map(|(k, v)| (k, v)));
        if listen.flag.is_empty() {
            command.env(&listen.env, address);
        } else {
            command.arg(&listen.flag).arg(address);
        }
        if !path_flag.is_empty() {
            command.args([path_flag, METRICS]);
        }
        command.args(&self.arguments).args(more);
        let log = self.logs.join("run.log");
        let mut server = Server::start(&mut command, &log)?;
        let base = format!("http://127.0.0.1:{port}");
        let copy = self.logs.join("page");
        let get = |path: &str| scrape_within(&format!("{base}{path}"), &copy, limit);
        let pid = server.id();
        let mut elsewhere: Option<Instant> = None;
        let mut attempt = || -> Result<Result<Answer>> {
            let answer = get(METRICS);
            if answer.as_ref().is_err_and(|error| error.is::<Endless>()) {
                return Ok(answer);
            }
            let ports = if answer.is_err() { listening_ports(pid) } else { Vec::new() };
            if ports.is_empty() || ports.contains(&port) {
                elsewhere = None;
            } else if elsewhere.get_or_insert_with(Instant::now).elapsed() > ELSEWHERE_LIMIT {
                let ports: Vec<_> = ports.iter().map(u16::to_string).collect();
                return Ok(Err(
                    Refusal::ListensElsewhere(ports.join(", "), last_lines(&log)).into()
                ));
            }
            Ok(Ok(answer?))
        };
        let first = match server.wait_for(limit, &mut attempt) {
            Ok(answer) => answer?,
            Err(_) => return Err(self.start_failure(&log, server.has_ended()?.is_some()).into()),
        };
        refuse_status(&first, &get)?;
        let second = get(METRICS);
        // One that left the foreground answers by another process.
        if second.is_err() || !listening_ports(pid).contains(&port) {
            thread::sleep(Duration::from_millis(300));
            if server.has_ended()?.is_some() {
                return Err(self.start_failure(&log, true).into());
            }
        }
        let pages = vec![first.body, second?.body];
        // Each question may take as long as a scrape.
        let target_path = if is_about_itself(&pages) {
            TARGET_PATHS.into_iter().find(|path| {
                get(path).is_ok_and(|answer| {
                    answer.status == 400 && text(&answer).to_lowercase().contains("target")
                })
            })
        } else {
            None
        };
        Ok(Scraped { pages, target_path })
    }

    /// The exporter in its folder; also what it writes into the folder for temporary files.
    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.current_dir(&self.folder).env("TMPDIR", &self.logs);
        command
    }

    /// Why the exporter does not answer.
    fn start_failure(&self, log: &Path, has_ended: bool) -> Refusal {
        // A daemon's first process has ended; the others need a moment to appear.
        thread::sleep(Duration::from_millis(300));
        if has_ended && !processes_in(&self.folder).is_empty() {
            return Refusal::Daemon;
        }
        let last = last_lines(log);
        if last.to_lowercase().contains("no such file") {
            Refusal::NeedsFile(last)
        } else if has_ended {
            Refusal::Exits(last)
        } else {
            Refusal::DoesNotAnswer(last)
        }
    }
}

impl Drop for Trial<'_> {
    fn drop(&mut self) {
        // What the exporter has started outlives it.
        for pid in processes_in(&self.folder) {
            // Best effort: it may have ended.
            let _ = kill(pid);
        }
    }
}

/// The last lines that the exporter printed.
fn last_lines(log: &Path) -> String {
    let bytes = fs::read(log).unwrap_or_default();
    let printed = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = printed.lines().filter(|line| !line.trim().is_empty()).collect();
    let last = lines[lines.len().saturating_sub(5)..].join("\n  ");
    if last.is_empty() { texts::printed_nothing() } else { plain(&last) }
}

fn refuse_status(answer: &Answer, get: &dyn Fn(&str) -> Result<Answer>) -> Result<(), Refusal> {
    match answer.status {
        401 | 403 => Err(Refusal::Authentication(answer.status)),
        400 if text(answer).contains("HTTPS") => Err(Refusal::Tls),
        404 => {
            let landing = get("/").map(|landing| text(&landing)).unwrap_or_default();
            Err(Refusal::OtherPath(links(&landing)))
        }
        _ => Ok(()),
    }
}

fn text(answer: &Answer) -> String {
    String::from_utf8_lossy(&answer.body).into_owned()
}

/// The paths that a landing page links, joined for a message.
fn links(html: &str) -> String {
    let after = html.split("href=").skip(1);
    let paths =
        after.filter_map(|rest| rest.split(['"', '\'', '>', ' ']).find(|part| !part.is_empty()));
    let paths: Vec<_> = paths.filter(|path| path.starts_with('/')).take(5).collect();
    if paths.is_empty() { texts::no_links() } else { paths.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_of_the_landing_page_are_named() {
        let html = "<a href=\"/prometheus\">x</a> <a href='/b'>y</a><a href=http://c>z</a>";
        assert_eq!(links(html), "/prometheus, /b");
        assert_eq!(links("<html>"), texts::no_links());
    }

    #[test]
    fn statuses_are_refused_with_their_reason() {
        let answer = |status, body: &str| Answer {
            body: body.as_bytes().to_vec(),
            status,
            took: Duration::ZERO,
        };
        let landing = |_: &str| Ok(answer(200, "<a href=\"/m\">"));
        for (given, expected) in [
            (answer(200, "a 1"), None),
            (answer(500, "a 1"), None),
            (answer(401, ""), Some(Refusal::Authentication(401))),
            (answer(400, "Client sent an HTTP request to an HTTPS server."), Some(Refusal::Tls)),
            (answer(400, "bad"), None),
            (answer(404, ""), Some(Refusal::OtherPath("/m".to_owned()))),
        ] {
            assert_eq!(refuse_status(&given, &landing).err(), expected, "{given:?}");
        }
    }
}
