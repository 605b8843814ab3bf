//! Failures of Redis: each loses only its own samples, sets its error label, and recovers.

use std::thread;
use std::time::{Duration, Instant};

use exporter_kit::testing::Page;

use crate::process::{error, start};
use crate::redis::Redis;

/// Far above the exporter's own limits, for busy machines.
const SOON: Duration = Duration::from_secs(20);

/// Checks the page of a Redis that does not answer.
fn is_down(page: &Page, why: &str) {
    assert_eq!((page.value("redis_up"), error(page)), (Some(0.0), why), "{}", page.text());
    let success = "redis_exporter_scrape_collector_success{collector=\"redis\"}";
    assert_eq!(page.value(success), Some(0.0), "{}", page.text());
    assert!(!page.has("redis_connected_clients") && page.has("redis_exporter_build_info"));
}

fn is_up(page: &Page) {
    assert_eq!((page.value("redis_up"), error(page)), (Some(1.0), ""), "{}", page.text());
    assert!(page.has("redis_connected_clients"), "{}", page.text());
}

#[test]
fn wrong_and_missing_passwords_are_logged() {
    let redis = Redis::start(&["--requirepass", "right"]);
    let wrong = [("REDIS_EXPORTER_REDIS_PASSWORD", "wrong")];
    for (environment, said) in [(&[][..], "NOAUTH"), (&wrong, "WRONGPASS")] {
        let exporter = start(&[&redis.flag()], environment);
        is_down(&exporter.scrape(), "auth");
        is_down(&exporter.scrape(), "auth");
        let log = exporter.kill();
        assert_eq!(log.lines().count(), 1, "a lasting failure is logged once: {log}");
        assert!(log.contains(said) && log.contains("REDIS_EXPORTER_REDIS_PASSWORD"), "{log}");
        assert!(!log.contains("wrong"), "{log}");
    }
}

#[test]
fn user_without_permissions_is_logged() {
    let redis =
        Redis::start(&["--user", "poor", "on", ">secret", "+ping", "--requirepass", "right"]);
    let environment = [("REDIS_EXPORTER_REDIS_PASSWORD", "secret")];
    let exporter = start(&[&redis.flag(), "--redis.username=poor"], &environment);
    let page = exporter.scrape();
    assert_eq!((page.value("redis_up"), error(&page)), (Some(1.0), "refused"), "{}", page.text());
    assert!(!page.has("redis_connected_clients"));
    let log = exporter.kill();
    assert!(log.contains("refused INFO") && log.contains("give the user the commands"), "{log}");
}

#[test]
fn busy_redis_is_up_and_logged() {
    let redis = Redis::start(&["--lua-time-limit", "10"]);
    let exporter = start(&[&redis.flag()], &[]);
    let _script = redis.begin(&["EVAL 'while true do end' 0"]);
    let page = exporter.scrape_until(|page| !page.has("redis_connected_clients"));
    assert_eq!((page.value("redis_up"), error(&page)), (Some(1.0), "refused"), "{}", page.text());
    let log = exporter.kill();
    assert!(log.contains("refused INFO") && log.contains("SCRIPT KILL"), "{log}");
}

#[test]
fn restarts_are_not_failures() {
    let first = Redis::start(&[]);
    let port = first.port();
    let exporter = start(&[&first.flag()], &[]);
    for _ in 0..50 {
        first.send(&["SET a 1"]);
    }
    is_up(&exporter.scrape());
    drop(first);
    is_down(&exporter.scrape(), "connect");
    let second = Redis::start_on(port, &[]).expect("the port is still free");
    // Its counters restart from zero, which is not a failure.
    let page = exporter.scrape();
    is_up(&page);
    assert!(page.value("redis_commands_processed_total").unwrap() < 50.0, "{}", page.text());
    // Without a scrape in between.
    second.send(&["SET a 1", "SET a 2"]);
    is_up(&exporter.scrape());
    second.send(&["CONFIG RESETSTAT"]);
    is_up(&exporter.scrape());
    drop(second);
    let _third = Redis::start_on(port, &[]).expect("the port is still free");
    is_up(&exporter.scrape());
    let log = exporter.kill();
    assert_eq!(log.lines().count(), 2, "one line for the failure, one for the recovery: {log}");
    assert!(log.contains("See --redis.address"), "{log}");
}

#[test]
fn hung_redis_times_out_and_recovers() {
    let redis = Redis::start(&[]);
    let exporter = start(&[&redis.flag(), "--redis.timeout=1s"], &[]);
    is_up(&exporter.scrape());
    redis.hang();
    let begun = Instant::now();
    is_down(&exporter.scrape(), "timeout");
    assert!(begun.elapsed() >= Duration::from_secs(1) && begun.elapsed() < SOON);
    redis.wake();
    is_up(&exporter.scrape());
    let log = exporter.kill();
    assert!(log.contains("did not answer within 1s; see --redis.timeout"), "{log}");
}

#[cfg(target_os = "linux")]
#[test]
fn redis_killed_mid_scrape_does_not_delay_the_page() {
    let redis = Redis::start(&[]);
    let exporter = start(&[&redis.flag(), "--redis.timeout=60s"], &[]);
    is_up(&exporter.scrape());
    // A stopped Redis cannot answer, so the scrape is blocked once it is connected.
    redis.hang();
    let address = exporter.address();
    let scrape = thread::Builder::new().spawn(move || Page::of(address)).unwrap();
    let begun = Instant::now();
    while !has_client(redis.port()) {
        assert!(begun.elapsed() < SOON, "the exporter does not connect");
        thread::yield_now();
    }
    drop(redis);
    is_down(&scrape.join().unwrap(), "lost");
    assert!(begun.elapsed() < SOON);
}

/// Whether a connection to this port of loopback is established: state 1, whatever has been sent.
#[cfg(target_os = "linux")]
fn has_client(port: u16) -> bool {
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let there = format!("0100007F:{port:04X}");
    table
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .any(|fields| fields.get(2) == Some(&&*there) && fields.get(3) == Some(&"01"))
}
