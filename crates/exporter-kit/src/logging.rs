//! The log: one line on stderr for each event, quiet as long as nothing happens, since BlueKing
//! keeps the output of an exporter in one file that it never rotates.

use std::io::Write as _;
use std::time::SystemTime;

use log::{LevelFilter, Log, Metadata, Record};

struct Stderr;

impl Log for Stderr {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= log::max_level()
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let now = humantime::format_rfc3339_millis(SystemTime::now());
        let level = record.level().as_str().to_ascii_lowercase();
        let line = format!("ts={now} level={level} msg={:?}\n", record.args().to_string());
        // One write for each line keeps the lines of several threads apart. There is nobody to
        // tell that stderr is closed.
        let _ = std::io::stderr().write_all(line.as_bytes());
    }

    fn flush(&self) {}
}

/// Sends the log to stderr from `level` on. A logger that the program has set itself stays.
pub(crate) fn init(level: LevelFilter) {
    if log::set_logger(&Stderr).is_ok() {
        log::set_max_level(level);
    }
}
