//! The bytes of one connection, plain or through TLS. Nothing here blocks: an operation that cannot
//! complete at once is retried when the event loop reports the socket as ready.

use std::io::{self, ErrorKind, IoSlice, Read as _, Write as _};
use std::net::Shutdown;
use std::sync::Arc;

use mio::net::TcpStream;

/// A socket, with TLS on top if configured.
pub(crate) struct Transport {
    /// Shared with a worker that makes the first attempt to send a page.
    pub(crate) socket: Arc<TcpStream>,
    /// `None` on a plain connection.
    #[cfg(feature = "tls")]
    pub(crate) tls: Option<super::tls::Session>,
}

impl Transport {
    pub(crate) fn new(socket: TcpStream) -> Self {
        Self {
            socket: Arc::new(socket),
            #[cfg(feature = "tls")]
            tls: None,
        }
    }

    /// Whether the connection has no TLS.
    pub(crate) fn is_plain(&self) -> bool {
        #[cfg(feature = "tls")]
        return self.tls.is_none();
        #[cfg(not(feature = "tls"))]
        return true;
    }

    /// Receives available bytes. 0 means the end of the stream; `None` means nothing yet.
    pub(crate) fn receive(&mut self, into: &mut [u8]) -> io::Result<Option<usize>> {
        #[cfg(feature = "tls")]
        if let Some(session) = &mut self.tls {
            return session.receive(&self.socket, into);
        }
        self.receive_raw(into)
    }

    /// Like [`receive`](Self::receive), but below TLS.
    pub(crate) fn receive_raw(&mut self, into: &mut [u8]) -> io::Result<Option<usize>> {
        now_or_later(|| (&*self.socket).read(into))
    }

    /// Sends as much as possible; `None` means nothing could be sent.
    pub(crate) fn send(&mut self, slices: &[IoSlice<'_>]) -> io::Result<Option<usize>> {
        #[cfg(feature = "tls")]
        if let Some(session) = &mut self.tls {
            return session.send(&self.socket, slices);
        }
        now_or_later(|| (&*self.socket).write_vectored(slices))
    }

    /// Sends the bytes that [`send`](Self::send) has buffered. Returns whether all were sent.
    pub(crate) fn flush(&mut self) -> io::Result<bool> {
        #[cfg(feature = "tls")]
        if let Some(session) = &mut self.tls {
            return session.flush(&self.socket);
        }
        Ok(true)
    }

    /// Signals the end of the stream to the client.
    pub(crate) fn close_write(&mut self) -> io::Result<()> {
        #[cfg(feature = "tls")]
        if let Some(session) = &mut self.tls {
            session.send_close_notify(&self.socket);
        }
        self.socket.shutdown(Shutdown::Write)
    }
}

/// The result of a non-blocking call; `None` if it would have blocked.
pub(super) fn now_or_later<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<Option<T>> {
    loop {
        match call() {
            Ok(value) => return Ok(Some(value)),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
