//! Waits for a shutdown request: SIGTERM or SIGINT, Ctrl-C or a closed console. The kernel has no
//! default action for process 1 of a container: without a handler, SIGTERM would be ignored.
//! SIGHUP, whose default action kills, asks for the settings to be read again.

#[cfg(unix)]
pub(crate) use unix::Shutdown;
#[cfg(windows)]
pub(crate) use windows::Shutdown;

#[cfg(unix)]
mod unix {
    use std::io;

    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;

    /// The shutdown request.
    pub(crate) struct Shutdown(Signals);

    impl Shutdown {
        /// Starts to catch the signals.
        pub(crate) fn new() -> io::Result<Self> {
            Signals::new([SIGTERM, SIGINT, SIGHUP]).map(Self)
        }

        /// Blocks until the request arrives, and returns its name. Calls `reload` at each SIGHUP.
        pub(crate) fn wait(mut self, reload: impl Fn()) -> &'static str {
            for signal in self.0.forever() {
                match signal {
                    SIGHUP => reload(),
                    SIGINT => return "SIGINT",
                    _ => break,
                }
            }
            "SIGTERM"
        }
    }
}

#[cfg(windows)]
#[allow(unsafe_code, reason = "std has no wrapper for the console's events")]
mod windows {
    use std::io;
    use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
    use std::sync::{Mutex, OnceLock, PoisonError};
    use std::thread;
    use std::time::Duration;

    use windows_sys::Win32::System::Console::{
        CTRL_BREAK_EVENT, CTRL_C_EVENT, CTRL_CLOSE_EVENT, CTRL_LOGOFF_EVENT, CTRL_SHUTDOWN_EVENT,
        SetConsoleCtrlHandler,
    };
    use windows_sys::core::BOOL;

    static REQUESTED: OnceLock<SyncSender<u32>> = OnceLock::new();

    /// Windows terminates the process when the handler of a closed console returns.
    const LAST_WORDS: Duration = Duration::from_secs(2);

    /// The shutdown request.
    pub(crate) struct Shutdown(Mutex<Receiver<u32>>);

    impl Shutdown {
        /// Starts to catch the console events.
        pub(crate) fn new() -> io::Result<Self> {
            let (sender, receiver) = sync_channel(1);
            if REQUESTED.set(sender).is_err() {
                return Err(io::Error::other("the shutdown handler is already installed"));
            }
            // SAFETY: `handle` has the required signature and is never unloaded.
            if unsafe { SetConsoleCtrlHandler(Some(handle), 1) } == 0 {
                return Err(io::Error::last_os_error());
            }
            Ok(Self(Mutex::new(receiver)))
        }

        /// Blocks until the request arrives, and returns its name. Windows has no request to read
        /// the settings again.
        pub(crate) fn wait(self, _reload: impl Fn()) -> &'static str {
            let receiver = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            match receiver.recv() {
                Ok(CTRL_C_EVENT) => "Ctrl-C",
                Ok(CTRL_BREAK_EVENT) => "Ctrl-Break",
                Ok(CTRL_CLOSE_EVENT) => "a closed console",
                Ok(CTRL_LOGOFF_EVENT) => "the end of the session",
                Ok(CTRL_SHUTDOWN_EVENT) => "the shutdown of Windows",
                // The sender is never dropped.
                _ => "an event of its console",
            }
        }
    }

    /// Runs on a separate thread that Windows creates.
    unsafe extern "system" fn handle(event: u32) -> BOOL {
        if let Some(requested) = REQUESTED.get() {
            // A full channel already holds the request.
            let _ = requested.try_send(event);
        }
        // Meanwhile the main thread finishes the responses in flight and exits.
        thread::sleep(LAST_WORDS);
        1
    }
}
