//! Parses a request head, bounded in bytes and headers. Bodies are never read: after a request that
//! announces a body, the connection is closed, so that the body is never parsed as a request.

use std::time::Duration;

use httparse::{EMPTY_HEADER, Error, Status};

use super::accept::{self, Negotiated};

/// Maximum size of a request head: request line and headers.
pub(crate) const MAX_HEAD_BYTES: usize = 8 * 1024;

/// Maximum number of headers of a request.
const MAX_HEADERS: usize = 64;

/// The parts of a request head that matter to an exporter.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) reply: Reply,
    /// The path of the target, without the query.
    pub(crate) path: String,
    /// The query, without the question mark; empty if there is none.
    pub(crate) query: String,
    /// Whether the body may be compressed with gzip.
    pub(crate) gzip: bool,
    pub(crate) negotiated: Negotiated,
    /// The scraper's timeout, from `X-Prometheus-Scrape-Timeout-Seconds`.
    pub(crate) scrape_timeout: Option<Duration>,
    /// The `Authorization` header, with user and password.
    pub(crate) authorization: Option<String>,
}

/// The parts of a request that determine the head of the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    /// The request is a HEAD request.
    pub(crate) is_head: bool,
    /// Whether the connection stays open for another request.
    pub(crate) keep_alive: bool,
    /// The minor version of HTTP/1.
    pub(crate) minor_version: u8,
}

/// Why a request is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rejection {
    /// Plain text on a TLS port: 400.
    #[cfg(feature = "tls")]
    NotTls,
    /// Not an HTTP/1 request head: 400.
    Malformed,
    /// Neither GET nor HEAD: 405.
    Method,
    /// Too many bytes or headers: 431.
    TooLarge,
}

/// Parses a head from the start of `bytes`. Returns the request and the length of its head, or
/// `None` if the head is incomplete.
pub(super) fn parse(bytes: &[u8]) -> Result<Option<(Request, usize)>, Rejection> {
    let mut headers = [EMPTY_HEADER; MAX_HEADERS];
    let mut head = httparse::Request::new(&mut headers);
    let length = match head.parse(bytes) {
        Ok(Status::Complete(length)) if length > MAX_HEAD_BYTES => return Err(Rejection::TooLarge),
        Ok(Status::Complete(length)) => length,
        Ok(Status::Partial) if bytes.len() >= MAX_HEAD_BYTES => return Err(Rejection::TooLarge),
        Ok(Status::Partial) => return Ok(None),
        Err(Error::TooManyHeaders) => return Err(Rejection::TooLarge),
        Err(_) => return Err(Rejection::Malformed),
    };
    if has_bare_line_feed(&bytes[..length]) {
        return Err(Rejection::Malformed);
    }
    let is_head = match head.method {
        Some("GET") => false,
        Some("HEAD") => true,
        _ => return Err(Rejection::Method),
    };
    let minor_version = head.version.unwrap_or(0);
    let (path, query) = target(head.path.unwrap_or_default()).ok_or(Rejection::Malformed)?;
    let mut request = Request {
        reply: Reply { is_head, keep_alive: minor_version == 1, minor_version },
        path: path.to_owned(),
        query: query.to_owned(),
        gzip: false,
        negotiated: Negotiated::default(),
        scrape_timeout: None,
        authorization: None,
    };
    // Repeated headers form one list.
    let list = |name: &str| {
        let named = head.headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name));
        named.map(|header| String::from_utf8_lossy(header.value)).reduce(|a, b| a + "," + b)
    };
    if let Some(offers) = list("accept-encoding") {
        request.gzip = accept::prefers_gzip(&offers);
    }
    if let Some(offers) = list("accept") {
        request.negotiated = accept::negotiate(&offers);
    }
    let mut close = false;
    for header in head.headers.iter() {
        let is = |name: &str| header.name.eq_ignore_ascii_case(name);
        let value = header.value.trim_ascii();
        if is("connection") {
            let mut options = value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii);
            close |= options.clone().any(|option| option.eq_ignore_ascii_case(b"close"));
            request.reply.keep_alive |=
                options.any(|option| option.eq_ignore_ascii_case(b"keep-alive"));
        } else if is("content-length") {
            close |= value != b"0";
        } else if is("transfer-encoding") || is("expect") || is("upgrade") {
            close = true;
        } else if is("x-prometheus-scrape-timeout-seconds") {
            request.scrape_timeout = parse_timeout(value);
        } else if is("authorization") && request.authorization.is_none() {
            // The first of several is used, as in Go.
            request.authorization = Some(String::from_utf8_lossy(value).into_owned());
        }
    }
    request.reply.keep_alive &= !close;
    Ok(Some((request, length)))
}

/// Whether a line ends without a carriage return. The parser accepts that, but a proxy may not
/// treat it as the end of a line, so the proxy and the exporter would see different requests.
fn has_bare_line_feed(head: &[u8]) -> bool {
    head.starts_with(b"\n") || head.windows(2).any(|pair| pair[1] == b'\n' && pair[0] != b'\r')
}

/// Path and query of a request target in origin form (`/metrics?x`) or absolute form
/// (`http://host/metrics?x`, where the path may be empty): RFC 9112, section 3.2.
fn target(target: &str) -> Option<(&str, &str)> {
    let mut rest = target;
    if !target.starts_with('/') {
        let (scheme, after) = target.split_once("://")?;
        if !["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
            return None;
        }
        let end = after.find(['/', '?', '#']).unwrap_or(after.len());
        // A URI of these schemes without a host is invalid.
        if end == 0 {
            return None;
        }
        rest = &after[end..];
    }
    let rest = rest.split('#').next().unwrap_or_default();
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    Some((if path.is_empty() { "/" } else { path }, query))
}

fn parse_timeout(value: &[u8]) -> Option<Duration> {
    let seconds: f64 = std::str::from_utf8(value).ok()?.parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok().filter(|timeout| !timeout.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPLY: Reply = Reply { is_head: false, keep_alive: true, minor_version: 1 };
    const LAST: Reply = Reply { keep_alive: false, ..REPLY };

    fn get(path: &str) -> Request {
        Request {
            reply: REPLY,
            path: path.to_owned(),
            query: String::new(),
            gzip: false,
            negotiated: Negotiated::default(),
            scrape_timeout: None,
            authorization: None,
        }
    }

    #[test]
    fn valid_heads_are_parsed() {
        let seconds = |seconds| Some(Duration::from_secs_f64(seconds));
        let cases: [(&str, Request); 11] = [
            ("GET /metrics HTTP/1.1\r\n\r\n", get("/metrics")),
            (
                "HEAD / HTTP/1.1\r\n\r\n",
                Request { reply: Reply { is_head: true, ..REPLY }, ..get("/") },
            ),
            (
                "GET /metrics?a=b#c HTTP/1.1\r\n\r\n",
                Request { query: "a=b".to_owned(), ..get("/metrics") },
            ),
            (
                "GET / HTTP/1.1\r\nAccept-Encoding: br\r\naccept-encoding: gzip\r\n\r\n",
                Request { gzip: true, ..get("/") },
            ),
            (
                "GET / HTTP/1.1\r\nAccept: application/openmetrics-text\r\n\r\n",
                Request {
                    negotiated: Negotiated { openmetrics: true, escaping: None },
                    ..get("/")
                },
            ),
            (
                "GET / HTTP/1.0\r\n\r\n",
                Request { reply: Reply { minor_version: 0, ..LAST }, ..get("/") },
            ),
            (
                "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n",
                Request { reply: Reply { minor_version: 0, ..REPLY }, ..get("/") },
            ),
            (
                "GET / HTTP/1.1\r\nconnection: foo, Close\r\n\r\n",
                Request { reply: LAST, ..get("/") },
            ),
            (
                "GET / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello",
                Request { reply: LAST, ..get("/") },
            ),
            (
                "GET / HTTP/1.1\r\nTransfer-Encoding: xchunked\r\n\r\n",
                Request { reply: LAST, ..get("/") },
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
    fn targets_are_parsed_in_both_forms() {
        let cases = [
            ("/", Some(("/", ""))),
            ("//metrics", Some(("//metrics", ""))),
            (
                "/metrics?collect[]=cpu&a=http://x/y",
                Some(("/metrics", "collect[]=cpu&a=http://x/y")),
            ),
            ("http://host:9601/metrics", Some(("/metrics", ""))),
            (
                "HTTPS://user@[::1]:9601/metrics?collect[]=cpu#top",
                Some(("/metrics", "collect[]=cpu")),
            ),
            ("hTtP://host", Some(("/", ""))),
            ("http://host?collect[]=cpu", Some(("/", "collect[]=cpu"))),
            ("http://host#x", Some(("/", ""))),
            ("http://", None),
            ("http:///metrics", None),
            ("http:/metrics", None),
            ("ftp://host/metrics", None),
            ("://host/metrics", None),
            ("*", None),
            ("host:9601", None),
            ("metrics", None),
        ];
        for (text, expected) in cases {
            assert_eq!(target(text), expected, "{text}");
        }
    }

    #[test]
    fn invalid_heads_are_rejected() {
        let many = format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(MAX_HEADERS + 1));
        let long = format!("GET / HTTP/1.1\r\nA: {}\r\n\r\n", "b".repeat(MAX_HEAD_BYTES));
        let endless = format!("GET /{}", "a".repeat(MAX_HEAD_BYTES));
        let cases = [
            ("POST /metrics HTTP/1.1\r\n\r\n", Rejection::Method),
            ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Rejection::Malformed),
            ("GET metrics HTTP/1.1\r\n\r\n", Rejection::Malformed),
            ("GET /\0 HTTP/1.1\r\n\r\n", Rejection::Malformed),
            ("GET / HTTP/1.1\n\n", Rejection::Malformed),
            ("GET / HTTP/1.1\r\nA: b\n\r\n", Rejection::Malformed),
            ("\nGET / HTTP/1.1\r\n\r\n", Rejection::Malformed),
            ("\x16\x03\x01\x02\x00\x01\x00\x01", Rejection::Malformed),
            (&many, Rejection::TooLarge),
            (&long, Rejection::TooLarge),
            (&endless, Rejection::TooLarge),
        ];
        for (text, rejection) in cases {
            assert_eq!(parse(text.as_bytes()), Err(rejection), "{text:?}");
        }
    }

    #[test]
    fn invalid_scrape_timeout_is_ignored() {
        for value in ["", "x", "-1", "0", "NaN", "inf", "1e400"] {
            assert_eq!(parse_timeout(value.as_bytes()), None, "{value}");
        }
    }
}
