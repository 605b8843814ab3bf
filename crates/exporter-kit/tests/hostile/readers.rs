//! Clients that do not read what they have asked for.

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

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
