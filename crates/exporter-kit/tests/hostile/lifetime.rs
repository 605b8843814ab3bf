//! Tests kills, restarts and shutdown requests.

use std::io::{ErrorKind, Read, Write};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::alone;
use crate::client::{connect, read_to_end};
use crate::exporter::{Exporter, TIMEOUT, in_time, run, time, until};

const TWO_SECONDS: Duration = Duration::from_secs(2);

#[test]
fn a_hundred_restarts_on_the_same_port() {
    let _alone = alone();
    let first = Exporter::start("good");
    let address = format!("--web.listen-address={}", first.address());
    let mut exporter = Some(first);
    for number in 1..=100 {
        in_time(Duration::from_millis(200), &format!("restart {number}"), || {
            let running = exporter.take().unwrap();
            // With a persistent connection, the kernel still considers the port in use after the
            // exporter has exited.
            let mut scraper = connect(running.address()).unwrap();
            scraper.write_all(b"GET /-/healthy HTTP/1.1\r\n\r\n").unwrap();
            scraper.read_exact(&mut [0]).unwrap();
            running.stop();
            time(|| {
                let started = exporter.insert(Exporter::start_with("good", &[&address]));
                assert_eq!(started.get("/metrics").status, 200);
            })
        });
    }
}

#[test]
fn second_exporter_on_a_port_exits_with_one_line() {
    let _alone = alone();
    let first = Exporter::start("good");
    in_time(TWO_SECONDS, "exiting because the port is in use", || {
        let begun = Instant::now();
        let output = run("good", &[&format!("--web.listen-address={}", first.address())]);
        let took = begun.elapsed();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        let expected = format!("hostile_exporter: cannot listen on {}: ", first.address());
        assert!(stderr.starts_with(&expected), "{stderr}");
        took
    });
    assert_eq!(first.get("/metrics").status, 200, "the first exporter still serves");
}

#[test]
fn scrape_in_flight_is_answered_before_shutdown() {
    let _alone = alone();
    for signal in [Signal::TERM, Signal::INT] {
        in_time(TWO_SECONDS, "the shutdown", || shut_down_with_a_scrape_in_flight(signal));
    }
}

fn shut_down_with_a_scrape_in_flight(signal: Signal) -> Duration {
    let mut exporter = Exporter::start("gate good");
    let mut scraper = connect(exporter.address()).unwrap();
    scraper.write_all(b"GET /metrics HTTP/1.1\r\n\r\n").unwrap();
    until("the scrape is in flight", || exporter.in_flight_of("gate good") == 1);
    // An idle connection does not delay the shutdown.
    let _idle = connect(exporter.address()).unwrap();
    let begun = Instant::now();
    exporter.signal(signal);
    // The collector is blocked: no response arrives, and the connection stays open.
    scraper.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    let error = scraper.read(&mut [0]).expect_err("the gate is closed");
    assert_eq!(error.kind(), ErrorKind::WouldBlock);
    exporter.open_gate();
    scraper.set_read_timeout(Some(TIMEOUT)).unwrap();
    let reply = read_to_end(&mut scraper, begun).unwrap();
    assert_eq!((reply.status, reply.sample("gate_runs")), (200, Some(1.0)), "{}", reply.body);
    let (status, log) = exporter.wait();
    let name = if signal == Signal::INT { "SIGINT" } else { "SIGTERM" };
    let last = format!("hostile_exporter 1.2.3 stopped by {name}; scrapes answered: ");
    assert_eq!(status.code(), Some(0));
    assert!(log.contains(&last) && log.lines().count() == 1, "{log}");
    begun.elapsed()
}

#[test]
fn hangup_is_logged_and_does_not_kill() {
    let _alone = alone();
    let exporter = Exporter::start("good");
    exporter.signal(Signal::HUP);
    assert_eq!(exporter.get("/metrics").status, 200);
    exporter.signal(Signal::TERM);
    let (status, log) = exporter.wait();
    assert_eq!(status.code(), Some(0));
    let [hangup, last] = log.lines().collect::<Vec<_>>()[..] else { panic!("{log}") };
    assert!(hangup.contains("SIGHUP: there is nothing to read again"), "{log}");
    assert!(last.contains("stopped by SIGTERM; scrapes answered: 1"), "{log}");
}

#[test]
fn log_of_json_has_one_object_on_each_line() {
    let _alone = alone();
    let exporter = Exporter::start_with("fails panics", &["--log.format=json"]);
    assert_eq!(exporter.get("/metrics").status, 200);
    exporter.signal(Signal::TERM);
    let (_, log) = exporter.wait();
    assert_eq!(log.lines().count(), 3, "{log}");
    for line in log.lines() {
        let record: serde_json::Value = serde_json::from_str(line).unwrap();
        let keys: Vec<_> = record.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["level", "msg", "ts"], "{line}");
    }
}

#[test]
fn errors_at_the_start_are_json_too() {
    let _alone = alone();
    for flag in ["--label=text=x", "--nonsense", "--web.config.file=/nowhere"] {
        let output = run("good large", &[flag, "--log.format=json"]);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success());
        let record: serde_json::Value = serde_json::from_str(&stderr).unwrap();
        assert_eq!(record["level"], "error", "{stderr}");
    }
}

#[test]
fn labels_that_metrics_have_are_errors_at_the_start() {
    let _alone = alone();
    for (label, expected) in [
        (
            "collector=x",
            "hostile_exporter_scrape_collector_success has a label collector of its own",
        ),
        ("text=x", "large has a label text of its own"),
        ("text", "\"text\" is not NAME=VALUE; give one such as site=shenzhen"),
    ] {
        let output = run("good large", &[&format!("--label={label}")]);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), stderr.lines().count()), (Some(2), 1), "{stderr}");
        assert!(
            stderr.starts_with("hostile_exporter: --label: ") && stderr.contains(expected),
            "{stderr}"
        );
    }
}

#[test]
fn warnings_of_a_collector_are_logged_once() {
    let _alone = alone();
    let exporter = Exporter::start("warns");
    for _ in 0..3 {
        assert_eq!(exporter.get("/metrics").status, 200);
    }
    let log = exporter.stop();
    let lines: Vec<_> = log.lines().collect();
    assert_eq!(lines.len(), 2, "{log}");
    assert!(
        lines[0].ends_with("level=warn msg=\"collector warns: the first part is broken\""),
        "{log}"
    );
}

#[test]
fn own_process_and_requests_can_be_left_out() {
    let _alone = alone();
    let exporter = Exporter::start_with("good", &["--web.disable-exporter-metrics"]);
    let page = exporter.get("/metrics").body;
    for prefix in ["process_", "promhttp_"] {
        assert!(!page.contains(&format!("\n{prefix}")), "{page}");
    }
    for name in
        ["good_runs", "hostile_exporter_scrape_collector_success", "hostile_exporter_build_info"]
    {
        assert!(page.contains(&format!("\n{name}")), "{name}: {page}");
    }
}

#[test]
fn hanging_collector_does_not_delay_shutdown() {
    let _alone = alone();
    in_time(TWO_SECONDS, "the shutdown", shut_down_with_a_hanging_collector);
}

fn shut_down_with_a_hanging_collector() -> Duration {
    let exporter = Exporter::start("hangs good gate");
    let mut scraper = connect(exporter.address()).unwrap();
    scraper.write_all(b"GET /metrics HTTP/1.1\r\n\r\n").unwrap();
    until("the scrape is in flight", || exporter.in_flight_of("hangs good gate") == 1);
    let begun = Instant::now();
    exporter.signal(Signal::TERM);
    let (status, _) = exporter.wait();
    assert_eq!(status.code(), Some(0));
    begun.elapsed()
}
