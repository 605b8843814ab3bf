//! Collectors that do what they should not. The others' samples are on the page all the same.

use std::io::{BufReader, Write};
use std::time::Duration;

use crate::alone;
use crate::child::NUMEROUS_SAMPLES;
use crate::client::{Reply, ask, connect, read_one};
use crate::exporter::{Exporter, in_time, until};

/// A scrape whose scraper waits for so many seconds, and gets its page within them.
fn scrape(exporter: &Exporter, seconds: u64) -> Reply {
    let reply = scrape_at_leisure(exporter, seconds);
    let deadline = Duration::from_secs(seconds);
    assert!(reply.took < deadline, "{:?} for a deadline of {deadline:?}", reply.took);
    reply
}

/// A scrape whose scraper says that it waits for so many seconds, and waits for longer.
fn scrape_at_leisure(exporter: &Exporter, seconds: u64) -> Reply {
    let request = format!(
        "GET /metrics HTTP/1.1\r\nConnection: close\r\n\
         X-Prometheus-Scrape-Timeout-Seconds: {seconds}\r\n\r\n"
    );
    let reply = ask(exporter.address(), &request).unwrap();
    assert_eq!(reply.status, 200);
    reply
}

/// Of the self-metrics about a collector: success, timeout, errors.
fn outcome(page: &Reply, collector: &str) -> [f64; 3] {
    ["collector_success", "collector_timeout", "errors_total"].map(|name| {
        let series = format!("hostile_exporter_scrape_{name}{{collector=\"{collector}\"}}");
        page.sample(&series).unwrap_or_else(|| panic!("no {series}: {}", page.head))
    })
}

#[test]
fn one_that_hangs_for_ever() {
    let _alone = alone();
    let exporter = Exporter::start("hangs good");
    for run in [1.0, 2.0, 3.0] {
        // The longer the time, the longer what is left of it for the rest, up to half a second.
        let page = scrape(&exporter, 5);
        assert_eq!(page.sample("good_runs"), Some(run));
        assert_eq!(outcome(&page, "good"), [1.0, 0.0, 0.0]);
        assert_eq!(outcome(&page, "hangs"), [0.0, 1.0, run]);
        let is_waited_for = page.took > Duration::from_secs(4);
        assert_eq!(is_waited_for, run == 1.0, "{:?} in run {run}", page.took);
    }
    until("one worker is stuck, and one alone", || exporter.workers() == 2);
    let log = exporter.stop();
    assert_eq!(log.matches("hangs").count(), 1, "once is enough: {log}");
}

#[test]
fn one_that_hangs_costs_no_connection() {
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
    until("one worker is stuck, and one alone", || exporter.workers() == 2);
}

#[test]
fn one_that_hangs_while_somebody_waits_for_ever() {
    let _alone = alone();
    // Who asks with all the time in the world must not hold up who has less of it, be it with the
    // same collectors or with others.
    for path in ["/metrics", "/metrics?collect[]=hangs"] {
        let exporter = Exporter::start("hangs good");
        let mut patient = connect(exporter.address()).unwrap();
        let request =
            format!("GET {path} HTTP/1.1\r\nX-Prometheus-Scrape-Timeout-Seconds: 3600\r\n\r\n");
        patient.write_all(request.as_bytes()).unwrap();
        until("it waits", || exporter.in_flight_of("hangs good") == 1);
        let mut runs = Vec::new();
        for _ in 0..3 {
            in_time(Duration::from_secs(2), "a scrape that waits for two seconds", || {
                let page = scrape_at_leisure(&exporter, 2);
                runs.push(page.sample("good_runs"));
                page.took
            });
        }
        assert!(runs.iter().all(Option::is_some) && runs[0] < runs[2], "{path}: {runs:?}");
        until("one worker is stuck, and one alone", || exporter.workers() == 2);
    }
}

#[test]
fn one_that_panics_every_time() {
    let _alone = alone();
    let exporter = Exporter::start("panics good");
    for run in 1..=100 {
        let page = scrape(&exporter, 10);
        assert_eq!(page.sample("good_runs"), Some(run.into()));
        assert_eq!(outcome(&page, "good"), [1.0, 0.0, 0.0]);
        assert_eq!(outcome(&page, "panics"), [0.0, 0.0, run.into()]);
    }
    let log = exporter.stop();
    assert!(log.contains("collector panics panicked: as always"), "{log}");
    assert_eq!(log.lines().count(), 1, "once is enough: {log}");
}

#[test]
fn one_that_fails_every_time() {
    let _alone = alone();
    let exporter = Exporter::start("fails good");
    for run in 1..=10 {
        let page = scrape(&exporter, 10);
        assert_eq!(page.sample("good_runs"), Some(run.into()));
        assert_eq!(outcome(&page, "fails"), [0.0, 0.0, run.into()]);
    }
    assert_eq!(exporter.stop().lines().count(), 1, "once is enough");
}

#[test]
fn some_in_the_background() {
    let _alone = alone();
    let exporter = Exporter::start("hangs-behind panics-behind good");
    // Far more often than they are scraped.
    until("both have had their time", || {
        let page = scrape(&exporter, 10);
        let of = |name: &str, collector: &str| {
            page.sample(&format!("hostile_exporter_scrape_{name}{{collector=\"{collector}\"}}"))
        };
        assert_eq!(outcome(&page, "good"), [1.0, 0.0, 0.0]);
        // Before their first run has ended there is no outcome yet.
        of("errors_total", "panics-behind") > Some(100.0)
            && of("collector_success", "hangs-behind") == Some(0.0)
            && of("collector_timeout", "hangs-behind") == Some(1.0)
    });
    assert!(exporter.stop().lines().count() <= 1, "once is enough");
}

#[test]
fn one_with_a_million_samples() {
    let _alone = alone();
    let exporter = Exporter::start("numerous good");
    for run in [1.0, 2.0] {
        // Without optimisation they take seconds.
        let page = scrape(&exporter, 60);
        assert_eq!(page.sample("good_runs"), Some(run));
        assert_eq!(outcome(&page, "good"), [1.0, 0.0, 0.0]);
        let samples = page.body.lines().filter(|line| line.starts_with("numerous{")).count();
        assert!(samples > 0 && samples < NUMEROUS_SAMPLES, "{samples}");
        assert!(page.body.len() < 17 * 1024 * 1024, "{}", page.body.len());
    }
    // As many as fit the longest page; what they take is taken once.
    let resident = exporter.resident();
    assert!(resident < 192 * 1024, "{resident} KiB");
    let log = exporter.stop();
    assert!(log.contains("collector numerous") && log.ends_with(" too many\"\n"), "{log}");
    assert_eq!(log.lines().count(), 1, "once is enough: {log}");
}

#[test]
fn one_with_nan_duplicates_and_labels_of_a_megabyte() {
    let _alone = alone();
    let exporter = Exporter::start("rotten good");
    for run in [1.0, 2.0] {
        let page = scrape(&exporter, 10);
        assert_eq!(page.sample("good_runs"), Some(run));
        assert_eq!(outcome(&page, "good"), [1.0, 0.0, 0.0]);
        let rotten: Vec<_> = page.body.lines().filter(|line| line.starts_with("rotten")).collect();
        assert_eq!(rotten, ["rotten{text=\"twice\"} 1"], "what would spoil the page is not on it");
        let dropped = "hostile_exporter_scrape_samples_discarded_total";
        let of = |collector| page.sample(&format!("{dropped}{{collector=\"{collector}\"}}"));
        assert_eq!((of("rotten"), of("good")), (Some(1102.0 * run), Some(0.0)));
    }
    let resident = exporter.resident();
    assert!(resident < 16 * 1024, "{resident} KiB");
    let log = exporter.stop();
    assert!(log.contains("3 not a finite number, 100 too long, 999 duplicate"), "{log}");
    assert_eq!(log.lines().count(), 1, "once is enough: {log}");
}
