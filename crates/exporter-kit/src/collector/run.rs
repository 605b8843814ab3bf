//! One run of one collector, and its outcome.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use crate::collector::{CollectError, Collector, CollectorDef};
use crate::samples::{Discarded, Samples};

/// Stack size of threads that run collectors, whose call stacks may be deep. Unused stack takes no
/// memory.
pub(crate) const COLLECTOR_STACK_BYTES: usize = 1024 * 1024;

thread_local! {
    static COLLECTING: Cell<bool> = const { Cell::new(false) };
}

/// The outcome of one run of a collector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) success: bool,
    pub(crate) timeout: bool,
    pub(crate) duration: Duration,
}

/// Whether this thread is running a collector, whose panics the scrape reports.
pub(crate) fn is_collecting() -> bool {
    COLLECTING.get()
}

/// Runs one collector. After an error no samples remain, unless the collector kept them.
pub(crate) fn collect(
    def: &CollectorDef,
    collector: &mut dyn Collector,
    samples: &mut Samples,
) -> Result<(), String> {
    let outcome = catch(|| collector.collect(samples));
    let is_partial = matches!(outcome, Ok(Err(CollectError::Partial(_))));
    let result = match outcome {
        Ok(Ok(()) | Err(CollectError::NoData | CollectError::Unsupported)) => Ok(()),
        Ok(Err(CollectError::Failed(error) | CollectError::Partial(error))) => {
            Err(format!("failed: {error}"))
        }
        Err(panic) => Err(format!("panicked: {panic}")),
    };
    samples.sort_and_dedup();
    // A violation is a bug in the collector; debug builds and tests report it.
    let violation = match cfg!(debug_assertions) && (result.is_ok() || is_partial) {
        true => samples.check(def).err().map(|error| format!("failed: {error}")),
        false => None,
    };
    if violation.is_some() || (result.is_err() && !is_partial) {
        samples.clear();
    }
    violation.map_or(result, Err)
}

/// Calls code of a collector. After a panic, returns its message, which is not printed.
pub(crate) fn catch<T>(call: impl FnOnce() -> T) -> Result<T, String> {
    COLLECTING.set(true);
    let result = catch_unwind(AssertUnwindSafe(call));
    COLLECTING.set(false);
    result.map_err(|panic| panic_message(panic.as_ref()).to_owned())
}

/// How many reasons of one failure are logged. Some have numbers that are never the same.
const MAX_REASONS: usize = 8;

/// Why a collector has failed since it last worked. Each reason is logged once: a lasting fault must
/// not fill the log, and advice must fit what is wrong now.
#[derive(Debug, Default)]
pub(crate) struct Failures {
    reasons: Vec<String>,
}

/// What a result changes, which is what is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    None,
    /// The collector fails, or for another reason than before.
    Failed,
    Recovered,
}

impl Failures {
    /// The reason of a run that is not over when its page is due.
    pub(crate) const LATE: &str = "late";

    pub(crate) fn update(&mut self, result: &Result<(), String>) -> Change {
        match result {
            Ok(()) => {
                // A late run that succeeds after all was never reported as failed.
                let has_failed = self.reasons.iter().any(|reason| reason != Self::LATE);
                self.reasons.clear();
                if has_failed { Change::Recovered } else { Change::None }
            }
            Err(reason) if self.add(reason) => Change::Failed,
            Err(_) => Change::None,
        }
    }

    /// Adds a reason, and returns whether it is to be logged.
    pub(crate) fn add(&mut self, reason: &str) -> bool {
        let is_known = self.reasons.iter().any(|known| known == reason);
        let is_new = !is_known && self.reasons.len() < MAX_REASONS;
        if is_new {
            self.reasons.push(reason.to_owned());
        }
        is_new
    }
}

/// Logs what has changed.
pub(crate) fn report(name: &str, result: &Result<(), String>, change: Change) {
    match (change, result) {
        (Change::Failed, Err(error)) => log::warn!("collector {name}: {error}"),
        (Change::Recovered, _) => log::info!("collector {name}: works again"),
        _ => {}
    }
}

/// Logs what a collector warned about, if the limit allows it.
pub(crate) fn report_notes(name: &str, lines: &[String]) {
    lines.iter().for_each(|line| log::warn!("collector {name}: {line}"));
}

/// Logs that samples of a collector are discarded.
pub(crate) fn report_discarded(name: &str, discarded: Discarded) {
    log::warn!("collector {name}: samples are left out of the page: {discarded}");
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let message = panic.downcast_ref::<&str>().copied();
    message.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_is_logged_once() {
        let mut failures = Failures::default();
        let failed = |reason: &str| Err(reason.to_owned());
        for (result, change) in [
            (Ok(()), Change::None),
            (failed("a"), Change::Failed),
            (failed("a"), Change::None),
            (failed("b"), Change::Failed),
            (failed("a"), Change::None),
            (Ok(()), Change::Recovered),
            (Ok(()), Change::None),
            (failed("a"), Change::Failed),
            (Ok(()), Change::Recovered),
        ] {
            assert_eq!(failures.update(&result), change, "{result:?}");
        }
        assert!(failures.add(Failures::LATE) && !failures.add(Failures::LATE));
        assert_eq!(failures.update(&Ok(())), Change::None);
        let logged = (0..100).filter(|number| failures.add(&number.to_string())).count();
        assert_eq!(logged, MAX_REASONS);
    }
}
