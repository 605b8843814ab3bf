//! Errors for wrong usage.

use crate::process::{command, run};

#[test]
fn usage_error_is_one_line_and_exit_code_2() {
    let cases: [(&[&str], &str); 14] = [
        (&["--redis.address=127.0.0.1:1", "--redis.address=127.0.0.1:2"], "give it once"),
        (&["--redis.address=127.0.0.1:1,127.0.0.1:2"], "start an exporter for each"),
        (&["--redis.address=u:secret=secret@127.0.0.1:1"], "give --redis.username"),
        (&["--redis.address=redis://:secret=secret@127.0.0.1:1/0"], "give --redis.username"),
        (&["--redis.address=127.0.0.1:6379:6379"], "is not a host"),
        (&["--redis.address=localhost"], "such as 127.0.0.1:6379"),
        (&["--redis.address=:6379"], "such as 127.0.0.1:6379"),
        (&["--redis.address=localhost:0"], "such as 127.0.0.1:6379"),
        (&["--redis.address=localhost:65536"], "such as 127.0.0.1:6379"),
        (&["--redis.timeout=0"], "--redis.timeout: must be longer than 0"),
        (&["--redis.interval=soon"], "--redis.interval: must be a duration"),
        (&["--redis.username=u"], "--redis.username: a user needs a password"),
        (&["--redis.password=secret"], "set REDIS_EXPORTER_REDIS_PASSWORD in the environment"),
        (&["--redis.pasword-file=a"], "did you mean --redis.password-file?"),
    ];
    for (args, expected) in cases {
        let output = run(args);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {stderr}");
        assert!(stderr.starts_with("redis_exporter: ") && stderr.contains(expected), "{stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        assert!(!stderr.contains("=secret"), "{stderr}");
    }
}

#[test]
fn two_passwords_are_rejected() {
    let mut command = command(&["--redis.password-file=/run/secrets/redis"]);
    let output = command.env("REDIS_EXPORTER_REDIS_PASSWORD", "secret").output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(
        stderr.contains("give only one of the two") && !stderr.contains("secret\""),
        "{stderr}"
    );
}
