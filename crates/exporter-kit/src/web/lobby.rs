//! Where connections wait between two requests, on Linux. One thread, the attendant, waits for all of
//! them, and scrapes for those that ask for the same at the same time together: to put every one of
//! several busy scrapers to sleep and wake it again takes longer than to make a page.
//!
//! What may take long is left to threads of their own: requests that come in pieces or are not for
//! metrics, scrapes that have to wait for another one, large pages, and clients that do not read.
//! While a collector takes long, which is known after a while only, another attendant takes over.

use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::io::Errno;
use rustix::time::Timespec;

use super::connection::{Connection, Party, go_on_elsewhere};
use super::request::{Arrived, IDLE_TIMEOUT, Method, Request};
use super::{Server, Site};
use crate::collector::run::COLLECTOR_STACK_BYTES;
use crate::scrape::{Ask, Page, Scraped};

/// How many connections with news the attendant sees to at once.
const EVENTS: usize = 32;

/// How often those are looked for who have waited too long.
const SWEEP: Duration = Duration::from_secs(15);

/// To compress and send a larger page takes a thread of its own.
const SMALL_PAGE_BYTES: usize = 512 * 1024;

/// The connections that wait.
#[derive(Debug)]
pub(super) struct Lobby {
    poll: OwnedFd,
    /// In the order of their tickets.
    waiting: Mutex<Vec<Guest>>,
    /// The last ticket that was given out.
    tickets: AtomicU64,
    /// The number of the attendant; 0 while there is none.
    attendant: AtomicU64,
    /// How many there have been.
    attendants: AtomicU64,
}

struct Guest {
    ticket: u64,
    connection: Box<Connection>,
    until: Instant,
}

impl std::fmt::Debug for Guest {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Guest").field("ticket", &self.ticket).finish_non_exhaustive()
    }
}

/// Takes the connection in, which waits for a request. Back comes one that has to stay with its
/// thread.
pub(super) fn enter(connection: Box<Connection>) -> Option<Box<Connection>> {
    let server = Arc::clone(&connection.server);
    match &server.lobby {
        Some(lobby) => lobby.seat(connection),
        None => Some(connection),
    }
}

/// Has another attendant take over, unless that has happened since `attendant` was it.
pub(super) fn relieve(server: &Arc<Server>, attendant: u64) {
    if let Some(lobby) = &server.lobby {
        lobby.appoint(&lobby.lock(), server, attendant);
    }
}

/// Whether this is the attendant, who must not wait for what other threads do.
pub(super) fn is_attendant(server: &Server, number: u64) -> bool {
    let attendant = server.lobby.as_ref().map(|lobby| lobby.attendant.load(Ordering::Acquire));
    attendant == Some(number)
}

impl Lobby {
    /// `None` where checking passwords or keys takes a client's thread a while, or the system has
    /// no more file descriptors.
    pub(super) fn open(site: &Site) -> Option<Self> {
        if site.web_config.is_some() {
            return None;
        }
        Some(Self {
            poll: epoll::create(CreateFlags::CLOEXEC).ok()?,
            waiting: Mutex::default(),
            tickets: AtomicU64::new(0),
            attendant: AtomicU64::new(0),
            attendants: AtomicU64::new(0),
        })
    }

    /// Has somebody attend if `predecessor` still does or nobody; whether anybody does then. The
    /// lock keeps others from counting on somebody who turns out not to come.
    fn appoint(
        &self,
        _: &MutexGuard<'_, Vec<Guest>>,
        server: &Arc<Server>,
        predecessor: u64,
    ) -> bool {
        if ![predecessor, 0].contains(&self.attendant.load(Ordering::Acquire)) {
            return true;
        }
        let number = self.attendants.fetch_add(1, Ordering::Relaxed) + 1;
        self.attendant.store(number, Ordering::Release);
        let server = Arc::clone(server);
        let thread = thread::Builder::new().name("lobby".into()).stack_size(COLLECTOR_STACK_BYTES);
        let started = thread.spawn(move || {
            if let Some(lobby) = &server.lobby {
                lobby.attend(&server, number);
            }
        });
        if let Err(error) = &started {
            log::debug!("cannot start a thread for the connections that wait: {error}");
            // It is tried again; or who has been replaced goes on, when that one can.
            self.attendant.store(0, Ordering::Release);
        }
        started.is_ok()
    }

    /// Takes in a connection that has been served.
    fn seat(&self, mut connection: Box<Connection>) -> Option<Box<Connection>> {
        // Another request has come already.
        if !connection.requests.is_empty() {
            return Some(connection);
        }
        // Its descriptor stays open for as long as it is spoken of here.
        let Some(socket) = connection.stream.plain_socket().cloned() else {
            return Some(connection);
        };
        let mut waiting = self.lock();
        if !self.appoint(&waiting, &connection.server, 0) {
            return Some(connection);
        }
        let known = connection.ticket;
        let ticket = known.unwrap_or_else(|| self.tickets.fetch_add(1, Ordering::Relaxed) + 1);
        connection.ticket = Some(ticket);
        let guest = Guest { ticket, connection, until: Instant::now() + IDLE_TIMEOUT };
        let at = waiting.partition_point(|guest| guest.ticket < ticket);
        waiting.insert(at, guest);
        drop(waiting);
        // What has come meanwhile is told at once, and once only: until it is back here.
        let flags = EventFlags::IN | EventFlags::RDHUP | EventFlags::ONESHOT;
        let data = EventData::new_u64(ticket);
        let told = match known {
            Some(_) => epoll::modify(&self.poll, &*socket, data, flags),
            None => epoll::add(&self.poll, &*socket, data, flags),
        };
        match told {
            Ok(()) => None,
            Err(_) => self.take(ticket),
        }
    }

    fn take(&self, ticket: u64) -> Option<Box<Connection>> {
        let mut waiting = self.lock();
        let at = waiting.binary_search_by_key(&ticket, |guest| guest.ticket).ok()?;
        Some(waiting.remove(at).connection)
    }

    /// Waits for requests until another attendant takes over.
    fn attend(&self, server: &Arc<Server>, number: u64) {
        let _attendance = Attendance { server, lobby: self, number };
        let mut events = Vec::with_capacity(EVENTS);
        let mut parties = Vec::new();
        let mut next_sweep = Instant::now();
        while self.is_attended_by(number) || self.is_taken_up_by(number) {
            let now = Instant::now();
            if now >= next_sweep {
                self.lock().retain(|guest| guest.until > now);
                next_sweep = now + SWEEP;
            }
            let time = if parties.is_empty() { SWEEP } else { Duration::ZERO };
            if let Err(error) = self.gather(&mut events, time, number, &mut parties) {
                // No reason is known. Those who wait are closed, others keep their threads.
                log::error!("cannot wait for connections: {error}");
                return self.lock().clear();
            }
            for (ask, party) in parties.drain(1.min(parties.len())..) {
                scrape_elsewhere(server, ask, party);
            }
            let Some((ask, party)) = parties.pop() else { continue };
            let deadline = party.deadline;
            match server.site.scraper.scrape(&ask, deadline, party) {
                Scraped::Page(page, mut party) => {
                    // As with all scrapes, those that have come meanwhile share this one.
                    if self.is_attended_by(number)
                        && self.gather(&mut events, Duration::ZERO, number, &mut parties).is_ok()
                        && let Some(at) = parties.iter().position(|(other, _)| *other == ask)
                    {
                        party.members.append(&mut parties.swap_remove(at).1.members);
                    }
                    party.answer_all(page);
                }
                Scraped::Busy(party) => scrape_elsewhere(server, ask, party),
                Scraped::Elsewhere => {}
            }
        }
    }

    fn is_attended_by(&self, number: u64) -> bool {
        self.attendant.load(Ordering::Acquire) == number
    }

    /// Whether somebody who was replaced is needed again: there was no thread for another one.
    fn is_taken_up_by(&self, number: u64) -> bool {
        self.attendant.compare_exchange(0, number, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    /// Sees what has come on the connections, or comes within this time.
    fn gather(
        &self,
        events: &mut Vec<Event>,
        time: Duration,
        attendant: u64,
        parties: &mut Vec<(Ask, Box<Party>)>,
    ) -> Result<(), Errno> {
        let time = Timespec { tv_sec: time.as_secs().cast_signed(), tv_nsec: 0 };
        events.clear();
        match epoll::wait(&self.poll, spare_capacity(events), Some(&time)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
        for event in events {
            // Unless it has been there for too long.
            if let Some(connection) = self.take(event.data.u64()) {
                self.receive(connection, attendant, parties);
            }
        }
        Ok(())
    }

    /// Sees what has come on a connection. Scrapes of the same are one party.
    fn receive(
        &self,
        mut connection: Box<Connection>,
        attendant: u64,
        parties: &mut Vec<(Ask, Box<Party>)>,
    ) {
        let request = match connection.requests.arrived(&connection.stream) {
            Arrived::Request(request) => request,
            Arrived::Nothing => return back_to(self, connection),
            Arrived::Nobody => return,
            Arrived::Other => return go_on_elsewhere(move || connection.go_on()),
        };
        if !connection.place.serve() {
            return;
        }
        if !is_scrape(&request, &connection.server.site) {
            return go_on_elsewhere(move || connection.go_on_with(request));
        }
        match connection.begin_scrape(request) {
            Ok(ask) => match parties.iter_mut().find(|(other, _)| *other == ask) {
                Some((_, party)) => party.members.push(connection),
                None => {
                    let party = Party::of(connection, &ask);
                    parties.push((ask, Box::new(Party { attendant: Some(attendant), ..party })));
                }
            },
            Err(refused) => go_on_elsewhere(move || {
                if let Some(connection) = connection.refuse_scrape(&refused).and_then(enter) {
                    connection.go_on();
                }
            }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Guest>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// However its attendant leaves, the lobby does not count on somebody who is no longer there.
struct Attendance<'a> {
    server: &'a Arc<Server>,
    lobby: &'a Lobby,
    number: u64,
}

impl Drop for Attendance<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.lobby.appoint(&self.lobby.lock(), self.server, self.number);
        }
        let (success, failure) = (Ordering::AcqRel, Ordering::Relaxed);
        // It fails if somebody else attends already, which is as good.
        let _ = self.lobby.attendant.compare_exchange(self.number, 0, success, failure);
    }
}

/// Whether it is a scrape and nothing else.
fn is_scrape(request: &Request, site: &Site) -> bool {
    request.method == Method::Get
        && request.keep_alive
        && request.path == site.config.telemetry_path
}

fn scrape_elsewhere(server: &Arc<Server>, ask: Ask, mut party: Box<Party>) {
    party.attendant = None;
    let server = Arc::clone(server);
    go_on_elsewhere(move || {
        let deadline = party.deadline;
        if let Scraped::Page(page, party) = server.site.scraper.scrape(&ask, deadline, party) {
            party.answer_all(page);
        }
    });
}

/// Seats a connection again.
fn back_to(lobby: &Lobby, connection: Box<Connection>) {
    if let Some(connection) = lobby.seat(connection) {
        go_on_elsewhere(move || connection.go_on());
    }
}

impl Party {
    /// Sends the page to everyone. Whoever does not take it at once gets the rest from another
    /// thread.
    pub(super) fn answer_all(mut self: Box<Self>, page: Arc<Page>) {
        if self.attendant.is_some() && page.body().len() > SMALL_PAGE_BYTES {
            self.attendant = None;
            return go_on_elsewhere(move || self.answer_all(page));
        }
        for connection in self.members {
            connection.answer_now(Arc::clone(&page));
        }
    }
}

impl Connection {
    fn answer_now(mut self: Box<Self>, page: Arc<Page>) {
        let Some(mut outgoing) = self.begin_answer(page) else { return };
        let finish = move |connection: Box<Self>, outgoing| {
            if let Some(connection) = connection.finish_answer(outgoing).and_then(enter) {
                connection.go_on();
            }
        };
        let server = Arc::clone(&self.server);
        let Some(lobby) = &server.lobby else { return finish(self, outgoing) };
        let Ok(is_all_sent) = outgoing.send_now(&self.stream) else { return };
        if is_all_sent && self.keeps_alive() {
            self.end_scrape();
            back_to(lobby, self);
        } else {
            go_on_elsewhere(move || finish(self, outgoing));
        }
    }
}

#[cfg(test)]
mod tests;
