//! Tests clients that connect and misbehave.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use socket2::SockRef;

use crate::alone;
use crate::client::{connect, get};
use crate::exporter::{Exporter, allow_descriptors, in_time, until};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn twenty_thousand_connection_resets() {
    let _alone = alone();
    let exporter = Exporter::start("good");
    in_time(SECOND, "the next scrape", || {
        for number in 0..20_000 {
            let mut stream = connect(exporter.address()).unwrap();
            // With this option, closing the socket sends a reset.
            SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
            // The exporter may have closed the connection already.
            let _ = stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
            // Most clients reset before they are accepted, some in the middle of their response.
            if number % 10 == 0 {
                let _ = stream.read(&mut [0]);
            }
        }
        let reply = exporter.get("/metrics");
        assert_eq!(reply.status, 200);
        reply.took
    });
    until("no connection is left", || exporter.connections() == 0);
    assert_eq!(exporter.stop(), "", "disconnecting clients are not logged");
}

#[test]
fn descriptor_shortage_is_temporary() {
    let _alone = alone();
    let exporter = Exporter::start("good");
    exporter.scrape();
    until("no connection is left", || exporter.connections() == 0);
    let others = exporter.descriptors();
    exporter.limit_descriptors(64);
    let clients: Vec<_> = (0..200).map(|_| idle(exporter.address())).collect();
    // During the shortage, new connections evict the one that has been idle longest.
    in_time(SECOND, "a scrape during the shortage", || {
        let reply = exporter.get("/metrics");
        assert_eq!(reply.status, 200, "during the shortage");
        reply.took
    });
    until("the excess connections are closed", || {
        clients.iter().filter(|client| !is_open(client)).count() >= 200 - 64
    });
    drop(clients);
    let reply = exporter.get("/metrics");
    assert_eq!(reply.status, 200, "after the shortage");
    until("every descriptor is released", || exporter.descriptors() <= others + 1);
    assert_eq!(exporter.stop(), "", "the exporter neither exited nor logged anything");
}

/// A non-blocking connection that sends nothing.
fn idle(address: SocketAddr) -> TcpStream {
    let stream = connect(address).unwrap();
    stream.set_nonblocking(true).unwrap();
    stream
}

/// Whether the connection is still open, assuming that the exporter has sent nothing.
fn is_open(stream: &TcpStream) -> bool {
    stream.peek(&mut [0]).is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
}

/// Many connections, some of which send a byte from time to time, driven by one thread.
struct Crowd {
    address: SocketAddr,
    clients: Vec<TcpStream>,
    /// The number of connections that send: the last ones, since the oldest are evicted first.
    senders: usize,
}

impl Crowd {
    fn new(address: SocketAddr, number: usize, senders: usize) -> Self {
        let clients = (0..number).map(|_| idle(address)).collect();
        Self { address, clients, senders }
    }

    /// Sends a byte on each sending connection. Returns how many succeeded.
    fn drip(&mut self, byte: u8) -> usize {
        let idle = self.clients.len() - self.senders;
        let send = |stream: &&TcpStream| {
            let mut writer: &TcpStream = stream;
            is_open(stream) && writer.write_all(&[byte]).is_ok()
        };
        self.clients[idle..].iter().filter(send).count()
    }

    /// Reopens the connections that were closed. Returns their number.
    fn reconnect(&mut self) -> usize {
        let mut reconnected = 0;
        for stream in &mut self.clients {
            if !is_open(stream) {
                *stream = idle(self.address);
                reconnected += 1;
            }
        }
        reconnected
    }
}

/// Sets the flag when dropped, even if the test fails, so that the scraping thread ends.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Scrapes without a pause until `stop` is set. Returns the time of the slowest scrape.
fn slowest_scrape(exporter: &Exporter, stop: &AtomicBool) -> Duration {
    let (mut slowest, mut scrapes) = (Duration::ZERO, 0);
    while !stop.load(Ordering::Relaxed) {
        let reply = get(exporter.address(), "/metrics");
        let reply = reply.unwrap_or_else(|error| panic!("scrape {scrapes}: {error}"));
        assert_eq!(reply.status, 200);
        slowest = slowest.max(reply.took);
        scrapes += 1;
    }
    slowest
}

#[test]
fn two_thousand_idle_clients() {
    let _alone = alone();
    allow_descriptors(4096);
    in_time(SECOND, "the slowest scrape or reconnection", slowest_with_two_thousand_clients);
}

fn slowest_with_two_thousand_clients() -> Duration {
    let exporter = Exporter::start("good");
    exporter.limit_descriptors(1024);
    exporter.scrape();
    let stop = AtomicBool::new(false);
    let slowest = thread::scope(|scope| {
        let scrapes = thread::Builder::new()
            .spawn_scoped(scope, || slowest_scrape(&exporter, &stop))
            .unwrap();
        let stop = Stop(&stop);
        let mut crowd = Crowd::new(exporter.address(), 2000, 500);
        let (mut sent, mut reconnected, mut slowest) = (0, 0, Duration::ZERO);
        for byte in *b"GET /" {
            let begun = Instant::now();
            sent += crowd.drip(byte);
            let threads = exporter.threads();
            assert!(threads.len() <= 6, "{threads:?}");
            // Together with the code, an exporter stays below 8 MiB.
            let memory = exporter.own_memory();
            assert!(memory <= 4 * 1024, "{memory} KiB");
            if byte == b'T' {
                reconnected += crowd.reconnect();
                // If the kernel's accept queue is full, clients retry after a second.
                slowest = begun.elapsed();
            }
            // The attack sends one byte per second.
            thread::sleep(SECOND.saturating_sub(begun.elapsed()));
        }
        assert!(sent > 300, "{sent} bytes were sent");
        assert!(reconnected > 1500, "{reconnected} were evicted");
        drop(stop);
        slowest.max(scrapes.join().unwrap())
    });
    assert_eq!(exporter.stop(), "");
    slowest
}
