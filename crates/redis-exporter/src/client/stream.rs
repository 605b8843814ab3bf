//! Opens a connection to Redis and bounds everything that is done with it, look-ups of names
//! included, by one deadline.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Instant;

use super::bounded::{Bounded, left_until};
use crate::address::Address;

/// A connection, with or without TLS.
pub(crate) enum Stream {
    Plain(Plain),
    #[cfg(feature = "tls")]
    Tls(Box<rustls::StreamOwned<rustls::ClientConnection, Plain>>),
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write(bytes),
            #[cfg(feature = "tls")]
            Self::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.flush(),
            #[cfg(feature = "tls")]
            Self::Tls(stream) => stream.flush(),
        }
    }
}

impl Read for Stream {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(into),
            #[cfg(feature = "tls")]
            Self::Tls(stream) => stream.read(into),
        }
    }
}

/// A connection with one deadline for all reads and writes. A socket timeout alone would restart
/// with each byte.
pub(crate) struct Plain {
    socket: Socket,
    deadline: Instant,
}

enum Socket {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(std::os::unix::net::UnixStream),
}

/// Look-ups of names, which take many seconds while name servers do not answer.
pub(crate) type LookUps = Bounded<io::Result<Vec<SocketAddr>>>;

impl Plain {
    /// Connects to `address`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TimedOut`] at the deadline; otherwise why the last of the addresses could not
    /// be reached.
    pub(crate) fn open(
        address: &Address,
        look_ups: &mut LookUps,
        deadline: Instant,
    ) -> io::Result<Self> {
        let socket = match address {
            Address::Ip(ip) => tcp(&[*ip], deadline)?,
            Address::Name { host, port } => {
                tcp(&look_up(look_ups, host, *port, deadline)?, deadline)?
            }
            #[cfg(unix)]
            Address::Unix(path) => Socket::Unix(unix(path, deadline)?),
            #[cfg(not(unix))]
            Address::Unix(_) => return Err(ErrorKind::Unsupported.into()),
        };
        Ok(Self { socket, deadline })
    }
}

fn look_up(
    look_ups: &mut LookUps,
    host: &str,
    port: u16,
    deadline: Instant,
) -> io::Result<Vec<SocketAddr>> {
    let host = host.to_owned();
    let found = look_ups
        .run(deadline, move || (host.as_str(), port).to_socket_addrs().map(Iterator::collect));
    found?
}

/// Connects to the first address that answers. Each gets its share of the time, so that one that
/// swallows packets leaves some for the others.
fn tcp(addresses: &[SocketAddr], deadline: Instant) -> io::Result<Socket> {
    let mut last = io::Error::new(ErrorKind::NotFound, "the name has no address");
    for (at, address) in addresses.iter().enumerate() {
        let others = u32::try_from(addresses.len() - at).unwrap_or(u32::MAX);
        let opened = left_until(deadline).and_then(|left| {
            let stream = TcpStream::connect_timeout(address, left / others)?;
            stream.set_nodelay(true).map(|()| stream)
        });
        match opened {
            Ok(stream) => return Ok(Socket::Tcp(stream)),
            Err(error) => last = error,
        }
    }
    Err(last)
}

#[cfg(unix)]
fn unix(path: &std::path::Path, deadline: Instant) -> io::Result<std::os::unix::net::UnixStream> {
    use socket2::{Domain, SockAddr, Socket, Type};

    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    let address = SockAddr::unix(path)?;
    // Connecting would block while the server does not accept and its queue is full.
    socket.set_write_timeout(Some(left_until(deadline)?))?;
    socket.connect(&address)?;
    Ok(std::os::fd::OwnedFd::from(socket).into())
}

impl Plain {
    #[cfg(feature = "tls")]
    pub(super) fn deadline(&self) -> Instant {
        self.deadline
    }
}

impl Write for Plain {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let left = Some(left_until(self.deadline)?);
        match &mut self.socket {
            Socket::Tcp(stream) => {
                stream.set_write_timeout(left)?;
                stream.write(bytes)
            }
            #[cfg(unix)]
            Socket::Unix(stream) => {
                stream.set_write_timeout(left)?;
                stream.write(bytes)
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Plain {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let left = Some(left_until(self.deadline)?);
        match &mut self.socket {
            Socket::Tcp(stream) => {
                stream.set_read_timeout(left)?;
                stream.read(into)
            }
            #[cfg(unix)]
            Socket::Unix(stream) => {
                stream.set_read_timeout(left)?;
                stream.read(into)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn names_are_looked_up() {
        let later = Instant::now() + Duration::from_secs(20);
        let found = look_up(&mut LookUps::default(), "localhost", 7, later).unwrap();
        assert!(found.iter().any(|address| address.port() == 7 && address.ip().is_loopback()));
    }

    #[test]
    fn past_deadline_is_a_timeout() {
        let address = Address::Ip("127.0.0.1:1".parse().unwrap());
        let result = Plain::open(&address, &mut LookUps::default(), Instant::now());
        assert_eq!(result.err().map(|error| error.kind()), Some(ErrorKind::TimedOut));
    }
}
