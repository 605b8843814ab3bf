//! TLS on one connection. Records are read, written and decrypted by the event loop; what takes a
//! private key is left to a worker, which has the state of the handshake meanwhile.

use std::io::{self, ErrorKind, IoSlice, Read as _, Write as _};
use std::sync::Arc;

use mio::net::TcpStream;
use rustls::{Error, ServerConfig, ServerConnection};

use crate::web::transport::now_or_later;

/// The most plain bytes that wait to be sent: one full record.
const BUFFER_BYTES: usize = 16 * 1024;

/// What the first byte of a TLS connection says: here comes a handshake.
pub(crate) const HANDSHAKE_RECORD: u8 = 22;

/// TLS above a socket.
pub(crate) struct Session {
    /// `None` while a worker has it.
    tls: Option<Handshake>,
}

/// The state of TLS, to be taken to a worker for a step of the handshake.
pub(crate) struct Handshake(Box<ServerConnection>);

impl Handshake {
    /// Begins a connection.
    ///
    /// # Errors
    ///
    /// As rustls reports them.
    pub(crate) fn new(config: Arc<ServerConfig>) -> Result<Self, Error> {
        let mut tls = ServerConnection::new(config)?;
        tls.set_buffer_limit(Some(BUFFER_BYTES));
        Ok(Self(Box::new(tls)))
    }

    /// Works on the records that have been received.
    ///
    /// # Errors
    ///
    /// The client broke the protocol or has no acceptable certificate. An alert waits to be sent.
    pub(crate) fn step(&mut self) -> Result<(), Error> {
        self.0.process_new_packets().map(drop)
    }
}

impl Session {
    pub(crate) fn new(tls: Handshake) -> Self {
        Self { tls: Some(tls) }
    }

    pub(crate) fn is_handshaking(&self) -> bool {
        self.tls.as_ref().is_none_or(|tls| tls.0.is_handshaking())
    }

    /// Takes the state for a step of the handshake.
    pub(crate) fn take(&mut self) -> Option<Handshake> {
        self.tls.take()
    }

    pub(crate) fn give_back(&mut self, tls: Handshake) {
        self.tls = Some(tls);
    }

    /// Receives records, once. 0 bytes are the end; `None` is nothing yet.
    pub(crate) fn receive_records(&mut self, mut socket: &TcpStream) -> io::Result<Option<usize>> {
        let Some(tls) = &mut self.tls else { return Ok(None) };
        now_or_later(|| tls.0.read_tls(&mut socket))
    }

    /// Receives plain bytes that are there. 0 bytes are the end; `None` is nothing yet.
    pub(crate) fn receive(
        &mut self,
        socket: &TcpStream,
        into: &mut [u8],
    ) -> io::Result<Option<usize>> {
        loop {
            let Some(tls) = &mut self.tls else { return Ok(None) };
            match tls.0.reader().read(into) {
                Ok(received) => return Ok(Some(received)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
            match self.receive_records(socket)? {
                None => return Ok(None),
                Some(0) => return Ok(Some(0)),
                Some(_) => {}
            }
            let step = self.tls.as_mut().map(Handshake::step);
            // An alert, or the answer to a change of keys.
            self.flush(socket)?;
            if let Some(Err(error)) = step {
                return Err(io::Error::new(ErrorKind::InvalidData, error));
            }
        }
    }

    /// Takes plain bytes, at most [`BUFFER_BYTES`], and sends records; `None` is nothing.
    pub(crate) fn send(
        &mut self,
        socket: &TcpStream,
        slices: &[IoSlice<'_>],
    ) -> io::Result<Option<usize>> {
        loop {
            let Some(tls) = &mut self.tls else { return Ok(None) };
            let taken = tls.0.writer().write_vectored(slices)?;
            let is_flushed = self.flush(socket)?;
            if taken > 0 {
                return Ok(Some(taken));
            }
            if !is_flushed {
                return Ok(None);
            }
        }
    }

    /// Sends records; whether none is left.
    pub(crate) fn flush(&mut self, mut socket: &TcpStream) -> io::Result<bool> {
        let Some(tls) = &mut self.tls else { return Ok(true) };
        while tls.0.wants_write() {
            match now_or_later(|| tls.0.write_tls(&mut socket))? {
                None => return Ok(false),
                Some(0) => return Err(ErrorKind::WriteZero.into()),
                Some(_) => {}
            }
        }
        Ok(true)
    }

    /// Says that nothing follows, unless the client has yet to take what came before.
    pub(crate) fn send_close_notify(&mut self, socket: &TcpStream) {
        if let Some(tls) = &mut self.tls {
            tls.0.send_close_notify();
            // What cannot be sent now is missed by a client that is about to be closed.
            let _ = self.flush(socket);
        }
    }
}
