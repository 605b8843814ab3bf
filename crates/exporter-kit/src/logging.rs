//! The log: one line on stderr per event and silence otherwise, because BlueKing writes the output
//! of an exporter to one file and never rotates it.

use std::fmt;
use std::io::Write as _;
use std::time::SystemTime;

use log::{Level, LevelFilter, Log, Metadata, Record};

/// How a line of the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// `ts=… level=… msg="…"`.
    Logfmt,
    /// One JSON object.
    Json,
}

struct Stderr(LogFormat);

impl LogFormat {
    fn line(self, now: SystemTime, level: Level, message: fmt::Arguments<'_>) -> String {
        let now = humantime::format_rfc3339_millis(now);
        let level = level.as_str().to_ascii_lowercase();
        let message = message.to_string();
        match self {
            Self::Logfmt => format!("ts={now} level={level} msg={message:?}\n"),
            Self::Json => {
                let message = serde_json::Value::String(message);
                format!("{{\"ts\":\"{now}\",\"level\":\"{level}\",\"msg\":{message}}}\n")
            }
        }
    }

    const fn logger(self) -> &'static Stderr {
        match self {
            Self::Logfmt => &Stderr(Self::Logfmt),
            Self::Json => &Stderr(Self::Json),
        }
    }
}

impl Log for Stderr {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= log::max_level()
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let line = self.0.line(SystemTime::now(), record.level(), *record.args());
        // A single write keeps the lines of several threads apart. A closed stderr cannot be
        // reported anywhere.
        let _ = std::io::stderr().write_all(line.as_bytes());
    }

    fn flush(&self) {}
}

/// Logs to stderr at `level` and above. A logger that the program has already set stays.
pub(crate) fn init(level: LevelFilter, format: LogFormat) {
    if log::set_logger(format.logger()).is_ok() {
        log::set_max_level(level);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_is_one_line_and_survives() {
        let characters: String = (0..0x3000).filter_map(char::from_u32).collect();
        let broken = String::from_utf8_lossy(b"\xff\xfe").into_owned();
        let messages = [
            "",
            "plain",
            "two\nlines\r\n",
            "\"quoted\" \\ {}",
            "磁盘 \u{1f4be}\u{202e}",
            "\u{2028}",
        ];
        for message in messages.into_iter().chain([&*characters, &*broken]) {
            let now = SystemTime::UNIX_EPOCH;
            let line = LogFormat::Json.line(now, Level::Warn, format_args!("{message}"));
            assert_eq!(line.matches('\n').count(), 1, "{line}");
            let record: serde_json::Value = serde_json::from_str(&line).unwrap();
            let expected = serde_json::json!({
                "ts": "1970-01-01T00:00:00.000Z", "level": "warn", "msg": message,
            });
            assert_eq!(record, expected);
            let line = LogFormat::Logfmt.line(now, Level::Warn, format_args!("{message}"));
            assert!(line.starts_with("ts=1970-01-01T00:00:00.000Z level=warn msg=\""), "{line}");
            assert_eq!(line.matches('\n').count(), 1, "{line}");
        }
    }
}
