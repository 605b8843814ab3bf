//! Writes responses. The only file that uses tiny_http: its types and its response writer, but not
//! its server, which a reset connection or a lack of file descriptors can stop.

use std::io::{self, IoSlice, Write as _};
use std::sync::Arc;

use mio::net::TcpStream;
use tiny_http::{HTTPVersion, Header, StatusCode};

use super::request::Reply;
use super::transport::{Transport, now_or_later};
use crate::scrape::Page;

/// A response with its complete body.
#[derive(Debug)]
pub(crate) struct Response<'a> {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) body: &'a [u8],
}

/// Content type of error bodies, which begin with `#` since BlueKing's agent parses them as
/// metrics.
pub(crate) const PLAIN_TEXT: &str = "text/plain; charset=utf-8";

/// Headers that all responses share.
#[derive(Clone, Debug)]
pub(crate) struct CommonHeaders<'a> {
    /// The `Server` header, in printable ASCII.
    pub(crate) product: &'a str,
    /// Headers from the web configuration.
    pub(crate) extra: Option<Arc<[(&'static str, String)]>>,
}

impl Response<'_> {
    /// The bytes to send: the head, and the body unless `reply` answers a HEAD request.
    pub(crate) fn to_outgoing(&self, common: &CommonHeaders<'_>, reply: Reply) -> Outgoing {
        let mut head = self.head(common, reply, self.body.len(), false);
        if !reply.is_head {
            head.extend_from_slice(self.body);
        }
        Outgoing { head, page: None, sent: 0 }
    }

    fn head(
        &self,
        common: &CommonHeaders<'_>,
        reply: Reply,
        length: usize,
        is_gzip: bool,
    ) -> Vec<u8> {
        let mut headers = Vec::with_capacity(4);
        // Otherwise tiny_http would add its own.
        headers.push(
            Header::from_bytes("Server", common.product)
                .expect("the name of the product is made of printable ASCII alone"),
        );
        let status = StatusCode(self.status);
        let response = tiny_http::Response::new(status, headers, io::empty(), Some(length), None)
            // The length is known, so chunked encoding is never needed.
            .with_chunked_threshold(usize::MAX);
        let mut head = Vec::with_capacity(512);
        let version = HTTPVersion(1, reply.minor_version);
        let written = response.raw_print(&mut head, version, &[], true, None);
        written.expect("writing to memory does not fail");
        // tiny_http leaves `Connection` to its own server, and allocates two strings per header; so
        // these headers are inserted after the status line directly.
        let mut headers = Vec::with_capacity(256);
        let mut header = |name: &str, value: &str| {
            for text in [name, ": ", value, "\r\n"] {
                headers.extend_from_slice(text.as_bytes());
            }
        };
        header("Content-Type", self.content_type);
        if !common.sets("X-Content-Type-Options") {
            header("X-Content-Type-Options", "nosniff");
        }
        for (name, value) in common.extra() {
            header(name, value);
        }
        // A cache must not send a format or encoding to clients that do not accept it.
        header("Vary", "Accept, Accept-Encoding");
        if is_gzip {
            header("Content-Encoding", "gzip");
        }
        if self.status == 401 {
            header("WWW-Authenticate", "Basic realm=\"metrics\"");
        }
        if self.status == 405 {
            header("Allow", "GET, HEAD");
        }
        match (reply.keep_alive, reply.minor_version) {
            (false, _) => header("Connection", "close"),
            (true, 0) => header("Connection", "keep-alive"),
            (true, _) => {}
        }
        // Clients without a password are not told what they found.
        if self.status == 401 {
            let server = format!("Server: {}\r\n", common.product);
            let found = head.windows(server.len()).position(|line| line == server.as_bytes());
            found.map(|at| head.drain(at..at + server.len()));
        }
        if let Some(line_end) = head.windows(2).position(|pair| pair == b"\r\n") {
            let at = line_end + 2;
            head.splice(at..at, headers);
        }
        head
    }
}

impl CommonHeaders<'_> {
    fn sets(&self, name: &str) -> bool {
        self.extra().iter().any(|(set, _)| *set == name)
    }

    fn extra(&self) -> &[(&'static str, String)] {
        self.extra.as_deref().unwrap_or_default()
    }
}

/// A response that is being sent.
#[derive(Debug)]
pub(crate) struct Outgoing {
    head: Vec<u8>,
    /// The body, shared with other connections, and whether to send it compressed.
    page: Option<(Arc<Page>, bool)>,
    sent: usize,
}

/// Caches the heads of the responses with one page, most of which are identical.
#[derive(Debug)]
pub(crate) struct PageHeads<'a> {
    common: &'a CommonHeaders<'a>,
    made: Vec<(PageReply, Vec<u8>)>,
}

/// The parameters of the head of a response with a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PageReply {
    pub(crate) reply: Reply,
    pub(crate) content_type: &'static str,
    pub(crate) gzip: bool,
}

impl<'a> PageHeads<'a> {
    pub(crate) fn new(common: &'a CommonHeaders<'a>) -> Self {
        Self { common, made: Vec::new() }
    }

    /// Builds the response with this page.
    pub(crate) fn response(&mut self, page: &Arc<Page>, to: PageReply) -> Outgoing {
        let PageReply { reply, content_type, gzip } = to;
        let compressed = page.compressed().filter(|_| gzip);
        let made = self.made.iter().find(|(known, _)| *known == to);
        let head = made.map(|(_, head)| head.clone()).unwrap_or_else(|| {
            let length = compressed.unwrap_or(page.body()).len();
            let response = Response { status: 200, content_type, body: &[] };
            let head = response.head(self.common, reply, length, compressed.is_some());
            self.made.push((to, head.clone()));
            head
        });
        let is_gzip = compressed.is_some();
        let page = (!reply.is_head).then(|| (Arc::clone(page), is_gzip));
        Outgoing { head, page, sent: 0 }
    }
}

impl Outgoing {
    /// Sends as much as the transport accepts without blocking. Returns whether all was sent.
    ///
    /// # Errors
    ///
    /// Returns an error if the client closed or reset the connection.
    pub(crate) fn send(&mut self, transport: &mut Transport) -> io::Result<bool> {
        Ok(self.send_with(|rest| transport.send(rest))? && transport.flush()?)
    }

    /// Sends as much as the socket accepts without blocking. Returns whether all was sent.
    ///
    /// # Errors
    ///
    /// See [`send`](Self::send).
    pub(crate) fn send_plain(&mut self, mut socket: &TcpStream) -> io::Result<bool> {
        self.send_with(|rest| now_or_later(|| socket.write_vectored(rest)))
    }

    fn send_with(
        &mut self,
        mut send: impl FnMut(&[IoSlice<'_>]) -> io::Result<Option<usize>>,
    ) -> io::Result<bool> {
        while let Some(rest) = self.rest() {
            match send(&rest)? {
                Some(sent) => self.sent += sent,
                None => return Ok(false),
            }
        }
        Ok(true)
    }

    pub(crate) fn page(&self) -> Option<&Arc<Page>> {
        self.page.as_ref().map(|(page, _)| page)
    }

    /// Number of bytes sent.
    pub(crate) fn sent(&self) -> usize {
        self.sent
    }

    /// The rest of the head and of the body; `None` if all was sent.
    fn rest(&self) -> Option<[IoSlice<'_>; 2]> {
        let body = match &self.page {
            None => &[],
            Some((page, true)) => page.compressed().unwrap_or_default(),
            Some((page, false)) => page.body(),
        };
        let head = self.head.get(self.sent..).unwrap_or_default();
        let body = &body[self.sent.saturating_sub(self.head.len())..];
        let is_rest = !(head.is_empty() && body.is_empty());
        is_rest.then(|| [IoSlice::new(head), IoSlice::new(body)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(status: u16, keep_alive: bool, minor_version: u8) -> String {
        let response = Response { status, content_type: PLAIN_TEXT, body: b"# body\n" };
        let common = CommonHeaders { product: "test/1", extra: None };
        let reply = Reply { is_head: false, keep_alive, minor_version };
        String::from_utf8(response.head(&common, reply, 7, false)).unwrap()
    }

    #[test]
    fn head_states_length_type_and_server() {
        let head = head(200, true, 1);
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
        assert_eq!(head.matches("Server: ").count(), 1, "{head}");
        assert!(head.contains("\r\nServer: test/1\r\n"), "{head}");
        assert!(head.contains("\r\nContent-Length: 7\r\n"), "{head}");
        assert!(head.contains("\r\nContent-Type: text/plain; charset=utf-8\r\n"), "{head}");
        assert!(head.ends_with("\r\n\r\n"), "{head}");
    }

    #[test]
    fn connection_header_follows_version_and_request() {
        let cases = [
            (true, 1, None),
            (true, 0, Some("keep-alive")),
            (false, 1, Some("close")),
            (false, 0, Some("close")),
        ];
        for (keep_alive, minor_version, expected) in cases {
            let head = head(404, keep_alive, minor_version);
            let value = head.lines().find_map(|line| line.strip_prefix("Connection: "));
            assert_eq!(value, expected, "{head}");
        }
    }

    #[test]
    fn configured_headers_replace_defaults() {
        let response = Response { status: 200, content_type: PLAIN_TEXT, body: b"" };
        let extra = [("X-Content-Type-Options", "nosniff"), ("X-Frame-Options", "deny")];
        let extra = extra.map(|(name, value)| (name, value.to_owned()));
        let common = CommonHeaders { product: "test/1", extra: Some(Arc::new(extra)) };
        let reply = Reply { is_head: true, keep_alive: true, minor_version: 1 };
        let head = String::from_utf8(response.head(&common, reply, 0, false)).unwrap();
        assert_eq!(head.matches("X-Content-Type-Options: ").count(), 1, "{head}");
        assert!(head.contains("\r\nX-Frame-Options: deny\r\n"), "{head}");
    }

    #[test]
    fn response_401_does_not_name_the_server() {
        let head = head(401, true, 1);
        assert!(
            !head.to_ascii_lowercase().contains("server") && !head.contains("test/1"),
            "{head}"
        );
        assert!(head.contains("\r\nContent-Length: 7\r\n") && head.ends_with("\r\n\r\n"), "{head}");
    }

    #[test]
    fn only_405_lists_the_methods() {
        assert!(head(405, false, 1).contains("\r\nAllow: GET, HEAD\r\n"));
        assert!(!head(404, false, 1).contains("Allow"));
    }
}
