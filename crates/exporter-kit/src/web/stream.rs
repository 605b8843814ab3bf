//! The bytes of one connection, plain or through TLS, under the same timeouts.

use std::io::{self, IoSlice, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a refused client is listened to, so that it gets to read why.
const LINGER: Duration = Duration::from_millis(200);

/// A connection in the hands of whoever serves it.
pub(crate) enum Stream {
    Plain(Tcp),
    #[cfg(feature = "tls")]
    Tls(Box<super::tls::Session>),
}

/// The socket below, shared with [`Connections`](super::connections::Connections), which shuts it
/// down to make room.
#[derive(Debug)]
pub(crate) struct Tcp {
    pub(crate) socket: Arc<TcpStream>,
    /// How long the client may read nothing.
    #[cfg(feature = "tls")]
    pub(crate) write_timeout: Duration,
    /// The read timeout that the socket has.
    read_timeout: Option<Duration>,
}

impl Tcp {
    pub(crate) fn new(socket: Arc<TcpStream>, write_timeout: Duration) -> io::Result<Self> {
        // Responses leave in one piece; the last segment must not wait for an acknowledgement.
        socket.set_nodelay(true)?;
        socket.set_write_timeout(Some(write_timeout))?;
        Ok(Self {
            socket,
            #[cfg(feature = "tls")]
            write_timeout,
            read_timeout: None,
        })
    }

    /// Lets the next read wait this long and no longer.
    pub(crate) fn wait_at_most(&mut self, timeout: Duration) -> io::Result<()> {
        if timeout.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        // Mostly it is the same as before: a scraper between two requests.
        if self.read_timeout != Some(timeout) {
            self.socket.set_read_timeout(Some(timeout))?;
            self.read_timeout = Some(timeout);
        }
        Ok(())
    }

    /// Receives what is there, at least one byte within `timeout`; 0 is the end.
    fn receive(&mut self, into: &mut [u8], timeout: Duration) -> io::Result<usize> {
        self.wait_at_most(timeout)?;
        loop {
            match (&*self.socket).read(into) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => return result,
            }
        }
    }

    /// Closes a connection so that the client can read the response: closing with bytes of it
    /// unread would reset the connection and take the response along.
    pub(crate) fn linger(&mut self) {
        if self.socket.shutdown(Shutdown::Write).is_err() {
            return;
        }
        let deadline = Instant::now() + LINGER;
        let mut sink = [0; 2048];
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if !matches!(self.receive(&mut sink, left), Ok(received) if received > 0) {
                return;
            }
        }
    }
}

impl Stream {
    /// Receives what is there, at least one byte within `timeout`; 0 is the end.
    pub(crate) fn receive(&mut self, into: &mut [u8], timeout: Duration) -> io::Result<usize> {
        match self {
            Self::Plain(tcp) => tcp.receive(into, timeout),
            #[cfg(feature = "tls")]
            Self::Tls(session) => session.receive(into, timeout),
        }
    }

    /// The socket, unless what is said on it is encrypted.
    #[cfg(target_os = "linux")]
    pub(crate) fn plain_socket(&self) -> Option<&Arc<TcpStream>> {
        match self {
            Self::Plain(tcp) => Some(&tcp.socket),
            #[cfg(feature = "tls")]
            Self::Tls(_) => None,
        }
    }

    /// Receives what is there already; 0 is the end.
    #[cfg(target_os = "linux")]
    pub(crate) fn receive_now(&self, into: &mut [u8]) -> io::Result<Option<usize>> {
        let Some(socket) = self.plain_socket() else { return Ok(None) };
        match rustix::net::recv(socket, into, rustix::net::RecvFlags::DONTWAIT) {
            Ok((received, _)) => Ok(Some(received)),
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Sends what the system takes at once.
    #[cfg(target_os = "linux")]
    pub(crate) fn send_now(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        use rustix::net::{SendAncillaryBuffer, SendFlags, sendmsg};
        let Some(socket) = self.plain_socket() else { return Ok(0) };
        let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
        match sendmsg(socket, slices, &mut SendAncillaryBuffer::default(), flags) {
            Ok(sent) => Ok(sent),
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => Ok(0),
            Err(error) => Err(error.into()),
        }
    }

    /// Says goodbye and waits a moment, so that what was sent last arrives.
    pub(crate) fn linger(&mut self) {
        match self {
            Self::Plain(tcp) => tcp.linger(),
            #[cfg(feature = "tls")]
            Self::Tls(session) => session.linger(),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        match self {
            Self::Plain(Tcp { socket, .. }) => (&**socket).write_vectored(slices),
            #[cfg(feature = "tls")]
            Self::Tls(session) => session.send(slices),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
