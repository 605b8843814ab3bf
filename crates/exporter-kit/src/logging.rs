//! The log: one line on stderr per event and silence otherwise, because BlueKing writes the output
//! of an exporter to one file and never rotates it.

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
        // A single write keeps the lines of several threads apart. A closed stderr cannot be
        // reported anywhere.
        let _ = std::io::stderr().write_all(line.as_bytes());
    }

    fn flush(&self) {}
}

/// Logs to stderr at `level` and above. A logger that the program has already set stays.
pub(crate) fn init(level: LevelFilter) {
    if log::set_logger(&Stderr).is_ok() {
        log::set_max_level(level);
    }
}
