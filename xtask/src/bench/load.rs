//! One kept-alive scraper, and what the kernel counts of the process that it scrapes.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

/// A scraper that keeps its connection, as Prometheus does.
#[derive(Debug)]
pub(crate) struct Client {
    stream: BufReader<TcpStream>,
}

impl Client {
    pub(crate) fn connect(port: u16) -> Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).context("connect")?;
        stream.set_nodelay(true).context("set up the connection")?;
        stream.set_read_timeout(Some(Duration::from_secs(10))).context("set up the connection")?;
        Ok(Self { stream: BufReader::new(stream) })
    }

    /// Asks for `/metrics` without compression; the page.
    pub(crate) fn scrape(&mut self) -> Result<String> {
        let request = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";
        self.stream.get_mut().write_all(request).context("send a request")?;
        let mut length = None;
        let mut line = String::new();
        loop {
            line.clear();
            ensure!(self.stream.read_line(&mut line).context("read a head")? > 0, "no answer");
            let line = line.trim_end();
            if let Some(status) = line.strip_prefix("HTTP/1.1 ") {
                ensure!(status == "200 OK", "the answer is {status}");
            } else if let Some((name, value)) = line.split_once(": ") {
                if name.eq_ignore_ascii_case("content-length") {
                    length = value.parse().ok();
                }
            } else if line.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length.context("the answer has no length")?];
        self.stream.read_exact(&mut body).context("read a page")?;
        String::from_utf8(body).context("read a page")
    }
}

/// A running process, by its number.
#[derive(Debug)]
pub(crate) struct Process(u32);

impl Process {
    pub(crate) fn new(id: u32) -> Self {
        Self(id)
    }

    /// CPU time of all its threads so far, from `/proc/PID/task/TID/schedstat` in nanoseconds.
    /// Threads that have ended are not in it; the client keeps its connection, so none ends.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        let mut nanoseconds = 0;
        for task in fs::read_dir(format!("/proc/{}/task", self.0)).context("list threads")? {
            let path = task.context("list threads")?.path().join("schedstat");
            let text = fs::read_to_string(path).context("read schedstat")?;
            let first = text.split(' ').next().and_then(|word| word.parse::<u64>().ok());
            nanoseconds += first.context("read schedstat")?;
        }
        Ok(Duration::from_nanos(nanoseconds))
    }

    /// Resident memory in bytes, from `/proc/PID/status`.
    pub(crate) fn resident(&self) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0));
        let status = status.context("read status")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        Ok(kib.context("no VmRSS in status")? * 1024)
    }
}
