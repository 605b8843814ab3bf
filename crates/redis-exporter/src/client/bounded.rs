//! Bounds what cannot be given a timeout: looking up a name while no name server answers, reading a
//! file of a network file system that is away.

use std::io::{self, ErrorKind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

/// Work on a thread of its own, of which there is never more than one.
pub(super) struct Bounded<T> {
    /// The work that the last scrape did not wait for.
    running: Option<Receiver<T>>,
}

impl<T> Default for Bounded<T> {
    fn default() -> Self {
        Self { running: None }
    }
}

impl<T: Send + 'static> Bounded<T> {
    /// Whether the last call has left work behind that goes on.
    pub(super) fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// Runs `work`, or waits again for that of an earlier call.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TimedOut`] at the deadline; otherwise the system cannot start a thread, or the
    /// work panicked.
    pub(super) fn run(
        &mut self,
        deadline: Instant,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<T> {
        let running = match self.running.take() {
            Some(running) => running,
            None => {
                let (sender, receiver) = sync_channel(1);
                let work = move || {
                    // No scrape may be waiting any more.
                    let _ = sender.send(work());
                };
                thread::Builder::new().name("bounded".into()).spawn(work)?;
                receiver
            }
        };
        match running.recv_timeout(left_until(deadline)?) {
            Ok(result) => Ok(result),
            Err(RecvTimeoutError::Timeout) => {
                self.running = Some(running);
                Err(ErrorKind::TimedOut.into())
            }
            Err(RecvTimeoutError::Disconnected) => Err(io::Error::other("a thread panicked")),
        }
    }
}

/// The time until a deadline, which is an error if it has passed.
pub(super) fn left_until(deadline: Instant) -> io::Result<Duration> {
    let left = deadline.saturating_duration_since(Instant::now());
    // A socket timeout of zero is an error, not an immediate timeout.
    if left.is_zero() { Err(ErrorKind::TimedOut.into()) } else { Ok(left) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_that_hangs_is_bounded_and_kept() {
        let (gate, is_open) = sync_channel::<()>(1);
        let mut bounded = Bounded::default();
        let soon = || Instant::now() + Duration::from_millis(20);
        let hung = bounded.run(soon(), move || is_open.recv().map(|()| "first"));
        assert_eq!(hung.unwrap_err().kind(), ErrorKind::TimedOut);
        let again = bounded.run(soon(), || Ok("second"));
        assert_eq!(again.unwrap_err().kind(), ErrorKind::TimedOut);
        // The work that hung ends at last, and no other was started.
        gate.send(()).unwrap();
        let later = Instant::now() + Duration::from_secs(20);
        assert_eq!(bounded.run(later, || Ok("third")).unwrap(), Ok("first"));
        assert_eq!(bounded.run(later, || Ok("fourth")).unwrap(), Ok("fourth"));
    }
}
