//! One kept-alive scraper, and what the kernel counts of the process that it scrapes.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};
use ureq::Agent;

/// A scraper that keeps its connection, as Prometheus does.
#[derive(Debug)]
pub(crate) struct Client {
    agent: Agent,
    url: String,
}

impl Client {
    /// A scraper of this port; it has scraped once.
    pub(crate) fn connect(port: u16) -> Result<Self> {
        let config = Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(10)))
            // Between its rounds too.
            .max_idle_age(Duration::from_secs(600))
            .build();
        let url = format!("http://127.0.0.1:{port}/metrics");
        let client = Self { agent: Agent::new_with_config(config), url };
        client.scrape()?;
        Ok(client)
    }

    /// Asks for `/metrics` without compression; the page.
    pub(crate) fn scrape(&self) -> Result<String> {
        let mut response = self.agent.get(&self.url).call().context("scrape")?;
        response.body_mut().read_to_string().context("read a page")
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
