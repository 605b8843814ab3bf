//! One scrape: every chosen collector is asked, with a deadline.
//!
//! The thread of the client that asks runs the collectors itself, since waking another thread costs
//! more than most collectors do. It may get stuck in one of them, so its client is left where
//! another thread finds it: [`watch`] answers the client when its time is up and goes on with it,
//! and sends a helper for the collectors that wait behind a slow one. A collector that is late is
//! not asked again until it has answered, so no more threads are stuck than there are collectors.
//!
//! Overlapping scrapes of the same share one run; others run side by side, so that none waits for
//! what it has not asked for.

mod lead;
mod page;
mod run;
mod watch;

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use self::page::Press;
use self::run::Run;
use crate::collector::background::Background;
use crate::collector::run::{COLLECTOR_STACK_BYTES, Outcome, report_dropped};
use crate::collector::{Collector, CollectorDef, ScheduledCollector};
use crate::exposition::Format;
use crate::samples::{Dropped, Samples};
use crate::self_metrics::{Build, Handler, SelfMetrics};

pub(crate) use self::page::Page;

/// Owns the collectors and answers scrapes of clients.
pub(crate) struct Scraper<C> {
    shared: Arc<Shared<C>>,
    /// Of the collectors, in the order of their indices.
    names: Box<[&'static str]>,
    /// Not yet started.
    in_background: Mutex<Vec<Waiting>>,
}

/// Who asks for a page.
pub(crate) trait Client: Send + 'static {
    /// Goes on with the page on a thread of its own: the one that has asked is stuck.
    fn resume(self: Box<Self>, page: Arc<Page>);

    /// Its thread has been in a collector for a while. Others may want it for something else.
    fn held_up(&self) {}

    /// Whether its thread may wait for what another thread does with collectors.
    fn may_wait(&self) -> bool {
        true
    }
}

/// What has become of a client who asked for a page.
pub(crate) enum Scraped<C> {
    Page(Arc<Page>, Box<C>),
    /// Another thread goes on with the client.
    Elsewhere,
    /// It would have to wait for other threads, and did not want to.
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "for the lobby"))]
    Busy(Box<C>),
}

/// A collector that is going to run in the background, and where its samples go.
type Waiting = (Arc<Background>, Box<dyn Collector>);

/// What a scrape asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ask {
    /// The page is due after this time, with what is there by then.
    pub(crate) timeout: Duration,
    pub(crate) selection: Selection,
    pub(crate) format: Format,
}

/// Which collectors a scrape is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Selection {
    All,
    /// By their index, ascending.
    Some(Vec<usize>),
}

impl Selection {
    fn has(&self, index: usize) -> bool {
        match self {
            Self::All => true,
            Self::Some(indices) => indices.contains(&index),
        }
    }
}

/// Where the page of a run appears, for all who share the run.
#[derive(Debug)]
struct Answer {
    run: u64,
    page: OnceLock<Arc<Page>>,
}

struct Shared<C> {
    metrics: SelfMetrics,
    build: Build,
    state: Mutex<State<C>>,
    /// Never held while the state is waited for.
    press: Mutex<Press>,
    /// A run is finished, or a collector is free that another run waits for.
    news: Condvar,
    /// There is a client to watch over.
    watch: Condvar,
}

struct State<C> {
    slots: Vec<Slot>,
    /// Those in flight, the oldest first.
    runs: Vec<Run<C>>,
    /// How many there have been.
    begun: u64,
    /// How many leaders there have been.
    led: u64,
    /// When a thread has last taken a collector, or was sent for.
    last_taken: Instant,
    /// How many wait for news.
    waiting: usize,
    /// When the watch looks next; `None` while there is nobody to watch over.
    next_look: Option<Instant>,
}

/// A collector.
struct Slot {
    def: CollectorDef,
    /// `None` while a thread has it.
    collector: Option<Box<dyn Collector>>,
    /// Memory for its next samples.
    spare: Samples,
    /// When a thread has last taken it.
    started: Instant,
    last_success: Option<SystemTime>,
    failing: bool,
    errors: u64,
    /// Samples that were left out of pages.
    dropped: u64,
    /// Instead of all that, for a collector that runs in the background.
    background: Option<Arc<Background>>,
}

impl<C: Client> Scraper<C> {
    pub(crate) fn new(
        metrics: SelfMetrics,
        build: Build,
        collectors: Vec<(CollectorDef, ScheduledCollector)>,
    ) -> Self {
        let mut in_background = Vec::new();
        let names = collectors.iter().map(|(def, _)| def.name).collect();
        let slots = collectors.into_iter().map(|(def, scheduled)| {
            let ScheduledCollector { collector, interval } = scheduled;
            let background = interval.map(|interval| Arc::new(Background::new(def, interval)));
            let collector = match &background {
                Some(background) => {
                    in_background.push((Arc::clone(background), collector));
                    None
                }
                None => Some(collector),
            };
            Slot {
                def,
                collector,
                spare: Samples::default(),
                started: Instant::now(),
                last_success: None,
                failing: false,
                errors: 0,
                dropped: 0,
                background,
            }
        });
        let state = State {
            slots: slots.collect(),
            runs: Vec::new(),
            begun: 0,
            led: 0,
            last_taken: Instant::now(),
            waiting: 0,
            next_look: None,
        };
        let shared = Arc::new(Shared {
            metrics,
            build,
            state: Mutex::new(state),
            press: Mutex::default(),
            news: Condvar::new(),
            watch: Condvar::new(),
        });
        Self { shared, names, in_background: Mutex::new(in_background) }
    }

    /// Starts the watch over the scrapes, and the collectors that run in the background.
    ///
    /// # Errors
    ///
    /// The system refuses to start a thread.
    pub(crate) fn start(&self) -> io::Result<()> {
        self.shared.start_watch()?;
        let mut waiting = self.in_background.lock().unwrap_or_else(PoisonError::into_inner);
        for (background, mut collector) in waiting.drain(..) {
            let thread = thread::Builder::new().name("background".into());
            let thread = thread.stack_size(COLLECTOR_STACK_BYTES);
            thread.spawn(move || background.run(collector.as_mut()))?;
        }
        Ok(())
    }

    /// What counts the scrapes.
    pub(crate) fn handler(&self) -> &Handler {
        self.shared.metrics.handler()
    }

    /// The collectors' names, in the order of their indices.
    pub(crate) fn names(&self) -> &[&'static str] {
        &self.names
    }

    /// The page of a run in flight, if it is about the same and in the same format, or of a new
    /// one; at the deadline at the latest.
    pub(crate) fn scrape(&self, ask: &Ask, deadline: Instant, client: Box<C>) -> Scraped<C> {
        self.shared.scrape(ask, deadline, client)
    }
}

impl<C> Shared<C> {
    fn lock(&self) -> MutexGuard<'_, State<C>> {
        // Nothing panics while it holds the lock; if it did, the state would still be usable.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slot {
    fn count_dropped(&mut self, dropped: Dropped) {
        report_dropped(self.def.name, self.dropped, dropped);
        self.dropped += dropped.total();
    }

    /// The outcome of a collector that has not answered: it was not begun in time, or it was
    /// begun in this run or an earlier one and is not back yet.
    fn late(&self, now: Instant) -> Outcome {
        let waiting = self.collector.is_some();
        let duration =
            if waiting { Duration::ZERO } else { now.saturating_duration_since(self.started) };
        Outcome { success: false, timeout: true, duration }
    }
}

#[cfg(test)]
mod tests;
