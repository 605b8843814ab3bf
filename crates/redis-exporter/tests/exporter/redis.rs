//! A real Redis server, owned by one test.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, ChildStdout, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// Attempts to find a port: another process may take the free one first.
const ATTEMPTS: usize = 20;

/// A running Redis on a port of loopback; killed when dropped.
pub(crate) struct Redis {
    child: Child,
    port: u16,
    /// Kept open, so that Redis can continue to write its log.
    log: BufReader<ChildStdout>,
    _folder: TempDir,
}

impl Redis {
    /// Starts Redis on a free port, with additional `redis-server` options.
    pub(crate) fn start(options: &[&str]) -> Self {
        for _ in 0..ATTEMPTS {
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            if let Some(redis) = Self::start_on(port, options) {
                return redis;
            }
        }
        panic!("no free port in {ATTEMPTS} attempts");
    }

    /// Starts Redis on this port; `None` if it cannot listen there.
    pub(crate) fn start_on(port: u16, options: &[&str]) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("redis-server");
        command.args(["--port", &port.to_string(), "--bind", "127.0.0.1"]);
        command.args(["--save", "", "--dir"]).arg(folder.path()).args(options);
        Self::spawn(command, port, folder)
    }

    fn spawn(mut command: Command, port: u16, folder: TempDir) -> Option<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| {
            panic!("cannot start redis-server: {error}; run `cargo xtask ci --setup`")
        });
        let log = BufReader::new(child.stdout.take().unwrap());
        // From here on, dropping this value kills the process.
        let mut redis = Self { child, port, log, _folder: folder };
        redis.is_ready().then_some(redis)
    }

    /// Starts a Sentinel that watches `master`.
    pub(crate) fn sentinel_of(master: &Self) -> Self {
        for _ in 0..ATTEMPTS {
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let folder = tempfile::tempdir().unwrap();
            // A Sentinel writes what it learns to its file.
            let path = folder.path().join("sentinel.conf");
            let monitor = format!("sentinel monitor pool 127.0.0.1 {} 1\n", master.port);
            std::fs::write(&path, format!("port {port}\nbind 127.0.0.1\n{monitor}")).unwrap();
            let mut command = Command::new("redis-server");
            command.arg(path).arg("--sentinel");
            if let Some(sentinel) = Self::spawn(command, port, folder) {
                return sentinel;
            }
        }
        panic!("no free port in {ATTEMPTS} attempts");
    }

    /// Waits until Redis accepts connections; false if it exits instead.
    fn is_ready(&mut self) -> bool {
        let mut line = String::new();
        while self.log.read_line(&mut line).unwrap() > 0 {
            if line.contains("Ready to accept connections") || line.contains("+monitor master") {
                return true;
            }
            line.clear();
        }
        false
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The exporter flag that selects this Redis.
    pub(crate) fn flag(&self) -> String {
        format!("--redis.address=127.0.0.1:{}", self.port)
    }

    /// Sends commands, one per line, and waits for all replies.
    pub(crate) fn send(&self, commands: &[&str]) {
        let mut stream = self.begin(commands);
        // Redis closes the connection when it has read all of it; a Sentinel has no QUIT.
        stream.shutdown(Shutdown::Write).unwrap();
        stream.read_to_string(&mut String::new()).unwrap();
    }

    /// Sends commands without waiting for replies; closing the stream may end them.
    pub(crate) fn begin(&self, commands: &[&str]) -> TcpStream {
        let address = SocketAddr::from(([127, 0, 0, 1], self.port));
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(format!("{}\r\n", commands.join("\r\n")).as_bytes()).unwrap();
        stream
    }

    pub(crate) fn hang(&self) {
        self.signal(Signal::STOP);
    }

    pub(crate) fn wake(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        // The process may have exited already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
