//! TLS to a real Redis.

use std::net::TcpListener;
use std::path::PathBuf;

use crate::process::{error, start};
use crate::redis::Redis;

fn file(name: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../exporter-kit/tests/data/tls");
    folder.join(name).to_str().unwrap().to_owned()
}

/// Starts a Redis that speaks TLS on another port too, and returns that.
fn start_redis(auth_clients: &str) -> (Redis, u16) {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let files = ["server.crt", "server.key", "ca.crt"].map(file);
    let [cert, key, ca] = files.each_ref().map(String::as_str);
    let text = port.to_string();
    let redis = Redis::start(&[
        "--tls-port",
        &text,
        "--tls-cert-file",
        cert,
        "--tls-key-file",
        key,
        "--tls-ca-cert-file",
        ca,
        "--tls-auth-clients",
        auth_clients,
    ]);
    (redis, port)
}

#[test]
fn redis_is_asked_over_tls() {
    let (_redis, port) = start_redis("no");
    let ca = format!("--redis.tls-ca-file={}", file("ca.crt"));
    for host in ["localhost", "127.0.0.1"] {
        let exporter = start(&[&format!("--redis.address=rediss://{host}:{port}"), &ca], &[]);
        let page = exporter.scrape();
        assert_eq!((page.value("redis_up"), error(&page)), (Some(1.0), ""), "{}", page.text());
        assert!(page.has("redis_connected_clients") && page.has("redis_slowlog_length"));
    }
}

#[test]
fn redis_may_ask_for_a_certificate() {
    let (_redis, port) = start_redis("yes");
    let address = format!("--redis.address=rediss://localhost:{port}");
    let ca = format!("--redis.tls-ca-file={}", file("ca.crt"));
    let cert = format!("--redis.tls-cert-file={}", file("client.crt"));
    let key = format!("--redis.tls-key-file={}", file("client.key"));
    let page = start(&[&address, &ca, &cert, &key], &[]).scrape();
    assert_eq!((page.value("redis_up"), error(&page)), (Some(1.0), ""), "{}", page.text());
    let exporter = start(&[&address, &ca], &[]);
    let page = exporter.scrape();
    assert_eq!((page.value("redis_up"), error(&page)), (Some(0.0), "tls"), "{}", page.text());
    let log = exporter.kill();
    assert!(log.contains("give --redis.tls-cert-file"), "{log}");
    // The port answers in TLS to what is not.
    let exporter = start(&[&format!("--redis.address=localhost:{port}")], &[]);
    assert_eq!(error(&exporter.scrape()), "lost");
    let log = exporter.kill();
    assert!(log.contains("give rediss://"), "{log}");
}

#[test]
fn password_of_encrypted_targets_is_not_sent_in_clear() {
    let (redis, port) = start_redis("no");
    let ca = format!("--redis.tls-ca-file={}", file("ca.crt"));
    let allowed = "--redis.targets=rediss://localhost:\\d+";
    let exporter = start(&["--redis.address=127.0.0.1:1", allowed, &ca], &[]);
    let page = exporter.get(&format!("/scrape?target=rediss://localhost:{port}")).body;
    assert!(page.contains("redis_up 1\n"), "{page}");
    for target in [format!("localhost:{port}"), format!("redis://localhost:{}", redis.port())] {
        let response = exporter.get(&format!("/scrape?target={target}"));
        assert_eq!(response.status, 400, "{target}: {}", response.body);
    }
}

#[test]
fn strangers_are_not_trusted() {
    let (redis, port) = start_redis("no");
    let plain = redis.port();
    for (port, ca, said) in [
        (port, "other-ca.crt", "certificate"),
        (plain, "ca.crt", "does Redis speak TLS there"),
        (port, "none.crt", "cannot use"),
        (port, "server.key", "no certificate in PEM"),
    ] {
        let address = format!("--redis.address=rediss://localhost:{port}");
        let ca = format!("--redis.tls-ca-file={}", file(ca));
        let exporter = start(&[&address, &ca, "--redis.timeout=1s"], &[]);
        let page = exporter.scrape();
        let seen = (page.value("redis_up"), error(&page));
        // A Redis without TLS may wait for the rest of what it takes for a command.
        assert!(seen == (Some(0.0), "tls") || (port == plain && seen.0 == Some(0.0)), "{seen:?}");
        let log = exporter.kill();
        assert!(log.contains(said) || port == plain, "{log}");
    }
}
