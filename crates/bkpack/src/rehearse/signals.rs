//! Cleans up on SIGHUP, SIGINT and SIGTERM, so that no process outlives an interrupted rehearsal or draft.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use anyhow::Result;

use crate::texts::programs;

/// Set once a signal has arrived.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Returns unless the program was interrupted; then parks the thread while the signal thread
/// cleans up.
pub(crate) fn park_if_interrupted() {
    while INTERRUPTED.load(Ordering::SeqCst) {
        thread::park();
    }
}

/// On SIGHUP, SIGINT and SIGTERM, kills the processes that run from `scratch`, removes that folder, and
/// applies the default action of the signal.
#[cfg(unix)]
pub(crate) fn clean_up_on_signal(scratch: &Path) -> Result<()> {
    use std::fs;
    use std::time::Duration;

    use anyhow::Context;
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;
    use signal_hook::low_level::emulate_default_handler;

    use super::processes::{kill, running_in, wait_until};

    const GRACE: Duration = Duration::from_secs(5);

    let scratch = scratch.canonicalize().with_context(programs::no_scratch_folder)?;
    let mut signals =
        Signals::new([SIGHUP, SIGINT, SIGTERM]).context("cannot install signal handlers")?;
    let wait = move || {
        for signal in signals.forever() {
            INTERRUPTED.store(true, Ordering::SeqCst);
            // The current step may start processes and write files until it is parked.
            wait_until(GRACE, || {
                for pid in running_in(&scratch) {
                    // Best effort: it may have exited.
                    let _ = kill(pid);
                }
                let _ = fs::remove_dir_all(&scratch);
                !scratch.exists()
            });
            eprintln!("{}", programs::interrupted());
            let _ = emulate_default_handler(signal);
        }
    };
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(wait)
        .context("cannot start a thread")?;
    Ok(())
}

#[cfg(not(unix))]
pub(crate) fn clean_up_on_signal(_: &Path) -> Result<()> {
    Ok(())
}
