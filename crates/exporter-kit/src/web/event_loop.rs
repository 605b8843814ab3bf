//! The event loop: one thread that owns every socket. It accepts connections, drives them, enforces
//! deadlines, and leaves everything that may take long to workers, which send back the results.

use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::event::Event;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use slab::Slab;

use super::completions::{Completion, Completions, ConnectionId, WAKER};
use super::connection::{Connection, Flow};
use super::service::Service;
use super::transport::Transport;
use super::turn::{AuthQueue, Turn};
use crate::workers::Workers;

/// Number of events to fetch from the system at once.
const EVENTS: usize = 128;

/// Number of connections to accept before the open ones get their turn.
const ACCEPTS: usize = 64;

/// How long to wait after a failed `accept`, which would probably fail again at once.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);

/// How often to retry eviction for a connection that found no free slot.
const SLOT_PAUSE: Duration = Duration::from_millis(10);

/// Number of bytes to receive at once.
const SCRATCH_BYTES: usize = 8 * 1024;

/// Limit on the memory of pages that clients have yet to read, above which the slowest clients are
/// disconnected. A page of several megabytes for each of a hundred clients would be too much.
const MAX_UNREAD_BYTES: usize = 64 * 1024 * 1024;

/// No client counts as slow before this time.
const UNREAD_GRACE: Duration = Duration::from_secs(1);

pub(super) struct EventLoop {
    poll: Poll,
    service: Arc<Service>,
    workers: Arc<Workers>,
    completions: Arc<Completions>,
    /// Their tokens count down from the last one before [`WAKER`].
    listeners: Vec<TcpListener>,
    connections: Slab<Connection>,
    serial: u64,
    scratch: Box<[u8]>,
    auth: AuthQueue,
    /// Whether a listener may have a connection to accept.
    is_accepting: bool,
    /// Do not accept before this time.
    accept_again: Option<Instant>,
    /// An accepted connection that found no free slot.
    held: Option<TcpStream>,
    /// Reserve descriptor, released to accept a connection when there is no other descriptor.
    spare: Option<Spare>,
    /// No deadline of a connection is earlier.
    next_deadline: Option<Instant>,
    /// Connections that have more to do.
    again: Vec<ConnectionId>,
    /// When to abandon unfinished responses; set once the process is shutting down.
    stop_by: Option<Instant>,
}

impl EventLoop {
    /// # Errors
    ///
    /// Returns an error if a listener cannot be registered.
    pub(super) fn new(
        poll: Poll,
        service: Arc<Service>,
        workers: Arc<Workers>,
        completions: Arc<Completions>,
        listeners: Vec<std::net::TcpListener>,
    ) -> io::Result<Self> {
        let register = |(number, listener): (usize, std::net::TcpListener)| {
            listener.set_nonblocking(true)?;
            let mut listener = TcpListener::from_std(listener);
            let token = Token(WAKER.0 - 1 - number);
            poll.registry().register(&mut listener, token, Interest::READABLE)?;
            Ok(listener)
        };
        let listeners = listeners.into_iter().enumerate().map(register);
        let listeners = listeners.collect::<io::Result<_>>()?;
        Ok(Self {
            poll,
            service,
            workers,
            completions,
            listeners,
            connections: Slab::new(),
            serial: 0,
            scratch: vec![0; SCRATCH_BYTES].into(),
            auth: AuthQueue::default(),
            is_accepting: true,
            accept_again: None,
            held: None,
            spare: None,
            next_deadline: None,
            again: Vec::new(),
            stop_by: None,
        })
    }

    /// Serves until [`Completions::stop`] is called and every request is answered, but no longer
    /// than `last_responses` after the call.
    pub(super) fn run(mut self, last_responses: Duration) {
        let mut events = Events::with_capacity(EVENTS);
        let mut now = Instant::now();
        loop {
            let timeout = self.next_due(now).map(|due| due.saturating_duration_since(now));
            if let Err(error) = self.poll.poll(&mut events, timeout)
                && error.kind() != ErrorKind::Interrupted
            {
                // No cause is known, but the loop must not spin.
                log::error!("cannot wait for events: {error}");
                std::thread::sleep(ACCEPT_PAUSE);
            }
            now = Instant::now();
            // Before the events: the next request of a connection must not be handled before the
            // page of the previous one is completed.
            let is_stopping = self.complete(now);
            for event in &events {
                self.take(event, now);
            }
            for id in std::mem::take(&mut self.again) {
                self.advance(id.slot, now);
            }
            self.accept(now);
            self.close_overdue(now);
            if is_stopping {
                let stop_by = *self.stop_by.get_or_insert(now + last_responses);
                self.listeners.clear();
                self.held = None;
                if now >= stop_by || !self.connections.iter().any(|(_, it)| it.is_busy()) {
                    return;
                }
            }
        }
    }

    /// When the loop has to continue even without an event. Also submits due jobs to the workers.
    fn next_due(&self, now: Instant) -> Option<Instant> {
        if !self.again.is_empty() {
            return Some(now);
        }
        let accept = self.is_accepting.then(|| self.accept_again.unwrap_or(now));
        [
            accept.filter(|_| self.stop_by.is_none()),
            self.next_deadline,
            self.stop_by,
            self.service.scraper.tick(now),
            self.workers.tick(now),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    fn take(&mut self, event: &Event, now: Instant) {
        let Token(slot) = event.token();
        if event.token() == WAKER {
            return;
        }
        if slot >= WAKER.0 - self.listeners.len() {
            self.is_accepting = true;
            return;
        }
        let Some(connection) = self.connections.get_mut(slot) else { return };
        connection.is_readable |= event.is_readable() || event.is_read_closed();
        connection.is_peer_done |= event.is_read_closed();
        if connection.is_scraping() && connection.is_readable {
            self.completions.await_next();
        }
        // After a reset the client cannot receive a page.
        if event.is_error() || (event.is_read_closed() && event.is_write_closed()) {
            self.close(slot);
            return;
        }
        self.advance(slot, now);
    }

    /// Handles the queued completions. Returns whether the loop should end.
    fn complete(&mut self, now: Instant) -> bool {
        let mut queue = self.completions.lock();
        let completions = std::mem::take(&mut queue.completions);
        let (is_awaited, is_stopping) = (queue.is_awaited, queue.is_stopping);
        queue.is_woken = false;
        drop(queue);
        for completion in completions {
            match completion {
                Completion::Pages(responses) => {
                    for (id, outgoing) in responses {
                        self.resume(id, now, |connection, turn| {
                            connection.send_page(outgoing, turn)
                        });
                    }
                    self.shed_slow_readers(now);
                }
                Completion::Refreshed(id) => {
                    self.auth.is_refreshing = false;
                    self.resume(id, now, |connection, turn| connection.end_refresh(turn));
                }
                Completion::Authenticated(id, result) => {
                    self.auth.is_checking = false;
                    self.resume(id, now, |connection, turn| {
                        connection.end_authentication(result, turn);
                    });
                    self.turn(now).1.check_next_password();
                }
                #[cfg(feature = "tls")]
                Completion::HandshakeStep(id, tls, result) => {
                    self.resume(id, now, |connection, turn| {
                        connection.end_handshake_step(tls, result, turn);
                    });
                }
            }
        }
        if is_awaited {
            let has_next =
                |connection: &Connection| connection.is_scraping() && connection.has_next();
            let is_awaited = self.connections.iter().any(|(_, connection)| has_next(connection));
            self.completions.lock().is_awaited = is_awaited;
        }
        is_stopping
    }

    /// Disconnects the clients that have been reading longest if unread pages take too much memory.
    fn shed_slow_readers(&mut self, now: Instant) {
        let unread = self.connections.iter().filter_map(|(slot, connection)| {
            let (begun, page) = connection.unread_page()?;
            Some((begun, slot, Arc::as_ptr(page), page.body().len()))
        });
        let mut unread: Vec<_> = unread.collect();
        unread.sort_unstable_by_key(|(begun, ..)| *begun);
        let mut unread = &unread[..];
        while let [(begun, slot, ..), rest @ ..] = unread {
            let mut pages: Vec<_> = unread.iter().map(|(.., page, bytes)| (page, bytes)).collect();
            pages.sort_unstable();
            pages.dedup();
            let bytes: usize = pages.iter().map(|(_, bytes)| *bytes).sum();
            if bytes <= MAX_UNREAD_BYTES || now.saturating_duration_since(*begun) < UNREAD_GRACE {
                return;
            }
            self.close(*slot);
            unread = rest;
        }
    }

    fn resume(
        &mut self,
        id: ConnectionId,
        now: Instant,
        end: impl FnOnce(&mut Connection, &mut Turn<'_>),
    ) {
        let (connections, mut turn) = self.turn(now);
        let connection = connections.get_mut(id.slot).filter(|connection| connection.id == id);
        // The connection may have been closed meanwhile.
        let Some(connection) = connection else { return };
        end(connection, &mut turn);
        self.advance(id.slot, now);
    }

    fn turn(&mut self, now: Instant) -> (&mut Slab<Connection>, Turn<'_>) {
        let turn = Turn {
            service: &self.service,
            scratch: &mut self.scratch,
            now,
            is_stopping: self.stop_by.is_some(),
            completions: &self.completions,
            workers: &self.workers,
            auth: &mut self.auth,
        };
        (&mut self.connections, turn)
    }

    fn advance(&mut self, slot: usize, now: Instant) {
        let (connections, mut turn) = self.turn(now);
        let Some(connection) = connections.get_mut(slot) else { return };
        let (flow, deadline, id) =
            (connection.advance(&mut turn), connection.deadline, connection.id);
        match flow {
            Flow::Close => return self.close(slot),
            Flow::Again => self.again.push(id),
            Flow::Wait => {}
        }
        self.next_deadline = [self.next_deadline, deadline].into_iter().flatten().min();
    }

    fn close(&mut self, slot: usize) {
        let connection = self.connections.remove(slot);
        if connection.is_scraping() {
            self.service.scraper.abandon(|waiter| waiter.id == connection.id);
        }
        if self.held.is_some() {
            self.accept_again = None;
        }
    }

    /// Closes the connections whose deadline has passed.
    fn close_overdue(&mut self, now: Instant) {
        if self.next_deadline.is_none_or(|deadline| now < deadline) {
            return;
        }
        let is_overdue = |connection: &Connection| connection.deadline.is_some_and(|it| it <= now);
        let overdue = self.connections.iter().filter(|(_, connection)| is_overdue(connection));
        let overdue: Vec<_> = overdue.map(|(slot, _)| slot).collect();
        overdue.into_iter().for_each(|slot| self.close(slot));
        self.next_deadline =
            self.connections.iter().filter_map(|(_, connection)| connection.deadline).min();
    }

    /// Accepts connections. Errors never stop the server: a lack of file descriptors is temporary,
    /// and evicting a waiting connection frees one.
    fn accept(&mut self, now: Instant) {
        if !self.is_accepting || self.accept_again.is_some_and(|again| now < again) {
            return;
        }
        self.accept_again = None;
        if self.spare.is_none() {
            self.spare = spare_descriptor(&self.listeners);
        }
        for _ in 0..ACCEPTS {
            match self.held.take().map_or_else(|| self.accept_one(), |held| Ok(Some(held))) {
                Ok(Some(socket)) => {
                    if self.connections.len() >= self.service.config.max_connections
                        && !self.evict(now)
                    {
                        self.held = Some(socket);
                        self.accept_again = Some(now + SLOT_PAUSE);
                        return;
                    }
                    self.open(socket, now);
                }
                Ok(None) => {
                    self.is_accepting = false;
                    return;
                }
                // The client has disconnected already.
                Err(error) if error.kind() == ErrorKind::ConnectionAborted => {}
                Err(error) => {
                    log::debug!("cannot accept a connection: {error}");
                    // Without a free descriptor, `accept` cannot even report that no client waits.
                    self.spare = None;
                    let Ok(accepted) = self.accept_one() else {
                        self.evict(now);
                        self.accept_again = Some(now + ACCEPT_PAUSE);
                        return;
                    };
                    let Some(socket) = accepted else {
                        self.is_accepting = false;
                        return;
                    };
                    self.evict(now);
                    self.spare = spare_descriptor(&self.listeners);
                    self.open(socket, now);
                }
            }
        }
    }

    /// The next connection of any listener.
    fn accept_one(&self) -> io::Result<Option<TcpStream>> {
        for listener in &self.listeners {
            if let Some((socket, _)) = super::transport::now_or_later(|| listener.accept())? {
                return Ok(Some(socket));
            }
        }
        Ok(None)
    }

    fn open(&mut self, socket: TcpStream, now: Instant) {
        if let Err(error) = self.register(socket, now) {
            log::debug!("cannot serve a connection: {error}");
        }
    }

    fn register(&mut self, mut socket: TcpStream, now: Instant) -> io::Result<()> {
        // Responses are written in one call; the last segment must not wait for an acknowledgement.
        socket.set_nodelay(true)?;
        self.serial += 1;
        let entry = self.connections.vacant_key();
        let id = ConnectionId { slot: entry, serial: self.serial };
        // Register for both from the start: superfluous events cost less than registering again.
        let interests = Interest::READABLE | Interest::WRITABLE;
        self.poll.registry().register(&mut socket, Token(entry), interests)?;
        let (connections, turn) = self.turn(now);
        connections.insert(Connection::new(id, Transport::new(socket), &turn));
        // Usually the request has arrived already, and a busy connection is not evicted.
        self.advance(entry, now);
        Ok(())
    }

    /// Closes the connection that has been waiting for its client longest. Returns whether there
    /// was one.
    fn evict(&mut self, now: Instant) -> bool {
        let waiting = self.connections.iter().filter_map(|(slot, connection)| {
            connection.evictable_since(now).map(|since| (since, slot))
        });
        let Some((_, slot)) = waiting.min() else { return false };
        self.close(slot);
        true
    }
}

#[cfg(unix)]
type Spare = std::os::fd::OwnedFd;
#[cfg(not(unix))]
type Spare = std::convert::Infallible;

/// A descriptor to keep in reserve.
fn spare_descriptor(listeners: &[TcpListener]) -> Option<Spare> {
    #[cfg(unix)]
    return std::os::fd::AsFd::as_fd(listeners.first()?).try_clone_to_owned().ok();
    #[cfg(not(unix))]
    return listeners.first().and(None);
}
