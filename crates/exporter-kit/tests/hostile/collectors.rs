//! Tests that misbehaving collectors do not affect the samples of others.

use std::io::{BufReader, Write};
use std::time::Duration;

use crate::alone;
use crate::child::NUMEROUS_SAMPLES;
use crate::client::{Reply, ask, connect, read_one};
use crate::exporter::{Exporter, in_time, until};

/// Scrapes with a timeout of `seconds` and asserts that the page arrives in time.
fn scrape(exporter: &Exporter, seconds: u64) -> Reply {
    let reply = scrape_without_deadline(exporter, seconds);
    let deadline = Duration::from_secs(seconds);
    assert!(reply.took < deadline, "{:?} for a deadline of {deadline:?}", reply.took);
    reply
}

/// Scrapes with a stated timeout of `seconds`, but accepts a later page.
fn scrape_without_deadline(exporter: &Exporter, seconds: u64) -> Reply {
    let request = format!(
        "GET /metrics HTTP/1.1\r\nConnection: close\r\n\
         X-Prometheus-Scrape-Timeout-Seconds: {seconds}\r\n\r\n"
    );
    let reply = ask(exporter.address(), &request).unwrap();
    assert_eq!(reply.status, 200);
    reply
}

/// The self-metrics of a collector: success, timeout, errors.
fn outcome(page: &Reply, collector: &str) -> [f64; 3] {
    ["collector_success", "collector_timeout", "errors_total"].map(|name| {
        let series = format!("hostile_exporter_scrape_{name}{{collector=\"{collector}\"}}");
        page.sample(&series).unwrap_or_else(|| panic!("no {series}: {}", page.head))
    })
}

#[test]
fn hanging_collector_is_waited_for_once() {
    let _alone = alone();
    let exporter = Exporter::start("hangs good");
    for run in [1.0, 2.0, 3.0] {
        // The margin for sending the page grows with the timeout, up to half a second.
        let page = scrape(&exporter, 5);
        assert_eq!(page.sample("good_runs"), Some(run));
        assert_eq!(outcome(&page, "good"), [1.0, 0.0, 0.0]);
        assert_eq!(outcome(&page, "hangs"), [0.0, 1.0, run]);
        let has_waited = page.took > Duration::from_secs(4);
        assert_eq!(has_waited, run == 1.0, "{:?} in run {run}", page.took);
    }
    until("one worker is stuck and one is idle", || exporter.workers() == 2);
    let log = exporter.stop();
    assert_eq!(log.matches("hangs").count(), 1, "logged once: {log}");
}

#[test]
fn hanging_collector_keeps_the_connection() {
    let _alone = alone();
    let exporter = Exporter::start("hangs good");
    let mut kept_alive = BufReader::new(connect(exporter.address()).unwrap());
    let mut page = Vec::new();
    for run in 1..=3 {
        let request = b"GET /metrics HTTP/1.1\r\nX-Prometheus-Scrape-Timeout-Seconds: 1\r\n\r\n";
        kept_alive.get_mut().write_all(request).unwrap();
        read_one(&mut kept_alive, &mut page);
        let page = String::from_utf8_lossy(&page);
        assert!(page.contains(&format!("\ngood_runs {run}\n")), "{page}");
    }
    until("one worker is stuck and one is idle", || exporter.workers() == 2);
}

#[test]
fn long_timeout_does_not_delay_other_scrapes() {
    let _alone = alone();
    // A scrape with a long timeout must not delay scrapes with shorter ones, whether they select
    // the same collectors or others.
    for path in ["/metrics", "/metrics?collect[]=hangs"] {
        let exporter = Exporter::start("hangs good");
        let mut patient = connect(exporter.address()).unwrap();
        let request =
            format!("GET {path} HTTP/1.1\r\nX-Prometheus-Scrape-Timeout-Seconds: 3600\r\n\r\n");
        patient.write_all(request.as_bytes()).unwrap();
        until("the patient scrape is in flight", || exporter.in_flight_of("hangs good") == 1);
        let mut runs = Vec::new();
        for _ in 0..3 {
            in_time(Duration::from_secs(2), "a scrape with a timeout of two seconds", || {
                let page = scrape_without_deadline(&exporter, 2);
                runs.push(page.sample("good_runs"));
                page.took
            });
        }
        assert!(runs.iter().all(Option::is_some) && runs[0] < runs[2], "{path}: {runs:?}");
        until("one worker is stuck and one is idle", || exporter.workers() == 2);
    }
}

#[test]
fn panicking_collector_is_logged_once() {
    let _alone = alone();
    let exporter = Exporter::start("panics good");
    for run in 1..=100 {
        let page = scrape(&exporter, 10);
        assert_eq!(page.sample("good_runs"), Some(run.into()));
        assert_eq!(outcome(&page, "good"), [1.0, 0.0, 0.0]);
        assert_eq!(outcome(&page, "panics"), [0.0, 0.0, run.into()]);
    }
    let log = exporter.stop();
    assert!(log.contains("collector panics: panicked: as always"), "{log}");
    assert_eq!(log.lines().count(), 1, "logged once: {log}");
}

#[test]
fn failing_collector_is_logged_once() {
    let _alone = alone();
    let exporter = Exporter::start("fails good");
    for run in 1..=10 {
        let page = scrape(&exporter, 10);
        assert_eq!(page.sample("good_runs"), Some(run.into()));
        assert_eq!(outcome(&page, "fails"), [0.0, 0.0, run.into()]);
    }
    assert_eq!(exporter.stop().lines().count(), 1, "logged once");
}

#[test]
fn background_collectors_hang_and_panic() {
    let _alone = alone();
    let exporter = Exporter::start("hangs-background panics-background good");
    // The collectors run far more often than they are scraped.
    until("both collectors have failed", || {
        let page = scrape(&exporter, 10);
        let self_metric = |name: &str, collector: &str| {
            page.sample(&format!("hostile_exporter_scrape_{name}{{collector=\"{collector}\"}}"))
        };
        assert_eq!(outcome(&page, "good"), [1.0, 0.0, 0.0]);
        // There is no outcome before the end of the first run.
        self_metric("errors_total", "panics-background") > Some(100.0)
            && self_metric("collector_success", "hangs-background") == Some(0.0)
            && self_metric("collector_timeout", "hangs-background") == Some(1.0)
    });
    assert!(exporter.stop().lines().count() <= 1, "logged once");
}

#[test]
fn million_samples_are_limited_to_a_page() {
    let _alone = alone();
    let exporter = Exporter::start("numerous good");
    for run in [1.0, 2.0] {
        // Without optimization this takes seconds.
        let page = scrape(&exporter, 60);
        assert_eq!(page.sample("good_runs"), Some(run));
        assert_eq!(outcome(&page, "good"), [1.0, 0.0, 0.0]);
        let samples = page.body.lines().filter(|line| line.starts_with("numerous{")).count();
        assert!(samples > 0 && samples < NUMEROUS_SAMPLES, "{samples}");
        assert!(page.body.len() < 17 * 1024 * 1024, "{}", page.body.len());
    }
    // As many samples as fit the largest page, and their memory is allocated only once.
    let resident = exporter.resident();
    assert!(resident < 192 * 1024, "{resident} KiB");
    let log = exporter.stop();
    assert!(log.contains("collector numerous") && log.ends_with(" too many\"\n"), "{log}");
    assert_eq!(log.lines().count(), 1, "logged once: {log}");
}

#[test]
fn nan_duplicates_and_huge_labels_are_discarded() {
    let _alone = alone();
    let exporter = Exporter::start("rotten good");
    for run in [1.0, 2.0] {
        let page = scrape(&exporter, 10);
        assert_eq!(page.sample("good_runs"), Some(run));
        assert_eq!(outcome(&page, "good"), [1.0, 0.0, 0.0]);
        let rotten: Vec<_> = page.body.lines().filter(|line| line.starts_with("rotten")).collect();
        assert_eq!(rotten, ["rotten{text=\"twice\"} 1"], "invalid samples are not on the page");
        let discarded = "hostile_exporter_scrape_samples_discarded_total";
        let discarded_of =
            |collector| page.sample(&format!("{discarded}{{collector=\"{collector}\"}}"));
        assert_eq!((discarded_of("rotten"), discarded_of("good")), (Some(1102.0 * run), Some(0.0)));
    }
    let resident = exporter.resident();
    assert!(resident < 16 * 1024, "{resident} KiB");
    let log = exporter.stop();
    assert!(log.contains("3 not a finite number, 100 too long, 999 duplicate"), "{log}");
    assert_eq!(log.lines().count(), 1, "logged once: {log}");
}
