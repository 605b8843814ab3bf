//! The web side: own sockets and threads, tiny_http's response writer.
//!
//! An exporter serves small pages to a few scrapers, so a thread for each connection is simple and
//! fast enough; what keeps it safe is that everything is bounded: connections, request heads, time.

mod accept;
#[cfg(feature = "web-config")]
mod config;
#[cfg(not(feature = "web-config"))]
#[path = "config/off.rs"]
mod config;
mod connections;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod landing;
mod listen;
mod query;
mod request;
mod response;
#[cfg(test)]
#[cfg(feature = "web-config")] // apart, or clippy does not see that it is a test
mod served;
mod stream;
#[cfg(feature = "tls")]
mod tls;

use std::io;
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use config::Verdict;
pub(crate) use config::WebConfig;
pub(crate) use connections::Connections;
use connections::Place;
use landing::Landing;
pub(crate) use listen::{ListenAddress, bind};
use request::{Refusal, Request, RequestReader};
use response::{PLAIN_TEXT, Response};
use stream::{Stream, Tcp};

use crate::cli::Config;
use crate::exposition::Format;
use crate::scrape::{Ask, Scraper};

/// Reading a request and writing a response need little stack.
const CONNECTION_STACK_BYTES: usize = 128 * 1024;

/// How long to wait at most after a failed accept, which would fail again at once.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);

/// What the server serves.
pub(crate) struct Site {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
    pub(crate) about: &'static str,
    pub(crate) config: Config,
    pub(crate) web_config: Option<WebConfig>,
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
        telemetry_path: &site.config.telemetry_path,
    }
    .to_html();
    let product = format!("{}/{}", site.name, site.version);
    let product = product.chars().filter(char::is_ascii_graphic).collect();
    let site_limit = site.config.max_connections;
    let server = Arc::new(Server { site, landing, product });
    let connections = Connections::new(site_limit);
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
                connections.make_room(ACCEPT_PAUSE);
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
        connections.make_room(ACCEPT_PAUSE);
    }
}

impl Server {
    /// Answers requests until one side has had enough. A client that goes away is no error.
    fn serve_connection(&self, place: &Place) {
        let Ok(tcp) = Tcp::new(place.stream(), self.site.config.write_timeout) else { return };
        let (mut stream, opened) = self.open(tcp);
        if let Err(refusal) = opened {
            self.refuse(&mut stream, &refusal);
            return;
        }
        let mut requests = RequestReader::new(self.site.config.read_timeout);
        loop {
            let request = match requests.next(&mut stream) {
                Ok(request) => request,
                Err(refusal) => {
                    self.refuse(&mut stream, &refusal);
                    return;
                }
            };
            let verdict = match &self.site.web_config {
                Some(config) => config.judge(request.authorization.as_deref()),
                None => Verdict::Welcome,
            };
            // A stranger's connection goes on waiting, and so gives way before others do.
            let is_welcome = matches!(verdict, Verdict::Welcome);
            let keep_alive = if is_welcome {
                if !place.serve() {
                    return;
                }
                self.answer(place, &mut stream, &request)
            } else {
                self.turn_away(&mut stream, &request, verdict)
            };
            // What follows can give way: listening on for a moment, or for the next request.
            if is_welcome {
                place.wait();
            }
            if !matches!(keep_alive, Ok(true)) {
                stream.linger();
                return;
            }
        }
    }

    /// Shakes hands where TLS is asked for.
    fn open<'a>(&self, tcp: Tcp<'a>) -> (Stream<'a>, Result<(), Refusal>) {
        #[cfg(feature = "tls")]
        if let Some(config) = self.site.web_config.as_ref().and_then(WebConfig::tls) {
            return tls::accept(tcp, config, self.site.config.read_timeout);
        }
        (Stream::Plain(tcp), Ok(()))
    }

    fn turn_away(
        &self,
        stream: &mut Stream<'_>,
        request: &Request,
        verdict: Verdict,
    ) -> io::Result<bool> {
        let (status, body): (u16, &[u8]) = match verdict {
            Verdict::Busy => {
                (503, b"# 503 too many passwords are being checked; try again later\n")
            }
            _ => (401, b"# 401 a user name and a password are required\n"),
        };
        Response { status, content_type: PLAIN_TEXT, body }.send(
            stream,
            &self.product,
            Some(request),
        )
    }

    fn answer(
        &self,
        place: &Place,
        stream: &mut Stream<'_>,
        request: &Request,
    ) -> io::Result<bool> {
        let mut send = |status, content_type, body: &[u8]| {
            Response { status, content_type, body }.send(stream, &self.product, Some(request))
        };
        let path = request.path.as_str();
        if path == self.site.config.telemetry_path {
            return self.answer_scrape(place, stream, request);
        }
        match path {
            "/" => send(200, landing::CONTENT_TYPE, self.landing.as_bytes()),
            // Neither collects: a probe every second must not cost what a scrape costs.
            "/-/healthy" => send(200, PLAIN_TEXT, b"# healthy\n"),
            "/-/ready" => send(200, PLAIN_TEXT, b"# ready\n"),
            _ => {
                let metrics = &self.site.config.telemetry_path;
                let body = format!("# 404 not found; metrics are at {metrics}\n");
                send(404, PLAIN_TEXT, body.as_bytes())
            }
        }
    }

    fn answer_scrape(
        &self,
        place: &Place,
        stream: &mut Stream<'_>,
        request: &Request,
    ) -> io::Result<bool> {
        let Site { scraper, config, .. } = &self.site;
        let handler = scraper.handler();
        let mut error = |status: u16, text: &str| {
            handler.count(status);
            let body = format!("# {status} {text}\n");
            Response { status, content_type: PLAIN_TEXT, body: body.as_bytes() }.send(
                stream,
                &self.product,
                Some(request),
            )
        };
        let selection = match query::selection(&request.query, &scraper.names()) {
            Ok(selection) => selection,
            Err(wrong) => return error(400, &wrong),
        };
        let Some(_in_flight) = handler.begin(config.max_requests) else {
            let limit = config.max_requests;
            return error(
                503,
                &format!("limit of {limit} scrapes at once reached; try again later"),
            );
        };
        let timeout = patience(request.scrape_timeout.unwrap_or(config.scrape_timeout));
        let format = match request.openmetrics && config.enable_openmetrics {
            true => Format::OpenMetrics,
            false => Format::Text,
        };
        let page = scraper.scrape(&Ask { timeout, selection, format });
        handler.count(200);
        // The page may be more than the client's system takes at once.
        place.send();
        Response { status: 200, content_type: format.content_type(), body: &page.body }.send(
            stream,
            &self.product,
            Some(request),
        )
    }

    fn refuse(&self, stream: &mut Stream<'_>, refusal: &Refusal) {
        let (status, body): (u16, &[u8]) = match refusal {
            Refusal::Gone => return,
            #[cfg(feature = "tls")]
            Refusal::NotTls => (400, b"# 400 this port speaks TLS; ask with https://\n"),
            Refusal::Malformed => (400, b"# 400 this is not an HTTP/1 request\n"),
            Refusal::Method => (405, b"# 405 only GET and HEAD are served\n"),
            Refusal::TooLarge => (431, b"# 431 the request head is too large\n"),
        };
        let response = Response { status, content_type: PLAIN_TEXT, body };
        if response.send(stream, &self.product, None).is_ok() {
            stream.linger();
        }
    }
}

/// How long a scrape may take: what the scraper waits, less a tenth or half a second, whichever is
/// less, for the way back.
fn patience(scrape_timeout: Duration) -> Duration {
    let timeout = scrape_timeout.min(Duration::from_secs(3600));
    timeout - (timeout / 10).min(Duration::from_millis(500))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_margin_is_a_fraction_for_short_timeouts() {
        let cases = [(10.0, 9.5), (1.0, 0.9), (0.1, 0.09), (60.0, 59.5)];
        for (timeout, expected) in cases {
            let patience = patience(Duration::from_secs_f64(timeout)).as_secs_f64();
            assert!((patience - expected).abs() < 1e-6, "{timeout} gives {patience}");
        }
    }
}
