//! Waits until somebody asks the process to end: SIGTERM or SIGINT, Ctrl-C or a closed console.
//! Process 1 of a container gets no help from the kernel here: without a handler it would not
//! even notice SIGTERM.

#[cfg(unix)]
pub(crate) use unix::Shutdown;
#[cfg(windows)]
pub(crate) use windows::Shutdown;

#[cfg(unix)]
mod unix {
    use std::io;

    use signal_hook::consts::{SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;

    /// The request to end.
    pub(crate) struct Shutdown(Signals);

    impl Shutdown {
        /// Catches the signals from now on.
        pub(crate) fn new() -> io::Result<Self> {
            Signals::new([SIGTERM, SIGINT]).map(Self)
        }

        /// Returns when the request comes.
        pub(crate) fn wait(mut self) {
            self.0.forever().next();
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

    use windows_sys::Win32::System::Console::SetConsoleCtrlHandler;
    use windows_sys::core::BOOL;

    static REQUESTED: OnceLock<SyncSender<()>> = OnceLock::new();

    /// Windows ends the process when the handler of a closed console returns.
    const LAST_WORDS: Duration = Duration::from_secs(2);

    /// The request to end.
    pub(crate) struct Shutdown(Mutex<Receiver<()>>);

    impl Shutdown {
        /// Catches the console's events from now on.
        pub(crate) fn new() -> io::Result<Self> {
            let (sender, receiver) = sync_channel(1);
            if REQUESTED.set(sender).is_err() {
                return Err(io::Error::other("it is waited for already"));
            }
            // SAFETY: `handle` has the signature that is asked for and lives as long as the process.
            if unsafe { SetConsoleCtrlHandler(Some(handle), 1) } == 0 {
                return Err(io::Error::last_os_error());
            }
            Ok(Self(Mutex::new(receiver)))
        }

        /// Returns when the request comes.
        pub(crate) fn wait(self) {
            let receiver = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            // The sender is never dropped.
            let _ = receiver.recv();
        }
    }

    /// Runs on a thread of its own that Windows makes.
    unsafe extern "system" fn handle(_event: u32) -> BOOL {
        if let Some(requested) = REQUESTED.get() {
            // Full means that the request is on its way already.
            let _ = requested.try_send(());
        }
        // Meanwhile main sees to it that what is being answered gets answered, and returns.
        thread::sleep(LAST_WORDS);
        1
    }
}
