//! Who is connected. Keeps the number of connections, and so of threads, within bounds: when all
//! places are taken, the connection gives way that has waited longest for its client: for a complete
//! request, or to read the response.

use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long a new connection may wait for one that gives way to be gone.
const HANDOVER: Duration = Duration::from_millis(500);

/// How often a new connection looks meanwhile whether another one can give way.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// A response that is on its way for longer is to a client that hardly reads.
const SLOW: Duration = Duration::from_millis(250);

/// The open connections, at most `limit`.
#[derive(Debug)]
pub(crate) struct Connections {
    limit: usize,
    open: Mutex<Vec<Arc<Open>>>,
    /// A connection has left or, once the process is about to end, has been answered.
    left: Condvar,
    finishing: AtomicBool,
    /// What times are counted from.
    epoch: Instant,
}

#[derive(Debug)]
struct Open {
    stream: Arc<TcpStream>,
    /// A [`State`] as a number. Each request changes it several times, so there is no lock.
    state: AtomicU64,
}

/// What a connection is about, and since when: microseconds from the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// No complete request since then.
    Waiting(u64),
    /// A request is being answered.
    Served,
    /// Its response is on the way since then.
    Sending(u64),
    /// Shut down to make room; whoever has it is about to let it go.
    GivingWay,
}

impl State {
    const fn to_number(self) -> u64 {
        match self {
            Self::Waiting(since) => since << 2,
            Self::Served => 1,
            Self::Sending(since) => since << 2 | 2,
            Self::GivingWay => 3,
        }
    }

    const fn from_number(number: u64) -> Self {
        match number & 3 {
            0 => Self::Waiting(number >> 2),
            1 => Self::Served,
            2 => Self::Sending(number >> 2),
            _ => Self::GivingWay,
        }
    }
}

impl Open {
    fn state(&self) -> State {
        State::from_number(self.state.load(Ordering::Acquire))
    }

    /// Changes the state from one to another; false if it is another one meanwhile.
    fn change(&self, from: State, to: State) -> bool {
        let (from, to) = (from.to_number(), to.to_number());
        self.state.compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}

/// A place among the connections; given back when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    connections: Arc<Connections>,
    open: Arc<Open>,
}

impl Connections {
    pub(crate) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self {
            limit,
            open: Mutex::default(),
            left: Condvar::new(),
            finishing: AtomicBool::new(false),
            epoch: Instant::now(),
        })
    }

    /// Takes a place for `stream`; `None` if every connection is being served.
    pub(crate) fn admit(self: &Arc<Self>, stream: TcpStream) -> Option<Place> {
        let deadline = Instant::now() + HANDOVER;
        let mut open = self.lock();
        while open.len() >= self.limit {
            self.give_way(&open);
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            let time = left.min(LOOK_AGAIN);
            open = self.left.wait_timeout(open, time).unwrap_or_else(PoisonError::into_inner).0;
        }
        let state = AtomicU64::new(State::Waiting(self.now()).to_number());
        let new = Arc::new(Open { stream: Arc::new(stream), state });
        open.push(Arc::clone(&new));
        Some(Place { connections: Arc::clone(self), open: new })
    }

    /// Closes the connection that is the first to give way, if there is one, and returns when a
    /// place is free, or after `patience`.
    pub(crate) fn make_room(&self, patience: Duration) {
        let open = self.lock();
        self.give_way(&open);
        // Woken for nothing, the caller finds out by itself.
        let _ = self.left.wait_timeout(open, patience);
    }

    /// Returns when every request has been answered, or after `patience`.
    pub(crate) fn finish(&self, patience: Duration) {
        self.finishing.store(true, Ordering::SeqCst);
        let is_busy = |open: &mut Vec<Arc<Open>>| {
            open.iter().any(|open| matches!(open.state(), State::Served | State::Sending(_)))
        };
        // What is not done by then is given up.
        let _ = self.left.wait_timeout_while(self.lock(), patience, is_busy);
    }

    /// Closes the connection that has longest been waiting for a request or for its client to read.
    fn give_way(&self, open: &[Arc<Open>]) {
        if open.iter().any(|open| open.state() == State::GivingWay) {
            // One place is about to be free already.
            return;
        }
        let slow = self.now().saturating_sub(SLOW.as_micros() as u64);
        let candidates = open.iter().filter_map(|open| match open.state() {
            state @ State::Waiting(since) => Some((since, open, state)),
            state @ State::Sending(since) if since <= slow => Some((since, open, state)),
            State::Sending(_) | State::Served | State::GivingWay => None,
        });
        if let Some((_, open, state)) = candidates.min_by_key(|(since, ..)| *since)
            // Unless its request has just come.
            && open.change(state, State::GivingWay)
        {
            // Fails only if the client has gone by itself, which is as good.
            let _ = open.stream.shutdown(Shutdown::Both);
        }
    }

    fn now(&self) -> u64 {
        // Enough for a hundred thousand years.
        self.epoch.elapsed().as_micros() as u64
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Open>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    pub(crate) fn stream(&self) -> Arc<TcpStream> {
        Arc::clone(&self.open.stream)
    }

    /// A request is complete and about to be answered. It is not, if that is false: the
    /// connection gives way, and who comes in its place must not wait for a scrape.
    pub(crate) fn serve(&self) -> bool {
        self.change(State::Served)
    }

    /// The response is made and about to be sent.
    pub(crate) fn send(&self) {
        self.change(State::Sending(self.connections.now()));
    }

    /// The response is out; the next request is waited for.
    pub(crate) fn wait(&self) {
        self.change(State::Waiting(self.connections.now()));
    }

    /// Whether the connection can be in another state; it cannot once it gives way. Only
    /// who has the connection calls this.
    fn change(&self, to: State) -> bool {
        let from = self.open.state();
        if from == State::GivingWay || !self.open.change(from, to) {
            return false;
        }
        // Not for every response: it takes the lock and a system call.
        if self.connections.finishing.load(Ordering::SeqCst) {
            let _open = self.connections.lock();
            self.connections.left.notify_all();
        }
        true
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.connections.lock();
        open.retain(|open| !Arc::ptr_eq(open, &self.open));
        self.connections.left.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::net::TcpListener;

    use super::*;

    /// Both ends of a connection.
    fn connection(listener: &TcpListener) -> (TcpStream, TcpStream) {
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        (client, listener.accept().unwrap().0)
    }

    /// Leaves as a connection's thread does: when its stream ends.
    fn leave_at_end(place: Place) -> std::thread::JoinHandle<()> {
        let thread = std::thread::Builder::new();
        thread
            .spawn(move || {
                let stream = place.stream();
                assert_eq!((&*stream).read(&mut [0]).unwrap(), 0);
            })
            .unwrap()
    }

    #[test]
    fn the_longest_waiting_connection_gives_way() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let connections = Connections::new(2);
        let (_first_client, first) = connection(&listener);
        let (mut second_client, second) = connection(&listener);
        let (_third_client, third) = connection(&listener);
        let first = connections.admit(first).unwrap();
        let second = connections.admit(second).unwrap();
        first.serve();
        let second = leave_at_end(second);
        let _third = connections.admit(third).expect("the second gives way");
        second.join().unwrap();
        assert_eq!(second_client.read(&mut [0]).unwrap(), 0);
        assert_eq!(connections.lock().len(), 2);
    }

    #[test]
    fn a_request_that_comes_when_its_connection_gives_way_is_not_answered() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let connections = Connections::new(2);
        let (_first_client, first) = connection(&listener);
        let first = connections.admit(first).unwrap();
        assert!(first.serve());
        first.wait();
        connections.make_room(Duration::ZERO);
        assert!(!first.serve(), "who comes instead would wait for that scrape");
    }

    #[test]
    fn finishing_waits_for_responses_and_for_nobody_else() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let connections = Connections::new(2);
        let (_idle_client, idle) = connection(&listener);
        let (_busy_client, busy) = connection(&listener);
        let _idle = connections.admit(idle).unwrap();
        let busy = connections.admit(busy).unwrap();
        busy.serve();
        let begun = Instant::now();
        connections.finish(Duration::from_millis(20));
        assert!(begun.elapsed() >= Duration::from_millis(20), "given up after that time only");
        busy.wait();
        // Would take an hour if it did not return at once.
        connections.finish(Duration::from_secs(3600));
    }

    #[test]
    fn nobody_who_is_served_gives_way() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let connections = Connections::new(1);
        let (_first_client, first) = connection(&listener);
        let (_second_client, second) = connection(&listener);
        let first = connections.admit(first).unwrap();
        first.serve();
        assert!(connections.admit(second).is_none());
        drop(first);
        let (_third_client, third) = connection(&listener);
        assert!(connections.admit(third).is_some());
    }
}
