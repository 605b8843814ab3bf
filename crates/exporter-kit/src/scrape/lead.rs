//! What the thread of a client does: it runs the collectors, or waits for the thread that does.

use std::sync::{Arc, MutexGuard, OnceLock, PoisonError};
use std::time::{Instant, SystemTime};

use super::run::{Found, Leader, Run};
use super::{Answer, Ask, Client, Page, Shared, State};
use crate::collection::{Outcome, collect, report};

impl<C: Client> Shared<C> {
    /// See [`Scraper::scrape`](super::Scraper::scrape).
    pub(super) fn scrape(
        self: &Arc<Self>,
        ask: &Ask,
        mut client: Box<C>,
    ) -> Option<(Arc<Page>, Box<C>)> {
        let deadline = Instant::now() + ask.timeout;
        let mut state = self.lock();
        let answer = state.join(ask, deadline);
        loop {
            if let Some(page) = answer.page.get() {
                return Some((Arc::clone(page), client));
            }
            let Some(run) = state.run(answer.run) else {
                debug_assert!(false, "a run that is over has a page");
                return None;
            };
            if run.unfinished == 0 {
                self.finish(&mut state, answer.run);
                continue;
            }
            if run.leader.is_none() && state.can_work(answer.run) {
                (state, client) = self.lead(state, answer.run, client, deadline)?;
                continue;
            }
            let now = Instant::now();
            if now >= deadline {
                let page = self.answer_late(&mut state, answer.run, now);
                return page.map(|page| (page, client));
            }
            state.waiting += 1;
            let time = deadline - now;
            state = self.news.wait_timeout(state, time).unwrap_or_else(PoisonError::into_inner).0;
            state.waiting -= 1;
        }
    }

    /// Runs what the run has for a thread to do. `None` where another thread has gone on with the
    /// client meanwhile.
    fn lead<'a>(
        self: &'a Arc<Self>,
        mut state: MutexGuard<'a, State<C>>,
        number: u64,
        client: Box<C>,
        deadline: Instant,
    ) -> Option<(MutexGuard<'a, State<C>>, Box<C>)> {
        self.watch_over(&mut state, deadline);
        state.led += 1;
        let leader = state.led;
        state.run(number)?.leader = Some(Leader { number: leader, client, deadline });
        state = self.work(state, number);
        let run = state.run(number)?;
        if let Some(leader) = run.leader.take_if(|current| current.number == leader) {
            return Some((state, leader.client));
        }
        if run.unfinished == 0 {
            // This thread's client has gone, and others wait.
            self.finish(&mut state, number);
        }
        None
    }

    /// Runs collectors of the run until there is none to take.
    pub(super) fn work<'a>(
        &'a self,
        mut state: MutexGuard<'a, State<C>>,
        number: u64,
    ) -> MutexGuard<'a, State<C>> {
        while let Some(index) = state.take_next(number) {
            let slot = &mut state.slots[index];
            let started = Instant::now();
            slot.started = started;
            let (name, mut failing) = (slot.name, slot.failing);
            let mut samples = std::mem::take(&mut slot.spare);
            let Some(mut collector) = slot.collector.take() else { continue };
            drop(state);

            samples.clear();
            let result = collect(collector.as_mut(), &mut samples);
            let duration = started.elapsed();
            report(name, &result, &mut failing);

            state = self.lock();
            // Another run may wait for this collector.
            if state.runs.iter().any(|run| run.number != number) {
                self.tell(&state);
            }
            let slot = &mut state.slots[index];
            slot.collector = Some(collector);
            slot.failing = failing;
            let success = result.is_ok();
            let State { slots, runs, .. } = &mut *state;
            let slot = &mut slots[index];
            let Some(run) = runs.iter_mut().find(|run| run.number == number) else {
                // Too late: that run was finished without it.
                slot.spare = samples;
                continue;
            };
            if success {
                slot.last_success = Some(SystemTime::now());
            } else {
                slot.errors += 1;
            }
            let outcome = Some(Outcome { success, timeout: false, duration });
            run.results[index] = Found { samples, outcome };
            run.unfinished -= 1;
        }
        state
    }

    /// The page of a run whose client has no more time, though others may have.
    pub(super) fn answer_late(
        &self,
        state: &mut State<C>,
        number: u64,
        now: Instant,
    ) -> Option<Arc<Page>> {
        if state.run(number)?.deadline > now {
            return self.partial(state, number);
        }
        self.finish(state, number)
    }

    /// Wakes those who wait for news.
    pub(super) fn tell(&self, state: &State<C>) {
        // It is a system call even if nobody waits.
        if state.waiting > 0 {
            self.news.notify_all();
        }
    }
}

impl<C> State<C> {
    pub(super) fn run(&mut self, number: u64) -> Option<&mut Run<C>> {
        self.runs.iter_mut().find(|run| run.number == number)
    }

    /// Takes part in a run of what `ask` is about, or begins one.
    fn join(&mut self, ask: &Ask, deadline: Instant) -> Arc<Answer> {
        if let Some(run) = self.runs.iter_mut().find(|run| run.serves(ask)) {
            run.deadline = run.deadline.max(deadline);
            return Arc::clone(&run.answer);
        }
        self.begun += 1;
        let answer = Arc::new(Answer { run: self.begun, page: OnceLock::new() });
        self.runs.push(Run::new(ask, deadline, Arc::clone(&answer), &self.slots));
        answer
    }

    /// Whether a thread would find something to do for the run.
    pub(super) fn can_work(&self, number: u64) -> bool {
        let run = self.runs.iter().find(|run| run.number == number);
        run.is_some_and(|run| run.next(&self.slots).is_some())
    }

    /// The next collector to run for the run.
    fn take_next(&mut self, number: u64) -> Option<usize> {
        let Self { runs, slots, .. } = self;
        let run = runs.iter_mut().find(|run| run.number == number)?;
        let at = run.next(slots)?;
        self.last_taken = Instant::now();
        run.queue.remove(at)
    }
}
