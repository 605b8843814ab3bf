//! For an exporter's own tests: its binary, started as a user would start it, and its pages.
//!
//! ```no_run
//! use std::process::Command;
//! use exporter_kit::testing::Running;
//!
//! // In a test of the exporter's crate: env!("CARGO_BIN_EXE_queue_exporter").
//! let exporter = Running::start(Command::new("target/debug/queue_exporter"));
//! assert_eq!(exporter.scrape().value("queue_depth{queue=\"default\"}"), Some(3.0));
//! ```
#![allow(clippy::panic, reason = "a test fails by a panic")]

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How long is waited for a page that is as wanted.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running exporter; killed when dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    address: SocketAddr,
    log: Option<JoinHandle<String>>,
}

impl Running {
    /// Starts the exporter on a free port of 127.0.0.1, with the command's other arguments.
    ///
    /// # Panics
    ///
    /// It cannot be started, or ends before it listens.
    pub fn start(mut command: Command) -> Self {
        command.arg("--web.listen-address=127.0.0.1:0");
        Self::start_as_it_is(command)
    }

    /// Starts the exporter with the command's own arguments, environment or settings file, which say
    /// where it listens: best on port 0, for a free one.
    ///
    /// # Panics
    ///
    /// It cannot be started, or ends before it listens.
    pub fn start_as_it_is(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let mut stderr = BufReader::new(child.stderr.take().expect("it is piped"));
        let address = read_address(&mut stderr);
        let rest = move || {
            let mut log = String::new();
            // What is not UTF-8 is no log of an exporter.
            stderr.read_to_string(&mut log).map_or_else(|error| error.to_string(), |_| log)
        };
        let log = thread::Builder::new().spawn(rest).expect("a test can start a thread");
        Self { child, address, log: Some(log) }
    }

    /// The first address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What a scraper gets.
    ///
    /// # Panics
    ///
    /// There is no such page.
    pub fn scrape(&self) -> Page {
        Page::of(self.address)
    }

    /// The first page that is as wanted, for what comes in the background.
    ///
    /// # Panics
    ///
    /// None was, for a minute.
    pub fn scrape_until(&self, wanted: impl Fn(&Page) -> bool) -> Page {
        let begun = Instant::now();
        loop {
            let page = self.scrape();
            if wanted(&page) {
                return page;
            }
            assert!(begun.elapsed() < PATIENCE, "no page was as wanted; the last one:\n{}", page.0);
            thread::yield_now();
        }
    }

    /// A GET of `path`, on a connection of its own.
    ///
    /// # Panics
    ///
    /// There is no response.
    pub fn get(&self, path: &str) -> Response {
        get(self.address, path)
    }

    /// Kills the exporter; what it has logged since it listens.
    ///
    /// # Panics
    ///
    /// It has ended by itself.
    pub fn kill(mut self) -> String {
        let ended = self.child.try_wait().expect("it is a child of this process");
        assert_eq!(ended, None, "it has ended by itself");
        self.child.kill().expect("it is a child of this process");
        self.log()
    }

    /// Waits for the end of the exporter, which it has been asked for: how it ends, and what it has
    /// logged since it listens.
    ///
    /// # Panics
    ///
    /// It is no child of this process.
    pub fn wait(mut self) -> (ExitStatus, String) {
        let status = self.child.wait().expect("it is a child of this process");
        (status, self.log())
    }

    fn log(&mut self) -> String {
        let log = self.log.take().map(JoinHandle::join);
        log.and_then(Result::ok).expect("the thread that reads it does not panic")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads the log up to the line that says where the exporter listens.
fn read_address(log: &mut impl BufRead) -> SocketAddr {
    let mut read = String::new();
    loop {
        if let Some((_, listens)) = read.split_once(" listens on ")
            && let Some(address) = listens.split([',', ' ']).next()
        {
            return address.parse().unwrap_or_else(|_| panic!("no address in {read}"));
        }
        let length = log.read_line(&mut read).unwrap_or(0);
        assert!(length > 0, "it has ended before it listens, and says: {read}");
    }
}

/// A response to a GET.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// Such as 200.
    pub status: u16,
    /// The header `Content-Type`; empty where there is none.
    pub content_type: String,
    /// Empty where there is none.
    pub body: String,
}

/// A GET from the exporter that listens at `address`, on a connection of its own.
///
/// # Panics
///
/// There is no response.
pub fn get(address: SocketAddr, path: &str) -> Response {
    let url = format!("http://{address}{path}");
    let config = ureq::Agent::config_builder().http_status_as_error(false).build();
    let ask = || {
        let mut response = ureq::Agent::new_with_config(config).get(&url).call()?;
        let content_type = response.headers().get("content-type").map(|value| value.as_bytes());
        let content_type = String::from_utf8_lossy(content_type.unwrap_or_default()).into_owned();
        let status = response.status().as_u16();
        // Larger than any page.
        let body = response.body_mut().with_config().limit(1 << 30).read_to_string()?;
        Ok(Response { status, content_type, body })
    };
    ask().unwrap_or_else(|error: ureq::Error| panic!("{url}: {error}"))
}

/// A page of metrics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page(String);

impl Page {
    /// The metrics of the exporter that listens at `address`, below `/metrics`.
    ///
    /// # Panics
    ///
    /// There is no such page.
    pub fn of(address: SocketAddr) -> Self {
        let Response { status, body, .. } = get(address, "/metrics");
        assert_eq!(status, 200, "{body}");
        Self(body)
    }

    /// All of it.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// The value of a series as the page writes it: `name`, or `name{label="value"}`.
    ///
    /// # Panics
    ///
    /// The value is no number.
    pub fn value(&self, series: &str) -> Option<f64> {
        let mut lines = self.0.lines();
        let value = lines.find_map(|line| line.strip_prefix(series)?.strip_prefix(' '))?;
        Some(value.parse().unwrap_or_else(|_| panic!("{series} is no number: {value}")))
    }

    /// The names of all samples, in the order of the page.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let samples = self.0.lines().filter(|line| !line.starts_with('#'));
        samples.filter_map(|line| line.split(['{', ' ']).next())
    }

    /// Whether there is any sample of this name.
    pub fn has(&self, name: &str) -> bool {
        self.names().any(|found| found == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# HELP a Of a kind.\na{b=\"c d\"} 1.5\na_b 2\n";

    #[test]
    fn samples_are_found_by_series_and_by_name() {
        let page = Page(PAGE.to_owned());
        assert_eq!(page.value("a{b=\"c d\"}"), Some(1.5));
        assert_eq!((page.value("a"), page.value("a_b")), (None, Some(2.0)));
        assert_eq!(page.names().collect::<Vec<_>>(), ["a", "a_b"]);
        assert!(page.has("a") && !page.has("HELP") && !page.has("b"));
    }

    #[test]
    fn the_address_is_in_the_log() {
        let mut log = &b"level=warn msg=\"x\"\nmsg=\"x 1.2.3 listens on 127.0.0.1:9602, metrics at /metrics\"\nmore\n"[..];
        assert_eq!(read_address(&mut log).to_string(), "127.0.0.1:9602");
        assert_eq!(log, b"more\n");
        let mut two = &b"x 1 listens on [::]:1 0.0.0.0:2, metrics at /metrics\n"[..];
        assert_eq!(read_address(&mut two).to_string(), "[::]:1");
    }

    #[test]
    #[should_panic(expected = "cannot listen")]
    fn one_that_ends_before_it_listens_is_told() {
        read_address(&mut &b"x: cannot listen on :80\n"[..]);
    }
}
