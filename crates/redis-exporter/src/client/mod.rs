//! One short connection to Redis: connect, authenticate, send commands. One deadline bounds all of
//! it, however slowly the server answers.

mod bounded;
mod error;
mod stream;
#[cfg(feature = "tls")]
mod tls;

use std::io::{self, BufReader, ErrorKind, Write as _};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use self::bounded::Bounded;
pub(crate) use self::error::{Phase, Reason, RedisError, Refusal};
use self::stream::{LookUps, Plain, Stream};
#[cfg(feature = "tls")]
pub(crate) use self::tls::TlsFiles;
use crate::address::Address;
use crate::resp::{self, Value};

/// After this time a login is tried again that the server has refused.
const LOGIN_RETRY: Duration = Duration::from_secs(60);

/// The server to connect to and its credentials.
pub(crate) struct Target {
    pub(crate) address: Address,
    /// Empty for the default user.
    pub(crate) username: String,
    pub(crate) password: Password,
    /// Bounds one connection: connecting and all its commands together.
    pub(crate) timeout: Duration,
    /// The password of the last connection, and when and how the server refused it.
    tried: String,
    refused: Option<(Instant, Refusal)>,
    look_ups: LookUps,
    password_reads: Bounded<io::Result<String>>,
    #[cfg(feature = "tls")]
    tls: Option<TlsFiles>,
    #[cfg(feature = "tls")]
    tls_reads: Bounded<Result<rustls::ClientConfig, RedisError>>,
}

/// The source of the password.
#[derive(Clone)]
pub(crate) enum Password {
    None,
    Text(String),
    /// Read again for each connection, since the file may change at any time.
    File(PathBuf),
}

/// An open connection.
pub(crate) struct Connection {
    stream: BufReader<Stream>,
    address: Address,
    timeout: Duration,
    /// The timeout of the target, which the scrape may have shortened.
    longest: Duration,
    /// Is never part of an error.
    password: String,
    has_replied: bool,
}

impl Target {
    pub(crate) fn new(
        address: Address,
        username: String,
        password: Password,
        timeout: Duration,
    ) -> Self {
        Self {
            address,
            username,
            password,
            timeout,
            tried: String::new(),
            refused: None,
            look_ups: LookUps::default(),
            password_reads: Bounded::default(),
            #[cfg(feature = "tls")]
            tls: None,
            #[cfg(feature = "tls")]
            tls_reads: Bounded::default(),
        }
    }

    /// Sets the files of a connection with TLS; `None` for one without.
    #[cfg(feature = "tls")]
    pub(crate) fn with_tls(self, tls: Option<TlsFiles>) -> Self {
        Self { tls, ..self }
    }

    /// Connects and authenticates. Everything on the connection ends by the timeout of the target,
    /// or earlier by `deadline`.
    pub(crate) fn connect(&mut self, deadline: Option<Instant>) -> Result<Connection, RedisError> {
        let begun = Instant::now();
        let left = deadline.map(|deadline| deadline.saturating_duration_since(begun));
        // In whole milliseconds, as the log shows it.
        let left = left.map(|left| Duration::from_millis(left.as_millis() as u64));
        let timeout = self.timeout.min(left.unwrap_or(self.timeout));
        let password = self.read_password(begun + timeout)?;
        let opened = Plain::open(&self.address, &mut self.look_ups, begun + timeout);
        let stream = opened.map_err(|error| {
            // Another server may be the next to listen there.
            self.refused = None;
            match is_timeout(&error) {
                true => {
                    let is_looking_up = self.look_ups.is_running();
                    let phase = if is_looking_up { Phase::LookUp } else { Phase::Redis };
                    timed_out(&self.address, phase, timeout, self.timeout)
                }
                false => RedisError::Connect(self.address.clone(), error),
            }
        })?;
        if let Some((at, refusal)) = &self.refused
            && self.tried == password
            && at.elapsed() < LOGIN_RETRY
        {
            return Err(RedisError::Refused(refusal.clone()));
        }
        self.refused = None;
        password.clone_into(&mut self.tried);
        let stream = BufReader::new(self.secure(stream, timeout)?);
        let mut connection = Connection {
            stream,
            address: self.address.clone(),
            timeout,
            longest: self.timeout,
            password,
            has_replied: false,
        };
        if !connection.password.is_empty() {
            let password = connection.password.clone();
            match &*self.username {
                "" => connection.call("AUTH", &["AUTH", &password])?,
                user => connection.call("AUTH", &["AUTH", user, &password])?,
            };
        }
        Ok(connection)
    }
}

impl Target {
    /// Remembers that the server refuses the login. Each attempt counts in its error statistics and
    /// its ACL log, so the same one is made again only after a minute.
    pub(crate) fn note_refusal(&mut self, refusal: &Refusal) {
        if refusal.reason.is_of_login() && self.refused.is_none() {
            self.refused = Some((Instant::now(), refusal.clone()));
        }
    }

    /// Reads the password; empty for none.
    fn read_password(&mut self, deadline: Instant) -> Result<String, RedisError> {
        match &self.password {
            Password::None => Ok(String::new()),
            Password::Text(text) => Ok(text.clone()),
            Password::File(path) => {
                let file = path.clone();
                let read = move || exporter_kit::read_setting_file(file);
                let text = self.password_reads.run(deadline, read).and_then(|result| result);
                // Without a password the default user would be asked, silently.
                let text = text.and_then(|text| match text.is_empty() {
                    true => Err(io::Error::other("the file is empty")),
                    false => Ok(text),
                });
                text.map_err(|error| RedisError::PasswordFile(path.clone(), error))
            }
        }
    }

    #[cfg(feature = "tls")]
    fn secure(&mut self, stream: Plain, timeout: Duration) -> Result<Stream, RedisError> {
        let Some(files) = &self.tls else { return Ok(Stream::Plain(stream)) };
        let files = files.clone();
        let config = self.tls_reads.run(stream.deadline(), move || files.config());
        let config = config.map_err(|error| RedisError::Tls(self.address.clone(), error))??;
        match tls::start(config, &self.address, stream) {
            Ok(stream) => Ok(Stream::Tls(Box::new(stream))),
            Err(RedisError::Tls(address, error)) if is_timeout(&error) => {
                Err(timed_out(&address, Phase::TlsHandshake, timeout, self.timeout))
            }
            Err(error) => Err(error),
        }
    }

    #[cfg(not(feature = "tls"))]
    #[allow(clippy::unused_self, clippy::unnecessary_wraps, reason = "builds with TLS need them")]
    fn secure(&mut self, stream: Plain, _timeout: Duration) -> Result<Stream, RedisError> {
        Ok(Stream::Plain(stream))
    }
}

impl Connection {
    /// Sends the command `words`, called `name` in errors. An error reply is an `Err`.
    pub(crate) fn call(&mut self, name: &'static str, words: &[&str]) -> Result<Value, RedisError> {
        let stream = self.stream.get_mut();
        let sent = stream.write_all(&resp::command(words)).and_then(|()| stream.flush());
        // A server that refuses the connection says why and closes it. Its words may be here even
        // if the command could not be sent any more.
        let reply = resp::read(&mut self.stream);
        let value = match (sent, reply) {
            (_, Ok(value @ Value::Error(_))) | (Ok(()), Ok(value)) => Ok(value),
            (Err(error), _) | (Ok(()), Err(error)) => Err(error),
        };
        let value = value.map_err(|error| self.broken(error))?;
        self.has_replied = true;
        match value {
            Value::Error(text) => {
                Err(RedisError::Refused(Refusal::new(name, &text, &self.password)))
            }
            value => Ok(value),
        }
    }

    /// The password that the connection was opened with.
    pub(crate) fn password(&self) -> &str {
        &self.password
    }

    /// The error of a server that does not speak as Redis does.
    pub(crate) fn not_redis(&self, what: &'static str) -> RedisError {
        RedisError::Lost(self.address.clone(), io::Error::new(ErrorKind::InvalidData, what))
    }

    fn broken(&self, error: io::Error) -> RedisError {
        match is_timeout(&error) {
            true => timed_out(&self.address, Phase::Redis, self.timeout, self.longest),
            // With TLS 1.3 a server refuses the client's certificate after the handshake.
            #[cfg(feature = "tls")]
            false if error.get_ref().is_some_and(|error| error.is::<rustls::Error>()) => {
                RedisError::Tls(self.address.clone(), error)
            }
            false => {
                let is_closed =
                    matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::UnexpectedEof);
                let is_plain = matches!(self.stream.get_ref(), Stream::Plain(_));
                let error = match is_closed && is_plain && !self.has_replied {
                    true => io::Error::new(
                        error.kind(),
                        "closed without a reply; if Redis speaks TLS there, give rediss://HOST:PORT",
                    ),
                    false => error,
                };
                RedisError::Lost(self.address.clone(), error)
            }
        }
    }
}

fn timed_out(address: &Address, phase: Phase, after: Duration, longest: Duration) -> RedisError {
    RedisError::Timeout { address: address.clone(), phase, after, scrape: after < longest }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock)
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::{SocketAddr, TcpListener};
    use std::thread;

    use super::*;

    fn target(address: SocketAddr, password: Password, timeout: Duration) -> Target {
        Target::new(Address::Ip(address), String::new(), password, timeout)
    }

    /// Calls a server that writes `answer` byte by byte and then waits for the client to close.
    fn call_server(
        answer: &'static [u8],
        pause: Duration,
        password: &str,
    ) -> (Result<Value, RedisError>, Duration) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
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
        let password = Password::Text(password.to_owned());
        let result = target(address, password, Duration::from_millis(300))
            .connect(None)
            .and_then(|mut connection| connection.call("PING", &["PING"]));
        let took = begun.elapsed();
        server.join().unwrap();
        (result, took)
    }

    #[test]
    fn reply_is_read() {
        let (result, _) = call_server(b"+PONG\r\n", Duration::ZERO, "");
        assert_eq!(result.unwrap(), Value::Status("PONG".to_owned()));
    }

    #[test]
    fn slow_reply_ends_at_the_deadline() {
        let (result, took) = call_server(b"+PPPPPPPPPPPPPPPP", Duration::from_millis(60), "");
        assert_eq!(result.unwrap_err().label(), "timeout");
        assert!(took < Duration::from_millis(900), "{took:?}");
    }

    #[test]
    fn password_makes_no_difference_to_errors() {
        for (answer, label) in [
            (&b"-NOAUTH Authentication required.\r\n"[..], "auth"),
            (b"-ERR max number of clients reached\r\n", "max_clients"),
            (b"-DENIED Redis is running in protected mode\r\n", "refused"),
            (b"-LOADING Redis is loading the dataset in memory\r\n", "loading"),
            (b"HTTP/1.1 400 Bad Request\r\n", "lost"),
        ] {
            for password in ["", "secret", "A", "ERR"] {
                let (result, _) = call_server(answer, Duration::ZERO, password);
                assert_eq!(result.unwrap_err().label(), label, "{password:?}");
            }
        }
    }

    #[test]
    fn server_that_refuses_and_closes_is_heard() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let mut target = target(address, Password::None, Duration::from_secs(20));
        let mut connection = target.connect(None).unwrap();
        let (mut accepted, _) = listener.accept().unwrap();
        accepted.write_all(b"-ERR max number of clients reached\r\n").unwrap();
        drop(accepted);
        // The first of two writes makes the server's system say that the connection is closed.
        let _ = connection.stream.get_mut().write_all(b"*");
        thread::sleep(Duration::from_millis(20));
        let error = connection.call("PING", &["PING"]).unwrap_err();
        // Other systems may drop what a closed connection has received.
        assert!(error.label() == "max_clients" || cfg!(not(target_os = "linux")), "{error}");
    }

    #[test]
    fn passwords_are_not_in_errors() {
        for answer in [
            &b"-ERR unknown command `AUTH`, with args beginning with: `secret`, \r\n"[..],
            b"-ERR who is secret\r\n",
        ] {
            let error = call_server(answer, Duration::ZERO, "secret").0.unwrap_err().to_string();
            assert!(!error.contains("secret") && error.contains("refused AUTH"), "{error}");
        }
    }

    #[test]
    fn deadline_of_the_scrape_shortens_the_timeout() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let mut target = target(address, Password::None, Duration::from_secs(60));
        let begun = Instant::now();
        let mut connection = target.connect(Some(begun + Duration::from_millis(200))).unwrap();
        let error = connection.call("PING", &["PING"]).unwrap_err();
        assert!(error.label() == "timeout" && error.to_string().contains("--scrape.timeout"));
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    }

    #[test]
    fn errors_name_the_flag_to_check() {
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let message = |password: Password| {
            let mut target = target(free, password, Duration::from_secs(3));
            target.connect(None).map(|_| ()).unwrap_err().to_string()
        };
        let refused = message(Password::None);
        assert!(refused.contains("See --redis.address"), "{refused}");
        let folder = tempfile::tempdir().unwrap();
        let missing = message(Password::File(folder.path().join("none")));
        assert!(missing.starts_with("--redis.password-file: "), "{missing}");
    }

    #[test]
    fn password_file_is_read_as_other_files() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        std::fs::write(&path, "\u{feff} se cret \r\n").unwrap();
        let address = "127.0.0.1:1".parse().unwrap();
        let mut target = target(address, Password::File(path), Duration::ZERO);
        let later = Instant::now() + Duration::from_secs(20);
        assert_eq!(target.read_password(later).unwrap(), " se cret ");
    }
}
