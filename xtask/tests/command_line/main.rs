//! Usage errors of `cargo xtask`: nothing is done, and the exit code is 2.

#![allow(clippy::unwrap_used, reason = "all of it is test code")]

use std::process::Command;

#[test]
fn usage_errors_exit_with_2_and_give_advice() {
    for (arguments, expected) in [
        (&[][..], "which task?"),
        (&["release"], "release"),
        (&["new"], "which name?"),
        (&["new", "redis"], "write redis-exporter"),
        (&["new", "Redis-exporter"], "words of lower-case letters"),
        (
            &["new", "host-exporter"],
            "the name host-exporter is taken: config/host-exporter/blueking.toml",
        ),
        (&["new", "host-exporter", "--port=0"], "give one from 1 to 65535"),
        (&["new", "host-exporter", "--port=9601"], "has port 9601 already"),
        (&["new", "host-exporter", "--port=65536"], "port"),
        (&["dist", "--targets=aix"], "not one of linux, linux-aarch64, windows, windows7"),
        (&["dist", "--toolchain=gcc"], "not one of auto"),
        (&["dist", "-p", "pool-exporter"], "not one of host-exporter, redis-exporter"),
        (&["bench", "redis"], "give host, windows or kit"),
        (&["fuzz", "--seconds=0"], "seconds"),
        (&["ci", "--jsn"], "jsn"),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        let output = command.args(arguments).output().unwrap();
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(
            message.starts_with("xtask: ") && message.contains(expected),
            "{arguments:?}: {message}"
        );
        assert_eq!((output.status.code(), &*output.stdout), (Some(2), &b""[..]), "{arguments:?}");
    }
}
