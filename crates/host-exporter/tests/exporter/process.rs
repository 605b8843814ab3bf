//! Starts and ends the binary under test.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
#[cfg(unix)]
use std::process::ExitStatus;
use std::process::{Child, Command, Output, Stdio};
use std::thread::{self, JoinHandle};

/// Runs the binary until it ends by itself.
pub(crate) fn run(args: &[&str]) -> Output {
    command(args).output().unwrap()
}

/// As [`run`], with these environment variables.
pub(crate) fn run_in(args: &[&str], environment: &[(&str, &str)]) -> Output {
    command(args).envs(environment.iter().copied()).output().unwrap()
}

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_host_exporter"));
    command.args(args).stdin(Stdio::null());
    command
}

/// A running exporter; killed when dropped.
pub(crate) struct Exporter {
    child: Child,
    address: SocketAddr,
    log: Option<JoinHandle<String>>,
}

impl Exporter {
    /// Starts one on a free port of loopback, with `args` besides.
    pub(crate) fn start(args: &[&str]) -> Self {
        Self::start_with(&[&["--web.listen-address=127.0.0.1:0"], args].concat())
    }

    /// Starts one with `args` alone, which make it listen on a free port.
    pub(crate) fn start_with(args: &[&str]) -> Self {
        let mut child = command(args).stderr(Stdio::piped()).spawn().unwrap();
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

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// A GET of `path`: status, content type and body.
    pub(crate) fn get(&self, path: &str) -> (u16, String, String) {
        get(self.address, path)
    }

    /// Asks the exporter to end with `signal`; how it ends.
    #[cfg(unix)]
    pub(crate) fn end(mut self, signal: rustix::process::Signal) -> ExitStatus {
        let process = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(process, signal).unwrap();
        self.child.wait().unwrap()
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

/// A GET on a connection of its own: status, content type and body.
pub(crate) fn get(address: SocketAddr, path: &str) -> (u16, String, String) {
    let config = ureq::Agent::config_builder().http_status_as_error(false).build();
    let agent = ureq::Agent::new_with_config(config);
    let mut response = agent.get(format!("http://{address}{path}")).call().unwrap();
    let status = response.status().as_u16();
    let content_type = response.headers()["content-type"].to_str().unwrap().to_owned();
    (status, content_type, response.body_mut().read_to_string().unwrap())
}
