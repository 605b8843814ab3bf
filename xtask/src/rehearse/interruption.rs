//! What a rehearsal started does not outlive it, not even where somebody ends it half-way.

use std::path::Path;

use anyhow::Result;

/// On SIGINT and SIGTERM ends what runs out of `scratch`, removes that folder, and lets the signal
/// do what it does.
#[cfg(unix)]
pub(super) fn clear_up(scratch: &Path) -> Result<()> {
    use std::{fs, thread};

    use anyhow::Context;
    use signal_hook::consts::{SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;
    use signal_hook::low_level::emulate_default_handler;

    use super::processes::{kill, running_in};

    let scratch = scratch.canonicalize().context("find the scratch folder")?;
    let mut signals = Signals::new([SIGINT, SIGTERM]).context("wait for signals")?;
    let wait = move || {
        for signal in signals.forever() {
            for pid in running_in(&scratch) {
                // Best effort: it may have ended by itself.
                let _ = kill(pid);
            }
            let _ = fs::remove_dir_all(&scratch);
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
