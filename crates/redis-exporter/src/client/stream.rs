//! Opens a connection to Redis and bounds everything that is done with it, look-ups of names
//! included, by one deadline.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

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

/// Looks up names on a thread of its own, because a look-up cannot be bounded and takes many
/// seconds while name servers do not answer.
#[derive(Default)]
pub(crate) struct Resolver {
    /// The look-up that the last scrape did not wait for. There is never more than one.
    running: Option<Receiver<io::Result<Vec<SocketAddr>>>>,
}

impl Plain {
    /// Connects to `address`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TimedOut`] at the deadline; otherwise why the last of the addresses could not
    /// be reached.
    pub(crate) fn open(
        address: &Address,
        resolver: &mut Resolver,
        deadline: Instant,
    ) -> io::Result<Self> {
        let socket = match address {
            Address::Ip(ip) => tcp(&[*ip], deadline)?,
            Address::Name { host, port } => {
                tcp(&resolver.look_up(host, *port, deadline)?, deadline)?
            }
            #[cfg(unix)]
            Address::Unix(path) => Socket::Unix(unix(path, deadline)?),
            #[cfg(not(unix))]
            Address::Unix(_) => return Err(ErrorKind::Unsupported.into()),
        };
        Ok(Self { socket, deadline })
    }
}

impl Resolver {
    fn look_up(&mut self, host: &str, port: u16, deadline: Instant) -> io::Result<Vec<SocketAddr>> {
        let running = match self.running.take() {
            Some(running) => running,
            None => start_look_up(host.to_owned(), port)?,
        };
        match running.recv_timeout(left_until(deadline)?) {
            Ok(found) => found,
            Err(RecvTimeoutError::Timeout) => {
                self.running = Some(running);
                Err(ErrorKind::TimedOut.into())
            }
            Err(RecvTimeoutError::Disconnected) => Err(io::Error::other("the look-up panicked")),
        }
    }
}

fn start_look_up(host: String, port: u16) -> io::Result<Receiver<io::Result<Vec<SocketAddr>>>> {
    let (sender, receiver) = sync_channel(1);
    let look_up = move || {
        let found = (host.as_str(), port).to_socket_addrs().map(Iterator::collect);
        // No scrape may be waiting any more.
        let _ = sender.send(found);
    };
    thread::Builder::new().name("look-up".into()).spawn(look_up)?;
    Ok(receiver)
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

fn left_until(deadline: Instant) -> io::Result<Duration> {
    let left = deadline.saturating_duration_since(Instant::now());
    // A socket timeout of zero is an error, not an immediate timeout.
    if left.is_zero() { Err(ErrorKind::TimedOut.into()) } else { Ok(left) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn look_up_that_hangs_is_bounded_and_kept() {
        let (sender, receiver) = sync_channel(1);
        let mut resolver = Resolver { running: Some(receiver) };
        let soon = || Instant::now() + Duration::from_millis(20);
        for _ in 0..2 {
            let error = resolver.look_up("db.invalid", 1, soon()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::TimedOut);
        }
        // The look-up that hung answers at last, and no other one was started.
        let address: SocketAddr = "127.0.0.1:1".parse().unwrap();
        sender.send(Ok(vec![address])).unwrap();
        let later = Instant::now() + Duration::from_secs(20);
        assert_eq!(resolver.look_up("db.invalid", 1, later).unwrap(), [address]);
        assert!(resolver.running.is_none());
    }

    #[test]
    fn names_are_looked_up() {
        let later = Instant::now() + Duration::from_secs(20);
        let found = Resolver::default().look_up("localhost", 7, later).unwrap();
        assert!(found.iter().any(|address| address.port() == 7 && address.ip().is_loopback()));
    }

    #[test]
    fn past_deadline_is_a_timeout() {
        let address = Address::Ip("127.0.0.1:1".parse().unwrap());
        let result = Plain::open(&address, &mut Resolver::default(), Instant::now());
        assert_eq!(result.err().map(|error| error.kind()), Some(ErrorKind::TimedOut));
    }
}
