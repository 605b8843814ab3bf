//! What a rehearsal started does not outlive it, not even where somebody ends it half-way.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use anyhow::Result;

/// Somebody has ended the rehearsal.
static IS_OVER: AtomicBool = AtomicBool::new(false);

/// Comes back unless somebody has ended the rehearsal; then what is left to do is done elsewhere.
pub(super) fn go_on() {
    while IS_OVER.load(Ordering::SeqCst) {
        thread::park();
    }
}

/// On SIGINT and SIGTERM ends what runs out of `scratch`, removes that folder, and lets the signal
/// do what it does.
#[cfg(unix)]
pub(super) fn clear_up(scratch: &Path) -> Result<()> {
    use std::fs;
    use std::time::Duration;

    use anyhow::Context;
    use signal_hook::consts::{SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;
    use signal_hook::low_level::emulate_default_handler;

    use super::processes::{kill, running_in, wait_until};

    const GRACE: Duration = Duration::from_secs(5);

    let scratch = scratch.canonicalize().context("find the scratch folder")?;
    let mut signals = Signals::new([SIGINT, SIGTERM]).context("wait for signals")?;
    let wait = move || {
        for signal in signals.forever() {
            IS_OVER.store(true, Ordering::SeqCst);
            // The step that runs may start something and write a file until it finds out.
            wait_until(GRACE, || {
                for pid in running_in(&scratch) {
                    // Best effort: it may have ended by itself.
                    let _ = kill(pid);
                }
                let _ = fs::remove_dir_all(&scratch);
                !scratch.exists()
            });
            let _ = emulate_default_handler(signal);
        }
    };
    thread::Builder::new().name("signals".to_owned()).spawn(wait).context("start a thread")?;
    Ok(())
}

#[cfg(not(unix))]
pub(super) fn clear_up(_: &Path) -> Result<()> {
    Ok(())
}
