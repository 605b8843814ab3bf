//! Killed, started again, asked to end.

use std::io::{ErrorKind, Read, Write};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::alone;
use crate::client::{connect, read_to_end};
use crate::exporter::{Exporter, PATIENCE, in_time, run, time, until};

const TWO_SECONDS: Duration = Duration::from_secs(2);

#[test]
fn a_hundred_times_killed_and_started_again_on_the_same_port() {
    let _alone = alone();
    let first = Exporter::start("good");
    let address = format!("--web.listen-address={}", first.address());
    let mut exporter = Some(first);
    for number in 1..=100 {
        in_time(Duration::from_millis(200), &format!("restart {number}"), || {
            let running = exporter.take().unwrap();
            // A scraper that keeps its connection: the port is still in use, as the kernel sees
            // it, when the exporter has gone.
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
fn a_second_copy_on_the_same_port_ends_with_one_clear_line() {
    let _alone = alone();
    let first = Exporter::start("good");
    in_time(TWO_SECONDS, "to find the port taken", || {
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
    assert_eq!(first.get("/metrics").status, 200, "the first serves as before");
}

#[test]
fn a_scrape_in_flight_is_answered_before_the_end() {
    let _alone = alone();
    for signal in [Signal::TERM, Signal::INT] {
        in_time(TWO_SECONDS, "the end", || end_with_a_scrape_in_flight(signal));
    }
}

fn end_with_a_scrape_in_flight(signal: Signal) -> Duration {
    let mut exporter = Exporter::start("gate good");
    let mut scraper = connect(exporter.address()).unwrap();
    scraper.write_all(b"GET /metrics HTTP/1.1\r\n\r\n").unwrap();
    until("the scrape is in flight", || exporter.in_flight_of("gate good") == 1);
    // One that has no request under way does not delay the end.
    let _idle = connect(exporter.address()).unwrap();
    let begun = Instant::now();
    exporter.signal(signal);
    // The collector takes its time: nothing comes, and nothing ends either.
    scraper.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    let error = scraper.read(&mut [0]).expect_err("the gate is shut");
    assert_eq!(error.kind(), ErrorKind::WouldBlock);
    exporter.open_gate();
    scraper.set_read_timeout(Some(PATIENCE)).unwrap();
    let reply = read_to_end(&mut scraper, begun).unwrap();
    assert_eq!((reply.status, reply.sample("gate_runs")), (200, Some(1.0)), "{}", reply.body);
    let (status, log) = exporter.wait();
    assert_eq!((status.code(), &*log), (Some(0), ""));
    begun.elapsed()
}

#[test]
fn a_collector_that_hangs_does_not_delay_the_end() {
    let _alone = alone();
    in_time(TWO_SECONDS, "the end", end_beside_one_that_hangs);
}

fn end_beside_one_that_hangs() -> Duration {
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
