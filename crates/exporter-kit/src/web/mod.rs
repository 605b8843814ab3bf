//! The web side: own sockets and threads, tiny_http's response writer.
//!
//! An exporter serves small pages to a few scrapers, so a thread for each connection is simple and
//! fast enough; what keeps it safe is that everything is bounded: connections, request heads, time.

mod connections;
mod landing;
mod listen;
mod request;
mod response;

use std::io::{self, Read};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

pub(crate) use connections::Connections;
use connections::Place;
use landing::Landing;
pub(crate) use listen::ListenAddress;
use request::{Refusal, Request, RequestReader};
use response::{PLAIN_TEXT, Response};

use crate::exposition::Format;
use crate::scrape::Scraper;

/// The most connections at once. Scrapers keep one each; the rest is for people and probes.
const MAX_CONNECTIONS: usize = 128;

/// Reading a request and writing a response need little stack.
const CONNECTION_STACK_BYTES: usize = 128 * 1024;

/// How long one write to a client that does not read may take.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a refused client is listened to, so that it gets to read why.
const LINGER: Duration = Duration::from_millis(200);

/// How long a scrape may take where the scraper does not say what it will wait: Prometheus waits
/// ten seconds unless told otherwise.
const SCRAPE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long to wait after a failed accept, which would fail again at once.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);

/// What the server serves.
pub(crate) struct Site {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
    pub(crate) about: &'static str,
    pub(crate) telemetry_path: String,
    pub(crate) scraper: Scraper,
}

/// A site with what is made once for all requests.
struct Server {
    site: Site,
    landing: String,
    /// The `Server` header.
    product: String,
}

/// Starts serving `site` on every listener. Returns when all accept threads have started; they
/// run as long as the process does. The connections can be asked to finish.
///
/// # Errors
///
/// The system refuses to start a thread.
pub(crate) fn serve(site: Site, listeners: Vec<TcpListener>) -> io::Result<Arc<Connections>> {
    let landing = Landing {
        name: site.name,
        version: site.version,
        about: site.about,
        telemetry_path: &site.telemetry_path,
    }
    .to_html();
    let product = format!("{}/{}", site.name, site.version);
    let product = product.chars().filter(char::is_ascii_graphic).collect();
    let server = Arc::new(Server { site, landing, product });
    let connections = Connections::new(MAX_CONNECTIONS);
    for listener in listeners {
        let (server, connections) = (Arc::clone(&server), Arc::clone(&connections));
        let thread =
            thread::Builder::new().name("accept".into()).stack_size(CONNECTION_STACK_BYTES);
        thread.spawn(move || accept_for_ever(&listener, &server, &connections))?;
    }
    Ok(connections)
}

/// Accepts connections; no error ends it. A client that has gone again is none, and a lack of file
/// descriptors passes, the sooner if a waiting connection gives its own up.
fn accept_for_ever(listener: &TcpListener, server: &Arc<Server>, connections: &Arc<Connections>) {
    loop {
        match listener.accept() {
            Ok((stream, _)) => start_connection(stream, server, connections),
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::Interrupted | io::ErrorKind::ConnectionAborted
                ) => {}
            Err(error) => {
                log::debug!("cannot accept a connection: {error}");
                connections.make_room();
                thread::sleep(ACCEPT_PAUSE);
            }
        }
    }
}

fn start_connection(stream: TcpStream, server: &Arc<Server>, connections: &Arc<Connections>) {
    let Some(place) = connections.admit(stream) else { return };
    let server = Arc::clone(server);
    let thread =
        thread::Builder::new().name("connection".into()).stack_size(CONNECTION_STACK_BYTES);
    if let Err(error) = thread.spawn(move || server.serve_connection(&place)) {
        // The place was dropped with the closure, and the connection with it.
        log::debug!("cannot start a thread for a connection: {error}");
        connections.make_room();
    }
}

impl Server {
    /// Answers requests until one side has had enough. A client that goes away is no error.
    fn serve_connection(&self, place: &Place) {
        let stream = place.stream();
        // Responses leave in one piece; the last segment must not wait for an acknowledgement.
        if stream.set_nodelay(true).is_err()
            || stream.set_write_timeout(Some(WRITE_TIMEOUT)).is_err()
        {
            return;
        }
        let mut requests = RequestReader::new(stream);
        loop {
            let keep_alive = match requests.next() {
                Ok(request) => {
                    place.serve();
                    self.answer(stream, &request)
                }
                Err(refusal) => {
                    self.refuse(stream, &refusal);
                    return;
                }
            };
            if !matches!(keep_alive, Ok(true)) {
                linger(stream);
                return;
            }
            place.wait();
        }
    }

    fn answer(&self, stream: &TcpStream, request: &Request) -> io::Result<bool> {
        let send = |status, content_type, body: &[u8]| {
            Response { status, content_type, body }.send(stream, &self.product, Some(request))
        };
        if request.path == self.site.telemetry_path {
            let page = self.site.scraper.scrape(patience(request.scrape_timeout));
            send(200, Format::Text.content_type(), &page.body)
        } else if request.path == "/" {
            send(200, landing::CONTENT_TYPE, self.landing.as_bytes())
        } else {
            let metrics = &self.site.telemetry_path;
            send(404, PLAIN_TEXT, format!("# 404 not found; metrics are at {metrics}\n").as_bytes())
        }
    }

    fn refuse(&self, stream: &TcpStream, refusal: &Refusal) {
        let (status, body): (u16, &[u8]) = match refusal {
            Refusal::Gone => return,
            Refusal::Malformed => (400, b"# 400 this is not an HTTP/1 request\n"),
            Refusal::Method => (405, b"# 405 only GET and HEAD are served\n"),
            Refusal::TooLarge => (431, b"# 431 the request head is too large\n"),
        };
        let response = Response { status, content_type: PLAIN_TEXT, body };
        if response.send(stream, &self.product, None).is_ok() {
            linger(stream);
        }
    }
}

/// How long a scrape may take: what the scraper waits, less a tenth or half a second, whichever is
/// less, for the way back.
fn patience(scrape_timeout: Option<Duration>) -> Duration {
    let timeout = scrape_timeout.unwrap_or(SCRAPE_TIMEOUT).min(Duration::from_secs(3600));
    timeout - (timeout / 10).min(Duration::from_millis(500))
}

/// Closes a connection so that the client can read the response: closing with bytes of it unread
/// would reset the connection and take the response along.
fn linger(stream: &TcpStream) {
    if stream.shutdown(Shutdown::Write).is_err() {
        return;
    }
    let deadline = Instant::now() + LINGER;
    let mut reader = stream;
    let mut sink = [0; 2048];
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() || stream.set_read_timeout(Some(left)).is_err() {
            return;
        }
        match reader.read(&mut sink) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_margin_is_a_fraction_for_short_timeouts() {
        let cases = [(None, 9.5), (Some(1.0), 0.9), (Some(0.1), 0.09), (Some(60.0), 59.5)];
        for (timeout, expected) in cases {
            let patience = patience(timeout.map(Duration::from_secs_f64)).as_secs_f64();
            assert!((patience - expected).abs() < 1e-6, "{timeout:?} gives {patience}");
        }
    }
}
