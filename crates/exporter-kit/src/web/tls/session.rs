//! TLS on one connection: the handshake and what follows, each step under a deadline of its own, so
//! that no client can hold a thread with half a record.

use std::io::{self, IoSlice, Read, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::{ServerConfig, ServerConnection};

use crate::web::request::Refusal;
use crate::web::stream::{Stream, Tcp};

/// The most plain bytes that wait to be sent: one full record.
const BUFFER_BYTES: usize = 16 * 1024;

/// What the first byte of a TLS connection says: here comes a handshake.
const HANDSHAKE_RECORD: u8 = 22;

/// A TLS connection.
pub(crate) struct Session {
    tcp: Tcp,
    tls: ServerConnection,
}

/// Shakes hands within `timeout`. The stream comes back whatever happens, so that a client which
/// speaks plain HTTP can be told.
pub(crate) fn accept(
    mut tcp: Tcp,
    config: Arc<ServerConfig>,
    timeout: Duration,
) -> (Stream, Result<(), Refusal>) {
    let deadline = Instant::now() + timeout;
    let mut first = [0];
    let peeked = tcp.wait_at_most(timeout).and_then(|()| tcp.socket.peek(&mut first));
    match peeked {
        Ok(1..) if first[0] == HANDSHAKE_RECORD => {}
        Ok(1..) => return (Stream::Plain(tcp), Err(Refusal::NotTls)),
        Ok(0) | Err(_) => return (Stream::Plain(tcp), Err(Refusal::Gone)),
    }
    let mut tls = match ServerConnection::new(config) {
        Ok(tls) => tls,
        Err(error) => {
            log::debug!("cannot begin a TLS connection: {error}");
            return (Stream::Plain(tcp), Err(Refusal::Gone));
        }
    };
    tls.set_buffer_limit(Some(BUFFER_BYTES));
    // Once it has gone, nobody can tell where it was.
    let peer = log::log_enabled!(log::Level::Debug).then(|| tcp.socket.peer_addr());
    let mut session = Box::new(Session { tcp, tls });
    while session.tls.is_handshaking() {
        if let Err(error) = session.turn(deadline) {
            if let Some(Ok(peer)) = peer {
                log::debug!("no TLS with {peer}: {error}");
            }
            return (Stream::Tls(session), Err(Refusal::Gone));
        }
    }
    (Stream::Tls(session), Ok(()))
}

impl Session {
    /// Receives plain bytes that are there, at least one within `timeout`; 0 is the end.
    pub(crate) fn receive(&mut self, into: &mut [u8], timeout: Duration) -> io::Result<usize> {
        let deadline = Instant::now() + timeout;
        loop {
            match self.tls.reader().read(into) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.turn(deadline)?,
                result => return result,
            }
        }
    }

    /// Takes plain bytes, at most [`BUFFER_BYTES`], and sends them.
    pub(crate) fn send(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let taken = self.tls.writer().write_vectored(slices)?;
        self.send_records()?;
        Ok(taken)
    }

    /// Says that nothing follows, and waits a moment, so that what was sent last arrives.
    pub(crate) fn linger(&mut self) {
        self.tls.send_close_notify();
        if self.send_records().is_ok() {
            self.tcp.linger();
        }
    }

    /// Receives records once, lets rustls work, sends what it answers.
    fn turn(&mut self, deadline: Instant) -> io::Result<()> {
        self.tcp.wait_at_most(deadline.saturating_duration_since(Instant::now()))?;
        let mut socket = &*self.tcp.socket;
        match self.tls.read_tls(&mut socket) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(()),
            Err(error) => return Err(error),
            Ok(_) => {}
        }
        if let Err(error) = self.tls.process_new_packets() {
            // The alert says what was wrong; a reset would take it along.
            if self.send_records().is_ok() {
                self.tcp.linger();
            }
            return Err(io::Error::new(io::ErrorKind::InvalidData, error));
        }
        self.send_records()
    }

    fn send_records(&mut self) -> io::Result<()> {
        let deadline = Instant::now() + self.tcp.write_timeout;
        let mut socket = &*self.tcp.socket;
        while self.tls.wants_write() {
            match self.tls.write_tls(&mut socket) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
                Ok(_) => {}
            }
            // A client that takes a byte now and then would never run into the socket's timeout.
            if self.tls.wants_write() && Instant::now() >= deadline {
                return Err(io::ErrorKind::TimedOut.into());
            }
        }
        Ok(())
    }
}
