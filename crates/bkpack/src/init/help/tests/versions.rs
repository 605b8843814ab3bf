//! Version texts.

use crate::init::help::version;

#[test]
fn version_is_found_in_every_form() {
    let cases = [
        (
            "tide_exporter, version 1.5.0 (branch: HEAD, revision: 0123abc)\n  build user:  a@b\n  \
             build date:       20260102-03:04:05\n  go version:       go1.22.1\n",
            "1.5.0",
        ),
        ("tide 1.2.3", "1.2.3"),
        ("v1.2.3-rc.1\n", "1.2.3-rc.1"),
        ("tide-exporter_v0.4", "0.4"),
        ("Version: 1.4.1\nAuthor: A", "1.4.1"),
        ("Tide version=0.11.0-1+b4 commit= date=2026-01-02T03:04:05Z, go=go1.19.8", "0.11.0-1+b4"),
        ("time=\"2026-11-28T01:02:03.456Z\" level=info msg=\"Tide 1.45.0 Go: 1.19.8\"", "1.45.0"),
        ("2026/11/28 19:40:39 tide, version 1.10.3+ds (branch: x)", "1.10.3+ds"),
        ("{\"Version\":\"2.0.1\",\"Commit\":\"0123\",\"GoVersion\":\"go1.22.0\"}", "2.0.1"),
        ("tide, version  (branch: b, revision: 0.7.10-3)\n  go version: 1.2.3", "0.7.10-3"),
        ("go version: 1.22.1\nversion: 3.4.5", "3.4.5"),
        ("tide 2026.1.4 (python 3.11.2)", "2026.1.4"),
        ("warning: error in locale\ntide 1.2.3 listening on 127.0.0.1:9100", "1.2.3"),
        ("tide 1.2.3\n\nUsage: tide\n  --at <AT>  [default: 5.6]", "1.2.3"),
    ];
    for (text, expected) in cases {
        assert_eq!(version(text).as_deref(), Some(expected), "{text}");
    }
}

#[test]
fn other_numbers_are_no_version() {
    let cases = [
        "",
        "tide, version  (branch: , revision: unknown)\n  go version:       go1.19.8\n",
        "tide dev",
        "(devel)",
        "Go-version: 1.19.8",
        "built 2026.01.02 for linux 5.10.0",
        "listening on 127.0.0.1",
        "error: unknown flag, see version 1.2.3",
        "Traceback (most recent call last):\n  tide==1.2.3",
        "flag provided but not defined: -version\nUsage of tide:\n  -min string\n    \t(default 1.2)",
        "libtide.so.1.2: cannot open",
    ];
    for text in cases {
        assert_eq!(version(text), None, "{text}");
    }
}
