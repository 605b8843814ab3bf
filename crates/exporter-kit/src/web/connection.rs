//! One connection: a state machine driven by the event loop. It never blocks.
//!
//! ```text
//! FirstByte -> Handshaking <-> HandshakeOnWorker      only with TLS
//!      |            |
//!      v            v
//!     Head -> Refreshing -> Authenticating -> Scraping
//!      ^ |                        |              |
//!      | +------------> Writing <-+--------------+
//!      |                   |
//!      +--- keep-alive ----+-> Draining -> closed
//! ```

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::completions::ConnectionId;
use super::request::{MAX_HEAD_BYTES, Rejection, Reply, Request, parse};
use super::response::Outgoing;
use super::service::{Action, Waiter};
#[cfg(feature = "tls")]
use super::tls::{HANDSHAKE_RECORD, Handshake, Session};
use super::transport::Transport;
#[cfg(feature = "tls")]
use super::transport::now_or_later;
use super::turn::Turn;
use crate::scrape::Page;
use crate::self_metrics::InFlight;

/// How long a connection stays open between two requests. Longer than the usual scrape interval of
/// one minute, so that scrapers can reuse their connection.
const IDLE_TIMEOUT: Duration = Duration::from_secs(90);

/// How long a client may take to read a complete response.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(30);

/// A new connection is not evicted before this time, since its client may be about to send a
/// request.
const FIRST_BYTES: Duration = Duration::from_millis(20);

/// A client that takes longer to read a response counts as slow.
const SLOW_RESPONSE: Duration = Duration::from_millis(250);

/// How long to keep reading from a client before its connection is closed. Closing with unread
/// bytes would reset the connection, and the client could lose the response.
const DRAIN_TIMEOUT: Duration = Duration::from_millis(200);

/// A page is due by the deadline of its scrape. If it is missing after this additional time, the
/// connection is closed.
const SCRAPE_GRACE: Duration = Duration::from_secs(10);

/// Number of consecutive steps before other connections get their turn.
const MAX_STEPS: usize = 64;

/// A connection and its state.
pub(super) struct Connection {
    pub(super) id: ConnectionId,
    pub(super) transport: Transport,
    state: State,
    /// Received bytes of request heads that are incomplete or not yet served.
    received: Vec<u8>,
    /// When the connection is closed if it is still in the current state.
    pub(super) deadline: Option<Instant>,
    /// When the client started to owe a complete request. Rejected requests do not reset it.
    waiting_since: Instant,
    /// Whether the socket may have bytes to receive.
    pub(super) is_readable: bool,
    /// The client has closed its side.
    pub(super) is_peer_done: bool,
}

enum State {
    /// Waits for the first byte, which tells TLS from other protocols.
    #[cfg(feature = "tls")]
    FirstByte,
    /// Exchanges the records of a TLS handshake.
    #[cfg(feature = "tls")]
    Handshaking,
    /// A worker owns the state of the handshake.
    #[cfg(feature = "tls")]
    HandshakeOnWorker,
    /// Waits for a complete request head.
    Head,
    /// A worker checks whether the web configuration has changed, before the request is
    /// authenticated or, if there is no request yet, before the handshake begins.
    Refreshing(Option<Box<Request>>),
    /// A worker is checking the password.
    Authenticating(Box<Request>),
    /// A run is building the page.
    Scraping {
        keep_alive: bool,
        in_flight: InFlight,
    },
    Writing(Writing),
    /// The last response has been sent. Further input is discarded.
    Draining,
}

struct Writing {
    outgoing: Outgoing,
    begun: Instant,
    keep_alive: bool,
    /// Whether the end of this response resets `waiting_since`.
    is_served: bool,
    /// Counts a scrape as in flight until its page has been sent.
    _in_flight: Option<InFlight>,
}

/// What the event loop should do with a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    /// Wait for an event, a completion or the deadline.
    Wait,
    /// Continue after the other connections have had their turn.
    Again,
    Close,
}

/// The result of one step of the state machine.
enum Step {
    Go,
    Wait,
    Close,
}

impl Connection {
    pub(super) fn new(id: ConnectionId, transport: Transport, turn: &Turn<'_>) -> Self {
        #[cfg(feature = "tls")]
        let state = if turn.service.speaks_tls() { State::FirstByte } else { State::Head };
        #[cfg(not(feature = "tls"))]
        let state = State::Head;
        Self {
            id,
            transport,
            state,
            received: Vec::new(),
            deadline: Some(turn.now + turn.service.config.read_timeout),
            waiting_since: turn.now,
            is_readable: true,
            is_peer_done: false,
        }
    }

    /// Since when the connection may be evicted to make room for another. `None` unless it is
    /// waiting for its client to send a complete request or to read the response.
    pub(super) fn evictable_since(&self, now: Instant) -> Option<Instant> {
        let (since, grace) = match &self.state {
            #[cfg(feature = "tls")]
            State::FirstByte | State::Handshaking => (self.waiting_since, FIRST_BYTES),
            State::Head | State::Draining => (self.waiting_since, FIRST_BYTES),
            State::Writing(writing) => (writing.begun, SLOW_RESPONSE),
            _ => return None,
        };
        (now.saturating_duration_since(since) >= grace).then_some(since)
    }

    /// The page that is being sent, and when sending began.
    pub(super) fn unread_page(&self) -> Option<(Instant, &Arc<Page>)> {
        match &self.state {
            State::Writing(writing) => Some((writing.begun, writing.outgoing.page()?)),
            _ => None,
        }
    }

    /// Whether the client is waiting for a response.
    pub(super) fn is_busy(&self) -> bool {
        matches!(
            self.state,
            State::Refreshing(Some(_))
                | State::Authenticating(_)
                | State::Scraping { .. }
                | State::Writing(_)
        )
    }

    /// Whether another request may have arrived.
    pub(super) fn has_next(&self) -> bool {
        self.is_readable || !self.received.is_empty()
    }

    pub(super) fn is_scraping(&self) -> bool {
        matches!(self.state, State::Scraping { .. })
    }

    /// Proceeds as far as possible without blocking.
    pub(super) fn advance(&mut self, turn: &mut Turn<'_>) -> Flow {
        for _ in 0..MAX_STEPS {
            let step = match &mut self.state {
                #[cfg(feature = "tls")]
                State::FirstByte => self.read_first_byte(turn),
                #[cfg(feature = "tls")]
                State::Handshaking => self.read_handshake(turn),
                State::Head => self.read_head(turn),
                State::Writing(_) => self.write(turn),
                State::Draining => self.drain(turn),
                _ => Ok(Step::Wait),
            };
            match step {
                Ok(Step::Go) => {}
                Ok(Step::Wait) => return Flow::Wait,
                // A client that disconnects is not an error.
                Ok(Step::Close) | Err(_) => return Flow::Close,
            }
        }
        Flow::Again
    }

    fn read_head(&mut self, turn: &mut Turn<'_>) -> io::Result<Step> {
        if !self.received.is_empty() {
            match parse(&self.received) {
                Ok(Some((request, length))) => {
                    self.received.drain(..length);
                    if self.received.is_empty() {
                        self.received = Vec::new();
                    }
                    return Ok(self.begin(request, turn));
                }
                Ok(None) => {}
                Err(rejection) => return Ok(self.reject(rejection, turn)),
            }
        }
        let room = turn.scratch.len().min(MAX_HEAD_BYTES - self.received.len());
        let Some(received) = self.receive(turn, room)? else { return Ok(Step::Wait) };
        if received == 0 {
            return Ok(Step::Close);
        }
        let chunk = &turn.scratch[..received];
        if !self.received.is_empty() {
            self.received.extend_from_slice(chunk);
            return Ok(Step::Go);
        }
        // Usually a head arrives complete and alone, and needs no buffer.
        match parse(chunk) {
            Ok(Some((request, length))) => {
                self.received.extend_from_slice(&chunk[length..]);
                Ok(self.begin(request, turn))
            }
            Ok(None) => {
                self.received.extend_from_slice(chunk);
                self.deadline = Some(turn.now + turn.service.config.read_timeout);
                Ok(Step::Go)
            }
            Err(rejection) => Ok(self.reject(rejection, turn)),
        }
    }

    /// Receives at most `room` bytes into the scratch buffer. 0 means the end of the stream; `None`
    /// means nothing yet.
    fn receive(&mut self, turn: &mut Turn<'_>, room: usize) -> io::Result<Option<usize>> {
        if !self.is_readable {
            return Ok(None);
        }
        let received = self.transport.receive(&mut turn.scratch[..room])?;
        // On Linux a short read means that the socket is empty, and further input causes an event.
        // Elsewhere only `WouldBlock` guarantees an event.
        let is_empty = cfg!(target_os = "linux")
            && self.transport.is_plain()
            && received.is_some_and(|received| received < room)
            && !self.is_peer_done;
        if received.is_none() || is_empty {
            self.is_readable = false;
        }
        Ok(received)
    }

    /// Starts to answer a request.
    fn begin(&mut self, request: Request, turn: &mut Turn<'_>) -> Step {
        self.deadline = None;
        let request = Box::new(request);
        if turn.begin_refresh(self.id) {
            self.state = State::Refreshing(Some(request));
            return Step::Wait;
        }
        self.authenticate(request, turn)
    }

    /// Continues once the web configuration is up to date.
    pub(super) fn end_refresh(&mut self, turn: &mut Turn<'_>) {
        match std::mem::replace(&mut self.state, State::Head) {
            State::Refreshing(Some(request)) => {
                self.authenticate(request, turn);
            }
            #[cfg(feature = "tls")]
            State::Refreshing(None) => self.begin_handshake(turn),
            other => self.state = other,
        }
    }

    fn authenticate(&mut self, request: Box<Request>, turn: &mut Turn<'_>) -> Step {
        if let Some(action) = turn.service.limit(request.reply, turn.now) {
            return self.act(action, request.reply, turn);
        }
        match turn.authenticate(self.id, request.authorization.as_deref()) {
            Some(result) => {
                let action = turn.service.decide(&request, result);
                self.act(action, request.reply, turn)
            }
            None => {
                self.state = State::Authenticating(request);
                Step::Wait
            }
        }
    }

    /// Continues once the password has been checked.
    pub(super) fn end_authentication(
        &mut self,
        result: super::config::AuthResult,
        turn: &mut Turn<'_>,
    ) {
        match std::mem::replace(&mut self.state, State::Head) {
            State::Authenticating(request) => {
                let action = turn.service.decide(&request, result);
                self.act(action, request.reply, turn);
            }
            other => self.state = other,
        }
    }

    fn act(&mut self, action: Action, reply: Reply, turn: &mut Turn<'_>) -> Step {
        match action {
            Action::Respond { outgoing, is_served } => {
                self.respond(outgoing, reply.keep_alive, is_served, turn)
            }
            Action::Scrape(scrape) => {
                self.deadline = Some(turn.now + scrape.request.timeout + SCRAPE_GRACE);
                let gzip = scrape.reply.gzip;
                let keep_alive = scrape.reply.reply.keep_alive;
                self.state = State::Scraping { keep_alive, in_flight: scrape.in_flight };
                // The next request may have arrived already, and causes no further event.
                if self.has_next() {
                    turn.await_page();
                }
                let socket = self.transport.is_plain().then(|| Arc::clone(&self.transport.socket));
                let waiter = Waiter { id: self.id, reply: scrape.reply, socket };
                turn.service.scraper.request(&scrape.request, waiter, gzip);
                Step::Wait
            }
        }
    }

    /// Continues with the requested page, part of which may have been sent already.
    pub(super) fn send_page(&mut self, outgoing: Outgoing, turn: &Turn<'_>) {
        match std::mem::replace(&mut self.state, State::Head) {
            State::Scraping { keep_alive, in_flight } => {
                self.respond(outgoing, keep_alive, true, turn);
                if let State::Writing(writing) = &mut self.state {
                    writing._in_flight = Some(in_flight);
                }
            }
            other => self.state = other,
        }
    }

    /// Rejects input that is not a valid request, after which the connection cannot be reused.
    fn reject(&mut self, rejection: Rejection, turn: &Turn<'_>) -> Step {
        self.received = Vec::new();
        let outgoing = turn.service.reject(rejection);
        self.respond(outgoing, false, false, turn)
    }

    fn respond(
        &mut self,
        outgoing: Outgoing,
        keep_alive: bool,
        is_served: bool,
        turn: &Turn<'_>,
    ) -> Step {
        let timeout = turn.service.config.write_timeout.min(RESPONSE_TIMEOUT);
        self.deadline = Some(turn.now + timeout);
        self.state = State::Writing(Writing {
            outgoing,
            begun: turn.now,
            keep_alive,
            is_served,
            _in_flight: None,
        });
        Step::Go
    }

    fn write(&mut self, turn: &Turn<'_>) -> io::Result<Step> {
        let State::Writing(writing) = &mut self.state else { return Ok(Step::Wait) };
        let before = writing.outgoing.sent();
        if !writing.outgoing.send(&mut self.transport)? {
            if writing.outgoing.sent() > before {
                let all = writing.begun + RESPONSE_TIMEOUT;
                self.deadline = Some(all.min(turn.now + turn.service.config.write_timeout));
            }
            return Ok(Step::Wait);
        }
        if writing.is_served {
            self.waiting_since = turn.now;
        }
        if writing.keep_alive && !turn.is_stopping {
            self.state = State::Head;
            let timeout = match self.received.is_empty() {
                true => IDLE_TIMEOUT,
                false => turn.service.config.read_timeout,
            };
            self.deadline = Some(turn.now + timeout);
            return Ok(Step::Go);
        }
        self.transport.close_write()?;
        self.received = Vec::new();
        self.state = State::Draining;
        self.deadline = Some(turn.now + DRAIN_TIMEOUT);
        Ok(Step::Go)
    }

    fn drain(&mut self, turn: &mut Turn<'_>) -> io::Result<Step> {
        // Read below TLS: the content of the records no longer matters.
        if !self.is_readable {
            return Ok(Step::Wait);
        }
        match self.transport.receive_raw(turn.scratch)? {
            Some(0) => Ok(Step::Close),
            Some(_) => Ok(Step::Go),
            None => {
                self.is_readable = false;
                Ok(Step::Wait)
            }
        }
    }
}

#[cfg(feature = "tls")]
impl Connection {
    fn read_first_byte(&mut self, turn: &mut Turn<'_>) -> io::Result<Step> {
        if !self.is_readable {
            return Ok(Step::Wait);
        }
        let mut first = [0];
        match now_or_later(|| self.transport.socket.peek(&mut first))? {
            None => {
                self.is_readable = false;
                return Ok(Step::Wait);
            }
            Some(0) => return Ok(Step::Close),
            Some(_) if first[0] != HANDSHAKE_RECORD => {
                return Ok(self.reject(Rejection::NotTls, turn));
            }
            Some(_) => {}
        }
        if turn.begin_refresh(self.id) {
            self.state = State::Refreshing(None);
            return Ok(Step::Wait);
        }
        self.begin_handshake(turn);
        Ok(Step::Go)
    }

    fn begin_handshake(&mut self, turn: &Turn<'_>) {
        match turn.service.begin_handshake() {
            Ok(tls) => {
                self.transport.tls = Some(Session::new(tls));
                self.state = State::Handshaking;
            }
            Err(error) => {
                log::debug!("cannot begin a TLS connection: {error}");
                self.state = State::Draining;
                self.deadline = Some(turn.now);
            }
        }
    }

    fn read_handshake(&mut self, turn: &mut Turn<'_>) -> io::Result<Step> {
        let Transport { socket, tls: Some(session) } = &mut self.transport else {
            return Ok(Step::Close);
        };
        if !session.flush(socket)? {
            return Ok(Step::Wait);
        }
        if !session.is_handshaking() {
            self.state = State::Head;
            return Ok(Step::Go);
        }
        if !self.is_readable {
            return Ok(Step::Wait);
        }
        match session.receive_records(socket)? {
            None => {
                self.is_readable = false;
                Ok(Step::Wait)
            }
            Some(0) => Ok(Step::Close),
            Some(_) => {
                let Some(tls) = session.take() else { return Ok(Step::Close) };
                turn.shake_hands(self.id, tls);
                self.state = State::HandshakeOnWorker;
                Ok(Step::Wait)
            }
        }
    }

    /// Continues once a worker has done a step of the handshake.
    pub(super) fn end_handshake_step(
        &mut self,
        tls: Handshake,
        result: Result<(), rustls::Error>,
        turn: &Turn<'_>,
    ) {
        let Transport { socket, tls: Some(session) } = &mut self.transport else { return };
        session.give_back(tls);
        self.state = State::Handshaking;
        let Err(error) = result else { return };
        if let Ok(peer) = socket.peer_addr() {
            log::debug!("TLS handshake with {peer} failed: {error}");
        }
        // The client needs the alert to learn the reason; a reset could discard it.
        let sent = session.flush(socket).and_then(|_| self.transport.close_write());
        self.state = State::Draining;
        self.deadline = Some(if sent.is_ok() { turn.now + DRAIN_TIMEOUT } else { turn.now });
    }
}
