//! Clients that connect and do nothing good with it.

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
fn twenty_thousand_clients_that_ask_and_reset() {
    let _alone = alone();
    let exporter = Exporter::start("good");
    in_time(SECOND, "the next scrape", || {
        for number in 0..20_000 {
            let mut stream = connect(exporter.address()).unwrap();
            // Closing sends a reset then, instead of an orderly end.
            SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
            // What the exporter has closed already is as good.
            let _ = stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
            // Most have gone before they are accepted; some go in the middle of their response.
            if number % 10 == 0 {
                let _ = stream.read(&mut [0]);
            }
        }
        let reply = exporter.get("/metrics");
        assert_eq!(reply.status, 200);
        reply.took
    });
    until("none of them is connected", || exporter.connections() == 0);
    assert_eq!(exporter.stop(), "", "a client that goes away is nothing to log");
}

#[test]
fn a_lack_of_file_descriptors_passes() {
    let _alone = alone();
    let exporter = Exporter::start("good");
    exporter.scrape();
    until("nobody is connected", || exporter.connections() == 0);
    let others = exporter.descriptors();
    exporter.limit_descriptors(64);
    let clients: Vec<_> = (0..200).map(|_| idle(exporter.address())).collect();
    // While they last, whoever has waited longest gives way to who comes.
    in_time(SECOND, "a scrape while there are too many", || {
        let reply = exporter.get("/metrics");
        assert_eq!(reply.status, 200, "while there are too many");
        reply.took
    });
    until("so many are closed for lack of descriptors", || {
        clients.iter().filter(|client| !is_open(client)).count() >= 200 - 64
    });
    drop(clients);
    let reply = exporter.get("/metrics");
    assert_eq!(reply.status, 200, "when they have gone");
    until("every descriptor is given back", || exporter.descriptors() <= others + 1);
    assert_eq!(exporter.stop(), "", "it never ended, nor had it anything to say");
}

/// A connection on which nobody waits for what is to come.
fn idle(address: SocketAddr) -> TcpStream {
    let stream = connect(address).unwrap();
    stream.set_nonblocking(true).unwrap();
    stream
}

/// Whether the exporter, which has sent nothing, has closed the connection either.
fn is_open(stream: &TcpStream) -> bool {
    stream.peek(&mut [0]).is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
}

/// Holds connections, some of which send a byte now and then. One thread drives them all.
struct Crowd {
    address: SocketAddr,
    clients: Vec<TcpStream>,
    /// The last ones of them send; those that came first are the first to give way.
    senders: usize,
}

impl Crowd {
    fn new(address: SocketAddr, number: usize, senders: usize) -> Self {
        let clients = (0..number).map(|_| idle(address)).collect();
        Self { address, clients, senders }
    }

    /// Sends a byte from each of those that send; how many could.
    fn drip(&mut self, byte: u8) -> usize {
        let idle = self.clients.len() - self.senders;
        let send = |stream: &&TcpStream| {
            let mut writer: &TcpStream = stream;
            is_open(stream) && writer.write_all(&[byte]).is_ok()
        };
        self.clients[idle..].iter().filter(send).count()
    }

    /// Everyone who was closed comes again; how many were.
    fn return_all(&mut self) -> usize {
        let mut returned = 0;
        for stream in &mut self.clients {
            if !is_open(stream) {
                *stream = idle(self.address);
                returned += 1;
            }
        }
        returned
    }
}

/// Says so when it is dropped, also when the test has failed: nobody then waits for ever.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Scrapes without a pause until it is told to stop; how long the slowest took.
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
    in_time(SECOND, "the slowest scrape, or a return of all", slowest_beside_two_thousand);
}

fn slowest_beside_two_thousand() -> Duration {
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
        let (mut sent, mut returned, mut slowest) = (0, 0, Duration::ZERO);
        for byte in *b"GET /" {
            let begun = Instant::now();
            sent += crowd.drip(byte);
            let threads = exporter.threads();
            assert!(threads.len() <= 6, "{threads:?}");
            // With the code of an exporter that ships it stays below 8 MiB.
            let memory = exporter.own_memory();
            assert!(memory <= 4 * 1024, "{memory} KiB");
            if byte == b'T' {
                returned += crowd.return_all();
                // Whoever finds no room in the kernel's queue tries again after a second.
                slowest = begun.elapsed();
            }
            // A byte in every second is the attack.
            thread::sleep(SECOND.saturating_sub(begun.elapsed()));
        }
        assert!(sent > 300, "{sent} bytes were sent");
        assert!(returned > 1500, "{returned} had to give way");
        drop(stop);
        slowest.max(scrapes.join().unwrap())
    });
    assert_eq!(exporter.stop(), "");
    slowest
}
