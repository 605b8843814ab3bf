//! Tests persistent connections and the requests that follow on them.

use std::io::{self, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use crate::alone;
use crate::client::{connect, read_one, sample};
use crate::exporter::{Exporter, in_time, once_in_three, time, until};
use crate::readers::connect_with_small_buffer;

const SECOND: Duration = Duration::from_secs(1);

/// The default of `--web.read-timeout`.
const READ_TIMEOUT: Duration = Duration::from_secs(5);

/// A scraper with a persistent connection.
struct Kept(BufReader<TcpStream>);

impl Kept {
    /// Sends a first request, so that the connection is then idle.
    fn new(exporter: &Exporter) -> Self {
        Self::on(connect(exporter.address()).unwrap())
    }

    fn on(stream: TcpStream) -> Self {
        let mut kept = Self(BufReader::new(stream));
        assert!(sample(&kept.get("/metrics?collect[]=good"), "good_runs").is_some());
        kept
    }

    fn send(&mut self, bytes: &str) {
        self.0.get_mut().write_all(bytes.as_bytes()).unwrap();
    }

    fn ask(&mut self, path: &str) {
        self.send(&format!("GET {path} HTTP/1.1\r\n\r\n"));
    }

    /// Requests a page with a scrape timeout in seconds.
    fn ask_within(&mut self, path: &str, seconds: &str) {
        let timeout = format!("X-Prometheus-Scrape-Timeout-Seconds: {seconds}");
        self.send(&format!("GET {path} HTTP/1.1\r\n{timeout}\r\n\r\n"));
    }

    fn read(&mut self) -> String {
        let mut body = Vec::new();
        read_one(&mut self.0, &mut body);
        String::from_utf8(body).unwrap()
    }

    fn get(&mut self, path: &str) -> String {
        self.ask(path);
        self.read()
    }
}

#[test]
fn a_hundred_scrapers_need_no_extra_threads() {
    let _alone = alone();
    let exporter = Exporter::start("good");
    let mut scrapers: Vec<_> = (0..100).map(|_| Kept::new(&exporter)).collect();
    for round in 1..=3 {
        scrapers.iter_mut().for_each(|scraper| scraper.ask("/metrics"));
        for scraper in &mut scrapers {
            let page = scraper.read();
            let runs = sample(&page, "good_runs").unwrap();
            assert!(runs > 100.0 && runs <= 100.0 + 100.0 * f64::from(round), "{runs}");
        }
        let threads = exporter.threads();
        assert!(threads.len() <= 4, "{threads:?}");
    }
    let held = exporter.descriptors();
    drop(scrapers);
    until("their descriptors are released", || exporter.descriptors() <= held - 100);
    assert_eq!(exporter.stop(), "");
}

#[test]
fn hanging_scrape_does_not_delay_others() {
    let _alone = alone();
    let mut exporter = Exporter::start("gate good");
    let [mut stuck, mut other, mut third] = [(); 3].map(|()| Kept::new(&exporter));
    stuck.ask_within("/metrics?collect[]=gate", "3600");
    until("the scrape is in flight", || exporter.in_flight_of("gate good") == 1);
    for _ in 0..10 {
        in_time(SECOND, "two responses during a hanging scrape", || {
            time(|| {
                assert_eq!(other.get("/-/healthy"), "# healthy\n");
                assert!(sample(&third.get("/metrics?collect[]=good"), "good_runs").is_some());
            })
        });
    }
    exporter.open_gate();
    assert_eq!(sample(&stuck.read(), "gate_runs"), Some(1.0));
    for scraper in [&mut stuck, &mut other, &mut third] {
        assert!(sample(&scraper.get("/metrics?collect[]=good"), "good_runs").is_some());
    }
    until("only one worker is left", || exporter.workers() == 1);
    assert_eq!(exporter.stop(), "");
}

#[test]
fn health_is_answered_while_collectors_are_stuck() {
    let _alone = alone();
    let exporter = Exporter::start("hangs gate good");
    let stuck = ["hangs", "gate"].map(|collector| {
        let mut kept = Kept::new(&exporter);
        kept.ask_within(&format!("/metrics?collect[]={collector}"), "3600");
        kept
    });
    until("both are stuck", || exporter.in_flight_of("hangs gate good") == 2);
    let mut clients: Vec<_> =
        (0..100).map(|_| BufReader::new(connect(exporter.address()).unwrap())).collect();
    in_time(SECOND, "a hundred responses", || {
        time(|| {
            for client in &mut clients {
                client.get_mut().write_all(b"GET /-/healthy HTTP/1.1\r\n\r\n").unwrap();
            }
            for client in &mut clients {
                let mut body = Vec::new();
                read_one(client, &mut body);
                assert_eq!(body, b"# healthy\n");
            }
        })
    });
    let threads = exporter.threads();
    assert!(threads.len() <= 6, "{threads:?}");
    assert_eq!(exporter.in_flight_of("hangs gate good"), 2, "both are still stuck");
    drop(stuck);
    assert_eq!(exporter.stop(), "");
}

#[test]
fn short_timeouts_do_not_delay_other_scrapes() {
    let _alone = alone();
    let exporter = Exporter::start("hangs good");
    let [mut hasty, mut other] = [(); 2].map(|()| Kept::new(&exporter));
    for timeout in ["0.001", "0.01", "0.05", "0.1", "1"] {
        in_time(SECOND, &format!("a scrape during one with a timeout of {timeout} s"), || {
            hasty.ask_within("/metrics", timeout);
            let took = time(|| {
                assert!(sample(&other.get("/metrics?collect[]=good"), "good_runs").is_some());
            });
            hasty.read();
            took
        });
    }
}

#[test]
fn input_during_a_response_is_served_next() {
    let _alone = alone();
    let mut exporter = Exporter::start("gate good");
    for _ in 0..4 {
        let mut kept = Kept::new(&exporter);
        kept.ask("/metrics?collect[]=gate");
        until("the scrape is in flight", || exporter.in_flight_of("gate good") == 1);
        kept.ask("/metrics?collect[]=good");
        exporter.settle();
        exporter.open_gate();
        assert!(sample(&kept.read(), "gate_runs").is_some());
        assert!(sample(&kept.read(), "good_runs").is_some());
        kept.ask("/metrics?collect[]=good");
        kept.0.get_ref().shutdown(Shutdown::Write).unwrap();
        let begun = Instant::now();
        let mut rest = String::new();
        kept.0.read_to_string(&mut rest).unwrap();
        assert!(rest.contains("\ngood_runs "), "{rest}");
        // Long before the connection would time out.
        assert!(begun.elapsed() < READ_TIMEOUT, "{:?} to the end", begun.elapsed());
    }
    assert_eq!(exporter.stop(), "");
}

#[test]
fn busy_collector_does_not_delay_the_page() {
    let _alone = alone();
    let mut exporter = Exporter::start("gate good");
    let [mut patient, mut other] = [(); 2].map(|()| Kept::new(&exporter));
    patient.ask_within("/metrics?collect[]=gate", "3600");
    until("the scrape is in flight", || exporter.in_flight_of("gate good") == 1);
    for _ in 0..3 {
        in_time(SECOND, "a page within a second", || {
            let begun = Instant::now();
            other.ask_within("/metrics", "1");
            let page = other.read();
            assert!(sample(&page, "good_runs").is_some() && sample(&page, "gate_runs").is_none());
            begun.elapsed()
        });
    }
    exporter.open_gate();
    assert_eq!(sample(&patient.read(), "gate_runs"), Some(1.0));
    assert_eq!(exporter.stop().lines().count(), 1, "the late collector is logged once");
}

#[test]
fn scrapes_on_idle_connections_share_one_run() {
    let _alone = alone();
    once_in_three("did all scrapes get the page of one run", share_one_run);
}

fn share_one_run() -> bool {
    let mut exporter = Exporter::start("gate good");
    let mut scrapers: Vec<_> = (0..64).map(|_| Kept::new(&exporter)).collect();
    scrapers.iter_mut().for_each(|scraper| scraper.ask("/metrics"));
    until("all scrapes are in flight", || exporter.in_flight_of("gate good") == 64);
    exporter.open_gate();
    let pages: Vec<_> = scrapers.iter_mut().map(Kept::read).collect();
    sample(&pages[0], "gate_runs") == Some(1.0)
        && pages.iter().all(|page| *page == pages[0])
        && exporter.stop().is_empty()
}

#[test]
fn split_pipelined_and_invalid_requests() {
    let _alone = alone();
    let exporter = Exporter::start("good");
    let mut kept = Kept::new(&exporter);
    let mut runs = 1.0;
    for piece in ["G", "GET /metr", "GET /metrics HTTP/1.1\r\n", "GET /metrics HTTP/1.1\r\n\r"] {
        kept.send(piece);
        exporter.settle();
        let whole = "GET /metrics HTTP/1.1\r\n\r\n";
        kept.send(&whole[piece.len()..]);
        runs += 1.0;
        assert_eq!(sample(&kept.read(), "good_runs"), Some(runs), "{piece:?}");
    }
    for together in [2, 50] {
        kept.send(&"GET /metrics HTTP/1.1\r\n\r\n".repeat(together));
        for _ in 0..together {
            runs += 1.0;
            assert_eq!(sample(&kept.read(), "good_runs"), Some(runs), "{together} at once");
        }
    }
    for (request, answer) in [
        ("GET /nowhere HTTP/1.1\r\n\r\n", "# 404 "),
        ("GET /metrics?collect[]=x HTTP/1.1\r\n\r\n", "# 400 no such collector"),
        ("POST /metrics HTTP/1.1\r\n\r\n", "# 405 "),
    ] {
        kept.send(request);
        let body = kept.read();
        assert!(body.starts_with(answer), "{request:?}: {body}");
    }
    assert_eq!(
        kept.0.read(&mut [0]).unwrap(),
        0,
        "the connection is closed after an invalid request"
    );
    for request in ["GET /metrics HTTP/1.0\r\n\r\n", "GET / HTTP/1.1\nA: b\r\n\r\n"] {
        let mut kept = Kept::new(&exporter);
        kept.send(request);
        kept.read();
        assert_eq!(kept.0.read(&mut [0]).unwrap(), 0, "closed after {request:?}");
    }
    assert_eq!(exporter.stop(), "");
}

#[test]
fn pages_arrive_at_slow_readers() {
    let _alone = alone();
    let exporter = Exporter::start("medium large good");
    let mut slow = Kept::on(connect_with_small_buffer(exporter.address()));
    let mut fast = Kept::new(&exporter);
    // Far more bytes than the kernel buffers.
    for (collector, pages) in [("medium", 100), ("large", 3)] {
        for _ in 0..pages {
            slow.ask(&format!("/metrics?collect[]={collector}"));
            // The slow request came first, so its response has been sent as far as possible.
            assert!(sample(&fast.get("/metrics?collect[]=good"), "good_runs").is_some());
        }
        let first = slow.read();
        assert!(first.len() > 200_000 && first.ends_with('\n'), "{} bytes", first.len());
        let samples = |page: &str| page.lines().filter(|line| line.starts_with("large{")).count();
        for page in 2..=pages {
            assert_eq!(samples(&slow.read()), samples(&first), "page {page}");
        }
    }
    // Requests that arrive while the previous one is being answered.
    for (collector, rounds) in [("good", 20), ("medium", 20), ("large", 2)] {
        let mut eager = Kept::new(&exporter);
        for round in 0..rounds {
            for _ in 0..5 {
                eager.ask(&format!("/metrics?collect[]={collector}"));
            }
            for answer in 0..5 {
                let page = eager.read();
                assert!(page.ends_with('\n'), "{collector}: answer {answer} of round {round}");
            }
        }
    }
    assert_eq!(exporter.stop(), "");
}

#[test]
fn unread_responses_do_not_delay_others() {
    let _alone = alone();
    let exporter = Exporter::start_with("large good", &["--web.write-timeout=2s"]);
    let mut deaf: Vec<_> = (0..3).map(|_| Kept::new(&exporter)).collect();
    let mut scraper = Kept::new(&exporter);
    // More bytes than the kernel buffers.
    for deaf in &mut deaf {
        deaf.send(&"GET /metrics?collect[]=large HTTP/1.1\r\n\r\n".repeat(3));
    }
    let mut polls = 0;
    until("their connections are closed", || {
        in_time(SECOND, "a scrape during unread responses", || {
            time(|| {
                assert!(sample(&scraper.get("/metrics?collect[]=good"), "good_runs").is_some());
            })
        });
        polls += 1;
        // Only the scraper's connection is left.
        polls > 10 && exporter.connections() == 1
    });
    for deaf in deaf {
        let closed = io::copy(&mut deaf.0.into_inner(), &mut io::sink());
        assert!(closed.is_err() || closed.is_ok_and(|bytes| bytes < 30_000_000), "all was sent");
    }
    assert_eq!(exporter.stop(), "");
}
