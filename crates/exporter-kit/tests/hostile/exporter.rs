//! Starts, inspects and stops exporters.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::process::{Child, ChildStderr, ChildStdin, Command, ExitStatus, Output, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, prlimit, setrlimit};

use crate::child;
use crate::client::{Reply, get};

/// How long a test waits for an expected event, sufficient even on a busy machine.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(60);

/// A running exporter; killed when dropped.
pub(crate) struct Exporter {
    child: Child,
    address: SocketAddr,
    gate: ChildStdin,
    log: Option<JoinHandle<String>>,
}

fn command(collectors: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args([child::TEST, "--exact", "--nocapture", "--test-threads=1"]);
    command.env(child::COLLECTORS, collectors).env(child::ARGUMENTS, arguments.join(" "));
    // Otherwise glibc, which release builds do not use, keeps an arena per thread.
    command.env("MALLOC_ARENA_MAX", "1");
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

/// Runs an exporter that exits by itself.
pub(crate) fn run(collectors: &str, arguments: &[&str]) -> Output {
    command(collectors, arguments).output().unwrap()
}

impl Exporter {
    /// Starts an exporter with these collectors on a free loopback port.
    pub(crate) fn start(collectors: &str) -> Self {
        Self::start_with(collectors, &[])
    }

    pub(crate) fn start_with(collectors: &str, arguments: &[&str]) -> Self {
        let mut child = command(collectors, arguments).spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let gate = child.stdin.take().unwrap();
        let address = read_address(&mut stderr);
        let rest = move || {
            let mut log = String::new();
            stderr.read_to_string(&mut log).map(|_| log).unwrap()
        };
        let log = thread::Builder::new().spawn(rest).unwrap();
        Self { child, address, gate, log: Some(log) }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sends a GET request on a new connection.
    pub(crate) fn get(&self, path: &str) -> Reply {
        get(self.address, path).unwrap()
    }

    /// Scrapes successfully and returns the page.
    pub(crate) fn scrape(&self) -> String {
        let reply = self.get("/metrics");
        assert_eq!(reply.status, 200, "{}", reply.body);
        reply.body
    }

    /// Number of scrapes in flight, read by a scrape that excludes `collectors`, so that it joins
    /// none of them.
    pub(crate) fn in_flight_of(&self, collectors: &str) -> u64 {
        let excluded: Vec<_> =
            collectors.split(' ').map(|name| format!("exclude[]={name}")).collect();
        let page = self.get(&format!("/metrics?{}", excluded.join("&")));
        page.sample("promhttp_metric_handler_requests_in_flight").unwrap() as u64 - 1
    }

    /// Lets the gated collector run once.
    pub(crate) fn open_gate(&mut self) {
        self.gate.write_all(b".").unwrap();
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for the exporter to exit. Returns its status and its log.
    pub(crate) fn wait(mut self) -> (ExitStatus, String) {
        let status = self.child.wait().unwrap();
        (status, self.log.take().unwrap().join().unwrap())
    }

    /// Kills the exporter. Returns its log after the first line.
    pub(crate) fn stop(mut self) -> String {
        assert_eq!(self.child.try_wait().unwrap(), None, "the exporter has exited by itself");
        self.child.kill().unwrap();
        self.log.take().unwrap().join().unwrap()
    }

    pub(crate) fn limit_descriptors(&self, limit: u64) {
        let limit = Rlimit { current: Some(limit), maximum: Some(limit) };
        prlimit(Some(Pid::from_child(&self.child)), Resource::Nofile, limit).unwrap();
    }

    /// Resident memory in KiB, exact to the page, whereas `VmRSS` may lag by some pages.
    pub(crate) fn resident(&self) -> u64 {
        self.memory("Rss:")
    }

    /// Resident memory in KiB without file mappings, which are mostly code: the test binary is
    /// several times as large as a release build.
    pub(crate) fn own_memory(&self) -> u64 {
        self.memory("Anonymous:")
    }

    fn memory(&self, kind: &str) -> u64 {
        let text = self.proc("smaps_rollup");
        let line = text.lines().find_map(|line| line.strip_prefix(kind)).unwrap();
        line.split_whitespace().next().unwrap().parse().unwrap()
    }

    pub(crate) fn descriptors(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.child.id())).unwrap().count()
    }

    /// The names of the exporter's threads, sorted.
    pub(crate) fn threads(&self) -> Vec<String> {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.child.id())).unwrap();
        // A thread may exit meanwhile.
        let name = |task: fs::DirEntry| fs::read_to_string(task.path().join("comm")).ok();
        let mut names: Vec<_> = tasks.filter_map(|task| name(task.unwrap())).collect();
        names.sort();
        names.iter().map(|name| name.trim().to_owned()).collect()
    }

    /// Number of open connections.
    pub(crate) fn connections(&self) -> usize {
        let open = fs::read_dir(format!("/proc/{}/fd", self.child.id())).unwrap();
        let is_socket = |entry: &fs::DirEntry| {
            // The descriptor may have been closed meanwhile.
            let target = fs::read_link(entry.path()).unwrap_or_default();
            target.to_string_lossy().starts_with("socket:")
        };
        let sockets = open.filter(|entry| is_socket(entry.as_ref().unwrap())).count();
        // Two sockets belong to the listener, one of them in reserve, and two to signal handling.
        sockets - 4
    }

    /// Number of worker threads: an idle one, and those that are stuck.
    pub(crate) fn workers(&self) -> usize {
        self.threads().iter().filter(|name| *name == "worker").count()
    }

    /// Returns once the exporter has received everything that was sent before.
    pub(crate) fn settle(&self) {
        // One thread receives everything, in order of arrival.
        assert_eq!(self.get("/-/healthy").status, 200);
    }

    fn proc(&self, file: &str) -> String {
        fs::read_to_string(format!("/proc/{}/{file}", self.child.id())).unwrap()
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        // The exporter may have been stopped already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read_address(stderr: &mut BufReader<ChildStderr>) -> SocketAddr {
    let mut log = String::new();
    // A background collector may have logged a failure before.
    while !log.contains(" listens on ") {
        assert!(stderr.read_line(&mut log).unwrap() > 0, "stderr: {log}");
    }
    let listens = log.split_once(" listens on ").unwrap();
    listens.1.split([',', ' ']).next().unwrap().parse().unwrap()
}

/// Waits until the condition is true.
pub(crate) fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + TIMEOUT;
    while !condition() {
        assert!(Instant::now() < deadline, "timed out waiting until {what}");
        thread::yield_now();
    }
}

/// Asserts a bound on time. Other load on the machine may slow down single attempts, so only three
/// slow attempts are a failure.
pub(crate) fn in_time(bound: Duration, what: &str, mut attempt: impl FnMut() -> Duration) {
    let mut times = Vec::new();
    while times.len() < 3 {
        let took = attempt();
        if took <= bound {
            return;
        }
        times.push(took);
    }
    panic!("{what} took {times:?}, which is longer than {bound:?}");
}

/// Asserts that one of three attempts succeeds. On a busy machine, a thread that has counted its
/// scrape as in flight may be preempted before it joins the run.
pub(crate) fn once_in_three(what: &str, mut attempt: impl FnMut() -> bool) {
    assert!((0..3).any(|_| attempt()), "in none of three attempts {what}");
}

/// Measures how long `work` takes.
pub(crate) fn time(work: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    work();
    begun.elapsed()
}

/// Raises the descriptor limit of this process to what a test needs.
pub(crate) fn allow_descriptors(needed: u64) {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_none_or(|current| current >= needed) {
        return;
    }
    assert!(maximum.is_none_or(|maximum| maximum >= needed), "needs `ulimit -Hn {needed}`");
    setrlimit(Resource::Nofile, Rlimit { current: Some(needed), maximum }).unwrap();
}
