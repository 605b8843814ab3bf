//! TLS on one connection. The event loop reads, writes and decrypts records. Handshake steps, which
//! use the private key, run on a worker, which owns the state of the handshake meanwhile.

use std::io::{self, ErrorKind, IoSlice, Read as _, Write as _};
use std::sync::Arc;

use mio::net::TcpStream;
use rustls::{Error, ServerConfig, ServerConnection};

use crate::web::transport::now_or_later;

/// Maximum number of buffered plain bytes: one full record.
const BUFFER_BYTES: usize = 16 * 1024;

/// The first byte of a TLS connection: the content type of a handshake record.
pub(crate) const HANDSHAKE_RECORD: u8 = 22;

/// TLS on top of a socket.
pub(crate) struct Session {
    /// `None` while a worker owns it.
    tls: Option<Handshake>,
}

/// The TLS state, which moves to a worker for each step of the handshake.
pub(crate) struct Handshake(Box<ServerConnection>);

impl Handshake {
    /// Starts TLS on a new connection.
    ///
    /// # Errors
    ///
    /// Returns the error of rustls.
    pub(crate) fn new(config: Arc<ServerConfig>) -> Result<Self, Error> {
        let mut tls = ServerConnection::new(config)?;
        tls.set_buffer_limit(Some(BUFFER_BYTES));
        Ok(Self(Box::new(tls)))
    }

    /// Processes the received records.
    ///
    /// # Errors
    ///
    /// Returns an error if the client broke the protocol or has no acceptable certificate. An alert
    /// is then ready to be sent.
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

    /// Receives records, with a single read. 0 means the end of the stream; `None` means nothing
    /// yet.
    pub(crate) fn receive_records(&mut self, mut socket: &TcpStream) -> io::Result<Option<usize>> {
        let Some(tls) = &mut self.tls else { return Ok(None) };
        now_or_later(|| tls.0.read_tls(&mut socket))
    }

    /// Receives available plain bytes. 0 means the end of the stream; `None` means nothing yet.
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
            // There may be an alert or the response to a key update.
            self.flush(socket)?;
            if let Some(Err(error)) = step {
                return Err(io::Error::new(ErrorKind::InvalidData, error));
            }
        }
    }

    /// Buffers up to [`BUFFER_BYTES`] plain bytes and sends records; `None` means none were
    /// buffered.
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

    /// Sends records. Returns whether none are left.
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

    /// Sends `close_notify`, unless the client has yet to receive earlier records.
    pub(crate) fn send_close_notify(&mut self, socket: &TcpStream) {
        if let Some(tls) = &mut self.tls {
            tls.0.send_close_notify();
            // The connection is about to be closed, so this is the only attempt.
            let _ = self.flush(socket);
        }
    }
}
