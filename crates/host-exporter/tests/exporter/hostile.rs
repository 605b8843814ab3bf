//! Clients that misbehave.

use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use socket2::SockRef;

#[cfg(target_os = "linux")]
use exporter_kit::testing::Running;

use crate::process::start;

/// The figure `name` of `/proc/PID/status` in its own unit.
#[cfg(target_os = "linux")]
fn status(exporter: &Running, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", exporter.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.unwrap().split_whitespace().next().unwrap().parse().unwrap()
}

#[test]
fn three_thousand_clients_that_ask_and_reset() {
    let exporter = start(&[]);
    for _ in 0..3000 {
        let mut stream = TcpStream::connect(exporter.address()).unwrap();
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        // Closing now sends a reset instead of an orderly end.
        SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
    }
    assert_eq!(exporter.get("/metrics").status, 200);
    let log = exporter.kill();
    // Under Wine on a busy machine, as many scrapes make collectors late.
    let mut lines = log.lines().filter(|line| !cfg!(windows) || !line.contains(" is late; "));
    assert_eq!(lines.next(), None, "a client that goes away is nothing to log");
}

#[test]
#[cfg(target_os = "linux")]
fn idle_clients_are_evicted_and_threads_bounded() {
    let exporter = start(&[]);
    let idle: Vec<_> = (0..400).map(|_| TcpStream::connect(exporter.address()).unwrap()).collect();
    for _ in 0..5 {
        assert_eq!(exporter.get("/metrics").status, 200);
    }
    // 128 connections, a few workers, and those that accept and wait.
    assert!(status(&exporter, "Threads") < 140);
    drop(idle);
    assert_eq!(exporter.get("/metrics").status, 200);
}

#[test]
#[cfg(target_os = "linux")]
fn a_lack_of_file_descriptors_passes() {
    use rustix::process::{Pid, Resource, Rlimit, prlimit};

    let exporter = start(&[]);
    assert_eq!(exporter.get("/metrics").status, 200);
    let limit = Rlimit { current: Some(32), maximum: Some(32) };
    let process = Pid::from_raw(exporter.id().cast_signed());
    prlimit(process, Resource::Nofile, limit).unwrap();
    let idle: Vec<_> = (0..200).map(|_| TcpStream::connect(exporter.address()).unwrap()).collect();
    assert_eq!(exporter.get("/metrics").status, 200, "while they are there");
    drop(idle);
    assert_eq!(exporter.get("/metrics").status, 200, "after they disconnected");
}
