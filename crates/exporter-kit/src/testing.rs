//! For the tests of an exporter: starts its binary as a user would, and reads its pages.
//!
//! ```no_run
//! use std::process::Command;
//! use exporter_kit::testing::Running;
//!
//! // In a test of the exporter's crate: env!("CARGO_BIN_EXE_queue_exporter").
//! let exporter = Running::start(Command::new("target/debug/queue_exporter"));
//! assert_eq!(exporter.scrape().value("queue_depth{queue=\"default\"}"), Some(3.0));
//! ```
#![allow(clippy::panic, reason = "tests fail by panicking")]

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How long [`Running::scrape_until`] tries.
const SCRAPE_TIMEOUT: Duration = Duration::from_secs(60);

/// A running exporter, which is killed when this is dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    address: SocketAddr,
    log: Option<JoinHandle<String>>,
}

impl Running {
    /// Starts the exporter with the command's arguments, on a free port of 127.0.0.1.
    ///
    /// # Panics
    ///
    /// The exporter cannot be started, or exits before it listens.
    pub fn start(mut command: Command) -> Self {
        command.arg("--web.listen-address=127.0.0.1:0");
        Self::start_as_it_is(command)
    }

    /// Starts the exporter with the command unchanged. Its arguments, environment or settings file
    /// set the listen address, preferably with port 0 for a free port.
    ///
    /// # Panics
    ///
    /// The exporter cannot be started, or exits before it listens.
    pub fn start_as_it_is(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let mut stderr = BufReader::new(child.stderr.take().expect("it is piped"));
        let address = read_address(&mut stderr);
        let rest = move || {
            let mut log = String::new();
            // The log of an exporter is always UTF-8.
            stderr.read_to_string(&mut log).map_or_else(|error| error.to_string(), |_| log)
        };
        let log = thread::Builder::new().spawn(rest).expect("a test can start a thread");
        Self { child, address, log: Some(log) }
    }

    /// The first address that the exporter listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The process ID.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Scrapes `/metrics`.
    ///
    /// # Panics
    ///
    /// The scrape fails.
    pub fn scrape(&self) -> Page {
        Page::of(self.address)
    }

    /// Scrapes until `wanted` returns true, for samples of background collectors.
    ///
    /// # Panics
    ///
    /// No page matches within a minute.
    pub fn scrape_until(&self, wanted: impl Fn(&Page) -> bool) -> Page {
        let begun = Instant::now();
        loop {
            let page = self.scrape();
            if wanted(&page) {
                return page;
            }
            assert!(begun.elapsed() < SCRAPE_TIMEOUT, "no page matched; the last one:\n{}", page.0);
            thread::yield_now();
        }
    }

    /// Sends a GET of `path` on a new connection.
    ///
    /// # Panics
    ///
    /// The request fails.
    pub fn get(&self, path: &str) -> Response {
        get(self.address, path)
    }

    /// Kills the exporter. Returns what it has logged since it began to listen.
    ///
    /// # Panics
    ///
    /// The exporter has exited before.
    pub fn kill(mut self) -> String {
        let ended = self.child.try_wait().expect("it is a child of this process");
        assert_eq!(ended, None, "the exporter has exited");
        self.child.kill().expect("it is a child of this process");
        self.log()
    }

    /// Waits until the exporter, which has been asked to stop, exits. Returns its exit status and
    /// what it has logged since it began to listen.
    ///
    /// # Panics
    ///
    /// The status cannot be read.
    pub fn wait(mut self) -> (ExitStatus, String) {
        let status = self.child.wait().expect("it is a child of this process");
        (status, self.log())
    }

    fn log(&mut self) -> String {
        let log = self.log.take().map(JoinHandle::join);
        log.and_then(Result::ok).expect("the reading thread does not panic")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have exited already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads the log up to the line with the listen address.
fn read_address(log: &mut impl BufRead) -> SocketAddr {
    let mut read = String::new();
    loop {
        if let Some((_, listens)) = read.split_once(" listens on ")
            && let Some(address) = listens.split([',', ' ']).next()
        {
            return address.parse().unwrap_or_else(|_| panic!("no address in {read}"));
        }
        let length = log.read_line(&mut read).unwrap_or(0);
        assert!(length > 0, "the exporter exited before it listened: {read}");
    }
}

/// A response to a GET.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status code, such as 200.
    pub status: u16,
    /// The header `Content-Type`; empty if absent.
    pub content_type: String,
    /// The body; may be empty.
    pub body: String,
}

/// Sends a GET to the exporter at `address` on a new connection.
///
/// # Panics
///
/// The request fails.
pub fn get(address: SocketAddr, path: &str) -> Response {
    let url = format!("http://{address}{path}");
    let config = ureq::Agent::config_builder().http_status_as_error(false).build();
    let fetch = || {
        let mut response = ureq::Agent::new_with_config(config).get(&url).call()?;
        let content_type = response.headers().get("content-type").map(|value| value.as_bytes());
        let content_type = String::from_utf8_lossy(content_type.unwrap_or_default()).into_owned();
        let status = response.status().as_u16();
        // Exceeds the size of any page.
        let body = response.body_mut().with_config().limit(1 << 30).read_to_string()?;
        Ok(Response { status, content_type, body })
    };
    fetch().unwrap_or_else(|error: ureq::Error| panic!("{url}: {error}"))
}

/// A page of metrics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page(String);

impl Page {
    /// Scrapes `/metrics` of the exporter at `address`.
    ///
    /// # Panics
    ///
    /// The scrape fails.
    pub fn of(address: SocketAddr) -> Self {
        let Response { status, body, .. } = get(address, "/metrics");
        assert_eq!(status, 200, "{body}");
        Self(body)
    }

    /// The text of the page.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// The value of a series, given as on the page: `name`, or `name{label="value"}`.
    ///
    /// # Panics
    ///
    /// The value is not a number.
    pub fn value(&self, series: &str) -> Option<f64> {
        let mut lines = self.0.lines();
        let value = lines.find_map(|line| line.strip_prefix(series)?.strip_prefix(' '))?;
        Some(
            value
                .parse()
                .unwrap_or_else(|_| panic!("the value of {series} is not a number: {value}")),
        )
    }

    /// The names of all samples, in page order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let samples = self.0.lines().filter(|line| !line.starts_with('#'));
        samples.filter_map(|line| line.split(['{', ' ']).next())
    }

    /// Whether the page has a sample of this name.
    pub fn has(&self, name: &str) -> bool {
        self.names().any(|found| found == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# HELP a Of a kind.\na{b=\"c d\"} 1.5\na_b 2\n";

    #[test]
    fn samples_are_found_by_series_and_name() {
        let page = Page(PAGE.to_owned());
        assert_eq!(page.value("a{b=\"c d\"}"), Some(1.5));
        assert_eq!((page.value("a"), page.value("a_b")), (None, Some(2.0)));
        assert_eq!(page.names().collect::<Vec<_>>(), ["a", "a_b"]);
        assert!(page.has("a") && !page.has("HELP") && !page.has("b"));
    }

    #[test]
    fn the_address_is_read_from_the_log() {
        let mut log = &b"level=warn msg=\"x\"\nmsg=\"x 1.2.3 listens on 127.0.0.1:9602, metrics at /metrics\"\nmore\n"[..];
        assert_eq!(read_address(&mut log).to_string(), "127.0.0.1:9602");
        assert_eq!(log, b"more\n");
        let mut two = &b"x 1 listens on [::]:1 0.0.0.0:2, metrics at /metrics\n"[..];
        assert_eq!(read_address(&mut two).to_string(), "[::]:1");
    }

    #[test]
    #[should_panic(expected = "cannot listen")]
    fn an_early_exit_shows_the_log() {
        read_address(&mut &b"x: cannot listen on :80\n"[..]);
    }
}
