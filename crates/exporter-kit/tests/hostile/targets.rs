//! Targets that requests name, with the collector of the example `probe`.

use std::net::TcpListener;
use std::thread;

use crate::alone;
use crate::exporter::{Exporter, run};
use crate::probe::TCP;

#[test]
fn example_has_no_findings() {
    assert_eq!(exporter_kit::lint(&[TCP], &[]), []);
}

#[test]
fn targets_have_pages_of_their_own() {
    let _alone = alone();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let open = listener.local_addr().unwrap();
    // A port that nothing listens on.
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let allow = r"--collector.tcp.targets=(127\.0\.0\.1:\d+|localhost)";
    let exporter = Exporter::start_with("tcp good", &[allow, "--label=site=sz"]);
    for (target, up) in [(open, 1), (closed, 0), (open, 1)] {
        let reply = exporter.get(&format!("/probe?target={target}"));
        let labels = "site=\"sz\",host=\"127.0.0.1\"";
        assert_eq!(reply.status, 200);
        assert!(reply.body.contains(&format!("\ntcp_up{{{labels}}} {up}\n")), "{}", reply.body);
        assert!(!reply.body.contains("good_runs") && !reply.body.contains("process_"));
        let success = format!("collector_success{{{labels},collector=\"tcp\"}} {up}\n");
        assert!(reply.body.contains(&success), "{}", reply.body);
    }
    for (query, expected) in [
        ("", "# 400 the parameter target is missing; ask for /probe?target="),
        ("?target=", "# 400 the parameter target is missing"),
        ("?target=127.0.0.1:1&target=127.0.0.1:2", "# 400 the parameter target is given twice"),
        ("?target=%ff", "# 400 the parameter target is not UTF-8 text"),
        ("?target=localhost", "# 400 the target is not HOST:PORT"),
        ("?target=10.0.0.1:1", "# 400 --collector.tcp.targets does not allow this target"),
        ("?target=127.0.0.1:1x", "# 400 --collector.tcp.targets does not allow this target"),
        ("?target=127.0.0.1:99999", "# 400 number too large"),
    ] {
        let reply = exporter.get(&format!("/probe{query}"));
        assert_eq!(reply.status, 400);
        assert!(reply.body.starts_with(expected), "{query}: {}", reply.body);
    }
    let page = exporter.scrape();
    assert!(page.contains("\ngood_runs{site=\"sz\"} ") && !page.contains("tcp_up"), "{page}");
    assert!(exporter.get("/").body.contains("<code>/probe?target=…</code>"));
}

#[test]
fn log_names_targets_without_passwords() {
    let _alone = alone();
    let exporter = Exporter::start_with("fails-target", &["--scrape.timeout=1s"]);
    for target in ["db-1", "a:geheim@db-2", "late://a:geheim@db-3"] {
        assert_eq!(exporter.get(&format!("/probe?target={target}")).status, 200);
    }
    let log = exporter.stop();
    for line in [
        "collector fails-target, target db-1: failed: cannot ask db-1",
        "collector fails-target, target db-1: the port is missing",
        "collector fails-target, target …@db-2: failed: cannot ask …@db-2",
        "collector fails-target, target late://…@db-3: is late; the page has no samples from it",
    ] {
        assert!(log.contains(line), "{line}: {log}");
    }
    assert!(!log.contains("geheim"), "{log}");
}

#[test]
fn no_target_is_allowed_without_the_flag() {
    let _alone = alone();
    let exporter = Exporter::start("tcp");
    let reply = exporter.get("/probe?target=127.0.0.1:1");
    let expected = "# 400 no target is allowed; start with --collector.tcp.targets\n";
    assert_eq!((reply.status, &*reply.body), (400, expected));
}

#[test]
fn panic_of_a_target_costs_its_request_only() {
    let _alone = alone();
    for (collector, message) in [("panics-target", "at 4"), ("panics-name", "as always")] {
        let exporter = Exporter::start(&format!("good {collector}"));
        for target in ["db-1", "db-2"] {
            let reply = exporter.get(&format!("/probe?target={target}"));
            let expected = "# 500 the collector panicked; the log says why\n";
            assert_eq!((reply.status, &*reply.body), (500, expected), "{collector}");
        }
        let page = exporter.scrape();
        assert!(page.contains("\ngood_runs 1\n"), "{page}");
        assert!(
            page.contains("promhttp_metric_handler_requests_total{code=\"500\"} 2\n"),
            "{page}"
        );
        let log = exporter.stop();
        let line =
            format!("collector {collector}: panicked when it was made for a target: {message}");
        assert_eq!(log.matches(&line).count(), 1, "{log}");
        assert!(!log.contains("RUST_BACKTRACE"), "{log}");
    }
}

#[test]
fn targets_at_once_are_limited() {
    let _alone = alone();
    // Each hangs until its deadline.
    let exporter = Exporter::start_with("hangs-target", &["--scrape.timeout=5s"]);
    let address = exporter.address();
    let ask = |number: usize| {
        let path = format!("/probe?target={number}");
        thread::Builder::new().spawn(move || crate::client::get(address, &path).unwrap()).unwrap()
    };
    let asking: Vec<_> = (0..80).map(ask).collect();
    let mut statuses: Vec<_> = asking.into_iter().map(|it| it.join().unwrap().status).collect();
    statuses.sort_unstable();
    let busy = statuses.iter().filter(|status| **status == 503).count();
    assert_eq!((busy, statuses.len()), (16, 80), "{statuses:?}");
}

#[test]
fn targets_that_cannot_be_asked_are_an_error() {
    let path = "--web.telemetry-path=/probe";
    let is_taken = "--web.telemetry-path: /probe is the path of targets; give another path";
    for (collectors, argument, expected) in [
        (
            "tcp hangs-target",
            "--config.check",
            "the collectors tcp and hangs-target both have targets",
        ),
        ("tcp", path, is_taken),
        (
            "no-targets",
            "--config.check",
            "collector no-targets: has allowed_targets without targets",
        ),
        ("no-flag", "--config.check", "collector no-flag: add the flag --collector.x.targets of"),
    ] {
        let output = run(collectors, &[argument, "--config.check"]);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(stderr.starts_with(&format!("hostile_exporter: {expected}")), "{stderr}");
    }
}

#[test]
fn labels_that_replace_those_of_the_user_are_reported() {
    let _alone = alone();
    let output = run("labelled", &["--label=site=sz", "--config.check"]);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    let expected = "--label: collector labelled has a label site of its own; choose another name";
    assert!(stderr.contains(expected), "{stderr}");

    let exporter = Exporter::start_with("open-labels", &["--label=site=sz"]);
    for _ in 0..2 {
        assert!(exporter.scrape().contains("\nopen{site=\"a\"} 1\n"));
    }
    let log = exporter.stop();
    let expected = "collector open-labels: samples have a label site of their own, which replaces";
    assert_eq!(log.matches(expected).count(), 1, "{log}");

    let allow = "--collector.tcp.targets=.*";
    let exporter = Exporter::start_with("tcp", &[allow, "--label=host=sz"]);
    for port in [1, 2] {
        let page = exporter.get(&format!("/probe?target=127.0.0.1:{port}")).body;
        assert!(page.contains("tcp_up{host=\"127.0.0.1\"} "), "{page}");
    }
    let log = exporter.stop();
    let expected = "collector tcp: targets have a label host of their own, which replaces";
    assert_eq!(log.matches(expected).count(), 1, "{log}");
}
