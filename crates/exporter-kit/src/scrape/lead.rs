//! What the thread of a client does: it runs the collectors, or waits for the thread that does.

use std::sync::{Arc, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use super::run::{Found, Leader, Run};
use super::{Answer, Ask, Client, Scraped, Shared, State};
use crate::collector::run::{Outcome, collect, report};

/// Longer than making a page takes.
const AMPLE: Duration = Duration::from_secs(60);

impl<C: Client> Shared<C> {
    /// See [`Scraper::scrape`](super::Scraper::scrape).
    pub(super) fn scrape(
        self: &Arc<Self>,
        ask: &Ask,
        deadline: Instant,
        mut client: Box<C>,
    ) -> Scraped<C> {
        let mut state = self.lock();
        let answer = state.join(ask, deadline);
        let mut has_news = false;
        loop {
            if let Some(page) = answer.page.get() {
                let has_news = has_news && state.waiting > 0;
                // Whoever is woken under the lock only goes to sleep again.
                drop(state);
                if has_news {
                    self.news.notify_all();
                }
                return Scraped::Page(Arc::clone(page), client);
            }
            let Some(run) = state.run(answer.run) else {
                debug_assert!(false, "a run that is over has a page");
                return Scraped::Elsewhere;
            };
            let is_finishing = run.is_finishing;
            if run.unfinished == 0 && !is_finishing {
                state = self.finish(state, answer.run);
                has_news = true;
                continue;
            }
            if !is_finishing && run.leader.is_none() && state.can_work(answer.run) {
                match self.lead(state, answer.run, client, deadline) {
                    Some(back) => (state, client) = back,
                    None => return Scraped::Elsewhere,
                }
                continue;
            }
            let now = Instant::now();
            if now >= deadline && !is_finishing {
                if state.run(answer.run).is_some_and(|run| run.deadline > now) {
                    // Somebody with more time waits on for the rest.
                    return match self.partial(&mut state, answer.run) {
                        Some(page) => Scraped::Page(page, client),
                        None => Scraped::Elsewhere,
                    };
                }
                state = self.finish(state, answer.run);
                has_news = true;
                continue;
            }
            if !client.may_wait() {
                self.watch_over(&mut state, deadline);
                return Scraped::Busy(client);
            }
            state.waiting += 1;
            // The page that is being made takes no time to speak of.
            let time = if is_finishing { AMPLE } else { deadline - now };
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
        state.run(number)?.leader =
            Some(Leader { number: leader, client, deadline, since: Instant::now() });
        state = self.work(state, number);
        let run = state.run(number)?;
        if let Some(leader) = run.leader.take_if(|current| current.number == leader) {
            return Some((state, leader.client));
        }
        if run.unfinished == 0 {
            // This thread's client has gone, and others wait.
            state = self.finish(state, number);
            self.tell(&state);
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
            let (def, mut failing) = (slot.def, slot.failing);
            let mut samples = std::mem::take(&mut slot.spare);
            let Some(mut collector) = slot.collector.take() else { continue };
            drop(state);

            samples.clear();
            let result = collect(&def, collector.as_mut(), &mut samples);
            let duration = started.elapsed();
            report(def.name, &result, &mut failing);

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
            let mut runs = runs.iter_mut().filter(|run| !run.is_finishing);
            let Some(run) = runs.find(|run| run.number == number) else {
                // Too late: that run is finished without it.
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
