//! Texts that are coloured, cut, too long or no help at all.

use super::assert_flags;
use crate::init::help::{MAX_FLAGS, parse};

#[test]
fn colours_and_line_ends_do_not_count() {
    let text = "\u{feff}Usage: x [OPTIONS]\r\n\r\n\u{1b}[1;4mOptions:\u{1b}[0m\r\n  \u{1b}[1m-p\u{1b}[0m, \u{1b}]8;;u\u{7}--port\u{1b}]8;;\u{1b}\\ <PORT>\tPörtchen – 端口 [default: 1]\r\n";
    assert_flags(text, &["--port <PORT> =1 | Pörtchen – 端口"]);
}

#[test]
fn broken_text_is_read_as_far_as_it_goes() {
    let cases: &[(&str, &[&str])] = &[
        ("", &[]),
        ("Traceback (most recent call last):\n  File \"x.py\", line 1\nImportError: no\n", &[]),
        ("usage: x [<flags>]\n\nFlags:\n  --a=\"never closed\n", &["--a <> =never closed | "]),
        ("Usage of x:\n  -aa string\n    \tA (default \"b", &["-aa <string> | A (default \"b"]),
        ("Usage: x\n  --a[=B\n", &["--a <B> | "]),
        ("Usage: x\n  --é  no\n  --ab 端\n", &["--ab <端> | "]),
        ("  ---\n  --\n  -\n  -[no-]\n", &[]),
        // A name once, as it came first.
        ("Flags:\n  --ab  first\n  --ab  second\n", &["--ab | first"]),
    ];
    for (text, expected) in cases {
        assert_flags(text, expected);
    }
}

#[test]
fn every_cut_of_a_text_is_survived() {
    let text = "usage: x --ü=É [<flags>] [ü\n\nFlags:\n  -h, --[no-]ü=\"é\\x4\" ...  é (default \"\\uéé\") [env: É=] One of: [é, ü\n      --x  ($É)\n\u{1b}[é\u{1b}]é";
    for (start, _) in text.char_indices() {
        for (end, _) in text[start..].char_indices() {
            parse(&text[start..start + end]).roles();
        }
    }
}

#[test]
fn size_and_number_of_flags_are_bounded() {
    let many: String = (0..MAX_FLAGS + 10).map(|at| format!("  --flag-{at}  text\n")).collect();
    assert_eq!(parse(&many).flags.len(), MAX_FLAGS);
    let long = format!("  --first  {}\n  --second  text\n", "é[(default ".repeat(100_000));
    assert_eq!(parse(&long).flags.len(), 1);
    let quotes = format!("  --ab=\"{}", "\n      word".repeat(90_000));
    assert_eq!(parse(&quotes).flags.len(), 1);
}
