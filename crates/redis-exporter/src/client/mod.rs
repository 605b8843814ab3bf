//! One short connection to Redis: connect, authenticate, send commands. One timeout bounds all of
//! it, however slowly the server answers.

use std::fmt;
use std::fs;
use std::io::{self, BufReader, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::resp::{self, Value};

/// The server to connect to and its credentials.
#[derive(Clone)]
pub(crate) struct Target {
    /// `host:port`.
    pub(crate) address: String,
    /// Empty for the default user.
    pub(crate) username: String,
    pub(crate) password: Password,
    /// Bounds one connection: connecting and all its commands together.
    pub(crate) timeout: Duration,
}

/// The source of the password.
#[derive(Clone)]
pub(crate) enum Password {
    None,
    Text(String),
    /// Read again for each connection, since the file may change at any time.
    File(PathBuf),
}

/// Why a command failed.
#[derive(Debug)]
pub(crate) enum RedisError {
    PasswordFile(PathBuf, io::Error),
    Connect(String, io::Error),
    Timeout(String, Duration),
    /// The connection broke, or the reply is not valid RESP.
    Lost(String, io::Error),
    /// The password is wrong or missing.
    Auth(String),
    /// Redis replied to a command with an error.
    Refused(&'static str, String),
}

/// An open connection.
pub(crate) struct Connection {
    stream: BufReader<Timed>,
    address: String,
    timeout: Duration,
}

impl Target {
    /// Connects and authenticates.
    pub(crate) fn connect(&self) -> Result<Connection, RedisError> {
        let password = self.password.read()?;
        let deadline = Instant::now() + self.timeout;
        let stream = self.open(deadline)?;
        let (address, timeout) = (self.address.clone(), self.timeout);
        let stream = BufReader::new(Timed { stream, deadline });
        let mut connection = Connection { stream, address, timeout };
        match (&*self.username, password.as_deref()) {
            (_, None | Some("")) => {}
            ("", Some(password)) => connection.authenticate(&["AUTH", password])?,
            (user, Some(password)) => connection.authenticate(&["AUTH", user, password])?,
        }
        Ok(connection)
    }

    fn open(&self, deadline: Instant) -> Result<TcpStream, RedisError> {
        let address = &self.address;
        let cannot = |error: io::Error| match error.kind() {
            ErrorKind::TimedOut | ErrorKind::WouldBlock => {
                RedisError::Timeout(address.clone(), self.timeout)
            }
            _ => RedisError::Connect(address.clone(), error),
        };
        let mut last = io::Error::new(ErrorKind::NotFound, "the name resolves to no address");
        for socket_address in address.to_socket_addrs().map_err(cannot)? {
            let opened = left_until(deadline).and_then(|left| {
                let stream = TcpStream::connect_timeout(&socket_address, left)?;
                stream.set_nodelay(true).map(|()| stream)
            });
            match opened {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error,
            }
        }
        Err(cannot(last))
    }
}

impl Password {
    fn read(&self) -> Result<Option<String>, RedisError> {
        match self {
            Self::None => Ok(None),
            Self::Text(text) => Ok(Some(text.clone())),
            Self::File(path) => {
                let text = fs::read_to_string(path)
                    .map_err(|error| RedisError::PasswordFile(path.clone(), error))?;
                // Editors end a file with a line feed, which is not part of the password.
                Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()))
            }
        }
    }
}

impl Connection {
    /// Sends the command `words`, called `name` in errors. An error reply is an `Err`.
    pub(crate) fn call(&mut self, name: &'static str, words: &[&str]) -> Result<Value, RedisError> {
        match self.exchange(words)? {
            Value::Error(text) if ["NOAUTH", "WRONGPASS"].iter().any(|c| text.starts_with(c)) => {
                Err(RedisError::Auth(text))
            }
            Value::Error(text) => Err(RedisError::Refused(name, text)),
            value => Ok(value),
        }
    }

    fn authenticate(&mut self, words: &[&str]) -> Result<(), RedisError> {
        match self.exchange(words)? {
            Value::Error(text) => Err(RedisError::Auth(text)),
            _ => Ok(()),
        }
    }

    fn exchange(&mut self, words: &[&str]) -> Result<Value, RedisError> {
        let result = self.stream.get_mut().send(&resp::command(words));
        result.and_then(|()| resp::read(&mut self.stream)).map_err(|error| match error.kind() {
            ErrorKind::TimedOut | ErrorKind::WouldBlock => {
                RedisError::Timeout(self.address.clone(), self.timeout)
            }
            _ => RedisError::Lost(self.address.clone(), error),
        })
    }
}

/// A stream with one deadline for all reads and writes. A socket timeout alone would restart with
/// each byte.
struct Timed {
    stream: TcpStream,
    deadline: Instant,
}

impl Timed {
    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.set_write_timeout(Some(left_until(self.deadline)?))?;
        self.stream.write_all(bytes)
    }
}

impl Read for Timed {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(Some(left_until(self.deadline)?))?;
        self.stream.read(into)
    }
}

fn left_until(deadline: Instant) -> io::Result<Duration> {
    let left = deadline.saturating_duration_since(Instant::now());
    // A socket timeout of zero is an error, not an immediate timeout.
    if left.is_zero() { Err(ErrorKind::TimedOut.into()) } else { Ok(left) }
}

impl RedisError {
    /// The value of the label `err`.
    pub(crate) fn label(&self) -> &'static str {
        match self {
            Self::PasswordFile(..) => "password_file",
            Self::Connect(..) => "connect",
            Self::Timeout(..) => "timeout",
            Self::Lost(..) => "lost",
            Self::Auth(_) => "auth",
            Self::Refused(..) => "refused",
        }
    }
}

impl fmt::Display for RedisError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PasswordFile(path, error) => {
                write!(f, "--redis.password-file: cannot read {}: {error}", path.display())
            }
            Self::Connect(address, error) => write!(
                f,
                "cannot connect to {address}: {error}; is Redis running there? See --redis.address"
            ),
            Self::Timeout(address, timeout) => write!(
                f,
                "{address} did not answer within {timeout:?}; see --redis.timeout if it is slow"
            ),
            Self::Lost(address, error) => write!(f, "lost the connection to {address}: {error}"),
            Self::Auth(text) => write!(
                f,
                "Redis says {text:?}; check --redis.username and the password, from \
                 REDIS_EXPORTER_REDIS_PASSWORD or --redis.password-file"
            ),
            Self::Refused(command, text) if text.starts_with("NOPERM") => write!(
                f,
                "Redis refused {command}: {text:?}; give the user the commands PING, INFO and \
                 LATENCY"
            ),
            Self::Refused(command, text) => write!(f, "Redis refused {command}: {text:?}"),
        }
    }
}

impl std::error::Error for RedisError {}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    fn target(address: String, timeout: Duration) -> Target {
        Target { address, username: String::new(), password: Password::None, timeout }
    }

    /// Calls a server that writes `answer` byte by byte and then waits for the client to close.
    fn call_server(
        answer: &'static [u8],
        pause: Duration,
    ) -> (Result<Value, RedisError>, Duration) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let serve = move || {
            let (mut stream, _) = listener.accept().unwrap();
            for byte in answer {
                // The client may have closed the connection.
                let _ = stream.write_all(&[*byte]);
                thread::sleep(pause);
            }
            let _ = stream.read_to_end(&mut Vec::new());
        };
        let server = thread::Builder::new().spawn(serve).unwrap();
        let begun = Instant::now();
        let result = target(address, Duration::from_millis(300))
            .connect()
            .and_then(|mut connection| connection.call("PING", &["PING"]));
        let took = begun.elapsed();
        server.join().unwrap();
        (result, took)
    }

    #[test]
    fn reply_is_read() {
        let (result, _) = call_server(b"+PONG\r\n", Duration::ZERO);
        assert_eq!(result.unwrap(), Value::Status("PONG".to_owned()));
    }

    #[test]
    fn slow_reply_ends_at_the_deadline() {
        let (result, took) = call_server(b"+PPPPPPPPPPPPPPPP", Duration::from_millis(60));
        assert_eq!(result.unwrap_err().label(), "timeout");
        assert!(took < Duration::from_millis(900), "{took:?}");
    }

    #[test]
    fn error_replies_have_distinct_labels() {
        for (answer, label) in [
            (&b"-NOAUTH Authentication required.\r\n"[..], "auth"),
            (b"-NOPERM this user has no permissions\r\n", "refused"),
            (b"HTTP/1.1 400 Bad Request\r\n", "lost"),
        ] {
            let (result, _) = call_server(answer, Duration::ZERO);
            assert_eq!(result.unwrap_err().label(), label);
        }
    }

    #[test]
    fn errors_name_the_flag_to_check() {
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut target = target(free.to_string(), Duration::from_secs(3));
        let message = |target: &Target| target.connect().map(|_| ()).unwrap_err().to_string();
        assert!(message(&target).contains("See --redis.address"), "{}", message(&target));
        let folder = tempfile::tempdir().unwrap();
        target.password = Password::File(folder.path().join("none"));
        assert!(message(&target).starts_with("--redis.password-file: "), "{}", message(&target));
    }

    #[test]
    fn password_file_loses_its_line_feed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        fs::write(&path, " se cret \r\n").unwrap();
        assert_eq!(Password::File(path).read().unwrap().as_deref(), Some(" se cret "));
    }
}
