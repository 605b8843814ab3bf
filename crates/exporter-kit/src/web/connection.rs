//! One connection: its requests one after another, on a thread of its own. A scrape's collectors run
//! on that thread; where one of them does not return, another thread goes on with the connection.

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::Server;
use super::Site;
use super::config::Verdict;
use super::connections::Place;
use super::landing;
use super::query;
use super::request::{Refusal, Request, RequestReader};
use super::response::{PLAIN_TEXT, Response};
use super::stream::{Stream, Tcp};
#[cfg(feature = "tls")]
use super::tls;
use crate::collection::COLLECTOR_STACK_BYTES;
use crate::exposition::Format;
use crate::scrape::{Ask, Client, Page};
use crate::self_metrics::InFlight;

/// A connection between two steps.
pub(crate) struct Connection {
    server: Arc<Server>,
    place: Place,
    stream: Stream,
    requests: RequestReader,
    /// The scrape that is being answered.
    scrape: Option<Scrape>,
}

struct Scrape {
    request: Request,
    format: Format,
    _in_flight: InFlight,
}

/// Starts a thread for a connection.
///
/// # Errors
///
/// The system refuses to.
pub(super) fn spawn(serve: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let thread = thread::Builder::new().name("connection".into());
    thread.stack_size(COLLECTOR_STACK_BYTES).spawn(serve).map(drop)
}

impl Client for Connection {
    fn resume(self: Box<Self>, page: Arc<Page>) {
        let resumed = spawn(move || {
            if let Some(connection) = self.send_page(&page) {
                connection.go_on();
            }
        });
        if let Err(error) = resumed {
            // The connection was dropped with the closure, and so closed.
            log::debug!("cannot start a thread for a connection: {error}");
        }
    }
}

impl Connection {
    /// Answers requests until one side has had enough. A client that goes away is no error.
    pub(super) fn serve(server: Arc<Server>, place: Place) {
        let config = &server.site.config;
        let Ok(tcp) = Tcp::new(place.stream(), config.write_timeout) else { return };
        let (stream, opened) = server.open(tcp);
        let requests = RequestReader::new(config.read_timeout);
        let mut connection = Box::new(Self { server, place, stream, requests, scrape: None });
        match opened {
            Ok(()) => connection.go_on(),
            Err(refusal) => connection.refuse(&refusal),
        }
    }

    fn go_on(self: Box<Self>) {
        let mut next = Some(self);
        while let Some(connection) = next {
            next = connection.serve_one();
        }
    }

    /// Answers the next request. `None` is the end, at least of what this thread has to do.
    fn serve_one(mut self: Box<Self>) -> Option<Box<Self>> {
        let request = match self.requests.next(&mut self.stream) {
            Ok(request) => request,
            Err(refusal) => {
                self.refuse(&refusal);
                return None;
            }
        };
        let verdict = match &self.server.site.web_config {
            Some(config) => config.judge(request.authorization.as_deref()),
            None => Verdict::Welcome,
        };
        // A stranger's connection goes on waiting, and so gives way before others do.
        if !matches!(verdict, Verdict::Welcome) {
            let keep_alive = self.turn_away(&request, verdict);
            return self.unless_over(&keep_alive);
        }
        if !self.place.serve() {
            return None;
        }
        if request.path == self.server.site.config.telemetry_path {
            return self.serve_scrape(request);
        }
        let keep_alive = self.answer(&request);
        self.place.wait();
        self.unless_over(&keep_alive)
    }

    /// The connection if it stays open, which the response has said.
    fn unless_over(mut self: Box<Self>, keep_alive: &io::Result<bool>) -> Option<Box<Self>> {
        if matches!(keep_alive, Ok(true)) {
            return Some(self);
        }
        self.stream.linger();
        None
    }

    fn turn_away(&mut self, request: &Request, verdict: Verdict) -> io::Result<bool> {
        let (status, body): (u16, &[u8]) = match verdict {
            Verdict::Busy => {
                (503, b"# 503 too many passwords are being checked; try again later\n")
            }
            _ => (401, b"# 401 a user name and a password are required\n"),
        };
        self.send(status, PLAIN_TEXT, body, request)
    }

    fn answer(&mut self, request: &Request) -> io::Result<bool> {
        let server = Arc::clone(&self.server);
        match request.path.as_str() {
            "/" => self.send(200, landing::CONTENT_TYPE, server.landing.as_bytes(), request),
            // Neither collects: a probe every second must not cost what a scrape costs.
            "/-/healthy" => self.send(200, PLAIN_TEXT, b"# healthy\n", request),
            "/-/ready" => self.send(200, PLAIN_TEXT, b"# ready\n", request),
            _ => {
                let metrics = &server.site.config.telemetry_path;
                let body = format!("# 404 not found; metrics are at {metrics}\n");
                self.send(404, PLAIN_TEXT, body.as_bytes(), request)
            }
        }
    }

    fn serve_scrape(mut self: Box<Self>, request: Request) -> Option<Box<Self>> {
        let server = Arc::clone(&self.server);
        let Site { scraper, config, .. } = &server.site;
        let selection = match query::selection(&request.query, scraper.names()) {
            Ok(selection) => selection,
            Err(wrong) => return self.refuse_scrape(400, &wrong, &request),
        };
        let Some(in_flight) = scraper.handler().begin(config.max_requests) else {
            let limit = config.max_requests;
            let why = format!("limit of {limit} scrapes at once reached; try again later");
            return self.refuse_scrape(503, &why, &request);
        };
        let timeout = patience(request.scrape_timeout.unwrap_or(config.scrape_timeout));
        let format = match request.openmetrics && config.enable_openmetrics {
            true => Format::OpenMetrics,
            false => Format::Text,
        };
        self.scrape = Some(Scrape { request, format, _in_flight: in_flight });
        let (page, connection) = scraper.scrape(&Ask { timeout, selection, format }, self)?;
        connection.send_page(&page)
    }

    fn refuse_scrape(
        mut self: Box<Self>,
        status: u16,
        why: &str,
        request: &Request,
    ) -> Option<Box<Self>> {
        self.server.site.scraper.handler().count(status);
        let body = format!("# {status} {why}\n");
        let keep_alive = self.send(status, PLAIN_TEXT, body.as_bytes(), request);
        self.place.wait();
        self.unless_over(&keep_alive)
    }

    /// Answers the scrape.
    fn send_page(mut self: Box<Self>, page: &Page) -> Option<Box<Self>> {
        let scrape = self.scrape.take()?;
        self.server.site.scraper.handler().count(200);
        // The page may be more than the client's system takes at once.
        self.place.send();
        let content_type = scrape.format.content_type();
        let keep_alive = self.send(200, content_type, page.body(), &scrape.request);
        self.place.wait();
        // What follows is no part of it: listening on for a moment, or for the next request.
        drop(scrape);
        self.unless_over(&keep_alive)
    }

    fn send(
        &mut self,
        status: u16,
        content_type: &'static str,
        body: &[u8],
        request: &Request,
    ) -> io::Result<bool> {
        let response = Response { status, content_type, body };
        response.send(&mut self.stream, &self.server.product, Some(request))
    }

    fn refuse(&mut self, refusal: &Refusal) {
        let (status, body): (u16, &[u8]) = match refusal {
            Refusal::Gone => return,
            #[cfg(feature = "tls")]
            Refusal::NotTls => (400, b"# 400 this port speaks TLS; ask with https://\n"),
            Refusal::Malformed => (400, b"# 400 this is not an HTTP/1 request\n"),
            Refusal::Method => (405, b"# 405 only GET and HEAD are served\n"),
            Refusal::TooLarge => (431, b"# 431 the request head is too large\n"),
        };
        let response = Response { status, content_type: PLAIN_TEXT, body };
        if response.send(&mut self.stream, &self.server.product, None).is_ok() {
            self.stream.linger();
        }
    }
}

impl Server {
    /// Shakes hands where TLS is asked for.
    fn open(&self, tcp: Tcp) -> (Stream, Result<(), Refusal>) {
        #[cfg(feature = "tls")]
        if let Some(config) = self.site.web_config.as_ref().and_then(super::WebConfig::tls) {
            return tls::accept(tcp, config, self.site.config.read_timeout);
        }
        (Stream::Plain(tcp), Ok(()))
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
