//! Clients that do not read what they have asked for.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};

use crate::alone;
use crate::exporter::{Exporter, in_time, until};

const SECOND: Duration = Duration::from_secs(1);

/// The kernel takes no more for it than it must.
pub(crate) fn connect_narrowly(address: SocketAddr) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    socket.connect(&address.into()).unwrap();
    TcpStream::from(socket)
}

/// Asks for the page of 10 MB and reads nothing.
fn deaf(address: SocketAddr) -> TcpStream {
    let mut stream = connect_narrowly(address);
    stream.write_all(b"GET /metrics?collect[]=large HTTP/1.1\r\n\r\n").unwrap();
    stream
}

/// How long a scrape takes.
fn scrape(exporter: &Exporter) -> Duration {
    let reply = exporter.get("/metrics?collect[]=good");
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.took
}

#[test]
fn a_client_that_reads_nothing_is_left_after_the_write_timeout() {
    let _alone = alone();
    let exporter = Exporter::start_with("large good", &["--web.write-timeout=2s"]);
    let page = exporter.get("/metrics?collect[]=large");
    assert!(page.body.len() > 10_000_000, "{} bytes", page.body.len());
    let _deaf = deaf(exporter.address());
    let mut polls = 0;
    until("its connection is closed", || {
        in_time(SECOND, "a scrape beside it", || scrape(&exporter));
        polls += 1;
        exporter.connections() == 0
    });
    assert!(polls > 10, "it was never held up: {polls} polls");
    assert_eq!(exporter.stop(), "");
}

#[test]
fn clients_that_read_nothing_give_way() {
    let _alone = alone();
    let exporter = Exporter::start("large good");
    let deaf: Vec<_> = (0..128).map(|_| deaf(exporter.address())).collect();
    for deaf in &deaf {
        assert_eq!(deaf.peek(&mut [0]).unwrap(), 1, "its response is on the way");
    }
    assert_eq!(exporter.connections(), 128, "they have all places");
    for _ in 0..10 {
        in_time(SECOND, "a scrape beside them", || scrape(&exporter));
    }
    assert_eq!(exporter.stop(), "");
}

#[test]
fn a_hundred_clients_that_read_a_byte_a_second() {
    let _alone = alone();
    let exporter = Exporter::start("large good");
    let mut slow = Vec::new();
    for _ in 0..100 {
        let mut client = deaf(exporter.address());
        // So that the next one gets another page.
        client.read_exact(&mut [0]).unwrap();
        slow.push(client);
    }
    for _ in 0..3 {
        let begun = Instant::now();
        for client in &mut slow {
            // Those that were closed for lack of memory are as good.
            let _ = client.read(&mut [0]);
        }
        in_time(SECOND, "a scrape beside them", || scrape(&exporter));
        // A byte in every second is the attack.
        thread::sleep(SECOND.saturating_sub(begun.elapsed()));
    }
    // The next large page finds out who is slow.
    assert_eq!(exporter.get("/metrics?collect[]=large").status, 200);
    // All hundred pages would be a gigabyte.
    let resident = exporter.resident();
    assert!(resident < 256 * 1024, "{resident} KiB");
    let threads = exporter.threads();
    assert!(threads.len() <= 6, "{threads:?}");
    assert_eq!(exporter.stop(), "");
}
