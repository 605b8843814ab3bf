//! Looks after scrapes whose thread is in a collector. It sleeps while there is none.

use std::io;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::run::{Leader, Run};
use super::{Client, Shared, State};
use crate::collector::run::COLLECTOR_STACK_BYTES;

/// How long the collectors behind a slow one wait before another thread takes them.
pub(super) const PATIENCE: Duration = Duration::from_millis(50);

/// How long a thread is in a collector before that holds up what else it has to do.
const HELD_UP: Duration = Duration::from_millis(10);

/// Waiting and waking take little stack.
const WATCH_STACK_BYTES: usize = 64 * 1024;

impl<C> Leader<C> {
    fn is_held_up(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.since) >= HELD_UP
    }
}

impl<C: Client> Shared<C> {
    pub(super) fn start_watch(self: &Arc<Self>) -> io::Result<()> {
        let shared = Arc::clone(self);
        let thread = thread::Builder::new().name("watch".into()).stack_size(WATCH_STACK_BYTES);
        thread.spawn(move || shared.watch()).map(drop)
    }

    /// Sees to it that somebody looks after a client until its deadline.
    pub(super) fn watch_over(&self, state: &mut State<C>, deadline: Instant) {
        if state.next_look.is_none_or(|look| deadline < look) {
            state.next_look = Some(deadline.min(Instant::now() + HELD_UP));
            self.watch.notify_one();
        }
    }

    fn watch(self: &Arc<Self>) {
        let mut state = self.lock();
        loop {
            let now = Instant::now();
            match state.next_look {
                None => state = self.watch.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(look) if now < look => {
                    let wait = self.watch.wait_timeout(state, look - now);
                    state = wait.unwrap_or_else(PoisonError::into_inner).0;
                }
                Some(_) => {
                    state = self.look(state, now);
                    let in_flight = state.runs.iter().filter(|run| !run.is_finishing);
                    let deadlines = in_flight.map(|run| match &run.leader {
                        Some(leader) if leader.is_held_up(now) => {
                            leader.deadline.min(now + PATIENCE)
                        }
                        Some(leader) => leader.deadline.min(leader.since + HELD_UP),
                        None => run.deadline + PATIENCE,
                    });
                    state.next_look = deadlines.min();
                }
            }
        }
    }

    /// Answers the clients whose time is up, and sends helpers where collectors wait.
    fn look<'a>(
        self: &'a Arc<Self>,
        mut state: MutexGuard<'a, State<C>>,
        now: Instant,
    ) -> MutexGuard<'a, State<C>> {
        let is_due = |leader: &Leader<C>| leader.deadline <= now;
        let late = |state: &State<C>| {
            let mut runs = state.runs.iter().filter(|run| !run.is_finishing);
            let run = runs.find(|run| run.leader.as_ref().is_some_and(is_due));
            run.map(|run| run.number)
        };
        while let Some(number) = late(&state) {
            if state.run(number).is_some_and(|run| run.deadline > now) {
                // Somebody with more time waits on for the rest.
                let leader = state.run(number).and_then(|run| run.leader.take());
                let page = self.partial(&mut state, number);
                if let Some((leader, page)) = leader.zip(page) {
                    leader.client.resume(page);
                }
                // Nobody sees to what is left now, unless it is one of those who wait.
                self.tell(&state);
            } else {
                state = self.finish(state, number);
                self.tell(&state);
            }
        }
        for leader in state.runs.iter().filter_map(|run| run.leader.as_ref()) {
            if leader.is_held_up(now) {
                leader.client.held_up();
            }
        }
        // Those who wait for a run end it themselves; it may be that nobody does.
        let is_left = |run: &&Run<C>| {
            run.leader.is_none() && !run.is_finishing && run.deadline + PATIENCE <= now
        };
        while let Some(number) = state.runs.iter().find(is_left).map(|run| run.number) {
            state = self.finish(state, number);
            self.tell(&state);
        }
        if now.saturating_duration_since(state.last_taken) >= PATIENCE {
            let stalled = state.runs.iter().find(|run| run.next(&state.slots).is_some());
            if let Some(number) = stalled.map(|run| run.number) {
                state.last_taken = now;
                self.send_helper(number);
            }
        }
        state
    }

    /// Starts a thread that takes what a run has left to do.
    fn send_helper(self: &Arc<Self>, number: u64) {
        let shared = Arc::clone(self);
        let helper = thread::Builder::new().name("helper".into()).stack_size(COLLECTOR_STACK_BYTES);
        let helper = helper.spawn(move || {
            let state = shared.lock();
            let mut state = shared.work(state, number);
            if state.run(number).is_some_and(|run| run.unfinished == 0) {
                state = shared.finish(state, number);
                shared.tell(&state);
            }
        });
        if let Err(error) = helper {
            // It is tried again after a while; at worst the collectors of this run are late.
            log::error!("cannot start a thread for the collectors behind a slow one: {error}");
        }
    }
}
