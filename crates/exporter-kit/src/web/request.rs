//! Reads one request head from a connection: bounded in bytes, headers and time. Bodies are never
//! read; a request that announces one is answered and its connection closed, so that no byte of
//! one request is ever taken for another.

use std::io;
use std::time::{Duration, Instant};

use httparse::{EMPTY_HEADER, Error, Status};

use super::accept::{self, Encoding};
use super::stream::Stream;

/// The most bytes of a request head: request line and headers.
const MAX_HEAD_BYTES: usize = 8 * 1024;

/// The most headers of a request.
const MAX_HEADERS: usize = 64;

/// How much is received at once.
const CHUNK_BYTES: usize = 2048;

/// How long a connection may stay open between two requests, and a sweep longer. More than the usual
/// scrape interval of a minute, so that a scraper keeps its connection.
pub(crate) const IDLE_TIMEOUT: Duration = Duration::from_secs(90);

/// What is served; anything else is answered with 405.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    Get,
    Head,
}

/// One request head, as far as an exporter cares.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// Path of the target, without the query.
    pub(crate) path: String,
    /// What follows the question mark; empty without one.
    pub(crate) query: String,
    /// How a body may be encoded.
    pub(crate) encoding: Encoding,
    /// Whether OpenMetrics is preferred to the text format.
    pub(crate) openmetrics: bool,
    /// The minor version of HTTP/1.
    pub(crate) minor_version: u8,
    /// Whether the connection can serve another request after this one.
    pub(crate) keep_alive: bool,
    /// What the scraper says it will wait, from `X-Prometheus-Scrape-Timeout-Seconds`.
    pub(crate) scrape_timeout: Option<Duration>,
    /// The header of that name: who asks, and the password.
    pub(crate) authorization: Option<String>,
}

/// Why there is no request to serve.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The client has gone, sends nothing or sends too slowly: close without a word.
    Gone,
    /// Something else than TLS where TLS is spoken: 400.
    #[cfg(feature = "tls")]
    NotTls,
    /// Not an HTTP/1 request head: 400.
    Malformed,
    /// Neither GET nor HEAD: 405.
    Method,
    /// More bytes or headers than are accepted: 431.
    TooLarge,
}

/// What has come on a connection.
#[cfg(target_os = "linux")]
#[derive(Debug)]
pub(crate) enum Arrived {
    /// One request and nothing else.
    Request(Request),
    Nothing,
    /// The client has gone, or will ask for nothing more.
    Nobody,
    /// A part of a request, or several: for [`RequestReader::next`].
    Other,
}

/// Reads requests one after another from a connection.
#[derive(Debug)]
pub(crate) struct RequestReader {
    /// Bytes that were received and not yet part of a served request.
    buffer: Vec<u8>,
    first: bool,
    /// How long a client may take to send a request head once it has begun, or once it has
    /// connected.
    head_timeout: Duration,
}

impl RequestReader {
    pub(crate) fn new(head_timeout: Duration) -> Self {
        Self { buffer: Vec::new(), first: true, head_timeout }
    }

    /// The next request, or why there is none. After a refusal the connection is of no more use.
    pub(crate) fn next(&mut self, stream: &mut Stream) -> Result<Request, Refusal> {
        if self.buffer.is_empty() {
            let patience = if self.first { self.head_timeout } else { IDLE_TIMEOUT };
            self.receive(stream, patience).map_err(|_| Refusal::Gone)?;
        }
        self.first = false;
        let deadline = Instant::now() + self.head_timeout;
        loop {
            if let Some((request, length)) = parse(&self.buffer)? {
                self.buffer.drain(..length);
                return Ok(request);
            }
            if self.buffer.len() >= MAX_HEAD_BYTES {
                return Err(Refusal::TooLarge);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            self.receive(stream, left).map_err(|_| Refusal::Gone)?;
        }
    }

    /// Whether nothing has been received but what was served.
    #[cfg(target_os = "linux")]
    pub(crate) fn is_empty(&self) -> bool {
        self.buffer.is_empty()
    }

    /// What has come meanwhile, without waiting for more.
    #[cfg(target_os = "linux")]
    pub(crate) fn arrived(&mut self, stream: &Stream) -> Arrived {
        let mut chunk = [0; CHUNK_BYTES];
        match stream.receive_now(&mut chunk) {
            Ok(Some(0)) | Err(_) => return Arrived::Nobody,
            Ok(None) => return Arrived::Nothing,
            Ok(Some(received)) => self.buffer.extend_from_slice(&chunk[..received]),
        }
        match parse(&self.buffer) {
            Ok(Some((request, length))) if length == self.buffer.len() && length < chunk.len() => {
                self.buffer.clear();
                Arrived::Request(request)
            }
            _ => Arrived::Other,
        }
    }

    /// Receives at least one byte within `timeout`.
    fn receive(&mut self, stream: &mut Stream, timeout: Duration) -> io::Result<()> {
        let mut chunk = [0; CHUNK_BYTES];
        let room = chunk.len().min(MAX_HEAD_BYTES - self.buffer.len());
        match stream.receive(&mut chunk[..room], timeout)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            received => {
                self.buffer.extend_from_slice(&chunk[..received]);
                Ok(())
            }
        }
    }
}

/// Parses a head from the start of `bytes`: the request and the head's length, `None` while it is
/// not complete.
pub(super) fn parse(bytes: &[u8]) -> Result<Option<(Request, usize)>, Refusal> {
    let mut headers = [EMPTY_HEADER; MAX_HEADERS];
    let mut head = httparse::Request::new(&mut headers);
    let length = match head.parse(bytes) {
        Ok(Status::Complete(length)) => length,
        Ok(Status::Partial) => return Ok(None),
        Err(Error::TooManyHeaders) => return Err(Refusal::TooLarge),
        Err(_) => return Err(Refusal::Malformed),
    };
    if has_bare_line_feed(&bytes[..length]) {
        return Err(Refusal::Malformed);
    }
    let method = match head.method {
        Some("GET") => Method::Get,
        Some("HEAD") => Method::Head,
        _ => return Err(Refusal::Method),
    };
    let minor_version = head.version.unwrap_or(0);
    let (path, query) = target(head.path.unwrap_or_default()).ok_or(Refusal::Malformed)?;
    let mut request = Request {
        method,
        path: path.to_owned(),
        query: query.to_owned(),
        encoding: Encoding::Identity,
        openmetrics: false,
        minor_version,
        keep_alive: minor_version == 1,
        scrape_timeout: None,
        authorization: None,
    };
    // A header that is given several times counts as one list.
    let list = |name: &str| {
        let named = head.headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name));
        named.map(|header| String::from_utf8_lossy(header.value)).reduce(|a, b| a + "," + b)
    };
    if let Some(offers) = list("accept-encoding") {
        request.encoding = accept::encoding(&offers);
    }
    if let Some(offers) = list("accept") {
        request.openmetrics = accept::wants_openmetrics(&offers);
    }
    let mut close = false;
    for header in head.headers.iter() {
        let is = |name: &str| header.name.eq_ignore_ascii_case(name);
        let value = header.value.trim_ascii();
        if is("connection") {
            let mut options = value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii);
            close |= options.clone().any(|option| option.eq_ignore_ascii_case(b"close"));
            request.keep_alive |= options.any(|option| option.eq_ignore_ascii_case(b"keep-alive"));
        } else if is("content-length") {
            close |= value != b"0";
        } else if is("transfer-encoding") || is("expect") || is("upgrade") {
            close = true;
        } else if is("x-prometheus-scrape-timeout-seconds") {
            request.scrape_timeout = parse_timeout(value);
        } else if is("authorization") && request.authorization.is_none() {
            // Of several the first one counts, as in Go.
            request.authorization = Some(String::from_utf8_lossy(value).into_owned());
        }
    }
    request.keep_alive &= !close;
    Ok(Some((request, length)))
}

/// Whether a line ends without a carriage return. The parser lets that pass, but a proxy may not
/// take it for the end of a line, and then it and the exporter see different requests.
fn has_bare_line_feed(head: &[u8]) -> bool {
    head.starts_with(b"\n") || head.windows(2).any(|pair| pair[1] == b'\n' && pair[0] != b'\r')
}

/// Path and query of a request target in origin form (`/metrics?x`) or absolute form
/// (`http://host/metrics`).
fn target(target: &str) -> Option<(&str, &str)> {
    let scheme = target.get(..7).filter(|start| start.eq_ignore_ascii_case("http://"));
    let path = match scheme {
        Some(_) => target[7..].find('/').map_or("/", |slash| &target[7 + slash..]),
        None => target,
    };
    let path = path.split('#').next().unwrap_or_default();
    path.starts_with('/').then(|| path.split_once('?').unwrap_or((path, "")))
}

fn parse_timeout(value: &[u8]) -> Option<Duration> {
    let seconds: f64 = std::str::from_utf8(value).ok()?.parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok().filter(|timeout| !timeout.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(path: &str) -> Request {
        Request {
            method: Method::Get,
            path: path.to_owned(),
            query: String::new(),
            encoding: Encoding::Identity,
            openmetrics: false,
            minor_version: 1,
            keep_alive: true,
            scrape_timeout: None,
            authorization: None,
        }
    }

    #[test]
    fn heads_are_read_as_sent() {
        let seconds = |seconds| Some(Duration::from_secs_f64(seconds));
        let cases: [(&str, Request); 13] = [
            ("GET /metrics HTTP/1.1\r\n\r\n", get("/metrics")),
            ("HEAD / HTTP/1.1\r\n\r\n", Request { method: Method::Head, ..get("/") }),
            (
                "GET /metrics?a=b#c HTTP/1.1\r\n\r\n",
                Request { query: "a=b".to_owned(), ..get("/metrics") },
            ),
            (
                "GET / HTTP/1.1\r\nAccept-Encoding: br\r\naccept-encoding: gzip\r\n\r\n",
                Request { encoding: Encoding::Gzip, ..get("/") },
            ),
            (
                "GET / HTTP/1.1\r\nAccept: application/openmetrics-text\r\n\r\n",
                Request { openmetrics: true, ..get("/") },
            ),
            ("GET http://host:9601/metrics HTTP/1.1\r\n\r\n", get("/metrics")),
            ("GET http://host HTTP/1.1\r\n\r\n", get("/")),
            ("GET / HTTP/1.0\r\n\r\n", Request { minor_version: 0, keep_alive: false, ..get("/") }),
            (
                "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n",
                Request { minor_version: 0, ..get("/") },
            ),
            (
                "GET / HTTP/1.1\r\nconnection: foo, Close\r\n\r\n",
                Request { keep_alive: false, ..get("/") },
            ),
            (
                "GET / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello",
                Request { keep_alive: false, ..get("/") },
            ),
            (
                "GET / HTTP/1.1\r\nTransfer-Encoding: xchunked\r\n\r\n",
                Request { keep_alive: false, ..get("/") },
            ),
            (
                "GET / HTTP/1.1\r\nX-Prometheus-Scrape-Timeout-Seconds: 0.5\r\n\r\n",
                Request { scrape_timeout: seconds(0.5), ..get("/") },
            ),
        ];
        for (text, expected) in cases {
            let (request, length) = parse(text.as_bytes()).unwrap().unwrap();
            assert_eq!(request, expected, "{text:?}");
            assert_eq!(&text[length..], text.split("\r\n\r\n").nth(1).unwrap_or_default());
        }
    }

    #[test]
    fn other_heads_are_refused() {
        let many = format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(MAX_HEADERS + 1));
        let cases = [
            ("POST /metrics HTTP/1.1\r\n\r\n", Refusal::Method),
            ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Refusal::Malformed),
            ("GET metrics HTTP/1.1\r\n\r\n", Refusal::Malformed),
            ("GET /\0 HTTP/1.1\r\n\r\n", Refusal::Malformed),
            ("GET / HTTP/1.1\n\n", Refusal::Malformed),
            ("GET / HTTP/1.1\r\nA: b\n\r\n", Refusal::Malformed),
            ("\nGET / HTTP/1.1\r\n\r\n", Refusal::Malformed),
            ("\x16\x03\x01\x02\x00\x01\x00\x01", Refusal::Malformed),
            (&many, Refusal::TooLarge),
        ];
        for (text, refusal) in cases {
            assert_eq!(parse(text.as_bytes()), Err(refusal), "{text:?}");
        }
    }

    #[test]
    fn a_senseless_scrape_timeout_is_ignored() {
        for value in ["", "x", "-1", "0", "NaN", "inf", "1e400"] {
            assert_eq!(parse_timeout(value.as_bytes()), None, "{value}");
        }
    }
}
