//! Kept-alive scrapers, and what the kernel counts of the process that they scrape.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail, ensure};

/// Larger than any answer.
const MAX_ANSWER: usize = 256 << 20;

/// How an answer ends that is sent in chunks.
const LAST_CHUNK: &[u8] = b"\r\n0\r\n\r\n";

/// A scraper that keeps its connection, as Prometheus does. It barely looks at the
/// responses, so the time measured is the exporter's.
#[derive(Debug)]
pub struct Client {
    stream: TcpStream,
    request: String,
    answer: Vec<u8>,
}

impl Client {
    /// A scraper of this port; it has scraped once.
    pub fn connect(port: u16) -> Result<Self> {
        Self::connect_with(port, "")
    }

    /// A scraper of this port that sends this header line, too; it has scraped once.
    pub fn connect_with(port: u16, header: &str) -> Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).context("connect")?;
        stream.set_nodelay(true).context("connect")?;
        stream.set_read_timeout(Some(Duration::from_secs(10))).context("connect")?;
        let request = format!("GET /metrics HTTP/1.1\r\nHost: localhost\r\n{header}\r\n");
        let mut client = Self { stream, request, answer: vec![0; 1 << 20] };
        client.scrape()?;
        Ok(client)
    }

    /// Asks for `/metrics` without compression; the answer, head and body, which may be in chunks.
    pub fn scrape(&mut self) -> Result<&[u8]> {
        self.stream.write_all(self.request.as_bytes()).context("ask for a page")?;
        let (mut received, mut whole) = (0, None);
        loop {
            if received == self.answer.len() {
                ensure!(received < MAX_ANSWER, "the page is larger than any that is measured here");
                self.answer.resize(received * 2, 0);
            }
            received +=
                match self.stream.read(&mut self.answer[received..]).context("read a page")? {
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

/// Scrapes with all clients at once for this time. Returns how many seconds each scrape took.
pub(crate) fn load(clients: &mut [Client], time: Duration) -> Result<Vec<f64>> {
    let end = Instant::now() + time;
    let scrape_on = |client: &mut Client| -> Result<Vec<f64>> {
        let mut seconds = Vec::new();
        loop {
            let begun = Instant::now();
            if begun >= end {
                return Ok(seconds);
            }
            client.scrape()?;
            seconds.push(begun.elapsed().as_secs_f64());
        }
    };
    thread::scope(|scope| {
        let threads: Vec<_> =
            clients.iter_mut().map(|client| scope.spawn(move || scrape_on(client))).collect();
        let mut seconds = Vec::new();
        for thread in threads {
            seconds.extend(thread.join().map_err(|_| anyhow!("a client has panicked"))??);
        }
        Ok(seconds)
    })
}

/// A running process, by its number.
#[derive(Debug)]
pub(crate) struct Process(pub(crate) u32);

impl Process {
    /// Seconds of CPU time so far, of ended threads too.
    pub(crate) fn cpu(&self) -> Result<f64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0)).context("read stat")?;
        cpu_in(&stat).context("no CPU time in stat")
    }

    /// Resident memory in bytes.
    pub(crate) fn resident(&self) -> Result<f64> {
        self.memory("VmRSS")
    }

    /// The most resident memory that there ever was, in bytes.
    pub(crate) fn peak(&self) -> Result<f64> {
        self.memory("VmHWM")
    }

    fn memory(&self, name: &str) -> Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0));
        let memory = memory_in(&status.context("read status")?, name);
        memory.with_context(|| format!("no {name} in status"))
    }
}

/// `utime` and `stime` of `/proc/PID/stat`. Linux scales them to the time that the scheduler has
/// measured, so that their sum is exact but for the hundredths of a second that both are cut to.
fn cpu_in(stat: &str) -> Option<f64> {
    // The name in parentheses may hold blanks; what follows it begins with the third field.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_whitespace().skip(11).map_while(|word| word.parse::<u32>().ok());
    Some(f64::from(times.next()? + times.next()?) / 100.0)
}

/// A line such as `VmRSS` of `/proc/PID/status`.
fn memory_in(status: &str, name: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    let kib: f64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib * 1024.0)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::net::TcpListener;

    use super::*;
    use crate::floor;

    #[test]
    fn clients_get_whole_answers_of_the_floor() {
        for answer in [
            "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\na 1\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\na 1\n\r\n0\r\n\r\n",
        ] {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let port = listener.local_addr().unwrap().port();
            thread::Builder::new()
                .spawn(move || floor::serve(&listener, answer.as_bytes(), ""))
                .unwrap();
            let mut clients = [(); 2].map(|()| Client::connect(port).unwrap());
            assert_eq!(clients[0].scrape().unwrap(), answer.as_bytes());
            let seconds = load(&mut clients, Duration::from_millis(10)).unwrap();
            assert!(seconds.len() >= 2 && seconds.iter().all(|seconds| *seconds > 0.0));
        }
    }

    #[test]
    fn kernel_counts_are_read() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 1127 0 2 0 12 30 0 0 20 0 5 0 176868";
        assert_eq!(cpu_in(stat), Some(0.42));
        assert_eq!(cpu_in("7 (a) S 1"), None);
        assert_eq!(memory_in("Name:\ta\nVmRSS:\t    1024 kB\n", "VmRSS"), Some(1_048_576.0));
        assert_eq!(memory_in("Name:\ta\n", "VmRSS"), None);
    }
}
