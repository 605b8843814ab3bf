//! Starts and ends the binary under test.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, ChildStderr, Command, Stdio};

/// A running exporter; killed when dropped.
pub(crate) struct Exporter {
    child: Child,
    address: SocketAddr,
    /// Kept open: a closed one would be an error to who logs.
    _log: BufReader<ChildStderr>,
}

impl Exporter {
    /// Starts one on a free port of loopback, with `args` besides.
    pub(crate) fn start(args: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_@binary@"));
        command.arg("--web.listen-address=127.0.0.1:0").args(args);
        let mut child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        log.read_line(&mut line).unwrap();
        let listens = line.split_once(" listens on ").unwrap_or_else(|| panic!("stderr: {line}"));
        let address = listens.1.split([',', ' ']).next().unwrap().parse().unwrap();
        Self { child, address, _log: log }
    }

    /// The metrics, as a scraper gets them.
    pub(crate) fn page(&self) -> String {
        let url = format!("http://{}/metrics", self.address);
        ureq::get(&url).call().unwrap().body_mut().read_to_string().unwrap()
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
