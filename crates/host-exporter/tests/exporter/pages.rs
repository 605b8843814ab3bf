//! What is served under which path, and how.

use std::collections::HashSet;
use std::io::{Read, Write};
use std::net::TcpStream;

use exporter_kit::testing::{Response, Running};

use crate::process::start;

/// Sends `request` as it is and reads until the exporter closes the connection.
fn exchange(exporter: &Running, request: &str) -> String {
    let mut stream = TcpStream::connect(exporter.address()).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    response
}

#[test]
fn the_metrics_page_holds_what_the_host_has() {
    let exporter = start(&[]);
    // A machine that is busy tells of its disks late, and by the next scrape.
    exporter.scrape_until(|page| page.has("sys_disk_size"));
    let Response { status, content_type, body: page } = exporter.get("/metrics");
    assert_eq!((status, &*content_type), (200, "text/plain; version=0.0.4; charset=utf-8"));
    let samples: Vec<(&str, f64)> = page
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.rsplit_once(' ').unwrap())
        .map(|(series, value)| (series, value.parse().unwrap()))
        .collect();
    let percent = |prefix: &str| {
        let mut values = samples.iter().filter(|(series, _)| series.starts_with(prefix)).peekable();
        assert!(values.peek().is_some(), "no {prefix} in {page}");
        for (series, value) in values {
            assert!((0.0..=100.0).contains(value), "{series} {value}");
        }
    };
    percent("sys_mem_usage");
    percent("sys_disk_size{mountpoint=\"");
    // Every enabled collector succeeds; missing hardware is not a failure.
    let outcome = |name: &str| {
        let start = format!("node_scrape_{name}{{collector=\"");
        samples
            .iter()
            .filter(move |(series, _)| series.starts_with(&start))
            .map(|(_, value)| *value)
    };
    assert!(outcome("collector_success").count() >= 2, "{page}");
    assert!(outcome("collector_success").all(|success| success == 1.0), "{page}");
    assert!(outcome("errors_total").all(|errors| errors == 0.0), "{page}");
    assert!(outcome("collector_duration_seconds").all(|seconds| seconds > 0.0), "{page}");
    for name in ["node_exporter_build_info", "host_exporter_build_info"] {
        assert!(page.contains(&format!("\n{name}{{version=\"")), "{name}");
    }
    let series: HashSet<_> = samples.iter().map(|(series, _)| series).collect();
    assert_eq!(series.len(), samples.len(), "a series is there twice");
    assert!(page.ends_with('\n') && !page.contains('\r'));
}

#[test]
fn the_landing_page_links_to_the_configured_path() {
    for path in ["/metrics", "/deep/er/path"] {
        let exporter = start(&["--web.telemetry-path", path]);
        let Response { status, content_type, body: page } = exporter.get("/");
        assert_eq!((status, &*content_type), (200, "text/html; charset=utf-8"));
        assert!(page.contains("host_exporter") && page.contains(env!("CARGO_PKG_VERSION")));
        let link = page.split("href=\"").nth(1).unwrap().split('"').next().unwrap();
        let Response { status, body: metrics, .. } = exporter.get(&format!("/{link}"));
        assert_eq!(status, 200);
        assert!(metrics.contains("\nsys_mem_usage "));
    }
}

#[test]
fn error_pages_are_one_comment_line() {
    let exporter = start(&[]);
    let close = "Host: x\r\nConnection: close\r\n\r\n";
    let big = format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(20_000));
    let cases = [
        (format!("GET /nowhere HTTP/1.1\r\n{close}"), "404"),
        (format!("GET /metrics/ HTTP/1.1\r\n{close}"), "404"),
        (format!("POST /metrics HTTP/1.1\r\n{close}"), "405"),
        (format!("DELETE / HTTP/1.1\r\n{close}"), "405"),
        ("nonsense\r\n\r\n".to_owned(), "400"),
        (big, "431"),
    ];
    for (request, status) in cases {
        let response = exchange(&exporter, &request);
        let (head, body) = response.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{response}");
        assert!(body.starts_with(&format!("# {status} ")), "{response}");
        assert!(body.ends_with('\n') && body.lines().count() == 1, "{response}");
        assert_eq!(head.contains("\r\nAllow: GET, HEAD"), status == "405", "{head}");
    }
}

#[test]
fn head_is_get_without_the_body() {
    let exporter = start(&[]);
    let response = exchange(&exporter, "HEAD / HTTP/1.1\r\nConnection: close\r\n\r\n");
    assert!(response.starts_with("HTTP/1.1 200 "), "{response}");
    let length = exporter.get("/").body.len();
    assert!(response.contains(&format!("\r\nContent-Length: {length}\r\n")), "{response}");
    assert!(response.ends_with("\r\n\r\n"), "{response}");
}

#[test]
fn one_connection_serves_many_requests() {
    let exporter = start(&[]);
    let request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    let last = "GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let response = exchange(&exporter, &[request, request, last].concat());
    assert_eq!(response.matches("HTTP/1.1 200 OK\r\n").count(), 2, "{response}");
    assert_eq!(response.matches("HTTP/1.1 404 Not Found\r\n").count(), 1, "{response}");
}

#[test]
fn a_body_is_never_taken_for_a_request() {
    let exporter = start(&[]);
    let smuggled = "GET /nowhere HTTP/1.1\r\n\r\n";
    for framing in ["Content-Length: 26", "Transfer-Encoding: x", "Transfer-Encoding: chunked"] {
        let request = format!("GET / HTTP/1.1\r\n{framing}\r\n\r\n{smuggled}");
        let response = exchange(&exporter, &request);
        assert_eq!(response.matches("HTTP/1.1 ").count(), 1, "{framing}: {response}");
        assert!(response.starts_with("HTTP/1.1 200 "), "{framing}: {response}");
    }
}

#[test]
fn probes_do_not_collect() {
    let exporter = start(&[]);
    for path in ["/-/healthy", "/-/ready"] {
        let Response { status, body, .. } = exporter.get(path);
        assert!(status == 200 && body.starts_with("# "), "{path}: {status} {body}");
    }
    let page = exporter.scrape();
    let answered = page.value("promhttp_metric_handler_requests_total{code=\"200\"}");
    assert_eq!(answered, Some(0.0), "nothing was scraped before this: {}", page.text());
}

#[test]
fn a_scrape_can_be_about_some_collectors() {
    let exporter = start(&[]);
    for query in ["collect[]=mem", "collect%5B%5D=mem"] {
        let Response { status, body: page, .. } = exporter.get(&format!("/metrics?{query}"));
        assert_eq!(status, 200, "{query}");
        assert!(page.contains("\nsys_mem_usage ") && !page.contains("sys_disk_size"), "{page}");
        assert!(!page.contains("collector=\"disk\""), "{page}");
    }
    let page = exporter.get("/metrics?exclude[]=disk").body;
    assert!(page.contains("\nsys_mem_usage ") && !page.contains("sys_disk_size"), "{page}");
    for query in ["collect[]=nonsense", "collect[]=mem&exclude[]=disk"] {
        let Response { status, body, .. } = exporter.get(&format!("/metrics?{query}"));
        assert_eq!(status, 400, "{query}");
        assert!(body.starts_with("# 400 ") && body.contains("disk, "), "{body}");
    }
    assert!(exporter.get("/metrics").body.contains("{code=\"400\"} 2\n"));
}

#[test]
fn a_page_is_compressed_for_who_accepts_it() {
    let exporter = start(&[]);
    let head = |encoding: &str| {
        let request = format!(
            "HEAD /metrics HTTP/1.1\r\nAccept-Encoding: {encoding}\r\nConnection: close\r\n\r\n"
        );
        exchange(&exporter, &request)
    };
    for (encoding, compressed) in [("gzip", true), ("gzip;q=0", false), ("br", false)] {
        let head = head(encoding);
        assert_eq!(head.contains("\r\nContent-Encoding: gzip\r\n"), compressed, "{head}");
        assert!(head.contains("\r\nVary: Accept, Accept-Encoding\r\n"), "{head}");
    }
    // The test client does not decompress.
    let agent = ureq::agent();
    let mut response = agent
        .get(format!("http://{}/metrics", exporter.address()))
        .header("accept-encoding", "gzip")
        .call()
        .unwrap();
    let mut bytes = Vec::new();
    response.body_mut().as_reader().read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes[..2], [0x1f, 0x8b], "the magic number of gzip");
    let mut page = String::new();
    flate2::read::GzDecoder::new(&bytes[..]).read_to_string(&mut page).unwrap();
    assert!(page.contains("\nsys_mem_usage ") && page.ends_with('\n'), "{page}");
}
