//! Writes responses. The one file that touches tiny_http: its types and its response writer are
//! used, not its server, which a reset connection or a lack of file descriptors brings down.

use std::io::{self, IoSlice, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;

use tiny_http::{HTTPVersion, Header, StatusCode};

use super::accept::Encoding;
use super::request::{Method, Request};
use super::stream::Stream;
use crate::scrape::Page;

/// How long a client may take to read a whole response.
const PATIENCE: Duration = Duration::from_secs(30);

/// Smaller bodies go as they are: they fit into a packet or two, and compressing takes longer.
const WORTH_COMPRESSING: usize = 1024;

/// A response with its whole body at hand.
#[derive(Debug)]
pub(crate) struct Response<'a> {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) body: &'a [u8],
}

/// For bodies of errors. They begin with `#`, since BlueKing's agent reads them as metrics.
pub(crate) const PLAIN_TEXT: &str = "text/plain; charset=utf-8";

impl Response<'_> {
    /// Sends the response and says whether the connection stays open. `request` is `None` where
    /// it could not be understood.
    ///
    /// # Errors
    ///
    /// The client has gone or does not read: the connection is of no more use.
    pub(crate) fn send(
        &self,
        stream: &mut Stream,
        server: &str,
        request: Option<&Request>,
    ) -> io::Result<bool> {
        let keep_alive = request.is_some_and(|request| request.keep_alive);
        let minor_version = request.map_or(1, |request| request.minor_version);
        let compressed =
            request.filter(|request| request.gets_gzip(self.body)).map(|_| gzip(self.body));
        let body = compressed.as_deref().unwrap_or(self.body);
        let head = self.head(server, keep_alive, minor_version, body.len(), compressed.is_some());
        let is_head = request.is_some_and(|request| request.method == Method::Head);
        Outgoing { head, body: if is_head { &[] } else { body }, sent: 0 }.send(stream)?;
        Ok(keep_alive)
    }

    fn head(
        &self,
        server: &str,
        keep_alive: bool,
        minor_version: u8,
        length: usize,
        is_gzip: bool,
    ) -> Vec<u8> {
        let mut headers = Vec::with_capacity(4);
        // tiny_http would add its own.
        headers.push(
            Header::from_bytes("Server", server)
                .expect("the name of the product is made of printable ASCII alone"),
        );
        let status = StatusCode(self.status);
        let response = tiny_http::Response::new(status, headers, io::empty(), Some(length), None)
            // With a known length there is never a reason for chunks.
            .with_chunked_threshold(usize::MAX);
        let mut head = Vec::with_capacity(512);
        let version = HTTPVersion(1, minor_version);
        let written = response.raw_print(&mut head, version, &[], true, None);
        written.expect("memory takes all that is written");
        // tiny_http leaves `Connection` to its own server, and makes of each header two strings; so
        // these are put behind the status line as they are.
        let mut headers = Vec::with_capacity(256);
        let mut header = |name: &str, value: &str| {
            for text in [name, ": ", value, "\r\n"] {
                headers.extend_from_slice(text.as_bytes());
            }
        };
        header("Content-Type", self.content_type);
        header("X-Content-Type-Options", "nosniff");
        // A cache must not give one client what another one can read.
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
        match (keep_alive, minor_version) {
            (false, _) => header("Connection", "close"),
            (true, 0) => header("Connection", "keep-alive"),
            (true, _) => {}
        }
        if let Some(line_end) = head.windows(2).position(|pair| pair == b"\r\n") {
            let at = line_end + 2;
            head.splice(at..at, headers);
        }
        head
    }
}

impl Request {
    fn gets_gzip(&self, body: &[u8]) -> bool {
        self.encoding == Encoding::Gzip && body.len() >= WORTH_COMPRESSING
    }
}

fn gzip(body: &[u8]) -> Vec<u8> {
    // The page is gone in a moment; a smaller one would not be worth the time.
    let mut gzip = GzEncoder::new(Vec::with_capacity(body.len() / 4), Compression::fast());
    gzip.write_all(body).and_then(|()| gzip.finish()).expect("memory takes all that is written")
}

/// A response of which a part may have been sent.
#[derive(Debug)]
pub(crate) struct Outgoing<B> {
    head: Vec<u8>,
    body: B,
    sent: usize,
}

/// A page as one of those gets it who share it.
#[derive(Debug)]
pub(crate) struct PageBody {
    page: Arc<Page>,
    form: Form,
}

#[derive(Clone, Copy, Debug)]
enum Form {
    Plain,
    Gzip,
    /// For those who ask for the head alone.
    Nothing,
}

impl AsRef<[u8]> for PageBody {
    fn as_ref(&self) -> &[u8] {
        match self.form {
            Form::Plain => self.page.body(),
            Form::Gzip => self.page.compressed(gzip),
            Form::Nothing => &[],
        }
    }
}

impl Outgoing<PageBody> {
    /// The answer to a scrape.
    pub(crate) fn page(
        page: Arc<Page>,
        content_type: &'static str,
        server: &str,
        request: &Request,
    ) -> Self {
        let is_gzip = request.gets_gzip(page.body());
        let length = if is_gzip { page.compressed(gzip).len() } else { page.body().len() };
        let make = || {
            let response = Response { status: 200, content_type, body: &[] };
            response.head(server, request.keep_alive, request.minor_version, length, is_gzip)
        };
        let head = match (request.keep_alive, request.minor_version) {
            (true, 1) => page.head(is_gzip, make).to_vec(),
            _ => make(),
        };
        let form = match (request.method, is_gzip) {
            (Method::Head, _) => Form::Nothing,
            (Method::Get, true) => Form::Gzip,
            (Method::Get, false) => Form::Plain,
        };
        Self { head, body: PageBody { page, form }, sent: 0 }
    }
}

impl<B: AsRef<[u8]>> Outgoing<B> {
    /// Sends what is left, with one system call where the socket takes it at once, and within
    /// [`PATIENCE`] where the client reads slowly.
    ///
    /// # Errors
    ///
    /// The client has gone or does not read: the connection is of no more use.
    pub(crate) fn send(&mut self, stream: &mut Stream) -> io::Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while let Some(rest) = self.rest() {
            match stream.write_vectored(&rest) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => self.sent += written,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
            if Instant::now() >= deadline {
                return Err(io::ErrorKind::TimedOut.into());
            }
        }
        Ok(())
    }

    /// Sends what the system takes at once; whether that is all.
    ///
    /// # Errors
    ///
    /// The client has gone: the connection is of no more use.
    #[cfg(target_os = "linux")]
    pub(crate) fn send_now(&mut self, stream: &Stream) -> io::Result<bool> {
        if let Some(rest) = self.rest() {
            self.sent += stream.send_now(&rest)?;
        }
        Ok(self.rest().is_none())
    }

    /// What is still to be sent.
    fn rest(&self) -> Option<[IoSlice<'_>; 2]> {
        let body = self.body.as_ref();
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
        let head = response.head("test/1", keep_alive, minor_version, 7, false);
        String::from_utf8(head).unwrap()
    }

    #[test]
    fn the_head_states_length_type_and_server() {
        let head = head(200, true, 1);
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
        assert_eq!(head.matches("Server: ").count(), 1, "{head}");
        assert!(head.contains("\r\nServer: test/1\r\n"), "{head}");
        assert!(head.contains("\r\nContent-Length: 7\r\n"), "{head}");
        assert!(head.contains("\r\nContent-Type: text/plain; charset=utf-8\r\n"), "{head}");
        assert!(head.ends_with("\r\n\r\n"), "{head}");
    }

    #[test]
    fn the_connection_header_follows_version_and_wish() {
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
    fn only_405_names_the_methods() {
        assert!(head(405, false, 1).contains("\r\nAllow: GET, HEAD\r\n"));
        assert!(!head(404, false, 1).contains("Allow"));
    }
}
