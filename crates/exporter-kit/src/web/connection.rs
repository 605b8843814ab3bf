//! One connection: its requests one after another, on a thread that also runs a scrape's collectors.
//! Where one of those does not return, another thread goes on with the connection; between two
//! requests the lobby may take it.

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::Server;
use super::Site;
use super::config::Verdict;
use super::connections::Place;
use super::landing;
use super::lobby;
use super::query;
use super::request::{Refusal, Request, RequestReader};
use super::response::{Outgoing, PLAIN_TEXT, PageBody, Response};
use super::stream::{Stream, Tcp};
#[cfg(feature = "tls")]
use super::tls;
use crate::collector::run::COLLECTOR_STACK_BYTES;
use crate::exposition::Format;
use crate::scrape::{Ask, Client, Page, Scraped};
use crate::self_metrics::InFlight;

/// A connection between two steps.
pub(crate) struct Connection {
    pub(super) server: Arc<Server>,
    pub(super) place: Place,
    pub(super) stream: Stream,
    pub(super) requests: RequestReader,
    /// What the lobby knows it by, once it has been there.
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "for the lobby"))]
    pub(super) ticket: Option<u64>,
    /// The scrape that is being answered.
    scrape: Option<Scrape>,
}

struct Scrape {
    request: Request,
    format: Format,
    _in_flight: InFlight,
}

/// A scrape that cannot be.
pub(super) struct Refused {
    status: u16,
    why: String,
    request: Request,
}

/// Starts a thread for a connection.
///
/// # Errors
///
/// The system refuses to.
pub(super) fn spawn(serve: impl FnOnce() + Send + 'static) -> io::Result<()> {
    // One type of closure: to start a thread is much code, and would be there for each of them.
    let serve: Box<dyn FnOnce() + Send> = Box::new(serve);
    let thread = thread::Builder::new().name("connection".into());
    thread.stack_size(COLLECTOR_STACK_BYTES).spawn(serve).map(drop)
}

/// Goes on with connections on a thread of their own. Where the system has none they were dropped
/// with the closure, and so closed.
pub(super) fn go_on_elsewhere(serve: impl FnOnce() + Send + 'static) {
    if let Err(error) = spawn(serve) {
        log::debug!("cannot start a thread for a connection: {error}");
    }
}

impl Connection {
    /// Answers requests until one side has had enough. A client that goes away is no error.
    pub(super) fn serve(server: Arc<Server>, place: Place) {
        let config = &server.site.config;
        let Ok(tcp) = Tcp::new(place.stream(), config.write_timeout) else { return };
        let (stream, opened) = server.open(tcp);
        let mut connection = Self::new(server, place, stream);
        match opened {
            Ok(()) => connection.go_on(),
            Err(refusal) => connection.refuse(&refusal),
        }
    }

    pub(super) fn new(server: Arc<Server>, place: Place, stream: Stream) -> Box<Self> {
        let requests = RequestReader::new(server.site.config.read_timeout);
        Box::new(Self { server, place, stream, requests, ticket: None, scrape: None })
    }

    /// Answers requests on this thread until the lobby takes the connection, or it ends.
    pub(super) fn go_on(self: Box<Self>) {
        let mut next = Some(self);
        while let Some(connection) = next {
            next = connection.serve_next().and_then(lobby::enter);
        }
    }

    /// Answers this request and goes on.
    #[cfg(target_os = "linux")]
    pub(super) fn go_on_with(self: Box<Self>, request: Request) {
        if let Some(connection) = self.serve_one(request).and_then(lobby::enter) {
            connection.go_on();
        }
    }

    /// Answers the next request. `None` is the end, at least of what this thread has to do.
    fn serve_next(mut self: Box<Self>) -> Option<Box<Self>> {
        match self.requests.next(&mut self.stream) {
            Ok(request) => self.serve_one(request),
            Err(refusal) => {
                self.refuse(&refusal);
                None
            }
        }
    }

    fn serve_one(mut self: Box<Self>, request: Request) -> Option<Box<Self>> {
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
        let ask = match self.begin_scrape(request) {
            Ok(ask) => ask,
            Err(refused) => return self.refuse_scrape(&refused),
        };
        let server = Arc::clone(&self.server);
        let party = Party::of(self, &ask);
        let deadline = party.deadline;
        match server.site.scraper.scrape(&ask, deadline, Box::new(party)) {
            Scraped::Page(page, party) => party.single()?.send_page(page),
            Scraped::Elsewhere | Scraped::Busy(_) => None,
        }
    }

    /// What this request for metrics asks for. The connection has a scrape to answer then.
    ///
    /// # Errors
    ///
    /// The request is wrong, or there are too many.
    pub(super) fn begin_scrape(&mut self, request: Request) -> Result<Ask, Box<Refused>> {
        let Site { scraper, disabled, config, .. } = &self.server.site;
        let selection = match query::selection(&request.query, scraper.names(), disabled) {
            Ok(selection) => selection,
            Err(why) => return Err(Box::new(Refused { status: 400, why, request })),
        };
        let Some(in_flight) = scraper.handler().begin(config.max_requests) else {
            let limit = config.max_requests;
            let why = format!("limit of {limit} scrapes at once reached; try again later");
            return Err(Box::new(Refused { status: 503, why, request }));
        };
        let timeout = patience(request.scrape_timeout.unwrap_or(config.scrape_timeout));
        let format = match request.openmetrics && config.enable_openmetrics {
            true => Format::OpenMetrics,
            false => Format::Text,
        };
        self.scrape = Some(Scrape { request, format, _in_flight: in_flight });
        Ok(Ask { timeout, selection, format })
    }

    pub(super) fn refuse_scrape(mut self: Box<Self>, refused: &Refused) -> Option<Box<Self>> {
        let Refused { status, why, request } = refused;
        self.server.site.scraper.handler().count(*status);
        let body = format!("# {status} {why}\n");
        let keep_alive = self.send(*status, PLAIN_TEXT, body.as_bytes(), request);
        self.place.wait();
        self.unless_over(&keep_alive)
    }

    /// Answers the scrape.
    pub(super) fn send_page(self: Box<Self>, page: Arc<Page>) -> Option<Box<Self>> {
        let outgoing = self.begin_answer(page)?;
        self.finish_answer(outgoing)
    }

    /// The answer to the scrape, to be sent.
    pub(super) fn begin_answer(&self, page: Arc<Page>) -> Option<Outgoing<PageBody>> {
        let scrape = self.scrape.as_ref()?;
        self.server.site.scraper.handler().count(200);
        // The page may be more than the client's system takes at once.
        self.place.send();
        let content_type = scrape.format.content_type();
        Some(Outgoing::page(page, content_type, &self.server.product, &scrape.request))
    }

    /// Sends the rest of the answer to the scrape.
    pub(super) fn finish_answer(
        mut self: Box<Self>,
        mut outgoing: Outgoing<PageBody>,
    ) -> Option<Box<Self>> {
        let sent = outgoing.send(&mut self.stream);
        let keep_alive = self.end_scrape();
        self.unless_over(&sent.map(|()| keep_alive))
    }

    /// Whether there can be another request after the scrape.
    #[cfg(target_os = "linux")]
    pub(super) fn keeps_alive(&self) -> bool {
        self.scrape.as_ref().is_some_and(|scrape| scrape.request.keep_alive)
    }

    /// The scrape has been answered; whether there can be another one.
    pub(super) fn end_scrape(&mut self) -> bool {
        self.place.wait();
        // What follows is no part of it: listening on for a moment, or for the next request.
        self.scrape.take().is_some_and(|scrape| scrape.request.keep_alive)
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

/// Connections that get the same page.
#[expect(clippy::vec_box, reason = "they are large, and change hands often")]
pub(crate) struct Party {
    pub(super) members: Vec<Box<Connection>>,
    /// When the page is due.
    pub(super) deadline: Instant,
    /// Whose thread scrapes for them, if it is the lobby's.
    pub(super) attendant: Option<u64>,
}

impl Party {
    pub(super) fn of(connection: Box<Connection>, ask: &Ask) -> Self {
        let deadline = Instant::now() + ask.timeout;
        Self { members: vec![connection], deadline, attendant: None }
    }

    fn single(mut self) -> Option<Box<Connection>> {
        self.members.pop()
    }
}

impl Client for Party {
    fn resume(mut self: Box<Self>, page: Arc<Page>) {
        // Whoever's thread it is remains stuck.
        self.held_up();
        self.attendant = None;
        go_on_elsewhere(move || self.answer_all(page));
    }

    fn held_up(&self) {
        if let (Some(attendant), Some(first)) = (self.attendant, self.members.first()) {
            lobby::relieve(&first.server, attendant);
        }
    }

    fn may_wait(&self) -> bool {
        let first = self.attendant.zip(self.members.first());
        first.is_none_or(|(attendant, first)| !lobby::is_attendant(&first.server, attendant))
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
