//! Maps requests to responses. Only page delivery touches sockets.

use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::net::TcpStream;

use super::completions::ConnectionId;
use super::config::{AuthResult, WebConfig};
use super::landing;
use super::query;
use super::request::{Rejection, Reply, Request};
use super::response::{CommonHeaders, Outgoing, PLAIN_TEXT, PageHeads, PageReply, Response};
use super::targets::Targets;
use crate::config::Config;
use crate::exposition::Format;
use crate::scrape::{Page, ScrapeRequest, Scraper, Selection};
use crate::self_metrics::InFlight;

/// The exporter as seen by its clients.
pub(super) struct Service {
    pub(super) config: Config,
    pub(super) web_config: Option<WebConfig>,
    pub(super) scraper: Scraper<Waiter>,
    /// Collectors that are not enabled.
    pub(super) disabled: Vec<&'static str>,
    pub(super) targets: Option<Targets>,
    pub(super) landing: String,
    /// The `Server` header.
    pub(super) product: String,
}

/// The outcome of a request.
pub(super) enum Action {
    /// The response is ready. `is_served` is whether the request was accepted: connections without
    /// accepted requests are evicted first.
    Respond { outgoing: Outgoing, is_served: bool },
    /// A page has to be built.
    Scrape(Scrape),
}

/// A connection that is waiting for a page.
pub(super) struct Waiter {
    pub(super) id: ConnectionId,
    pub(super) reply: PageReply,
    /// The socket, if a worker can send the page directly: `None` with TLS.
    pub(super) socket: Option<Arc<TcpStream>>,
}

/// A scrape to begin.
pub(super) struct Scrape {
    pub(super) request: ScrapeRequest,
    pub(super) reply: PageReply,
    pub(super) in_flight: InFlight,
}

impl Service {
    pub(super) fn common_headers(&self) -> CommonHeaders<'_> {
        let extra = self.web_config.as_ref().map(WebConfig::headers);
        CommonHeaders { product: &self.product, extra }
    }

    /// The rejection of a request that exceeds the rate limit; `None` if the request is within it.
    pub(super) fn limit(&self, reply: Reply, now: Instant) -> Option<Action> {
        if self.web_config.as_ref().is_none_or(|config| config.allows(now)) {
            return None;
        }
        let body = "# 429 more requests than rate_limit allows; try again later\n";
        Some(self.plain(429, body, reply, false))
    }

    /// Answers a request with the given authentication result.
    pub(super) fn decide(&self, request: &Request, result: AuthResult) -> Action {
        let metrics = &self.config.telemetry_path;
        if let Some(targets) = &self.targets
            && result == AuthResult::Allowed
            && request.path == targets.path()
            && metrics != targets.path()
        {
            return self.scrape(request, targets.select(&request.query, &self.scraper));
        }
        let (status, body): (u16, &str) = match (result, request.path.as_str()) {
            (AuthResult::Denied, _) => (401, "# 401 a user name and a password are required\n"),
            (AuthResult::Busy, _) => {
                (503, "# 503 too many passwords are being checked; try again later\n")
            }
            (_, path) if path == metrics => {
                let selection =
                    query::selection(&request.query, self.scraper.names(), &self.disabled);
                return self.scrape(request, selection.map_err(|why| (400, why)));
            }
            (_, "/") => {
                let body = self.landing.as_bytes();
                let response = Response { status: 200, content_type: landing::CONTENT_TYPE, body };
                return self.respond(&response, request.reply, true);
            }
            // No collector runs: a probe every second must not cost as much as a scrape.
            (_, "/-/healthy") => (200, "# healthy\n"),
            (_, "/-/ready") => (200, "# ready\n"),
            _ => {
                let body = format!("# 404 not found; metrics are at {metrics}\n");
                return self.plain(404, &body, request.reply, true);
            }
        };
        self.plain(status, body, request.reply, result == AuthResult::Allowed)
    }

    fn scrape(&self, request: &Request, selection: Result<Selection, (u16, String)>) -> Action {
        let Self { scraper, config, .. } = self;
        let selection = match selection {
            Ok(selection) => selection,
            Err((status, why)) => return self.reject_scrape(status, &why, request.reply),
        };
        let limit = config.max_requests;
        let Some(in_flight) = scraper.handler().begin(limit) else {
            let why = format!("limit of {limit} scrapes at once reached; try again later");
            return self.reject_scrape(503, &why, request.reply);
        };
        let timeout = page_timeout(request.scrape_timeout.unwrap_or(config.scrape_timeout));
        let format = match request.negotiated.openmetrics && config.enable_openmetrics {
            true => Format::OpenMetrics,
            false => Format::Text,
        };
        let content_type = request.negotiated.content_type(format);
        let reply = PageReply { reply: request.reply, content_type, gzip: request.gzip };
        Action::Scrape(Scrape {
            request: ScrapeRequest { timeout, selection, format },
            reply,
            in_flight,
        })
    }

    /// Sends a page directly from the worker that built it, as far as clients accept it without
    /// blocking. Returns the responses, and whether any of them needs the event loop to wake up.
    pub(super) fn deliver(
        &self,
        waiters: Vec<Waiter>,
        page: &Arc<Page>,
    ) -> (Vec<(ConnectionId, Outgoing)>, bool) {
        let common = self.common_headers();
        let mut heads = PageHeads::new(&common);
        let mut needs_loop = false;
        let send = |Waiter { id, reply, socket }| {
            self.scraper.handler().count(200);
            let mut outgoing = heads.response(page, reply);
            // The event loop will see an error again.
            let is_sent =
                socket.is_some_and(|socket| matches!(outgoing.send_plain(&socket), Ok(true)));
            needs_loop |= !is_sent || !reply.reply.keep_alive;
            (id, outgoing)
        };
        let responses = waiters.into_iter().map(send).collect();
        (responses, needs_loop)
    }

    fn reject_scrape(&self, status: u16, why: &str, reply: Reply) -> Action {
        self.scraper.handler().count(status);
        self.plain(status, &format!("# {status} {why}\n"), reply, true)
    }

    fn plain(&self, status: u16, body: &str, reply: Reply, is_served: bool) -> Action {
        let response = Response { status, content_type: PLAIN_TEXT, body: body.as_bytes() };
        self.respond(&response, reply, is_served)
    }

    fn respond(&self, response: &Response<'_>, reply: Reply, is_served: bool) -> Action {
        let outgoing = response.to_outgoing(&self.common_headers(), reply);
        Action::Respond { outgoing, is_served }
    }

    /// The response to input that is not a valid request.
    pub(super) fn reject(&self, rejection: Rejection) -> Outgoing {
        let (status, body): (u16, &[u8]) = match rejection {
            #[cfg(feature = "tls")]
            Rejection::NotTls => (400, b"# 400 this port serves TLS; use https://\n"),
            Rejection::Malformed => (400, b"# 400 this is not an HTTP/1 request\n"),
            Rejection::Method => (405, b"# 405 only GET and HEAD are served\n"),
            Rejection::TooLarge => (431, b"# 431 the request head is too large\n"),
        };
        let reply = Reply { is_head: false, keep_alive: false, minor_version: 1 };
        Response { status, content_type: PLAIN_TEXT, body }
            .to_outgoing(&self.common_headers(), reply)
    }
}

#[cfg(feature = "tls")]
impl Service {
    pub(super) fn speaks_tls(&self) -> bool {
        self.web_config.as_ref().is_some_and(|config| config.tls().is_some())
    }

    /// Starts TLS on a connection.
    pub(super) fn begin_handshake(&self) -> Result<super::tls::Handshake, String> {
        let config = self.web_config.as_ref().and_then(WebConfig::tls);
        let config = config.ok_or("the web configuration has no TLS any more")?;
        super::tls::Handshake::new(config).map_err(|error| error.to_string())
    }
}

/// How long a page may take: the scraper's timeout minus a margin for sending the page, which is a
/// tenth of the timeout but at most half a second.
fn page_timeout(scrape_timeout: Duration) -> Duration {
    let timeout = scrape_timeout.min(Duration::from_secs(3600));
    timeout - (timeout / 10).min(Duration::from_millis(500))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn margin_is_a_fraction_of_short_timeouts() {
        let cases = [(10.0, 9.5), (1.0, 0.9), (0.1, 0.09), (60.0, 59.5)];
        for (timeout, expected) in cases {
            let timeout_of_page = page_timeout(Duration::from_secs_f64(timeout)).as_secs_f64();
            assert!((timeout_of_page - expected).abs() < 1e-6, "{timeout}: {timeout_of_page}");
        }
    }
}
