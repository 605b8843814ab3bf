//! A Redis that is not well: every failure costs its own samples only, is told by a word, and passes.

use std::thread;
use std::time::{Duration, Instant};

use exporter_kit::testing::Page;

use crate::process::{error, start};
use crate::redis::Redis;

/// Far more than the exporter's own limits, for machines that are busy.
const SOON: Duration = Duration::from_secs(20);

/// What every page of a Redis that does not answer has and has not.
fn is_down(page: &Page, why: &str) {
    assert_eq!((page.value("redis_up"), error(page)), (Some(0.0), why), "{}", page.text());
    let success = "redis_exporter_scrape_collector_success{collector=\"info\"}";
    assert_eq!(page.value(success), Some(0.0), "{}", page.text());
    assert!(!page.has("redis_connected_clients") && page.has("redis_exporter_build_info"));
}

fn is_up(page: &Page) {
    assert_eq!((page.value("redis_up"), error(page)), (Some(1.0), ""), "{}", page.text());
    assert!(page.has("redis_connected_clients"), "{}", page.text());
}

#[test]
fn a_wrong_password_and_none_are_told() {
    let redis = Redis::start(&["--requirepass", "right"]);
    let wrong = [("REDIS_EXPORTER_REDIS_PASSWORD", "wrong")];
    for (environment, said) in [(&[][..], "NOAUTH"), (&wrong, "WRONGPASS")] {
        let exporter = start(&[&redis.flag()], environment);
        is_down(&exporter.scrape(), "auth");
        is_down(&exporter.scrape(), "auth");
        let log = exporter.kill();
        assert_eq!(log.lines().count(), 1, "a lasting fault is logged once: {log}");
        assert!(log.contains(said) && log.contains("REDIS_EXPORTER_REDIS_PASSWORD"), "{log}");
        assert!(!log.contains("wrong"), "{log}");
    }
}

#[test]
fn a_user_without_rights_is_told() {
    let redis =
        Redis::start(&["--user", "poor", "on", ">secret", "+ping", "--requirepass", "right"]);
    let environment = [("REDIS_EXPORTER_REDIS_PASSWORD", "secret")];
    let exporter = start(&[&redis.flag(), "--redis.username=poor"], &environment);
    let page = exporter.scrape();
    assert_eq!(page.value("redis_up"), Some(1.0), "it may PING: {}", page.text());
    assert!(!page.has("redis_connected_clients"));
    let log = exporter.kill();
    assert!(log.contains("refused INFO") && log.contains("give the user the commands"), "{log}");
}

#[test]
fn a_redis_that_is_busy_is_up_and_says_so() {
    let redis = Redis::start(&["--lua-time-limit", "10"]);
    let exporter = start(&[&redis.flag()], &[]);
    let _script = redis.begin(&["EVAL 'while true do end' 0"]);
    let page = exporter.scrape_until(|page| !page.has("redis_connected_clients"));
    assert_eq!((page.value("redis_up"), error(&page)), (Some(1.0), ""), "{}", page.text());
    let log = exporter.kill();
    assert!(log.contains("refused INFO") && log.contains("BUSY "), "{log}");
}

#[test]
fn nobody_there_then_started_then_restarted() {
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
    // Its counters begin anew, and that is no failure.
    let page = exporter.scrape();
    is_up(&page);
    assert!(page.value("redis_commands_processed_total").unwrap() < 50.0, "{}", page.text());
    // Without a page in between.
    second.send(&["SET a 1", "SET a 2"]);
    is_up(&exporter.scrape());
    second.send(&["CONFIG RESETSTAT"]);
    is_up(&exporter.scrape());
    drop(second);
    let _third = Redis::start_on(port, &[]).expect("the port is still free");
    is_up(&exporter.scrape());
    let log = exporter.kill();
    assert_eq!(log.lines().count(), 2, "once bad, once good again: {log}");
    assert!(log.contains("See --redis.address"), "{log}");
}

#[test]
fn a_hung_redis_is_given_up_in_time_and_taken_up_again() {
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
fn a_redis_that_ends_while_it_is_scraped_does_not_hold_the_page_up() {
    let redis = Redis::start(&[]);
    let exporter = start(&[&redis.flag(), "--redis.timeout=60s"], &[]);
    is_up(&exporter.scrape());
    // It cannot answer now, so the scrape is in the middle of it once it is connected.
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
