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
    COLLECTING.set(true);
    let outcome = catch_unwind(AssertUnwindSafe(|| collector.collect(samples)));
    COLLECTING.set(false);
    let is_partial = matches!(outcome, Ok(Err(CollectError::Partial(_))));
    let result = match outcome {
        Ok(Ok(()) | Err(CollectError::NoData | CollectError::Unsupported)) => Ok(()),
        Ok(Err(CollectError::Failed(error) | CollectError::Partial(error))) => {
            Err(format!("failed: {error}"))
        }
        Err(panic) => Err(format!("panicked: {}", panic_message(panic.as_ref()))),
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

/// Logs only changes between success and failure; a lasting fault must not fill the log.
pub(crate) fn report(name: &str, result: &Result<(), String>, failing: &mut bool) {
    match result {
        Err(error) if !*failing => log::warn!("collector {name} {error}"),
        Ok(()) if *failing => log::info!("collector {name} works again"),
        _ => {}
    }
    *failing = result.is_err();
}

/// Logs the first samples of a collector that are discarded.
pub(crate) fn report_discarded(name: &str, before: u64, discarded: Discarded) {
    if before == 0 && discarded.total() > 0 {
        log::warn!("collector {name}: samples are left out of the page: {discarded}");
    }
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let message = panic.downcast_ref::<&str>().copied();
    message.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}
