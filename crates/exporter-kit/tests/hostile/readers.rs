//! Tests clients that do not read the responses they requested.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};

use crate::alone;
use crate::exporter::{Exporter, in_time, until};

const SECOND: Duration = Duration::from_secs(1);

/// Connects with the smallest possible receive buffer.
pub(crate) fn connect_with_small_buffer(address: SocketAddr) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    socket.connect(&address.into()).unwrap();
    TcpStream::from(socket)
}

/// Requests the page of 10 MB and reads nothing.
fn deaf(address: SocketAddr) -> TcpStream {
    let mut stream = connect_with_small_buffer(address);
    stream.write_all(b"GET /metrics?collect[]=large HTTP/1.1\r\n\r\n").unwrap();
    stream
}

/// Measures how long a scrape takes.
fn scrape(exporter: &Exporter) -> Duration {
    let reply = exporter.get("/metrics?collect[]=good");
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.took
}

#[test]
fn write_timeout_closes_an_unread_response() {
    let _alone = alone();
    let exporter = Exporter::start_with("large good", &["--web.write-timeout=2s"]);
    let page = exporter.get("/metrics?collect[]=large");
    assert!(page.body.len() > 10_000_000, "{} bytes", page.body.len());
    let _deaf = deaf(exporter.address());
    let mut polls = 0;
    until("its connection is closed", || {
        in_time(SECOND, "a scrape during an unread response", || scrape(&exporter));
        polls += 1;
        exporter.connections() == 0
    });
    assert!(polls > 10, "the connection was closed too early: {polls} polls");
    assert_eq!(exporter.stop(), "");
}

#[test]
fn clients_that_read_nothing_are_evicted() {
    let _alone = alone();
    let exporter = Exporter::start("large good");
    let deaf: Vec<_> = (0..128).map(|_| deaf(exporter.address())).collect();
    for deaf in &deaf {
        assert_eq!(deaf.peek(&mut [0]).unwrap(), 1, "its response is being sent");
    }
    assert_eq!(exporter.connections(), 128, "they occupy all slots");
    for _ in 0..10 {
        in_time(SECOND, "a scrape during unread responses", || scrape(&exporter));
    }
    assert_eq!(exporter.stop(), "");
}

#[test]
fn a_hundred_slow_readers_use_bounded_memory() {
    let _alone = alone();
    let exporter = Exporter::start("large good");
    let mut slow = Vec::new();
    for _ in 0..100 {
        let mut client = deaf(exporter.address());
        // Wait for the response, so that the next client gets a new page.
        client.read_exact(&mut [0]).unwrap();
        slow.push(client);
    }
    for _ in 0..3 {
        let begun = Instant::now();
        for client in &mut slow {
            // The connection may have been closed because of the memory limit.
            let _ = client.read(&mut [0]);
        }
        in_time(SECOND, "a scrape during unread responses", || scrape(&exporter));
        // The attack reads one byte per second.
        thread::sleep(SECOND.saturating_sub(begun.elapsed()));
    }
    // The next large page causes slow readers to be disconnected.
    assert_eq!(exporter.get("/metrics?collect[]=large").status, 200);
    // All hundred pages would be a gigabyte.
    let resident = exporter.resident();
    assert!(resident < 256 * 1024, "{resident} KiB");
    let threads = exporter.threads();
    assert!(threads.len() <= 6, "{threads:?}");
    assert_eq!(exporter.stop(), "");
}
