//! One kept-alive scraper, and what the kernel counts of the process that it scrapes.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

/// How an answer ends that is sent in chunks.
const LAST_CHUNK: &[u8] = b"\r\n0\r\n\r\n";

/// A scraper that keeps its connection, as Prometheus does. It does next to nothing with what it
/// gets, so that the time until its answers are there is the exporter's.
#[derive(Debug)]
pub(crate) struct Client {
    stream: TcpStream,
    answer: Vec<u8>,
}

impl Client {
    /// A scraper of this port; it has scraped once.
    pub(crate) fn connect(port: u16) -> Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).context("connect")?;
        stream.set_nodelay(true).context("connect")?;
        stream.set_read_timeout(Some(Duration::from_secs(10))).context("connect")?;
        let mut client = Self { stream, answer: vec![0; 1 << 20] };
        client.scrape()?;
        Ok(client)
    }

    /// Asks for `/metrics` without compression; the answer, head and body, which may be in chunks.
    pub(crate) fn scrape(&mut self) -> Result<&[u8]> {
        const REQUEST: &[u8] = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";
        self.stream.write_all(REQUEST).context("ask for a page")?;
        let (mut received, mut whole) = (0, None);
        loop {
            let room = self.answer.get_mut(received..).filter(|room| !room.is_empty());
            let room = room.context("the page is larger than any that is measured here")?;
            received += match self.stream.read(room).context("read a page")? {
                0 => bail!("the exporter has closed the connection"),
                read => read,
            };
            let answer = &self.answer[..received];
            if whole.is_none() {
                whole = End::of(answer)?;
            }
            match whole {
                Some(End::At(end)) if received >= end => break,
                Some(End::LastChunk) if answer.ends_with(LAST_CHUNK) => break,
                _ => {}
            }
        }
        Ok(&self.answer[..received])
    }
}

/// Where an answer ends.
#[derive(Clone, Copy, Debug)]
enum End {
    At(usize),
    LastChunk,
}

impl End {
    /// `None` while the head is not complete.
    fn of(answer: &[u8]) -> Result<Option<Self>> {
        let Some(head) = answer.windows(4).position(|window| window == b"\r\n\r\n") else {
            return Ok(None);
        };
        let lines = String::from_utf8_lossy(&answer[..head]).to_ascii_lowercase();
        ensure!(lines.starts_with("http/1.1 200 "), "{lines}");
        if lines.contains("\r\ntransfer-encoding: chunked") {
            return Ok(Some(Self::LastChunk));
        }
        let length = lines.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.context("an answer without length")?.trim().parse()?;
        Ok(Some(Self::At(head + 4 + length)))
    }
}

/// A running process, by its number.
#[derive(Debug)]
pub(crate) struct Process(u32);

impl Process {
    pub(crate) fn new(id: u32) -> Self {
        Self(id)
    }

    /// CPU time of the process so far, threads that have ended included: `utime` and `stime` of
    /// `/proc/PID/stat`, in hundredths of a second.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0)).context("read stat")?;
        // The name in parentheses may hold blanks; what follows it begins with the third field.
        let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
        let mut times = fields.split_whitespace().skip(11).map(|word| word.parse::<u64>().ok());
        let ticks = times.next().flatten().zip(times.next().flatten());
        let (user, system) = ticks.context("read stat")?;
        Ok(Duration::from_millis((user + system) * 10))
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
