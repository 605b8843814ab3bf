//! The way from workers back to the event loop.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mio::{Poll, Token, Waker};

use super::config::AuthResult;
use super::response::Outgoing;

/// The token of the wake-ups.
pub(super) const WAKER: Token = Token(usize::MAX);

/// Identifies a connection. `serial` distinguishes connections that used the same slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ConnectionId {
    pub(super) slot: usize,
    pub(super) serial: u64,
}

/// A result sent back by a worker.
pub(super) enum Completion {
    /// Responses with a page, which may have been sent in part or completely.
    Pages(Vec<(ConnectionId, Outgoing)>),
    Refreshed(ConnectionId),
    Authenticated(ConnectionId, AuthResult),
    #[cfg(feature = "tls")]
    HandshakeStep(ConnectionId, super::tls::Handshake, Result<(), rustls::Error>),
}

/// The queue through which workers and the shutdown request reach the loop.
pub(super) struct Completions {
    queue: Mutex<Queue>,
    waker: Waker,
}

#[derive(Default)]
pub(super) struct Queue {
    pub(super) completions: Vec<Completion>,
    /// The loop has been woken for `completions`.
    pub(super) is_woken: bool,
    /// Every completion must wake the loop.
    pub(super) is_awaited: bool,
    pub(super) is_stopping: bool,
}

impl Completions {
    /// # Errors
    ///
    /// Returns an error if the system cannot provide a descriptor.
    pub(super) fn new(poll: &Poll) -> io::Result<Arc<Self>> {
        let waker = Waker::new(poll.registry(), WAKER)?;
        Ok(Arc::new(Self { queue: Mutex::default(), waker }))
    }

    /// Queues a completion. If it `can_wait`, the loop is not woken, which would cost as much as
    /// sending a page; the loop handles the completion before its next event.
    pub(super) fn push(&self, completion: Completion, can_wait: bool) {
        let mut queue = self.lock();
        queue.completions.push(completion);
        let can_wait = can_wait && !queue.is_awaited && !queue.is_stopping;
        if can_wait || std::mem::replace(&mut queue.is_woken, true) {
            return;
        }
        drop(queue);
        self.wake();
    }

    /// Requests the loop to end once no client is waiting for a response.
    pub(super) fn stop(&self) {
        self.lock().is_stopping = true;
        self.wake();
    }

    /// Has the loop woken by whatever is pushed next, and by what was pushed without waking it.
    pub(super) fn await_next(&self) {
        let mut queue = self.lock();
        queue.is_awaited = true;
        // It was pushed after the loop last took completions.
        let is_missed =
            !queue.completions.is_empty() && !std::mem::replace(&mut queue.is_woken, true);
        drop(queue);
        if is_missed {
            self.wake();
        }
    }

    fn wake(&self) {
        if let Err(error) = self.waker.wake() {
            log::error!("cannot wake the event loop: {error}");
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use mio::Events;

    use super::*;

    /// Whether the loop would be woken now.
    fn is_woken(poll: &mut Poll) -> bool {
        let mut events = Events::with_capacity(4);
        poll.poll(&mut events, Some(Duration::ZERO)).unwrap();
        !events.is_empty()
    }

    fn take(completions: &Completions) -> usize {
        let mut queue = completions.lock();
        queue.is_woken = false;
        std::mem::take(&mut queue.completions).len()
    }

    #[test]
    fn completions_wake_the_loop_if_they_must() {
        let mut poll = Poll::new().unwrap();
        let completions = Completions::new(&poll).unwrap();
        let push = |can_wait| completions.push(Completion::Pages(Vec::new()), can_wait);
        push(true);
        assert!(!is_woken(&mut poll), "it can wait");
        push(false);
        assert!(is_woken(&mut poll));
        push(false);
        assert!(!is_woken(&mut poll), "once is enough");
        assert_eq!(take(&completions), 3);
        push(true);
        completions.await_next();
        assert!(is_woken(&mut poll), "the page came before the connection waited for it");
        assert_eq!(take(&completions), 1);
        push(true);
        assert!(is_woken(&mut poll), "a connection waits for it");
    }
}
