//! Starts and ends the binary under test.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, Output, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// A command of the binary with `args`, and with nothing of the tests' own environment that would
/// set it up.
pub(crate) fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_redis_exporter"));
    command.args(args).stdin(Stdio::null());
    command
}

/// Runs the binary until it ends by itself.
pub(crate) fn run(args: &[&str]) -> Output {
    command(args).output().unwrap()
}

/// A running exporter; killed when dropped.
pub(crate) struct Exporter {
    child: Child,
    address: SocketAddr,
    log: Option<JoinHandle<String>>,
}

impl Exporter {
    /// Starts one on a free port of loopback, with `args` and `environment` besides.
    pub(crate) fn start(args: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut command = command(args);
        command.arg("--web.listen-address=127.0.0.1:0").envs(environment.iter().copied());
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        stderr.read_line(&mut line).unwrap();
        let listens = line.split_once(" listens on ").unwrap_or_else(|| panic!("stderr: {line}"));
        let address = listens.1.split([',', ' ']).next().unwrap().parse().unwrap();
        let rest = move || {
            let mut log = String::new();
            stderr.read_to_string(&mut log).map(|_| log).unwrap()
        };
        let log = thread::Builder::new().spawn(rest).unwrap();
        Self { child, address, log: Some(log) }
    }

    /// The metrics, as a scraper gets them.
    pub(crate) fn page(&self) -> Page {
        get(self.address)
    }

    /// The first page that is as wanted.
    pub(crate) fn page_with(&self, wanted: impl Fn(&Page) -> bool) -> Page {
        let begun = Instant::now();
        loop {
            let page = self.page();
            if wanted(&page) {
                return page;
            }
            assert!(begun.elapsed() < Duration::from_secs(30), "never came: {}", page.0);
            thread::yield_now();
        }
    }

    /// Where it listens, for a scrape by another thread.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends the exporter; what it has logged after its first line.
    pub(crate) fn stop(mut self) -> String {
        assert_eq!(self.child.try_wait().unwrap(), None, "it has ended by itself");
        self.child.kill().unwrap();
        self.log.take().unwrap().join().unwrap()
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        // It may have been stopped already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The metrics of the exporter that listens there.
pub(crate) fn get(address: SocketAddr) -> Page {
    let url = format!("http://{address}/metrics");
    Page(ureq::get(&url).call().unwrap().body_mut().read_to_string().unwrap())
}

/// A page of metrics.
#[derive(Debug)]
pub(crate) struct Page(pub(crate) String);

impl Page {
    /// The value of a series as it is written, `name{label="value"}`.
    pub(crate) fn value(&self, series: &str) -> Option<f64> {
        let mut lines = self.0.lines();
        let value = lines.find_map(|line| line.strip_prefix(series)?.strip_prefix(' '))?;
        Some(value.parse().unwrap())
    }

    /// Whether there is any sample of a metric.
    pub(crate) fn has(&self, metric: &str) -> bool {
        self.0.lines().any(|line| line.split(['{', ' ']).next() == Some(metric))
    }

    /// The word for why Redis did not answer; empty where it did.
    pub(crate) fn error(&self) -> &str {
        let start = "redis_exporter_last_scrape_error{err=\"";
        let mut lines = self.0.lines();
        let rest = lines.find_map(|line| line.strip_prefix(start)).unwrap();
        rest.split('"').next().unwrap()
    }
}
