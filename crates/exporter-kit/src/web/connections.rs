//! Who is connected. Keeps the number of connections, and so of threads, within bounds: when all
//! places are taken, the connection that has waited longest without a complete request gives way.

use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long a new connection may wait for the thread of one that has given way.
const HANDOVER: Duration = Duration::from_millis(500);

/// The open connections, at most `limit`.
#[derive(Debug)]
pub(crate) struct Connections {
    limit: usize,
    open: Mutex<Vec<Open>>,
    /// A connection has left or, once the process is about to end, has been answered.
    left: Condvar,
    finishing: AtomicBool,
}

#[derive(Debug)]
struct Open {
    stream: Arc<TcpStream>,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// No complete request since then.
    Waiting(Instant),
    /// A request is being answered.
    Served,
    /// Shut down to make room; its thread is about to leave.
    GivingWay,
}

/// A place among the connections; given back when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    connections: Arc<Connections>,
    stream: Arc<TcpStream>,
}

impl Connections {
    pub(crate) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self {
            limit,
            open: Mutex::default(),
            left: Condvar::new(),
            finishing: AtomicBool::new(false),
        })
    }

    /// Takes a place for `stream`; `None` if every connection is being served.
    pub(crate) fn admit(self: &Arc<Self>, stream: TcpStream) -> Option<Place> {
        let mut open = self.lock();
        if open.len() >= self.limit {
            let still_full = |open: &mut Vec<Open>| {
                let full = open.len() >= self.limit;
                if full {
                    give_way(open);
                }
                full
            };
            let (after, waited) = self
                .left
                .wait_timeout_while(open, HANDOVER, still_full)
                .unwrap_or_else(PoisonError::into_inner);
            if waited.timed_out() {
                return None;
            }
            open = after;
        }
        let stream = Arc::new(stream);
        open.push(Open { stream: Arc::clone(&stream), state: State::Waiting(Instant::now()) });
        Some(Place { connections: Arc::clone(self), stream })
    }

    /// Closes the connection that has waited longest, if one waits.
    pub(crate) fn make_room(&self) {
        give_way(&mut self.lock());
    }

    /// Returns when every request has been answered, or after `patience`.
    pub(crate) fn finish(&self, patience: Duration) {
        self.finishing.store(true, Ordering::Relaxed);
        let is_busy = |open: &mut Vec<Open>| open.iter().any(|open| open.state == State::Served);
        // What is not done by then is given up.
        let _ = self.left.wait_timeout_while(self.lock(), patience, is_busy);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn give_way(open: &mut [Open]) {
    if open.iter().any(|open| open.state == State::GivingWay) {
        // One place is about to be free already.
        return;
    }
    let longest = open.iter_mut().filter_map(|open| match open.state {
        State::Waiting(since) => Some((since, open)),
        State::Served | State::GivingWay => None,
    });
    if let Some((_, open)) = longest.min_by_key(|(since, _)| *since) {
        open.state = State::GivingWay;
        // Fails only if the client has gone by itself, which is as good.
        let _ = open.stream.shutdown(Shutdown::Both);
    }
}

impl Place {
    pub(crate) fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// A request is complete and about to be answered.
    pub(crate) fn serve(&self) {
        self.change(State::Served);
    }

    /// The response is out; the next request is waited for.
    pub(crate) fn wait(&self) {
        self.change(State::Waiting(Instant::now()));
    }

    fn change(&self, state: State) {
        let mut open = self.connections.lock();
        if let Some(own) = open.iter_mut().find(|open| Arc::ptr_eq(&open.stream, &self.stream))
            && own.state != State::GivingWay
        {
            own.state = state;
            // Not for every response: it is a system call.
            if self.connections.finishing.load(Ordering::Relaxed) {
                self.connections.left.notify_all();
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.connections.lock();
        open.retain(|open| !Arc::ptr_eq(&open.stream, &self.stream));
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
                let mut stream = place.stream();
                assert_eq!(stream.read(&mut [0]).unwrap(), 0);
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
