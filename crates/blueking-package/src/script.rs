//! Why Linux cannot start a shell script, from its first bytes.

use crate::texts::check_executable as texts;

/// The byte order mark of UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Why Linux cannot start a shell script that begins with these bytes; `None` if nothing is wrong
/// with them. Scripts without an interpreter line are sourced by others.
pub fn script_fault(bytes: &[u8]) -> Option<String> {
    let (has_mark, text) = match bytes.strip_prefix(BYTE_ORDER_MARK) {
        Some(text) => (true, text),
        None => (false, bytes),
    };
    let first = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let is_interpreter = first.starts_with(b"#!");
    let line = first.strip_suffix(b"\r").unwrap_or(first).escape_ascii().to_string();
    match (has_mark, is_interpreter) {
        (true, true) => Some(texts::interpreter_after_mark(&line)),
        (true, false) => Some(texts::script_has_mark()),
        (false, true) if first.ends_with(b"\r") => Some(texts::interpreter_with_cr(&line)),
        (false, _) => {
            text.windows(2).any(|bytes| bytes == b"\r\n").then(texts::script_has_windows_line_ends)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_name_the_interpreter_line() {
        for (script, expected) in [
            ("#!/bin/sh\necho\n", None),
            ("# sourced\necho '\r'\n", None),
            ("", None),
            ("#!/bin/sh\r\necho\r\n", Some("line \"#!/bin/sh\" ends with a carriage return")),
            ("\u{feff}#!/bin/sh\n", Some("mark is in front of the interpreter line \"#!/bin/sh\"")),
            ("\u{feff}#!/bin/sh\r\n", Some("mark is in front of")),
            ("\u{feff}# sourced\n", Some("begins with a byte order mark")),
            ("#!/bin/sh\necho\r\n", Some("Windows line ends")),
            ("# sourced\r\n", Some("Windows line ends")),
        ] {
            let fault = script_fault(script.as_bytes());
            let fits = match (&fault, expected) {
                (Some(fault), Some(expected)) => fault.contains(expected),
                (fault, expected) => fault.is_none() && expected.is_none(),
            };
            assert!(fits, "{script:?}: {fault:?}");
        }
    }
}
