//! Calls methods over D-Bus, one batch at a time and without a thread. The synchronous crate in pure
//! Rust, `rustbus`, is not used: it needs nix 0.26 and a derive macro, and accepts messages of any
//! length.

mod address;
mod wire;

use std::io::{Error, ErrorKind, Read as _, Result, Write as _};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, SocketFlags, SocketType, connect, socket_with};

pub(crate) use self::address::Address;
pub(crate) use self::wire::{Call, Reader, Reply, Value};

/// How many calls may wait for their replies: dbus-daemon refuses more than 128 of a connection,
/// and these fit into the buffers of a socket.
pub(crate) const MAX_CALLS: usize = 64;

/// Replies that take no more than this find their memory there.
const MIN_BUFFER_BYTES: usize = 64 * 1024;
/// More memory than this is given back after the reply.
const MAX_KEPT_BYTES: usize = 2 * 1024 * 1024;

/// A connection to a bus, or to a program directly.
pub(crate) struct Bus {
    socket: UnixStream,
    /// The calls that are not sent yet.
    out: Vec<u8>,
    calls: usize,
    /// The number of the next call.
    serial: u32,
    input: Vec<u8>,
    /// What of `input` has been read from the socket and is not taken yet.
    start: usize,
    end: usize,
}

/// A call that was answered by an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusal<'a> {
    /// Such as `org.freedesktop.DBus.Error.AccessDenied`.
    pub(crate) name: &'a str,
    pub(crate) message: &'a str,
}

impl Bus {
    /// Connects to a program that listens there.
    pub(crate) fn connect_directly(address: &Address, deadline: Instant) -> Result<Self> {
        let socket =
            socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
        // A program that is stopped takes no connection.
        set_socket_timeout(&socket, Timeout::Send, Some(remaining(deadline)?))?;
        connect(&socket, &address.to_socket_address()?).map_err(|error| timed(error.into()))?;
        let mut bus = Self {
            socket: socket.into(),
            out: Vec::new(),
            calls: 0,
            serial: 1,
            input: vec![0; MIN_BUFFER_BYTES],
            start: 0,
            end: 0,
        };
        bus.authenticate(rustix::process::geteuid().as_raw(), deadline)?;
        Ok(bus)
    }

    /// Connects to a bus.
    pub(crate) fn connect(address: &Address, deadline: Instant) -> Result<Self> {
        let mut bus = Self::connect_directly(address, deadline)?;
        bus.queue(&Call {
            destination: "org.freedesktop.DBus",
            path: "/org/freedesktop/DBus",
            interface: "org.freedesktop.DBus",
            member: "Hello",
            arguments: &[],
        });
        let mut hello = Ok(());
        bus.replies(deadline, |_, reply| {
            hello = reply.map(|_| ()).map_err(|refusal| refusal.to_error("Hello"));
        })?;
        hello.map(|()| bus)
    }

    /// States the user; the other side asks the kernel whether that is true.
    fn authenticate(&mut self, user: u32, deadline: Instant) -> Result<()> {
        let user = user.to_string().bytes().map(|digit| format!("{digit:02x}")).collect::<String>();
        self.write(format!("\0AUTH EXTERNAL {user}\r\n").as_bytes(), deadline)?;
        while !self.input[..self.end].ends_with(b"\r\n") {
            if self.end == MAX_AUTH_BYTES {
                return Err(damaged());
            }
            self.read(MAX_AUTH_BYTES, deadline)?;
        }
        if !self.input[..self.end].starts_with(b"OK ") {
            let answer = String::from_utf8_lossy(&self.input[..self.end - 2]);
            let error = format!("the bus does not let this user in: {answer}");
            return Err(Error::new(ErrorKind::PermissionDenied, error));
        }
        self.end = 0;
        self.write(b"BEGIN\r\n", deadline)
    }

    /// Queues a call; at most [`MAX_CALLS`] until [`Bus::replies`].
    pub(crate) fn queue(&mut self, call: &Call<'_>) {
        debug_assert!(self.calls < MAX_CALLS, "the bus would refuse it");
        if self.calls == 0 && self.serial > u32::MAX - MAX_CALLS as u32 {
            self.serial = 1;
        }
        wire::write_call(&mut self.out, self.serial, call);
        self.serial += 1;
        self.calls += 1;
    }

    /// Sends the queued calls and hands over all their replies, in any order, each with its place in
    /// the queue.
    ///
    /// # Errors
    ///
    /// The connection cannot be used after that.
    pub(crate) fn replies(
        &mut self,
        deadline: Instant,
        mut each: impl FnMut(usize, std::result::Result<Reply<'_>, Refusal<'_>>),
    ) -> Result<()> {
        let out = std::mem::take(&mut self.out);
        self.write(&out, deadline)?;
        self.out = out;
        self.out.clear();
        let calls = std::mem::take(&mut self.calls);
        let first = self.serial - calls as u32;
        let mut is_open = [false; MAX_CALLS];
        is_open[..calls].fill(true);
        let mut open = calls;
        while open > 0 {
            let (start, end) = self.next_message(deadline)?;
            let message = wire::parse(&self.input[start..end]).ok_or_else(damaged)?;
            // Signals are skipped.
            let Some(serial) = message.reply_to() else { continue };
            let call = serial.wrapping_sub(first) as usize;
            let Some(is_open) = is_open.get_mut(call).filter(|is_open| **is_open) else { continue };
            *is_open = false;
            open -= 1;
            each(call, message.reply());
        }
        if self.start == self.end && self.input.len() > MAX_KEPT_BYTES {
            self.input.truncate(MIN_BUFFER_BYTES);
            self.input.shrink_to_fit();
            (self.start, self.end) = (0, 0);
        }
        Ok(())
    }

    /// Where in `input` the next message is.
    fn next_message(&mut self, deadline: Instant) -> Result<(usize, usize)> {
        loop {
            let length = wire::length(&self.input[self.start..self.end])?;
            let whole = length.map(|length| self.start + length).filter(|end| *end <= self.end);
            if let Some(end) = whole {
                let start = std::mem::replace(&mut self.start, end);
                return Ok((start, end));
            }
            if self.start > 0 {
                self.input.copy_within(self.start..self.end, 0);
                (self.start, self.end) = (0, self.end - self.start);
            }
            if self.end == self.input.len() {
                // What a head claims is believed as far as the bytes come.
                self.input.resize(2 * self.end, 0);
            }
            self.read(self.input.len(), deadline)?;
        }
    }

    /// Reads into `input`, at most up to `end`.
    fn read(&mut self, end: usize, deadline: Instant) -> Result<()> {
        loop {
            self.socket.set_read_timeout(Some(remaining(deadline)?))?;
            match self.socket.read(&mut self.input[self.end..end]) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(length) => {
                    self.end += length;
                    return Ok(());
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(timed(error)),
            }
        }
    }

    fn write(&mut self, bytes: &[u8], deadline: Instant) -> Result<()> {
        self.socket.set_write_timeout(Some(remaining(deadline)?))?;
        self.socket.write_all(bytes).map_err(timed)
    }
}

/// Far more than a line of the authentication takes.
const MAX_AUTH_BYTES: usize = 4096;

impl Refusal<'_> {
    /// The error of what could not be called.
    pub(crate) fn to_error(self, what: &str) -> Error {
        Error::other(format!("{what}: {}: {}", self.name, self.message))
    }
}

/// The error of a socket whose time is up says that it would block.
fn timed(error: Error) -> Error {
    if error.kind() == ErrorKind::WouldBlock { timeout() } else { error }
}

/// How much time is left.
fn remaining(deadline: Instant) -> Result<Duration> {
    let remaining = deadline.saturating_duration_since(Instant::now());
    // The kernel takes less than a microsecond for no limit at all.
    if remaining < Duration::from_millis(1) { Err(timeout()) } else { Ok(remaining) }
}

fn timeout() -> Error {
    Error::new(ErrorKind::TimedOut, "the bus does not answer")
}

fn damaged() -> Error {
    Error::new(ErrorKind::InvalidData, "a message of the bus is damaged or too large")
}

#[cfg(test)]
pub(crate) mod tests;
